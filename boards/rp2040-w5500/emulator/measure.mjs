// Measures the image: setpoints by mosquitto in, gate pulses out. `cargo xtask emulate rp2040-w5500 measure` runs it; `measure short` and `measure slow` are what `cargo xtask test` runs.
// It ends with 1 when a figure is beyond what is promised in docs/boards/rp2040-w5500.md.
import { Pulses, Statistic, demand, problems } from './figures.mjs';
import { HOST } from './network.mjs';
import { bootedIsReleased } from './image.mjs';
import { LOADS } from './loads.mjs';
import { slowSaves } from './saves.mjs';
import { Trial } from './trial.mjs';

const SETPOINTS = [50, 1, 2, 5, 10, 15, 20, 25, 30, 40, 45, 55, 60, 70, 75, 80, 90, 95, 100, 0];
const SETTLES = 0.3; // seconds: the network, and a soft start
const HALF_CYCLES = 40;
const LOADED = 50; // percent: at this power a soft start begins, so that a pulse after a pause is where the others are
const HEARD = 60; // percent: the setpoint after a load
// Promised.
const MOST_POWER_ERROR = 0.05; // points of full power
const MOST_LEASE = 1.1; // seconds: an order's lease, and the half-cycles that were fed
const LEAST_FIRED = 0.8; // of the half-cycles have a pulse while the detector is disturbed, or settings are saved
const BACK_WITHIN = 35; // seconds after a load, until another setpoint is fired: a broker that was lost again and again is tried again each half minute

const ALL_LOADS = LOADS.map(({ name }) => name);
const LONG = { pulses: 10_000, publishes: 100, restarts: 5, loads: ALL_LOADS };
// By the mains: what depends on its frequency is measured at both in the short form, too.
const FORMS = {
  short: {
    50: { pulses: 300, publishes: 10, restarts: 1, loads: ALL_LOADS },
    60: { pulses: 100, publishes: 5, restarts: 1, loads: ['idle', 'configuration saved', 'probe read', 'one edge in 23 missing', 'a spurious edge in each seventh half-cycle'] },
  },
  long: { 50: LONG, 60: LONG },
};

async function setpoints({ bench, half, setpoint }) {
  const pulses = new Pulses(half);
  console.log('  asked    delivered  error (points)   pulses');
  for (const percent of SETPOINTS) {
    setpoint(percent);
    await bench.run(SETTLES);
    bench.mains.take();
    await bench.run((HALF_CYCLES * half) / 1e9);
    const cycles = bench.mains.take();
    const delivered = (cycles.reduce((sum, cycle) => sum + cycle.fraction, 0) / cycles.length) * 100;
    const count = cycles.flatMap(cycle => cycle.pulses).length;
    pulses.add(cycles, percent);
    console.log(`  ${String(percent).padStart(5)} %  ${delivered.toFixed(3).padStart(8)} %  ${(delivered - percent).toFixed(4).padStart(8)}   ${count} of ${cycles.length}`);
    demand(Math.abs(delivered - percent) <= MOST_POWER_ERROR, `${percent} % delivers ${delivered.toFixed(3)} %`);
    demand(cycles.every(cycle => cycle.pulses.length === (percent === 0 ? 0 : 1)), `${percent} %: not one pulse in each half-cycle`);
  }
  pulses.judge('all setpoints');
}

/** From a publish to the first pulse at another place: through mosquitto, W5500, session and planner. */
async function latency(trial, count) {
  const { bench } = trial;
  const latencies = new Statistic();
  let percent = 60;
  trial.ask(percent);
  await bench.run(1);
  for (let publish = 0; publish < count; publish++) {
    percent = 90 - percent;
    // Anywhere in a half-cycle.
    await bench.run(0.05 + bench.random.next() * 0.05);
    bench.mains.take();
    const old = percent === 30 ? 60 : 30;
    const pulses = new Pulses(trial.half);
    trial.ask(percent);
    const published = bench.seconds;
    let changed = null;
    await bench.run(5, () => {
      for (const { at, pulses: fired } of bench.mains.take()) {
        if (at / 1e9 < published - trial.half / 1e9 || fired.length === 0) continue;
        pulses.add([{ pulses: fired }], old);
        if (Math.abs(pulses.errors.all.at(-1)) > 3) { changed = at / 1e6 + fired[0].delay / 1e3; return true; }
      }
      return false;
    });
    demand(changed !== null, 'a setpoint changes nothing');
    if (changed !== null) latencies.add(changed - published * 1e3);
  }
  console.log(`  published until the first changed pulse: ${latencies.show('ms', 1)}, median ${latencies.median?.toFixed(1)}`);
}

/** What the processor did in the meantime. */
function processorSince({ chip, mains }, before) {
  const halfCycles = (chip.clock.nanos - before.nanos) / mains.half;
  const each = (now, then) => ((now - then) / halfCycles).toFixed(1);
  return `${each(chip.exceptions, before.exceptions)} interrupts and ${each(chip.instructions / 1e3, before.instructions / 1e3)} thousand instructions per half-cycle`;
}
const processorNow = ({ chip }) => ({ nanos: chip.clock.nanos, instructions: chip.instructions, exceptions: chip.exceptions });

/** So many pulses while something happens to the board. */
async function underLoad(trial, load, wanted) {
  const { bench, half } = trial;
  trial.ask(LOADED);
  await trial.run(1);
  const pulses = new Pulses(half);
  const [before, resets] = [processorNow(bench), bench.chip.resets];
  let [halfCycles, silent] = [0, 0];
  bench.mains.take();
  const running = load.begin(trial);
  const goal = Math.max(1, Math.round(wanted * (load.share ?? 1)));
  // A load that leaves no pulses must end, too.
  const most = (wanted * half * 4) / 1e9 + 30;
  const begin = trial.seconds;
  const enough = running.enough ?? (() => true);
  while ((pulses.count < goal || !enough()) && trial.seconds - begin < most) {
    await trial.run(0.5, () => { running.look(); return false; });
    const cycles = bench.mains.take();
    halfCycles += cycles.length;
    silent += cycles.filter(cycle => cycle.pulses.length === 0).length;
    pulses.add(load.only ? load.only(bench, cycles) : cycles, LOADED);
  }
  const did = processorSince(bench, before);
  demand(enough(), `${load.name}: that did not happen`);
  const happened = running.end();
  pulses.judge(load.name);
  const reset = bench.chip.resets - resets;
  console.log(`    ${happened ? `${happened}; ` : ''}${silent} of ${halfCycles} half-cycles without a pulse; ${did}${reset ? `; ${reset} resets` : ''}`);
  if (!load.mayReset) {
    demand(reset === 0, `${load.name}: the chip was reset`);
    if (load.pauses) demand(silent <= (1 - LEAST_FIRED) * halfCycles, `${load.name}: too many half-cycles have no pulse`);
    else demand(silent === 0, `${load.name}: not one pulse in each half-cycle`);
  }
  // What comes next begins with a board that is well: it hears another setpoint, by itself and soon. One that is cut off goes on with the last one for a while.
  const ended = trial.seconds;
  trial.ask(HEARD);
  const delivers = () => { const last = bench.mains.take().at(-1); return last?.pulses.length === 1 && Math.abs(last.fraction - HEARD / 100) < 0.01; };
  demand(await trial.run(BACK_WITHIN, delivers), `${load.name}: another setpoint is not fired ${BACK_WITHIN} s after it`);
  console.log(`    another setpoint is fired ${(trial.seconds - ended).toFixed(1)} s after it`);
}

async function lostMains({ bench, setpoint }) {
  setpoint(50);
  await bench.run(0.5);
  bench.mains.take();
  bench.mains.is = false;
  await bench.run(0.3);
  const pulses = bench.mains.take().findLastIndex(cycle => cycle.pulses.length) + 1;
  console.log(`  mains lost: ${pulses} half-cycles still have a pulse`);
  demand(pulses < 6, 'pulses go on without mains');
  bench.mains.is = true;
  await bench.run(1);
  demand(bench.mains.take().at(-1).pulses.length === 1, 'mains that came back is not fired');
}

async function lostBroker(trial, restarts) {
  const { bench, broker, lines } = trial;
  const recoveries = new Statistic();
  for (let restart = 0; restart < restarts; restart++) {
    broker.kill();
    lines.length = 0;
    demand(await trial.says('next attempt', 20), 'a broker that is killed goes unnoticed');
    await broker.start();
    const restarted = bench.seconds;
    lines.length = 0;
    demand(await trial.says(': online', 60), 'it does not come back to a broker that was restarted');
    recoveries.add(bench.seconds - restarted);
  }
  console.log(`  broker restarted: online after ${recoveries.show('s', 1)}`);
}

async function hungThread(trial) {
  const { bench, lines, setpoint } = trial;
  setpoint(50);
  await bench.run(0.5);
  demand(bench.mains.take().at(-1).pulses.length === 1, 'nothing is fired before the thread hangs');
  lines.length = 0;
  const hung = bench.seconds;
  bench.chip.hang();
  demand(await trial.says('reset by the watchdog', 4), 'the watchdog does not reset a thread that hangs');
  const reset = bench.seconds;
  await bench.run(0.3);
  const last = bench.mains.take().findLast(cycle => cycle.pulses.length);
  console.log(`  thread hung: the last pulse ${(last.at / 1e9 - hung).toFixed(2)} s after it, started again after ${(reset - hung).toFixed(2)} s`);
  demand(last.at / 1e9 - hung <= MOST_LEASE, 'pulses go on while the thread hangs');
  demand(await trial.says(': online', 10), 'it does not come online again after the reset');
  console.log(`  from that reset to online again: ${(bench.seconds - reset).toFixed(2)} s`);
  demand(bench.mains.take().every(cycle => cycle.pulses.length === 0), 'a board that started again fires before it was told to');
  setpoint(50);
  await bench.run(3);
  demand(bench.mains.take().at(-1).pulses.length === 1, 'a board that started again does not fire any more');
}

async function measure(image, hertz, { pulses, publishes, restarts, loads }) {
  console.log(`\n${hertz} Hz`);
  const trial = new Trial({ image, hertz });
  const { bench } = trial;
  try {
    console.log(`  online ${(await trial.start()).toFixed(2)} s after the start, the broker typed then`);
    bootedIsReleased(bench, image);
    const before = processorNow(bench);
    await bench.run(2);
    console.log(`  without a setpoint: ${processorSince(bench, before)}`);
    await setpoints(trial);
    await latency(trial, publishes);
    await lostMains(trial);
    await lostBroker(trial, restarts);
    demand(bench.chip.resets === 0, 'the chip was reset');
    demand(bench.probe.readings > 0, 'the probe was not read');
    bench.paced = false;
    for (const load of LOADS.filter(({ name }) => loads.includes(name) && new RegExp(process.env.LOAD ?? '').test(name))) await underLoad(trial, load, pulses);
    bench.paced = true;
    trial.ask(null);
    await hungThread(trial);
    const { chip } = bench;
    console.log(`  ${chip.flash.counts.erased} sectors erased, ${chip.flash.counts.programmed} pages programmed`);
    trial.looksAtTheStack();
    demand(bench.mains.strays === 0, `outputs that are not used fired ${bench.mains.strays} times`);
  } finally {
    await trial.close();
  }
}

const [image, ...words] = process.argv.slice(2);
const began = performance.now();
if (words[0] === 'slow') await slowSaves(image);
else {
  const form = words[0] === 'short' ? FORMS.short : FORMS.long;
  const rates = words.filter(word => word !== 'short');
  for (const hertz of rates.length ? rates : Object.keys(form)) await measure(image, Number(hertz), form[hertz]);
}
console.log(`\n${((performance.now() - began) / 1e3).toFixed(0)} s on this machine, ${(process.cpuUsage().user / 1e6).toFixed(0)} s of the processor's time`);
console.log(problems.length ? `${problems.length} figures are wrong` : 'all figures are as promised');
process.exit(problems.length ? 1 : 0);
