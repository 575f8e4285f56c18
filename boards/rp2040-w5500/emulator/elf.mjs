// The symbols of the program that was linked, which stand beside the file that is flashed (https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.symtab.html).
import fs from 'node:fs';

const SYMBOL_TABLE = 2;

/** The addresses by the symbols' names, as the compiler wrote them. */
export function readSymbols(path) {
  const file = fs.readFileSync(path);
  const word = at => file.readUInt32LE(at);
  const [sections, size, count] = [word(32), file.readUInt16LE(46), file.readUInt16LE(48)];
  const section = number => { const at = sections + number * size; return { kind: word(at + 4), at: word(at + 16), bytes: word(at + 20), link: word(at + 24) }; };
  const table = Array.from({ length: count }, (_, number) => section(number)).find(({ kind }) => kind === SYMBOL_TABLE);
  if (table === undefined) throw new Error(`${path} has no symbols`);
  const names = section(table.link).at;
  const name = offset => file.toString('latin1', names + offset, file.indexOf(0, names + offset));
  return new Map(Array.from({ length: table.bytes / 16 }, (_, number) => table.at + 16 * number).map(at => [name(word(at)), word(at + 4)]));
}
