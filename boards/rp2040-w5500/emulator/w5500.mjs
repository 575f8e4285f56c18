// A W5500 as far as embassy-net-wiznet uses it: socket 0 in MACRAW mode, on SPI0, a byte in eight cycles of its clock. Registers by the data sheet, version 1.1.0.
//
// One thing that the data sheet does not say is assumed: the receive interrupt is raised again after RECV while frames are left.
import { INTERRUPT, RESET, SELECT } from './pins.mjs';

const COMMON = 0, SOCKET = 1, TRANSMIT = 2, RECEIVE = 3;
// Common registers.
const MODE = 0x00, SOURCE_ADDRESS = 0x09, SOCKET_INTERRUPT = 0x17, SOCKET_MASK = 0x18, PHY = 0x2e, VERSION = 0x39;
// Socket registers.
const S_MODE = 0x00, S_COMMAND = 0x01, S_INTERRUPT = 0x02, S_STATUS = 0x03, S_RECEIVE_SIZE = 0x1e, S_TRANSMIT_SIZE = 0x1f;
const S_TRANSMIT_FREE = 0x20, S_TRANSMIT_READ = 0x22, S_TRANSMIT_WRITE = 0x24, S_RECEIVED = 0x26, S_RECEIVE_READ = 0x28, S_RECEIVE_WRITE = 0x2a, S_MASK = 0x2c;
const OPEN = 0x01, CLOSE = 0x10, SEND = 0x20, RECV = 0x40;
const MACRAW_OPEN = 0x42, SENT = 0x10, RECEIVED = 0x04;

export class W5500 {
  constructor(clock, { onFrame = () => {} } = {}) {
    Object.assign(this, { clock, onFrame, present: true, linked: true, garbles: null, counts: { sent: 0, received: 0, dropped: 0 } });
    this.reset();
  }

  attach(mcu) {
    const spi = mcu.spi[0];
    let answer = 0;
    const done = this.clock.createAlarm(() => spi.completeTransmit(answer));
    spi.onTransmit = byte => {
      answer = this.selected && this.present ? this.byte(byte & 0xff) : 0xff;
      if (this.garbles) answer = this.garbles.below(256);
      done.schedule(8e9 / (spi.clockFrequency || 1e6));
    };
    this.selected = false;
    this.pin = mcu.gpio[INTERRUPT];
    mcu.gpio[SELECT].addListener(state => {
      const selected = state === 0;
      if (selected && !this.selected) this.count = 0;
      if (!selected && this.selected) this.end();
      this.selected = selected;
    });
    mcu.gpio[RESET].addListener(state => { if (state === 0) this.reset(); });
    this.reset();
  }

  reset() {
    this.common = new Uint8Array(0x40);
    this.common[VERSION] = 4;
    this.socket = new Uint8Array(0x30);
    this.socket[S_RECEIVE_SIZE] = this.socket[S_TRANSMIT_SIZE] = 2;
    this.socket[S_MASK] = 0xff;
    this.transmit = new Uint8Array(16384);
    this.receive = new Uint8Array(16384);
    this.written = this.read = this.sent = 0;
    this.count = 0;
    this.command = 0;
    this.level = undefined;
    this.refresh();
  }

  /** Its supply fails, and comes back. */
  vanish() { this.present = false; this.reset(); }
  appear() { this.present = true; this.reset(); }

  get(at) { return (this.socket[at] << 8) | this.socket[at + 1]; }
  set(at, value) { this.socket[at] = (value >> 8) & 0xff; this.socket[at + 1] = value & 0xff; }
  get transmitBytes() { return this.socket[S_TRANSMIT_SIZE] * 1024; }
  get receiveBytes() { return this.socket[S_RECEIVE_SIZE] * 1024; }
  get waiting() { return (this.written - this.read) & 0xffff; }

  refresh() {
    this.set(S_TRANSMIT_READ, this.sent);
    this.set(S_TRANSMIT_FREE, this.transmitBytes - ((this.get(S_TRANSMIT_WRITE) - this.sent) & 0xffff));
    this.set(S_RECEIVED, this.waiting);
    this.set(S_RECEIVE_WRITE, this.written);
    this.common[SOCKET_INTERRUPT] = this.socket[S_INTERRUPT] & this.socket[S_MASK] ? 1 : 0;
    const level = !(this.common[SOCKET_INTERRUPT] && this.common[SOCKET_MASK] & 1);
    if (level !== this.level) { this.level = level; this.pin?.setInputValue(level); }
  }

  /** A byte of a frame on the SPI: address (2), control, data. */
  byte(value) {
    const at = this.count++;
    if (at === 0) { this.address = value << 8; return 0x01; }
    if (at === 1) { this.address |= value; return 0x02; }
    if (at === 2) { this.block = value >> 3; this.writes = (value & 4) !== 0; this.refresh(); return 0x03; }
    const address = (this.address + at - 3) & 0xffff;
    if (this.writes) { this.write(address, value); return 0; }
    switch (this.block) {
      // 100 Mbit/s, full duplex.
      case COMMON: return address === PHY ? 0xbe | this.linked : (this.common[address] ?? 0);
      case SOCKET: return this.socket[address] ?? 0;
      case TRANSMIT: return this.transmit[address & (this.transmitBytes - 1)];
      case RECEIVE: return this.receive[address & (this.receiveBytes - 1)];
      default: return 0;
    }
  }

  write(address, value) {
    if (this.block === COMMON) {
      if (address === MODE && value & 0x80) this.reset();
      else if (address !== VERSION) this.common[address] = value;
    } else if (this.block === SOCKET) {
      if (address === S_COMMAND) this.command = value;
      else if (address === S_INTERRUPT) this.socket[S_INTERRUPT] &= ~value;
      else if (address !== S_STATUS) this.socket[address] = value;
    } else if (this.block === TRANSMIT) {
      this.transmit[address & (this.transmitBytes - 1)] = value;
    }
  }

  end() {
    const command = this.command;
    this.command = 0;
    if (command === OPEN) {
      this.socket[S_STATUS] = (this.socket[S_MODE] & 15) === 4 ? MACRAW_OPEN : 0;
      this.written = this.read = this.sent = 0;
      this.set(S_TRANSMIT_WRITE, 0);
      this.set(S_RECEIVE_READ, 0);
    } else if (command === CLOSE) {
      this.socket[S_STATUS] = 0;
    } else if (command === SEND) {
      const end = this.get(S_TRANSMIT_WRITE);
      const frame = Buffer.alloc((end - this.sent) & 0xffff);
      for (let at = 0; at < frame.length; at++) frame[at] = this.transmit[(this.sent + at) & (this.transmitBytes - 1)];
      this.sent = end;
      this.socket[S_INTERRUPT] |= SENT;
      this.counts.sent++;
      if (this.linked) this.onFrame(frame);
    } else if (command === RECV) {
      this.read = this.get(S_RECEIVE_READ);
      if (this.waiting !== 0) this.socket[S_INTERRUPT] |= RECEIVED;
    }
    this.refresh();
  }

  /** A frame comes from the network. */
  deliver(frame) {
    if (this.socket[S_STATUS] !== MACRAW_OPEN || !this.present || !this.linked) return;
    const filters = (this.socket[S_MODE] & 0x80) !== 0;
    const own = Buffer.compare(frame.subarray(0, 6), Buffer.from(this.common.subarray(SOURCE_ADDRESS, SOURCE_ADDRESS + 6))) === 0;
    if (filters && !own && !(frame[0] & 1)) return;
    const length = frame.length + 2;
    if (this.receiveBytes - this.waiting < length) { this.counts.dropped++; return; }
    const bytes = [length >> 8, length & 0xff, ...frame];
    bytes.forEach((byte, at) => { this.receive[(this.written + at) & (this.receiveBytes - 1)] = byte; });
    this.written = (this.written + length) & 0xffff;
    this.socket[S_INTERRUPT] |= RECEIVED;
    this.counts.received++;
    this.refresh();
  }
}
