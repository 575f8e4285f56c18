// What is translated does what rp2040js does, in registers, flags, RAM and cycles: `node --test`.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test from 'node:test';
import { RP2040, ConsoleLogger, LogLevel } from 'rp2040js';
import { SimulationClock } from './node_modules/rp2040js/dist/esm/clock/simulation-clock.js';
import { Flash } from './flash.mjs';
import { Random } from './random.mjs';
import { FLASH, translate } from './translate.mjs';

const CODE = 0x1000, RAM = 0x20000000, UNDEFINED = 0xde00;
// Each in every form that it has: the bits that are chosen, and those that are random.
const FORMS = [
  [0x0000, 0x07ff], [0x0800, 0x07ff], [0x1000, 0x07ff], [0x1800, 0x07ff], [0x2000, 0x07ff], [0x2800, 0x07ff], [0x3000, 0x07ff], [0x3800, 0x07ff],
  ...Array.from({ length: 16 }, (_, operation) => [0x4000 | (operation << 6), 0x3f]), [0x4400, 0xff], [0x4500, 0xff], [0x4600, 0xff], [0x4700, 0x78], [0x4780, 0x78],
  [0x4800, 0x07ff], [0x5000, 0x0fff], [0x6000, 0x1fff], [0x7000, 0x1fff], [0x8000, 0x0fff], [0x9000, 0x0fff], [0xa000, 0x0fff],
  [0xb000, 0x7f], [0xb080, 0x7f], [0xb200, 0xff], [0xb400, 0x1ff], [0xbc00, 0x1ff], [0xba00, 0x3f], [0xc000, 0x0fff], [0xd000, 0x0d0f], [0xe000, 0x07],
];
const WIDE = [[0xf3bf, 0x8f5f], [0xf3ef, 0x8310], [0xf000, 0xf804], [0xf7ff, 0xfffa]];

function setting() {
  const mcu = new RP2040(new SimulationClock());
  mcu.logger = new ConsoleLogger(LogLevel.Error, false);
  const flash = new Flash({ number: [] });
  flash.attach(mcu);
  flash.map();
  return { mcu, flash, ram: [mcu.sram, new Uint16Array(mcu.sram.buffer), new Int32Array(mcu.sram.buffer)] };
}

function state({ core, sram }) { return { registers: [...core.registers], flags: [core.N, core.Z, core.C, core.V, core.PM, core.interruptsUpdated], ram: createHash('sha256').update(sram.subarray(0, 8192)).digest('hex') }; }

test('a region does what its instructions do one by one', () => {
  const random = new Random(7);
  const { mcu, flash, ram } = setting();
  const { core } = mcu;
  const value = () => {
    switch (random.below(6)) {
      case 0: return random.below(64);
      case 1: return 2 ** 31 - 2 + random.below(4);
      case 2: return 2 ** 32 - 1 - random.below(4);
      case 3: case 4: return RAM + 2048 + 4 * random.below(1024);
      default: return random.below(2 ** 32);
    }
  };
  let [executed, memory, left] = [0, 0, 0];
  const met = new Set();
  for (let run = 0; run < 6000; run++) {
    const code = new Uint16Array(flash.content.buffer, CODE, 64).fill(UNDEFINED);
    for (let at = 8; at < 8 + 1 + random.below(8); ) {
      if (random.below(12) === 0) { const [first, second] = WIDE[random.below(WIDE.length)]; code[at++] = first; code[at++] = second; }
      else { const [fixed, free] = FORMS[run % 3 === 0 ? random.below(FORMS.length) : Math.floor(run / 3) % FORMS.length]; code[at++] = fixed | (random.below(65536) & free); }
    }
    for (let at = 0; at < 8192; at++) mcu.sram[at] = random.below(256);
    for (let register = 0; register < 15; register++) core.registers[register] = value();
    core.SP = RAM + 2048 + 4 * random.below(1024);
    core.PC = FLASH + CODE + 16;
    Object.assign(core, { N: random.below(2) === 1, Z: random.below(2) === 1, C: random.below(2) === 1, V: random.below(2) === 1, PM: random.below(2) === 1, interruptsUpdated: false });
    const before = { registers: core.registers.slice(), ram: mcu.sram.slice(0, 8192), flags: [core.N, core.Z, core.C, core.V, core.PM] };
    const region = translate(flash, core.PC);
    if (region === null) continue;
    const sums = { instructions: 0, lowestStack: Infinity, left: false };
    const most = 1 + random.below(60);
    const cycles = region(core, core.registers, ...ram, most, sums);
    assert.ok(cycles < most, 'it stays below the cycles that it may take');
    const translated = state(mcu);
    core.registers.set(before.registers);
    mcu.sram.set(before.ram);
    [core.N, core.Z, core.C, core.V, core.PM] = before.flags;
    core.interruptsUpdated = false;
    let taken = 0;
    for (let count = 0; count < sums.instructions; count++) {
      met.add(mcu.readUint16(core.PC & ~1) >> 9);
      taken += core.executeInstruction();
    }
    assert.deepEqual({ ...translated, cycles }, { ...state(mcu), cycles: taken }, `run ${run}: ${[...code.subarray(8, 20)].map(word => word.toString(16))}`);
    executed += sums.instructions;
    memory += Buffer.compare(Buffer.from(mcu.sram.subarray(0, 8192)), Buffer.from(before.ram)) === 0 ? 0 : 1;
    left += sums.left ? 1 : 0;
  }
  // That it tells something: all forms were met, many regions wrote, and many were left.
  assert.ok(executed > 6000 && memory > 250 && left > 500, JSON.stringify({ executed, memory, left }));
  assert.ok(met.size > 80, `${met.size} forms`);
});

test('inputs and outputs are left to rp2040js, and so is what ends an exception', () => {
  const { mcu, flash, ram } = setting();
  const { core } = mcu;
  const run = (words, registers) => {
    flash.write(CODE, new Uint8Array(Uint16Array.from([...words, UNDEFINED]).buffer));
    core.registers.set(registers);
    core.PC = FLASH + CODE;
    const sums = { instructions: 0, lowestStack: Infinity, left: false };
    const cycles = translate(flash, FLASH + CODE)(core, core.registers, ...ram, 100, sums);
    return { cycles, left: sums.left, at: core.PC - FLASH - CODE };
  };
  const TIMER = 0x40054000;
  assert.deepEqual(run([0x2001, 0x6888], [0, TIMER]), { cycles: 1, left: true, at: 2 }); // movs, ldr r0, [r1, #8]
  assert.deepEqual(run([0x2001, 0x6088], [0, TIMER]), { cycles: 1, left: true, at: 2 }); // movs, str
  assert.deepEqual(run([0x2001, 0x6008], [0, FLASH]), { cycles: 1, left: true, at: 2 }); // a write to flash
  assert.deepEqual(run([0x2001, 0x6008], [0, RAM + 2]), { cycles: 1, left: true, at: 2 }); // what is not aligned
  assert.deepEqual(run([0x2001, 0x4770], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, RAM, 0xfffffff9]), { cycles: 1, left: true, at: 2 }); // bx lr
});
