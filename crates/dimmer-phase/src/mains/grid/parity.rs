//! After a jump of the mains: which half is which?
//!
//! An asymmetric detector shows the even crossings late and the odd ones early by the same time. After a jump the first
//! mark is taken for an even one. The next tells whether that was right: by the wrong names it is off by four times the
//! asymmetry. Where the frequency has changed as well, as a generator's may, only the third tells for certain: from an even
//! mark to the odd one it is shorter than on to the next even one, by four times the asymmetry again.

use super::super::fine::{Fine, Finest, micros};

/// After a pause this long, in half-cycles, two intervals tell the frequency better than memory.
const LONG_PAUSE: i64 = 16;
/// A half-period changes by no more in one: 2 Hz in a second.
const DRIFT_PER_HALF_CYCLE: Fine = micros(4);
const LONGEST_PAUSE: i64 = 50;

/// What is known since a jump after which any half may be the even one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parity {
    /// The first mark since, and the next.
    marks: [Option<Fine>; 2],
    /// As it was before the jump.
    half_period: Finest,
    pub(super) deviation: Fine,
    /// Half-cycles without a mark.
    pub(super) pause: i64,
}

/// What a mark says of the names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// Nothing yet.
    Open,
    /// They are right.
    Right,
    /// They are wrong; `half_period` is the best that is known of it.
    Wrong { half_period: Finest, settled: bool },
}

impl Judgement {
    /// Whether no further mark is needed.
    pub(super) fn is_settled(self) -> bool {
        match self {
            Self::Open => false,
            Self::Right => true,
            Self::Wrong { settled, .. } => settled,
        }
    }
}

impl Parity {
    pub(super) fn new(at: Fine, half_period: Finest, deviation: Fine, pause: i64) -> Self {
        Self {
            marks: [Some(at), None],
            half_period,
            deviation,
            pause,
        }
    }

    /// A mark that was due has not come: the intervals begin anew.
    pub(super) fn interrupt(&mut self) {
        self.marks = [None; 2];
    }

    /// How far a mark may be from its prediction by a change of frequency in the pause. Not by the asymmetry: a mark that
    /// is off by much of that is better taken for a new beginning.
    pub(super) fn doubt(&self) -> Fine {
        DRIFT_PER_HALF_CYCLE * self.pause.min(LONGEST_PAUSE)
    }

    /// A mark, `steps` half-cycles after the one before, that lags its crossing by `lag` and is `residual` late by the
    /// present names.
    pub(super) fn judge(&mut self, steps: i64, at: Fine, lag: Fine, residual: Fine) -> Judgement {
        match self.marks {
            [Some(first), Some(second)] if steps == 1 => {
                let longer = (at - second) - (second - first);
                if (longer + lag * 4).abs() >= (longer - lag * 4).abs() {
                    return Judgement::Right;
                }
                let half_period = if self.pause < LONG_PAUSE {
                    self.half_period
                } else {
                    (at - first).refine() / 2
                };
                Judgement::Wrong {
                    half_period,
                    settled: true,
                }
            }
            [Some(first), None] if steps == 1 => {
                self.marks = [Some(first), Some(at)];
                if (residual + lag * 4).abs() < residual.abs() {
                    Judgement::Wrong {
                        half_period: self.half_period,
                        settled: false,
                    }
                } else {
                    Judgement::Open
                }
            }
            _ => {
                self.marks = [Some(at), None];
                Judgement::Open
            }
        }
    }
}
