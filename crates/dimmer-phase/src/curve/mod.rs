//! From a level to the firing delay.
//!
//! A resistive load behind a triac that is fired at the angle a (0 at the crossing, π at the next)
//! gets the share P = 1 - a/π + sin(2a)/(2π) of full power: the integral of sin² from a to π over
//! that from 0 to π. The exact inverse is tabulated by the compiler and interpolated in integers
//! here; what is left is below 0.004 points of full power, plus half a microsecond of rounding.

mod custom;
mod table;

pub use custom::{CurveTable, CurveTableError};

use crate::mains::fine::{Fine, micros};
use crate::{Duration, Level};

/// The longest half-period that is taken for mains: 50 ms, 10 Hz.
const LONGEST_US: u64 = 50_000;
/// The same in 1/256 µs.
const LONGEST: Fine = micros(50_000);
/// Half of the last digit that rounding drops.
const HALF_SHARE: u64 = 1 << (table::SHARE_BITS - 1);

/// How a level becomes a delay. For a table of the user's own see [`CurveTable`].
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Curve {
    /// Power in a resistive load is linear in the level: the exact inverse of P = 1 - a/π +
    /// sin(2a)/(2π).
    #[default]
    Resistive,
    /// The conduction angle is linear in the level.
    Linear,
}

impl Curve {
    /// From the crossing to the firing for this level, rounded to the microsecond.
    ///
    /// `None` when nothing is to be fired ([`Level::OFF`]), or when the half-period is longer than
    /// 50 ms. [`Level::FULL`] is a delay of 0.
    #[must_use]
    pub fn delay(self, level: Level, half_period: Duration) -> Option<Duration> {
        let half_period_us = half_period.as_ticks();
        if half_period_us > LONGEST_US {
            return None;
        }
        let share = u64::from(self.share(level)?);
        Some(Duration::from_ticks(
            half_period_us
                .saturating_mul(share)
                .saturating_add(HALF_SHARE)
                >> table::SHARE_BITS,
        ))
    }

    /// As [`delay`](Self::delay), in 1/256 µs.
    pub(crate) fn fine_delay(self, level: Level, half_period: Fine) -> Option<Fine> {
        if !(Fine::ZERO..=LONGEST).contains(&half_period) {
            return None;
        }
        let share = i64::from(self.share(level)?);
        Some(half_period.scaled(share, table::SHARE_BITS))
    }

    /// The delay's share of the half-period, in units of 2^-24.
    fn share(self, level: Level) -> Option<u32> {
        if level == Level::OFF {
            return None;
        }
        Some(match self {
            Self::Resistive => resistive_share(level),
            Self::Linear => linear_share(level),
        })
    }
}

/// The delay for a resistive load: [`Curve::Resistive`].
#[must_use]
pub fn delay(level: Level, half_period: Duration) -> Option<Duration> {
    Curve::Resistive.delay(level, half_period)
}

/// The delay's share of the half-period, in units of 2^-[`table::SHARE_BITS`].
fn resistive_share(level: Level) -> u32 {
    let centipercent = level.centipercent();
    // The law is symmetric: P(π - a) = 1 - P(a). Only the lower half is tabulated, where conduction
    // is short.
    if centipercent <= table::HALF_POWER {
        table::ONE.saturating_sub(conduction_share(centipercent))
    } else {
        conduction_share(Level::FULL.centipercent().saturating_sub(centipercent))
    }
}

/// The share of the half-period in which the triac conducts, for at most half power.
fn conduction_share(centipercent: u16) -> u32 {
    // Knots lie as in a floating-point number: every octave has the same number, so that they are
    // dense where the cube root is steep.
    let value = u32::from(centipercent);
    let octave = value
        .checked_ilog2()
        .unwrap_or(0)
        .saturating_sub(table::STEP_BITS);
    let knot = octave
        .saturating_mul(table::STEPS)
        .saturating_add(value >> octave);
    let beyond = value.saturating_sub(value >> octave << octave);
    let knot = usize::try_from(knot).unwrap_or(usize::MAX);
    let pair = (
        table::KNOTS.get(knot),
        table::KNOTS.get(knot.saturating_add(1)),
    );
    let (Some(&below), Some(&above)) = pair else {
        return table::ONE / 2;
    };
    // Knots rise, and a step is at most 2^24 / 2 and `beyond` below 2^8: 31 bits.
    below.saturating_add(above.saturating_sub(below).saturating_mul(beyond) >> octave)
}

/// [`Curve::Linear`] in the same units.
fn linear_share(level: Level) -> u32 {
    let off = u64::from(
        Level::FULL
            .centipercent()
            .saturating_sub(level.centipercent()),
    );
    u32::try_from((off << table::SHARE_BITS) / u64::from(Level::FULL.centipercent()))
        .unwrap_or(table::ONE)
}

#[cfg(test)]
mod tests;
