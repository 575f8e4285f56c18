//! A panic or a fault: the gates go off, the words are kept over the reset, and the chip starts again.

#![expect(
    unsafe_code,
    reason = "memory that is kept over a reset, and a fault's function"
)]

use core::{arch::naked_asm, fmt, mem::MaybeUninit, panic::PanicInfo};

use dimmer_board::LastWords;
use embassy_rp::watchdog::Watchdog;

use super::pads;

type Bytes = [u8; LastWords::BYTES];

/// Not cleared at the start: the memory keeps its contents over a reset by the watchdog.
#[unsafe(link_section = ".kept.LAST_WORDS")]
static mut KEPT: MaybeUninit<Bytes> = MaybeUninit::uninit();

/// The words of the program that ran before, once.
pub(super) fn take() -> Option<LastWords> {
    let place = &raw mut KEPT;
    // SAFETY: one core, and called once by `main` before anything else that could panic at the same time. Every pattern of bits is bytes.
    let words = LastWords::from_bytes(unsafe { place.cast::<Bytes>().read_volatile() });
    keep(LastWords::NONE);
    words.are_some().then_some(words)
}

fn keep(words: LastWords) {
    let place = &raw mut KEPT;
    // SAFETY: one core; either `take` at the start, or the end with interrupts off.
    unsafe { place.cast::<Bytes>().write_volatile(words.to_bytes()) };
}

/// Switches the outputs off whatever drives their pins, keeps the words, and resets the chip: for what makes going on impossible.
pub(super) fn end(text: fmt::Arguments<'_>) -> ! {
    cortex_m::interrupt::disable();
    pads::hold_all_low();
    keep(LastWords::new(text));
    // SAFETY: interrupts are off and nothing runs any more: nobody else uses the watchdog.
    let chip = unsafe { embassy_rp::Peripherals::steal() };
    Watchdog::new(chip.WATCHDOG).trigger_reset();
    loop {
        cortex_m::asm::nop();
    }
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    let line = info.location().map_or(0, |location| location.line());
    let file = info.location().map_or("", |location| location.file());
    end(format_args!("{} ({file}:{line})", info.message()))
}

/// In place of the address of the instruction that failed: what the processor left of it is beyond the stack's end. No instruction has it.
const BEYOND_THE_STACK: u32 = u32::MAX;

/// The processor comes here by a fault, with what it had in its registers on the stack, and goes on at the stack's beginning: its end may be why it came, and nobody returns.
#[unsafe(naked)]
#[unsafe(export_name = "HardFault")]
unsafe extern "C" fn hard_fault() -> ! {
    naked_asm!(
        "mov r2, sp",
        "movs r0, #0",
        "mvns r0, r0",
        "ldr r1, =_stack_end",
        "cmp r2, r1",
        "blo 1f",
        // The seventh word of what was put on the stack.
        "ldr r0, [r2, #24]",
        "1: ldr r1, =_stack_start",
        "mov sp, r1",
        "ldr r1, ={after}",
        "bx r1",
        ".pool",
        after = sym after_fault,
    )
}

extern "C" fn after_fault(at: u32) -> ! {
    match at {
        BEYOND_THE_STACK => end(format_args!("hard fault: the stack is too deep")),
        at => end(format_args!("hard fault at {at:#010x}")),
    }
}
