//! From the detector's edges to the mains' crossings.
//!
//! Edges never start a gate pulse: they discipline a loop that foretells the crossings. On the way,
//! `pulses` makes marks of edges (a bouncing, 1 ms wide pulse is one mark, in its middle),
//! `acquire` finds a first grid among marks and recognises the detector, `lock` gives each crossing
//! its mark or none, and `grid` is the loop.
//!
//! Work per call is bounded: an edge gives at most five marks, a mark or `advance` settles at most
//! `coast_half_cycles + 3` crossings.

mod acquire;
pub(crate) mod fine;
mod grid;
mod lock;
mod pulses;
mod status;

pub use status::{Crossing, DetectorKind, MainsFault, MainsState, MainsStatus, Polarity};

use crate::{Edge, EdgeKind, Instant, Settings};
use acquire::Acquirer;
use fine::{Fine, micros};
use lock::{Counters, Lock, Verdict};
use pulses::{Mark, Marks, Pulses, Shape};

/// Half of 1/65.5 Hz: the range's edge and some slack.
const SHORTEST_HALF_PERIOD: Fine = micros(7_634);
/// Half of 1/44.5 Hz.
const LONGEST_HALF_PERIOD: Fine = micros(11_236);
/// The detector counts as silent after this: four half-cycles of 45 Hz.
const SILENCE: Fine = micros(45_000);
/// Half of the time stamps' unit.
const HALF_TICK: Fine = Fine::from_units(128);
/// A clock that goes back by more than this was started again; by less, edges came out of order.
const CLOCK_RESTART: Fine = micros(1_000_000);

/// A [`Crossing`] in the tracker's own resolution.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FineCrossing {
    pub(crate) at: Fine,
    pub(crate) polarity: Polarity,
    pub(crate) half_period: Fine,
}

/// The tracker: edges in, crossings out.
///
/// Feed every [`Edge`] in the order of time, and call [`advance`](Self::advance) about once in a
/// half-cycle, so that silence is noticed.
#[derive(Clone, Debug)]
pub struct Mains {
    offset: Fine,
    /// From a crossing, without the offset, to the earliest firing.
    earliest: Fine,
    coast: u8,
    pulses: Pulses,
    from_pulses: Acquirer,
    from_transitions: Acquirer,
    lock: Option<Lock>,
    /// The grid that was lost.
    memory: Option<Lock>,
    /// There are marks off it.
    contradicted: bool,
    fault: Option<MainsFault>,
    counters: Counters,
    detector: DetectorKind,
    width: Fine,
    latest_edge: Option<(Fine, EdgeKind)>,
    now: Fine,
    /// How often the clock was started again, wrapping.
    restarts: u32,
    /// How often a lock was lost: a loss must not go unseen when the next lock follows within the
    /// same call.
    losses: u32,
}

impl Mains {
    /// A tracker that knows nothing yet.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        let mut mains = Self {
            offset: Fine::ZERO,
            earliest: Fine::ZERO,
            coast: 0,
            pulses: Pulses::default(),
            from_pulses: Acquirer::default(),
            from_transitions: Acquirer::default(),
            lock: None,
            memory: None,
            contradicted: false,
            fault: None,
            counters: Counters::default(),
            detector: DetectorKind::Unknown,
            width: Fine::ZERO,
            latest_edge: None,
            now: Fine::ZERO,
            restarts: 0,
            losses: 0,
        };
        mains.set_settings(settings);
        mains
    }

    /// Takes new settings. What is tracked stays tracked.
    pub fn set_settings(&mut self, settings: &Settings) {
        // Beyond the validated range an offset would only name another crossing.
        self.offset = micros(i64::from(settings.offset_us.clamp(-20_000, 20_000)));
        self.earliest = self.offset + micros(i64::from(settings.minimum_delay_us));
        self.coast = settings.coast_half_cycles;
    }

    /// Takes an edge. One that is earlier than its predecessor is rejected and counted.
    pub fn edge(&mut self, edge: Edge) {
        let at = Fine::of_instant(edge.at);
        if let Some((latest, _)) = self.latest_edge
            && at < latest
        {
            if latest - at <= CLOCK_RESTART {
                self.counters.rejected = self.counters.rejected.saturating_add(1);
                return;
            }
            self.restart(at);
        }
        self.now = self.now.max(at);
        let before = self.latest_edge.replace((at, edge.kind));
        let known = self.lock.as_ref().or(self.memory.as_ref());
        let ends_outage = before
            .zip(known)
            .is_some_and(|(before, lock)| lock.is_outage(before, (at, edge.kind)));
        // A counter shows the microsecond that has begun: on average the edge was in its middle.
        let at = at + HALF_TICK;
        let marks = self.pulses.edge(at, edge.kind, ends_outage);
        self.take(marks);
        let begins = self.pulses.begins(at);
        if let Some(lock) = &mut self.lock {
            let timing = (self.offset, self.earliest);
            if ends_outage {
                lock.outage_ended((at, edge.kind), &mut self.counters);
            } else {
                lock.edge(at, edge.kind, begins, timing, &mut self.counters);
            }
        }
        self.decide();
    }

    /// Time has passed: crossings without a mark are noticed.
    pub fn advance(&mut self, now: Instant) {
        let now = Fine::of_instant(now);
        if self.now - now > CLOCK_RESTART {
            self.restart(now);
        }
        self.now = self.now.max(now);
        let marks = self.pulses.advance(self.now);
        self.take(marks);
        self.decide();
        if let Some(lock) = &mut self.lock
            && let Err(fault) = lock.advance(self.now, self.coast, &mut self.counters)
        {
            self.lose(fault);
        }
        self.decide();
        if let Some(memory) = &mut self.memory
            && !memory.remember(self.now)
        {
            self.memory = None;
        }
    }

    /// What is known of the mains.
    #[must_use]
    pub fn status(&self) -> MainsStatus {
        let silent = self
            .latest_edge
            .is_none_or(|(latest, _)| self.now - latest > SILENCE);
        let (state, reason) = match (&self.lock, self.fault) {
            (Some(lock), _) if lock.has_moved() => {
                (MainsState::Coasting, Some(MainsFault::PhaseJump))
            }
            (Some(lock), _) if !lock.is_coasting() => (MainsState::Locked, None),
            (Some(lock), _) => (
                MainsState::Coasting,
                Some(if lock.has_strays() {
                    MainsFault::NotCoherent
                } else {
                    MainsFault::NoEdges
                }),
            ),
            (None, Some(fault)) if !self.is_trying() => (
                MainsState::Lost,
                Some(if silent { MainsFault::NoEdges } else { fault }),
            ),
            (None, fault) => {
                let fault = fault.unwrap_or(MainsFault::NotCoherent);
                (
                    MainsState::Acquiring,
                    Some(if silent { MainsFault::NoEdges } else { fault }),
                )
            }
        };
        let grid = self.lock.as_ref().map(|lock| &lock.grid);
        MainsStatus {
            state,
            reason,
            frequency_millihertz: grid.and_then(|grid| {
                // 1/(2T), from T in 1/2^24 µs.
                let half_period = u64::try_from(grid.exact_half_period().units()).ok()?;
                u32::try_from(
                    500_000_000_u64
                        .saturating_mul(1 << 24)
                        .checked_div(half_period)?,
                )
                .ok()
            }),
            jitter_us: grid.map_or(0, |grid| grid.deviation().to_micros_u32()),
            width_us: self
                .lock
                .as_ref()
                .map_or(self.width, Lock::width)
                .to_micros_u32(),
            missed: self.counters.missed,
            rejected: self.counters.rejected,
            detector: self.detector,
        }
    }

    /// The first crossing later than `t`; `None` unless locked or coasting, or when `t` is more
    /// than 60 half-cycles ahead of the latest edge.
    #[must_use]
    pub fn crossing_after(&self, t: Instant) -> Option<Crossing> {
        self.fine_crossing_after(t).map(|crossing| Crossing {
            at: crossing.at.to_instant(),
            polarity: crossing.polarity,
            half_period: crossing.half_period.to_duration(),
        })
    }

    /// As [`crossing_after`](Self::crossing_after), before rounding.
    pub(crate) fn fine_crossing_after(&self, t: Instant) -> Option<FineCrossing> {
        let grid = &self.lock.as_ref()?.grid;
        // To the last 1/256 µs that is rounded to `t`, so that the answer is later than `t` after
        // rounding.
        let t = Fine::of_instant(t) + Fine::from_units(127) - self.offset;
        let steps = grid.steps_after(t)?;
        let at = grid.predict(steps);
        let half_period = grid.predict(steps.saturating_add(1)) - at;
        // What runs away from the range on the way is no prediction.
        if !(SHORTEST_HALF_PERIOD..=LONGEST_HALF_PERIOD).contains(&half_period) {
            return None;
        }
        let polarity = if grid.odd_after(steps) {
            Polarity::Negative
        } else {
            Polarity::Positive
        };
        Some(FineCrossing {
            at: at + self.offset,
            polarity,
            half_period,
        })
    }

    /// The latest moment that an edge or [`advance`](Self::advance) has told of.
    pub(crate) fn now(&self) -> Instant {
        self.now.to_instant()
    }

    /// When [`advance`](Self::advance) is urgent: a mark is overdue without which nothing must be fired,
    /// or marks are missing, and the edges of one are being gathered that may show why.
    pub(crate) fn urgent_at(&self) -> Option<Instant> {
        let (gathering, decides) = match &self.lock {
            Some(lock) => (
                lock.is_provisional() || lock.is_missing(self.now, self.earliest),
                lock.decides_at(self.earliest, self.coast, &self.counters),
            ),
            None => (self.memory.is_some(), None),
        };
        let complete = self.pulses.complete_at().filter(|_| gathering);
        // A moment that rounding must not bring forward.
        let decides = decides.map(|at| at + micros(1));
        match (complete, decides) {
            (Some(complete), Some(decides)) => Some(complete.min(decides)),
            (complete, decides) => complete.or(decides),
        }
        .map(Fine::to_instant)
    }

    /// Nothing must be planned that begins before this.
    pub(crate) fn barred_until(&self) -> Option<Instant> {
        let barred = self.lock.as_ref()?.barred_until()?;
        Some((barred + self.offset).to_instant())
    }

    /// Counts the losses of lock, and the other times that what was planned had to be taken back;
    /// wrapping.
    pub(crate) fn losses(&self) -> u32 {
        self.losses.wrapping_add(self.counters.cancelled)
    }

    /// Counts the times that the clock was started again; wrapping. What is known by the old one is worth nothing.
    pub(crate) fn restarts(&self) -> u32 {
        self.restarts
    }

    /// Whether the crossings that are foretold are good enough to fire by.
    pub(crate) fn is_trusted(&self) -> bool {
        self.lock
            .as_ref()
            .is_some_and(|lock| !lock.is_doubtful(self.coast, &self.counters))
    }

    fn decide(&mut self) {
        if let Some(lock) = &mut self.lock {
            lock.decide(self.now, self.earliest, self.coast, &mut self.counters);
            if !lock.is_provisional() {
                self.memory = None;
                self.contradicted = false;
            }
        }
    }

    fn is_trying(&self) -> bool {
        self.from_pulses.is_trying() || self.from_transitions.is_trying()
    }

    fn take(&mut self, marks: Marks) {
        for mark in marks.iter().flatten() {
            self.take_mark(mark);
        }
        // The group itself, as against the pairs that it makes with others.
        let group = match &marks {
            [Some(pulse), ..] if marks.iter().flatten().nth(1).is_none() => Some(pulse),
            [.., last] => last.as_ref(),
        };
        if let (Some(lock), Some(group)) = (&mut self.lock, group) {
            lock.group(group, self.earliest, &mut self.counters);
        }
    }

    fn take_mark(&mut self, mark: &Mark) {
        if self.take_by_memory(mark) {
            return;
        }
        if let Some(lock) = &mut self.lock {
            match lock.mark(mark, self.earliest, self.coast, &mut self.counters) {
                Verdict::Taken => return,
                Verdict::Rejected => {}
                Verdict::Lost(fault) => {
                    self.lose(fault);
                    if self.take_by_memory(mark) {
                        return;
                    }
                }
                Verdict::Moved => {
                    if let Some(moved) = lock.moved_to(mark) {
                        self.contradicted = true;
                        let left = self.lock.replace(moved);
                        // What a guess leaves is no memory.
                        self.memory = left
                            .filter(|left| !left.is_provisional())
                            .or(self.memory.take());
                        self.losses = self.losses.wrapping_add(1);
                    }
                }
            }
        }
        if !mark.plain {
            return;
        }
        let acquirer = match mark.shape {
            Shape::Pulse { .. } => &mut self.from_pulses,
            Shape::Transition { .. } => &mut self.from_transitions,
        };
        // While a grid holds, what is off it is kept at hand for the case that it will not; it
        // never displaces a grid.
        if let Some(acquired) = acquirer.mark(*mark)
            && self.lock.as_ref().is_none_or(Lock::is_provisional)
        {
            let lock = Lock::new(acquired);
            if self.lock.is_some() {
                // What was planned by the guess is of another grid.
                self.losses = self.losses.wrapping_add(1);
            }
            if self.contradicted {
                self.counters.jumped();
                self.contradicted = false;
            }
            self.detector = lock.kind();
            self.width = lock.width();
            self.lock = Some(lock);
            self.memory = None;
            self.fault = None;
            self.forget_trials();
        }
    }

    fn forget_trials(&mut self) {
        self.from_pulses = Acquirer::default();
        self.from_transitions = Acquirer::default();
    }

    /// Without a proven grid: whether a mark is on the one that was lost, or says where it goes on.
    fn take_by_memory(&mut self, mark: &Mark) -> bool {
        if !self.lock.as_ref().is_none_or(Lock::is_provisional) {
            return false;
        }
        let Some(memory) = &mut self.memory else {
            return false;
        };
        if !memory.remember(mark.at) {
            self.memory = None;
            return false;
        }
        match memory.recognises(mark) {
            Some(true) => {
                if self.lock.is_some() {
                    self.losses = self.losses.wrapping_add(1);
                }
                self.lock = self.memory.take();
                self.fault = None;
                self.forget_trials();
                return true;
            }
            Some(false) if self.lock.is_none() => {
                self.lock = memory.moved_to(mark);
                self.contradicted = true;
                if self.lock.is_none() {
                    // Something else is going on: only a whole acquisition will do.
                    self.memory = None;
                }
            }
            _ => {}
        }
        false
    }

    fn lose(&mut self, fault: MainsFault) {
        self.losses = self.losses.wrapping_add(1);
        let lost = self.lock.take();
        if let Some(lost) = &lost {
            self.width = lost.width();
        }
        // What a guess leaves is no memory.
        self.memory = match fault {
            MainsFault::NoEdges | MainsFault::NotCoherent => lost
                .filter(|lost| !lost.is_provisional())
                .or(self.memory.take()),
            _ => None,
        };
        self.contradicted |= fault == MainsFault::PhaseJump;
        self.fault = Some(fault);
    }

    fn restart(&mut self, now: Fine) {
        self.restarts = self.restarts.wrapping_add(1);
        self.losses = self.losses.wrapping_add(1);
        self.lock = None;
        self.memory = None;
        self.pulses = Pulses::default();
        self.forget_trials();
        self.latest_edge = None;
        self.now = now;
        self.fault = Some(MainsFault::NotCoherent);
    }
}
