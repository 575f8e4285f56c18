//! The plan: what each channel does in each half-cycle to come.

use crate::mains::FineCrossing;
use crate::mains::fine::Fine;
use crate::plan::fine_slot;
use crate::{Duration, Edge, HalfCycle, Instant, Level, Mains, Order, Polarity, Settings, Slot};

/// A level in steps of 1/65536 centipercent, so that a slow ramp advances in every half-cycle.
type FineLevel = u32;

const FINE_BITS: u32 = 16;

/// Nothing is planned further ahead: what seems so was planned by another clock.
const SANE: Duration = Duration::from_ticks(100_000);

/// After a pause this long a ramp begins anew: the load has cooled.
const LONG_PAUSE: Duration = Duration::from_ticks(1_000_000);

/// An edge may be stamped this much, in microseconds, after the caller read its clock: an interrupt came between.
const INTERRUPTED: u64 = 1_000;

/// The most that a soft start gives: half the power, which begins at the crest.
const SOFT_LEVEL: Level = Level::saturating_from_centipercent(5_000);

#[derive(Clone, Copy, Debug)]
struct Channel {
    order: Option<Order>,
    /// What was planned last.
    given: FineLevel,
    /// When the half-cycle ends that has the latest pulse, if the gate took it and was not parked since.
    pulsed_until: Option<Instant>,
    /// Half-cycles with a pulse that are still to be soft ones.
    soft_half_cycles: u8,
    /// What rounding to the microsecond owes to the positive and to the negative half-cycles: each
    /// for itself, or the rounding of the one would be made good in the other, which is DC.
    remainders: [Fine; 2],
}

/// Tracks the mains and plans the half-cycles of `CHANNELS` triacs.
///
/// Give it every [`Edge`] and, about once in a half-cycle, ask for the [`plan`](Self::plan) until
/// it has no more, and whether the gate [`must be parked`](Self::must_park):
///
/// ```
/// # use dimmer_phase::{Gate, HalfCycle, Instant, Scheduler};
/// fn service<G: Gate<1>>(scheduler: &mut Scheduler<1>, gate: &mut G, now: Instant) {
///     while let Some(half_cycle) = scheduler.plan(now) {
///         // A half-cycle that the gate cannot take is not fired. The next one will be, softly.
///         if gate.feed(&half_cycle).is_err() {
///             scheduler.refused();
///         }
///     }
///     if scheduler.must_park() {
///         gate.park();
///     }
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Scheduler<const CHANNELS: usize> {
    settings: Settings,
    mains: Mains,
    channels: [Channel; CHANNELS],
    /// The latest half-cycle that was planned and not taken back: its start, and its length.
    planned: Option<(Instant, Duration)>,
    /// The start of the latest half-cycle that was planned: up to it the ramps have risen.
    ramped: Option<Instant>,
    /// The gate may hold pulses of a grid that is gone.
    must_park: bool,
    /// The tracker's counts of losses and of restarts of the clock when they were last looked at.
    losses: u32,
    restarts: u32,
}

/// The channel does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoSuchChannel {
    /// The number that was asked for.
    pub channel: usize,
    /// How many there are; they are numbered from 0.
    pub channels: usize,
}

impl core::fmt::Display for NoSuchChannel {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(
            formatter,
            "there is no channel {}; there are {}, numbered from 0",
            self.channel, self.channels
        )
    }
}

impl core::error::Error for NoSuchChannel {}

impl<const CHANNELS: usize> Scheduler<CHANNELS> {
    /// A scheduler without orders, on mains that are not known yet.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            mains: Mains::new(&settings),
            channels: [Channel {
                order: None,
                given: 0,
                pulsed_until: None,
                soft_half_cycles: 0,
                remainders: [Fine::ZERO; 2],
            }; CHANNELS],
            planned: None,
            ramped: None,
            must_park: true,
            losses: 0,
            restarts: 0,
        }
    }

    /// Takes an edge of the detector.
    pub fn edge(&mut self, edge: Edge) {
        self.mains.edge(edge);
        self.note_loss();
    }

    /// Orders a level for a channel, from the next half-cycle that is planned. It replaces the
    /// order before it.
    ///
    /// # Errors
    /// When there is no such channel. Nothing changes then.
    pub fn order(&mut self, channel: usize, order: Order) -> Result<(), NoSuchChannel> {
        let Some(slot) = self.channels.get_mut(channel) else {
            return Err(NoSuchChannel {
                channel,
                channels: CHANNELS,
            });
        };
        slot.order = Some(order);
        Ok(())
    }

    /// Takes new settings, from the next half-cycle that is planned.
    pub fn set_settings(&mut self, settings: Settings) {
        self.settings = settings;
        self.mains.set_settings(&settings);
    }

    /// The settings in force.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The tracker.
    #[must_use]
    pub fn mains(&self) -> &Mains {
        &self.mains
    }

    /// The next half-cycle that is not planned yet and begins after `now`, by at most one and a
    /// half half-cycles; `None` when there is none, or when nothing can be foretold.
    ///
    /// Every edge that was stamped before `now` must have been given: empty the queue first. Otherwise marks that wait in it
    /// count as missing.
    ///
    /// When the clock goes back by more than a second it was started again: all orders end, and are to be given anew.
    ///
    /// Half-cycles are planned once each and in order. One that has begun before it was asked for
    /// is left out: nothing is ever fired late. Call it until it gives `None`.
    pub fn plan(&mut self, now: Instant) -> Option<HalfCycle<CHANNELS>> {
        self.mains.advance(now);
        let asked = now;
        let now = self.mains.now();
        if asked < now && now.as_ticks().abs_diff(asked.as_ticks()) > INTERRUPTED {
            // A clock that went back a little: until it has caught up there is a pause that no time stamp shows.
            self.interrupted();
        }
        self.note_loss();
        if self.must_park {
            return None;
        }
        let crossing = self.next_crossing(now)?;
        let start = crossing.at.to_instant();
        let half_period = crossing.half_period.to_duration();
        if start > later(now, ahead(half_period)) {
            return None;
        }
        let elapsed = self.elapsed_until(start, half_period);
        if self
            .ramped
            .is_some_and(|ramped| later(ramped, LONG_PAUSE) < start)
        {
            for channel in &mut self.channels {
                channel.given = 0;
            }
        }
        self.planned = Some((start, half_period));
        self.ramped = match self.ramped {
            // Unless the clock was started again.
            Some(ramped) if ramped > start && ramped < later(start, SANE) => Some(ramped),
            _ => Some(start),
        };
        let mut levels = [Level::OFF; CHANNELS];
        let mut slots = [Slot::Skip; CHANNELS];
        for ((channel, level), slot) in self.channels.iter_mut().zip(&mut levels).zip(&mut slots) {
            let ramped = channel.next_level(&self.settings, start, elapsed);
            *level = channel.softened(ramped, &self.settings, start, half_period);
            let [positive, negative] = &mut channel.remainders;
            let remainder = match crossing.polarity {
                Polarity::Positive => positive,
                Polarity::Negative => negative,
            };
            *slot = fine_slot(
                &self.settings,
                *level,
                crossing.at,
                crossing.half_period,
                remainder,
            );
            channel.note(*slot, start, half_period);
        }
        Some(HalfCycle {
            start,
            half_period,
            polarity: crossing.polarity,
            levels,
            slots,
        })
    }

    /// Whether the gate must be parked now: nothing is foretold, or since this was last asked a grid was
    /// lost whose pulses the gate may still hold, or a mark is missing without which they must not be
    /// fired. Half-cycles that have not begun are planned again after it.
    ///
    /// Ask after every edge and at every [`next_deadline`](Self::next_deadline): the mark that confirms a
    /// half-cycle begins about when it does, and its absence must be known before the earliest firing.
    ///
    /// After a loss [`plan`](Self::plan) gives nothing until this has been asked, so that parking
    /// cannot be forgotten. It is also so at the start.
    #[must_use = "when it is true the gate has to be parked"]
    pub fn must_park(&mut self) -> bool {
        let must_park = self.must_park;
        // What the gate forgets can be planned again.
        let now = self.mains.now();
        if must_park && self.planned.is_some_and(|(start, _)| start > now) {
            self.planned = None;
        }
        self.must_park = !self.mains.is_trusted();
        if must_park {
            self.interrupted();
        }
        must_park
    }

    /// Tells that the gate could not take the half-cycle that was planned last, or was parked since. That is a pause: what follows it begins softly, see
    /// [`Settings::soft_start_half_cycles`].
    pub fn refused(&mut self) {
        self.interrupted();
    }

    /// When [`plan`](Self::plan) should be called next, later than `now`: when the next half-cycle can
    /// be planned, or earlier when marks are missing and it is about to be known why. Without mains it
    /// is 10 ms from `now`.
    #[must_use]
    pub fn next_deadline(&self, now: Instant) -> Instant {
        let idle = later(now, Duration::from_ticks(10_000));
        let planning = if self.must_park {
            None
        } else {
            self.next_crossing(now)
        };
        let deadline = planning.map_or(idle, |crossing| {
            let ahead = ahead(crossing.half_period.to_duration());
            crossing
                .at
                .to_instant()
                .checked_sub_duration(ahead)
                .unwrap_or(now)
        });
        let urgent = self.mains.urgent_at().unwrap_or(deadline);
        deadline
            .min(urgent)
            .max(later(now, Duration::from_ticks(1)))
    }

    /// No channel goes on from a pulse of before.
    fn interrupted(&mut self) {
        for channel in &mut self.channels {
            channel.pulsed_until = None;
        }
    }

    fn note_loss(&mut self) {
        let restarts = self.mains.restarts();
        if restarts != self.restarts {
            self.restarts = restarts;
            // A lease of the old clock may end in an hour of the new one, and what was planned by it says nothing.
            for channel in &mut self.channels {
                channel.order = None;
                channel.given = 0;
            }
            self.interrupted();
            self.planned = None;
            self.ramped = None;
        }
        let losses = self.mains.losses();
        if losses != self.losses || !self.mains.is_trusted() {
            self.losses = losses;
            self.must_park = true;
        }
    }

    fn next_crossing(&self, now: Instant) -> Option<FineCrossing> {
        // Predictions of one crossing move a little from call to call: half a half-cycle after its
        // start is surely before the next. A plan far ahead was made by another clock.
        let sane = later(now, SANE);
        let planned = self.planned.filter(|(start, _)| *start < sane);
        let after = planned.map_or(now, |(start, half_period)| {
            later(start, Duration::from_ticks(half_period.as_ticks() / 2)).max(now)
        });
        let barred = self.mains.barred_until().unwrap_or(after);
        self.mains.fine_crossing_after(after.max(barred))
    }

    fn elapsed_until(&self, start: Instant, half_period: Duration) -> Duration {
        let Some(ramped) = self.ramped.filter(|ramped| *ramped < later(start, SANE)) else {
            return half_period;
        };
        // A half-cycle that was taken back and is planned again rises no further.
        let since = start
            .checked_duration_since(ramped)
            .unwrap_or(Duration::from_ticks(0));
        // After a pause a ramp goes on from where it was, it does not catch up.
        let longest = Duration::from_ticks(half_period.as_ticks().saturating_mul(2));
        since.min(longest)
    }
}

impl Channel {
    fn next_level(&mut self, settings: &Settings, start: Instant, elapsed: Duration) -> Level {
        let ordered = match self.order {
            Some(order) if start <= order.valid_until => order.level,
            _ => Level::OFF,
        };
        let ordered = FineLevel::from(ordered.centipercent()) << FINE_BITS;
        let rate = u64::from(settings.ramp_centipercent_per_second);
        let limit = if rate == 0 {
            FineLevel::MAX
        } else {
            let rise = (rate.saturating_mul(elapsed.as_ticks()) << FINE_BITS) / 1_000_000;
            self.given
                .saturating_add(FineLevel::try_from(rise).unwrap_or(FineLevel::MAX))
        };
        self.given = ordered.min(limit);
        Level::saturating_from_centipercent(
            u16::try_from(self.given >> FINE_BITS).unwrap_or(u16::MAX),
        )
    }

    /// The level for the half-cycle at `start`: after one without a pulse, and for some more, a part of what was asked for.
    fn softened(
        &mut self,
        level: Level,
        settings: &Settings,
        start: Instant,
        half_period: Duration,
    ) -> Level {
        // Two predictions of one crossing differ by far less than this, and two crossings by more.
        let near = half_period.as_ticks() / 2;
        let goes_on = self
            .pulsed_until
            .is_some_and(|end| end.as_ticks().abs_diff(start.as_ticks()) < near);
        if !goes_on {
            self.soft_half_cycles = settings.soft_start_half_cycles;
        }
        if self.soft_half_cycles == 0 {
            level
        } else {
            level.min(SOFT_LEVEL)
        }
    }

    /// Takes note of what was planned.
    fn note(&mut self, slot: Slot, start: Instant, half_period: Duration) {
        self.pulsed_until = match slot {
            Slot::Skip => None,
            Slot::Fire { .. } => {
                self.soft_half_cycles = self.soft_half_cycles.saturating_sub(1);
                Some(later(start, half_period))
            }
        };
    }
}

fn ahead(half_period: Duration) -> Duration {
    Duration::from_ticks(half_period.as_ticks().saturating_mul(3) / 2)
}

fn later(at: Instant, by: Duration) -> Instant {
    at.checked_add_duration(by)
        .unwrap_or(Instant::from_ticks(u64::MAX))
}

#[cfg(test)]
mod tests;
