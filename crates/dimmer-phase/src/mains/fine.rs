//! The tracker's own units of time: fixed-point microseconds, signed, so that averages keep what a
//! single time stamp cannot show.
//!
//! All arithmetic saturates. Nothing that passes the tracker's gates comes near the ends, and
//! whatever garbage does cannot panic where overflow is checked.

use core::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

use crate::{Duration, Instant};

/// Microseconds with so many binary digits after the point: a moment since the clock's origin, or a
/// difference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fixed<const FRACTION_BITS: u32>(i64);

/// 1/256 µs. Moments end at 2^54 µs, so sums of a few of them do not saturate.
pub(crate) type Fine = Fixed<8>;

/// 1/2^24 µs, for half-periods and their change, of which many are summed: up to 2^39 µs.
pub(crate) type Finest = Fixed<24>;

/// From [`Finest`] to [`Fine`].
const REFINED_BITS: u32 = 16;

/// The last moment, in µs, that is told from later ones.
const LAST_US: u64 = 1 << 54;

/// So many microseconds.
pub(crate) const fn micros(micros: i64) -> Fine {
    Fine::from_micros(micros)
}

impl<const FRACTION_BITS: u32> Fixed<FRACTION_BITS> {
    pub(crate) const ZERO: Self = Self(0);

    pub(crate) const fn from_micros(micros: i64) -> Self {
        Self(micros.saturating_mul(1 << FRACTION_BITS))
    }

    /// This many units.
    pub(crate) const fn from_units(units: i64) -> Self {
        Self(units)
    }

    pub(crate) const fn units(self) -> i64 {
        self.0
    }

    pub(crate) const fn abs(self) -> Self {
        Self(self.0.saturating_abs())
    }

    /// The nearest value that is not further from zero than `limit`, which is not negative.
    pub(crate) fn within(self, limit: Self) -> Self {
        self.max(-limit).min(limit)
    }

    /// This, times `gain` / 2^`bits`.
    pub(crate) const fn scaled(self, gain: i64, bits: u32) -> Self {
        Self(self.0.saturating_mul(gain).wrapping_shr(bits))
    }

    /// How many times `other` fits in this, rounded down.
    pub(crate) const fn times(self, other: Self) -> i64 {
        match self.0.checked_div_euclid(other.0) {
            Some(times) => times,
            None => 0,
        }
    }
}

impl Fine {
    pub(crate) const fn refine(self) -> Finest {
        Fixed(self.0.saturating_mul(1 << REFINED_BITS))
    }

    /// A moment.
    pub(crate) fn of_instant(at: Instant) -> Self {
        micros(i64::try_from(at.as_ticks().min(LAST_US)).unwrap_or(i64::MAX))
    }

    /// A moment in whole microseconds, rounded; moments before the clock's origin are at the
    /// origin.
    pub(crate) fn to_instant(self) -> Instant {
        Instant::from_ticks(self.to_micros())
    }

    /// A length in whole microseconds, rounded; negative ones are zero.
    pub(crate) fn to_duration(self) -> Duration {
        Duration::from_ticks(self.to_micros())
    }

    /// Rounded, never negative.
    pub(crate) fn to_micros(self) -> u64 {
        u64::try_from(self.0.saturating_add(128) >> 8).unwrap_or(0)
    }

    /// For the published diagnostics.
    pub(crate) fn to_micros_u32(self) -> u32 {
        u32::try_from(self.to_micros()).unwrap_or(u32::MAX)
    }
}

impl Finest {
    pub(crate) const fn round(self) -> Fine {
        Fixed(self.0.saturating_add(1 << (REFINED_BITS - 1)) >> REFINED_BITS)
    }
}

impl<const FRACTION_BITS: u32> Add for Fixed<FRACTION_BITS> {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl<const FRACTION_BITS: u32> AddAssign for Fixed<FRACTION_BITS> {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl<const FRACTION_BITS: u32> Sub for Fixed<FRACTION_BITS> {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl<const FRACTION_BITS: u32> Neg for Fixed<FRACTION_BITS> {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl<const FRACTION_BITS: u32> Mul<i64> for Fixed<FRACTION_BITS> {
    type Output = Self;
    fn mul(self, factor: i64) -> Self {
        Self(self.0.saturating_mul(factor))
    }
}

impl<const FRACTION_BITS: u32> Div<i64> for Fixed<FRACTION_BITS> {
    type Output = Self;
    /// Divisors are small positive numbers. A division by zero is zero.
    fn div(self, divisor: i64) -> Self {
        Self(self.0.checked_div(divisor).unwrap_or(0))
    }
}
