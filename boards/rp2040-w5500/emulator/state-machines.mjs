// The PIO's state machines on the simulated clock. rp2040js runs them as fast as it comes, without time, and lacks what this firmware needs: the queues' join, that
// changing it empties them, that an instruction of the processor's ends a machine's wait, and that a machine that is not enabled stands still.
//
// Each enabled machine has one alarm, for its next instruction. Loops that only count are not stepped through: of one that counts X down on itself the end is known, and one that waits for its jump pin
// while it counts is left alone until the pin changes, then taken to where it is. What either does to the registers and when is the same.
const JUMP = 0;
const X_DECREMENT = 2;
const Y_DECREMENT = 4;
const PIN = 6;

const decode = word => ({ operation: word >>> 13, delay: (word >>> 8) & 31, condition: (word >>> 5) & 7, address: word & 31 });

export function timeStateMachines(mcu) {
  for (const pio of mcu.pio) {
    pio.run = () => {};
    pio.step = () => {};
    const machines = pio.machines.map(machine => new TimedMachine(mcu, pio, machine));
    const write = pio.writeUint32.bind(pio);
    pio.writeUint32 = (offset, value) => {
      for (const machine of machines) machine.catchUp();
      write(offset, value);
      pio.checkChangedPins();
      for (const machine of machines) machine.resume();
    };
    const read = pio.readUint32.bind(pio);
    pio.readUint32 = offset => { for (const machine of machines) machine.catchUp(); return read(offset); };
    for (const pin of mcu.gpio) {
      const set = pin.setInputValue.bind(pin);
      pin.setInputValue = value => {
        for (const machine of machines) machine.catchUp();
        set(value);
        for (const machine of machines) machine.resume();
      };
    }
  }
}

class TimedMachine {
  constructor(mcu, pio, machine) {
    Object.assign(this, { mcu, pio, machine, clock: mcu.clock, next: null, loop: null });
    this.alarm = mcu.clock.createAlarm(() => this.turn());
    const writeShiftControl = machine.writeUint32.bind(machine);
    machine.writeUint32 = (offset, value) => {
      const joined = machine.shiftCtrl >>> 30;
      // An instruction from the processor ends a wait; the one that waited is begun again after it, unless it was a jump.
      if (offset === 0x10 && machine.waiting) {
        machine.waiting = false;
        // While it waits for a word, its shift register counts as full in rp2040js: it is empty.
        machine.outputShiftCount = 32;
      }
      writeShiftControl(offset, value);
      if (offset === 0x08 && machine.shiftCtrl >>> 30 !== joined) this.join(machine.shiftCtrl >>> 30);
    };
    machine.clkDivRestart = () => {};
    const checkWait = machine.checkWait.bind(machine);
    // A machine that stands still takes nothing from its queue.
    machine.checkWait = () => { if (machine.enabled) checkWait(); };
  }

  /** Joining the queues, or parting them, empties both; the joined one has eight places. */
  join(joined) {
    const { txFIFO, rxFIFO } = this.machine;
    for (const [queue, bit] of [[txFIFO, 1], [rxFIFO, 2]]) {
      while (!queue.empty) queue.pull();
      const places = joined & bit ? 8 : 4;
      if (queue.buffer.length !== places) Object.assign(queue, { buffer: new Uint32Array(places) });
    }
  }

  get nanosPerCycle() {
    const divider = (this.machine.clockDivInt || 65536) + this.machine.clockDivFrac / 256;
    return (1e9 / this.mcu.clkSys) * divider;
  }

  /** Goes on after something from outside may have ended what it waited for. */
  resume() {
    const { machine } = this;
    if (!machine.enabled) { this.alarm.cancel(); this.next = null; this.loop = null; return; }
    if (this.next !== null) return;
    machine.checkWait();
    if (machine.waiting) return;
    // What it waited for came now: its next instruction is a cycle later.
    this.at(this.clock.nanos + this.nanosPerCycle);
  }

  at(nanos) {
    this.next = nanos;
    this.alarm.schedule(Math.max(nanos - this.clock.nanos, 0));
  }

  /** One instruction, or a whole loop. */
  turn() {
    const { machine, pio } = this;
    if (!machine.enabled || this.next === null) return;
    const now = this.next;
    this.next = null;
    const cycles = this.skip(now);
    if (cycles !== null) return;
    const before = machine.cycles;
    machine.step();
    pio.checkChangedPins();
    if (!machine.waiting) this.at(now + (machine.cycles - before) * this.nanosPerCycle);
  }

  /** Takes a counting loop at once; null where there is none. */
  skip(now) {
    const { machine, pio } = this;
    const first = decode(pio.instructions[machine.pc]);
    if (first.operation !== JUMP) return null;
    const counts = { [X_DECREMENT]: 'x', [Y_DECREMENT]: 'y' }[first.condition];
    if (counts && first.address === machine.pc && machine[counts] > 0) {
      // Its last turn, which leaves the loop, is an ordinary instruction.
      const turns = machine[counts];
      machine[counts] = 0;
      this.at(now + turns * (1 + first.delay) * this.nanosPerCycle);
      return turns;
    }
    const cycles = this.waitsForPin();
    if (cycles === null) return null;
    this.loop = { began: now, cycles };
    this.alarm.cancel();
    this.next = Infinity;
    return cycles;
  }

  /** The cycles of a loop of jumps from here to here that counts X once and changes nothing else as long as the pin stays; null where there is none. */
  waitsForPin() {
    const { machine, pio } = this;
    const pin = this.mcu.gpio[machine.jmpPin].inputValue;
    let address = machine.pc, cycles = 0, counted = 0, looked = false;
    for (let steps = 0; steps < 4; steps++) {
      const { operation, delay, condition, address: target } = decode(pio.instructions[address]);
      if (operation !== JUMP) return null;
      if (condition === X_DECREMENT && target === address + 1) { counted++; address = target; }
      else if (condition === PIN) { looked = true; address = pin ? target : address + 1; }
      else if (condition === 0) address = target;
      else return null;
      cycles += 1 + delay;
      if (address === machine.pc) return looked && counted === 1 ? cycles : null;
    }
    return null;
  }

  /** Takes a machine that was left alone in its loop to the beginning of the turn in which it is now. */
  catchUp() {
    if (this.loop === null) return;
    const { began, cycles } = this.loop;
    const turnNanos = cycles * this.nanosPerCycle;
    const turns = Math.floor((this.clock.nanos - began) / turnNanos);
    this.machine.x = (this.machine.x - turns) >>> 0;
    this.loop = null;
    // Within the turn it goes step by step; what of it has passed is made up for without time.
    let at = began + turns * turnNanos;
    for (;;) {
      const before = this.machine.cycles;
      if (at >= this.clock.nanos) break;
      this.machine.step();
      at += (this.machine.cycles - before) * this.nanosPerCycle;
    }
    this.at(at);
  }
}
