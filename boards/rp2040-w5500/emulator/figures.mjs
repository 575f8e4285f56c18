// What is measured, and what is promised of it in docs/boards/rp2040-w5500.md.
//
// Of every pulse, under every load: at most one in a half-cycle; not before its place, nor after it into the next half-cycle; as long as it is set and no longer. Of figures that this machine's speed has a part in, nothing is demanded.
export const PULSE = 100; // µs
const MINIMUM_DELAY = 200; // µs
const MOST_DELAY_ERROR = 2; // µs from the exact delay, which the plan rounds to the microsecond
export const MOST_WIDTH_ERROR = 0.2; // µs

const share = x => 1 - x + Math.sin(2 * Math.PI * x) / (2 * Math.PI);

/** The delay, in µs, by which a half-cycle of so many µs delivers this share. */
export function exactDelay(fraction, half) {
  let [low, high] = [0, 1];
  for (let turn = 0; turn < 60; turn++) { const middle = (low + high) / 2; if (share(middle) > fraction) low = middle; else high = middle; }
  return Math.max(low * half, MINIMUM_DELAY);
}

export class Statistic {
  constructor() { Object.assign(this, { count: 0, sum: 0, least: Infinity, most: -Infinity, all: [] }); }
  add(value) { this.count++; this.sum += value; this.least = Math.min(this.least, value); this.most = Math.max(this.most, value); this.all.push(value); }
  get median() { return this.all.toSorted((a, b) => a - b)[this.count >> 1]; }
  show(unit, digits = 3) { return this.count === 0 ? 'none' : `${this.count}: minimum ${this.least.toFixed(digits)}, mean ${(this.sum / this.count).toFixed(digits)}, maximum ${this.most.toFixed(digits)} ${unit}`; }
}

export const problems = [];
export const demand = (holds, words) => { if (!holds) { problems.push(words); console.log(`  WRONG: ${words}`); } };

/** How far pulses are from where they should be. */
export class Pulses {
  /** `half` is the half-cycle's length in nanoseconds, `width` the pulse's as it is set, in microseconds. */
  constructor(half, width = PULSE) { Object.assign(this, { half: half / 1e3, width, errors: new Statistic(), widths: new Statistic(), cycles: 0, doubled: 0, beyond: 0 }); }
  get count() { return this.errors.count; }

  /** Half-cycles in which this setpoint was in force. */
  add(cycles, percent) {
    const exact = exactDelay(percent / 100, this.half);
    for (const { pulses } of cycles) {
      this.cycles++;
      if (pulses.length > 1) this.doubled++;
      for (const { delay, width } of pulses) {
        this.errors.add(delay - exact);
        this.widths.add(width - this.width);
        if (delay + width > this.half) this.beyond++;
      }
    }
  }

  judge(where) {
    const { errors, widths } = this;
    console.log(`  ${where}: delay less the exact one, ${errors.show('µs')}; width less the set one, ${widths.least.toFixed(3)} to ${widths.most.toFixed(3)} µs`);
    demand(errors.count > 0, `${where}: no pulses`);
    demand(errors.least >= -MOST_DELAY_ERROR, `${where}: a pulse is ${(-errors.least).toFixed(1)} µs early`);
    demand(errors.most <= MOST_DELAY_ERROR, `${where}: a pulse is ${errors.most.toFixed(1)} µs late`);
    demand(this.beyond === 0, `${where}: ${this.beyond} pulses reach into the next half-cycle`);
    demand(this.doubled === 0, `${where}: ${this.doubled} half-cycles have two pulses`);
    demand(widths.most <= MOST_WIDTH_ERROR, `${where}: a pulse is longer than it is set`);
    demand(widths.least >= -MOST_WIDTH_ERROR, `${where}: a pulse is shorter than it is set`);
  }
}
