//! Where the control loop and the firing path meet.

use core::cell::Cell;

use critical_section::Mutex;
use dimmer::{
    Duration, FiringReport, Instant,
    phase::{Level, Order, Settings},
};

/// The desk between the control loop, which lays an order on it, and the firing path, which takes
/// the order and leaves what it knows of the mains and what it really fed.
///
/// The firing path may be an interrupt: each call copies a few words inside a critical section of a
/// fixed, short length. An order is a lease. When the control loop stops renewing it, the firing
/// path finds it expired and leaves the heater off.
///
/// Anybody may make an [`Order`]; nobody but the app may lay one down here:
///
/// ```
/// use dimmer_app::{FiringDesk, dimmer::{Instant, phase::{Level, Order}}};
/// let order = Order { level: Level::FULL, valid_until: Instant::from_ticks(1_000_000) };
/// let desk = FiringDesk::new();
/// assert_ne!(desk.order(), order);
/// ```
///
/// ```compile_fail,E0624
/// use dimmer_app::{FiringDesk, dimmer::{Instant, phase::{Level, Order}}};
/// let order = Order { level: Level::FULL, valid_until: Instant::from_ticks(1_000_000) };
/// let desk = FiringDesk::new();
/// desk.give(order);
/// ```
#[derive(Debug)]
pub struct FiringDesk {
    order: Mutex<Cell<Order>>,
    report: Mutex<Cell<Option<(Instant, FiringReport)>>>,
    settings: Mutex<Cell<Option<Settings>>>,
}

/// A report may be this much later than the clock that it is judged by.
const INTERRUPTED: Duration = Duration::from_ticks(10_000);
/// A report older than this is as good as none: the firing path has stopped.
const REPORT_MAXIMUM_AGE: Duration = Duration::from_ticks(1_000_000);

impl FiringDesk {
    /// A desk with an order to be off.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            order: Mutex::new(Cell::new(OFF)),
            report: Mutex::new(Cell::new(None)),
            settings: Mutex::new(Cell::new(None)),
        }
    }

    /// The order in force. For the firing path.
    #[must_use]
    pub fn order(&self) -> Order {
        critical_section::with(|token| self.order.borrow(token).get())
    }

    /// Leaves what is known of the mains and what was fed, at `now`. For the firing path, at least every half second.
    pub fn report(&self, now: Instant, report: FiringReport) {
        critical_section::with(|token| self.report.borrow(token).set(Some((now, report))));
    }

    /// Other settings of the mains, once each time they change. For the firing path, before it plans.
    pub fn take_settings(&self) -> Option<Settings> {
        critical_section::with(|token| self.settings.borrow(token).take())
    }

    /// What the firing path reported, if it still does: a report that nobody renews says nothing. For
    /// the control loop.
    #[must_use]
    pub fn firing(&self, now: Instant) -> FiringReport {
        let report = critical_section::with(|token| self.report.borrow(token).get());
        let fresh = |at: Instant| match now.checked_duration_since(at) {
            Some(age) => age <= REPORT_MAXIMUM_AGE,
            // An interrupt may have reported after the loop read its clock; more is a clock that went back since.
            None => at <= now + INTERRUPTED,
        };
        match report {
            Some((at, report)) if fresh(at) => report,
            _ => FiringReport::UNKNOWN,
        }
    }

    /// Lays down other settings of the mains.
    pub(crate) fn give_settings(&self, settings: Settings) {
        critical_section::with(|token| self.settings.borrow(token).set(Some(settings)));
    }

    /// Lays down an order. Only the app does, with what the dimmer decided.
    pub(crate) fn give(&self, order: Order) {
        critical_section::with(|token| self.order.borrow(token).set(order));
    }

    /// Ends every lease at once.
    pub(crate) fn withdraw(&self) {
        self.give(OFF);
    }
}

impl Default for FiringDesk {
    fn default() -> Self {
        Self::new()
    }
}

const OFF: Order = Order {
    level: Level::OFF,
    valid_until: Instant::from_ticks(0),
};

#[cfg(test)]
mod tests {
    use super::*;
    use dimmer::phase::{MainsState, MainsStatus};

    fn at(milliseconds: u64) -> Instant {
        Instant::from_ticks(milliseconds * 1_000)
    }

    fn locked() -> FiringReport {
        FiringReport {
            mains: MainsStatus {
                state: MainsState::Locked,
                ..MainsStatus::UNKNOWN
            },
            fed: Level::FULL,
            ..FiringReport::UNKNOWN
        }
    }

    #[test]
    fn a_desk_starts_with_an_order_to_be_off_that_has_already_ended() {
        let desk = FiringDesk::new();
        assert_eq!(
            (desk.order().level, desk.order().valid_until),
            (Level::OFF, at(0))
        );
    }

    #[test]
    fn a_report_that_is_not_renewed_says_nothing_any_more() {
        let desk = FiringDesk::new();
        assert_eq!(desk.firing(at(0)), FiringReport::UNKNOWN);
        desk.report(at(100), locked());
        assert_eq!(desk.firing(at(1_100)), locked());
        assert_eq!(desk.firing(at(1_101)), FiringReport::UNKNOWN);
    }

    #[test]
    fn an_interrupt_that_reported_after_the_loop_read_its_clock_is_believed() {
        let desk = FiringDesk::new();
        desk.report(at(101), locked());
        assert_eq!(desk.firing(at(100)), locked());
    }

    #[test]
    fn a_report_of_before_the_clock_went_back_says_nothing() {
        let desk = FiringDesk::new();
        desk.report(at(30_000), FiringReport::UNKNOWN);
        let locked = FiringReport {
            mains: MainsStatus {
                state: MainsState::Locked,
                ..MainsStatus::UNKNOWN
            },
            ..FiringReport::UNKNOWN
        };
        desk.report(at(30_000), locked);
        assert_eq!(desk.firing(at(30_000)), locked);
        assert_eq!(desk.firing(at(1_000)), FiringReport::UNKNOWN);
    }

    #[test]
    fn a_withdrawn_order_ends_at_once() {
        let desk = FiringDesk::new();
        desk.give(Order {
            level: Level::FULL,
            valid_until: at(1_000),
        });
        assert_eq!(desk.order().level, Level::FULL);
        desk.withdraw();
        assert_eq!(desk.order().level, Level::OFF);
    }
}
