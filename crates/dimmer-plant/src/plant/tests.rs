//! The plant as a whole: gate in, edges, energy and temperature out.

use dimmer_phase::{Duration, EdgeKind, Gate, HalfCycle, Instant, Level, Polarity, Slot};

use dimmer_probe::TemperatureProbe;
use dimmer_probe::ds18b20::{Ds18b20, Settings};
use dimmer_probe::one_wire::{Choice, Wire};
use embassy_futures::block_on;
use std::cell::RefCell;

use super::*;
use crate::{FeedError, LineDelay, LinePin};

fn at(us: u64) -> Instant {
    Instant::from_ticks(us)
}

fn plant() -> Plant {
    Plant::new(PlantSettings::default()).unwrap()
}

fn with_frequency(frequency_hz: f64) -> Plant {
    let mut settings = PlantSettings::default();
    settings.mains.frequency_hz = frequency_hz;
    Plant::new(settings).unwrap()
}

fn half_cycle(start: u64, half_period: u64, delay: u64, width: u64) -> HalfCycle<1> {
    HalfCycle {
        start: at(start),
        half_period: Duration::from_ticks(half_period),
        polarity: Polarity::Positive,
        levels: [Level::saturating_from_centipercent(1_234)],
        slots: [Slot::Fire {
            delay: Duration::from_ticks(delay),
            width: Duration::from_ticks(width),
        }],
    }
}

fn fire(start: u64, delay: u64, width: u64) -> HalfCycle<1> {
    half_cycle(start, 10_000, delay, width)
}

/// Runs to a time, whatever edges come.
fn run(plant: &mut Plant, until: u64) -> Vec<Delivered> {
    while plant.next_edge(at(until)).is_some() {}
    plant.drain_delivered().collect()
}

/// Fires in every half-cycle from number 1 on, with this delay, until half-cycle `count` is over.
fn run_firing(plant: &mut Plant, count: u64, delay: u64, width: u64) -> Vec<Delivered> {
    let half_period_us = plant.mains().half_period_us();
    let mut fed = 0;
    let end = captured(plant.mains().crossing_us(count + 1));
    while plant.next_edge(end).is_some() {
        let coming = captured((fed + 1) as f64 * half_period_us);
        if fed < count && coming - plant.now() < Duration::from_ticks(9_000) {
            fed += 1;
            let length = captured(half_period_us).as_ticks();
            plant
                .gate()
                .feed(&half_cycle(coming.as_ticks(), length, delay, width))
                .unwrap();
        }
    }
    plant.drain_delivered().skip(1).collect()
}

#[test]
fn fully_on_it_takes_voltage_squared_over_resistance() {
    let mut settings = PlantSettings::default();
    // With a triac that latches at any voltage, the gate up at the crossing is fully on.
    settings.triac.latching_volts = 0.0;
    settings.mains.rms_volts = 241.5;
    let mut plant = Plant::new(settings).unwrap();
    let delivered = run_firing(&mut plant, 1_000, 0, 5_000);
    let joules: f64 = delivered.iter().map(|half_cycle| half_cycle.joules).sum();
    let resistance = 230.0 * 230.0 / 2_000.0;
    let expected = 241.5 * 241.5 / resistance * 10.0;
    assert_eq!(delivered.len(), 1_000);
    assert!(
        (joules / expected - 1.0).abs() < 1e-9,
        "{joules} {expected}"
    );
}

#[test]
fn fired_at_ninety_degrees_it_takes_half() {
    for half_cycle in run_firing(&mut plant(), 100, 5_000, 100) {
        assert!((half_cycle.fraction - 0.5).abs() < 1e-9, "{half_cycle:?}");
        assert!((half_cycle.joules - 10.0).abs() < 1e-8);
        assert_eq!(
            half_cycle.planned_level,
            Some(Level::saturating_from_centipercent(1_234))
        );
        assert!(!half_cycle.mistaken_full);
    }
}

#[test]
fn the_power_follows_the_formula_at_every_delay_and_frequency() {
    for frequency_hz in [45.0, 50.0, 60.0, 65.0] {
        let half_period_us = 500_000.0 / frequency_hz;
        for delay in (200..captured(half_period_us).as_ticks() - 200).step_by(97) {
            let mut plant = with_frequency(frequency_hz);
            for half_cycle in run_firing(&mut plant, 3, delay, 100) {
                // The gate's microseconds are whole, the crossing is not: the true delay differs by that.
                let start_us = half_cycle.start_s * 1e6;
                let true_delay = (start_us.round() + delay as f64 - start_us) / half_period_us;
                let angle = true_delay * std::f64::consts::PI;
                let formula = 1.0 - angle / std::f64::consts::PI
                    + (2.0 * angle).sin() / std::f64::consts::TAU;
                assert!(
                    (half_cycle.fraction - formula).abs() < 1e-9,
                    "{frequency_hz} Hz {delay} us"
                );
            }
        }
    }
}

#[test]
fn nothing_is_delivered_while_nothing_is_fed() {
    let delivered = run(&mut plant(), 1_000_000);
    assert_eq!(delivered.len(), 100);
    assert!(
        delivered
            .iter()
            .all(|half_cycle| half_cycle.joules == 0.0 && half_cycle.planned_level.is_none())
    );
}

#[test]
fn a_pulse_still_up_at_the_crossing_takes_the_next_half_cycle_too() {
    let mut plant = plant();
    plant.gate().feed(&fire(10_000, 9_900, 300)).unwrap();
    let delivered = run(&mut plant, 40_000);
    assert!(delivered[1].fraction < 0.001 && !delivered[1].mistaken_full);
    assert!(
        delivered[2].mistaken_full && delivered[2].fraction > 0.999,
        "{:?}",
        delivered[2]
    );
    assert_eq!(delivered[2].planned_level, None);
    assert!(!delivered[3].mistaken_full && delivered[3].fraction == 0.0);
}

#[test]
fn a_short_pulse_before_the_latching_voltage_delivers_nothing() {
    let mut plant = plant();
    plant.gate().feed(&fire(10_000, 20, 50)).unwrap();
    let delivered = run(&mut plant, 30_000);
    assert_eq!(delivered[1].fraction, 0.0);
    assert_eq!(delivered[1].latched_at_s, None);
    assert!(delivered[1].planned_level.is_some());
}

#[test]
fn a_late_feed_delivers_nothing() {
    let mut plant = plant();
    run(&mut plant, 10_001);
    assert_eq!(
        plant.gate().feed(&fire(10_000, 5_000, 100)),
        Err(FeedError::Late { by_us: 1 })
    );
    let delivered = run(&mut plant, 30_000);
    assert!(delivered.iter().all(|half_cycle| half_cycle.joules == 0.0));
    assert_eq!(plant.gate().counts().late, 1);
}

#[test]
fn park_before_the_pulse_leaves_the_load_off() {
    let mut plant = plant();
    plant.gate().feed(&fire(10_000, 5_000, 100)).unwrap();
    run(&mut plant, 14_999);
    plant.gate().park();
    assert!(
        run(&mut plant, 30_000)
            .iter()
            .all(|half_cycle| half_cycle.fraction == 0.0)
    );
}

#[test]
fn park_after_latching_cannot_open_the_triac_before_the_crossing() {
    let mut plant = plant();
    plant.gate().feed(&fire(10_000, 5_000, 100)).unwrap();
    run(&mut plant, 15_010);
    plant.gate().park();
    assert!(!plant.gate().is_up());
    let delivered = run(&mut plant, 30_000);
    assert!(
        (delivered[0].fraction - 0.5).abs() < 1e-9,
        "{:?}",
        delivered[0]
    );
    assert_eq!(delivered[1].fraction, 0.0);
}

#[test]
fn edges_come_in_time_order_and_none_after_the_time_asked_for() {
    let mut plant = plant();
    assert_eq!(plant.next_edge(at(9_799)), None);
    assert_eq!(plant.now(), at(9_799));
    let edge = plant.next_edge(at(30_000)).unwrap();
    assert_eq!(
        (edge.at, edge.kind, plant.now()),
        (at(9_800), EdgeKind::Rising, at(9_800))
    );
    assert_eq!(plant.next_edge(at(30_000)).unwrap().kind, EdgeKind::Falling);
    assert_eq!(plant.next_edge(at(19_000)), None);
    assert_eq!(plant.next_edge(at(5_000)), None);
    assert_eq!(plant.now(), at(19_000));
}

#[test]
fn mains_that_are_switched_off_give_neither_edges_nor_power_and_come_back_in_phase() {
    let mut plant = plant();
    run(&mut plant, 100_500);
    plant.switch_mains(false);
    // The half-cycle that runs is the last.
    plant.gate().feed(&fire(110_000, 5_000, 100)).unwrap();
    assert_eq!(plant.next_edge(at(150_000)), None);
    let dead: Vec<Delivered> = plant.drain_delivered().collect();
    assert_eq!(
        dead.iter()
            .map(|half_cycle| half_cycle.live)
            .collect::<Vec<_>>(),
        [true, false, false, false, false]
    );
    assert!(dead.iter().all(|half_cycle| half_cycle.joules == 0.0));
    plant.switch_mains(true);
    let edge = plant.next_edge(at(200_000)).unwrap();
    assert_eq!((edge.at, edge.kind), (at(159_800), EdgeKind::Rising));
    plant.gate().feed(&fire(160_000, 5_000, 100)).unwrap();
    assert!((run(&mut plant, 171_000).last().unwrap().fraction - 0.5).abs() < 1e-9);
}

#[test]
fn mains_switched_on_just_before_a_crossing_give_no_edge_in_the_past() {
    let mut plant = plant();
    run(&mut plant, 15_000);
    plant.switch_mains(false);
    run(&mut plant, 49_900);
    plant.switch_mains(true);
    assert_eq!(plant.next_edge(at(100_000)).unwrap().at, at(59_800));
}

#[test]
fn a_pulse_that_began_ends_though_the_mains_are_switched_off_within_it() {
    let mut plant = plant();
    assert_eq!(plant.next_edge(at(9_900)).unwrap().kind, EdgeKind::Rising);
    plant.switch_mains(false);
    assert_eq!(
        plant.next_edge(at(100_000)).unwrap().kind,
        EdgeKind::Falling
    );
    assert_eq!(plant.next_edge(at(100_000)), None);
}

#[test]
fn a_changed_frequency_moves_the_edges_from_the_next_crossing_on() {
    let mut plant = plant();
    run(&mut plant, 95_000);
    plant.set_frequency(60.0).unwrap();
    let edges: Vec<u64> = std::iter::from_fn(|| plant.next_edge(at(118_000)))
        .map(|edge| edge.at.as_ticks())
        .collect();
    assert_eq!(edges, [99_800, 100_200, 108_133, 108_533, 116_467, 116_867]);
    assert!(plant.set_frequency(f64::NAN).is_err());
}

#[test]
fn the_power_follows_the_square_of_the_voltage_but_the_fraction_does_not() {
    let mut settings = PlantSettings::default();
    settings.mains.rms_volts = 115.0;
    let mut plant = Plant::new(settings).unwrap();
    assert!((plant.full_watts() - 500.0).abs() < 1e-9);
    let delivered = run_firing(&mut plant, 2, 5_000, 100);
    assert!((delivered[0].fraction - 0.5).abs() < 1e-9);
    assert!((delivered[0].joules - 2.5).abs() < 1e-9);
}

#[test]
fn the_tank_gets_what_is_delivered_and_the_probe_feels_it() {
    let mut settings = PlantSettings {
        speed: 1_000.0,
        ..PlantSettings::default()
    };
    settings.tank.loss_watts_per_kelvin = 0.0;
    let mut plant = Plant::new(settings).unwrap();
    let delivered = run_firing(&mut plant, 1_000, 5_000, 100);
    // 1 kW for 10 s, a thousand times faster.
    let joules: f64 = delivered.iter().map(|half_cycle| half_cycle.joules).sum();
    assert!((joules - 10_000.0).abs() < 1e-5);
    let expected = 40.0 + 10_000_000.0 / (200.0 * 4_186.0);
    assert!(
        (plant.tank().celsius() - expected).abs() < 1e-6,
        "{}",
        plant.tank().celsius()
    );
    let plant = RefCell::new(plant);
    let wire = Wire::new(LinePin::new(&plant), LineDelay::new(&plant)).unwrap();
    let mut probe = Ds18b20::on(
        &wire,
        LineDelay::new(&plant),
        Choice::Any,
        Settings::default(),
    );
    let celsius = f64::from(block_on(probe.read()).unwrap()) / 1_000.0;
    assert!(
        (celsius - expected).abs() <= 1.0 / 32.0 + 0.001,
        "{celsius}"
    );
}

#[test]
fn the_same_calls_give_the_same_plant() {
    let (mut one, mut other) = (with_frequency(60.0), with_frequency(60.0));
    assert_eq!(
        run_firing(&mut one, 500, 3_000, 100),
        run_firing(&mut other, 500, 3_000, 100)
    );
    assert_eq!(one.tank(), other.tank());
}
