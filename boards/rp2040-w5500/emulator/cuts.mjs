// Power that goes away while the configuration is saved, at any point: afterwards the board has the old configuration or the new one, whole, and its output is off until somebody has said what it is to be.
// `cargo xtask emulate rp2040-w5500 cuts [slow] [COUNT [SEED]]` runs it; `slow` with a flash that takes as long as its data sheet allows.
import { demand, problems } from './figures.mjs';
import { SLOWEST } from './flash.mjs';
import { Random } from './random.mjs';
import { Trial } from './trial.mjs';

const KEY = 'water_limit';
const KEEPS_AFTER = 1; // seconds: changes that come together are saved once
const PATIENCE = 15; // seconds until the board is online again
const FIRED = 60; // percent, before and after a cut
const PASSWORD = 'correct horse';
/** So many programs a save takes, or more. */
const SAVE_PAGES = 32;
/** Each so many saves goes by way of the page, if there are many: a sign-in takes as long as some saves. */
const BY_PAGE = 8;
const MANY = 20;

const [image, ...words] = process.argv.slice(2);
const isSlow = words[0] === 'slow';
const [count = '200', seed = '1'] = words.slice(isSlow ? 1 : 0);
const random = new Random(Number(seed));
const trial = new Trial({ image, seed: Number(seed), flashTimes: isSlow ? SLOWEST : undefined });
const { bench, lines } = trial;
const { chip, mains } = bench;
const { flash } = chip;
const usesPage = Number(count) >= MANY;
const results = { old: 0, new: 0, within: 0, lost: 0, byPage: 0 };
let heard = new Map();

/** The settings as the board says them after a start; null when it does not come online. */
async function settings() {
  const hears = () => heard.has(KEY) && trial.seconds > quiet;
  let quiet = Infinity;
  // All come in one go: none for a moment means that there are no more.
  const online = await trial.run(PATIENCE, () => { if (heard.size !== hears.size) { hears.size = heard.size; quiet = trial.seconds + 0.15; } return hears(); });
  return online ? new Map(heard) : null;
}

/** The power goes away at some point of the save that begins within a second or so: within an erase or a program, or anywhere. */
function plan(operations) {
  if (random.below(4) === 0) { chip.cutPowerAfter(random.next() * (KEEPS_AFTER + 0.3) * 1e9); return; }
  let left = random.below(operations + 1);
  // Erases are rare and long: one in two is not let go by.
  flash.onOperation = (what, nanos) => {
    if (left-- > 0 && (what !== 'erase' || random.below(2) === 0)) return;
    flash.onOperation = () => {};
    chip.cutPowerAfter(random.next() * nanos);
  };
}

async function token() {
  demand(await trial.pageComes(), 'the page does not come');
  const answer = await trial.page('/api/v1/session', { method: 'POST', body: { password: PASSWORD } });
  demand(answer.status === 200, `the password is forgotten: ${answer.status} ${answer.text}`);
  return answer.status === 200 ? JSON.parse(answer.text).token : null;
}

async function cut(number, before, operations) {
  const byPage = usesPage && number % BY_PAGE === 0;
  const [old, wanted] = [before.get(KEY), String(60 + ((number * 7) % 20))];
  trial.ask(FIRED);
  let change = () => trial.command(`config/${KEY}`, wanted);
  if (byPage) {
    const by = await token();
    results.byPage++;
    change = () => trial.page('/api/v1/config', { method: 'PATCH', body: { safety: { water_limit_millicelsius: Number(wanted) * 1000 } }, token: by });
  }
  const fires = () => mains.take().at(-1)?.pulses.length === 1;
  demand(await trial.run(5, fires), `cut ${number}: it does not fire before the cut`);
  lines.length = 0;
  const [cuts, programmed] = [chip.powerCuts, flash.counts.programmed + flash.counts.erased];
  const within = flash.counts.cutErases + flash.counts.cutPrograms;
  let stored = false;
  plan(operations);
  change();
  // A save that is over before the cut was due, or that erased nothing, is cut after it.
  await trial.run(KEEPS_AFTER + 2, () => { stored ||= lines.some(line => line.includes('the settings are stored')); return chip.powerCuts > cuts; });
  if (chip.powerCuts === cuts) { flash.onOperation = () => {}; chip.cutPowerAfter(1e6); await trial.run(0.01, () => chip.powerCuts > cuts); }
  const done = flash.counts.programmed + flash.counts.erased - programmed;
  results.within += flash.counts.cutErases + flash.counts.cutPrograms - within;
  trial.ask(null);
  // What it had sent before arrives.
  await new Promise(go => setTimeout(go, 30));
  heard = new Map();
  mains.take();
  const after = await settings();
  const complaint = lines.find(line => line.includes('store:') || line.includes('stays switched off'));
  const where = `cut ${number}, seed ${seed}`;
  if (after === null) { results.lost++; demand(false, `${where}: it does not come online again: ${lines.slice(-3).join(' / ')}`); return { after: before, done }; }
  const others = [...before].filter(([key, value]) => key !== KEY && after.get(key) !== value).map(([key]) => key);
  const value = after.get(KEY);
  const whole = others.length === 0 && complaint === undefined && (Number(value) === Number(old) || Number(value) === Number(wanted));
  if (!whole) results.lost++;
  demand(whole, `${where}: from ${old} to ${wanted} it came back with ${value}${others.length ? `, and others: ${others}` : ''}${complaint ? `; it says ${complaint}` : ''}`);
  demand(!stored || Number(value) === Number(wanted), `${where}: it had said that the settings are stored, and has the old ones`);
  results[Number(value) === Number(wanted) ? 'new' : 'old']++;
  // The half-cycle of the cut had its pulse, perhaps.
  const fired = mains.take().slice(1).filter(cycle => cycle.pulses.length > 0).length;
  demand(fired === 0, `${where}: ${fired} pulses before anybody has said what the output is to be`);
  return { after, done };
}

try {
  await trial.start();
  trial.broker.subscriber(`solar-dimmer/${trial.id}/config/+`, (topic, payload) => heard.set(topic.split('/').at(-1), payload));
  if (usesPage) {
    demand(await trial.pageComes(), 'the page does not come');
    demand(await trial.firstPassword(PASSWORD), 'no password can be set');
  }
  trial.command('sync', 'sync');
  let now = await settings();
  demand(now !== null, 'it does not say its settings');
  bench.paced = false;
  let operations = SAVE_PAGES;
  for (let number = 1; now && number <= Number(count); number++) {
    const { after, done } = await cut(number, now, operations);
    now = after;
    operations = Math.max(operations, done);
  }
  const { erased, programmed, cutErases, cutPrograms } = flash.counts;
  console.log(`${chip.powerCuts} power cuts at saves (${results.byPage} by the page), ${results.within} of them within an erase (${cutErases}) or a program (${cutPrograms}): ${results.old} came back with the old configuration, ${results.new} with the new one, ${results.lost} with neither`);
  console.log(`${programmed} pages were programmed and ${erased} sectors erased meanwhile, ${Math.max(0, ...flash.wear.values())} times the one most used; ${chip.resets} resets`);
  demand(chip.resets === 0, 'the watchdog bit');
} finally {
  await trial.close();
}
console.log(problems.length ? `${problems.length} things are wrong` : 'no configuration was lost, and nothing fired before it was told to');
process.exit(problems.length ? 1 : 0);
