//! Which broker is next, and when.

use embassy_time::Duration;

use crate::{Backoff, Cause};

/// A session that lived this long was a good one.
const STABLE_AFTER: Duration = Duration::from_secs(10);
/// So many that did not, at a broker that was there all the while, are no accident.
const SHORT_LIVED_IN_A_ROW: u32 = 3;
/// A return that did not last doubles the wait for the next one, up to 64 times as long.
const DOUBLINGS: u32 = 6;

/// What became of an attempt before it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lived {
    /// How long the session was one; nothing if it never was.
    pub(crate) online_for: Duration,
    /// A word that the session sent itself came back: the broker did all that it is there for.
    pub(crate) proven: bool,
}

impl Lived {
    /// There was no session.
    pub(crate) const NEVER: Self = Self {
        online_for: Duration::from_ticks(0),
        proven: false,
    };
}

/// The way through the list of brokers: in rounds from the first to the last, with a wait before each round.
pub(crate) struct Course {
    backoff: Backoff,
    /// The broker to be tried now.
    index: usize,
    /// How many of this round have failed.
    failed: usize,
    /// So many sessions in a row ended soon.
    short_lived: u32,
    /// Where the last of them was.
    short_lived_at: usize,
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
            short_lived_at: 0,
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

    /// The session of this broker ended, or never was: what to call it, and how long to wait before [`index`](Self::index) is tried.
    pub(crate) fn failed(
        &mut self,
        mut cause: Cause,
        lived: Lived,
        brokers: usize,
        return_after_s: u32,
    ) -> (Cause, Duration) {
        let stable = lived.online_for >= STABLE_AFTER;
        if stable {
            self.backoff.reset();
            self.short_lived = 0;
            self.failed = 0;
        } else {
            self.lived_shortly(&mut cause, lived);
        }
        if self.index == 0 {
            if lived.online_for >= Duration::from_secs(return_after_s.into()) {
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

    /// Tells a broker that was restarted from one that takes sessions and ends them. The first is to have its dimmers back soon,
    /// however often that happens; the second must not be hammered, and neither must two clients with one identifier, which end
    /// each other's sessions: there each works, and there is always somebody who listens.
    fn lived_shortly(&mut self, cause: &mut Cause, lived: Lived) {
        let was_online = lived != Lived::NEVER;
        if was_online || *cause == Cause::ConnectionLost {
            self.short_lived = self.short_lived.saturating_add(1);
            self.short_lived_at = self.index;
        } else if self.index == self.short_lived_at
            && matches!(cause, Cause::Connect(_) | Cause::TimedOut)
        {
            // It really was gone. Of another broker that says nothing.
            self.short_lived = 0;
        }
        if self.short_lived < SHORT_LIVED_IN_A_ROW {
            if lived.proven {
                self.backoff.reset();
            }
        } else if *cause == Cause::ConnectionLost {
            *cause = Cause::ShortLived;
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec::Vec;

    use super::*;

    const AT_ONCE: Duration = Duration::from_ticks(0);
    const NEVER: Lived = Lived::NEVER;
    const REFUSED: Cause = Cause::Connect(crate::ConnectError::Refused);

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// A session of which nothing came back.
    fn online(online_for: u64) -> Lived {
        Lived {
            online_for: seconds(online_for),
            proven: false,
        }
    }

    /// A session that did all that it should.
    fn proven(online_for: u64) -> Lived {
        Lived {
            proven: true,
            ..online(online_for)
        }
    }

    #[test]
    fn a_round_tries_each_broker_without_a_pause_and_the_next_round_waits() {
        let mut course = Course::new(1);
        assert_eq!(course.failed(REFUSED, NEVER, 3, 600), (REFUSED, AT_ONCE));
        assert_eq!(course.index(), 1);
        assert_eq!(course.failed(REFUSED, NEVER, 3, 600), (REFUSED, AT_ONCE));
        assert_eq!(course.index(), 2);
        assert!(course.failed(REFUSED, NEVER, 3, 600).1 >= Duration::from_millis(750));
        assert_eq!(course.index(), 0);
    }

    #[test]
    fn a_lost_broker_is_tried_first_and_a_mute_one_last() {
        let mut course = Course::new(1);
        let (_, delay) = course.failed(Cause::ConnectionLost, online(60), 2, 600);
        assert!(delay <= seconds(1) && delay > AT_ONCE);
        assert_eq!(course.index(), 0);
        assert_eq!(course.failed(Cause::Silent, online(60), 2, 600).1, AT_ONCE);
        assert_eq!(course.index(), 1);
    }

    #[test]
    fn a_broker_that_ends_each_session_at_once_does_not_keep_the_next_one_from_its_turn() {
        let mut course = Course::new(1);
        let _ = course.failed(Cause::ConnectionLost, online(1), 2, 600);
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
            let _ = course.failed(Cause::Silent, online(30), 2, 600);
            assert_eq!(course.return_after(600), Some(seconds(doubled)));
        }
        course.back_to(0);
        let _ = course.failed(Cause::Silent, online(600), 2, 600);
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
            let (cause, _) = course.failed(Cause::ConnectionLost, online(1), 1, 600);
            assert_eq!(cause, expected);
        }
    }

    #[test]
    fn a_broker_that_is_restarted_again_and_again_has_its_dimmers_back_each_time_as_soon() {
        let mut course = Course::new(1);
        for round in 0..20 {
            let (cause, delay) = course.failed(Cause::ConnectionLost, proven(3), 1, 600);
            assert_eq!(cause, Cause::ConnectionLost, "round {round}");
            assert!(delay <= seconds(1), "round {round}: {delay}");
            let (_, delay) = course.failed(REFUSED, NEVER, 1, 600);
            assert!(delay <= seconds(2), "round {round}: {delay}");
        }
    }

    #[test]
    fn who_takes_sessions_and_ends_them_is_asked_less_and_less() {
        let ended = [
            // Nothing ever came back, or two clients end each other's sessions, with a word or without.
            (Cause::ConnectionLost, online(1)),
            (Cause::ConnectionLost, proven(1)),
            (Cause::TakenOver, proven(1)),
            (Cause::Rejected(0x97), proven(1)),
        ];
        for (cause, lived) in ended {
            let mut course = Course::new(1);
            let delays: Vec<_> = (0..10)
                .map(|_| course.failed(cause, lived, 1, 600).1)
                .collect();
            assert!(delays[9] > seconds(20), "{cause:?}: {delays:?}");
            assert!(delays[..3].iter().all(|delay| *delay <= seconds(4)));
        }
    }

    #[test]
    fn another_broker_that_is_gone_says_nothing_of_the_one_that_ends_sessions() {
        let mut course = Course::new(1);
        let mut last = (Cause::ConnectionLost, AT_ONCE);
        for _ in 0..6 {
            assert_eq!(course.index(), 0);
            last = course.failed(Cause::ConnectionLost, proven(1), 2, 600);
            let (_, delay) = course.failed(REFUSED, NEVER, 2, 600);
            last.1 = delay;
        }
        assert_eq!(last.0, Cause::ShortLived);
        assert!(last.1 > seconds(5), "{last:?}");
    }
}
