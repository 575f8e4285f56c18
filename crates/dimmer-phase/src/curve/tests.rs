#![expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "the judge is the formula in f64"
)]

use super::*;
use core::f64::consts::{PI, TAU};

extern crate std;

fn power_of(share: f64) -> f64 {
    let angle = PI * share;
    1.0 - share + (2.0 * angle).sin() / TAU
}

#[test]
fn the_curve_is_the_inverse_of_the_power_law_at_every_centipercent() {
    let mut worst: f64 = 0.0;
    for centipercent in 1..=10_000 {
        let share = resistive_share(Level::from_centipercent(centipercent).unwrap());
        let delivered = power_of(f64::from(share) / f64::from(table::ONE));
        worst = worst.max((delivered * 100.0 - f64::from(centipercent) / 100.0).abs());
    }
    std::println!("largest curve error before rounding to 1 µs: {worst:.5} points");
    assert!(worst < 0.004, "{worst} points");
}

#[test]
fn rounding_to_a_microsecond_is_all_that_is_added() {
    for half_period_us in [7_692_u64, 8_333, 10_000, 11_111] {
        let half_period = Duration::from_ticks(half_period_us);
        for centipercent in 1..=10_000 {
            let level = Level::from_centipercent(centipercent).unwrap();
            let delay_us = delay(level, half_period).unwrap().as_ticks() as f64;
            let delivered = power_of(delay_us / half_period_us as f64) * 100.0;
            // dP/dx = 2 sin², at most 2: half a microsecond is this many points.
            let quantisation = 0.5 / half_period_us as f64 * 2.0 * 100.0;
            let error = (delivered - f64::from(centipercent) / 100.0).abs();
            assert!(
                error < 0.01 + quantisation,
                "{centipercent} at {half_period_us} µs: {error} points"
            );
        }
    }
}

#[test]
fn more_power_is_never_a_longer_delay() {
    for curve in [Curve::Resistive, Curve::Linear] {
        let delays: std::vec::Vec<_> = (1..=10_000)
            .map(|level| {
                curve.delay(
                    Level::from_centipercent(level).unwrap(),
                    Duration::from_ticks(10_000),
                )
            })
            .collect();
        assert!(delays.windows(2).all(|pair| pair[0] >= pair[1]));
        assert_eq!(
            delays.last().copied().flatten(),
            Some(Duration::from_ticks(0))
        );
    }
}

#[test]
fn half_power_is_at_the_peak() {
    let level = Level::from_centipercent(5_000).unwrap();
    assert_eq!(
        delay(level, Duration::from_ticks(10_000)),
        Some(Duration::from_ticks(5_000))
    );
}

#[test]
fn off_and_absurd_half_periods_have_no_delay() {
    assert_eq!(delay(Level::OFF, Duration::from_ticks(10_000)), None);
    assert_eq!(delay(Level::FULL, Duration::from_ticks(u64::MAX)), None);
}

#[test]
fn linear_is_linear_in_the_angle() {
    let level = Level::from_centipercent(2_500).unwrap();
    assert_eq!(
        Curve::Linear.delay(level, Duration::from_ticks(10_000)),
        Some(Duration::from_ticks(7_500))
    );
}
