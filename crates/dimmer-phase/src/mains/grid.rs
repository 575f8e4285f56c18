//! The loop: from marks to a prediction of crossings.
//!
//! A crossing is predicted by least squares over the latest marks, in recursive form (a polynomial
//! filter with growing, then fading memory: Morrison, "Introduction to Sequential Smoothing and
//! Prediction", 1969; the steady state is a second-order phase-locked loop). Three run side by
//! side: a quick one that follows a generator's acceleration, and two slow ones that average
//! jitter. The one with the smallest error of prediction is asked.

mod filter;
mod parity;

use super::fine::{Fine, Finest, micros};
use filter::{Degree, Filter, SLOWEST};
use parity::{Judgement, Parity};

/// Degree and memory (in marks) of each filter; the last is the slowest.
const FILTERS: [(Degree, usize); 3] = [
    (Degree::Acceleration, 9),
    (Degree::Speed, 16),
    (Degree::Speed, SLOWEST),
];
/// The place of the slowest.
const SLOW: usize = 2;
/// Marks over which a detector's asymmetry is averaged: it is a constant of the hardware.
const ASYMMETRY_MEMORY: i64 = 128;
/// Mean square residual below which filters are equally good: (0.5 µs)².
const QUANTISATION: i64 = 128 * 128;
/// No residual is taken for more than this: 4 ms.
const LARGEST: Fine = micros(4_000);

/// Where a mark lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Half-cycles after the latest crossing.
    pub(super) steps: i64,
    /// The mark less the prediction.
    pub(super) residual: Fine,
}

/// The predicted crossings.
#[derive(Clone, Debug)]
pub(super) struct Grid {
    filters: [Filter; 3],
    chosen: usize,
    /// Whether the latest crossing is one of the odd ones.
    odd: bool,
    /// How much later than the crossing the even marks are, and earlier the odd ones.
    asymmetry: Fine,
    asymmetry_samples: i64,
    /// After a jump, until it is known which half is which.
    parity: Option<Parity>,
    /// Mean absolute residual.
    deviation: Fine,
}

impl Grid {
    /// A grid whose latest crossing is at `phase`, an even one.
    pub(super) fn new(phase: Fine, half_period: Fine, asymmetry: Fine) -> Self {
        let filter = Filter {
            phase,
            half_period: half_period.refine(),
            change: Finest::ZERO,
            samples: 2,
            error: 0,
        };
        Self {
            filters: [filter; 3],
            chosen: SLOW,
            odd: false,
            asymmetry,
            asymmetry_samples: 2,
            parity: None,
            deviation: Fine::ZERO,
        }
    }

    fn chosen(&self) -> &Filter {
        let [quick, medium, slow] = &self.filters;
        match self.chosen {
            0 => quick,
            1 => medium,
            _ => slow,
        }
    }

    pub(super) fn odd_after(&self, steps: i64) -> bool {
        self.odd ^ (steps & 1 != 0)
    }

    /// Exchanges the names of the two polarities.
    pub(super) fn exchange_polarities(&mut self) {
        self.odd = !self.odd;
        self.asymmetry = -self.asymmetry;
    }

    /// Only the even crossings are marked: what was taken for asymmetry belongs to them.
    pub(super) fn forget_asymmetry(&mut self) {
        for filter in &mut self.filters {
            filter.phase += self.asymmetry;
        }
        self.asymmetry = Fine::ZERO;
    }

    /// When the crossing so many half-cycles after the latest one is.
    pub(super) fn predict(&self, steps: i64) -> Fine {
        self.chosen().predict(steps)
    }

    /// When the mark of that crossing is due.
    pub(super) fn predict_mark(&self, steps: i64) -> Fine {
        self.predict(steps) + self.lag(steps)
    }

    /// The half-period, at the latest crossing.
    pub(super) fn half_period(&self) -> Fine {
        self.chosen().half_period.round()
    }

    /// The half-period, at the latest crossing, before rounding.
    pub(super) fn exact_half_period(&self) -> Finest {
        self.chosen().half_period
    }

    /// How far the first marks after a jump may be from their predictions besides.
    pub(super) fn doubt_after_jump(&self) -> Fine {
        self.parity.as_ref().map_or(Fine::ZERO, Parity::doubt)
    }

    pub(super) fn deviation(&self) -> Fine {
        self.deviation
    }

    /// How many half-cycles after the latest crossing the first one later than `at` is: at least 0;
    /// `None` beyond 64.
    pub(super) fn steps_after(&self, at: Fine) -> Option<i64> {
        let filter = self.chosen();
        if at < filter.phase {
            return Some(0);
        }
        let steps = (at - filter.phase)
            .times(self.half_period())
            .saturating_add(1);
        // The half-period changes on the way: one less, or some more.
        let before = steps.saturating_sub(1);
        if steps > 64 {
            None
        } else if filter.predict(before) > at {
            Some(before)
        } else {
            (steps..=steps.saturating_add(4)).find(|steps| filter.predict(*steps) > at)
        }
    }

    /// The crossing that is nearest to a mark; `None` when it is more than a half-cycle before the
    /// latest or more than 64 after.
    pub(super) fn locate(&self, at: Fine) -> Option<Place> {
        let filter = self.chosen();
        let half_period = self.half_period();
        let from = at - filter.phase;
        if from < -half_period || from > half_period * 64 {
            return None;
        }
        let steps = (from + half_period / 2).times(half_period);
        Some(Place {
            steps,
            residual: at - self.lag(steps) - filter.predict(steps),
        })
    }

    /// How much later than its crossing a mark is, by the detector's asymmetry.
    fn lag(&self, steps: i64) -> Fine {
        if self.odd_after(steps) {
            -self.asymmetry
        } else {
            self.asymmetry
        }
    }

    /// Half-cycles pass without a mark that was due.
    pub(super) fn coast(&mut self, steps: i64) {
        self.step(steps);
        if let Some(parity) = &mut self.parity {
            parity.interrupt();
        }
        // An acceleration is known for a moment only: from memory it would run away.
        for filter in &mut self.filters {
            filter.change = filter.change / 2;
        }
    }

    /// The latest crossing is so many half-cycles later.
    pub(super) fn step(&mut self, steps: i64) {
        for filter in &mut self.filters {
            filter.step(steps);
        }
        self.odd = self.odd_after(steps);
    }

    /// A mark belongs to the crossing `steps` (at least 1) after the latest one. `both_halves`: the
    /// detector marks all crossings, so its asymmetry shows.
    pub(super) fn correct(&mut self, steps: i64, at: Fine, both_halves: bool) {
        let steps = steps.max(1);
        self.step(steps);
        let lag = self.lag(0);
        let residual = (at - lag - self.chosen().phase).within(LARGEST);
        let judged = self.judge_parity(steps, at, lag, residual);
        if matches!(judged, Some(Judgement::Wrong { .. })) {
            return;
        }
        // An outlier that the gate let through counts for no more than a large but likely residual.
        let established = self.chosen().samples >= 8;
        let limit = if established {
            self.deviation * 4 + micros(40)
        } else {
            LARGEST
        };
        self.deviation += (residual.abs() - self.deviation) / if established { 16 } else { 4 };
        let mut slow_residual = Fine::ZERO;
        let mut strayed = [false; 3];
        for ((filter, shape), strayed) in self.filters.iter_mut().zip(FILTERS).zip(&mut strayed) {
            let own = (at - lag - filter.phase).within(LARGEST);
            *strayed = own.abs() > limit && own.abs() > residual.abs() * 2;
            let own = own.within(limit);
            let square = own.units().saturating_mul(own.units());
            let change = square.saturating_sub(filter.error) / 32;
            filter.error = filter.error.saturating_add(change);
            filter.correct(shape, steps, own);
            slow_residual = own;
        }
        self.recall(strayed);
        self.choose();
        if both_halves && judged.is_none() {
            self.asymmetry_samples = self
                .asymmetry_samples
                .saturating_add(1)
                .min(ASYMMETRY_MEMORY);
            let share = slow_residual / self.asymmetry_samples;
            self.asymmetry += if self.odd { -share } else { share };
        }
    }

    /// After a jump: what the mark says of the names of the halves, if they are not settled. When they were wrong, what was
    /// learned by them is forgotten.
    fn judge_parity(
        &mut self,
        steps: i64,
        at: Fine,
        lag: Fine,
        residual: Fine,
    ) -> Option<Judgement> {
        let mut parity = self.parity.take()?;
        let judgement = parity.judge(steps, at, lag, residual);
        if let Judgement::Wrong { half_period, .. } = judgement {
            self.odd = !self.odd;
            self.deviation = parity.deviation;
            self.start_again(at, half_period, parity.pause);
        }
        if !judgement.is_settled() {
            self.parity = Some(parity);
        }
        Some(judgement)
    }

    /// The mains goes on at another phase, at the same frequency: its latest mark is here. It is taken for an
    /// even one; the next marks tell whether it was.
    pub(super) fn rebase(&mut self, at: Fine, pause: i64) {
        let half_period = self.chosen().half_period;
        self.parity = Some(Parity::new(at, half_period, self.deviation, pause));
        self.odd = false;
        self.start_again(at, half_period, pause);
    }

    fn start_again(&mut self, at: Fine, half_period: Finest, pause: i64) {
        let at = at - self.lag(0);
        for filter in &mut self.filters {
            filter.phase = at;
            filter.half_period = half_period;
            filter.change = Finest::ZERO;
            filter.error = 0;
        }
        self.chosen = SLOW;
        self.refresh(pause);
    }

    /// After a pause of so many half-cycles the phase is to be learned anew, and quickly; and the longer it was, the
    /// frequency as well.
    pub(super) fn refresh(&mut self, pause: i64) {
        let known = match pause {
            0..=7 => 8,
            8..=15 => 6,
            16..=23 => 5,
            24..=31 => 4,
            _ => 3,
        };
        for filter in &mut self.filters {
            filter.samples = filter.samples.min(known);
        }
    }

    /// A slow filter that the mains has run away from starts again from the chosen one.
    fn recall(&mut self, strayed: [bool; 3]) {
        let leader = *self.chosen();
        for (filter, strayed) in self.filters.iter_mut().zip(strayed) {
            if strayed {
                *filter = Filter {
                    change: Finest::ZERO,
                    samples: leader.samples.min(8),
                    error: filter.error,
                    ..leader
                };
            }
        }
    }

    fn choose(&mut self) {
        let [quick, medium, slow] = &self.filters;
        // A quicker filter must be clearly better: one step ahead is measured, but two are used,
        // and there its noise has grown more.
        let beats = |this: i64, times: i64, other: i64| {
            this.saturating_mul(times).saturating_add(QUANTISATION) < other
        };
        let (mut chosen, mut error) = (SLOW, slow.error);
        if beats(medium.error, 2, error) {
            (chosen, error) = (1, medium.error);
        }
        if beats(quick.error, 4, error) {
            chosen = 0;
        }
        self.chosen = chosen;
    }
}
