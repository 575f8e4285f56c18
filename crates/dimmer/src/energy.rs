//! What went into the load.

use crate::{Duration, Instant};

/// A report of the firing path counts for this long at most: what it fed after that, nobody knows.
const LONGEST: Duration = Duration::from_ticks(1_000_000);
/// Microseconds of one watt in a watt-hour.
const WATT_HOUR: u64 = 3_600_000_000;

/// Energy since the counter began, from the power that the firing path fed: computed, the dimmer has no meter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Energy {
    /// What the board kept of the time before, in watt-hours.
    before_watt_hours: u64,
    /// Since the start, in microjoules: a heater of 20 kW counts for 29 years.
    watt_microseconds: u64,
    since: Instant,
    watts: u32,
}

impl Energy {
    pub(crate) const fn new(now: Instant) -> Self {
        Self {
            before_watt_hours: 0,
            watt_microseconds: 0,
            since: now,
            watts: 0,
        }
    }

    /// From `now` on this is fed.
    pub(crate) fn fed(&mut self, now: Instant, watts: u32) {
        // A clock that went back tells no length.
        let for_us = now
            .checked_duration_since(self.since)
            .map_or(0, |span| span.min(LONGEST).as_ticks());
        let more = u64::from(self.watts).saturating_mul(for_us);
        self.watt_microseconds = self.watt_microseconds.saturating_add(more);
        self.since = now;
        self.watts = watts;
    }

    /// Counts on from there.
    pub(crate) const fn restore(&mut self, watt_hours: u64) {
        self.before_watt_hours = watt_hours;
    }

    pub(crate) const fn watt_hours(&self) -> u64 {
        let since = self.watt_microseconds / WATT_HOUR;
        self.before_watt_hours.saturating_add(since)
    }
}
