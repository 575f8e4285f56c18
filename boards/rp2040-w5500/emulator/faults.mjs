// What ends the program, or stops it, while all three outputs fire: a panic, a fault, a stack that is too deep, a loop that never ends, each in the middle of a pulse, in the thread and in the interrupt of the firing path.
// Every gate is low again within the pulse's width, nothing is fired but what was fed, not even after the reset until somebody has said what the output is to be, and the board says why it started again.
// `cargo xtask emulate rp2040-w5500 faults [SEED]` runs it; the seed says where in the program and in the pulse.
import { FIRING, FLASH_ADDRESS, THREAD } from './chip.mjs';
import { readSymbols } from './elf.mjs';
import { MOST_WIDTH_ERROR, PULSE, demand, problems } from './figures.mjs';
import { GATES } from './pins.mjs';
import { Trial } from './trial.mjs';

const POWER = 99; // percent
const PASSWORD = 'correct horse';
const RAM = 0x20000000;
const FAR_BELOW_RAM = 0x1f000000;
const LARGE_FRAME = 40_960; // bytes
const MOST_UNTIL_LOW = 10; // µs after a fault or a panic
const MOST_FED = 2; // half-cycles
const MOST_LEASE = 1.1; // seconds: an order's lease, and the half-cycles that were fed
const MOST_FURTHER = { [THREAD]: 150, [FIRING]: 3000 }; // instructions
const STAYS_SILENT = 1; // seconds after it is online again
// Thumb instructions.
const UNDEFINED = 0xde00;
const RETURN = 0x4770;
/** A function that calls itself, with a frame of 528 bytes. */
const RECURSION = [0xb0ff, 0xb5f0, 0xe7fc];

const [image, seed = '1'] = process.argv.slice(2);
const symbols = readSymbols(image.replace(/uf2$/, 'elf'));
const trial = new Trial({ image, seed: Number(seed) });
const { bench, half } = trial;
const { chip, mains } = bench;
const { flash, random } = chip;
let heard = new Map();

/** Where the program gives up over a subtraction that came out below zero: the address of the place is loaded, and the panic is called. */
function panics() {
  const [, to] = [...symbols].find(([name]) => name.includes('panic_const_sub_overflow')) ?? [];
  if (to === undefined) throw new Error('the image has no panic of a subtraction');
  const at = place => FLASH_ADDRESS + 2 * place;
  const calls = place => {
    const [one, other] = [flash.halves[place], flash.halves[place + 1]];
    if (one >> 11 !== 0b11110 || (other & 0xd000) !== 0xd000) return null;
    const sign = (one >> 10) & 1;
    const [first, second] = [1 - (sign ^ ((other >> 13) & 1)), 1 - (sign ^ ((other >> 11) & 1))];
    return at(place) + 4 + ((sign ? 0xff000000 : 0) | (first << 23) | (second << 22) | ((one & 0x3ff) << 12) | ((other & 0x7ff) << 1));
  };
  const loadsPlace = place => flash.halves[place] >> 8 === 0x48;
  return Array.from({ length: 0x80000 }, (_, place) => place).filter(place => loadsPlace(place) && calls(place + 1) === (to & ~1)).map(at);
}

/** How far it goes on before it is struck. The firing path has something to do in the middle of a pulse by a spurious edge of the detector. */
function further(level) {
  if (level === FIRING) mains.spike.schedule(1);
  return random.below(MOST_FURTHER[level]);
}

function panic(level) {
  const places = panics();
  demand(places.length > 0, 'no place is found at which the program panics');
  chip.arrive(level, further(level));
  chip.mcu.core.PC = places[random.below(places.length)];
  return /^attempt to subtract with overflow \(\S+\.rs:\d+\)$/;
}

function undefinedInstruction(level) {
  chip.arrive(level, further(level));
  return `hard fault at 0x${chip.failBy(UNDEFINED).toString(16).padStart(8, '0')}`;
}

const TOO_DEEP = 'hard fault: the stack is too deep';

function recursion(level) {
  chip.arrive(level, further(level));
  chip.failBy(...RECURSION);
  return TOO_DEEP;
}

/** A frame that begins within the stack and ends far below it. */
function largeFrame(level) {
  chip.arrive(level, further(level));
  chip.mcu.core.SP = RAM + 1024 - LARGE_FRAME;
  chip.failBy();
  return TOO_DEEP;
}

/** A fault in what is done about a fault. */
function lockup(level) {
  chip.arrive(level, further(level));
  chip.failBy(UNDEFINED);
  chip.failAgain(UNDEFINED);
  return '';
}

function hang(level, masked = false) {
  chip.hang(level, { further: further(level), masked });
  return '';
}

const AT_ONCE = 'at once';
const FED = 'when what was fed is fired';
const LEASED = 'when the order has run out';

/** What is done returns the last words. */
const FAULTS = [
  { name: 'a panic in the thread', strikes: () => panic(THREAD), silent: AT_ONCE, reason: 'panic' },
  { name: 'a panic in the firing interrupt', strikes: () => panic(FIRING), silent: AT_ONCE, reason: 'panic' },
  { name: 'an undefined instruction in the thread', strikes: () => undefinedInstruction(THREAD), silent: AT_ONCE, reason: 'panic' },
  { name: 'an undefined instruction in the firing interrupt', strikes: () => undefinedInstruction(FIRING), silent: AT_ONCE, reason: 'panic' },
  { name: 'a recursion without an end in the thread', strikes: () => recursion(THREAD), silent: AT_ONCE, reason: 'panic' },
  { name: 'a recursion without an end in the firing interrupt', strikes: () => recursion(FIRING), silent: AT_ONCE, reason: 'panic' },
  { name: 'a frame of 40 kB at the end of the stack', strikes: () => largeFrame(THREAD), silent: AT_ONCE, reason: 'panic' },
  { name: 'a fault within a fault', strikes: () => lockup(THREAD), silent: FED, reason: 'watchdog' },
  { name: 'a thread that hangs', strikes: () => hang(THREAD), silent: LEASED, reason: 'watchdog' },
  { name: 'a thread that hangs with interrupts off', strikes: () => hang(THREAD, true), silent: FED, reason: 'watchdog' },
  { name: 'a planner that hangs', strikes: () => hang(FIRING), silent: FED, reason: 'watchdog' },
  { name: 'a planner that hangs with interrupts off', strikes: () => hang(FIRING, true), silent: FED, reason: 'watchdog' },
];

const each = test => GATES.every((_, place) => test(place));
const micros = nanos => (nanos / 1e3).toFixed(1);

/** The board fires with all outputs, each of them in each half-cycle. */
async function fires(name) {
  trial.ask(POWER);
  const delivers = () => { const last = mains.take().at(-1); return last?.pulses.length === 1 && Math.abs(last.fraction - POWER / 100) < 0.001; };
  demand(await trial.run(10, delivers), `${name}: ${POWER} % is not fired before it`);
  mains.pulses = [];
  await trial.run((10 * half) / 1e9);
  demand(each(place => mains.pulses.filter(pulse => pulse.place === place).length >= 9), `${name}: not all outputs fire before it`);
}

/** Goes on into the middle of a pulse of all outputs. */
function intoPulse() {
  const width = PULSE * 1e3;
  const into = (0.1 + 0.3 * random.next()) * width;
  const end = chip.clock.nanos + 4 * half;
  while (!mains.upSince.every(since => since !== null && chip.clock.nanos - since >= into)) {
    if (chip.clock.nanos > end) throw new Error('the outputs have no pulse at the same time');
    chip.run(500);
  }
}

function judge(name, silent, at) {
  const after = mains.pulses.filter(pulse => pulse.rose > at);
  const longest = Math.max(...mains.pulses.map(pulse => (pulse.fell ?? Infinity) - pulse.rose));
  demand(longest <= (PULSE + MOST_WIDTH_ERROR) * 1e3, `${name}: a gate is up for ${micros(longest)} µs`);
  const last = Math.max(at, ...after.map(pulse => pulse.rose)) - at;
  const low = Math.max(...mains.pulses.map(pulse => pulse.fell)) - at;
  if (silent === AT_ONCE) {
    demand(low <= MOST_UNTIL_LOW * 1e3, `${name}: a gate is up for ${micros(low)} µs after it`);
    demand(after.length === 0, `${name}: ${after.length} pulses come after it`);
  }
  if (silent === LEASED) {
    demand(last <= MOST_LEASE * 1e9, `${name}: a pulse comes ${micros(last)} µs after it`);
    demand(last > MOST_FED * half, `${name}: the firing path ended with it`);
  }
  if (silent === FED) {
    demand(last <= MOST_FED * half, `${name}: a pulse comes ${micros(last)} µs after it`);
    demand(each(place => after.filter(pulse => pulse.place === place).length <= MOST_FED), `${name}: more pulses come after it than were fed`);
  }
  // What is not cut short is as long as it is set.
  if (silent !== AT_ONCE) demand(mains.pulses.every(pulse => pulse.fell - pulse.rose >= (PULSE - MOST_WIDTH_ERROR) * 1e3), `${name}: a pulse is shorter than it is set`);
  return `the gates are low ${silent === AT_ONCE ? `${micros(low)} µs after it, for good` : `for good ${(low / 1e6).toFixed(1)} ms after it, after ${after.length / GATES.length} more pulses of each`}`;
}

/** The board comes online again, says why it was gone, and fires nothing. */
async function comesBack(name, { reason, words }) {
  demand(await trial.run(15, () => ['reset_reason', 'last_words'].every(topic => heard.has(topic))), `${name}: it does not come online again`);
  await trial.run(STAYS_SILENT);
  demand(heard.get('reset_reason') === reason, `${name}: it says that it started by ${heard.get('reset_reason')}, not by ${reason}`);
  const said = heard.get('last_words') ?? '';
  demand(words instanceof RegExp ? words.test(said) : said === words, `${name}: its last words are "${said}", not ${words}`);
  demand(heard.get('reason') === 'setpoint_missing', `${name}: it is ${heard.get('reason')} after the reset`);
}

async function suffer({ name, strikes, silent, reason }) {
  await fires(name);
  intoPulse();
  mains.pulses = mains.pulses.filter(({ fell }) => fell === null);
  trial.ask(null);
  heard = new Map();
  const resets = chip.resets;
  const words = strikes();
  const at = chip.clock.nanos;
  demand(mains.upSince.every(since => since !== null), `${name}: it was not in the middle of a pulse`);
  demand(await trial.run(4, () => chip.resets > resets), `${name}: no reset`);
  const reset = chip.clock.nanos;
  await comesBack(name, { reason, words });
  const gates = judge(name, silent, at);
  demand(chip.resets === resets + 1, `${name}: ${chip.resets - resets} resets`);
  console.log(`  ${name}: ${gates}; reset ${((reset - at) / 1e9).toFixed(2)} s after it, by ${heard.get('reset_reason')}${words === '' ? '' : `: ${heard.get('last_words')}`}`);
}

/** The firing path's interrupt does nothing any more, and the thread lives: it notices, and says so. */
async function plannerGone() {
  const name = 'a planner that is never run again';
  await fires(name);
  intoPulse();
  mains.pulses = mains.pulses.filter(({ fell }) => fell === null);
  heard = new Map();
  const resets = chip.resets;
  const entry = (new DataView(flash.content.buffer).getUint32(0x100 + 4 * FIRING, true) & ~1) - FLASH_ADDRESS;
  const was = flash.content.slice(entry, entry + 2);
  flash.write(entry, [RETURN & 0xff, RETURN >> 8]);
  const at = chip.clock.nanos;
  demand(await trial.run(5, () => heard.get('reason') === 'mains_not_locked'), `${name}: nobody says that the mains is not tracked`);
  const noticed = chip.clock.nanos;
  await trial.run(STAYS_SILENT);
  const gates = judge(name, FED, at);
  demand(chip.resets === resets, `${name}: it was reset`);
  trial.ask(null);
  heard = new Map();
  chip.type('restart');
  while (chip.resets === resets && chip.clock.nanos < noticed + 4e9) chip.run(1e3);
  flash.write(entry, was);
  await comesBack(name, { reason: 'software', words: '' });
  demand(mains.pulses.every(pulse => pulse.rose < noticed), `${name}: it fires before it was told to`);
  console.log(`  ${name}: ${gates}; the board says mains_not_locked ${((noticed - at) / 1e9).toFixed(2)} s after it, and starts again when it is told to`);
}

try {
  await trial.start();
  // What is below the stack is nobody's, and protected besides.
  demand(symbols.get('_stack_end') === RAM, 'the stack does not end where RAM begins');
  demand(chip.mcu.forbids(RAM - 4) && chip.mcu.forbids(FAR_BELOW_RAM) && !chip.mcu.forbids(RAM), 'what is below the stack is not protected');
  mains.used = GATES.length;
  await trial.patch(await trial.signedIn(PASSWORD), { output: { triacs: GATES.length } });
  // The pads of the others are let go a moment later.
  await trial.run(0.5);
  trial.broker.subscriber(`solar-dimmer/${trial.id}/+`, (topic, payload) => heard.set(topic.split('/').at(-1), payload === '(null)' ? '' : payload));
  bench.paced = false;
  for (const fault of FAULTS.filter(({ name }) => name.includes(process.env.FAULT ?? ''))) await suffer(fault);
  await plannerGone();
  await fires('in the end');
} finally {
  await trial.close();
}
console.log(problems.length ? `${problems.length} things are wrong` : 'whatever ended the program, the outputs were off, and stayed off until they were asked for');
process.exit(problems.length ? 1 : 0);
