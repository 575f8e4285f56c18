//! The curve at every 0.01 %.

use std::f64::consts::TAU;

use dimmer_phase::{Duration, Level, curve};

use crate::wave::exact_delay;

fn power(delay: f64) -> f64 {
    1.0 - delay + (TAU * delay).sin() / TAU
}

pub(crate) fn print() {
    println!(
        "1. Curve: every level from 0.01 to 99.99 %, against P = 1 - a/π + sin(2a)/(2π), in points of full power"
    );
    println!(
        "   half-period  error: mean     worst  (at)      exact inverse to 1 µs: worst  worst beyond it  limit"
    );
    for half_period in [10_000_u64, 8_333, 7_693, 11_111] {
        let (mut sum, mut worst, mut worst_at) = (0.0, 0.0_f64, 0);
        let (mut worst_rounded, mut worst_beyond) = (0.0_f64, f64::MIN);
        for centipercent in 1..10_000_u16 {
            let ordered = f64::from(centipercent) / 1e4;
            let level = Level::saturating_from_centipercent(centipercent);
            let delay = curve::delay(level, Duration::from_ticks(half_period));
            let given = delay.map_or(0.0, |delay| {
                power(delay.as_ticks() as f64 / half_period as f64)
            });
            let rounded = (exact_delay(ordered) * half_period as f64).round() / half_period as f64;
            let error = (given - ordered).abs() * 100.0;
            let quantisation = (power(rounded) - ordered).abs() * 100.0;
            sum += error;
            if error > worst {
                (worst, worst_at) = (error, centipercent);
            }
            worst_rounded = worst_rounded.max(quantisation);
            worst_beyond = worst_beyond.max(error - quantisation);
        }
        println!(
            "   {half_period:8} µs  {:11.5}  {worst:8.5}  ({:5.2} %)  {worst_rounded:28.5}  {worst_beyond:15.5}  0.01 {}",
            sum / 9_999.0,
            f64::from(worst_at) / 100.0,
            crate::report::verdict(worst_beyond <= 0.01)
        );
    }
}
