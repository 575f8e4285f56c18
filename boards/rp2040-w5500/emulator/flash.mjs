// The flash chip (2 MB, a W25Q16JV) behind the RP2040's interface to it, with its laws. Whoever breaks one fails the run:
// - an erase makes ones of whole sectors, a program makes zeros in whole pages, and neither is asked for anything else;
// - the processor stands still meanwhile, for as long as the data sheet says is typical, or at the most; state machines and timers go on;
// - no interrupt may come, and nothing may be read from the chip, from the moment at which it leaves the processor's address space until it is back there;
// - the processor writes nothing by way of its address space.
// The power may go away within an erase or a program, which is then partly done: any bits of that sector or page may be what they were, or not yet what they should be.
import fs from 'node:fs';
import { BasePeripheral } from './node_modules/rp2040js/dist/esm/peripherals/peripheral.js';
import { Random } from './random.mjs';

export const SECTOR = 4096;
export const PAGE = 256;
const BYTES = 2 * 1024 * 1024;
const ADDRESS = 0x10000000;
// W25Q16JV, revision H, section 9.6: tSE and tPP.
const TYPICAL = { eraseNanos: 45e6, programNanos: 400e3 };
export const SLOWEST = { eraseNanos: 400e6, programNanos: 3e6 };
const NOTHING = new Uint8Array(0);

export class Flash {
  /** `number` is the one that it was born with, `times` what it takes to erase a sector and to program a page. */
  constructor({ number, seed = 1, times = TYPICAL }) {
    Object.assign(this, { number, ...times });
    this.random = new Random(seed);
    this.content = new Uint8Array(BYTES).fill(0xff);
    this.halves = new Uint16Array(this.content.buffer);
    this.words = new Int32Array(this.content.buffer);
    /** What was done to it, and how often the power went away within each. */
    this.counts = { erased: 0, programmed: 0, cutErases: 0, cutPrograms: 0 };
    /** How often each sector was erased. */
    this.wear = new Map();
    /** Is told of each sector that is changed. */
    this.onChange = () => {};
    /** Is told of each erase and each program as it begins, and how long it will take. */
    this.onOperation = () => {};
    this.underWay = null;
  }

  load(file) {
    const bytes = fs.readFileSync(file);
    if (bytes.length !== BYTES) throw new Error(`${file} is no content of this flash: it has ${bytes.length} bytes, not ${BYTES}`);
    this.content.set(bytes);
  }
  save(file) { fs.writeFileSync(file, this.content); }

  /** Wires it to a chip that starts: not in the address space yet, and nothing of it in the cache. */
  attach(mcu) {
    this.mcu = mcu;
    this.underWay = null;
    this.connected = this.stale = false;
    mcu.flash16 = this.halves;
    mcu.flashView = new DataView(this.content.buffer);
    mcu.flashView.setUint32 = (offset) => this.broken(`the processor writes to ${(ADDRESS + offset).toString(16)}, which is flash`);
    const warn = mcu.logger.warn.bind(mcu.logger);
    mcu.logger.warn = (from, text) => {
      const address = parseInt(/(?:invalid memory|undefined) address: ([0-9a-f]+)/.exec(text)?.[1], 16);
      if (address >= ADDRESS && address < ADDRESS + 0x4000000) this.broken(`flash is used at ${address.toString(16)} ${this.mapped ? 'beyond its end' : 'while it is not in the address space'}`);
      warn(from, text);
    };
    mcu.peripherals[0x14000] = new XipControl(mcu, 'XIP_CTRL');
    mcu.peripherals[0x18000] = new FlashInterface(mcu, this);
    this.unmap();
  }

  get mapped() { return this.mcu.flash === this.content; }
  unmap() { this.mcu.flash = NOTHING; }
  map() {
    if (this.stale) this.broken('the cache was not emptied after flash was changed');
    this.mcu.flash = this.content;
    this.connected = false;
  }

  /** Its content is changed from outside, as by whoever flashes an image. */
  write(offset, bytes) {
    this.content.set(bytes, offset);
    this.onChange(offset, bytes.length);
  }

  broken(what) { throw new Error(`flash: ${what} (at ${this.mcu.core.PC.toString(16)}, ${(this.mcu.clock.nanos / 1e9).toFixed(6)} s)`); }

  // What the boot ROM's functions do; the data sheet of the RP2040, section 2.8.3.1.3.
  connect() { this.connected = true; }
  exitXip() {
    if (!this.connected) this.broken('flash_exit_xip before connect_internal_flash');
    this.unmap();
  }
  flushCache() { this.stale = false; }
  enterCommandXip() { this.map(); }

  erase(offset, length) {
    this.check('erase', offset, length, SECTOR);
    for (let at = offset; at < offset + length; at += SECTOR) {
      this.takes('erase', at, SECTOR, null, this.eraseNanos);
      this.content.fill(0xff, at, at + SECTOR);
      this.counts.erased++;
      this.wear.set(at, (this.wear.get(at) ?? 0) + 1);
      this.onChange(at, SECTOR);
    }
  }

  program(offset, from, length) {
    this.check('program', offset, length, PAGE);
    const data = Uint8Array.from({ length }, (_, at) => this.mcu.readUint8(from + at));
    for (let at = 0; at < length; at++) {
      const [was, byte] = [this.content[offset + at], data[at]];
      // Ones alone leave a byte as it is, which is how a part of a page is programmed.
      if (byte !== 0xff && (was & byte) !== byte) this.broken(`a program of ${byte.toString(16)} over ${was.toString(16)} at ${(offset + at).toString(16)}: that needs an erase`);
    }
    for (let at = 0; at < length; at += PAGE) {
      const page = data.subarray(at, at + PAGE);
      this.takes('program', offset + at, PAGE, page, this.programNanos);
      for (let byte = 0; byte < PAGE; byte++) this.content[offset + at + byte] &= page[byte];
      this.counts.programmed++;
      this.onChange(offset + at, PAGE);
    }
  }

  check(what, offset, length, unit) {
    if (!this.connected || this.mapped) this.broken(`${what} without connect_internal_flash and flash_exit_xip`);
    if (!this.mcu.core.PM) this.broken(`${what} with interrupts on`);
    if (offset % unit !== 0 || length % unit !== 0) this.broken(`${what} of ${length} bytes at ${offset.toString(16)}: not whole units of ${unit} bytes`);
    if (offset + length > BYTES) this.broken(`${what} beyond the end, at ${offset.toString(16)}`);
    this.stale = true;
  }

  /** Time passes, in which the power may go away. */
  takes(what, offset, length, data, nanos) {
    const { clock } = this.mcu;
    this.underWay = { what, offset, length, data, began: clock.nanos, nanos };
    this.onOperation(what, nanos);
    clock.tick(nanos);
    this.underWay = null;
  }

  /** The power goes away now. What was under way is left partly done. */
  cut() {
    if (this.underWay === null) return;
    const { what, offset, length, data, began, nanos } = this.underWay;
    this.underWay = null;
    const done = (this.mcu.clock.nanos - began) / nanos;
    const { random, content } = this;
    if (what === 'erase') {
      this.counts.cutErases++;
      // The chip first makes zeros of all bits, then ones. How far it is differs from bit to bit.
      const zeros = Math.min(done * 4, 1) * random.next() ** 0.5;
      const ones = Math.max((done - 0.25) / 0.75, 0) ** random.next();
      for (let at = offset; at < offset + length; at++) content[at] = (content[at] & ~random.bits(zeros)) | random.bits(ones);
    } else {
      this.counts.cutPrograms++;
      // Byte by byte or all at once: nobody says.
      const together = random.below(2) === 0;
      const whole = Math.floor(done * length);
      for (let at = 0; at < length; at++) {
        const share = together ? done : at < whole ? 1 : at === whole ? random.next() : 0;
        content[offset + at] &= data[at] | ~random.bits(share);
      }
    }
    this.onChange(offset, length);
  }
}

/** Reads as idle; rp2040js does not have it, and embassy waits for the stream to end. */
class XipControl extends BasePeripheral {
  readUint32(offset) { return offset === 8 ? 2 : 0; }
  writeUint32() {}
}

/** The serial interface to the chip, as far as commands of one byte go: its status, and its number. */
class FlashInterface extends BasePeripheral {
  constructor(mcu, flash) { super(mcu, 'SSI'); this.flash = flash; this.registers = new Map(); this.answer = []; this.command = null; }
  readUint32(offset) {
    if (offset === 0x60) return this.answer.shift() ?? 0;
    if (offset === 0x28) return 0x0e; // sent, room, and something to be read
    return this.registers.get(offset) ?? 0;
  }
  writeUint32(offset, value) {
    this.registers.set(offset, value);
    if (offset === 0x08) {
      this.answer = [];
      this.command = null;
      // Enabled with four data lines: this is how the second stage puts the chip into the address space. Commands go by one line.
      if (value & 1 && ((this.registers.get(0) ?? 0) >>> 21) % 4 === 2) this.flash.map();
    }
    if (offset !== 0x60 || this.command !== null) return;
    this.command = value & 0xff;
    this.answer = this.command === 0x4b ? [0, 0, 0, 0, ...this.flash.number] : [];
    if (this.command === 0x05) this.command = null; // the status: idle
  }
}
