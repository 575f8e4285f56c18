// The board for a person to play with, beside a mosquitto in the same network namespace. `cargo xtask emulate rp2040-w5500` runs it.
import readline from 'node:readline';
import { Bench } from './bench.mjs';
import { Broker } from './broker.mjs';
import { HOST } from './network.mjs';

const RATED_WATTS = 2000; // what the board's settings say at first
const HELP = `a number publishes a setpoint in percent; "mains off", "mains on", "water CELSIUS", "cable off", "cable on", "broker off", "broker on", "quit";
anything else is typed at the board's serial port ("help" there)`;

const [image, hertz = '50'] = process.argv.slice(2);
const broker = new Broker();
await broker.start();
const show = (line, seconds) => console.log(`[${seconds.toFixed(3).padStart(9)} s] ${line}`);
let publish = null;
const bench = new Bench({
  image,
  hertz: Number(hertz),
  tap: true,
  onLine: (line, seconds) => {
    show(line, seconds);
    const id = /solar dimmer (\w+)/.exec(line)?.[1];
    if (id === undefined) return;
    publish ??= broker.publisher(`solar-dimmer/${id}/power/set`);
    // A board that has stored this broker does nothing.
    bench.chip.type(`broker ${HOST}`);
  },
});

const words = {
  'mains off': () => { bench.mains.is = false; },
  'mains on': () => { bench.mains.is = true; },
  'cable off': () => { bench.ethernet.linked = false; },
  'cable on': () => { bench.ethernet.linked = true; },
  'broker off': () => broker.kill(),
  'broker on': () => broker.start(),
  quit: () => { end = true; },
};
let end = false;
console.log(HELP);
readline.createInterface({ input: process.stdin }).on('line', line => {
  const text = line.trim();
  const water = /^water (-?[\d.]+)$/.exec(text);
  if (words[text]) words[text]();
  else if (water) bench.probe.celsius = Number(water[1]);
  else if (/^-?[\d.]+$/.test(text)) publish?.(text);
  else bench.chip.type(text);
}).on('close', () => { end = true; });

while (!end) {
  await bench.run(2, () => end);
  const cycles = bench.mains.take();
  const mean = cycles.reduce((sum, cycle) => sum + cycle.fraction, 0) / Math.max(cycles.length, 1);
  show(`delivered ${Math.abs(Math.round(mean * RATED_WATTS))} W of ${RATED_WATTS}`, bench.seconds);
}
broker.close();
await bench.close();
process.exit(0);
