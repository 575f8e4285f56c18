//! The chip's watchdog. It is fed by the control loop alone; while that waits for the flash, a few times for it.

use core::cell::RefCell;

use dimmer_board::Watchdog;
use embassy_rp::{
    Peri,
    peripherals::WATCHDOG,
    watchdog::{ResetReason, Watchdog as Timer},
};
use embassy_time::Duration;

/// A control loop that does not come round for so long is one that hangs. The order on the desk has run out before.
const TIME_OUT: Duration = Duration::from_millis(1_500);

/// Set anew each time that it is fed.
pub(super) struct ChipWatchdog(RefCell<Timer>);

impl ChipWatchdog {
    /// It watches from now on. Why it reset the chip before, if it did.
    pub(super) fn start(watchdog: Peri<'static, WATCHDOG>) -> (Self, Option<ResetReason>) {
        let mut timer = Timer::new(watchdog);
        let reason = timer.reset_reason();
        timer.start(TIME_OUT);
        (Self(RefCell::new(timer)), reason)
    }
}

impl Watchdog for ChipWatchdog {
    fn feed(&self) {
        self.0.borrow_mut().feed(TIME_OUT);
    }

    fn restart(&self) {
        self.0.borrow_mut().trigger_reset();
    }
}
