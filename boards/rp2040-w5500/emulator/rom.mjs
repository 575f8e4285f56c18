// The functions of the RP2040's boot ROM that the firmware calls, in JavaScript: each is a breakpoint followed by a return. Their names and arguments are in
// the data sheet, section 2.8.3. Flash has its laws: an erase makes ones of a sector, a program only makes zeros, and both take their time.
const ERASE_NANOS_PER_SECTOR = 45e6;
const PROGRAM_NANOS_PER_PAGE = 400e3;

export function installRom(mcu, otherBreak) {
  const bytes = new Uint8Array(16384);
  const rom = new DataView(bytes.buffer);
  const done = { erased: 0, programmed: 0 };
  const copy = (to, from, length) => { for (let at = 0; at < length; at++) mcu.writeUint8(to + at, mcu.readUint8(from + at)); return to; };
  const fill = (to, value, length) => { for (let at = 0; at < length; at++) mcu.writeUint8(to + at, value & 0xff); return to; };
  const nothing = () => {};
  const functions = {
    MC: copy, C4: copy, MS: fill, S4: fill,
    IF: nothing, EX: nothing, FC: nothing, CX: nothing,
    RE: (offset, length) => { mcu.flash.fill(0xff, offset, offset + length); done.erased += length; mcu.clock.tick((ERASE_NANOS_PER_SECTOR * length) / 4096); },
    RP: (offset, from, length) => {
      for (let at = 0; at < length; at++) mcu.flash[offset + at] &= mcu.readUint8(from + at);
      done.programmed += length;
      mcu.clock.tick((PROGRAM_NANOS_PER_PAGE * length) / 256);
    },
  };
  const names = Object.keys(functions);
  const LOOKUP = 0x80;
  const stub = (at, code) => { rom.setUint16(at, 0xbe00 | code, true); rom.setUint16(at + 2, 0x4770, true); };
  bytes.set([0x4d, 0x75, 0x01, 0x02], 0x10);
  rom.setUint16(0x14, 0x100, true);
  rom.setUint16(0x16, 0x200, true);
  rom.setUint16(0x18, 0x301, true);
  stub(0x300, LOOKUP);
  names.forEach((name, index) => {
    stub(0x400 + 4 * index, index + 1);
    rom.setUint16(0x100 + 4 * index, name.charCodeAt(0) | (name.charCodeAt(1) << 8), true);
    rom.setUint16(0x102 + 4 * index, (0x400 + 4 * index) | 1, true);
  });
  mcu.loadBootrom(new Uint32Array(bytes.buffer));
  mcu.onBreak = code => {
    const { registers } = mcu.core;
    if (mcu.core.PC >= 0x4000) return otherBreak(code, mcu.core.PC);
    if (code === LOOKUP) {
      let entry = registers[0];
      while (mcu.readUint16(entry) !== 0 && mcu.readUint16(entry) !== (registers[1] & 0xffff)) entry += 4;
      registers[0] = mcu.readUint16(entry) === 0 ? 0 : mcu.readUint16(entry + 2);
    } else {
      const result = functions[names[code - 1]](registers[0], registers[1], registers[2], registers[3]);
      if (result !== undefined) registers[0] = result;
    }
  };
  return done;
}
