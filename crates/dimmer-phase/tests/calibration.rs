//! The procedure for the detector's offset, done on a simulated load with a meter that errs: what it leaves.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::float_arithmetic,
    clippy::allow_attributes,
    reason = "a test may fail by panicking, and judges in f64"
)]

use std::f64::consts::{PI, TAU};

use dimmer_phase::calibration::offset_correction_us;
use dimmer_phase::{
    Burst, BurstSettings, Duration, Edge, EdgeKind, Instant, Level, Order, Scheduler, Settings,
    Slot,
};

/// The share of full power of a triac that is fired after this share of the half-period.
fn power(share: f64) -> f64 {
    1.0 - share + (TAU * share).sin() / TAU
}

/// What a pulse lets through in the true half-cycle in which it begins, and in the next. The triac latches above 10 V.
fn conducted(on: f64, off: f64, half_period_us: f64) -> f64 {
    let latches = half_period_us * (10.0_f64 / 325.3).asin() / PI;
    let [this, next] = [0.0, half_period_us].map(|crossing| {
        let first = (on - crossing).max(latches);
        let is_fired = off - crossing > latches;
        if is_fired {
            power(first / half_period_us)
        } else {
            0.0
        }
    });
    this + next
}

/// Watts of a load of 2 kW at 50 %, by phase or in bursts, behind a detector that is early by so many µs.
fn watts(settings: Settings, bursts: bool, half_period_us: f64, early_us: f64) -> f64 {
    let mut scheduler = Scheduler::<1>::new(settings);
    let mut burst = Burst::new(BurstSettings::default());
    let order = Order {
        level: Level::saturating_from_centipercent(5_000),
        valid_until: Instant::from_ticks(1 << 40),
    };
    scheduler.order(0, order).unwrap();
    let (mut energy, mut half_cycles) = (0.0, 0_u32);
    for crossing in 1..=440_u32 {
        let middle = f64::from(crossing) * half_period_us - early_us;
        for (at, kind) in [
            (middle - 500.0, EdgeKind::Rising),
            (middle + 500.0, EdgeKind::Falling),
        ] {
            let at = Instant::from_ticks(at as u64);
            scheduler.edge(Edge { at, kind });
        }
        let now = Instant::from_ticks((middle + half_period_us / 2.0) as u64);
        let _ = scheduler.must_park();
        while let Some(mut half_cycle) = scheduler.plan(now) {
            if bursts {
                burst.apply(&settings, 0, &mut half_cycle).unwrap();
            }
            if crossing <= 40 {
                continue;
            }
            half_cycles += 1;
            if let [Slot::Fire { delay, width }] = half_cycle.slots {
                // Within the true half-cycle that it falls into.
                let on = (half_cycle.start + delay).as_ticks() as f64 % half_period_us;
                energy += conducted(on, on + width.as_ticks() as f64, half_period_us);
            }
        }
    }
    assert!(half_cycles >= 399, "{half_cycles}");
    2_000.0 * energy / f64::from(half_cycles)
}

/// Done twice, with a meter that reads the two this much apart (a share): the setting that is found.
fn calibrate(half_period_us: f64, early_us: f64, meter: f64) -> i32 {
    // So that bursts latch behind a detector that is early.
    let mut settings = Settings {
        minimum_delay_us: 320,
        ..Settings::default()
    };
    for _ in 0..2 {
        let phase = watts(settings, false, half_period_us, early_us) * (1.0 + meter);
        let bursts = watts(settings, true, half_period_us, early_us);
        settings.offset_us += offset_correction_us(
            (phase * 1_000.0).round() as u32,
            (bursts * 1_000.0).round() as u32,
            Duration::from_ticks(half_period_us.round() as u64),
        )
        .unwrap();
    }
    settings.offset_us
}

#[test]
fn a_microsecond_of_offset_costs_two_hundredths_of_a_point_at_half_power() {
    for (half_period_us, points) in [(10_000.0, 0.02), (25_000.0 / 3.0, 0.024)] {
        let share = 0.5 - 1.0 / half_period_us;
        assert!(((power(share) - 0.5) * 100.0 - points).abs() < 1e-6);
    }
    // 150 µs are the 3 points that were measured of others.
    assert!(((power(0.5 - 0.015) - 0.5) * 100.0 - 3.0).abs() < 0.01);
}

#[test]
fn the_procedure_finds_the_offset_as_well_as_the_meter_repeats_itself() {
    for (half_period_us, per_percent) in [(10_000.0, 25.0), (25_000.0 / 3.0, 20.8)] {
        for early_us in [-600.0, -150.0, 0.0, 150.0, 300.0] {
            for meter in [-0.01, -0.002, 0.0, 0.002, 0.01] {
                let found = calibrate(half_period_us, early_us, meter);
                let left = f64::from(found) - early_us;
                let expected = meter * 100.0 * per_percent;
                assert!(
                    (left - expected).abs() <= 3.0,
                    "{early_us} µs early, meter {meter}: {found} µs found"
                );
                // And that is what it costs at half power.
                let points = 100.0 * (power(0.5 + left / half_period_us) - 0.5);
                let documented = -50.0 * meter;
                assert!((points - documented).abs() <= 0.075, "{points} points");
                if early_us == 150.0 {
                    println!(
                        "{half_period_us:.0} µs, meter {meter:+}: {left:+.1} µs, {points:+.3} points are left"
                    );
                }
            }
        }
    }
}

#[test]
fn an_error_that_is_left_is_largest_at_half_power() {
    let half_period_us = 10_000.0;
    for left in [5.0, 25.0, 60.0] {
        let at = |share: f64| (power(share + left / half_period_us) - power(share)).abs();
        let law = |share: f64| 2.0 * left / half_period_us * (PI * share).sin().powi(2);
        for step in 1_u32..100 {
            let share = f64::from(step) / 100.0;
            assert!(at(share) <= at(0.5) + 1e-4);
            assert!((at(share) - law(share)).abs() < 2e-4);
        }
    }
}

#[test]
fn symmetric_harmonics_do_not_move_half_power_from_the_peak() {
    let wave = |angle: f64| angle.sin() + 0.05 * (3.0 * angle).sin() + 0.03 * (5.0 * angle).sin();
    let steps = 20_000_u32;
    let energy = |from: u32, to: u32| -> f64 {
        (from..to)
            .map(|step| wave(PI * (f64::from(step) + 0.5) / f64::from(steps)).powi(2))
            .sum()
    };
    let share = energy(steps / 2, steps) / energy(0, steps);
    assert!((share - 0.5).abs() < 1e-9, "{share}");
}

#[test]
fn readings_that_cannot_be_an_offset_are_refused() {
    let half_period = Duration::from_ticks(10_000);
    assert_eq!(offset_correction_us(1_000, 0, half_period), None);
    assert_eq!(offset_correction_us(0, 0, half_period), None);
    assert_eq!(offset_correction_us(2_000, 1_000, half_period), None);
    assert_eq!(offset_correction_us(940, 1_000, half_period), Some(-150));
    assert_eq!(
        offset_correction_us(u32::MAX, u32::MAX, half_period),
        Some(0)
    );
    let absurd = Duration::from_ticks(u64::MAX);
    assert_eq!(offset_correction_us(1_000, 1_000, absurd), None);
}
