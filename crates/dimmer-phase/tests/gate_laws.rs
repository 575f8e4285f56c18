//! The timer adapter, put to the laws of a `Gate`. That the laws find what breaks them is shown by gates that do.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    clippy::allow_attributes,
    reason = "a test may fail by panicking"
)]

mod laws;

use dimmer_phase::{Gate, GateTimer, HalfCycle, Instant, Slot, TimerGate, TimerSettings};
use laws::{Rig, falls_silent, fed_ahead, keeps_the_laws, never_late, off_at_reset, parks};

/// The timer adapter on a timer without latency.
struct TimerRig(TimerGate<Pins, 2>);

#[derive(Default)]
struct Pins {
    now: u64,
    alarm: Option<u64>,
    changes: Vec<(u64, usize, bool)>,
}

impl GateTimer for Pins {
    fn now(&self) -> Instant {
        Instant::from_ticks(self.now)
    }

    fn alarm_at(&mut self, at: Option<Instant>) {
        self.alarm = at.map(|at| at.as_ticks());
    }

    fn switch(&mut self, channel: usize, on: bool) {
        self.changes.push((self.now, channel, on));
    }
}

impl Rig for TimerRig {
    type Gate = TimerGate<Pins, 2>;
    const TOLERANCE_US: u64 = 0;

    fn new() -> Self {
        Self(TimerGate::new(Pins::default(), TimerSettings::default()))
    }

    fn gate(&mut self) -> &mut Self::Gate {
        &mut self.0
    }

    fn run_until(&mut self, at_us: u64) {
        while let Some(alarm) = self.0.timer().alarm.filter(|alarm| *alarm <= at_us) {
            self.0.timer_mut().now = alarm;
            self.0.on_alarm(Instant::from_ticks(alarm));
        }
        self.0.timer_mut().now = at_us;
    }

    fn changes(&self) -> Vec<(u64, usize, bool)> {
        self.0.timer().changes.clone()
    }
}

#[test]
fn the_timer_adapter_keeps_the_laws() {
    keeps_the_laws::<TimerRig>();
}

/// How a gate can be wrong.
mod wrong {
    pub(super) const REPEATS: u8 = 0;
    pub(super) const FIRES_LATE: u8 = 1;
    pub(super) const PARKS_LATER: u8 = 2;
    pub(super) const ON_AT_RESET: u8 = 3;
    pub(super) const ONE_CHANNEL: u8 = 4;
}

/// A gate that breaks one law.
struct Broken<const HOW: u8> {
    now: u64,
    changes: Vec<(u64, usize, bool)>,
}

impl<const HOW: u8> Broken<HOW> {
    fn pulse(&mut self, at: u64, channel: usize) {
        self.changes.push((at, channel, true));
        self.changes.push((at + 100, channel, false));
    }
}

impl<const HOW: u8> Gate<2> for Broken<HOW> {
    type Error = ();

    fn feed(&mut self, half_cycle: &HalfCycle<2>) -> Result<(), ()> {
        let start = half_cycle.start.as_ticks();
        if start <= self.now && HOW != wrong::FIRES_LATE {
            return Err(());
        }
        for (channel, slot) in half_cycle.slots.iter().enumerate() {
            let Slot::Fire { delay, .. } = slot else {
                continue;
            };
            if channel == 0 || HOW != wrong::ONE_CHANNEL {
                self.pulse((start + delay.as_ticks()).max(self.now), channel);
            }
            if HOW == wrong::REPEATS {
                self.pulse(start + delay.as_ticks() + 10_000, channel);
            }
        }
        Ok(())
    }

    fn park(&mut self) {
        let now = self.now;
        if HOW == wrong::PARKS_LATER {
            return;
        }
        let began: Vec<_> = self
            .changes
            .drain(..)
            .filter(|change| change.0 <= now)
            .collect();
        self.changes = began;
        self.changes.extend([(now, 0, false), (now, 1, false)]);
    }
}

impl<const HOW: u8> Rig for Broken<HOW> {
    type Gate = Self;
    const TOLERANCE_US: u64 = 0;

    fn new() -> Self {
        let mut rig = Self {
            now: 0,
            changes: Vec::new(),
        };
        if HOW == wrong::ON_AT_RESET {
            rig.pulse(5, 1);
        }
        rig
    }

    fn gate(&mut self) -> &mut Self {
        self
    }

    fn run_until(&mut self, at_us: u64) {
        self.now = at_us;
    }

    fn changes(&self) -> Vec<(u64, usize, bool)> {
        let mut changes = self.changes.clone();
        changes.sort_by_key(|change| change.0);
        changes
    }
}

#[test]
#[should_panic(expected = "channel 0: planned [(13000, 13100)]")]
fn a_gate_that_repeats_is_found() {
    falls_silent::<Broken<{ wrong::REPEATS }>>();
}

#[test]
#[should_panic(expected = "channel 0: planned []")]
fn a_gate_that_fires_late_is_found() {
    never_late::<Broken<{ wrong::FIRES_LATE }>>();
}

#[test]
#[should_panic(expected = "channel 0: planned [(13000, 13050)]")]
fn a_gate_that_parks_later_is_found() {
    parks::<Broken<{ wrong::PARKS_LATER }>>();
}

#[test]
#[should_panic(expected = "all(|(_, _, on)| !on)")]
fn a_gate_that_is_on_at_reset_is_found() {
    off_at_reset::<Broken<{ wrong::ON_AT_RESET }>>();
}

#[test]
#[should_panic(expected = "channel 1: planned [(35000, 35100)]")]
fn a_gate_that_forgets_a_channel_is_found() {
    fed_ahead::<Broken<{ wrong::ONE_CHANNEL }>>();
}
