// The laws of the flash chip: `node --test`.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { RP2040, ConsoleLogger, LogLevel } from 'rp2040js';
import { SimulationClock } from './node_modules/rp2040js/dist/esm/clock/simulation-clock.js';
import { Flash, PAGE, SECTOR } from './flash.mjs';
import { installRom } from './rom.mjs';

const RAM = 0x20000000, SSI = 0x18000000, AT = 0x1fc000;

/** A chip whose flash can be used as by the ROM's functions, with interrupts off. */
function board(seed = 1) {
  const mcu = new RP2040(new SimulationClock());
  mcu.logger = new ConsoleLogger(LogLevel.Error, false);
  const flash = new Flash({ number: [1, 2, 3, 4, 5, 6, 7, 8], seed });
  installRom(mcu, flash, () => assert.fail('another breakpoint'));
  flash.attach(mcu);
  mcu.core.PM = true;
  const away = () => { flash.connect(); flash.exitXip(); };
  const back = () => { flash.flushCache(); flash.enterCommandXip(); };
  const change = work => { away(); work(); back(); };
  const put = bytes => mcu.sram.set(bytes);
  return { mcu, flash, away, back, change, put };
}

test('an erase makes ones of a sector, and a program makes zeros', () => {
  const { mcu, flash, change, put } = board();
  put(new Uint8Array(PAGE).fill(0x5a));
  change(() => flash.program(AT, RAM, PAGE));
  put(new Uint8Array(PAGE).fill(0x0a));
  change(() => flash.program(AT, RAM, PAGE));
  assert.equal(mcu.readUint32(0x10000000 + AT), 0x0a0a0a0a);
  assert.equal(mcu.readUint32(0x10000000 + AT + PAGE), 0xffffffff);
  change(() => flash.erase(AT, SECTOR));
  assert.equal(mcu.readUint32(0x10000000 + AT), 0xffffffff);
  assert.deepEqual([flash.counts.erased, flash.counts.programmed, flash.wear.get(AT)], [1, 2, 1]);
});

test('time passes, and timers go on in it', () => {
  const { mcu, flash, change } = board();
  let ticks = 0;
  const alarm = mcu.clock.createAlarm(() => { ticks++; alarm.schedule(1e6); });
  alarm.schedule(1e6);
  change(() => flash.erase(AT, 2 * SECTOR));
  assert.equal(mcu.clock.nanos, 90e6);
  assert.equal(ticks, 90);
  change(() => flash.program(AT, RAM, 4 * PAGE));
  assert.equal(mcu.clock.nanos, 90e6 + 1.6e6);
});

test('whoever breaks a law is told', () => {
  const laws = {
    'an erase of half a sector': [/whole units of 4096/, ({ flash, change }) => change(() => flash.erase(AT, SECTOR / 2))],
    'a sector that begins elsewhere': [/whole units of 4096/, ({ flash, change }) => change(() => flash.erase(AT + PAGE, SECTOR))],
    'a program of half a page': [/whole units of 256/, ({ flash, change }) => change(() => flash.program(AT, RAM, PAGE / 2))],
    'beyond the end': [/beyond the end/, ({ flash, change }) => change(() => flash.erase(0x1ff000, 2 * SECTOR))],
    'ones over zeros': [/needs an erase/, ({ flash, change, put }) => {
      put(new Uint8Array(PAGE).fill(0x0f));
      change(() => flash.program(AT, RAM, PAGE));
      put(new Uint8Array(PAGE).fill(0x1f));
      change(() => flash.program(AT, RAM, PAGE));
    }],
    'from flash, which is not there': [/not in the address space/, ({ flash, change }) => change(() => flash.program(AT, 0x10000000, PAGE))],
    'a look at it meanwhile': [/not in the address space/, ({ mcu, away }) => { away(); mcu.readUint16(0x10000100); }],
    'interrupts on': [/interrupts on/, ({ mcu, flash, change }) => { mcu.core.PM = false; change(() => flash.erase(AT, SECTOR)); }],
    'while it is in the address space': [/without connect/, ({ flash, change }) => { change(() => {}); flash.erase(AT, SECTOR); }],
    'out of the address space, unconnected': [/before connect/, ({ flash }) => flash.exitXip()],
    'an old cache': [/cache/, ({ flash, away }) => { away(); flash.erase(AT, SECTOR); flash.enterCommandXip(); }],
    'a write by the address space': [/the processor writes/, ({ mcu, change }) => { change(() => {}); mcu.writeUint8(0x10000000 + AT, 0); }],
    'beyond its end by the address space': [/beyond its end/, ({ mcu, change }) => { change(() => {}); mcu.readUint32(0x10200000); }],
  };
  for (const [name, [words, breaks]] of Object.entries(laws)) assert.throws(() => breaks(board()), words, name);
});

test('the second stage puts it into the address space, and a command does not', () => {
  const { mcu, flash } = board();
  const enable = control => { mcu.writeUint32(SSI + 8, 0); mcu.writeUint32(SSI, control); mcu.writeUint32(SSI + 8, 1); };
  enable(7 << 16);
  assert.equal(flash.mapped, false);
  mcu.writeUint32(SSI + 0x60, 0x4b);
  assert.deepEqual(Array.from({ length: 12 }, () => mcu.readUint32(SSI + 0x60)), [0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
  enable((2 << 21) | (31 << 16));
  assert.equal(flash.mapped, true);
});

test('power that goes away leaves what was under way partly done, and nothing else changed', () => {
  const seen = { untouched: 0, part: 0, done: 0 };
  for (let seed = 0; seed < 60; seed++) {
    const { mcu, flash, away, put } = board(seed);
    const old = Uint8Array.from({ length: 3 * SECTOR }, () => flash.random.below(256));
    flash.write(AT, old);
    away();
    const erases = seed % 2 === 0;
    const length = erases ? SECTOR : PAGE;
    const data = Uint8Array.from({ length: PAGE }, (_, at) => old[SECTOR + at] & flash.random.below(256));
    put(data);
    const nanos = erases ? flash.eraseNanos : flash.programNanos;
    mcu.clock.createAlarm(() => { throw new Error('cut'); }).schedule(flash.random.next() * nanos);
    assert.throws(() => (erases ? flash.erase(AT + SECTOR, SECTOR) : flash.program(AT + SECTOR, RAM, PAGE)), /cut/);
    flash.cut();
    const now = flash.content.subarray(AT, AT + old.length);
    const changed = now.findIndex((byte, at) => byte !== old[at] && (at < SECTOR || at >= SECTOR + length));
    assert.equal(changed, -1, 'only what was under way');
    const part = now.subarray(SECTOR, SECTOR + length);
    const target = erases ? new Uint8Array(SECTOR).fill(0xff) : data;
    if (!erases) part.forEach((byte, at) => assert.equal((byte & ~old[SECTOR + at]) | (data[at] & ~byte), 0, 'each bit is the old one or the new one'));
    const is = bytes => part.every((byte, at) => byte === bytes[at]);
    seen[is(old.subarray(SECTOR, SECTOR + length)) ? 'untouched' : is(target) ? 'done' : 'part']++;
    assert.equal(flash.counts.cutErases + flash.counts.cutPrograms, 1);
    flash.cut();
    assert.equal(flash.counts.cutErases + flash.counts.cutPrograms, 1, 'nothing is under way any more');
  }
  assert.ok(seen.part > 45, JSON.stringify(seen));
});

test('its content is kept in a file', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'dimmer-flash-'));
  try {
    const file = path.join(folder, 'flash');
    const { flash } = board();
    flash.write(AT, [1, 2, 3]);
    flash.save(file);
    const other = board().flash;
    other.load(file);
    assert.deepEqual(other.content, flash.content);
    fs.writeFileSync(file, 'short');
    assert.throws(() => other.load(file), /no content of this flash/);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});
