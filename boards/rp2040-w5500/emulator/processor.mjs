// The processor's time: instructions by rp2040js one at a time, or by translated regions where these do the same, and sleep from alarm to alarm.
import { Fault, enterHardFault } from './hard-fault.mjs';
import { FLASH, translate } from './translate.mjs';

const CODE_PLACES = 1024 * 1024; // halfwords of flash
/** Whoever comes by so often is translated, which takes as long as some twenty thousand instructions. */
const HOT = 2000;

export class Processor {
  /** `translates`: whether hot code is translated; without it everything is done by rp2040js, three times slower. */
  constructor({ flash, clock, nanosPerCycle, translates = true }) {
    Object.assign(this, { flash, clock, nanosPerCycle, translates });
    this.sums = { instructions: 0, lowestStack: Infinity, left: false };
    this.exceptions = 0;
    this.forget();
    flash.onChange = offset => { if (offset < this.translatedTo) this.forget(); };
  }

  forget() {
    this.regions = new Array(CODE_PLACES);
    this.heat = new Uint16Array(CODE_PLACES);
    this.translatedTo = 0;
  }

  /** Wires it to a chip that starts. */
  attach(mcu) {
    this.core = mcu.core;
    /** Where it goes round in a loop (its register IPSR); and whether it has stopped, by a fault within a fault. */
    this.hungIn = null;
    this.hasStopped = false;
    this.ram = [mcu.sram, new Uint16Array(mcu.sram.buffer), new Int32Array(mcu.sram.buffer)];
    const enter = mcu.core.exceptionEntry.bind(mcu.core);
    mcu.core.exceptionEntry = number => { this.exceptions++; enter(number); };
  }

  /** One instruction by rp2040js, or sleep, until the next alarm or `end` at the latest; before it as much as regions do. */
  step(end) {
    const { clock, core } = this;
    const isHung = this.hasStopped || core.IPSR === this.hungIn;
    if (!isHung && !core.waiting && this.translates && !core.interruptsUpdated && this.flash.mapped) this.dash(end);
    if (isHung || core.waiting) {
      const next = clock.nextAlarm ? Math.min(clock.nextAlarm.nanos, end) : end;
      clock.tick(Math.max(next - clock.nanos, 0));
      if (core.waiting || this.hasStopped) return;
      // It goes round until an interrupt comes: no need to go with it.
      if (!core.interruptsUpdated || !core.checkForInterrupts()) return;
    }
    this.sums.instructions++;
    clock.tick(this.execute() * this.nanosPerCycle);
    if (core.registers[13] < this.sums.lowestStack) this.sums.lowestStack = core.registers[13];
  }

  /** The cycles of an instruction, or of its failing. */
  execute() {
    try { return this.core.executeInstruction(); } catch (fault) {
      if (!(fault instanceof Fault)) throw fault;
      this.hasStopped = !enterHardFault(this.core);
      return 1;
    }
  }

  /** Regions, as long as neither an alarm nor an interrupt is due. */
  dash(end) {
    const { clock, core, sums, nanosPerCycle } = this;
    const [ram8, ram16, ram32] = this.ram;
    const { registers } = core;
    const limit = clock.nextAlarm ? Math.min(clock.nextAlarm.nanos, end) : end;
    const most = (limit - clock.nanos) / nanosPerCycle;
    let took = 0;
    for (;;) {
      const place = (registers[15] - FLASH) >>> 1;
      if (place >= CODE_PLACES) break;
      let region = this.regions[place];
      if (region === undefined) region = this.warm(place);
      if (region === null) break;
      const cycles = region(core, registers, ram8, ram16, ram32, most - took, sums);
      took += cycles;
      if (cycles === 0 || sums.left || core.interruptsUpdated) break;
    }
    core.cycles += took;
    clock.nanosCounter += took * nanosPerCycle;
  }

  /** The region that begins here, if it is hot. */
  warm(place) {
    if (++this.heat[place] < HOT) return null;
    this.regions[place] = translate(this.flash, FLASH + 2 * place);
    this.translatedTo = Math.max(this.translatedTo, 2 * place + 4096);
    return this.regions[place];
  }
}
