//! The time base, as far as it can be judged from the times that are given.

use crate::input::after;
use crate::{Duration, Instant};

/// What a new time says of the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// It goes on as it should.
    Steady,
    /// It went back, or further ahead than anybody may be silent: no age can be vouched for.
    Jumped,
}

/// The latest time that was given.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    latest: Instant,
}

impl Clock {
    pub(crate) const fn new(now: Instant) -> Self {
        Self { latest: now }
    }

    /// Takes note of the time.
    pub(crate) fn observe(&mut self, now: Instant, maximum_step: Duration) -> Step {
        let step = if self.jumps(now, maximum_step) {
            Step::Jumped
        } else {
            Step::Steady
        };
        self.latest = now;
        step
    }

    /// Whether a time goes back, or too far ahead.
    pub(crate) fn jumps(&self, now: Instant, maximum_step: Duration) -> bool {
        now.checked_duration_since(self.latest)
            .is_none_or(|ahead| ahead > maximum_step)
    }

    /// When the time is to be given again at the latest, so that it does not seem to jump.
    pub(crate) fn deadline(&self, maximum_step: Duration) -> Instant {
        after(self.latest, maximum_step)
    }

    /// Whether a time is earlier than one given before.
    pub(crate) fn is_behind(&self, now: Instant) -> bool {
        now < self.latest
    }
}
