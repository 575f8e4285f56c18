//! When an input was last heard.

use crate::{Duration, Instant};

/// When an input was last heard, as far as that can be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// Never.
    Never,
    /// At this time.
    At(Instant),
    /// Once, but its age can no longer be vouched for.
    Lost,
}

impl Heard {
    /// How old it is; `None` if that is not known.
    pub(crate) fn age(self, now: Instant) -> Option<Duration> {
        match self {
            Self::At(heard) => now.checked_duration_since(heard),
            Self::Never | Self::Lost => None,
        }
    }

    /// Whether it is younger than `maximum_age`. At exactly the maximum it is stale, so that [`Heard::deadline`] is the
    /// first instant at which it is.
    pub(crate) fn is_fresh(self, now: Instant, maximum_age: Duration) -> bool {
        self.age(now).is_some_and(|age| age < maximum_age)
    }

    /// When a fresh input becomes stale; `None` if it is not fresh.
    pub(crate) fn deadline(self, now: Instant, maximum_age: Duration) -> Option<Instant> {
        match self {
            Self::At(heard) if self.is_fresh(now, maximum_age) => Some(after(heard, maximum_age)),
            _ => None,
        }
    }

    /// Forgets when it was heard, but not that it was.
    pub(crate) fn lose(&mut self) {
        if matches!(self, Self::At(_)) {
            *self = Self::Lost;
        }
    }
}

/// `instant + span`, without overflow.
pub(crate) fn after(instant: Instant, span: Duration) -> Instant {
    Instant::from_ticks(instant.as_ticks().saturating_add(span.as_ticks()))
}

/// Whole seconds; a `u32` of them always fits.
pub(crate) const fn seconds(seconds: u32) -> Duration {
    milliseconds(seconds as u64 * 1_000)
}

/// Whole milliseconds, of which there are to be fewer than 2^54.
pub(crate) const fn milliseconds(milliseconds: u64) -> Duration {
    Duration::from_ticks(milliseconds.saturating_mul(1_000))
}
