//! Why a share is as it is, in words.

use core::fmt;

use crate::Share;

/// What one dimmer takes, and why it is that much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// What to take of this dimmer's rated power.
    pub share: Share,
    /// By which rule.
    pub standing: Standing,
    /// Why the pool as a whole takes less than it is asked for, if it does. Only while the standing is [`Standing::Shared`].
    pub shortfall: Option<Shortfall>,
    /// What somebody should mend. Only while the standing is [`Standing::Shared`].
    pub remark: Option<Remark>,
}

/// The rule that gives a share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Standing {
    /// The settings cannot work: nothing is taken.
    Invalid,
    /// By the thresholds of this dimmer, as its settings say.
    Thresholds,
    /// By the division of the shared pool.
    Shared,
    /// Nothing yet: this dimmer was not heard by itself since it started, and does not know the pool.
    Waiting,
    /// By the thresholds, because this dimmer does not hear its own announcements: then it may not hear the others, either.
    Deaf,
    /// Nothing: another device announces itself with the id of this one.
    Conflict,
    /// Nothing: there are more members than the list holds, and this one has not one of the lowest ids.
    TooMany,
}

impl Standing {
    /// Every one.
    pub const ALL: [Self; 7] = [
        Self::Invalid,
        Self::Thresholds,
        Self::Shared,
        Self::Waiting,
        Self::Deaf,
        Self::Conflict,
        Self::TooMany,
    ];

    /// One word, for programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Thresholds => "thresholds",
            Self::Shared => "shared",
            Self::Waiting => "waiting",
            Self::Deaf => "deaf",
            Self::Conflict => "conflict",
            Self::TooMany => "too_many",
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Invalid => "off: the settings of the pool cannot work",
            Self::Thresholds => "by thresholds",
            Self::Shared => "shared among the members",
            Self::Waiting => "off until the pool is known",
            Self::Deaf => "by thresholds: the pool is not heard",
            Self::Conflict => "off: another device has this one's id",
            Self::TooMany => "off: the pool has more members than the list holds",
        })
    }
}

/// Why a pool takes less than it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Shortfall {
    /// All that are able take all that they can.
    CapacityReached,
    /// What is left is less than the least that any member left out would take.
    BelowMinimum,
    /// No member can take anything.
    NobodyAble,
}

impl Shortfall {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::CapacityReached, Self::BelowMinimum, Self::NobodyAble];

    /// One word, for programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::CapacityReached => "capacity_reached",
            Self::BelowMinimum => "below_minimum",
            Self::NobodyAble => "nobody_able",
        }
    }
}

impl fmt::Display for Shortfall {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::CapacityReached => "every member takes all that it can",
            Self::BelowMinimum => "what is left is below the minimum of the members left out",
            Self::NobodyAble => "no member can take anything",
        })
    }
}

/// What is at odds in a pool that works all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Remark {
    /// This dimmer's `sharing` is not that of the alive member with the lowest id, which holds for all.
    SharingOverruled,
    /// This dimmer's `pool_watts` are not those of the alive member with the lowest id, which hold for all.
    PoolWattsOverruled,
    /// The members are to take turns by day, but none of them knows the day: the lowest id is always first.
    NoDay,
    /// There are more members than the list holds: those with the highest ids take nothing.
    MembersLeftOut,
}

impl Remark {
    /// Every one.
    pub const ALL: [Self; 4] = [
        Self::SharingOverruled,
        Self::PoolWattsOverruled,
        Self::NoDay,
        Self::MembersLeftOut,
    ];

    /// One word, for programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::SharingOverruled => "sharing_overruled",
            Self::PoolWattsOverruled => "pool_watts_overruled",
            Self::NoDay => "no_day",
            Self::MembersLeftOut => "members_left_out",
        }
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::SharingOverruled => {
                "sharing is not that of the first member, which holds for all"
            }
            Self::PoolWattsOverruled => {
                "pool_watts are not those of the first member, which hold for all"
            }
            Self::NoDay => "rotating, but no member knows the day: the first is always the same",
            Self::MembersLeftOut => "more members than the list holds: the last take nothing",
        })
    }
}
