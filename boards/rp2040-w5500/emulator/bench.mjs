// The board on the bench: the chip with everything around it, and the clock that drives both.
import { Chip } from './chip.mjs';
import { Mains } from './mains.mjs';
import { Probe, Wire } from './probe.mjs';
import { Tap, dhcpAnswer } from './network.mjs';
import { Random } from './random.mjs';
import { W5500 } from './w5500.mjs';

const SLICE_NANOS = 1e6;

export class Bench {
  /** `tap`: whether the cable is in this machine's network. `flash` is a file with what the flash chip holds from before. */
  constructor({ image, flash = null, flashTimes, seed = 1, hertz = 50, tap = false, onLine = () => {}, onReset = () => {} }) {
    this.tap = tap ? new Tap() : null;
    /** Whether it is held to the time of whoever is at the other end of the cable, when it could be faster. */
    this.paced = tap;
    /** The share of frames that are lost, each way. */
    this.loss = 0;
    this.random = new Random(seed ^ 0x5eed);
    const parts = {};
    this.chip = new Chip({
      image, flash, flashTimes, seed, onReset,
      onLine: line => onLine(line, this.seconds),
      attach: mcu => {
        const { clock } = mcu;
        parts.mains ??= new Mains(clock, { hertz });
        // The second one lies about, and is plugged in by who wants it.
        parts.wire ??= new Wire(new Probe(clock), new Probe(clock, { celsius: 23, serial: [0x61, 0x64, 0x11, 0x8d, 0xf2, 0x02], plugged: false }));
        parts.ethernet ??= new W5500(clock, { onFrame: frame => this.leaves(frame) });
        for (const part of Object.values(parts)) part.attach(mcu);
      },
    });
    Object.assign(this, parts);
    this.began = null;
  }

  get probe() { return this.wire.probes[0]; }

  get seconds() { return this.chip ? this.chip.clock.nanos / 1e9 : 0; }

  leaves(frame) {
    if (this.random.next() < this.loss) return;
    const answer = dhcpAnswer(frame);
    if (answer) {
      const alarm = this.chip.clock.createAlarm(() => this.ethernet.deliver(answer));
      alarm.schedule(2e6);
    } else this.tap?.send(frame);
  }

  arrives(frame) { if (this.random.next() >= this.loss) this.ethernet.deliver(frame); }

  /** Runs for so many seconds of its own time, or until `done()`; whether it was done. */
  async run(seconds, done = () => false) {
    const end = this.seconds + seconds;
    this.began ??= performance.now() - this.seconds * 1e3;
    while (this.seconds < end) {
      this.chip.run(SLICE_NANOS);
      while (this.tap?.frames.length) this.arrives(this.tap.frames.shift());
      const ahead = this.seconds * 1e3 - (performance.now() - this.began);
      // Slower than the clock on the wall is no debt that is paid back by running faster later; nor is faster, when nobody held it back, time to stand still later.
      if (ahead < -50) this.began -= ahead + 50;
      else if (!this.paced) this.began -= ahead;
      await new Promise(go => (this.paced && ahead > 1 ? setTimeout(go, ahead) : setImmediate(go)));
      if (done()) return true;
    }
    return false;
  }

  async close() { await this.tap?.close(); }
}
