// DS18B20s on a wire with a pull-up, slot by slot, by the data sheet (19-7487): reset and presence, search, match, skip, conversion, scratchpad.
import { PROBE } from './pins.mjs';

const RESET_NANOS = 480e3;
const PRESENCE_AFTER = 30e3;
const PRESENCE_FOR = 120e3;
const SAMPLE_AFTER = 30e3;
const HOLD_FOR = 30e3;
const CONVERSION_NANOS = 700e6;
const MOST_TALKS = 20_000;

/** Maxim application note 27. */
function crc8(bytes) {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0x8c : crc >> 1;
  }
  return crc;
}

/** The wire: low while anybody pulls. */
export class Wire {
  constructor(...probes) {
    this.probes = probes;
    this.masterLow = false;
    for (const probe of probes) probe.wire = this;
  }

  attach(mcu) {
    this.pin = mcu.gpio[PROBE];
    this.masterLow = false;
    for (const probe of this.probes) probe.begin();
    this.settle();
    this.pin.addListener(state => this.master(state === 0));
  }

  master(low) {
    if (low === this.masterLow) return;
    this.masterLow = low;
    for (const probe of this.probes) if (probe.plugged) probe.master(low);
    this.settle();
  }

  settle() { this.pin.setInputValue(!this.masterLow && !this.probes.some(probe => probe.pulls)); }
}

export class Probe {
  /** `serial`: the bytes of its address between family and checksum, as they are sent. */
  constructor(clock, { celsius = 40, serial = [0x61, 0x64, 0x11, 0x8d, 0xf1, 0x02], plugged = true } = {}) {
    Object.assign(this, { clock, celsius, plugged });
    const rom = [0x28, ...serial];
    this.rom = [...rom, crc8(rom)];
    /** As people write it. */
    this.address = `28-${[...serial].reverse().map(byte => byte.toString(16).padStart(2, '0')).join('')}`;
    this.pulls = false;
    this.step = null;
    this.scratchpad = [0x50, 0x05, 0x4b, 0x46, 0x7f, 0xff, 0x0c, 0x10];
    this.readings = 0;
    /** When each slot began, as far as somebody looks at it in time. */
    this.talks = [];
    this.presence = clock.createAlarm(() => { this.pull(true); this.presenceEnd.schedule(PRESENCE_FOR); });
    this.presenceEnd = clock.createAlarm(() => this.pull(false));
    this.sample = clock.createAlarm(() => this.receive(this.wire.masterLow ? 0 : 1));
    this.release = clock.createAlarm(() => this.pull(false));
  }

  /** Forgets whatever it was asked. */
  begin() {
    this.pulls = false;
    this.step = null;
  }

  pull(low) { this.pulls = low; this.wire.settle(); }

  master(low) {
    const now = this.clock.nanos;
    if (low) {
      this.fellAt = now;
      this.talks.push(now);
      if (this.talks.length > MOST_TALKS) this.talks.splice(0, MOST_TALKS / 2);
      this.slot();
    } else if (now - this.fellAt >= RESET_NANOS - 20e3) {
      this.sample.cancel();
      this.listen();
      this.presence.schedule(PRESENCE_AFTER);
    }
  }

  /** A slot begins. */
  slot() {
    const bit = this.step?.send?.();
    if (bit === undefined) { if (this.step?.receive) this.sample.schedule(SAMPLE_AFTER); }
    else if (bit === 0) { this.pull(true); this.release.schedule(HOLD_FOR); }
  }

  receive(bit) { this.step?.receive?.(bit); }

  /** Waits for so many bits, lowest first, and hands them over as bytes. */
  take(count, then) {
    const bits = [];
    this.step = { receive: bit => {
      bits.push(bit);
      if (bits.length === count) { this.step = null; then(Array.from({ length: count / 8 }, (_, byte) => bits.slice(byte * 8, byte * 8 + 8).reduce((value, one, at) => value | (one << at), 0))); }
    } };
  }

  /** Sends bytes, lowest bit first, then ones. */
  give(bytes) {
    let at = 0;
    this.step = { send: () => { const bit = at < bytes.length * 8 ? (bytes[at >> 3] >> (at & 7)) & 1 : 1; at++; return bit; } };
  }

  listen() {
    this.take(8, ([command]) => {
      if (command === 0xcc) this.command();
      else if (command === 0x55) this.take(64, address => { if (address.every((byte, at) => byte === this.rom[at])) this.command(); });
      else if (command === 0xf0) this.search(0);
      else if (command === 0x33) this.give(this.rom);
    });
  }

  search(at) {
    if (at === 64) { this.command(); return; }
    const own = (this.rom[at >> 3] >> (at & 7)) & 1;
    let sent = 0;
    this.step = {
      send: () => (sent < 2 ? (sent++ === 0 ? own : 1 - own) : undefined),
      receive: bit => { this.step = null; if (bit === own) this.search(at + 1); },
    };
  }

  command() {
    this.take(8, ([command]) => {
      if (command === 0x44) this.convert();
      else if (command === 0xbe) { this.readings++; this.give([...this.scratchpad, crc8(this.scratchpad)]); }
      else if (command === 0x4e) this.take(24, ([high, low, configuration]) => { this.scratchpad.splice(2, 3, high, low, (configuration & 0x60) | 0x1f); });
    });
  }

  convert() {
    const done = this.clock.nanos + CONVERSION_NANOS;
    const sixteenths = Math.round(this.celsius * 16) & 0xffff;
    const alarm = this.clock.createAlarm(() => { this.scratchpad.splice(0, 2, sixteenths & 0xff, sixteenths >> 8); });
    alarm.schedule(CONVERSION_NANOS);
    this.step = { send: () => (this.clock.nanos < done ? 0 : 1) };
  }
}
