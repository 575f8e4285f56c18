//! From marks without a known mains to a first grid.
//!
//! Three marks whose spacing could be that of 45 to 65 Hz mains make a hypothesis; it must then
//! foretell a run of further marks. A wrong one (seeded by noise, or across a missing pulse)
//! cannot, and is dropped for the next.

use super::fine::{Fine, micros};
use super::grid::Grid;
use super::pulses::{Mark, Shape};
use super::{LONGEST_HALF_PERIOD, SHORTEST_HALF_PERIOD};
use crate::EdgeKind;

/// Marks that a hypothesis must foretell: at each crossing, or at every second one.
const HITS: u8 = 20;
const HITS_HALF_WAVE: u8 = 7;
/// Residuals must be this small on average before the lock.
const QUIET: Fine = micros(150);

/// What a completed acquisition found.
#[derive(Clone, Debug)]
pub(super) struct Acquired {
    pub(super) grid: Grid,
    /// The marks are pulses, not transitions.
    pub(super) is_pulse: bool,
    /// The edge that begins the pulse, or the transition, at even crossings.
    pub(super) even: EdgeKind,
    /// At odd crossings; `None` where there are no marks.
    pub(super) odd: Option<EdgeKind>,
    pub(super) width: Fine,
}

#[derive(Clone, Debug, Default)]
struct Half {
    kind: Option<EdgeKind>,
    hits: u8,
}

#[derive(Clone, Debug)]
struct Trial {
    grid: Grid,
    hits: u8,
    strays: u8,
    even: Half,
    odd: Half,
    is_pulse: bool,
    width: Fine,
}

/// Searches one stream of marks: all pulses, or all transitions.
#[derive(Clone, Debug, Default)]
pub(super) struct Acquirer {
    /// The latest marks, newest first.
    recent: [Option<Mark>; 3],
    trial: Option<Trial>,
}

impl Acquirer {
    pub(super) fn is_trying(&self) -> bool {
        self.trial.is_some()
    }

    /// Takes the next mark. Gives a grid when it has foretold enough.
    pub(super) fn mark(&mut self, mark: Mark) -> Option<Acquired> {
        let [newest, middle, _] = self.recent;
        self.recent = [Some(mark), newest, middle];
        if let Some(trial) = &mut self.trial {
            if trial.take(mark) {
                let acquired = trial.complete();
                if acquired.is_some() {
                    *self = Self::default();
                }
                return acquired;
            }
            self.trial = None;
        }
        if let [Some(third), Some(second), Some(first)] = self.recent {
            self.trial = hypothesis(first, second, third);
        }
        None
    }
}

impl Trial {
    /// False when the hypothesis is refuted.
    fn take(&mut self, mark: Mark) -> bool {
        let half_period = self.grid.half_period();
        if !(SHORTEST_HALF_PERIOD..=LONGEST_HALF_PERIOD).contains(&half_period) {
            return false;
        }
        let Some(place) = self.grid.locate(mark.at) else {
            return false;
        };
        if place.steps > 5 {
            return false;
        }
        // The first predictions are those of three marks with their jitter.
        let gate = if self.hits < 4 {
            half_period / 10
        } else {
            half_period / 16
        };
        let odd = self.grid.odd_after(place.steps);
        let half = if odd { &mut self.odd } else { &mut self.even };
        let kind = kind_of(mark);
        let alike =
            half.kind.is_none_or(|known| known == kind) && alike_width(self.width, width_of(mark));
        if place.steps < 1 || place.residual.abs() > gate || !alike {
            self.strays = self.strays.saturating_add(1);
            return self.strays <= (self.hits / 3).saturating_add(2);
        }
        half.kind = Some(kind);
        half.hits = half.hits.saturating_add(1);
        self.grid
            .correct(place.steps, mark.at, self.marks_both_halves());
        self.width += (width_of(mark) - self.width) / 4;
        self.hits = self.hits.saturating_add(1);
        true
    }

    /// Whether all crossings are marked, not every second one: a few spurious marks at the others
    /// do not count.
    fn marks_both_halves(&self) -> bool {
        let (even, odd) = (self.even.hits, self.odd.hits);
        odd.saturating_mul(4) >= even && even.saturating_mul(4) >= odd
    }

    fn complete(&self) -> Option<Acquired> {
        let both_halves = self.marks_both_halves();
        let enough = if both_halves { HITS } else { HITS_HALF_WAVE };
        if self.hits < enough || self.grid.deviation() > QUIET {
            return None;
        }
        // The half without marks, if there is one, is the odd one.
        let mut grid = self.grid.clone();
        let (even, odd) = if both_halves {
            (self.even.kind, self.odd.kind)
        } else if self.even.hits >= self.odd.hits {
            (self.even.kind, None)
        } else {
            grid.exchange_polarities();
            (self.odd.kind, None)
        };
        let (even, odd) = match (even?, odd) {
            (EdgeKind::Falling, Some(EdgeKind::Rising)) => {
                // Of a square wave's crossings, those where the pin rises are the even ones.
                grid.exchange_polarities();
                (EdgeKind::Rising, Some(EdgeKind::Falling))
            }
            halves => halves,
        };
        if odd.is_none() {
            grid.forget_asymmetry();
        }
        Some(Acquired {
            grid,
            is_pulse: self.is_pulse,
            even,
            odd,
            width: self.width,
        })
    }
}

fn hypothesis(first: Mark, second: Mark, third: Mark) -> Option<Trial> {
    let whole = third.at - first.at;
    let (early, late) = (second.at - first.at, third.at - second.at);
    let width = (width_of(first) + width_of(second) + width_of(third)) / 3;
    if ![first, second, third]
        .iter()
        .all(|mark| alike_width(width, width_of(*mark)))
        || kind_of(first) != kind_of(third)
    {
        return None;
    }
    let is_pulse = matches!(first.shape, Shape::Pulse { .. });
    let full_cycle = SHORTEST_HALF_PERIOD * 2..=LONGEST_HALF_PERIOD * 2;
    if full_cycle.contains(&whole) && (early - late).abs() <= whole / 8 {
        if is_pulse && kind_of(first) != kind_of(second) {
            return None;
        }
        let asymmetry = (late - early) / 4;
        let grid = Grid::new(third.at - asymmetry, whole / 2, asymmetry);
        let even = Half {
            kind: Some(kind_of(third)),
            hits: 2,
        };
        let odd = Half {
            kind: Some(kind_of(second)),
            hits: 1,
        };
        return Some(Trial {
            grid,
            hits: 0,
            strays: 0,
            even,
            odd,
            is_pulse,
            width,
        });
    }
    // A half-wave detector, of whose marks one may be missing.
    for (cycles_early, cycles_late, half_cycles) in [(1, 1, 4), (1, 2, 6), (2, 1, 6)] {
        let (one, other) = (early / cycles_early, late / cycles_late);
        if full_cycle.contains(&one)
            && full_cycle.contains(&other)
            && (one - other).abs() <= whole / 64
            && kind_of(first) == kind_of(second)
        {
            let grid = Grid::new(third.at, whole / half_cycles, Fine::ZERO);
            let even = Half {
                kind: Some(kind_of(third)),
                hits: 3,
            };
            let odd = Half::default();
            return Some(Trial {
                grid,
                hits: 0,
                strays: 0,
                even,
                odd,
                is_pulse,
                width,
            });
        }
    }
    None
}

fn kind_of(mark: Mark) -> EdgeKind {
    match mark.shape {
        Shape::Pulse { leading, .. } => leading,
        Shape::Transition { kind } => kind,
    }
}

pub(super) fn width_of(mark: Mark) -> Fine {
    match mark.shape {
        Shape::Pulse { width, .. } => width,
        Shape::Transition { .. } => Fine::ZERO,
    }
}

/// Whether a pulse could be one of these: widths jitter, and more so on slow edges.
pub(super) fn alike_width(known: Fine, width: Fine) -> bool {
    (width - known).abs() <= micros(100) + known / 8
}
