// A board that starts while its W5500 does not answer: it goes by its local rules, without a restart, and comes online when the chip is there. Before it, the rule is set by a message and the board started again within the second in which it would
// be stored: it is kept all the same.
import { Pulses, demand, problems } from './figures.mjs';
import { Trial } from './trial.mjs';

const PREHEAT_BELOW = 41; // °C; until 45 °C, as the settings are at first
const [COLD, WARMER, WARM] = [40, 43, 45.5]; // °C: no faster than is believed
const FULL = 100; // percent: what it preheats with
const POWER = 50; // percent
const ALONE = 40; // seconds: longer than any attempt at a broker, or pause after one
const ONLINE_WITHIN = 60; // seconds: the longest such pause, with room for a busy machine
const ABSENT = 'the W5500 does not answer';
const [image] = process.argv.slice(2);

const trial = new Trial({ image });
const { bench, half } = trial;
const { chip, ethernet, mains, probe } = bench;
const said = text => trial.lines.filter(line => line.includes(text)).length;
const forget = () => { trial.lines.length = 0; };

/** The half-cycles of so many seconds have a pulse each, in its place. */
async function fires(percent, seconds, where) {
  const pulses = new Pulses(half);
  pulses.add(await trial.cycles((seconds * 1e9) / half), percent);
  pulses.judge(where);
  demand(pulses.count === pulses.cycles, `${where}: ${pulses.cycles - pulses.count} half-cycles without a pulse`);
}

try {
  probe.celsius = COLD;
  await trial.start();
  const heard = new Map();
  trial.broker.subscriber(`solar-dimmer/${trial.id}/#`, (topic, payload) => heard.set(topic.split('/').slice(2).join('/'), payload));
  await trial.run(0.5);
  forget();
  const { programmed } = chip.flash.counts;
  trial.command('config/preheat_below', PREHEAT_BELOW);
  demand(await trial.run(5, () => heard.get('config/preheat_below') === String(PREHEAT_BELOW)), 'the setting is not taken');
  demand(chip.flash.counts.programmed === programmed, 'the setting is stored already: what follows says nothing of the restart');
  ethernet.vanish();
  chip.type('restart');
  demand(await trial.run(2, () => chip.resets === 1), 'it does not start again');
  demand(chip.flash.counts.programmed > programmed, 'nothing is stored before the restart');

  bench.paced = false;
  demand(await trial.says(ABSENT, 5), 'it does not say that the W5500 does not answer');
  demand(await trial.says('preheating', 20), 'it does not go by its local rules without a network');
  await trial.run(1);
  await fires(FULL, ALONE, `without a network, ${ALONE} s`);
  demand(chip.resets === 1, 'it starts again without a network');
  demand(said(ABSENT) === 1, `it says ${said(ABSENT)} times that the W5500 does not answer`);
  chip.type('off');
  demand(await trial.says('switched_off', 2), 'it does not do what is typed');
  await trial.run(0.5);
  demand((await trial.cycles(20)).every(({ pulses }) => pulses.length === 0), 'it fires when it is switched off');
  chip.type('on');
  await trial.run(1);

  forget();
  bench.paced = true;
  ethernet.appear();
  const begin = trial.seconds;
  demand(await trial.says('the W5500 answers', 3), 'it does not find the W5500');
  const found = trial.seconds - begin;
  demand(await trial.says(': online', ONLINE_WITHIN), 'it does not come online');
  console.log(`  the chip is there: found after ${found.toFixed(1)} s, online after ${(trial.seconds - begin).toFixed(1)} s of the board's time`);
  await fires(FULL, 1, 'online again');
  probe.celsius = WARMER;
  await trial.run(4);
  probe.celsius = WARM;
  demand(await trial.run(10, () => heard.get('reason') === 'setpoint_missing'), `it goes on although the water is warm: ${heard.get('reason')}`);
  trial.ask(POWER);
  demand(await trial.run(10, () => heard.get('reason') === 'following'), 'it does not follow the setpoint');
  await trial.run(0.5);
  await fires(POWER, 1, 'by the setpoint');
  demand(chip.resets === 1, `it was reset: ${trial.lines.slice(-5).join(' / ')}`);
  trial.looksAtTheStack();
} finally {
  await trial.close();
}
console.log(problems.length ? `${problems.length} things are wrong` : 'without its network it is as it should be');
process.exit(problems.length ? 1 : 0);
