// What happens to a board while it fires: each load begins, goes on for as long as pulses are counted, and ends with the board as it was before.
const FLOOD_NANOS = 0.5e6; // 2,000 broadcasts a second
const SAVES_EVERY = 3; // seconds
const RESTARTS_EVERY = 10; // seconds
const FAILS_EVERY = 15; // seconds
const FAILS_FOR = 3; // seconds
const LOSS = 0.1;

/** `turn` and then, each so many seconds of the board's time, again; the second half of a turn is `back`. */
function every(trial, seconds, turn, lasts = null, back = () => {}) {
  const { clock } = trial.bench.chip;
  let ended = false;
  const begin = trial.seconds;
  let turns = 0, failing = false;
  // By the harness and not by the chip's clock, which forgets all alarms in a reset.
  return {
    look: () => {
      if (ended) return;
      const since = clock.nanos / 1e9 - begin - turns * seconds;
      if (!failing && since >= 0.5) { failing = true; turn(turns); if (lasts === null) { failing = false; turns++; } }
      if (failing && lasts !== null && since >= 0.5 + lasts) { failing = false; turns++; back(); }
    },
    turned: () => turns > 0,
    end: () => { ended = true; if (failing) back(); return turns; },
  };
}

/**
 * `begin` returns what is to be called in each turn of the harness, and at the end, which says what happened; and whether what it is about has happened by now (`enough`). `pauses`: half-cycles may be without a pulse. `mayReset`: so may the board be, and its output is off
 * until it is online again. `only` chooses the half-cycles that count, `share` how many of them there need be.
 */
export const LOADS = [
  { name: 'idle', begin: () => ({ look() {}, end: () => '' }) },
  {
    name: 'network flooded',
    begin({ bench }) {
      const before = { ...bench.ethernet.counts };
      let [frames, next] = [0, bench.seconds];
      const { clock } = bench.chip;
      let on = true;
      const alarm = clock.createAlarm(() => {
        const frame = Buffer.alloc(60 + ((frames * 97) % 1400), 0x5a);
        frame.fill(0xff, 0, 6);
        bench.ethernet.deliver(frame);
        frames++;
        next += FLOOD_NANOS / 1e9;
        if (on) alarm.schedule(FLOOD_NANOS);
      });
      alarm.schedule(FLOOD_NANOS);
      return {
        look() {},
        end() {
          on = false;
          alarm.cancel();
          const { received, dropped } = bench.ethernet.counts;
          return `${frames} broadcasts, of which ${dropped - before.dropped} found the chip full and ${received - before.received} frames went in`;
        },
      };
    },
  },
  {
    name: 'configuration saved',
    // The outputs are parked for each save.
    pauses: true,
    begin(trial) {
      const { counts } = trial.bench.chip.flash;
      const before = { ...counts };
      const saves = every(trial, SAVES_EVERY, turn => trial.command('config/water_limit', 60 + (turn % 20)));
      return { ...saves, enough: () => counts.programmed > before.programmed, end() { const asked = saves.end(); return `${asked} changes; ${counts.programmed - before.programmed} pages programmed, ${counts.erased - before.erased} sectors erased`; } };
    },
  },
  {
    name: 'probe read',
    // The half-cycles in which something was said on its wire.
    only({ probe, mains }, cycles) {
      if (cycles.length === 0) return cycles;
      const number = at => Math.floor((at - cycles[0].at + 1) / mains.half);
      const spoken = new Set(probe.talks.splice(0).map(number));
      return cycles.filter(({ at }) => spoken.has(number(at)));
    },
    // So few are they.
    share: 0.01,
    begin({ bench }) {
      const before = bench.probe.readings;
      bench.probe.talks.length = 0;
      return { look() {}, enough: () => bench.probe.readings > before, end: () => `${bench.probe.readings - before} readings` };
    },
  },
  {
    name: 'broker restarted',
    begin(trial) {
      let restarts = 0;
      const restart = every(trial, RESTARTS_EVERY, () => trial.broker.kill(), 1, () => { restarts++; trial.broker.start(); });
      return { ...restart, enough: () => restarts > 0, end() { restart.end(); return `${restarts} times`; } };
    },
  },
  {
    name: 'one frame in ten lost',
    begin({ bench }) { bench.loss = LOSS; return { look() {}, end() { bench.loss = 0; return 'each way'; } }; },
  },
  {
    name: 'W5500 answers garbage',
    mayReset: true,
    begin(trial) {
      const { ethernet, random } = trial.bench;
      const garble = every(trial, FAILS_EVERY, () => { ethernet.garbles = random; }, FAILS_FOR, () => { ethernet.garbles = null; });
      return { ...garble, enough: garble.turned, end() { return `${garble.end()} times, for ${FAILS_FOR} s each`; } };
    },
  },
  {
    name: 'W5500 disappears',
    begin(trial) {
      const { ethernet } = trial.bench;
      const vanish = every(trial, FAILS_EVERY, () => ethernet.vanish(), FAILS_FOR, () => ethernet.appear());
      return { ...vanish, enough: vanish.turned, end() { return `${vanish.end()} times, for ${FAILS_FOR} s each`; } };
    },
  },
  {
    name: 'one edge in 23 missing',
    pauses: true,
    begin({ bench }) { bench.mains.missesEvery = 23; return { look() {}, end() { bench.mains.missesEvery = 0; return ''; } }; },
  },
  {
    name: 'a spurious edge in each seventh half-cycle',
    pauses: true,
    begin({ bench }) { bench.mains.spikesEvery = 7; return { look() {}, end() { bench.mains.spikesEvery = 0; return ''; } }; },
  },
];
