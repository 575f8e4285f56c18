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
    /// Whether it is younger than `maximum_age`. At exactly the maximum it is stale, so that [`Heard::deadline`] is the
    /// first instant at which it is.
    pub(crate) fn is_fresh(self, now: Instant, maximum_age: Duration) -> bool {
        match self {
            Self::At(heard) => now
                .as_ticks()
                .checked_sub(heard.as_ticks())
                .is_some_and(|age| age < maximum_age.as_ticks()),
            Self::Never | Self::Lost => false,
        }
    }

    /// When a fresh input becomes stale; `None` if it is not fresh.
    pub(crate) fn deadline(self, now: Instant, maximum_age: Duration) -> Option<Instant> {
        match self {
            Self::At(heard) if self.is_fresh(now, maximum_age) => Some(Instant::from_ticks(
                heard.as_ticks().saturating_add(maximum_age.as_ticks()),
            )),
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
