//! The inverse of the power law, computed by the compiler.
#![expect(
    clippy::float_arithmetic,
    reason = "evaluated at compile time only: nothing here is called at run time"
)]

/// Shares of a half-period are in units of 2^-24.
pub(super) const SHARE_BITS: u32 = 24;
/// The whole half-period.
pub(super) const ONE: u32 = 1 << SHARE_BITS;
/// Half power in centipercent, the end of the table.
pub(super) const HALF_POWER: u16 = 5_000;
/// Knots per octave of the level: 2^5.
pub(super) const STEP_BITS: u32 = 5;
/// Knots per octave.
pub(super) const STEPS: u32 = 1 << STEP_BITS;
/// From level 0 to the first knot at or above [`HALF_POWER`]: 0 to 63 one by one, then 32 to each
/// octave, and one more to interpolate to.
const COUNT: usize = 265;

/// Conduction, as a share of the half-period, at each knot's level.
pub(super) static KNOTS: [u32; COUNT] = knots();

#[expect(
    clippy::indexing_slicing,
    reason = "an iterator is not const; an index out of bounds would not compile"
)]
const fn knots() -> [u32; COUNT] {
    let mut knots = [0; COUNT];
    let mut index = 0;
    while index < COUNT {
        knots[index] = rounded(conduction(level_of(index) / 10_000.0));
        index += 1;
    }
    knots
}

/// The level in centipercent at which a knot lies: the inverse of the index in `conduction_share`.
#[expect(clippy::cast_precision_loss, reason = "a few thousand, exact")]
const fn level_of(index: usize) -> f64 {
    let steps = STEPS as usize;
    if index < 2 * steps {
        return index as f64;
    }
    let octave = index / steps - 1;
    ((index - octave * steps) << octave) as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share is between 0 and 1"
)]
const fn rounded(share: f64) -> u32 {
    (share * ONE as f64 + 0.5) as u32
}

/// The conducting share x of a half-period that delivers `power` (0 to 1): the solution of x -
/// sin(2πx)/(2π) = power, by bisection, for the function rises.
const fn conduction(power: f64) -> f64 {
    let mut low = 0.0;
    let mut high = 1.0;
    let mut step = 0;
    while step < 40 {
        let middle = (low + high) / 2.0;
        if middle - sine_of_turn(middle) / core::f64::consts::TAU < power {
            low = middle;
        } else {
            high = middle;
        }
        step += 1;
    }
    (low + high) / 2.0
}

/// sin(2π·turn) for a turn between 0 and 1, by the Taylor series around the half turn.
const fn sine_of_turn(turn: f64) -> f64 {
    // sin(2πt) = sin(2π(1/2 - t)), and 1/2 - t is at most half a turn: 15 terms leave less than
    // 1e-15.
    let angle = core::f64::consts::TAU * (0.5 - turn);
    let mut term = angle;
    let mut sum = angle;
    let mut order = 1.0;
    while order < 15.0 {
        term *= -angle * angle / ((2.0 * order) * (2.0 * order + 1.0));
        sum += term;
        order += 1.0;
    }
    sum
}
