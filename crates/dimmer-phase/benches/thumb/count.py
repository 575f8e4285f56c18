"""Counts a Cortex-M0's instructions in each half-cycle of the image's traces.

    python3 count.py IMAGE

The emulator is Unicorn (QEMU's processor core as a library). Each basic block that runs adds the number of its
instructions, so the figures repeat exactly; they are instructions, not cycles: a Cortex-M0+ needs one cycle
for most, two for a load, a store or a taken branch. `stack` is how deep a call has written below its caller's frame.
"""

import struct
import sys

HALF_CYCLES = 160
# From then on the tracker is locked: what comes before is printed apart.
LOCKED_AFTER = 40
RUNS = ("run_clean_1", "run_clean_3", "run_faulty_1", "run_faulty_3")
KINDS = {
    1: "edge()",
    2: "plan()",
    3: "must_park() and next_deadline() with each plan",
    4: "the same two after each edge",
}
STACK, STACK_SIZE = 0x2000_0000, 0x1_0000
RETURN = 0x1000_0000

try:
    import unicorn
    from unicorn import arm_const
except ImportError:
    print(
        "   not counted: the emulator is missing (python3 has no module `unicorn`). In the project's top folder\n"
        "     python3 -m venv target/emulator\n"
        "     target/emulator/bin/pip install unicorn==2.1.4\n"
        "   installs it; `cargo xtask bench phase` tries to do so by itself."
    )
    sys.exit(3)


def read_image(path):
    """The loadable segments and the symbols of a 32-bit ELF file."""
    with open(path, "rb") as file:
        data = file.read()
    if data[:5] != b"\x7fELF\x01":
        sys.exit(f"count.py: {path} is no 32-bit ELF file")
    program_at, section_at = struct.unpack_from("<II", data, 28)
    program_size, programs, section_size, sections = struct.unpack_from("<HHHH", data, 42)
    segments = []
    for index in range(programs):
        kind, offset, address, _, stored, size = struct.unpack_from("<6I", data, program_at + index * program_size)
        if kind == 1:
            segments.append((address, data[offset : offset + stored], size))
    headers = [struct.unpack_from("<10I", data, section_at + index * section_size) for index in range(sections)]
    symbols = {}
    for header in headers:
        if header[1] != 2:
            continue
        names_at = headers[header[6]][4]
        for at in range(header[4], header[4] + header[5], 16):
            name_at, value = struct.unpack_from("<II", data, at)
            end = data.index(b"\0", names_at + name_at)
            symbols[data[names_at + name_at : end].decode()] = value
    return segments, symbols


def instructions(code):
    """How many are in this block: ARMv6-M's are of two bytes, but for those that begin with 0b11101, 0b11110 or 0b11111."""
    count, at = 0, 0
    while at < len(code):
        at += 4 if code[at + 1] >> 3 in (0b11101, 0b11110, 0b11111) else 2
        count += 1
    return count


class Counter:
    def __init__(self, machine, symbols):
        self.blocks = {}
        self.marks = {symbols[name] & ~1: name for name in ("begin", "end", "half_cycle")}
        self.register = lambda: machine.reg_read(arm_const.UC_ARM_REG_R0)
        self.counting = None
        self.count = 0
        self.half_cycles = []
        self.calls = {kind: [] for kind in KINDS}
        self.stack_pointer = lambda: machine.reg_read(arm_const.UC_ARM_REG_SP)
        self.stack_at = 0
        self.stack = dict.fromkeys(KINDS, 0)

    def entered(self, machine, address, size, _data):
        mark = self.marks.get(address)
        if mark is None:
            block = (address, size)
            if block not in self.blocks:
                self.blocks[block] = instructions(machine.mem_read(address, size))
            self.count += self.blocks[block]
        elif mark == "begin":
            self.counting, self.count = self.register(), 0
            self.stack_at = self.stack_pointer()
        elif mark == "half_cycle":
            self.half_cycles.append(dict.fromkeys(KINDS, 0))
        else:
            # The few instructions of the call of `end` are counted too.
            self.calls[self.counting].append((len(self.half_cycles), self.count))
            self.half_cycles[-1][self.counting] += self.count
            self.counting = None

    def wrote(self, _machine, _access, address, _size, _value, _data):
        """How deep below the caller's frame a call writes."""
        if self.counting is not None:
            self.stack[self.counting] = max(self.stack[self.counting], self.stack_at - address)


def run(path, name):
    segments, symbols = read_image(path)
    machine = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB | unicorn.UC_MODE_MCLASS)
    machine.ctl_set_cpu_model(arm_const.UC_CPU_ARM_CORTEX_M0)
    page = 0x1000
    low = min(address for address, _, _ in segments) & ~(page - 1)
    high = max(address + size for address, _, size in segments)
    machine.mem_map(low, (high - low + page - 1) & ~(page - 1))
    for address, stored, _ in segments:
        machine.mem_write(address, stored)
    machine.mem_map(STACK, STACK_SIZE)
    machine.mem_map(RETURN, page)
    machine.reg_write(arm_const.UC_ARM_REG_SP, STACK + STACK_SIZE)
    machine.reg_write(arm_const.UC_ARM_REG_LR, RETURN | 1)
    machine.reg_write(arm_const.UC_ARM_REG_R0, HALF_CYCLES)
    counter = Counter(machine, symbols)
    machine.hook_add(unicorn.UC_HOOK_BLOCK, counter.entered)
    # Only the stack: the state of the scheduler lies in the caller's frame, above.
    machine.hook_add(unicorn.UC_HOOK_MEM_WRITE, counter.wrote, begin=STACK, end=STACK + STACK_SIZE)
    machine.emu_start(symbols[name] | 1, RETURN)
    if len(counter.half_cycles) != HALF_CYCLES + 1:
        sys.exit(f"count.py: {name} ended after {len(counter.half_cycles)} half-cycles: it has panicked")
    checksum = machine.reg_read(arm_const.UC_ARM_REG_R0)
    return counter, checksum


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.strip())
    print(f"   {HALF_CYCLES} half-cycles, of which the first {LOCKED_AFTER} (while it acquires) are told apart")
    for name in RUNS:
        counter, checksum = run(sys.argv[1], name)
        sums = [sum(half_cycle.values()) for half_cycle in counter.half_cycles[:HALF_CYCLES]]
        later = sums[LOCKED_AFTER:]
        print(
            f"   {name[4:]}: in a half-cycle mean {sum(later) / len(later):.0f}, worst {max(later)}; "
            f"worst while it acquires {max(sums[:LOCKED_AFTER])}; checksum of the plan {checksum:08x}"
        )
        for kind, what in KINDS.items():
            calls = [count for half_cycle, count in counter.calls[kind] if half_cycle > LOCKED_AFTER]
            often = len(calls) / len(later)
            print(f"      {what:<48} {often:5.2f} calls of mean {sum(calls) / len(calls):6.0f}, worst {max(calls):6}; stack {counter.stack[kind]:4} bytes")

main()
