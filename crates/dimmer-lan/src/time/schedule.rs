//! When a server is asked, and what is done about a refusal.

use core::fmt;

use embassy_time::Duration;
use sntpc::KissOfDeathCode;

/// So often a server is asked that answers. A crystal is wrong by some milliseconds then; a day needs no more.
pub const POLL: Duration = Duration::from_secs(3_600);
/// After the first failure; twice as much after each further one.
const FIRST_RETRY: Duration = Duration::from_secs(60);
/// A server that refuses us, or is asked for long without an answer, is asked once a day.
const SELDOM: Duration = Duration::from_secs(86_400);

/// Why there is no time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// The server's name has no address now.
    NotKnown,
    /// Nothing could be sent or received.
    Network,
    /// No answer came, or none that belongs to the question.
    Silent,
    /// Its clock is not right by its own account.
    NotSynchronized,
    /// Its answer cannot be.
    Nonsense,
    /// Its time is before this firmware was written.
    LongAgo,
    /// It is asked too often, it says (`RATE`).
    TooOften,
    /// It does not want to be asked by us (`DENY`, `RSTR`).
    Refused,
}

impl Failure {
    /// What is said by an error; nothing if the packet is no answer to the question, so that the answer may come still.
    pub(super) const fn of(error: sntpc::Error) -> Option<Self> {
        use sntpc::Error;
        match error {
            // Anybody could have sent it.
            Error::IncorrectOriginTimestamp
            | Error::ResponseAddressMismatch
            | Error::IncorrectPayload => None,
            Error::KissOfDeath(KissOfDeathCode::Rate) => Some(Self::TooOften),
            Error::KissOfDeath(KissOfDeathCode::Deny | KissOfDeathCode::Rstr) => {
                Some(Self::Refused)
            }
            // The other kisses of death say why it does not know the time, such as that it has just begun (`INIT`).
            Error::KissOfDeath(_)
            | Error::UnsynchronizedClock
            | Error::IncorrectStratumHeaders
            | Error::ExcessiveRootDistance => Some(Self::NotSynchronized),
            Error::Network => Some(Self::Network),
            Error::AddressResolve => Some(Self::NotKnown),
            _ => Some(Self::Nonsense),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NotKnown => "the time server's name has no address",
            Self::Network => "the time server cannot be reached",
            Self::Silent => "the time server does not answer",
            Self::NotSynchronized => "the time server does not know the time itself",
            Self::Nonsense => "the time server's answer cannot be",
            Self::LongAgo => "the time server's time is before this firmware was written",
            Self::TooOften => "the time server is asked too often, it says",
            Self::Refused => "the time server refuses to answer us",
        })
    }
}

impl core::error::Error for Failure {}

/// How long to wait between two questions. Sans I/O.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    /// After an answer. A server may make it longer.
    poll: Duration,
    retry: Duration,
}

impl Schedule {
    /// Nobody was asked yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            poll: POLL,
            retry: FIRST_RETRY,
        }
    }

    /// There was an answer. The time until the next question, an hour or more.
    pub const fn answered(&mut self) -> Duration {
        self.retry = FIRST_RETRY;
        self.poll
    }

    /// There was none. The time until the next question: a minute after the first failure, and twice as much each time, up to a day; a
    /// server that refuses is not asked again before the next day.
    pub fn failed(&mut self, failure: Failure) -> Duration {
        let wait = match failure {
            Failure::Refused => SELDOM,
            Failure::TooOften => {
                self.poll = twice(self.poll);
                self.poll
            }
            _ => self.retry,
        };
        self.retry = twice(self.retry);
        wait.min(SELDOM)
    }
}

impl Default for Schedule {
    fn default() -> Self {
        Self::new()
    }
}

/// Twice as long, up to a day.
fn twice(duration: Duration) -> Duration {
    duration
        .checked_add(duration)
        .map_or(SELDOM, |twice| twice.min(SELDOM))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_server_is_asked_less_and_less_often() {
        let mut schedule = Schedule::new();
        let mut waits = [0; 13];
        waits.fill_with(|| schedule.failed(Failure::Silent).as_secs());
        assert_eq!(
            waits,
            [
                60, 120, 240, 480, 960, 1_920, 3_840, 7_680, 15_360, 30_720, 61_440, 86_400, 86_400
            ]
        );
        assert_eq!(schedule.answered(), POLL);
        assert_eq!(schedule.failed(Failure::Silent).as_secs(), 60);
    }

    #[test]
    fn a_server_that_is_asked_too_often_is_asked_half_as_often_for_good() {
        let mut schedule = Schedule::new();
        assert_eq!(schedule.failed(Failure::TooOften).as_secs(), 7_200);
        assert_eq!(schedule.answered().as_secs(), 7_200);
        for _ in 0..20 {
            let _ = schedule.failed(Failure::TooOften);
        }
        assert_eq!(schedule.answered().as_secs(), 86_400);
    }

    #[test]
    fn a_server_that_refuses_is_left_alone_for_a_day() {
        assert_eq!(Schedule::new().failed(Failure::Refused).as_secs(), 86_400);
    }
}
