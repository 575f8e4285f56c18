// Mains, a detector that gives a pulse of 120 µs at each crossing, a triac, and a load that is a resistance.
//
// The triac conducts from the first moment at which its gate is up and there are 10 V, until the next crossing. What a half-cycle delivers is the integral of sin² over that time.
import { DETECTOR, GATES } from './pins.mjs';

const HALF_PULSE_NANOS = 60e3;
const SPIKE_NANOS = 30e3;
const PEAK_VOLTS = 325;
const LATCHING_VOLTS = 10;

export class Mains {
  /** `hertz` of the mains; `first` is the time of the first crossing, in nanoseconds. */
  constructor(clock, { hertz, first = 30e6 }) {
    Object.assign(this, { clock, half: 0.5e9 / hertz, crossing: first, is: true, missesEvery: 0, spikesEvery: 0, count: 0 });
    /** How many gates are used, the first ones; and how often another one rose. */
    this.used = 1;
    this.strays = 0;
    /** Since when each gate is up; and the pulses of all gates, where somebody wants them: of which gate, when it rose and when it fell, in nanoseconds. */
    this.upSince = GATES.map(() => null);
    this.pulses = null;
    /** Half-cycles that are over: when each began, when the gate rose in it and how long it was up (µs from its beginning), and what share of its energy it delivered. */
    this.delivered = [];
    this.begun = null;
    this.latchedAt = null;
    this.rises = [];
    this.rise = clock.createAlarm(() => { if (this.is && !this.misses()) this.pin?.setInputValue(true); this.middle.schedule(HALF_PULSE_NANOS); });
    this.middle = clock.createAlarm(() => { this.cross(); this.fall.schedule(HALF_PULSE_NANOS); });
    this.fall = clock.createAlarm(() => { this.pin?.setInputValue(false); this.rise.schedule(this.crossing - HALF_PULSE_NANOS - clock.nanos); });
    this.spike = clock.createAlarm(() => { this.pin?.setInputValue(true); this.spikeEnd.schedule(SPIKE_NANOS); });
    this.spikeEnd = clock.createAlarm(() => this.pin?.setInputValue(false));
    this.rise.schedule(this.crossing - HALF_PULSE_NANOS - clock.nanos);
  }

  /** Whether the detector gives no pulse at this crossing. */
  misses() { return this.missesEvery > 0 && this.count % this.missesEvery === 0; }

  /** Wires it to a chip that starts. */
  attach(mcu) {
    const restarts = this.pin !== undefined;
    this.pin = mcu.gpio[DETECTOR];
    this.pin.setInputValue(false);
    // A chip that is reset lets go of the gates.
    GATES.forEach((_, place) => this.gate(place, false));
    GATES.forEach((number, place) => mcu.gpio[number].addListener(state => this.gate(place, state === 1)));
    // The clock of a chip that was reset has forgotten every alarm.
    if (restarts) this.rise.schedule(Math.max(this.crossing - HALF_PULSE_NANOS - this.clock.nanos, 1));
  }

  gate(place, up) {
    const now = this.clock.nanos;
    const since = this.upSince[place];
    if (up === (since !== null)) return;
    this.upSince[place] = up ? now : null;
    if (up && place >= this.used) this.strays++;
    if (up) this.pulses?.push({ place, rose: now, fell: null });
    else { const pulse = this.pulses?.findLast(pulse => pulse.place === place); if (pulse) pulse.fell = now; }
    // The load hangs on the first one.
    if (place > 0) return;
    if (up) this.rises.push({ at: now, width: null });
    else { this.rises.at(-1).width = now - since; this.latch(since, now); }
  }

  /** The first moment of a time with the gate up at which there is enough voltage. */
  latch(from, to) {
    if (this.latchedAt !== null || this.begun === null) return;
    const enough = (Math.asin(LATCHING_VOLTS / PEAK_VOLTS) / Math.PI) * this.half;
    const at = Math.max(from, this.begun + enough);
    if (at < Math.min(to, this.begun + this.half - enough)) this.latchedAt = at;
  }

  cross() {
    const now = this.crossing;
    if (this.upSince[0] !== null) this.latch(this.upSince[0], now);
    if (this.begun !== null) {
      const share = this.latchedAt === null ? 1 : (this.latchedAt - this.begun) / this.half;
      const fraction = this.is ? 1 - share + Math.sin(2 * Math.PI * share) / (2 * Math.PI) : 0;
      const pulses = this.rises.filter(({ at }) => at < now).map(({ at, width }) => ({ delay: (at - this.begun) / 1e3, width: width === null ? null : width / 1e3 }));
      this.delivered.push({ at: this.begun, pulses, fraction });
      this.rises = this.rises.filter(({ at }) => at >= now);
    }
    this.count++;
    // Anywhere in the half-cycle, and elsewhere each time.
    if (this.spikesEvery > 0 && this.count % this.spikesEvery === 0) this.spike.schedule(this.half * (0.1 + 0.8 * ((this.count * 0.618) % 1)));
    this.begun = now;
    this.latchedAt = null;
    this.crossing = now + this.half;
  }

  /** What was delivered since it was asked last. */
  take() { const taken = this.delivered; this.delivered = []; return taken; }
}
