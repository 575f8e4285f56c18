// Settings that are saved while the board fires, by a flash that takes as long as its data sheet allows: the gates are low as long as it writes, no pulse is cut short for it, then it begins softly, and the watchdog does not bite.
import { Pulses, demand } from './figures.mjs';
import { SLOWEST } from './flash.mjs';
import { bootedIsReleased } from './image.mjs';
import { Trial } from './trial.mjs';

const POWER = 90; // percent
const SOFT = 50; // percent: what a soft start gives, for so many half-cycles
const SOFT_HALF_CYCLES = 2;
const PULSE = 1000; // µs, the longest that can be set: one save in nine comes while one is up
const PASSWORD = 'correct horse';
const BETWEEN = 0.3; // seconds
const ENOUGH_ERASED = 2; // sectors
const MOST_SAVES = 120;
const BACK_WITHIN = 1; // seconds after what was written last

export async function slowSaves(image) {
  console.log('\na flash that takes 400 ms for a sector and 3 ms for a page');
  const trial = new Trial({ image, flashTimes: SLOWEST });
  const { bench, half } = trial;
  const { chip, mains } = bench;
  const { flash } = chip;
  try {
    await trial.start();
    bootedIsReleased(bench, image);
    const token = await trial.signedIn(PASSWORD);
    bench.paced = false;
    await trial.patch(token, { mains: { gate_pulse_us: PULSE } });
    trial.ask(POWER);
    await trial.run(1);
    const [writes, cycles] = [[], []];
    mains.pulses = [];
    mains.take();
    flash.onOperation = (what, nanos) => writes.push({ what, from: chip.clock.nanos, to: chip.clock.nanos + nanos });
    const before = { ...flash.counts };
    let saves = 0;
    for (; flash.counts.erased - before.erased < ENOUGH_ERASED && saves < MOST_SAVES; saves++) {
      const more = saves % 20;
      // In several parts, so that the store is full sooner.
      await trial.patch(token, { name: `A dimmer that is saved ${more} times`, safety: { water_limit_millicelsius: (60 + more) * 1000 }, output: { rated_watts: 2000 + more }, topics: { interval_s: 10 + more } });
      await trial.run(BETWEEN);
      cycles.push(...mains.take());
    }
    const { erased, programmed } = flash.counts;
    demand(erased - before.erased >= ENOUGH_ERASED, 'too little is erased for this to say anything');
    demand(chip.resets === 0, `the watchdog bit: ${trial.lines.slice(-3).join(' / ')}`);
    const within = writes.filter(({ from, to }) => mains.pulses.some(({ rose, fell }) => rose < to && fell > from));
    demand(within.length === 0, `a gate is up within ${within.length} of ${writes.length} erases and programs`);
    judge(cycles, half);
    const pauses = gaps(cycles);
    const longest = Math.max(0, ...pauses.map(({ halfCycles }) => halfCycles)) * half;
    const last = Math.max(0, ...pauses.map(({ until }) => until - Math.max(0, ...writes.filter(({ to }) => to <= until).map(({ to }) => to))));
    console.log(`  ${saves} saves, ${programmed - before.programmed} pages programmed, ${erased - before.erased} sectors erased; ${pauses.length} pauses, the longest ${(longest / 1e6).toFixed(0)} ms; fired again ${(last / 1e6).toFixed(0)} ms after what was written last, at the most`);
    demand(last <= BACK_WITHIN * 1e9, 'it does not fire again soon after it has written');
  } finally {
    await trial.close();
  }
}

/** Half-cycles without a pulse that follow one another: how many, and when the next pulse's begins. */
function gaps(cycles) {
  const found = [];
  let halfCycles = 0;
  for (const { at, pulses } of cycles) {
    if (pulses.length === 0) { halfCycles++; continue; }
    if (halfCycles > 0) found.push({ halfCycles, until: at });
    halfCycles = 0;
  }
  return found;
}

/** After a pause come soft half-cycles, then the others as before. */
function judge(cycles, half) {
  const [soft, full] = [new Pulses(half, PULSE), new Pulses(half, PULSE)];
  let left = 0;
  for (const cycle of cycles) {
    if (cycle.pulses.length === 0) { left = SOFT_HALF_CYCLES; continue; }
    if (left > 0) { soft.add([cycle], SOFT); left--; } else full.add([cycle], POWER);
  }
  soft.judge('after a pause');
  full.judge('else');
}
