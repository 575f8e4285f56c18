//! Two watchdogs: the timer group's, and behind it the one of the real-time controller, which has a clock of its own. Both are fed by the control loop alone; while that waits for the flash, a few times for it.

use core::cell::RefCell;

use dimmer_board::Watchdog;
use esp_hal::{
    peripherals::{RTC_TIMER, TIMG1},
    rtc_cntl::{Rtc, RwdtStage},
    time::Duration,
    timer::timg::{MwdtStage, TimerGroup, Wdt},
};

use super::ending::restart;

/// A control loop that does not come round for so long is one that hangs. The order on the desk has run out before.
const FIRST: Duration = Duration::from_millis(1_500);
/// The second resets more of the chip.
const SECOND: Duration = Duration::from_millis(3_000);

/// Both.
pub(super) struct Watchdogs(RefCell<(Wdt<TIMG1<'static>>, Rtc<'static>)>);

impl Watchdogs {
    /// They watch from now on.
    pub(super) fn start(group: TIMG1<'static>, rtc: RTC_TIMER<'static>) -> Self {
        let mut first = TimerGroup::new(group).wdt;
        first.set_timeout(MwdtStage::Stage0, FIRST);
        first.enable();
        let mut rtc = Rtc::new(rtc);
        rtc.rwdt.set_timeout(RwdtStage::Stage0, SECOND);
        rtc.rwdt.enable();
        Self(RefCell::new((first, rtc)))
    }
}

impl Watchdog for Watchdogs {
    fn feed(&self) {
        let (first, second) = &mut *self.0.borrow_mut();
        first.feed();
        second.rwdt.feed();
    }

    fn restart(&self) {
        restart()
    }
}
