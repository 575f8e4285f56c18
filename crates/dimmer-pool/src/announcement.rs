//! What a member says of itself.

use core::fmt;

use crate::{Duration, POOL_LIMIT_WATTS, Sharing};

/// The largest rated power of one member, in watts: a megawatt.
pub const RATED_LIMIT_WATTS: u32 = 1_000_000;

/// The largest [`Announcement::weight`].
pub const WEIGHT_LIMIT: u16 = 1_000;

/// The longest [`Announcement::interval_s`]: a minute.
pub const LONGEST_INTERVAL_S: u8 = 60;

/// Which member: six bytes that no other member of the pool has, such as the MAC address. Ordered as its hexadecimal text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberId([u8; 6]);

impl MemberId {
    /// The member with these bytes, the most significant first.
    #[must_use]
    pub const fn new(bytes: [u8; 6]) -> Self {
        Self(bytes)
    }

    /// The bytes, the most significant first.
    #[must_use]
    pub const fn bytes(self) -> [u8; 6] {
        self.0
    }
}

impl fmt::Display for MemberId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

/// What a member says of itself, to all others: all that the division needs to know of it.
///
/// One that came from outside is to be [`validate`](Self::validate)d; [`Member::heard`](crate::Member::heard) refuses it otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// A number drawn at each start of the member, so that a restart and a second device with the same id are seen.
    pub boot: u32,
    /// Grows by one with each that is sent since the start, so that what is late or doubled is seen.
    pub sequence: u32,
    /// The power of its load, in watts: 1 to [`RATED_LIMIT_WATTS`].
    pub rated_watts: u32,
    /// What it could take of the common setpoint now, were all of it given to it, in watts, at most the rated power: 0 when it is hot,
    /// off, in alarm or otherwise busy.
    pub available_watts: u32,
    /// The least that it can take if it takes anything, in watts, at most the rated power; 0: no such limit.
    pub minimum_watts: u32,
    /// How far beyond the point where it would stop the setpoint must be before it starts again, in watts, at most the rated power.
    pub hysteresis_watts: u32,
    /// Its place with [`Sharing::Priority`]: lower is earlier.
    pub priority: u8,
    /// Its part with [`Sharing::Weight`]: 1 to [`WEIGHT_LIMIT`].
    pub weight: u16,
    /// How it thinks that the pool shares; never [`Sharing::Thresholds`].
    pub sharing: Sharing,
    /// What it thinks that 100 % of the pool is, in watts, at most [`POOL_LIMIT_WATTS`]; 0: the sum of the rated watts.
    pub pool_watts: u32,
    /// What it really takes, in watts, at most the rated power. For people and totals: the division does not read it.
    pub applied_watts: u32,
    /// Whether its last share was more than nothing.
    pub taking: bool,
    /// How often it announces itself, in seconds: 1 to [`LONGEST_INTERVAL_S`].
    pub interval_s: u8,
    /// Days since 1970-01-01 (UTC), if it has a clock.
    pub day: Option<u32>,
}

impl Announcement {
    /// Whether it can be believed.
    ///
    /// # Errors
    /// The first field found outside its range, or at odds with another.
    pub fn validate(&self) -> Result<(), AnnouncementError> {
        let highest = self.rated_watts;
        let rules = [
            (
                (1..=RATED_LIMIT_WATTS).contains(&self.rated_watts),
                "rated_watts",
                "is outside 1 to 1000000",
                "the power of the load in watts",
            ),
            (
                self.available_watts <= highest,
                "available_watts",
                "is above rated_watts",
                "at most the rated power, 0 when nothing can be taken",
            ),
            (
                self.minimum_watts <= highest,
                "minimum_watts",
                "is above rated_watts",
                "at most the rated power, 0 for no minimum",
            ),
            (
                self.hysteresis_watts <= highest,
                "hysteresis_watts",
                "is above rated_watts",
                "at most the rated power, 0 for no hysteresis",
            ),
            (
                self.applied_watts <= highest,
                "applied_watts",
                "is above rated_watts",
                "at most the rated power",
            ),
            (
                (1..=WEIGHT_LIMIT).contains(&self.weight),
                "weight",
                "is outside 1 to 1000",
                "100 for an ordinary member, 200 for one that is to take twice as much",
            ),
            (
                self.sharing.is_shared(),
                "sharing",
                "is `thresholds`",
                "priority, weight, equal or rotating: who shares by thresholds announces nothing",
            ),
            (
                self.pool_watts <= POOL_LIMIT_WATTS,
                "pool_watts",
                "is above 10000000",
                "what 100 % of the pool is in watts, 0 for the sum of the rated watts",
            ),
            (
                (1..=LONGEST_INTERVAL_S).contains(&self.interval_s),
                "interval_s",
                "is outside 1 to 60",
                "how often the member announces itself, in seconds",
            ),
        ];
        match rules.into_iter().find(|(holds, ..)| !holds) {
            None => Ok(()),
            Some((_, field, problem, expected)) => Err(AnnouncementError {
                field,
                problem,
                expected,
            }),
        }
    }

    /// How long after it was heard the member counts as alive: three intervals and two seconds.
    #[must_use]
    pub fn age_limit(&self) -> Duration {
        age_limit(self.interval_s)
    }

    /// Whether all but what changes without being worth a message is the same.
    pub(crate) fn says_the_same(&self, other: &Self) -> bool {
        let plain = |announcement: &Self| Self {
            sequence: 0,
            applied_watts: 0,
            ..*announcement
        };
        plain(self) == plain(other)
    }
}

/// Three intervals and two seconds.
pub(crate) fn age_limit(interval_s: u8) -> Duration {
    Duration::from_ticks((3 * u64::from(interval_s) + 2) * 1_000_000)
}

/// An announcement that cannot be believed: which field, what is wrong with it, and what would be right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AnnouncementError {
    /// The name of the field.
    pub field: &'static str,
    /// What is wrong with it.
    pub problem: &'static str,
    /// What would be right.
    pub expected: &'static str,
}

impl fmt::Display for AnnouncementError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} {}; expected: {}",
            self.field, self.problem, self.expected
        )
    }
}

impl core::error::Error for AnnouncementError {}
