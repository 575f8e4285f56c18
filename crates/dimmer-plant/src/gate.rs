//! The gate's hardware, simulated: a timeline of pulses that is fed ahead and runs by itself.

use std::collections::VecDeque;
use std::fmt;

use dimmer_phase::{Gate, HalfCycle, Instant, Level, Slot};

use crate::time::microseconds;

/// Half-cycles that the timeline holds before they begin. The real ones (a PIO's queue, an RMT's memory) are not deeper: a planner
/// that runs further ahead than this could not be built.
const DEPTH: usize = 4;

/// A gate pulse on the timeline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Pulse {
    pub(crate) up: Instant,
    pub(crate) down: Instant,
    /// The middle of the half-cycle that it was planned for, microseconds.
    pub(crate) meant_for_middle_us: f64,
}

/// A half-cycle that was fed, kept until it has been compared with the true one.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Planned {
    start: Instant,
    end: Instant,
    level: Level,
}

/// Why the timeline did not take a half-cycle. It is dropped then, and nothing else changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FeedError {
    /// Its start has passed.
    Late {
        /// How long ago, microseconds.
        by_us: u64,
    },
    /// It begins before the middle of the one that was fed before it, or its pulse begins before the end of that one's.
    OutOfOrder,
    /// Too many half-cycles have been fed that have not begun yet.
    Full,
}

impl fmt::Display for FeedError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Late { by_us } => write!(
                formatter,
                "fed {by_us} us after its start; feed each half-cycle before it begins"
            ),
            Self::OutOfOrder => formatter.write_str(
                "overlaps the half-cycle fed before; feed each half-cycle once, in order",
            ),
            Self::Full => write!(
                formatter,
                "{DEPTH} half-cycles are waiting already; feed at most two ahead"
            ),
        }
    }
}

impl std::error::Error for FeedError {}

/// What was fed to the timeline since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FeedCounts {
    /// Half-cycles taken.
    pub taken: u64,
    /// Half-cycles dropped because their start had passed.
    pub late: u64,
    /// Half-cycles dropped because they were out of order or too many.
    pub refused: u64,
}

/// The gate of one channel. It obeys the laws of [`Gate`]: fed ahead, silent when not fed, never late, off at once when parked.
#[derive(Clone, Debug, Default)]
pub struct SimulatedGate {
    now: Option<Instant>,
    pulses: VecDeque<Pulse>,
    planned: VecDeque<Planned>,
    /// The middle of the half-cycle fed last, and the end of its pulse: what comes next begins later.
    last_middle: Option<Instant>,
    last_down: Option<Instant>,
    counts: FeedCounts,
}

impl SimulatedGate {
    /// A gate that is off and has not been fed.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What was fed so far.
    #[must_use]
    pub fn counts(&self) -> FeedCounts {
        self.counts
    }

    /// Whether the pin is up at the present time.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.now.is_some_and(|now| {
            self.pulses
                .iter()
                .any(|pulse| pulse.up <= now && now < pulse.down)
        })
    }

    /// Lets the timeline run until `now`.
    pub(crate) fn advance(&mut self, now: Instant) {
        self.now = Some(now);
    }

    /// The pulses that are kept, in time order.
    pub(crate) fn pulses(&self) -> impl Iterator<Item = &Pulse> {
        self.pulses.iter()
    }

    /// The level that was planned for the half-cycle in which this time lies.
    pub(crate) fn planned_level(&self, time_us: f64) -> Option<Level> {
        self.planned
            .iter()
            .find(|planned| {
                microseconds(planned.start) <= time_us && time_us < microseconds(planned.end)
            })
            .map(|planned| planned.level)
    }

    /// Forgets what was over by a time that will not be asked for again.
    pub(crate) fn forget_before(&mut self, time_us: f64) {
        while self
            .pulses
            .front()
            .is_some_and(|pulse| microseconds(pulse.down) <= time_us)
        {
            self.pulses.pop_front();
        }
        while self
            .planned
            .front()
            .is_some_and(|planned| microseconds(planned.end) <= time_us)
        {
            self.planned.pop_front();
        }
    }

    fn accept(&mut self, half_cycle: &HalfCycle<1>) -> Result<(), FeedError> {
        let start = half_cycle.start;
        if let Some(now) = self.now.filter(|now| start < *now) {
            return Err(FeedError::Late {
                by_us: now.as_ticks() - start.as_ticks(),
            });
        }
        let waiting = self
            .planned
            .iter()
            .filter(|planned| self.now.is_none_or(|now| planned.start >= now))
            .count();
        if waiting >= DEPTH {
            return Err(FeedError::Full);
        }
        // The tracking loop may move a predicted crossing a little; the same half-cycle twice is another matter.
        if self.last_middle.is_some_and(|middle| start < middle) {
            return Err(FeedError::OutOfOrder);
        }
        let end = start + half_cycle.half_period;
        let middle = start + half_cycle.half_period / 2;
        let [slot] = half_cycle.slots;
        let [level] = half_cycle.levels;
        if let Slot::Fire { delay, width } = slot {
            let up = start + delay;
            if self.last_down.is_some_and(|down| up < down) {
                return Err(FeedError::OutOfOrder);
            }
            let down = up + width;
            self.last_down = Some(down);
            let meant_for_middle_us = f64::midpoint(microseconds(start), microseconds(end));
            self.pulses.push_back(Pulse {
                up,
                down,
                meant_for_middle_us,
            });
        }
        self.last_middle = Some(middle);
        self.planned.push_back(Planned { start, end, level });
        Ok(())
    }
}

impl Gate<1> for SimulatedGate {
    type Error = FeedError;

    fn feed(&mut self, half_cycle: &HalfCycle<1>) -> Result<(), FeedError> {
        let outcome = self.accept(half_cycle);
        match outcome {
            Ok(()) => self.counts.taken += 1,
            Err(FeedError::Late { .. }) => self.counts.late += 1,
            Err(_) => self.counts.refused += 1,
        }
        outcome
    }

    fn park(&mut self) {
        // Before the first moment nothing can have been fired: all is forgotten.
        let now = self.now.unwrap_or(Instant::from_ticks(0));
        self.pulses.retain(|pulse| pulse.up < now);
        for pulse in &mut self.pulses {
            pulse.down = pulse.down.min(now);
        }
        // The half-cycle that runs was planned so; those to come no longer are.
        self.planned.retain(|planned| planned.start < now);
        self.last_middle = None;
        self.last_down = None;
    }
}

#[cfg(test)]
mod tests {
    use dimmer_phase::{Duration, Level, Polarity};

    use super::*;

    fn half_cycle(start: u64, slot: Slot) -> HalfCycle<1> {
        HalfCycle {
            start: Instant::from_ticks(start),
            half_period: Duration::from_ticks(10_000),
            polarity: Polarity::Positive,
            levels: [Level::saturating_from_centipercent(4_250)],
            slots: [slot],
        }
    }

    fn fire(start: u64, delay: u64, width: u64) -> HalfCycle<1> {
        half_cycle(
            start,
            Slot::Fire {
                delay: Duration::from_ticks(delay),
                width: Duration::from_ticks(width),
            },
        )
    }

    fn gate_at(now: u64) -> SimulatedGate {
        let mut gate = SimulatedGate::new();
        gate.advance(Instant::from_ticks(now));
        gate
    }

    #[test]
    fn it_is_off_until_it_is_fed_and_after_the_last_pulse() {
        let mut gate = gate_at(5_000);
        assert!(!gate.is_up());
        gate.feed(&fire(10_000, 4_000, 100)).unwrap();
        for (now, up) in [
            (13_999, false),
            (14_000, true),
            (14_099, true),
            (14_100, false),
            (24_050, false),
        ] {
            gate.advance(Instant::from_ticks(now));
            assert_eq!(gate.is_up(), up, "at {now}");
        }
    }

    #[test]
    fn a_half_cycle_fed_late_is_dropped_and_counted() {
        let mut gate = gate_at(10_001);
        assert_eq!(
            gate.feed(&fire(10_000, 4_000, 100)),
            Err(FeedError::Late { by_us: 1 })
        );
        gate.advance(Instant::from_ticks(14_050));
        assert!(!gate.is_up());
        assert_eq!(
            gate.counts(),
            FeedCounts {
                taken: 0,
                late: 1,
                refused: 0
            }
        );
    }

    #[test]
    fn the_same_half_cycle_is_not_taken_twice() {
        let mut gate = gate_at(0);
        gate.feed(&fire(10_000, 4_000, 100)).unwrap();
        assert_eq!(
            gate.feed(&fire(10_020, 4_000, 100)),
            Err(FeedError::OutOfOrder)
        );
        // The next one may be predicted to begin a little before the end of this one.
        gate.feed(&fire(19_970, 4_000, 100)).unwrap();
        assert_eq!(
            gate.feed(&fire(10_000, 4_000, 100)),
            Err(FeedError::OutOfOrder)
        );
        assert_eq!(
            gate.counts(),
            FeedCounts {
                taken: 2,
                late: 0,
                refused: 2
            }
        );
    }

    #[test]
    fn pulses_cannot_overlap() {
        let mut gate = gate_at(0);
        gate.feed(&fire(10_000, 9_000, 2_000)).unwrap();
        assert_eq!(
            gate.feed(&fire(20_000, 500, 100)),
            Err(FeedError::OutOfOrder)
        );
    }

    #[test]
    fn it_holds_no_more_than_a_real_one() {
        let mut gate = gate_at(0);
        for start in [10_000, 20_000, 30_000, 40_000] {
            gate.feed(&half_cycle(start, Slot::Skip)).unwrap();
        }
        assert_eq!(
            gate.feed(&half_cycle(50_000, Slot::Skip)),
            Err(FeedError::Full)
        );
        gate.advance(Instant::from_ticks(10_001));
        gate.feed(&half_cycle(50_000, Slot::Skip)).unwrap();
    }

    #[test]
    fn park_releases_the_pin_at_once_and_forgets_what_was_fed() {
        let mut gate = gate_at(0);
        gate.feed(&fire(10_000, 4_000, 100)).unwrap();
        gate.feed(&fire(20_000, 4_000, 100)).unwrap();
        gate.advance(Instant::from_ticks(14_030));
        assert!(gate.is_up());
        gate.park();
        assert!(!gate.is_up());
        assert_eq!(
            gate.planned_level(15_000.0),
            Some(Level::saturating_from_centipercent(4_250))
        );
        assert_eq!(gate.planned_level(25_000.0), None);
        gate.advance(Instant::from_ticks(24_050));
        assert!(!gate.is_up());
        gate.feed(&fire(30_000, 4_000, 100)).unwrap();
        gate.advance(Instant::from_ticks(34_050));
        assert!(gate.is_up());
    }
}
