// Several probes on the wire: one that is plugged in beside the other is found by a search, and the one that was chosen is read, and no other.
import { demand, problems } from './figures.mjs';
import { Trial } from './trial.mjs';

const PASSWORD = 'correct horse';
const ABSENT = '28-0000000000ff';
const READ_WITHIN = 20; // seconds: a reading every two
const [image] = process.argv.slice(2);
const trial = new Trial({ image });
const { bench } = trial;
const [first, second] = bench.wire.probes;

/** What the page answers. An answer that is lost on its way, because this machine is slow, is asked for again: nothing here is another thing when it is done twice. */
async function ask(path, settings) {
  let answer;
  for (let tries = 0; tries < 4; tries++) {
    answer = await trial.page(path, settings);
    if (answer.status !== 0) break;
  }
  demand(answer.status >= 200 && answer.status < 300, `${path}: ${answer.status} ${answer.text}`);
  try { return JSON.parse(answer.text); } catch { return {}; }
}

const water = probes => probes.roles.find(({ role }) => role === 'water');

/** Asks again until it is so; the last that was told. */
async function until(what, is) {
  const begin = trial.seconds;
  let probes;
  do {
    await trial.run(0.5);
    probes = await ask('/api/v1/probes');
    if (probes.roles && is(probes)) {
      console.log(`  ${what}: ${(trial.seconds - begin).toFixed(1)} s of the board's time`);
      return probes;
    }
  } while (trial.seconds - begin < READ_WITHIN);
  demand(false, `not so: ${what}: ${JSON.stringify(probes)}`);
  return probes;
}

const choose = (token, address) => ask('/api/v1/config', { method: 'PATCH', token, body: { probes: { water_address: address } } });

try {
  await trial.start();
  demand(await trial.pageComes(), 'the page does not come');
  demand(await trial.firstPassword(PASSWORD), 'the password is not taken');
  const { token } = await ask('/api/v1/session', { method: 'POST', body: { password: PASSWORD } });

  trial.ask(50);
  await until('the only one is read', probes => water(probes).address === first.address && water(probes).temperature === first.celsius);
  second.plugged = true;
  await ask('/api/v1/command/search_probes', { method: 'POST', token });
  const found = await until('both are found, and looked at', ({ search: { status }, found }) => status === 'done' && found.length === 2);
  for (const { address, celsius } of [first, second])
    demand(found.found?.some(probe => probe.address === address && probe.temperature === celsius), `${address} is not found, or is not ${celsius}`);

  await choose(token, second.address);
  await until('the other one is chosen, and read', probes => water(probes).address === second.address && water(probes).temperature === second.celsius);
  await trial.run(1);
  demand((await trial.cycles(20)).every(({ pulses }) => pulses.length === 1), 'it does not fire by the probe that was chosen');

  await choose(token, ABSENT);
  const absent = await until('one that is not there is no other', probes => water(probes).temperature === null && water(probes).problem !== null);
  console.log(`    ${water(absent)?.problem}`);
  demand((await trial.cycles(100)).every(({ pulses }) => pulses.length === 0), 'it fires by another probe than was chosen');

  second.plugged = false;
  await choose(token, first.address);
  await until('the first one is chosen, and read', probes => water(probes).address === first.address && water(probes).temperature === first.celsius);
  await trial.run(2);
  demand((await trial.cycles(20)).every(({ pulses }) => pulses.length === 1), 'it does not fire again');
  demand(bench.chip.resets === 0, `the chip was reset: ${trial.lines.slice(-5).join(' / ')}`);
  trial.looksAtTheStack();
} finally {
  await trial.close();
}
console.log(problems.length ? `${problems.length} things are wrong` : 'the probes are as they should be');
process.exit(problems.length ? 1 : 0);
