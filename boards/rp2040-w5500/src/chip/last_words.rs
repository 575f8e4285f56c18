//! A panic or a fault: the gate goes off, the words are kept over the reset, and the chip starts again.

#![expect(
    unsafe_code,
    reason = "memory that is kept over a reset, and a fault's function"
)]

use core::{
    fmt::{self, Write},
    mem::MaybeUninit,
    panic::PanicInfo,
};

use cortex_m_rt::{ExceptionFrame, exception};
use embassy_rp::{
    pac::{
        self,
        io::vals::{Oeover, Outover},
    },
    watchdog::Watchdog,
};

use super::board::GATE_PIN;

const CAPACITY: usize = 120;
/// What was never written has it by chance once in 2^32.
const WRITTEN: u32 = 0x5741_4952;

#[derive(Clone, Copy)]
struct Kept {
    mark: u32,
    length: usize,
    bytes: [u8; CAPACITY],
}

/// Not cleared at the start: the memory keeps its contents over a reset by the watchdog.
#[unsafe(link_section = ".uninit.LAST_WORDS")]
static mut KEPT: MaybeUninit<Kept> = MaybeUninit::uninit();

/// Bytes in place, as text.
pub(super) struct Words([u8; CAPACITY], usize);

impl fmt::Display for Words {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.0.get(..self.1).unwrap_or_default();
        for chunk in bytes.utf8_chunks() {
            formatter.write_str(chunk.valid())?;
        }
        Ok(())
    }
}

impl Write for Words {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            let Some(place) = self.0.get_mut(self.1) else {
                return Err(fmt::Error);
            };
            *place = byte;
            self.1 += 1;
        }
        Ok(())
    }
}

/// The words of the program that ran before, once.
pub(super) fn take() -> Option<Words> {
    let place = &raw mut KEPT;
    // SAFETY: one core, and called once by `main` before anything else that could panic at the same time. Every pattern of bits is a `Kept`.
    let kept = unsafe { place.cast::<Kept>().read_volatile() };
    keep(0, &Words([0; CAPACITY], 0));
    (kept.mark == WRITTEN && kept.length <= CAPACITY).then_some(Words(kept.bytes, kept.length))
}

fn keep(mark: u32, words: &Words) {
    let kept = Kept {
        mark,
        length: words.1,
        bytes: words.0,
    };
    let place = &raw mut KEPT;
    // SAFETY: one core; either `take` at the start, or the end with interrupts off.
    unsafe { place.cast::<Kept>().write_volatile(kept) };
}

/// Switches the output off whatever drives the pin, keeps the words, and resets the chip: for what makes going on impossible.
pub(super) fn end(text: fmt::Arguments<'_>) -> ! {
    cortex_m::interrupt::disable();
    pac::IO_BANK0.gpio(GATE_PIN).ctrl().modify(|control| {
        control.set_outover(Outover::LOW);
        control.set_oeover(Oeover::ENABLE);
    });
    let mut words = Words([0; CAPACITY], 0);
    // What does not fit is left out.
    let _ = words.write_fmt(text);
    keep(WRITTEN, &words);
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

#[exception]
unsafe fn HardFault(frame: &ExceptionFrame) -> ! {
    end(format_args!("hard fault at {:#010x}", frame.pc()))
}
