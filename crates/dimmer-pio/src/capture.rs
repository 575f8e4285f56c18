//! What [`CAPTURE`](crate::CAPTURE) pushed, read.

use dimmer_phase::{Duration, Edge, EdgeKind, Instant};

/// The direction's bit of a word; the others are the count.
const ROSE: u32 = 1 << 31;
const COUNT: u32 = ROSE - 1;

/// A word may be stamped this much after "now" was read, in microseconds: the reader was interrupted in between.
const AFTER_NOW: u32 = 1_000;

/// Puts the count's microseconds on the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamps {
    started: Instant,
}

impl Stamps {
    /// The state machine was started at this moment: right after the clock came to show it.
    #[must_use]
    pub const fn new(started: Instant) -> Self {
        Self { started }
    }

    /// The edge that a word tells of. The word must not be older than half an hour (2^31 µs less a millisecond) at `now`.
    #[must_use]
    pub fn edge(&self, word: u32, now: Instant) -> Edge {
        let kind = if word & ROSE == 0 {
            EdgeKind::Falling
        } else {
            EdgeKind::Rising
        };
        let running = now
            .checked_duration_since(self.started)
            .unwrap_or(Duration::from_ticks(0));
        // The lower bits are all that is compared.
        let running = u32::try_from(running.as_ticks() & u64::from(COUNT)).unwrap_or(0);
        // It counts, and then looks at the pin.
        let elapsed = (!word).wrapping_sub(1) & COUNT;
        let age = running.wrapping_sub(elapsed) & COUNT;
        let at = if age > COUNT - AFTER_NOW {
            now.checked_add_duration(Duration::from_ticks(u64::from(COUNT - age) + 1))
        } else {
            now.checked_sub_duration(Duration::from_ticks(u64::from(age)))
        };
        Edge {
            at: at.unwrap_or(now),
            kind,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(microseconds: u64) -> Instant {
        Instant::from_ticks(microseconds)
    }

    fn word(rose: bool, elapsed: u64) -> u32 {
        let count = u32::MAX - u32::try_from((elapsed + 1) % (1 << 32)).unwrap();
        (count & COUNT) | if rose { ROSE } else { 0 }
    }

    #[test]
    fn a_word_is_the_edge_that_many_microseconds_after_the_start() {
        let stamps = Stamps::new(at(500));
        let edge = stamps.edge(word(true, 12_345), at(13_000));
        assert_eq!((edge.at, edge.kind), (at(12_845), EdgeKind::Rising));
        let edge = stamps.edge(word(false, 12_345), at(12_845));
        assert_eq!((edge.at, edge.kind), (at(12_845), EdgeKind::Falling));
    }

    #[test]
    fn a_count_that_has_gone_round_is_still_the_latest_moment_that_it_can_be() {
        let stamps = Stamps::new(at(77));
        for elapsed in [
            (1 << 31) - 1,
            1 << 31,
            (1 << 31) + 1,
            (1 << 32) + 5,
            1_000_000_000_000,
        ] {
            let edge = stamps.edge(word(true, elapsed), at(77 + elapsed + 20_000));
            assert_eq!(edge.at, at(77 + elapsed));
        }
    }

    #[test]
    fn an_edge_that_came_after_the_clock_was_read_is_in_the_future_by_as_much() {
        let stamps = Stamps::new(at(0));
        let edge = stamps.edge(word(true, 50_003), at(50_000));
        assert_eq!(edge.at, at(50_003));
    }
}
