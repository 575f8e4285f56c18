// The functions of the RP2040's boot ROM that the firmware calls, in JavaScript: each is a breakpoint followed by a return. Their names and arguments are in
// the data sheet, section 2.8.3.
import { Fault } from './hard-fault.mjs';

/** A breakpoint elsewhere, or an undefined instruction, is a fault: there is no debugger. */
export function installRom(mcu, flash) {
  const bytes = new Uint8Array(16384);
  const rom = new DataView(bytes.buffer);
  const copy = (to, from, length) => { for (let at = 0; at < length; at++) mcu.writeUint8(to + at, mcu.readUint8(from + at)); return to; };
  const fill = (to, value, length) => { for (let at = 0; at < length; at++) mcu.writeUint8(to + at, value & 0xff); return to; };
  const functions = {
    MC: copy, C4: copy, MS: fill, S4: fill,
    IF: () => flash.connect(),
    EX: () => flash.exitXip(),
    RE: (offset, length) => flash.erase(offset, length),
    RP: (offset, from, length) => flash.program(offset, from, length),
    FC: () => flash.flushCache(),
    CX: () => flash.enterCommandXip(),
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
    if (mcu.core.PC >= 0x4000) throw new Fault(`breakpoint or undefined instruction ${code}`);
    if (code === LOOKUP) {
      let entry = registers[0];
      while (mcu.readUint16(entry) !== 0 && mcu.readUint16(entry) !== (registers[1] & 0xffff)) entry += 4;
      registers[0] = mcu.readUint16(entry) === 0 ? 0 : mcu.readUint16(entry + 2);
    } else {
      const result = functions[names[code - 1]](registers[0], registers[1], registers[2], registers[3]);
      if (result !== undefined) registers[0] = result;
    }
  };
}
