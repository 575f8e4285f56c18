// Chance that comes out the same again: a run is repeated by its seed (the generator is mulberry32).
export class Random {
  constructor(seed) { this.state = seed >>> 0; }

  /** From 0 up to 1. */
  next() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296;
  }

  below(count) { return Math.floor(this.next() * count); }

  /** A byte in which each bit is set with this probability. */
  bits(probability) {
    let byte = 0;
    for (let bit = 0; bit < 8; bit++) if (this.next() < probability) byte |= 1 << bit;
    return byte;
  }
}
