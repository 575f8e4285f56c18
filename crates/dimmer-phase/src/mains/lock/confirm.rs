//! Whether a half-cycle may be fired: the mark at its beginning has begun, or its absence is known to be
//! the detector's fault.

use super::super::fine::{Fine, micros};
use super::super::pulses::{Mark, Shape};
use super::Lock;
use crate::{DetectorKind, EdgeKind};

/// Spurious pulses are not longer than this.
const HIDING: Fine = micros(250);
/// An edge may be stamped this late by an interrupt.
const LATE: Fine = micros(120);
/// The beginning and the end of a pulse up to this long are one group of edges.
const SHORT: Fine = micros(250);
/// Where a pulse's leading edge is this long before its crossing there is time to see the whole edge,
/// and with it whether it is one, before the triac could latch.
const EARLY_ENOUGH: Fine = micros(300);
/// Half-cycles with their marks after which a detector counts as one that misses none: at first, and
/// after a miss.
const PROBATION: u32 = 600;
const FORGIVENESS: u32 = 1_000;
/// Half-cycles for which it is remembered that this mains comes back at another phase: half an hour.
const WARINESS: u32 = 180_000;

/// An edge that says that the mark is there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Confirmation {
    at: Fine,
    /// It says so whatever the pin does after it.
    stands: bool,
}

/// Counters that survive a loss.
#[derive(Clone, Copy, Debug)]
pub(in crate::mains) struct Counters {
    pub(in crate::mains) missed: u32,
    pub(in crate::mains) rejected: u32,
    /// How often what was planned had to be taken back, wrapping.
    pub(in crate::mains) cancelled: u32,
    /// Half-cycles for which a missing mark is the detector's fault rather than the mains'.
    forgiving: u32,
    /// Half-cycles for which it is not, because the mains was seen to jump.
    wary: u32,
}

impl Default for Counters {
    fn default() -> Self {
        Self {
            missed: 0,
            rejected: 0,
            cancelled: 0,
            forgiving: PROBATION,
            wary: 0,
        }
    }
}

impl Counters {
    /// A crossing had its mark, after so many that had none.
    pub(super) fn hit(&mut self, missing: i64) {
        self.forgiving = self.forgiving.saturating_sub(1);
        self.wary = self.wary.saturating_sub(1);
        if (1..=2).contains(&missing) {
            self.forgiving = FORGIVENESS;
        }
    }

    /// The mains was seen to go on at another phase.
    pub(in crate::mains) fn jumped(&mut self) {
        self.wary = WARINESS;
    }

    pub(super) fn cancel(&mut self) {
        self.cancelled = self.cancelled.wrapping_add(1);
    }
}

impl Lock {
    /// How many marks in a row may be missing and the half-cycles be fired nevertheless.
    ///
    /// A mark that is missing and mains that is away, to come back at any phase, look the same. So
    /// this is 0 unless the detector is known to miss marks now and then, and the mains is not known
    /// to jump; and 0 as soon as there is an edge that could be of another phase.
    pub(super) fn allowance(&self, coast: u8, counters: &Counters) -> i64 {
        // A transition that is missing is no fault of the detector: it would show with the next.
        let most = match self.kind() {
            DetectorKind::FullWavePulse => i64::from(coast),
            DetectorKind::HalfWavePulse => i64::from(coast).min(1),
            _ => 0,
        };
        if self.is_provisional() || self.suspicious || counters.wary > 0 || counters.forgiving == 0
        {
            0
        } else {
            most
        }
    }

    /// Whether half-cycles must not be planned at all: those that a half-wave detector does not mark
    /// cannot be confirmed.
    pub(in crate::mains) fn is_doubtful(&self, coast: u8, counters: &Counters) -> bool {
        self.stride() == 2
            && (self.is_provisional()
                || self.cancelled
                || self.suspicious
                || self.unseen > self.allowance(coast, counters))
    }

    /// Whether a mark is due at the crossing after the latest.
    pub(super) fn is_due(&self) -> bool {
        self.odd.is_some() || !self.grid.odd_after(1)
    }

    pub(super) fn half_width(&self) -> Fine {
        if self.is_pulse {
            self.width / 2
        } else {
            Fine::ZERO
        }
    }

    /// Whether the mark that is due next has begun.
    ///
    /// Of a wide pulse the pin must be up, or have been so for long enough, or have seen its end: the edges of another pulse's
    /// bouncing end are on their way down.
    pub(super) fn is_confirmed(&self) -> bool {
        self.candidate.is_some()
            || self.confirmed.is_some_and(|confirmation| {
                (confirmation.at - self.grid.predict_mark(1)).abs() < self.grid.half_period() / 4
                    && (confirmation.stands || self.is_up())
            })
            || self.is_hidden()
    }

    fn is_up(&self) -> bool {
        self.up_since().is_some()
    }

    fn up_since(&self) -> Option<Fine> {
        self.latest_edge
            .and_then(|(at, kind)| (kind == self.even).then_some(at))
    }

    /// How long the pin was already up when the pulse was due to begin, if it is up.
    fn up_before_due(&self) -> Option<Fine> {
        let due = self.grid.predict_mark(1) - self.half_width();
        self.up_since()
            .filter(|_| self.is_pulse)
            .map(|since| due - since)
    }

    /// Whether a spurious pulse ran into the mark.
    fn is_hidden(&self) -> bool {
        self.up_before_due()
            .is_some_and(|before| (Fine::ZERO..=HIDING).contains(&before))
    }

    /// Whether the pin has been up for longer than that: a detector that shows where the voltage is small shows that
    /// there is none.
    fn is_dark(&self) -> bool {
        self.up_before_due().is_some_and(|before| before > HIDING)
    }

    /// When the mark that is due next must have begun. `earliest`: from the grid's crossing to the
    /// earliest firing.
    fn overdue_at(&self, earliest: Fine) -> Fine {
        let begun = self.grid.predict_mark(1) - self.half_width() + self.gate();
        // A detector whose marks come after the earliest firing decides too late for the highest levels.
        let before_firing = self.grid.predict(1) + earliest - micros(20);
        // The beginning of a wide pulse bounces for a while, and is waited for until it stands.
        let settled = if self.is_wide() {
            begun + LATE
        } else {
            begun + LATE / 2
        };
        settled.min(before_firing.max(begun))
    }

    /// When what is planned for the next crossing must be taken back unless its mark has begun;
    /// `None` when it may be fired without.
    pub(in crate::mains) fn decides_at(
        &self,
        earliest: Fine,
        coast: u8,
        counters: &Counters,
    ) -> Option<Fine> {
        let decides = self.is_due()
            && !self.cancelled
            && !self.is_confirmed()
            && (self.unseen >= self.allowance(coast, counters) || self.is_dark());
        decides.then(|| self.overdue_at(earliest))
    }

    /// Takes back what is planned without a mark, when it must be.
    pub(in crate::mains) fn decide(
        &mut self,
        now: Fine,
        earliest: Fine,
        coast: u8,
        counters: &mut Counters,
    ) {
        if self
            .decides_at(earliest, coast, counters)
            .is_some_and(|at| at <= now)
        {
            self.cancelled = true;
            counters.cancel();
        }
    }

    /// Nothing must be planned that begins before this: the crossing after the latest may still be to
    /// come, but is known not to have its mark.
    pub(in crate::mains) fn barred_until(&self) -> Option<Fine> {
        self.cancelled
            .then(|| self.grid.predict(1) + self.grid.half_period() / 4)
    }

    /// Whether a mark that was due is known not to have come.
    pub(in crate::mains) fn is_missing(&self, now: Fine, earliest: Fine) -> bool {
        !self.is_confirmed()
            && (self.unseen > 0 || (self.is_due() && now > self.overdue_at(earliest)))
    }

    /// Whether an edge is where a mark's edge is due; `Some(true)` when it says that the mark is there.
    fn place_edge(&self, at: Fine, kind: EdgeKind, begins: bool) -> Option<bool> {
        let gate = self.gate();
        let near = |at: Fine| {
            self.grid.locate(at).filter(|place| {
                (-gate..=gate + LATE).contains(&place.residual)
                    && (self.odd.is_some() || !self.grid.odd_after(place.steps))
            })
        };
        if let Some(place) = near(at + self.half_width()) {
            let due = if self.is_pulse || !self.grid.odd_after(place.steps) {
                Some(self.even)
            } else {
                self.odd
            };
            if due == Some(kind) {
                return Some(place.steps >= 1);
            }
        }
        // The pulse's end. It tells as much as its beginning, where that was not seen; but where beginning and end
        // can be told apart, what bounces at another pulse's beginning is no end.
        let ends = begins || self.width <= SHORT;
        near(at - self.half_width())
            .map(|place| self.is_pulse && kind != self.even && ends && place.steps >= 1)
    }

    /// Whether the pin was up for longer than a mark between these two edges, of which the second is the latest: where a
    /// detector shows that the voltage is small, it shows so that there is none.
    pub(in crate::mains) fn is_outage(
        &self,
        (from, before): (Fine, EdgeKind),
        (to, kind): (Fine, EdgeKind),
    ) -> bool {
        let longest = self.width + self.width / 8 + micros(100) + LATE;
        self.is_pulse && before == self.even && kind != self.even && to - from > longest
    }

    /// The mains was away, and is back at any phase.
    pub(in crate::mains) fn outage_ended(
        &mut self,
        edge: (Fine, EdgeKind),
        counters: &mut Counters,
    ) {
        self.latest_edge = Some(edge);
        self.suspicious = true;
        if !self.is_confirmed() {
            counters.cancel();
        }
    }

    /// An edge has come. `begins`: it is not one that bounces.
    pub(in crate::mains) fn edge(
        &mut self,
        at: Fine,
        kind: EdgeKind,
        begins: bool,
        (offset, earliest): (Fine, Fine),
        counters: &mut Counters,
    ) {
        if self.is_up()
            && at >= self.overdue_at(earliest)
            && let Some(confirmation) = &mut self.confirmed
        {
            confirmation.stands = true;
        }
        self.latest_edge = Some((at, kind));
        match self.place_edge(at, kind, begins) {
            Some(true) => {
                let stands = kind != self.even || !self.is_wide();
                self.confirmed = Some(Confirmation { at, stands });
            }
            Some(false) => {}
            None if begins && self.half_width() + offset < EARLY_ENOUGH => {
                self.suspect(at, earliest, counters);
            }
            None => {}
        }
    }

    /// There was an edge off the grid. It says something where marks are missing, or where the grid is a guess.
    fn suspect(&mut self, at: Fine, earliest: Fine, counters: &mut Counters) {
        if !self.suspicious && (self.is_provisional() || self.is_missing(at, earliest)) {
            self.suspicious = true;
            counters.cancel();
        }
    }

    /// Whether beginning and end of the detector's pulse are told apart, and no spurious pulse is as wide.
    pub(super) fn is_wide(&self) -> bool {
        self.is_pulse && self.width > SHORT * 2
    }

    /// A group of edges is complete, and gave these marks: where the pulse is wide, it shows only now
    /// whether it could be the beginning of one.
    pub(in crate::mains) fn group(&mut self, mark: &Mark, earliest: Fine, counters: &mut Counters) {
        let (at, kind) = match mark.shape {
            Shape::Pulse { .. } if mark.clean => return,
            Shape::Pulse { leading, width } => (mark.at - width / 2, leading),
            Shape::Transition { kind } => (mark.at, kind),
        };
        if self.place_edge(at, kind, true).is_none() {
            self.suspect(at, earliest, counters);
        }
    }
}
