//! A share that rises no faster than it may.

use crate::{Duration, Instant};

/// How often a rising share is to be looked at again.
pub(super) const STEP: Duration = Duration::from_ticks(100_000);

/// So many parts of a centipercent: a rate per second times microseconds then needs no rounding.
const PARTS: u64 = 1_000_000;

#[derive(Clone, Copy, Debug)]
pub(super) struct Ramp {
    level_parts: u64,
    /// Since when it is on its way, while it is.
    rising_since: Option<Instant>,
}

impl Ramp {
    pub(super) const AT_ZERO: Self = Self {
        level_parts: 0,
        rising_since: None,
    };

    /// On the way to `target`, in centipercent; 0 per second is at once. What is below `least` is off, so the way up begins there.
    pub(super) fn towards(
        &mut self,
        now: Instant,
        target: u16,
        least: u16,
        per_second: u16,
    ) -> u16 {
        let goal = u64::from(target) * PARTS;
        if per_second == 0 || goal <= self.level_parts {
            self.level_parts = goal;
            self.rising_since = None;
            return target;
        }
        let elapsed = self
            .rising_since
            .and_then(|since| now.checked_duration_since(since))
            .map_or(0, |elapsed: Duration| elapsed.as_ticks());
        let from = self.level_parts.max(u64::from(least.min(target)) * PARTS);
        let gain = elapsed.saturating_mul(u64::from(per_second));
        self.level_parts = from.saturating_add(gain).min(goal);
        self.rising_since = (self.level_parts < goal).then_some(now);
        u16::try_from(self.level_parts / PARTS).unwrap_or(target)
    }

    pub(super) const fn is_rising(&self) -> bool {
        self.rising_since.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: u64) -> Instant {
        Instant::from_ticks(milliseconds * 1_000)
    }

    #[test]
    fn it_rises_as_fast_as_it_may_and_falls_at_once() {
        let mut ramp = Ramp::AT_ZERO;
        // A long silence before is no reserve.
        assert_eq!(ramp.towards(at(60_000), 5_000, 0, 1_000), 0);
        assert!(ramp.is_rising());
        assert_eq!(ramp.towards(at(60_100), 5_000, 0, 1_000), 100);
        assert_eq!(ramp.towards(at(62_000), 5_000, 0, 1_000), 2_000);
        assert_eq!(ramp.towards(at(62_500), 1_000, 0, 1_000), 1_000);
        assert!(!ramp.is_rising());
        assert_eq!(ramp.towards(at(90_000), 1_200, 0, 1_000), 1_000);
        assert_eq!(ramp.towards(at(91_000), 1_200, 0, 1_000), 1_200);
        assert!(!ramp.is_rising());
    }

    #[test]
    fn however_often_it_is_asked_it_takes_the_same_time() {
        let mut ramp = Ramp::AT_ZERO;
        for microseconds in 0..=100_000 {
            let _ = ramp.towards(Instant::from_ticks(microseconds), 10_000, 0, 33);
        }
        assert_eq!(ramp.level_parts, 3_300_000);
    }

    #[test]
    fn it_begins_at_the_least_that_is_on() {
        let mut ramp = Ramp::AT_ZERO;
        assert_eq!(ramp.towards(at(0), 5_000, 1_500, 1_000), 1_500);
        assert_eq!(ramp.towards(at(1_000), 5_000, 1_500, 1_000), 2_500);
    }

    #[test]
    fn without_a_rate_it_is_there_at_once() {
        let mut ramp = Ramp::AT_ZERO;
        assert_eq!(ramp.towards(at(0), 10_000, 0, 0), 10_000);
        assert!(!ramp.is_rising());
    }

    #[test]
    fn a_clock_that_goes_back_gains_nothing() {
        let mut ramp = Ramp::AT_ZERO;
        assert_eq!(ramp.towards(at(5_000), 5_000, 0, 1_000), 0);
        assert_eq!(ramp.towards(at(1_000), 5_000, 0, 1_000), 0);
        assert_eq!(ramp.towards(at(1_500), 5_000, 0, 1_000), 500);
    }
}
