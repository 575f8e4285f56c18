//! One least-squares filter in recursive form.

use super::super::fine::{Fine, Finest};

/// The longest memory, in marks.
pub(super) const SLOWEST: usize = 64;
/// No half-period is longer than this: 50 ms.
const LARGEST_HALF_PERIOD: Finest = Finest::from_micros(50_000);
/// No half-period changes by more than this from one to the next: 1 ms.
const LARGEST_CHANGE: Finest = Finest::from_micros(1_000);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Degree {
    Speed,
    Acceleration,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Filter {
    /// The latest crossing.
    pub(super) phase: Fine,
    pub(super) half_period: Finest,
    /// Change of the half-period from one half-cycle to the next.
    pub(super) change: Finest,
    pub(super) samples: usize,
    /// Mean square error of prediction, in Fine².
    pub(super) error: i64,
}

impl Filter {
    pub(super) fn predict(&self, steps: i64) -> Fine {
        let ahead = self.half_period * steps + self.change * steps * steps / 2;
        self.phase + ahead.round()
    }

    pub(super) fn half_period_after(&self, steps: i64) -> Finest {
        self.half_period + self.change * steps
    }

    pub(super) fn step(&mut self, steps: i64) {
        self.phase = self.predict(steps);
        self.half_period = self.half_period_after(steps);
        self.limit();
    }

    /// Corrects by the residual of a mark at the phase reached, `steps` (at least 1) half-cycles
    /// after the previous one.
    pub(super) fn correct(
        &mut self,
        (degree, memory): (Degree, usize),
        steps: i64,
        residual: Fine,
    ) {
        self.samples = self.samples.saturating_add(1).min(memory);
        let gains = match degree {
            Degree::Speed => SPEED.get(self.samples),
            Degree::Acceleration => ACCELERATION.get(self.samples),
        };
        // Every number of samples up to the longest memory has its gains.
        let Some(gains) = gains else { return };
        let steps = steps.max(1);
        self.phase += residual.scaled(gains.phase, GAIN_BITS);
        let residual = residual.refine();
        self.half_period += residual.scaled(gains.half_period, GAIN_BITS) / steps;
        self.change += residual.scaled(gains.change, GAIN_BITS) / steps / steps;
        self.limit();
    }

    /// Keeps what noise can do to a filter within what arithmetic can hold: a filter at a limit is
    /// of no use, and is never the chosen one for long.
    fn limit(&mut self) {
        self.half_period = self.half_period.max(Finest::ZERO).min(LARGEST_HALF_PERIOD);
        self.change = self.change.within(LARGEST_CHANGE);
    }
}

/// Gains of one filter after so many samples, in 2^-[`GAIN_BITS`].
#[derive(Clone, Copy)]
struct Gains {
    phase: i64,
    half_period: i64,
    change: i64,
}

const GAIN_BITS: u32 = 16;

/// Least squares for a straight line after n samples: 2(2n - 1) / n(n + 1) and 6 / n(n + 1).
static SPEED: [Gains; SLOWEST + 1] = gains(Degree::Speed);
/// Least squares for a parabola after n samples: 3(3n² - 3n + 2) / n(n + 1)(n + 2), 18(2n - 1) /
/// n(n + 1)(n + 2) and 60 / n(n + 1)(n + 2).
static ACCELERATION: [Gains; 10] = gains(Degree::Acceleration);

#[expect(clippy::indexing_slicing, reason = "at compile time")]
#[expect(clippy::cast_possible_wrap, reason = "a few dozen")]
const fn gains<const COUNT: usize>(degree: Degree) -> [Gains; COUNT] {
    let mut gains = [Gains {
        phase: 0,
        half_period: 0,
        change: 0,
    }; COUNT];
    let mut index = 1;
    while index < COUNT {
        let n = index as i64;
        gains[index] = match degree {
            Degree::Speed => {
                let divisor = n * (n + 1);
                Gains {
                    phase: share(2 * (2 * n - 1), divisor),
                    half_period: share(6, divisor),
                    change: 0,
                }
            }
            Degree::Acceleration => {
                let divisor = n * (n + 1) * (n + 2);
                Gains {
                    phase: share(3 * (3 * n * n - 3 * n + 2), divisor),
                    half_period: share(18 * (2 * n - 1), divisor),
                    change: share(60, divisor),
                }
            }
        };
        index += 1;
    }
    gains
}

const fn share(numerator: i64, divisor: i64) -> i64 {
    ((numerator << GAIN_BITS) + divisor / 2) / divisor
}
