//! What is asked for, and what one dimmer takes of it.

use crate::{FULL_CENTIPERCENT, NumberIs};

/// What the pool, or this dimmer alone, is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Setpoint {
    /// In centipercent; 10 000 is 100 %. Above 100 % is normal: it is for the dimmers that start later. Negative is off.
    Centipercent(i32),
    /// In watts. Negative is off.
    Watts(i32),
    /// A bare number, in hundredths (42.5 is 4 250): percent or watts, as [`Settings::number_is`](crate::Settings::number_is) says; on the
    /// way to one dimmer alone always percent. Negative is off.
    Hundredths(i32),
}

impl Setpoint {
    /// With a bare number made percent or watts; half a watt is rounded up.
    #[must_use]
    pub const fn meant(self, number_is: NumberIs) -> Self {
        match (self, number_is) {
            (Self::Hundredths(hundredths), NumberIs::Percent) => Self::Centipercent(hundredths),
            (Self::Hundredths(hundredths), NumberIs::Watts) => {
                Self::Watts(hundredths.saturating_add(50).div_euclid(100))
            }
            _ => self,
        }
    }

    /// In centipercent of `whole_watts`, rounded down. Watts of an unknown (0 W) whole mean nothing: off.
    pub(crate) fn centipercent(self, whole_watts: u32) -> i64 {
        match self {
            Self::Centipercent(centipercent) | Self::Hundredths(centipercent) => {
                i64::from(centipercent)
            }
            Self::Watts(watts) => (i64::from(watts) * i64::from(FULL_CENTIPERCENT))
                .checked_div(i64::from(whole_watts))
                .unwrap_or(0),
        }
    }

    /// In milliwatts, where 100 % is `whole_watts`, rounded down; negative is 0.
    pub(crate) fn milliwatts(self, whole_watts: u64) -> u64 {
        match self {
            Self::Centipercent(centipercent) | Self::Hundredths(centipercent) => {
                // 0.01 % of a watt is a tenth of a milliwatt.
                u64::try_from(centipercent)
                    .unwrap_or(0)
                    .saturating_mul(whole_watts)
                    / 10
            }
            Self::Watts(watts) => u64::try_from(watts).unwrap_or(0).saturating_mul(1_000),
        }
    }
}

/// The power that this dimmer should take: 0 to 10 000 centipercent of its own rated power.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Share(u16);

impl Share {
    /// Nothing.
    pub const OFF: Self = Self(0);
    /// All of it.
    pub const FULL: Self = Self(FULL_CENTIPERCENT);

    /// Of so many centipercent; more than 10 000 is [`FULL`](Self::FULL).
    pub(crate) const fn new(centipercent: u16) -> Self {
        if centipercent < FULL_CENTIPERCENT {
            Self(centipercent)
        } else {
            Self::FULL
        }
    }

    /// In centipercent of this dimmer's rated power, 0 to 10 000.
    #[must_use]
    pub const fn centipercent(self) -> u16 {
        self.0
    }

    /// Whether it is nothing.
    #[must_use]
    pub const fn is_off(self) -> bool {
        self.0 == 0
    }

    /// In watts of a load of `rated_watts`, rounded down.
    #[must_use]
    pub fn watts(self, rated_watts: u32) -> u32 {
        let watts = u64::from(self.0) * u64::from(rated_watts) / u64::from(FULL_CENTIPERCENT);
        // Never more than rated_watts, as the share is never more than 10 000.
        u32::try_from(watts).unwrap_or(rated_watts)
    }
}
