//! A panic or a fault: the gates go off, the words are kept over the reset, and the chip starts again.

#![expect(unsafe_code, reason = "memory that is kept over a reset")]

use core::{fmt, panic::PanicInfo};

use dimmer_board::LastWords;
use esp_hal::{ram, system::software_reset};

use super::transmitters;

/// Cleared at power-on, and not at any other reset.
#[ram(unstable(rtc_fast, persistent))]
static mut KEPT: [u8; LastWords::BYTES] = [0; LastWords::BYTES];

/// The words of the program that ran before, once.
pub(super) fn take_words() -> LastWords {
    let place = &raw mut KEPT;
    // SAFETY: called once by `main` before anything else that could panic at the same time. Every pattern of bits is bytes.
    let words = LastWords::from_bytes(unsafe { place.read_volatile() });
    keep(LastWords::NONE);
    words
}

fn keep(words: LastWords) {
    let place = &raw mut KEPT;
    // SAFETY: one core; either `take_words` at the start, or the end with interrupts off.
    unsafe { place.write_volatile(words.to_bytes()) };
}

/// Switches the outputs off whatever drives their pins, keeps the words, and resets the chip: for what makes going on impossible.
pub(super) fn end(text: fmt::Arguments<'_>) -> ! {
    critical_section::with(|_| {
        transmitters::force_off();
        keep(LastWords::new(text));
        software_reset()
    })
}

/// As [`end`], on purpose: without words.
pub(super) fn restart() -> ! {
    critical_section::with(|_| {
        transmitters::force_off();
        software_reset()
    })
}

/// A fault of the processor comes here, too.
#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    let line = info.location().map_or(0, |location| location.line());
    let file = info.location().map_or("", |location| location.file());
    end(format_args!("{} ({file}:{line})", info.message()))
}
