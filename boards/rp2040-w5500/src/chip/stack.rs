//! The stack: what is below it, and the most of it that was in use since the start.

#![expect(
    unsafe_code,
    reason = "the linker's limits of the stack, and the registers of the memory protection"
)]

use dimmer_rp2040_w5500::stack::peak_bytes;

unsafe extern "C" {
    static _stack_end: u32;
    static _stack_start: u32;
}

/// The 16 MB below RAM, in which there is nothing: no frame is so large that it would step over them.
const BELOW_RAM: u32 = 0x1F00_0000;
// The registers' fields: ARMv6-M Architecture Reference Manual, section B3.5.
const REGION_0: u32 = 1 << 4;
const NO_ACCESS_16_MB: u32 = 1 << 28 | 23 << 1 | 1;
const ON_FOR_THAT_REGION: u32 = 1 << 2 | 1;

/// The stack lies at the lower end of RAM (`memory.x`), so that one that is too deep leaves it. From now on that is a fault whatever the bus makes of an address at which there is nothing.
pub(super) fn guard() {
    // SAFETY: the start has the processor for itself, and nobody else uses the memory protection.
    let protection = unsafe { cortex_m::Peripherals::steal() }.MPU;
    // SAFETY: nothing is read or written there, and everything else stays as it is.
    unsafe {
        protection.rbar.write(BELOW_RAM | REGION_0);
        protection.rasr.write(NO_ACCESS_16_MB);
        protection.ctrl.write(ON_FOR_THAT_REGION);
    }
    cortex_m::asm::dsb();
    cortex_m::asm::isb();
}

/// Its peak, and what there is of it, in bytes.
pub(super) fn use_bytes() -> (usize, usize) {
    let (limit, beginning) = (&raw const _stack_end, &raw const _stack_start);
    let words = beginning.addr().saturating_sub(limit.addr()) / size_of::<u32>();
    let read = (0..words).map(|word| {
        // SAFETY: between the linker's limits there is memory of the stack's alone; a word that is written meanwhile is read as it was or as it is.
        unsafe { limit.add(word).read_volatile() }
    });
    (peak_bytes(read), words * size_of::<u32>())
}
