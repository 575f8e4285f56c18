// The loops that are not stepped through come out as if they were: `node --test`.
import assert from 'node:assert/strict';
import test from 'node:test';
import { RP2040, ConsoleLogger, LogLevel } from 'rp2040js';
import { SimulationClock } from './node_modules/rp2040js/dist/esm/clock/simulation-clock.js';
import { timeStateMachines } from './state-machines.mjs';

const PIO0 = 0x50200000, CTRL = PIO0, TXF0 = PIO0 + 0x10, RXF0 = PIO0 + 0x20, MEMORY = PIO0 + 0x48, CLKDIV = PIO0 + 0xc8, EXECCTRL = PIO0 + 0xcc, SHIFTCTRL = PIO0 + 0xd0, INSTR = PIO0 + 0xd8, PINCTRL = PIO0 + 0xdc;
// As dimmer-pio has them.
const GATE = [0x80a0, 0x6034, 0x604c, 0x0043, 0xe901, 0x0985, 0xe000];
const CAPTURE = [0x0041, 0x00c4, 0x0200, 0x0207, 0x4041, 0x403f, 0x8000, 0x0048, 0x00c3, 0x4061, 0x403f, 0x8000];

function machine(program, divider, wrap) {
  const clock = new SimulationClock();
  const mcu = new RP2040(clock);
  mcu.logger = new ConsoleLogger(LogLevel.Error, false);
  timeStateMachines(mcu);
  program.forEach((word, at) => mcu.writeUint32(MEMORY + 4 * at, word));
  mcu.writeUint32(CLKDIV, divider << 8);
  mcu.writeUint32(EXECCTRL, (2 << 24) | (wrap << 12));
  return { clock, mcu, until: nanos => clock.tick(nanos - clock.nanos) };
}

test('a pulse comes after its delay and lasts its width, to the cycle', () => {
  for (const [delay, width] of [[0, 0], [1, 0], [7, 3], [49_996, 98], [95_000, 998]]) {
    const { clock, mcu, until } = machine(GATE, 12.5 * 256, 6);
    mcu.writeUint32(SHIFTCTRL, (1 << 30) | (1 << 19));
    mcu.writeUint32(PINCTRL, (1 << 26) | (3 << 5));
    mcu.gpio[3].ctrl = 6;
    const changes = [];
    mcu.gpio[3].addListener(state => changes.push([clock.nanos, state]));
    mcu.writeUint32(INSTR, 0xe081); // set pindirs, 1
    changes.length = 0;
    mcu.writeUint32(CTRL, 1);
    until(1e6);
    mcu.writeUint32(TXF0, ((width << 20) | delay) >>> 0);
    until(1e6 + 100e6);
    // Taken in the cycle in which it came; high after three more and the delay's, and one for its end.
    const rise = 1e6 + 100 * (4 + delay);
    assert.deepEqual(changes, [[rise, 1], [rise + 1000 * (width + 2), 0]]);
  }
});

test('a count that waits for a pin is where stepping would have taken it', () => {
  const { clock, mcu, until } = machine(CAPTURE, 25 * 256, 11);
  mcu.writeUint32(SHIFTCTRL, 1 << 31);
  mcu.gpio[2].padValue |= 0x40;
  mcu.writeUint32(INSTR, 0xa02b); // mov x, ~null
  mcu.writeUint32(INSTR, 0xe041); // set y, 1
  mcu.writeUint32(CTRL, 1);
  let level = false;
  let seed = 1;
  const began = 200; // the first instruction is a cycle after the machine was enabled
  for (let edge = 0; edge < 200; edge++) {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    until(clock.nanos + 3_000 + (seed % 5_000_000));
    // Whoever looks at a register in between changes nothing.
    mcu.readUint32(PIO0 + 0xd4);
    const at = clock.nanos;
    level = !level;
    mcu.gpio[2].setInputValue(level);
    until(clock.nanos + 3_000);
    const word = mcu.readUint32(RXF0);
    assert.equal(word >>> 31, level ? 1 : 0);
    const steps = (~word & 0x7fffffff) >>> 0;
    // It counts, and looks a cycle later: the first look at or after the edge.
    const looked = began + (steps - 1) * 1_000 + 200;
    assert.ok(looked >= at && looked - at <= 1_000, `edge at ${at}, looked at ${looked}`);
  }
});
