//! Tracking: each crossing gets the best of the marks near it, or is coasted over.

mod confirm;

use confirm::Confirmation;

use super::acquire::{Acquired, alike_width};
use super::fine::{Fine, micros};
use super::grid::Grid;
use super::pulses::{Mark, Shape};
use super::status::{DetectorKind, MainsFault};
use super::{LONGEST_HALF_PERIOD, SHORTEST_HALF_PERIOD};
use crate::EdgeKind;

pub(super) use confirm::Counters;

/// A mark this near its prediction is always plausible.
const NARROWEST_GATE: Fine = micros(100);
/// Half-cycles that a lost grid is remembered: a return at the old phase is recognised by one mark.
const MEMORY: i64 = 120;

/// Marks after which it was no mistake.
const PROOF_OF_MOVE: u8 = 4;

/// What has become of a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is, for now, the best for its crossing, or of a sort that this detector gives besides.
    Taken,
    /// It belongs to no crossing.
    Rejected,
    /// The grid no longer holds.
    Lost(MainsFault),
    /// The mains may be going on from here.
    Moved,
}

#[derive(Clone, Copy, Debug)]
struct Candidate {
    at: Fine,
    distance: Fine,
    width: Fine,
}

/// A grid that is being tracked.
#[derive(Clone, Debug)]
pub(super) struct Lock {
    pub(super) grid: Grid,
    is_pulse: bool,
    even: EdgeKind,
    odd: Option<EdgeKind>,
    width: Fine,
    /// For the crossing after the grid's latest.
    candidate: Option<Candidate>,
    /// Half-cycles since the latest that had its mark.
    since_hit: i64,
    /// Half-cycles without marks before a guess, until it is proven.
    pause: i64,
    /// Crossings in a row that were due to have a mark, and had not even the beginning of one.
    unseen: i64,
    /// The latest well-formed mark off the grid.
    stray: Option<Fine>,
    /// How the grid came about, until a mark where it foretells one.
    origin: Origin,
    /// Marks on a grid that was moved; 0 otherwise.
    hits_since_move: u8,
    /// The mark due at the crossing here has begun.
    confirmed: Option<Confirmation>,
    latest_edge: Option<(Fine, EdgeKind)>,
    /// What was planned for the crossing after the latest was taken back.
    cancelled: bool,
    /// While marks are missing there was an edge that may be of another phase.
    suspicious: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    /// It has foretold marks.
    Proven,
    /// One mark where the lost grid foretold one.
    Remembered,
    /// One mark elsewhere.
    Moved,
}

impl Lock {
    pub(super) fn new(acquired: Acquired) -> Self {
        let Acquired {
            grid,
            is_pulse,
            even,
            odd,
            width,
        } = acquired;
        Self {
            grid,
            is_pulse,
            even,
            odd,
            width,
            candidate: None,
            since_hit: 0,
            pause: 0,
            unseen: 0,
            stray: None,
            origin: Origin::Proven,
            hits_since_move: 0,
            confirmed: None,
            latest_edge: None,
            cancelled: false,
            suspicious: false,
        }
    }

    pub(super) fn kind(&self) -> DetectorKind {
        match (self.is_pulse, self.odd) {
            (true, Some(_)) => DetectorKind::FullWavePulse,
            (true, None) => DetectorKind::HalfWavePulse,
            (false, Some(odd)) if odd == self.even => DetectorKind::FullWaveEdge,
            (false, Some(_)) => DetectorKind::SquareWave,
            (false, None) => DetectorKind::HalfWaveEdge,
        }
    }

    pub(super) fn width(&self) -> Fine {
        self.width
    }

    /// Half-cycles between two marks: 1, or 2 for a half-wave detector.
    fn stride(&self) -> i64 {
        if self.odd.is_some() { 1 } else { 2 }
    }

    /// Whether a mark that was due has not come.
    pub(super) fn is_coasting(&self) -> bool {
        self.since_hit >= self.stride()
    }

    /// Whether marks came that are not on the grid, since the latest that was.
    pub(super) fn has_strays(&self) -> bool {
        self.stray.is_some()
    }

    /// Whether the grid is no more than a guess from one mark.
    pub(super) fn is_provisional(&self) -> bool {
        self.origin != Origin::Proven
    }

    /// Whether it is a guess at a new phase.
    pub(super) fn has_moved(&self) -> bool {
        self.origin == Origin::Moved
    }

    /// Whether one mark off the grid is enough to begin another. An edge alone has no form by which to tell it from a
    /// spurious one, and a square wave's may be where the voltage came back.
    fn can_move_to(&self, mark: &Mark) -> bool {
        matches!(mark.shape, Shape::Pulse { .. }) && self.odd == Some(self.even)
    }

    /// The grid from one mark off it, if one is enough.
    pub(super) fn moved_to(&self, mark: &Mark) -> Option<Self> {
        if !self.can_move_to(mark) {
            return None;
        }
        let mut moved = self.clone();
        moved.guess(Origin::Moved);
        moved.grid.rebase(mark.at, moved.pause);
        moved.candidate = None;
        Some(moved)
    }

    /// What is known of the crossings so far is worth nothing: the grid goes on from one mark.
    fn guess(&mut self, origin: Origin) {
        self.pause = self.pause.saturating_add(self.since_hit);
        self.since_hit = 0;
        self.unseen = 0;
        self.stray = None;
        self.origin = origin;
        self.confirmed = None;
        self.cancelled = false;
        self.suspicious = false;
    }

    /// How far from its prediction a mark may be.
    fn gate(&self) -> Fine {
        let doubt = micros(20) * self.since_hit;
        (NARROWEST_GATE + self.grid.deviation() * 6 + doubt + self.grid.doubt_after_jump())
            .min(self.grid.half_period() / 12)
    }

    /// From a pulse's middle to the moment at which its mark is known at the latest.
    fn latency(&self) -> Fine {
        self.width / 2 + micros(450)
    }

    /// All marks up to `now` are known: crossings whose gate has closed are decided.
    pub(super) fn advance(
        &mut self,
        now: Fine,
        coast: u8,
        counters: &mut Counters,
    ) -> Result<(), MainsFault> {
        self.settle(now - self.latency(), coast, counters)
    }

    fn settle(&mut self, at: Fine, coast: u8, counters: &mut Counters) -> Result<(), MainsFault> {
        // Ends: each pass without a candidate moves `since_hit` towards the limit, and there is one
        // candidate at most.
        while self.grid.predict_mark(1) + self.gate() < at {
            if let Some(candidate) = self.candidate.take() {
                self.grid.correct(1, candidate.at, self.odd.is_some());
                self.width += (candidate.width - self.width) / 16;
                let unseen = self.unseen;
                counters.hit(unseen);
                if self.has_moved() {
                    self.hits_since_move = 1;
                } else if self.hits_since_move > 0 && unseen == 0 {
                    self.hits_since_move = self.hits_since_move.saturating_add(1);
                    if self.hits_since_move >= PROOF_OF_MOVE {
                        self.hits_since_move = 0;
                        counters.jumped();
                    }
                }
                self.since_hit = 0;
                self.pause = 0;
                self.unseen = 0;
                self.stray = None;
                self.origin = Origin::Proven;
                self.suspicious = false;
                self.cancelled = false;
            } else {
                let due = self.is_due();
                let fires = self.unseen < self.allowance(coast, counters);
                if due && self.is_confirmed() {
                    self.unseen = 0;
                } else if due {
                    self.unseen = self.unseen.saturating_add(1);
                    if !self.cancelled && !fires {
                        counters.cancel();
                    }
                }
                // A half-wave detector says nothing of the next crossing.
                self.cancelled = false;
                self.since_hit = self.since_hit.saturating_add(1);
                if self.is_coasting() {
                    self.grid.coast(1);
                } else {
                    // The half-cycle that a half-wave detector does not mark.
                    self.grid.step(1);
                }
                let stride = self.stride();
                if self.since_hit.checked_rem(stride) == Some(0) {
                    counters.missed = counters.missed.saturating_add(1);
                }
                let limit = if self.is_provisional() {
                    0
                } else {
                    i64::from(coast)
                };
                if self.since_hit >= limit.saturating_add(stride) {
                    return Err(if self.stray.is_some() {
                        MainsFault::NotCoherent
                    } else {
                        MainsFault::NoEdges
                    });
                }
            }
            if !(SHORTEST_HALF_PERIOD..=LONGEST_HALF_PERIOD).contains(&self.grid.half_period()) {
                return Err(MainsFault::FrequencyOutOfRange);
            }
        }
        Ok(())
    }

    /// Whether a mark is of the detector's form; `None` for one that this detector gives besides
    /// its marks.
    fn is_well_formed(&self, mark: &Mark, odd: bool) -> Option<bool> {
        let due = if odd { self.odd } else { Some(self.even) };
        match mark.shape {
            Shape::Pulse { leading, width } if self.is_pulse => {
                let good = leading == self.even && alike_width(self.width, width);
                // A pulse across other transitions is a guess, refuted without a word.
                if good || mark.plain { Some(good) } else { None }
            }
            Shape::Transition { .. } if self.is_pulse => None,
            Shape::Pulse { .. } => mark.plain.then_some(false),
            Shape::Transition { kind } => Some(due.is_none_or(|due| due == kind)),
        }
    }

    pub(super) fn mark(
        &mut self,
        mark: &Mark,
        earliest: Fine,
        coast: u8,
        counters: &mut Counters,
    ) -> Verdict {
        if let Err(fault) = self.settle(mark.at, coast, counters) {
            return Verdict::Lost(fault);
        }
        let place = self.grid.locate(mark.at);
        let odd = place.is_some_and(|place| self.grid.odd_after(place.steps));
        let Some(well_formed) = self.is_well_formed(mark, odd) else {
            return Verdict::Taken;
        };
        if let Some(place) = place
            && well_formed
            && place.steps == 1
            && place.residual.abs() <= self.gate()
            && (self.odd.is_some() || !odd)
        {
            let width = super::acquire::width_of(*mark);
            let new = Candidate {
                at: mark.at,
                distance: place.residual.abs(),
                width,
            };
            let rival = self.candidate.replace(new);
            if let Some(rival) = rival {
                counters.rejected = counters.rejected.saturating_add(1);
                if rival.distance <= new.distance {
                    self.candidate = Some(rival);
                }
            }
            return Verdict::Taken;
        }
        counters.rejected = counters.rejected.saturating_add(1);
        let expected =
            !self.is_provisional() && !self.is_missing(mark.at + self.half_width(), earliest);
        if well_formed && !expected {
            self.stray = Some(mark.at);
            if self.can_move_to(mark) {
                return Verdict::Moved;
            }
        }
        let far = self.grid.half_period() / 16;
        if well_formed && place.is_none_or(|place| place.residual.abs() > far) {
            let previous = self.stray.replace(mark.at);
            let stride = self.stride();
            let cycle = SHORTEST_HALF_PERIOD * stride..=LONGEST_HALF_PERIOD * stride;
            // Two strays a half-cycle apart while the grid's own marks stay away: the mains goes on
            // at another phase or frequency.
            if self.unseen > 0
                && previous.is_some_and(|previous| cycle.contains(&(mark.at - previous)))
            {
                return Verdict::Lost(MainsFault::PhaseJump);
            }
        }
        Verdict::Rejected
    }

    /// After a loss: keeps the prediction in step, in case the mains comes back at its old phase.
    /// False when it is too old.
    pub(super) fn remember(&mut self, now: Fine) -> bool {
        let Some(steps) = self.grid.steps_after(now - self.latency() - self.gate()) else {
            return false;
        };
        if steps > 1 {
            let steps = steps.saturating_sub(1);
            self.grid.coast(steps);
            self.since_hit = self.since_hit.saturating_add(steps);
        }
        self.candidate = None;
        self.since_hit <= MEMORY
    }

    /// After a loss: whether this mark says that the mains is back where it was. `None` when the
    /// mark says nothing.
    pub(super) fn recognises(&mut self, mark: &Mark) -> Option<bool> {
        let place = self.grid.locate(mark.at)?;
        let odd = self.grid.odd_after(place.steps);
        if !self.is_well_formed(mark, odd)? {
            return None;
        }
        let near = place.residual.abs() <= (NARROWEST_GATE + self.grid.deviation() * 6) / 2;
        if near && place.steps >= 1 && (self.odd.is_some() || !odd) {
            self.guess(Origin::Remembered);
            self.grid.refresh(self.pause);
            self.grid.correct(place.steps, mark.at, false);
            return Some(true);
        }
        Some(false)
    }
}
