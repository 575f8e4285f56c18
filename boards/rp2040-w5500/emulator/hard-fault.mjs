// What rp2040js lacks of faults: an undefined instruction, a breakpoint without a debugger, and an access to where there is nothing end in the HardFault exception, as the ARMv6-M Architecture Reference Manual
// has it (B1.5); one within that exception stops the processor. And the registers of the memory protection, of which nothing but what they say is modelled: firmware that protects memory which is there needs more.
//
// What is stacked for an exception may be beyond the memory as well. That is a fault, too, and the exception is entered without it: the processor's manual has no lockup for it.
const HARD_FAULT = 3;
const HANDLER = 1; // rp2040js' number of the mode
const NOTHING_BEFORE_RAM = [0x18004000, 0x20000000];
const NOTHING_AFTER_RAM = [0x20042000, 0x40000000];
const MPU = { TYPE: 0xd90, CONTROL: 0xd94, NUMBER: 0xd98, BASE: 0xd9c, ATTRIBUTES: 0xda0 };
const REGIONS = 8;

export class Fault extends Error {}

const isNothing = address => [NOTHING_BEFORE_RAM, NOTHING_AFTER_RAM].some(([from, to]) => address >= from && address < to);

/** Has the accesses to where there is nothing, and the exceptions' entries, end in faults. */
export function installFaults(mcu) {
  const { core, logger } = mcu;
  const warn = logger.warn.bind(logger);
  // rp2040js only tells of such an access.
  logger.warn = (from, text) => {
    const address = parseInt(/(?:invalid memory|undefined) address: ([0-9a-f]+)/.exec(text)?.[1], 16);
    if (isNothing(address)) throw new Fault(`an access to ${address.toString(16)}`);
    warn(from, text);
  };
  const enter = core.exceptionEntry.bind(core);
  core.exceptionEntry = number => {
    const mode = core.currentMode;
    try { enter(number); } catch (fault) {
      if (!(fault instanceof Fault)) throw fault;
      core.LR = mode === HANDLER ? 0xfffffff1 : 0xfffffff9;
      Object.assign(core, { currentMode: HANDLER, IPSR: HARD_FAULT, eventRegistered: true, PC: core.readUint32(core.VTOR + 4 * HARD_FAULT) });
    }
  };
  protectMemory(mcu);
}

/** After an instruction that ended in a fault; whether the processor goes on. */
export function enterHardFault(core) {
  if (core.IPSR === HARD_FAULT) return false;
  // Where the instruction was that failed.
  core.PC = (core.PC & ~1) - 2;
  core.exceptionEntry(HARD_FAULT);
  return true;
}

export const isInHardFault = core => core.IPSR === HARD_FAULT;

function protectMemory(mcu) {
  const registers = { control: 0, number: 0, regions: Array.from({ length: REGIONS }, () => ({ base: 0, attributes: 0 })) };
  const { ppb } = mcu;
  const [read, write] = [ppb.readUint32.bind(ppb), ppb.writeUint32.bind(ppb)];
  const region = () => registers.regions[registers.number % REGIONS];
  ppb.readUint32 = offset => {
    switch (offset) {
      case MPU.TYPE: return REGIONS << 8;
      case MPU.CONTROL: return registers.control;
      case MPU.NUMBER: return registers.number;
      case MPU.BASE: return region().base | registers.number % REGIONS;
      case MPU.ATTRIBUTES: return region().attributes;
      default: return read(offset);
    }
  };
  ppb.writeUint32 = (offset, value) => {
    switch (offset) {
      case MPU.CONTROL: registers.control = value & 7; break;
      case MPU.NUMBER: registers.number = value & 0xff; break;
      case MPU.BASE:
        if (value & 0x10) registers.number = value & 0xf;
        region().base = (value & ~0xff) >>> 0;
        break;
      case MPU.ATTRIBUTES: region().attributes = value; break;
      default: write(offset, value);
    }
  };
  /** Whether nobody may read or write there. */
  mcu.forbids = address => (registers.control & 1) === 1 && registers.regions.some(({ base, attributes }) => {
    const bytes = 2 ** (((attributes >>> 1) & 31) + 1);
    const [isOn, access, without] = [attributes & 1, (attributes >>> 24) & 7, (attributes >>> 8) & 0xff];
    const begin = base - (base % bytes);
    if (!isOn || access !== 0 || address < begin || address >= begin + bytes) return false;
    // Of its eight parts some may be left out.
    return ((without >>> Math.floor((address - begin) / (bytes / 8))) & 1) === 0;
  });
}
