//! How the board fares: why it started, and how much of the stack was never used.

use dimmer_app::dimmer::{Health, ResetReason};
use dimmer_board::LastWords;
use embassy_rp::watchdog::ResetReason as ByWatchdog;
use embassy_time::{Duration, Ticker};

use super::{Shared, stack};

const LOOK: Duration = Duration::from_secs(60);

/// Why it started. The chip tells a reset by the watchdog from others, and not the supply from the run pin.
pub(super) fn of_start(by_watchdog: Option<ByWatchdog>, words: Option<&LastWords>) -> Health {
    let reason = match (by_watchdog, words) {
        (Some(_), Some(_)) => ResetReason::Panic,
        (Some(ByWatchdog::Forced), None) => ResetReason::Software,
        (Some(ByWatchdog::TimedOut), None) => ResetReason::Watchdog,
        (None, _) => ResetReason::Power,
    };
    Health {
        reset_reason: Some(reason),
        last_words: Some(words.map_or_else(Default::default, LastWords::published)),
        ..Health::default()
    }
}

/// Tells it once a minute, for ever.
#[embassy_executor::task]
pub(super) async fn tell(shared: Shared, mut health: Health) {
    let mut looks = Ticker::every(LOOK);
    loop {
        let (peak, all) = stack::use_bytes();
        health.least_free_stack_bytes = u32::try_from(all.saturating_sub(peak)).ok();
        shared.care.app.health(&health);
        looks.next().await;
    }
}
