//! The timer adapter on a simulated timer whose interrupt comes late.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_precision_loss,
    clippy::float_arithmetic,
    clippy::allow_attributes,
    reason = "a test may fail by panicking"
)]

use std::f64::consts::{PI, TAU};

use dimmer_phase::timer::FeedError;
use dimmer_phase::{
    Duration, Edge, EdgeKind, Gate, GateTimer, HalfCycle, Instant, Level, MainsState, Order,
    Polarity, Scheduler, Settings, Slot, TimerGate, TimerSettings,
};
use proptest::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Change {
    at: u64,
    channel: usize,
    on: bool,
}

/// A timer and pins that write down what happens.
#[derive(Debug, Default)]
struct Simulated {
    now: u64,
    alarm: Option<u64>,
    changes: Vec<Change>,
}

impl GateTimer for Simulated {
    fn now(&self) -> Instant {
        Instant::from_ticks(self.now)
    }

    fn alarm_at(&mut self, at: Option<Instant>) {
        self.alarm = at.map(|at| at.as_ticks());
    }

    fn switch(&mut self, channel: usize, on: bool) {
        let at = self.now;
        self.changes.push(Change { at, channel, on });
    }
}

type Simulation<const CHANNELS: usize> = TimerGate<Simulated, CHANNELS>;

fn simulation<const CHANNELS: usize>(settings: TimerSettings) -> Simulation<CHANNELS> {
    let mut gate = TimerGate::new(Simulated::default(), settings);
    // From power-on the pins are off.
    assert!(gate.timer().changes.iter().all(|change| !change.on));
    gate.timer_mut().changes.clear();
    gate
}

/// Runs the interrupts up to a moment, each one late by what `latency` gives.
fn run_until<const CHANNELS: usize>(
    gate: &mut Simulation<CHANNELS>,
    until: u64,
    mut latency: impl FnMut() -> u64,
) {
    while let Some(alarm) = gate.timer().alarm {
        let at = alarm.max(gate.timer().now) + latency();
        if at > until {
            break;
        }
        gate.timer_mut().now = at;
        gate.timer_mut().alarm = None;
        gate.on_alarm(Instant::from_ticks(at));
    }
    let timer = gate.timer_mut();
    timer.now = timer.now.max(until);
}

fn fire(delay_us: u64) -> Slot {
    Slot::Fire {
        delay: Duration::from_ticks(delay_us),
        width: Duration::from_ticks(100),
    }
}

fn half_cycle<const CHANNELS: usize>(start: u64, slots: [Slot; CHANNELS]) -> HalfCycle<CHANNELS> {
    HalfCycle {
        start: Instant::from_ticks(start),
        half_period: Duration::from_ticks(10_000),
        polarity: Polarity::Positive,
        levels: [Level::FULL; CHANNELS],
        slots,
    }
}

fn change(at: u64, channel: usize, on: bool) -> Change {
    Change { at, channel, on }
}

#[test]
fn pulses_of_several_channels_come_in_order_and_overlap() {
    let mut gate = simulation(TimerSettings::default());
    gate.feed(&half_cycle(
        20_000,
        [fire(5_000), Slot::Skip, fire(5_040), fire(200)],
    ))
    .unwrap();
    gate.feed(&half_cycle(
        30_000,
        [Slot::Skip, fire(200), Slot::Skip, Slot::Skip],
    ))
    .unwrap();
    run_until(&mut gate, 60_000, || 0);
    assert_eq!(
        gate.timer().changes,
        [
            change(20_200, 3, true),
            change(20_300, 3, false),
            change(25_000, 0, true),
            change(25_040, 2, true),
            change(25_100, 0, false),
            change(25_140, 2, false),
            change(30_200, 1, true),
            change(30_300, 1, false),
        ]
    );
    // Not fed, it is silent, and asks for no alarm.
    assert_eq!(gate.timer().alarm, None);
    assert_eq!(gate.dropped(), 0);
}

#[test]
fn a_pulse_that_is_too_late_is_dropped_and_the_next_one_is_fired() {
    let mut gate = simulation(TimerSettings::default());
    gate.feed(&half_cycle(20_000, [fire(5_000)])).unwrap();
    gate.feed(&half_cycle(30_000, [fire(5_000)])).unwrap();
    let mut latencies = [51, 50, 0].into_iter();
    run_until(&mut gate, 60_000, || latencies.next().unwrap());
    // The second begins late, and ends when it was planned to end.
    assert_eq!(
        gate.timer().changes,
        [change(35_050, 0, true), change(35_100, 0, false)]
    );
    assert_eq!(gate.dropped(), 1);
}

#[test]
fn parking_forgets_everything_and_switches_off_at_once() {
    let mut gate = simulation(TimerSettings::default());
    gate.feed(&half_cycle(20_000, [fire(5_000), fire(9_000)]))
        .unwrap();
    run_until(&mut gate, 25_050, || 0);
    gate.park();
    assert_eq!(gate.timer().alarm, None);
    assert!(gate.timer().changes.contains(&change(25_050, 0, false)));
    gate.timer_mut().changes.clear();
    run_until(&mut gate, 90_000, || 0);
    // An interrupt that was pending already finds nothing to do.
    gate.on_alarm(Instant::from_ticks(90_000));
    assert_eq!(gate.timer().changes, []);
    // The next feed ends it, with another grid's half-cycles.
    gate.feed(&half_cycle(93_000, [fire(200), Slot::Skip]))
        .unwrap();
    run_until(&mut gate, 120_000, || 0);
    assert_eq!(gate.timer().changes.len(), 2);
}

#[test]
fn a_half_cycle_that_cannot_be_fired_as_planned_is_refused() {
    let mut gate = simulation(TimerSettings::default());
    gate.timer_mut().now = 20_000;
    let late = half_cycle(20_000, [fire(5_000)]);
    assert_eq!(gate.feed(&late), Err(FeedError::Late));
    let beyond = half_cycle(21_000, [fire(9_900)]);
    assert_eq!(gate.feed(&beyond), Err(FeedError::NotWithin));
    let next = half_cycle(30_000, [fire(5_000)]);
    assert_eq!(gate.feed(&next), Ok(()));
    assert_eq!(gate.feed(&next), Err(FeedError::OutOfOrder));
    // The prediction moved by 30 µs meanwhile: that is no other half-cycle.
    assert_eq!(gate.feed(&half_cycle(39_970, [fire(5_000)])), Ok(()));
    assert_eq!(gate.feed(&half_cycle(50_000, [fire(5_000)])), Ok(()));
    let far = half_cycle(60_000, [fire(5_000)]);
    assert_eq!(gate.feed(&far), Err(FeedError::Full));
    run_until(&mut gate, 100_000, || 0);
    assert_eq!(gate.timer().changes.len(), 6);
}

#[test]
fn a_lost_alarm_is_put_right_by_the_next_feed() {
    let mut gate = simulation(TimerSettings::default());
    gate.feed(&half_cycle(20_000, [fire(200)])).unwrap();
    run_until(&mut gate, 20_250, || 0);
    assert_eq!(gate.timer().changes, [change(20_200, 0, true)]);
    gate.timer_mut().alarm = None;
    gate.timer_mut().now = 24_000;
    gate.feed(&half_cycle(30_000, [fire(200)])).unwrap();
    assert_eq!(gate.timer().changes.last(), Some(&change(24_000, 0, false)));
}

/// The share of full power, in percent, of a triac that is fired after this share of the half-period.
fn power(share: f64) -> f64 {
    100.0 * (1.0 - share + (TAU * share).sin() / TAU)
}

/// The mean power at half power over many half-cycles with such latencies, less 50, in points.
fn error_at_half_power(settings: TimerSettings, mut latency: impl FnMut() -> u64) -> f64 {
    let mut gate = simulation(settings);
    let mut sum = 0.0;
    let count = 2_000_u64;
    for index in 1..=count {
        let start = index * 10_000;
        run_until(&mut gate, start - 4_000, &mut latency);
        gate.timer_mut().changes.clear();
        gate.feed(&half_cycle(start, [fire(5_000)])).unwrap();
        run_until(&mut gate, start + 6_000, &mut latency);
        let on = gate.timer().changes.iter().find(|change| change.on);
        sum += on.map_or(0.0, |on| power((on.at - start) as f64 / 10_000.0));
    }
    sum / count as f64 - 50.0
}

#[test]
fn what_latency_does_to_the_power_is_as_documented() {
    for (latency, documented) in [(1, -0.02), (5, -0.10), (15, -0.30), (50, -1.0)] {
        let error = error_at_half_power(TimerSettings::default(), || latency);
        assert!((error - documented).abs() < 0.001, "{latency} µs: {error}");
    }
    // A quarter of it at 3 % and 97 %.
    let slope = |share: f64| 2.0 * (PI * share).sin().powi(2);
    let delay = dimmer_phase::curve::delay(
        Level::saturating_from_centipercent(300),
        Duration::from_ticks(10_000),
    );
    let share = delay.unwrap().as_ticks() as f64 / 10_000.0;
    assert!(
        (0.24..0.27).contains(&(slope(share) / slope(0.5))),
        "{}",
        slope(share)
    );
}

#[test]
fn the_mean_of_a_latency_is_subtracted() {
    let mut number = 0_u64;
    let mut latency = || {
        number = number
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (number >> 33) % 16
    };
    let raw = error_at_half_power(TimerSettings::default(), &mut latency);
    let settings = TimerSettings {
        lead_us: 8,
        ..TimerSettings::default()
    };
    let led = error_at_half_power(settings, &mut latency);
    println!("latency of 0 to 15 µs at half power: {raw:.4} points, with a lead of 8 µs {led:.4}");
    assert!((raw + 0.15).abs() < 0.01);
    assert!(led.abs() < 0.02);
}

#[test]
fn behind_a_scheduler_it_fires_until_the_mains_goes() {
    let settings = Settings::default();
    let mut scheduler = Scheduler::<1>::new(settings);
    let order = Order {
        level: Level::saturating_from_centipercent(5_000),
        valid_until: Instant::from_ticks(10_000_000),
    };
    scheduler.order(0, order).unwrap();
    let mut gate = simulation::<1>(TimerSettings::default());
    let mut number = 1_u64;
    for crossing in 1..=200_u64 {
        if crossing <= 100 {
            for (offset, kind) in [(-60, EdgeKind::Rising), (60, EdgeKind::Falling)] {
                let at = Instant::from_ticks((crossing * 10_000).saturating_add_signed(offset));
                scheduler.edge(Edge { at, kind });
            }
        }
        for part in [1_000, 6_000] {
            let now = crossing * 10_000 + part;
            run_until(&mut gate, now, || {
                number = number
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                (number >> 33) % 16
            });
            if scheduler.must_park() {
                gate.park();
            }
            while let Some(half_cycle) = scheduler.plan(Instant::from_ticks(now)) {
                gate.feed(&half_cycle).unwrap();
            }
        }
    }
    assert_eq!(scheduler.mains().status().state, MainsState::Lost);
    let on: Vec<_> = gate
        .timer()
        .changes
        .iter()
        .filter(|change| change.on)
        .collect();
    assert!((70..=105).contains(&on.len()), "{}", on.len());
    for change in &on {
        let delay = change.at % 10_000;
        assert!((4_998..=5_017).contains(&delay), "{delay}");
    }
    // Four half-cycles are coasted over, no more.
    assert!(on.last().unwrap().at < 1_060_000);
    assert!(!gate.timer().changes.last().unwrap().on);
    assert_eq!(gate.dropped(), 0);
}

proptest! {
    #[test]
    fn whatever_the_latency_pulses_are_never_early_never_late_and_end(
        delays in prop::collection::vec(prop::option::of(200_u64..9_500), 1..60),
        latencies in prop::collection::vec(0_u64..140, 1..50),
        extra in 1_u64..5_000,
    ) {
        let mut gate = simulation(TimerSettings::default());
        let mut latencies = latencies.into_iter().cycle();
        let mut expected = Vec::new();
        for (index, delay) in (1_u64..).zip(&delays) {
            let start = index * 10_000;
            run_until(&mut gate, start - 3_000, || latencies.next().unwrap());
            let slot = delay.map_or(Slot::Skip, fire);
            gate.feed(&half_cycle(start, [slot])).unwrap();
            expected.extend(delay.map(|delay| start + delay));
            // Interrupts that nobody asked for change nothing.
            let now = gate.timer().now;
            run_until(&mut gate, now + extra, || latencies.next().unwrap());
            let now = gate.timer().now;
            gate.on_alarm(Instant::from_ticks(now));
        }
        run_until(&mut gate, 1_000_000, || latencies.next().unwrap());
        let changes = &gate.timer().changes;
        let mut fired = 0_u32;
        for pair in changes.chunks(2) {
            let [on, off] = pair else { panic!("a pulse without an end") };
            prop_assert!(on.on && !off.on);
            let planned = expected.iter().rev().find(|planned| **planned <= on.at).unwrap();
            prop_assert!(on.at - planned <= 50);
            prop_assert!(off.at >= planned + 100 && off.at < planned + 100 + 140);
            fired += 1;
        }
        prop_assert_eq!(fired + gate.dropped(), u32::try_from(expected.len()).unwrap());
    }
}
