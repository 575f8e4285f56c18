//! The words of the settings that choose between ways.

use core::fmt;

use serde::{Deserialize, Serialize};

/// How dimmers on one setpoint share it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sharing {
    /// Nobody is known: each works between its own start and full. The default.
    #[default]
    Thresholds,
    /// The lowest [`priority`](crate::Settings::priority) first, up to all that it can take; then the next. Among equals, the lowest id.
    Priority,
    /// All at once, in proportion to their [`weight`](crate::Settings::weight).
    Weight,
    /// All at once, the same watts for each.
    Equal,
    /// One after the other in the order of the ids; who is first changes by day.
    Rotating,
}

impl Sharing {
    /// Every one, as they are listed for people.
    pub const ALL: [Self; 5] = [
        Self::Thresholds,
        Self::Priority,
        Self::Weight,
        Self::Equal,
        Self::Rotating,
    ];

    /// As it is written in settings and in announcements.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Thresholds => "thresholds",
            Self::Priority => "priority",
            Self::Weight => "weight",
            Self::Equal => "equal",
            Self::Rotating => "rotating",
        }
    }

    /// What [`code`](Self::code) gives, read.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sharing| sharing.code() == code)
    }

    /// Whether members announce themselves, and all compute the same division.
    #[must_use]
    pub const fn is_shared(self) -> bool {
        !matches!(self, Self::Thresholds)
    }

    /// Whether all get a part at once, instead of one after the other.
    #[must_use]
    pub const fn is_proportional(self) -> bool {
        matches!(self, Self::Weight | Self::Equal)
    }
}

impl fmt::Display for Sharing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

/// What a bare number on the common topic means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NumberIs {
    /// `42.5` is 42.5 %. The default.
    #[default]
    Percent,
    /// `900` is 900 W.
    Watts,
}

/// What 100 % of the common setpoint is, for a dimmer that works by its thresholds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PercentOf {
    /// The rated power of this dimmer. The default.
    #[default]
    Dimmer,
    /// The [`pool_watts`](crate::Settings::pool_watts).
    Pool,
}
