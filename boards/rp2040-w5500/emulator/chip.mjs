// An RP2040 that runs a UF2 file: rp2040js, with what it lacks for this board, and resets as the silicon has them.
import fs from 'node:fs';
import { RP2040, ConsoleLogger, LogLevel } from 'rp2040js';
import { BasePeripheral } from './node_modules/rp2040js/dist/esm/peripherals/peripheral.js';
import { SimulationClock } from './node_modules/rp2040js/dist/esm/clock/simulation-clock.js';
import { timeStateMachines } from './state-machines.mjs';
import { installRom } from './rom.mjs';

const FLASH = 0x10000000;
const SECOND_STAGE_AT = 0x20041f00;
const RAM_END = 0x20042000;
export const NANOS_PER_CYCLE = 8; // 125 MHz

/** The bytes of a UF2 file (https://github.com/microsoft/uf2), by flash offset. */
export function readUf2(path) {
  const file = fs.readFileSync(path);
  if (file.length === 0 || file.length % 512 !== 0) throw new Error(`${path} is no UF2 file: its length is no multiple of 512`);
  const blocks = [];
  for (let at = 0; at < file.length; at += 512) {
    const word = offset => file.readUInt32LE(at + offset);
    if (word(0) !== 0x0a324655 || word(4) !== 0x9e5d5157 || word(508) !== 0x0ab16f30) throw new Error(`block ${at / 512} of ${path} is no UF2 block`);
    if (word(28) !== 0xe48bff56) throw new Error(`${path} is not for an RP2040`);
    blocks.push([word(12) - FLASH, file.subarray(at + 32, at + 32 + word(16))]);
  }
  return blocks;
}

/** The boot ROM starts no second stage whose checksum (CRC-32 of the MPEG-2 kind) is wrong. */
function checkSecondStage(flash) {
  let crc = 0xffffffff;
  for (let at = 0; at < 252; at++) {
    crc = (crc ^ (flash[at] << 24)) >>> 0;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x80000000 ? (crc << 1) ^ 0x04c11db7 : crc << 1) >>> 0;
  }
  const kept = flash[252] | (flash[253] << 8) | (flash[254] << 16) | (flash[255] << 24);
  if (crc !== kept >>> 0) throw new Error('the second stage has a wrong checksum: the boot ROM would not start it');
}

/** Reads as idle; rp2040js does not have it, and embassy waits for the stream to end. */
class XipControl extends BasePeripheral {
  readUint32(offset) { return offset === 8 ? 2 : 0; }
  writeUint32() {}
}

/** The interface to the flash chip, as far as commands of one byte go: its status, and the number that it was born with. */
class FlashInterface extends BasePeripheral {
  constructor(mcu, number) { super(mcu, 'SSI'); this.number = number; this.registers = new Map(); this.answer = []; this.command = null; }
  readUint32(offset) {
    if (offset === 0x60) return this.answer.shift() ?? 0;
    if (offset === 0x28) return 0x0e; // sent, room, and something to be read
    return this.registers.get(offset) ?? 0;
  }
  writeUint32(offset, value) {
    this.registers.set(offset, value);
    if (offset === 0x08) { this.answer = []; this.command = null; }
    if (offset !== 0x60 || this.command !== null) return;
    this.command = value & 0xff;
    this.answer = this.command === 0x4b ? [0, 0, 0, 0, ...this.number] : [];
    if (this.command === 0x05) this.command = null; // the status: idle
  }
}

/** A chip on its board. `attach(mcu)` wires what surrounds it, after each reset; flash, RAM and the time go on over resets. */
export class Chip {
  constructor({ image, number = [0xe6, 0x61, 0x41, 0x03, 0xe7, 0x12, 0x34, 0x56], attach = () => {}, onLine = () => {}, onReset = () => {} }) {
    Object.assign(this, { attach, onLine, onReset, number });
    this.clock = new SimulationClock();
    this.resets = 0;
    this.instructions = 0;
    this.lowestStack = RAM_END;
    this.flash = new Uint8Array(2 * 1024 * 1024).fill(0xff);
    for (const [offset, bytes] of readUf2(image)) this.flash.set(bytes, offset);
    checkSecondStage(this.flash);
    this.start(null, 0);
  }

  start(ram, reason) {
    const mcu = (this.mcu = new RP2040(this.clock));
    // What is not modelled reads as ones, which the firmware copes with (the ring oscillator's random bit) or does not use.
    mcu.logger = new ConsoleLogger(LogLevel.Error, false);
    const info = mcu.logger.info.bind(mcu.logger);
    // rp2040js only logs SEV: without the event the executor would sleep over a task that was woken by another.
    mcu.logger.info = (from, text) => { if (text === 'SEV') mcu.core.eventRegistered = true; else info(from, text); };
    mcu.peripherals[0x14000] = new XipControl(mcu, 'XIP_CTRL');
    mcu.peripherals[0x18000] = new FlashInterface(mcu, this.number);
    timeStateMachines(mcu);
    this.rom = installRom(mcu, (code, at) => { throw new Error(`breakpoint ${code} at ${at.toString(16)}`); });
    mcu.flash.set(this.flash);
    if (ram) mcu.sram.set(ram);
    let line = '';
    mcu.uart[0].onByte = byte => { if (byte === 10) { this.onLine(line.trimEnd()); line = ''; } else line += String.fromCharCode(byte); };
    const watchdog = mcu.peripherals[0x40058];
    watchdog.reason = reason;
    watchdog.onWatchdogTrigger = () => {
      this.due = watchdog.reason;
      // Its alarm would come again and again at the same moment, before the reset.
      watchdog.alarm.enable = watchdog.timer.enable = false;
    };
    this.due = null;
    this.attach(mcu);
    // As the boot ROM does: the second stage is copied to RAM and called.
    mcu.sram.set(this.flash.subarray(0, 256), SECOND_STAGE_AT - 0x20000000);
    Object.assign(mcu.core, { SP: SECOND_STAGE_AT, LR: 0, PC: SECOND_STAGE_AT });
  }

  reset(reason) {
    this.resets++;
    this.flash.set(this.mcu.flash.subarray(0, this.flash.length));
    this.mend?.();
    this.mend = this.hungAt = null;
    const ram = this.mcu.sram.slice();
    this.mcu.clock = new SimulationClock(); // what is still scheduled for the old chip finds nothing to do
    this.clock.nextAlarm = null;
    this.onReset(reason);
    this.start(ram, reason);
  }

  /** The thread hangs from now on, as in a loop that never ends; interrupts go on. A reset mends it. */
  hang() {
    const { core, flash } = this.mcu;
    while (core.IPSR !== 0 || core.waiting || core.PC < FLASH || core.PC >= FLASH + this.flash.length) this.run(NANOS_PER_CYCLE);
    const at = core.PC - FLASH;
    const was = flash.slice(at, at + 2);
    flash.set([0xfe, 0xe7], at); // a branch to itself
    this.hungAt = core.PC;
    this.mend = () => this.flash.set(was, at);
  }

  /** The most bytes of stack that were ever in use. */
  get stackBytes() { return RAM_END - this.lowestStack; }

  /** Types a line at the serial port. */
  type(text) {
    const bytes = [...Buffer.from(`${text}\r`)];
    const next = () => { if (bytes.length) { this.mcu.uart[0].feedByte(bytes.shift()); alarm.schedule(87e3); } };
    const alarm = this.clock.createAlarm(next);
    alarm.schedule(0);
  }

  /** Runs for so many nanoseconds. */
  run(nanos) {
    const { clock } = this;
    const end = clock.nanos + nanos;
    while (clock.nanos < end) {
      const { core } = this.mcu;
      if (core.waiting) {
        const next = clock.nextAlarm ? Math.min(clock.nextAlarm.nanos, end) : end;
        clock.tick(Math.max(next - clock.nanos, 0));
      } else {
        this.instructions++;
        clock.tick(core.executeInstruction() * NANOS_PER_CYCLE);
        if (core.registers[13] < this.lowestStack) this.lowestStack = core.registers[13];
        // A thread that hangs goes round until an interrupt comes: no need to go with it.
        if (core.PC === this.hungAt && clock.nextAlarm) clock.tick(Math.max(Math.min(clock.nextAlarm.nanos, end) - clock.nanos, 0));
      }
      if (this.due !== null) this.reset(this.due);
    }
  }
}
