//! A boost: power for a while, without anybody repeating it.

use crate::{Duration, Instant};

/// The boost that runs, if one does. It is kept here and renewed at every turn; that it obeys every limit is the safety's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Boost {
    running: Option<Running>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Running {
    ends: Instant,
    centipercent: u16,
}

impl Boost {
    pub(crate) const NONE: Self = Self { running: None };

    /// Begins one, in place of one that runs.
    pub(crate) fn start(&mut self, now: Instant, minutes: u16, centipercent: u16) {
        self.running = Some(Running {
            ends: now + Duration::from_ticks(u64::from(minutes) * 60_000_000),
            centipercent,
        });
    }

    pub(crate) fn cancel(&mut self) {
        self.running = None;
    }

    /// What it wants now, in centipercent. One that has ended is over.
    pub(crate) fn wish(&mut self, now: Instant) -> Option<u16> {
        self.running = self.running.filter(|running| now < running.ends);
        self.running.map(|running| running.centipercent)
    }

    /// How long it still runs, in minutes, rounded up; 0: none.
    pub(crate) fn minutes(&self, now: Instant) -> u16 {
        let left = self
            .running
            .and_then(|running| running.ends.checked_duration_since(now))
            .map_or(0, |left| left.as_ticks().div_ceil(60_000_000));
        u16::try_from(left).unwrap_or(u16::MAX)
    }

    /// When it ends.
    pub(crate) fn ends(&self) -> Option<Instant> {
        self.running.map(|running| running.ends)
    }
}
