// The board on the bench: the chip with everything around it, and the clock that drives both.
import { Chip } from './chip.mjs';
import { Mains } from './mains.mjs';
import { Probe } from './probe.mjs';
import { Tap, dhcpAnswer } from './network.mjs';
import { W5500 } from './w5500.mjs';

const SLICE_NANOS = 1e6;

export class Bench {
  /** `tap`: whether the cable is in this machine's network, which holds the emulation to real time. */
  constructor({ image, hertz = 50, tap = false, onLine = () => {} }) {
    this.tap = tap ? new Tap() : null;
    const parts = {};
    this.chip = new Chip({
      image,
      onLine: line => onLine(line, this.seconds),
      attach: mcu => {
        const { clock } = mcu;
        parts.mains ??= new Mains(clock, { hertz });
        parts.probe ??= new Probe(clock);
        parts.ethernet ??= new W5500(clock, { onFrame: frame => this.leaves(frame) });
        for (const part of Object.values(parts)) part.attach(mcu);
      },
    });
    Object.assign(this, parts);
    this.began = null;
  }

  get seconds() { return this.chip ? this.chip.clock.nanos / 1e9 : 0; }

  leaves(frame) {
    const answer = dhcpAnswer(frame);
    if (answer) {
      const alarm = this.chip.clock.createAlarm(() => this.ethernet.deliver(answer));
      alarm.schedule(2e6);
    } else this.tap?.send(frame);
  }

  /** Runs for so many seconds of its own time, or until `done()`; whether it was done. */
  async run(seconds, done = () => false) {
    const end = this.seconds + seconds;
    this.began ??= performance.now() - this.seconds * 1e3;
    while (this.seconds < end) {
      this.chip.run(SLICE_NANOS);
      while (this.tap?.frames.length) this.ethernet.deliver(this.tap.frames.shift());
      const ahead = this.seconds * 1e3 - (performance.now() - this.began);
      // Slower than the clock on the wall is no debt that is paid back by running faster later.
      if (ahead < -50) this.began -= ahead + 50;
      await new Promise(go => (this.tap && ahead > 1 ? setTimeout(go, ahead) : setImmediate(go)));
      if (done()) return true;
    }
    return false;
  }

  async close() { await this.tap?.close(); }
}
