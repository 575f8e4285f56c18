// Two probes on one wire are told apart by a master that searches as application note 187 says: `node --test`.
import assert from 'node:assert/strict';
import test from 'node:test';
import { SimulationClock } from './node_modules/rp2040js/dist/esm/clock/simulation-clock.js';
import { PROBE } from './pins.mjs';
import { Probe, Wire } from './probe.mjs';

/** A pin that pulls the wire low or lets go of it, by the clock. */
function bench(...settings) {
  const clock = new SimulationClock();
  const probes = settings.map(one => new Probe(clock, one));
  let level = true, listen;
  const pin = { setInputValue: value => { level = value; }, addListener: listener => { listen = listener; } };
  new Wire(...probes).attach({ gpio: { [PROBE]: pin } });
  const pass = micros => clock.tick(micros * 1e3);
  const low = micros => { listen(0); pass(micros); listen(2); };
  const reset = () => { low(480); pass(70); const somebody = !level; pass(410); return somebody; };
  const write = bit => { low(bit ? 6 : 60); pass(bit ? 64 : 10); };
  const read = () => { low(6); pass(9); const bit = level ? 1 : 0; pass(55); return bit; };
  const command = byte => { for (let bit = 0; bit < 8; bit++) write((byte >> bit) & 1); };
  return { probes, reset, write, read, command };
}

/** Every address, by going the way of the zeros first. */
function search({ reset, write, read, command }) {
  const found = [], open = [[]];
  while (open.length) {
    const way = open.pop();
    if (!reset()) return found;
    command(0xf0);
    const bits = [];
    for (let at = 0; at < 64; at++) {
      const [own, opposite] = [read(), read()];
      assert.ok(!(own && opposite), 'nobody answers');
      const bit = at < way.length ? way[at] : own;
      if (!own && !opposite && at >= way.length) open.push([...bits, 1]);
      bits.push(bit);
      write(bit);
    }
    found.push(Array.from({ length: 8 }, (_, byte) => bits.slice(byte * 8, byte * 8 + 8).reduce((value, one, place) => value | (one << place), 0)));
  }
  return found;
}

test('a search finds those that are plugged in', () => {
  const wire = bench({}, { serial: [1, 2, 3, 4, 5, 6], plugged: false });
  const [first, second] = wire.probes;
  assert.deepEqual(search(wire), [first.rom]);
  second.plugged = true;
  assert.deepEqual(search(wire).map(String).sort(), [first.rom, second.rom].map(String).sort());
  first.plugged = second.plugged = false;
  assert.deepEqual(search(wire), []);
});

test('the one that is addressed answers, and the other is silent', () => {
  const wire = bench({}, { serial: [1, 2, 3, 4, 5, 6] });
  const [first, second] = wire.probes;
  wire.reset();
  wire.command(0x55);
  second.rom.forEach(wire.command);
  wire.command(0xbe);
  const bytes = Array.from({ length: 8 }, () => Array.from({ length: 8 }, wire.read).reduce((value, bit, place) => value | (bit << place), 0));
  assert.deepEqual(bytes, second.scratchpad);
  assert.deepEqual([first.readings, second.readings], [0, 1]);
});
