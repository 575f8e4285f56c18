// An RP2040 that runs a UF2 file: rp2040js, with what it lacks for this board, and resets as the silicon has them.
import fs from 'node:fs';
import { RP2040, ConsoleLogger, LogLevel } from 'rp2040js';
import { SimulationClock } from './node_modules/rp2040js/dist/esm/clock/simulation-clock.js';
import { timeStateMachines } from './state-machines.mjs';
import { Flash } from './flash.mjs';
import { installFaults, isInHardFault } from './hard-fault.mjs';
import { Processor } from './processor.mjs';
import { Random } from './random.mjs';
import { RingOscillator } from './ring-oscillator.mjs';
import { installRom } from './rom.mjs';

export const FLASH_ADDRESS = 0x10000000;
const SECOND_STAGE_AT = 0x20041f00;
/** The image's vector table: its first word is where the stack begins. */
const VECTORS_AT = 0x100;
export const NANOS_PER_CYCLE = 8; // 125 MHz
/** Where the processor is, as its register IPSR has it: in the thread, or in the interrupt in which the firing path runs (SWI_IRQ_1). */
export const THREAD = 0;
export const FIRING = 16 + 27;
const MOST_UNTIL_FAULT = 1e6; // instructions
/** A reset for which the watchdog is not the reason, but the power. */
const POWER = 'power';
class PowerCut extends Error {}

/** The bytes of a UF2 file (https://github.com/microsoft/uf2), by flash offset. */
export function readUf2(path) {
  const file = fs.readFileSync(path);
  if (file.length === 0 || file.length % 512 !== 0) throw new Error(`${path} is no UF2 file: its length is no multiple of 512`);
  const blocks = [];
  for (let at = 0; at < file.length; at += 512) {
    const word = offset => file.readUInt32LE(at + offset);
    if (word(0) !== 0x0a324655 || word(4) !== 0x9e5d5157 || word(508) !== 0x0ab16f30) throw new Error(`block ${at / 512} of ${path} is no UF2 block`);
    if (word(28) !== 0xe48bff56) throw new Error(`${path} is not for an RP2040`);
    blocks.push([word(12) - FLASH_ADDRESS, file.subarray(at + 32, at + 32 + word(16))]);
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

/** A chip on its board. `attach(mcu)` wires what surrounds it, after each start. Flash and the time go on over resets and the loss of power, RAM over resets alone. */
export class Chip {
  /** `flash` is a file with the content of the flash chip from before, into which the image is put, `flashTimes` what it takes to change it. */
  constructor({ image, flash = null, flashTimes, seed = 1, translates = true, number = [0xe6, 0x61, 0x41, 0x03, 0xe7, 0x12, 0x34, 0x56], attach = () => {}, onLine = () => {}, onReset = () => {} }) {
    Object.assign(this, { attach, onLine, onReset });
    this.clock = new SimulationClock();
    this.random = new Random(seed);
    this.resets = this.powerCuts = 0;
    this.flash = new Flash({ number, seed: this.random.below(2 ** 32), times: flashTimes });
    this.processor = new Processor({ flash: this.flash, clock: this.clock, nanosPerCycle: NANOS_PER_CYCLE, translates });
    if (flash !== null) this.flash.load(flash);
    for (const [offset, bytes] of readUf2(image)) this.flash.write(offset, bytes);
    checkSecondStage(this.flash.content);
    this.start(null, 0);
  }

  start(ram, reason) {
    const mcu = (this.mcu = new RP2040(this.clock));
    // What is not modelled reads as ones, and the firmware does not use it.
    mcu.logger = new ConsoleLogger(LogLevel.Error, false);
    const info = mcu.logger.info.bind(mcu.logger);
    // rp2040js only logs SEV: without the event the executor would sleep over a task that was woken by another.
    mcu.logger.info = (from, text) => { if (text === 'SEV') mcu.core.eventRegistered = true; else info(from, text); };
    mcu.peripherals[0x40060] = new RingOscillator(mcu, this.random);
    timeStateMachines(mcu);
    installRom(mcu, this.flash);
    this.flash.attach(mcu);
    installFaults(mcu);
    this.processor.attach(mcu);
    // What stands in RAM after the power came is anything.
    mcu.sram.set(ram ?? Uint8Array.from(mcu.sram, () => this.random.below(256)));
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
    mcu.sram.set(this.flash.content.subarray(0, 256), SECOND_STAGE_AT - 0x20000000);
    Object.assign(mcu.core, { SP: SECOND_STAGE_AT, LR: 0, PC: SECOND_STAGE_AT });
  }

  reset(reason) {
    const power = reason === POWER;
    if (power) this.powerCuts++;
    else this.resets++;
    const ram = power ? null : this.mcu.sram.slice();
    this.mcu.clock = new SimulationClock(); // what is still scheduled for the old chip finds nothing to do
    this.clock.nextAlarm = null;
    this.onReset(reason);
    this.start(ram, power ? 0 : reason);
  }

  /** The power goes away after so many nanoseconds, in the middle of whatever is done then, and comes back at once. */
  cutPowerAfter(nanos) {
    this.clock.createAlarm(() => { throw new PowerCut(); }).schedule(nanos);
  }

  /** Goes on until an instruction from flash is next that the thread executes, or an interrupt, which is raised for that; and so many further, until interrupts are on if they have to be. */
  arrive(level, further = 0, interruptible = false) {
    const { core } = this.mcu;
    const { flash } = this;
    const isThere = () => core.IPSR === level && !core.waiting && flash.mapped && core.PC >= FLASH_ADDRESS && core.PC < FLASH_ADDRESS + flash.content.length;
    for (let left = further; ; this.run(NANOS_PER_CYCLE)) {
      if (isThere() && left-- <= 0 && !(interruptible && core.PM)) return;
      if (level !== THREAD && core.IPSR !== level) this.mcu.setInterrupt(level - 16, true);
      // An event that nobody waited for: the architecture allows it at any time.
      if (level === THREAD && core.waiting) core.waiting = false;
    }
  }

  /** The thread, or an interrupt, goes round in a loop from now on; what has a higher priority goes on, and if interrupts are `masked`, nothing. */
  hang(level = THREAD, { further = 0, masked = false } = {}) {
    this.arrive(level, further, !masked);
    this.processor.hungIn = level;
    if (masked) this.mcu.core.PM = true;
  }

  /** Has other instructions stand where the processor is, until a fault has come of them or of what was done besides. The address of the first. */
  failBy(...halfwords) { return this.replace(halfwords, () => isInHardFault(this.mcu.core)); }

  /** The same in what is done about a fault: the processor stops. */
  failAgain(...halfwords) { return this.replace(halfwords, () => this.processor.hasStopped); }

  replace(halfwords, isOver) {
    const { flash } = this;
    const address = this.mcu.core.PC & ~1;
    const at = address - FLASH_ADDRESS;
    const was = flash.content.slice(at, at + 2 * halfwords.length);
    flash.write(at, Uint8Array.from(halfwords.flatMap(half => [half & 0xff, half >> 8])));
    for (let instructions = 0; !isOver(); instructions++) {
      if (instructions > MOST_UNTIL_FAULT) throw new Error(`no fault comes of what was put at ${address.toString(16)}`);
      this.run(NANOS_PER_CYCLE);
    }
    flash.write(at, was);
    return address;
  }

  /** Where the image has its stack begin. */
  get stackBeginning() { return new DataView(this.flash.content.buffer).getUint32(VECTORS_AT, true); }

  /** The most bytes of stack that were ever in use. */
  get stackBytes() { return this.stackBeginning - this.processor.sums.lowestStack; }

  /** Executed since the first start. */
  get instructions() { return this.processor.sums.instructions; }
  /** Taken since the first start. */
  get exceptions() { return this.processor.exceptions; }

  /** Types a line at the serial port. */
  type(text) {
    const bytes = [...Buffer.from(`${text}\r`)];
    const next = () => { if (bytes.length) { this.mcu.uart[0].feedByte(bytes.shift()); alarm.schedule(87e3); } };
    const alarm = this.clock.createAlarm(next);
    alarm.schedule(0);
  }

  /** Runs for so many nanoseconds. */
  run(nanos) {
    const { clock, processor } = this;
    const end = clock.nanos + nanos;
    while (clock.nanos < end) {
      try {
        while (clock.nanos < end && this.due === null) processor.step(end);
      } catch (error) {
        if (!(error instanceof PowerCut)) throw error;
        this.flash.cut();
        this.due = POWER;
      }
      if (this.due !== null) this.reset(this.due);
    }
  }
}
