// The page as a person meets it first: it is there, asks for a password, shows the settings to whoever has it, and takes another address, at which it is then, and another broker, to which the board goes and at which it is after the power was gone.
import { Broker } from './broker.mjs';
import { demand, problems } from './figures.mjs';
import { bootedIsReleased } from './image.mjs';
import { BOARD, HOST } from './network.mjs';
import { Trial } from './trial.mjs';

const PASSWORD = 'correct horse';
const OTHER_PORT = 1884;
const OTHER_ADDRESS = '10.77.0.8';
const [image] = process.argv.slice(2);

const trial = new Trial({ image });
const { bench } = trial;
const other = new Broker({ port: OTHER_PORT });
const timed = async (name, work) => { const begin = trial.seconds; const result = await work(); console.log(`  ${name}: ${(trial.seconds - begin).toFixed(2)} s of the board's time`); return result; };
const expect = (answer, status, what) => demand(answer.status === status, `${what}: ${answer.status} instead of ${status}: ${answer.text.slice(0, 200)}`);
try {
  await trial.start();
  bootedIsReleased(bench, image);
  demand(await trial.pageComes(), 'the page does not come');
  const page = await timed('GET /', () => trial.page('/'));
  expect(page, 200, 'the page');
  demand(/<html/i.test(page.text) && page.text.includes('app.js'), 'the page is no page');
  expect(await trial.page('/app.js'), 200, 'its script');
  const about = await trial.page('/api/v1/about');
  demand(about.status === 200 && JSON.parse(about.text).id === trial.id, `it says that it is another: ${about.text}`);

  expect(await trial.page('/api/v1/config'), 403, 'settings before there is a password');
  const set = await timed('the first password', () => trial.page('/api/v1/password', { method: 'POST', body: { password: PASSWORD } }));
  expect(set, 200, 'the first password');
  expect(await trial.page('/api/v1/password', { method: 'POST', body: { password: 'battery staple' } }), 401, 'another password by nobody');
  expect(await trial.page('/api/v1/config'), 401, 'settings for nobody');
  const { token } = JSON.parse(set.text);
  const config = await trial.page('/api/v1/config', { token });
  expect(config, 200, 'the settings');
  demand(JSON.parse(config.text).brokers[0].host === HOST, 'the settings have another broker');

  /** Takes another address by the page, which answers first, and is online from there. */
  const moves = async (from, to, address) => {
    trial.lines.length = 0;
    const answer = await trial.page('/api/v1/config', { method: 'PATCH', token, host: from, body: { network: { address } } });
    expect(answer, 200, `the answer before it goes to ${to}`);
    demand(JSON.parse(answer.text || '{}').network?.address.source === address.source, 'the answer has another address');
    // Whoever asks for an address before somebody has it is held up by his own machine.
    demand(await trial.says(`network: ${to}/`, 5), `it does not go to ${to}`);
    demand(await trial.pageComes(to), `the page is not at ${to}`);
    demand(await trial.says(': online', 40), `it does not come online from ${to}`);
  };
  await timed('another address, and online from there', () => moves(BOARD, OTHER_ADDRESS, { source: 'static', ip: OTHER_ADDRESS, prefix_bits: 24 }));
  await timed('the one that is leased, and online from there', () => moves(OTHER_ADDRESS, BOARD, { source: 'dhcp' }));

  await other.start();
  const heard = new Map();
  other.subscriber(`solar-dimmer/${trial.id}/availability`, (topic, payload) => heard.set(topic, payload));
  const online = () => [...heard.values()].includes('online');
  const patch = await timed('another broker is taken and kept', () => trial.page('/api/v1/config', { method: 'PATCH', token, body: { brokers: [{ host: HOST, port: OTHER_PORT }] } }));
  expect(patch, 200, 'another broker');
  demand(await trial.run(20, online), 'it does not go to the other broker');
  heard.clear();
  bench.chip.cutPowerAfter(0);
  await trial.run(0.1);
  // The last will of the session before.
  demand(await trial.run(30, () => [...heard.values()].at(-1) === 'online'), 'it is not at the other broker after the power was gone');
  demand(await trial.pageComes(), 'the page does not come again');
  expect(await trial.page('/api/v1/config', { token }), 401, 'a token from before the power was gone');
  const again = await timed('signed in', () => trial.page('/api/v1/session', { method: 'POST', body: { password: PASSWORD } }));
  expect(again, 200, 'the password after the power was gone');
  const kept = await trial.page('/api/v1/config', { token: JSON.parse(again.text || '{}').token });
  demand(kept.status === 200 && JSON.parse(kept.text).brokers[0].port === OTHER_PORT, 'the other broker was not kept');
  demand(bench.chip.resets === 0, `the watchdog bit: ${trial.lines.slice(-5).join(' / ')}`);
  demand(bench.mains.take().every(cycle => cycle.pulses.length === 0), 'something fired, and nobody had asked for it');
  trial.looksAtTheStack();
} finally {
  other.close();
  await trial.close();
}
console.log(problems.length ? `${problems.length} things are wrong` : 'the page is as it should be');
process.exit(problems.length ? 1 : 0);
