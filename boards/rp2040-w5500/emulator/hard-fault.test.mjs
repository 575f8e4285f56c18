// Faults, as the processor's manual has them: instructions from RAM on a chip without anything else.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RP2040, ConsoleLogger, LogLevel } from 'rp2040js';
import { SimulationClock } from './node_modules/rp2040js/dist/esm/clock/simulation-clock.js';
import { Flash } from './flash.mjs';
import { installFaults } from './hard-fault.mjs';
import { Processor } from './processor.mjs';
import { installRom } from './rom.mjs';

const RAM = 0x20000000;
const VECTORS = RAM + 0x1000;
const HANDLER = RAM + 0x2000;
const INTERRUPT = RAM + 0x3000;
const PROGRAM = RAM + 0x4000;
const STACK = RAM + 0x800;
const HARD_FAULT = 3;
const RAISED = 27;
const [UNDEFINED, BREAKPOINT, NOTHING, PUSH, LOAD_R0_FROM_R1] = [0xde00, 0xbe07, 0xbf00, 0xb5f0, 0x6808];

/** A processor that is about to execute these instructions. */
function processor(...program) {
  const clock = new SimulationClock();
  const mcu = new RP2040(clock);
  mcu.logger = new ConsoleLogger(LogLevel.Error, false);
  const flash = new Flash({ number: [0, 0, 0, 0, 0, 0, 0, 0] });
  const chip = new Processor({ flash, clock, nanosPerCycle: 8, translates: false });
  installRom(mcu, flash);
  flash.attach(mcu);
  installFaults(mcu);
  chip.attach(mcu);
  const { core } = mcu;
  mcu.writeUint32(VECTORS + 4 * HARD_FAULT, HANDLER | 1);
  mcu.writeUint32(VECTORS + 4 * (16 + RAISED), INTERRUPT | 1);
  for (const at of [HANDLER, INTERRUPT]) mcu.writeUint16(at, NOTHING);
  program.forEach((instruction, place) => mcu.writeUint16(PROGRAM + 2 * place, instruction));
  core.VTOR = VECTORS;
  core.SP = STACK;
  core.PC = PROGRAM;
  return { chip, core, mcu, run: () => chip.step(clock.nanos + 8) };
}

/** What was stacked: where the instruction was. */
const failedAt = ({ core, mcu }) => mcu.readUint32(core.SP + 24);
const isAt = ({ core }, address) => (core.PC & ~1) === address;

test('an undefined instruction and a breakpoint are faults, and the address of the instruction is stacked', () => {
  for (const instruction of [UNDEFINED, BREAKPOINT]) {
    const it = processor(NOTHING, instruction);
    it.run();
    assert.equal(it.core.IPSR, 0);
    it.run();
    assert.equal(it.core.IPSR, HARD_FAULT);
    assert.ok(isAt(it, HANDLER));
    assert.equal(failedAt(it), PROGRAM + 2);
    assert.equal(it.core.SP, STACK - 32);
  }
});

test('an access to where there is nothing is a fault, with interrupts off as well, and one to RAM is none', () => {
  for (const [address, fails] of [[RAM - 4, true], [0x20042000, true], [0x1f000000, true], [RAM, false], [0x20041ffc, false]]) {
    const it = processor(LOAD_R0_FROM_R1);
    it.core.registers[1] = address;
    it.core.PM = true;
    it.run();
    assert.equal(it.core.IPSR, fails ? HARD_FAULT : 0, address.toString(16));
  }
});

test('a push beyond the end of the stack is a fault, though its frame finds no place either', () => {
  const it = processor(PUSH);
  it.core.SP = RAM + 8;
  it.run();
  assert.equal(it.core.IPSR, HARD_FAULT);
  assert.ok(isAt(it, HANDLER));
  assert.ok(it.core.SP < RAM);
  assert.equal(it.chip.hasStopped, false);
});

test('an interrupt whose frame finds no place is a fault', () => {
  const it = processor(NOTHING, NOTHING);
  it.core.SP = RAM + 8;
  it.core.enabledInterrupts = 1 << RAISED;
  it.mcu.setInterrupt(RAISED, true);
  it.run();
  assert.equal(it.core.IPSR, HARD_FAULT);
});

test('a fault within a fault stops the processor until it is reset', () => {
  const it = processor(UNDEFINED);
  it.mcu.writeUint16(HANDLER, UNDEFINED);
  it.run();
  it.run();
  assert.equal(it.chip.hasStopped, true);
  const { PC } = it.core;
  it.run();
  assert.equal(it.core.PC, PC);
  it.chip.attach(it.mcu);
  assert.equal(it.chip.hasStopped, false);
});

test('memory is protected by a region that is on, but for the parts that are left out', () => {
  const { mcu } = processor(NOTHING);
  const write = (offset, value) => mcu.writeUint32(0xe000e000 + offset, value);
  assert.equal(mcu.readUint32(0xe000ed94), 0);
  write(0xd9c, 0x1f000000 | 0x10);
  write(0xda0, (1 << 28) | (23 << 1) | 1);
  assert.equal(mcu.forbids(RAM - 4), false);
  write(0xd94, 5);
  for (const [address, is] of [[RAM - 4, true], [0x1f000000, true], [RAM, false], [0x1efffffc, false]]) assert.equal(mcu.forbids(address), is, address.toString(16));
  write(0xda0, (1 << 28) | (0x80 << 8) | (23 << 1) | 1);
  assert.equal(mcu.forbids(RAM - 4), false);
  write(0xda0, (1 << 28) | (3 << 24) | (23 << 1) | 1);
  assert.equal(mcu.forbids(0x1f000000), false);
});
