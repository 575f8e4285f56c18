// Thumb instructions to JavaScript: a region of code in flash, which is entered at one address and left when it comes to what is not in it.
//
// A region only does what touches nothing but registers, RAM and flash. Before anything else (an input or output, a return from an exception, an instruction that is rare) it is left, and
// rp2040js executes that one instruction. So what a region does has no side effect, its cycles are known beforehand, and it is left as well before it could pass the moment of the next alarm.
// The results are those of rp2040js, instruction by instruction: translate.test.mjs compares them.
export const FLASH = 0x10000000;
const FLASH_BYTES = 2 * 1024 * 1024;
const RAM = 0x20000000;
const RAM_BYTES = 264 * 1024;
const MOST_INSTRUCTIONS = 64;
const [SP, LR, PC] = [13, 14, 15];
const CONDITIONS = ['z', '!z', 'c', '!c', 'n', '!n', 'v', '!v', 'c && !z', '!c || z', 'n === v', 'n !== v', 'n === v && !z', 'n !== v || z'];

const R = index => `R${index}`;
const set = (index, value) => `R${index} = ${value};`;
const zeroAndSign = result => `n = ${result} < 0; z = ${result} === 0;`;
const add = (to, one, other) => `p = ${one}; q = ${other}; s = (p + q) | 0; ${to === null ? '' : set(to, 's')} ${zeroAndSign('s')} c = (p >>> 0) + (q >>> 0) > 0xffffffff; v = (~(p ^ q) & (p ^ s)) < 0;`;
const subtract = (to, one, other) => `p = ${one}; q = ${other}; s = (p - q) | 0; ${to === null ? '' : set(to, 's')} ${zeroAndSign('s')} c = (p >>> 0) >= (q >>> 0); v = ((p ^ q) & (p ^ s)) < 0;`;
const logic = (to, value) => `s = ${value}; ${to === null ? '' : set(to, 's')} ${zeroAndSign('s')}`;

// Of each size: the arrays' names, the shift from bytes, what extends it.
const WORD = ['32', 2], HALF = ['16', 1], BYTE = ['8', 0];
const aligned = shift => (shift === 0 ? '' : ` && (o & ${(1 << shift) - 1}) === 0`);
const within = (bytes, shift) => `o >>> 0 < ${bytes}${aligned(shift)}`;
const load = (to, address, [size, shift], extend = value => value) => leave =>
  `a = ${address} | 0; o = (a - ${RAM}) | 0; if (${within(RAM_BYTES, shift)}) R${to} = ${extend(`ram${size}[o >>> ${shift}]`)};
  else { o = (a - ${FLASH}) | 0; if (${within(FLASH_BYTES, shift)}) R${to} = ${extend(`flash${size}[o >>> ${shift}]`)}; else ${leave} }`;
const store = (from, address, [size, shift]) => leave => `o = (${address} - ${RAM}) | 0; if (${within(RAM_BYTES, shift)}) ram${size}[o >>> ${shift}] = R${from}; else ${leave}`;
/** Several words of RAM from this address on. */
const words = (address, count, each) => leave => `o = (${address} - ${RAM}) | 0; if (o < 0 || o > ${RAM_BYTES - 4 * count} || (o & 3) !== 0) ${leave} o >>>= 2; ${each}`;
const listed = (list, count = 8) => Array.from({ length: count }, (_, at) => at).filter(at => list & (1 << at));

/** Instructions that go on with the next: [code, or a function of how to leave; cycles]. null for what is not translated. */
function plain(word, second, at) {
  const [low, middle, high] = [word & 7, (word >> 3) & 7, (word >> 6) & 7];
  const [top, byte, five] = [(word >> 8) & 7, word & 0xff, (word >> 6) & 31];
  switch (word >> 11) {
    case 0b00000: return [`p = ${R(middle)}; ${five ? `c = (p & ${1 << (32 - five)}) !== 0;` : ''} ${logic(low, `p << ${five}`)}`, 1];
    case 0b00001: return [`p = ${R(middle)}; c = ((p >>> ${five ? five - 1 : 31}) & 1) !== 0; ${logic(low, five ? `(p >>> ${five}) | 0` : '0')}`, 1];
    case 0b00010: return [`p = ${R(middle)}; c = ((p >>> ${five ? five - 1 : 31}) & 1) !== 0; ${logic(low, `p >> ${five || 31}`)}`, 1];
    case 0b00011: return [(word & 0x200 ? subtract : add)(low, R(middle), word & 0x400 ? high : R(high)), 1];
    case 0b00100: return [logic(top, byte), 1];
    case 0b00101: return [subtract(null, R(top), byte), 1];
    case 0b00110: return [add(top, R(top), byte), 1];
    case 0b00111: return [subtract(top, R(top), byte), 1];
    case 0b01000: return word & 0x400 ? highRegisters(word, at) : arithmetic((word >> 6) & 15, low, R(middle));
    case 0b01001: return [load(top, ((at + 4) & ~3) + byte * 4, WORD), 2];
    case 0b01010: case 0b01011: return byRegister((word >> 9) & 7, low, `(${R(middle)} + ${R(high)})`);
    case 0b01100: return [store(low, `(${R(middle)} + ${five * 4})`, WORD), 2];
    case 0b01101: return [load(low, `(${R(middle)} + ${five * 4})`, WORD), 2];
    case 0b01110: return [store(low, `(${R(middle)} + ${five})`, BYTE), 2];
    case 0b01111: return [load(low, `(${R(middle)} + ${five})`, BYTE), 2];
    case 0b10000: return [store(low, `(${R(middle)} + ${five * 2})`, HALF), 2];
    case 0b10001: return [load(low, `(${R(middle)} + ${five * 2})`, HALF), 2];
    case 0b10010: return [store(top, `(${R(SP)} + ${byte * 4})`, WORD), 2];
    case 0b10011: return [load(top, `(${R(SP)} + ${byte * 4})`, WORD), 2];
    case 0b10100: return [set(top, ((at & ~3) + 4 + byte * 4) | 0), 1];
    case 0b10101: return [set(top, `(${R(SP)} + ${byte * 4}) | 0`), 1];
    case 0b10110: case 0b10111: return various(word, low, middle);
    case 0b11000: {
      const list = listed(byte);
      const back = byte & (1 << top) ? '' : set(top, `(${R(top)} + ${4 * list.length}) | 0`);
      return list.length === 0 ? null : [words(R(top), list.length, `${list.map((register, index) => `ram32[o + ${index}] = ${R(register)};`).join(' ')} ${back}`), 1 + list.length];
    }
    case 0b11001: {
      const list = listed(byte);
      const back = byte & (1 << top) ? '' : set(top, `(${R(top)} + ${4 * list.length}) | 0`);
      return list.length === 0 ? null : [words(R(top), list.length, `${back} ${list.map((register, index) => set(register, `ram32[o + ${index}]`)).join(' ')}`), 1 + list.length];
    }
    // Two halves: barriers, and the mask of interrupts.
    case 0b11110: {
      if (word === 0xf3bf && [0x8f50, 0x8f40, 0x8f60].includes(second & 0xfff0)) return ['', 3, 4];
      if (word === 0xf3ef && (second & 0xf0ff) === 0x8010 && (second >> 8) % 16 < SP) return [set((second >> 8) & 15, 'core.PM ? 1 : 0'), 3, 4];
      return null;
    }
    default: return null;
  }
}

function arithmetic(operation, to, by) {
  const own = R(to);
  switch (operation) {
    case 0: return [logic(to, `${own} & ${by}`), 1];
    case 1: return [logic(to, `${own} ^ ${by}`), 1];
    case 2: return [`p = ${own}; q = ${by} & 0xff; if (q !== 0) c = (p & (1 << (32 - q))) !== 0; ${logic(to, 'q >= 32 ? 0 : p << q')}`, 1];
    case 3: return [`p = ${own}; q = ${by} & 0xff; c = q <= 32 && ((p >>> (q - 1)) & 1) !== 0; ${logic(to, 'q < 32 ? (p >>> q) | 0 : 0')}`, 1];
    case 4: return [`p = ${own}; q = ${by} & 0xff; if (q > 32) q = 32; c = (p & (1 << (q - 1))) !== 0; ${logic(to, 'q < 32 ? p >> q : p >> 31')}`, 1];
    case 5: return [`p = ${by}; q = ${own}; o = c ? 1 : 0; c = (p >>> 0) + (q >>> 0) + o > 0xffffffff; q = (q + o) | 0; s = (p + q) | 0; ${set(to, 's')} ${zeroAndSign('s')} v = (~(p ^ q) & (p ^ s)) < 0;`, 1];
    case 6: return [`p = ${own}; q = ${by}; o = c ? 0 : 1; c = (p >>> 0) >= (q >>> 0) + o; q = (q + o) | 0; s = (p - q) | 0; ${set(to, 's')} ${zeroAndSign('s')} v = ((p ^ q) & (p ^ s)) < 0;`, 1];
    case 7: return [`p = ${own}; q = ${by} & 31; ${logic(to, '(p >>> q) | (p << (32 - q))')} c = n;`, 1];
    case 8: return [logic(null, `${own} & ${by}`), 1];
    case 9: return [subtract(to, 0, by), 1];
    case 10: return [subtract(null, own, by), 1];
    case 11: return [add(null, own, by), 1];
    case 12: return [logic(to, `${own} | ${by}`), 1];
    case 13: return [logic(to, `Math.imul(${own}, ${by})`), 1];
    case 14: return [logic(to, `${own} & ~${by}`), 1];
    default: return [logic(to, `~${by}`), 1];
  }
}

function highRegisters(word, at) {
  const [from, to] = [(word >> 3) & 15, ((word >> 4) & 8) | (word & 7)];
  const value = from === PC ? (at + 4) | 0 : R(from);
  const kept = to === SP ? ' & ~3' : ' | 0';
  switch ((word >> 8) & 3) {
    case 0: return to === PC ? null : [set(to, `(${R(to)} + ${value})${kept}`), 1];
    case 1: return to === PC || from === PC ? null : [subtract(null, R(to), value), 1];
    case 2: return to === PC ? null : [set(to, `${value}${kept}`), 1];
    default: return null;
  }
}

function byRegister(operation, register, address) {
  switch (operation) {
    case 0: return [store(register, address, WORD), 2];
    case 1: return [store(register, address, HALF), 2];
    case 2: return [store(register, address, BYTE), 2];
    case 3: return [load(register, address, BYTE, value => `(${value} << 24) >> 24`), 2];
    case 4: return [load(register, address, WORD), 2];
    case 5: return [load(register, address, HALF), 2];
    case 6: return [load(register, address, BYTE), 2];
    default: return [load(register, address, HALF, value => `(${value} << 16) >> 16`), 2];
  }
}

function various(word, low, middle) {
  const from = R(middle);
  if (word >> 7 === 0b101100000) return [set(SP, `(${R(SP)} + ${(word & 127) * 4}) | 0`), 1];
  if (word >> 7 === 0b101100001) return [set(SP, `(${R(SP)} - ${(word & 127) * 4}) | 0`), 1];
  if (word >> 9 === 0b1011010) {
    const list = listed(word & 0xff);
    const pushed = word & 0x100 ? [...list, LR] : list;
    const down = `(${R(SP)} - ${4 * pushed.length})`;
    if (pushed.length === 0) return null;
    return [words(down, pushed.length, `${pushed.map((register, index) => `ram32[o + ${index}] = ${R(register)};`).join(' ')} ${set(SP, `${down} | 0`)}`), 1 + list.length];
  }
  if (word >> 8 === 0b10111100) {
    const list = listed(word & 0xff);
    if (list.length === 0) return null;
    return [words(R(SP), list.length, `${list.map((register, index) => set(register, `ram32[o + ${index}]`)).join(' ')} ${set(SP, `(${R(SP)} + ${4 * list.length}) | 0`)}`), 1 + list.length];
  }
  switch (word >> 6) {
    case 0b1011001000: return [set(low, `(${from} << 16) >> 16`), 1];
    case 0b1011001001: return [set(low, `(${from} << 24) >> 24`), 1];
    case 0b1011001010: return [set(low, `${from} & 0xffff`), 1];
    case 0b1011001011: return [set(low, `${from} & 0xff`), 1];
    case 0b1011101000: return [`p = ${from}; ${set(low, '(p << 24) | ((p & 0xff00) << 8) | ((p >>> 8) & 0xff00) | (p >>> 24)')}`, 1];
    default: break;
  }
  if (word === 0xb672) return ['core.PM = true;', 1];
  if (word === 0xbf00) return ['', 1];
  return null;
}

/** Instructions after which it goes on elsewhere: their most cycles, where that is known, and the code; `go(address)` goes on there, `leave` before the instruction. null for others. */
function jump(word, second, at) {
  if (word >> 12 === 0b1101 && ((word >> 8) & 15) < 14) {
    const to = at + 4 + (((word & 0xff) << 24) >> 23);
    return { cycles: 2, targets: [to, at + 2], code: go => `if (${CONDITIONS[(word >> 8) & 15]}) { cycles += 2; ${go(to)} } cycles += 1; ${go(at + 2)}` };
  }
  if (word >> 11 === 0b11100) {
    const to = at + 4 + (((word & 0x7ff) << 21) >> 20);
    return { cycles: 2, targets: [to], code: go => `cycles += 2; ${go(to)}` };
  }
  if (word >> 11 === 0b11110 && (second & 0xd000) === 0xd000) {
    const sign = (word >> 10) & 1;
    const [one, two] = [1 - (sign ^ ((second >> 13) & 1)), 1 - (sign ^ ((second >> 11) & 1))];
    const offset = (sign ? 0xff000000 : 0) | (one << 23) | (two << 22) | ((word & 0x3ff) << 12) | ((second & 0x7ff) << 1);
    const to = at + 4 + offset;
    return { cycles: 3, targets: [], code: (_, out) => `${set(LR, (at + 4) | 1)} cycles += 3; ${out(to)}` };
  }
  const register = (word >> 3) & 15;
  if (word >> 7 === 0b010001111 && (word & 7) === 0 && register < LR) return { cycles: 2, targets: [], code: (_, out) => `a = ${R(register)} & ~1; ${set(LR, (at + 2) | 1)} cycles += 2; ${out('a')}` };
  if (word >> 7 === 0b010001110 && (word & 7) === 0 && register !== PC) return { cycles: 2, targets: [], code: (_, out, leave) => `if (${R(register)} >>> 28 === 15) ${leave} cycles += 2; ${out(`${R(register)} & ~1`)}` };
  if (word >> 8 === 0b10111101) {
    const list = listed(word & 0xff);
    const all = list.length + 1;
    return {
      cycles: 3 + list.length, targets: [],
      code: (_, out, leave) => `${words(R(SP), all, `a = ram32[o + ${list.length}]; if (a >>> 28 === 15) ${leave}`)(leave)}
        ${list.map((register, index) => set(register, `ram32[o + ${index}]`)).join(' ')} ${set(SP, `(${R(SP)} + ${4 * all}) | 0`)} cycles += ${3 + list.length}; ${out('a & ~1')}`,
    };
  }
  // Interrupts may come after it.
  if (word === 0xb662) return { cycles: 1, targets: [], code: (_, out) => `core.PM = false; core.interruptsUpdated = true; cycles += 1; ${out(at + 2)}` };
  return null;
}

/** What is reached from an address by jumps within flash: the instructions by address, and where a block begins. */
function explore(flash16, entry) {
  const [instructions, begins, waiting] = [new Map(), new Set([entry]), [entry]];
  while (waiting.length && instructions.size < MOST_INSTRUCTIONS) {
    for (let at = waiting.shift(); !instructions.has(at) && instructions.size < MOST_INSTRUCTIONS; ) {
      const offset = at - FLASH;
      if (offset < 0 || offset + 4 > FLASH_BYTES) break;
      const [word, second] = [flash16[offset >> 1], flash16[(offset >> 1) + 1]];
      const jumps = jump(word, second, at);
      if (jumps) {
        instructions.set(at, { jumps });
        for (const target of jumps.targets) { begins.add(target); waiting.push(target); }
        break;
      }
      const goesOn = plain(word, second, at);
      if (goesOn === null) break;
      const [code, cycles, bytes = 2] = goesOn;
      instructions.set(at, { code, cycles, lowers: word >> 9 === 0b1011010 || word >> 7 === 0b101100001, next: at + bytes });
      at += bytes;
    }
  }
  return { instructions, begins };
}

/** A region's function of (core, registers, RAM as 8, 16 and 32 bits, the most cycles that it may take, what it adds to): the cycles that it took. null where there is nothing to be translated. */
export function translate(flash, entry) {
  const { instructions, begins } = explore(flash.halves, entry);
  if (!instructions.has(entry)) return null;
  const cases = [];
  const numbers = new Map([...begins].filter(at => instructions.has(at)).map((at, number) => [at, number]));
  const out = to => `next = ${to}; break region;`;
  const go = to => (numbers.has(to) ? `block = ${numbers.get(to)}; continue region;` : out(to));
  for (const [begin, number] of numbers) {
    const lines = [];
    let [at, cycles, count] = [begin, 0, 0];
    for (;;) {
      const instruction = instructions.get(at);
      // It is left with the cycles of what was done in this block.
      const leave = `{ cycles += ${cycles}; count += ${count}; left = true; next = ${at}; break region; }`;
      if (instruction === undefined) { lines.push(leave); break; }
      if (instruction.jumps) {
        // The block's sums are added before the jump, which may still be left: then it is not counted.
        lines.push(`cycles += ${cycles}; count += ${count + 1};`, instruction.jumps.code(go, out, `{ count -= 1; left = true; next = ${at}; break region; }`));
        cycles += instruction.jumps.cycles;
        break;
      }
      const { code, lowers, next } = instruction;
      lines.push(typeof code === 'function' ? code(leave) : code);
      if (lowers) lines.push('if (R13 < low) low = R13;');
      cycles += instruction.cycles;
      count++;
      at = next;
      if (numbers.has(at)) { lines.push(`cycles += ${cycles}; count += ${count}; ${go(at)}`); break; }
    }
    cases.push(`case ${number}: if (cycles + ${cycles} >= most) { next = ${begin}; break region; }\n${lines.join('\n')}`);
  }
  const text = cases.join('\n');
  const used = Array.from({ length: 15 }, (_, register) => register).filter(register => register === SP || new RegExp(`\\bR${register}\\b`).test(text));
  const body = `
    ${used.map(register => `let R${register} = r[${register}] | 0;`).join(' ')}
    let n = core.N, z = core.Z, c = core.C, v = core.V, left = false;
    let a = 0, o = 0, p = 0, q = 0, s = 0, cycles = 0, count = 0, next = 0, block = ${numbers.get(entry)}, low = R13;
    region: for (;;) { switch (block) {
    ${text}
    } }
    ${used.map(register => `r[${register}] = R${register};`).join(' ')}
    r[15] = next;
    core.N = n; core.Z = z; core.C = c; core.V = v;
    sums.instructions += count; sums.left = left;
    if (low < sums.lowestStack) sums.lowestStack = low;
    return cycles;`;
  const make = new Function('flash8', 'flash16', 'flash32', `return function (core, r, ram8, ram16, ram32, most, sums) {${body}};`);
  return make(flash.content, flash.halves, flash.words);
}
