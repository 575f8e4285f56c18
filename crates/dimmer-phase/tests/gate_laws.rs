//! The laws of a `Gate`, as tests that any implementation can be put to.
//!
//! To test one of your own, copy this file and write a [`Rig`] for it: its gate, and a simulation or a recording of its pins (a logic
//! analyser's will do). Here stands the timer adapter. That the laws find what breaks them is shown by gates that do.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    clippy::allow_attributes,
    reason = "a test may fail by panicking"
)]

use dimmer_phase::{
    Duration, Gate, GateTimer, HalfCycle, Instant, Level, Polarity, Slot, TimerGate, TimerSettings,
};

/// An implementation on the bench, on a clock that begins at 0 µs.
trait Rig {
    type Gate: Gate<2>;
    /// Right after power-on.
    fn new() -> Self;
    fn gate(&mut self) -> &mut Self::Gate;
    /// Lets the hardware work until this moment.
    fn run_until(&mut self, at_us: u64);
    /// Each change of a pin since power-on: when, which channel's, and whether it went on.
    fn changes(&self) -> Vec<(u64, usize, bool)>;
    /// How far a change may be from where it was planned.
    const TOLERANCE_US: u64;
}

/// A half-cycle of 10 ms with a pulse of 100 µs after these delays.
fn half_cycle(start_us: u64, delays_us: [Option<u64>; 2]) -> HalfCycle<2> {
    HalfCycle {
        start: Instant::from_ticks(start_us),
        half_period: Duration::from_ticks(10_000),
        polarity: Polarity::Positive,
        levels: [Level::FULL; 2],
        slots: delays_us.map(|delay| {
            delay.map_or(Slot::Skip, |delay| Slot::Fire {
                delay: Duration::from_ticks(delay),
                width: Duration::from_ticks(100),
            })
        }),
    }
}

/// From when to when a channel's pin was on. Being switched off twice is nothing.
fn pulses<R: Rig>(rig: &R, channel: usize) -> Vec<(u64, u64)> {
    let mut pulses = Vec::new();
    let mut on_since = None;
    for (at, _, on) in rig
        .changes()
        .into_iter()
        .filter(|change| change.1 == channel)
    {
        match (on, on_since) {
            (true, None) => on_since = Some(at),
            (true, Some(since)) => panic!("on at {since} µs and again at {at} µs"),
            (false, Some(since)) => {
                pulses.push((since, at));
                on_since = None;
            }
            (false, None) => {}
        }
    }
    assert_eq!(on_since, None, "the pin stays on");
    pulses
}

fn expect<R: Rig>(rig: &R, channel: usize, planned: &[(u64, u64)]) {
    let found = pulses(rig, channel);
    let near = |left: u64, right: u64| left.abs_diff(right) <= R::TOLERANCE_US;
    let alike = found.len() == planned.len()
        && found
            .iter()
            .zip(planned)
            .all(|(found, planned)| near(found.0, planned.0) && near(found.1, planned.1));
    assert!(
        alike,
        "channel {channel}: planned {planned:?}, found {found:?}"
    );
}

/// 1. Fed ahead: each pulse is where it was planned.
fn fed_ahead<R: Rig>() {
    let mut rig = R::new();
    for (index, delays) in (2..).zip([[Some(200), None], [Some(9_500), Some(5_000)], [None; 2]]) {
        rig.run_until(index * 10_000 - 4_000);
        assert!(rig.gate().feed(&half_cycle(index * 10_000, delays)).is_ok());
    }
    rig.run_until(60_000);
    expect(&rig, 0, &[(20_200, 20_300), (39_500, 39_600)]);
    expect(&rig, 1, &[(35_000, 35_100)]);
}

/// 2. Falls silent: what is not fed is not fired, and nothing repeats.
fn falls_silent<R: Rig>() {
    let mut rig = R::new();
    assert!(
        rig.gate()
            .feed(&half_cycle(10_000, [Some(3_000); 2]))
            .is_ok()
    );
    rig.run_until(500_000);
    expect(&rig, 0, &[(13_000, 13_100)]);
    // And it can be fed again.
    assert!(
        rig.gate()
            .feed(&half_cycle(510_000, [Some(3_000), None]))
            .is_ok()
    );
    rig.run_until(900_000);
    expect(&rig, 0, &[(13_000, 13_100), (513_000, 513_100)]);
    expect(&rig, 1, &[(13_000, 13_100)]);
}

/// 3. Never late: a half-cycle whose time has passed is not fired, not even the rest of it later.
fn never_late<R: Rig>() {
    for late_us in [2_000, 13_050, 30_000] {
        let mut rig = R::new();
        rig.run_until(10_000 + late_us);
        let _ = rig.gate().feed(&half_cycle(10_000, [Some(1_000); 2]));
        rig.run_until(200_000);
        expect(&rig, 0, &[]);
        expect(&rig, 1, &[]);
    }
}

/// 4. Park: at once, and everything; again and again; the next feed ends it.
fn parks<R: Rig>() {
    let mut rig = R::new();
    rig.gate().park();
    assert!(
        rig.gate()
            .feed(&half_cycle(10_000, [Some(3_000), Some(8_000)]))
            .is_ok()
    );
    assert!(
        rig.gate()
            .feed(&half_cycle(20_000, [Some(3_000); 2]))
            .is_ok()
    );
    rig.run_until(13_050);
    rig.gate().park();
    rig.gate().park();
    rig.run_until(40_000);
    expect(&rig, 0, &[(13_000, 13_050)]);
    expect(&rig, 1, &[]);
    // On the grid of other mains, which may begin earlier than what was fed before would have ended.
    assert!(
        rig.gate()
            .feed(&half_cycle(43_000, [None, Some(3_000)]))
            .is_ok()
    );
    rig.run_until(90_000);
    expect(&rig, 0, &[(13_000, 13_050)]);
    expect(&rig, 1, &[(46_000, 46_100)]);
}

/// 5. Off at reset.
fn off_at_reset<R: Rig>() {
    let mut rig = R::new();
    rig.run_until(100_000);
    assert!(rig.changes().iter().all(|(_, _, on)| !on));
}

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
    fed_ahead::<TimerRig>();
    falls_silent::<TimerRig>();
    never_late::<TimerRig>();
    parks::<TimerRig>();
    off_at_reset::<TimerRig>();
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
