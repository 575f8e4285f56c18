// A board on the bench beside a real mosquitto: started, online, and told what to do as a router would.
import { Bench } from './bench.mjs';
import { Broker } from './broker.mjs';
import { demand } from './figures.mjs';
import { BOARD, HOST } from './network.mjs';

const REPEATED = 1; // seconds: a router goes on repeating its setpoint
const MOST_STACK = 57_344; // bytes: by the frames at most 42 kB, with the interrupt's 8 on top; memory.x has twice as much

export class Trial {
  constructor({ image, hertz = 50, seed = 1, flash = null, flashTimes }) {
    this.lines = [];
    this.resetReasons = [];
    this.bench = new Bench({
      image, hertz, seed, flash, flashTimes, tap: true,
      onLine: (line, seconds) => { this.lines.push(line); if (process.env.SERIAL) console.log(`  [${seconds.toFixed(3)} s] ${line}`); },
      onReset: reason => this.resetReasons.push(reason),
    });
    this.broker = new Broker();
    this.half = this.bench.mains.half;
    /** The setpoint that is repeated, and when it was sent last. */
    this.asked = null;
    this.sent = -Infinity;
  }

  get seconds() { return this.bench.seconds; }

  /** Runs for so many seconds, or until `done()`, while the setpoint is repeated; whether it was done. */
  run(seconds, done = () => false) {
    return this.bench.run(seconds, () => {
      if (this.asked !== null && this.seconds - this.sent >= REPEATED) this.ask(this.asked);
      return done();
    });
  }

  /** Publishes a setpoint, in percent, and repeats it from now on; null ends that. */
  ask(percent) {
    this.asked = percent;
    this.sent = this.seconds;
    if (percent !== null) this.setpoint(percent);
  }

  /** Waits until the log says something after what it has said before; whether it did. */
  says(text, seconds) { return this.run(seconds, () => this.lines.some(line => line.includes(text))); }

  command(name, payload) { (this.commands[name] ??= this.broker.publisher(`solar-dimmer/${this.id}/command/${name}`))(payload); }

  /** Starts everything; the board keeps the broker that it is told of. Returns when it waits for a setpoint. */
  async start() {
    const { bench } = this;
    await this.broker.start();
    const begin = this.seconds;
    this.id = (await this.says('solar dimmer', 1)) && /solar dimmer (\w+)/.exec(this.lines[0])?.[1];
    demand(this.id, 'the image does not start');
    this.setpoint = this.broker.publisher(`solar-dimmer/${this.id}/power/set`);
    this.commands = {};
    await bench.run(0.02);
    bench.chip.type(`broker ${HOST}`);
    demand(await this.says(': online', 10), 'it does not come online within ten seconds');
    demand(await this.says('setpoint_missing', 20), 'the probe is not read, or the mains is not tracked');
    return this.seconds - begin;
  }

  /** What the board's page answers: status, headers and text. */
  async page(path, { method = 'GET', body, token, host = BOARD } = {}) {
    const headers = { 'X-Solar-Dimmer': '1', ...(body && { 'Content-Type': 'application/json' }), ...(token && { Authorization: `Bearer ${token}` }) };
    let over = false;
    const asked = fetch(`http://${host}${path}`, { method, headers, body: body && JSON.stringify(body) })
      .then(async answer => ({ status: answer.status, headers: answer.headers, text: await answer.text() }))
      .catch(error => ({ status: 0, headers: new Headers(), text: String(error.cause ?? error) }))
      .finally(() => { over = true; });
    if (!(await this.run(60, () => over))) return { status: 0, headers: new Headers(), text: 'no answer within a minute' };
    return asked;
  }

  /** The first password; whether it is set. An answer that is lost on its way is asked for again. */
  async firstPassword(password) {
    for (let tries = 0; tries < 3; tries++) {
      const answer = await this.page('/api/v1/password', { method: 'POST', body: { password } });
      if (answer.status !== 0) return answer.status === 200 || (tries > 0 && answer.status === 401);
    }
    return false;
  }

  /** Sets the first password; what whoever has it shows with each request. */
  async signedIn(password) {
    demand(await this.pageComes(), 'the page does not come');
    const answer = await this.page('/api/v1/password', { method: 'POST', body: { password } });
    demand(answer.status === 200, `no password can be set: ${answer.status} ${answer.text.slice(0, 200)}`);
    return JSON.parse(answer.text || '{}').token;
  }

  /** Changes settings by the page, which answers when they are stored. */
  async patch(token, settings) {
    const answer = await this.page('/api/v1/config', { method: 'PATCH', token, body: settings });
    demand(answer.status === 200, `settings are refused: ${answer.status} ${answer.text.slice(0, 200)}`);
  }

  /** Waits until the page is served at this address; whether it is. */
  async pageComes(host = BOARD) {
    for (let tries = 0; tries < 20; tries++) {
      if ((await this.page('/api/v1/about', { host })).status === 200) return true;
      await this.run(0.25);
    }
    return false;
  }

  /** Lets some half-cycles pass, and looks at those alone. */
  async cycles(count) {
    this.bench.mains.take();
    await this.run((count * this.half) / 1e9);
    return this.bench.mains.take();
  }

  /** The most of the stack that was in use, whatever was tried before, leaves what is to be left of it. */
  looksAtTheStack() {
    const { stackBytes } = this.bench.chip;
    console.log(`  at most ${stackBytes} bytes of stack in use`);
    demand(stackBytes <= MOST_STACK, 'the stack is larger than it should be');
  }

  async close() { this.broker.close(); await this.bench.close(); }
}
