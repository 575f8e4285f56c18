//! Which broker is next, and when.

use embassy_time::Duration;

use crate::{Backoff, Cause};

/// A session that lived this long was a good one.
const STABLE_AFTER: Duration = Duration::from_secs(10);
/// So many that did not are no accident.
const SHORT_LIVED_IN_A_ROW: u32 = 3;
/// A return that did not last doubles the wait for the next one, up to 64 times as long.
const DOUBLINGS: u32 = 6;

/// The way through the list of brokers: in rounds from the first to the last, with a wait before each round.
pub(crate) struct Course {
    backoff: Backoff,
    /// The broker to be tried now.
    index: usize,
    /// How many of this round have failed.
    failed: usize,
    short_lived: u32,
    /// The last change of broker was a return to a better one.
    returned: bool,
    doublings: u32,
    seed: u32,
}

impl Course {
    pub(crate) fn new(seed: u32) -> Self {
        Self {
            backoff: Backoff::new(seed),
            index: 0,
            failed: 0,
            short_lived: 0,
            returned: false,
            doublings: 0,
            seed,
        }
    }

    pub(crate) fn index(&self) -> usize {
        self.index
    }

    /// Other settings: from the first broker, at once.
    pub(crate) fn reset(&mut self) {
        self.backoff.reset();
        self.index = 0;
        self.failed = 0;
        self.doublings = 0;
        self.returned = false;
    }

    /// A broker that is better than the one in use answers again.
    pub(crate) fn back_to(&mut self, index: usize) {
        self.index = index;
        self.failed = 0;
        self.returned = true;
    }

    /// How long a broker that is not the first must serve before those before it are looked at, and between looks.
    pub(crate) fn return_after(&self, return_after_s: u32) -> Option<Duration> {
        if self.index == 0 || return_after_s == 0 {
            return None;
        }
        let seconds = u64::from(return_after_s) << self.doublings;
        // A house full of dimmers is not to come back all at once.
        let spread_ms = u64::from(self.seed % 1_000) * seconds / 4;
        Some(Duration::from_secs(seconds) + Duration::from_millis(spread_ms))
    }

    /// The session of this broker ended, or never was (`online_for` is nothing): what to call it, and how long to wait before
    /// [`index`](Self::index) is tried.
    pub(crate) fn failed(
        &mut self,
        mut cause: Cause,
        online_for: Duration,
        brokers: usize,
        return_after_s: u32,
    ) -> (Cause, Duration) {
        let stable = online_for >= STABLE_AFTER;
        if stable {
            self.backoff.reset();
            self.short_lived = 0;
            self.failed = 0;
        } else if cause == Cause::ConnectionLost {
            self.short_lived = self.short_lived.saturating_add(1);
            if self.short_lived >= SHORT_LIVED_IN_A_ROW {
                cause = Cause::ShortLived;
            }
        }
        if self.index == 0 {
            if online_for >= Duration::from_secs(return_after_s.into()) {
                self.doublings = 0;
            } else if self.returned {
                self.doublings = (self.doublings + 1).min(DOUBLINGS);
            }
            self.returned = false;
        }
        let is_mute = matches!(cause, Cause::Silent | Cause::Unacknowledged);
        if stable && !is_mute {
            // It said that it ends, or its line was cut: it may be there again at once, and so may a better one.
            self.index = 0;
            return (cause, self.backoff.next_delay());
        }
        self.failed += 1;
        self.index = (self.index + 1) % brokers.max(1);
        if self.failed < brokers {
            return (cause, Duration::from_ticks(0));
        }
        self.failed = 0;
        self.index = 0;
        (cause, self.backoff.next_delay())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEVER: Duration = Duration::from_ticks(0);
    const REFUSED: Cause = Cause::Connect(crate::ConnectError::Refused);

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_round_tries_each_broker_without_a_pause_and_the_next_round_waits() {
        let mut course = Course::new(1);
        assert_eq!(course.failed(REFUSED, NEVER, 3, 600), (REFUSED, NEVER));
        assert_eq!(course.index(), 1);
        assert_eq!(course.failed(REFUSED, NEVER, 3, 600), (REFUSED, NEVER));
        assert_eq!(course.index(), 2);
        assert!(course.failed(REFUSED, NEVER, 3, 600).1 >= Duration::from_millis(750));
        assert_eq!(course.index(), 0);
    }

    #[test]
    fn a_lost_broker_is_tried_first_and_a_mute_one_last() {
        let mut course = Course::new(1);
        let (_, delay) = course.failed(Cause::ConnectionLost, seconds(60), 2, 600);
        assert!(delay <= seconds(1) && delay > NEVER);
        assert_eq!(course.index(), 0);
        assert_eq!(course.failed(Cause::Silent, seconds(60), 2, 600).1, NEVER);
        assert_eq!(course.index(), 1);
    }

    #[test]
    fn a_broker_that_ends_each_session_at_once_does_not_keep_the_next_one_from_its_turn() {
        let mut course = Course::new(1);
        let _ = course.failed(Cause::ConnectionLost, seconds(1), 2, 600);
        assert_eq!(course.index(), 1);
    }

    #[test]
    fn a_return_that_does_not_last_makes_the_next_one_wait_twice_as_long() {
        let mut course = Course::new(1_000);
        assert_eq!(course.return_after(600), None, "on the first there is none");
        let _ = course.failed(REFUSED, NEVER, 2, 600);
        assert_eq!(course.return_after(600), Some(seconds(600)));
        assert_eq!(course.return_after(0), None, "not wanted");
        for doubled in [1_200, 2_400, 4_800, 9_600, 19_200, 38_400, 38_400] {
            course.back_to(0);
            let _ = course.failed(Cause::Silent, seconds(30), 2, 600);
            assert_eq!(course.return_after(600), Some(seconds(doubled)));
        }
        course.back_to(0);
        let _ = course.failed(Cause::Silent, seconds(600), 2, 600);
        assert_eq!(course.return_after(600), Some(seconds(600)), "it lasted");
    }

    #[test]
    fn three_short_sessions_in_a_row_raise_the_question_of_a_twin() {
        let mut course = Course::new(1);
        for expected in [
            Cause::ConnectionLost,
            Cause::ConnectionLost,
            Cause::ShortLived,
        ] {
            let (cause, _) = course.failed(Cause::ConnectionLost, seconds(1), 1, 600);
            assert_eq!(cause, expected);
        }
    }
}
