//! A gate for chips that have no hardware timeline: one timer interrupt switches the pins.
//!
//! Use it where nothing better is there. What the chip's interrupt latency does to the power cannot be undone by any software:
//!
//! | the switching on is late by | error of the power at half power, 50 Hz (60 Hz) |
//! |---|---|
//! | 1 µs | 0.02 points (0.024) |
//! | 5 µs | 0.10 points (0.12) |
//! | 15 µs | 0.30 points (0.36) |
//! | 50 µs, the default limit | 1.00 points (1.20) |
//!
//! It is (2/T)·sin²(πx) of full power for each µs, T being the half-period in µs and x the delay's share of it: the most at half power, a quarter of that at 3 %
//! and at 97 %. A latency has a mean and a spread. The mean is subtracted ([`TimerSettings::lead_us`]); of the spread each single
//! half-cycle is hit, the mean power is not.
//!
//! A late switching *off* costs no power: the triac has latched. It may cost a whole half-cycle, when it comes after the next crossing. So
//! the longest latency that the firmware can have has to be shorter than [`Settings::end_margin_us`](crate::Settings::end_margin_us). And a
//! processor that hangs with a pin up leaves it up: let a watchdog reset the chip, and a resistor pull the gate's driver off while it is in reset.

use crate::{Duration, Gate, HalfCycle, Instant, SettingsError, Slot};

/// How many half-cycles have pulses that wait: the scheduler plans one and a half ahead, and one is under way.
const PLACES: usize = 3;

/// What the adapter needs of a chip: a clock, one alarm, and the pins.
pub trait GateTimer {
    /// The moment, on the clock on which the half-cycles were planned.
    fn now(&self) -> Instant;

    /// Calls [`TimerGate::on_alarm`] at this moment, and at no other: it replaces the alarm before it, and `None` is none at all. For a moment that
    /// has passed it is called as soon as possible: an alarm that got lost would leave a pin up. It is called at least once for each alarm; more often does
    /// no harm.
    fn alarm_at(&mut self, at: Option<Instant>);

    /// Switches the gate's pin of a channel (from 0) on or off.
    fn switch(&mut self, channel: usize, on: bool);
}

/// How the adapter deals with the chip's latency. Stored and edited as data (serde).
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TimerSettings {
    /// The mean time from an alarm to the pin's change, in µs, 0 to 100: alarms are this much early. Measure it (with a second pin
    /// and a scope), or raise it until half power is half power. Keep it below
    /// [`Settings::minimum_delay_us`](crate::Settings::minimum_delay_us): an alarm that is served at once is early by all of it. Default 0.
    pub lead_us: u16,
    /// A pulse that could begin only this much after its time is not fired, in µs, 1 to 500. Default 50.
    pub late_limit_us: u16,
}

impl Default for TimerSettings {
    fn default() -> Self {
        Self {
            lead_us: 0,
            late_limit_us: 50,
        }
    }
}

impl TimerSettings {
    /// Checks every field against its range.
    ///
    /// # Errors
    /// The first field that is out of its range. Code that is given such settings keeps their word nevertheless.
    pub fn validate(&self) -> Result<(), SettingsError> {
        if self.lead_us > 100 {
            return Err(SettingsError {
                field: "lead_us",
                expected: "0 to 100 µs",
            });
        }
        if !(1..=500).contains(&self.late_limit_us) {
            return Err(SettingsError {
                field: "late_limit_us",
                expected: "1 to 500 µs",
            });
        }
        Ok(())
    }
}

/// Why a half-cycle was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FeedError {
    /// It has begun already.
    Late,
    /// It begins before the end of one that was fed, or is fed for the second time.
    OutOfOrder,
    /// Three half-cycles have pulses that wait.
    Full,
    /// A pulse would end at or after the half-cycle's end, and latch the next one.
    NotWithin,
}

impl core::fmt::Display for FeedError {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str(match self {
            Self::Late => "the half-cycle has begun; feed it before its start",
            Self::OutOfOrder => {
                "the half-cycle begins before one that was fed ends; feed each once, in order"
            }
            Self::Full => "three half-cycles are waiting; feed at most one and a half ahead",
            Self::NotWithin => "a pulse would be up at the next crossing; plan it to end before",
        })
    }
}

impl core::error::Error for FeedError {}

/// A pulse that waits, as moments.
#[derive(Clone, Copy, Debug)]
struct Pulse {
    on: Instant,
    off: Instant,
}

/// The pulses of one half-cycle that have not begun.
type Waiting<const CHANNELS: usize> = [Option<Pulse>; CHANNELS];

/// A [`Gate`] on a [`GateTimer`]: call [`on_alarm`](Self::on_alarm) from the timer's interrupt.
///
/// `feed` and `park` are called where the plan is made. When that is not the interrupt itself, keep the gate in a critical
/// section's cell: no two calls may run at once.
///
/// - What is not fed is not fired; nothing repeats.
/// - A pulse that would begin later than [`TimerSettings::late_limit_us`] after its time is dropped, and counted. No pulse
///   is ended later for having begun late.
/// - Switching off comes before switching on.
/// - Each call looks at three half-cycles of `CHANNELS` pulses once, and switches each pin twice at most.
///
/// `examples/interrupt_driven.rs` uses it.
#[derive(Debug)]
pub struct TimerGate<T, const CHANNELS: usize> {
    timer: T,
    settings: TimerSettings,
    fed: [Waiting<CHANNELS>; PLACES],
    /// Until when the pin of each channel is up.
    up: [Option<Instant>; CHANNELS],
    /// The end of the last half-cycle that was fed.
    fed_until: Option<Instant>,
    dropped: u32,
}

impl<T: GateTimer, const CHANNELS: usize> TimerGate<T, CHANNELS> {
    /// Switches every pin off, and waits to be fed.
    #[must_use]
    pub fn new(timer: T, settings: TimerSettings) -> Self {
        let mut gate = Self {
            timer,
            settings,
            fed: [[None; CHANNELS]; PLACES],
            up: [None; CHANNELS],
            fed_until: None,
            dropped: 0,
        };
        gate.park();
        gate
    }

    /// Takes new settings, for every pulse that has not begun.
    pub fn set_settings(&mut self, settings: TimerSettings) {
        self.settings = settings;
        self.arm();
    }

    /// The chip.
    #[must_use]
    pub fn timer(&self) -> &T {
        &self.timer
    }

    /// The chip, for what else its interrupt has to do.
    pub fn timer_mut(&mut self) -> &mut T {
        &mut self.timer
    }

    /// How many pulses were dropped because the alarm came too late, since the start. Saturates.
    #[must_use]
    pub fn dropped(&self) -> u32 {
        self.dropped
    }

    /// The timer's interrupt: switches what is due at `now`, and sets the next alarm.
    pub fn on_alarm(&mut self, now: Instant) {
        let lead = Duration::from_ticks(u64::from(self.settings.lead_us));
        let late_limit = Duration::from_ticks(u64::from(self.settings.late_limit_us));
        let ahead = later(now, lead);
        for (channel, up) in (0..CHANNELS).zip(&mut self.up) {
            if up.is_some_and(|off| off <= ahead) {
                *up = None;
                self.timer.switch(channel, false);
            }
        }
        for fed in &mut self.fed {
            for (channel, (waiting, up)) in (0..CHANNELS).zip(fed.iter_mut().zip(&mut self.up)) {
                let Some(pulse) = waiting.filter(|pulse| pulse.on <= ahead) else {
                    continue;
                };
                *waiting = None;
                if pulse.off > ahead && now <= later(pulse.on, late_limit) {
                    *up = Some(pulse.off);
                    self.timer.switch(channel, true);
                } else {
                    self.dropped = self.dropped.saturating_add(1);
                }
            }
        }
        self.arm();
    }

    /// Sets the alarm for the next thing that has to happen.
    fn arm(&mut self) {
        let on = self.fed.iter().flatten().flatten().map(|pulse| pulse.on);
        let off = self.up.iter().flatten().copied();
        let lead = Duration::from_ticks(u64::from(self.settings.lead_us));
        let next = on.chain(off).min().map(|next| {
            next.checked_sub_duration(lead)
                .unwrap_or(Instant::from_ticks(0))
        });
        self.timer.alarm_at(next);
    }
}

impl<T: GateTimer, const CHANNELS: usize> Gate<CHANNELS> for TimerGate<T, CHANNELS> {
    type Error = FeedError;

    fn feed(&mut self, half_cycle: &HalfCycle<CHANNELS>) -> Result<(), FeedError> {
        let now = self.timer.now();
        // Whatever an alarm that got lost has left is put right here.
        self.on_alarm(now);
        if half_cycle.start <= now {
            return Err(FeedError::Late);
        }
        // Predictions of one crossing move a little from plan to plan: half a half-cycle is no other half-cycle.
        let half = Duration::from_ticks(half_cycle.half_period.as_ticks() / 2);
        if self
            .fed_until
            .is_some_and(|end| later(half_cycle.start, half) < end)
        {
            return Err(FeedError::OutOfOrder);
        }
        let end = later(half_cycle.start, half_cycle.half_period);
        let mut waiting = [None; CHANNELS];
        for (waiting, slot) in waiting.iter_mut().zip(&half_cycle.slots) {
            if let Slot::Fire { delay, width } = *slot {
                let on = later(half_cycle.start, delay);
                let off = later(on, width);
                if off >= end {
                    return Err(FeedError::NotWithin);
                }
                *waiting = Some(Pulse { on, off });
            }
        }
        let place = self
            .fed
            .iter_mut()
            .find(|fed| fed.iter().all(Option::is_none))
            .ok_or(FeedError::Full)?;
        *place = waiting;
        self.fed_until = Some(end);
        self.arm();
        Ok(())
    }

    fn park(&mut self) {
        self.fed = [[None; CHANNELS]; PLACES];
        self.fed_until = None;
        self.up = [None; CHANNELS];
        for channel in 0..CHANNELS {
            self.timer.switch(channel, false);
        }
        self.timer.alarm_at(None);
    }
}

fn later(at: Instant, by: Duration) -> Instant {
    at.checked_add_duration(by)
        .unwrap_or(Instant::from_ticks(u64::MAX))
}
