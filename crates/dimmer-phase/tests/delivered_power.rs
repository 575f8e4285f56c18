//! What a resistive load behind a triac receives, integrated from the wave, against what was ordered.

mod common;
use common::{Outcome, World, run_levels};
use dimmer_phase::Settings;

fn deliver(frequency: fn(f64) -> f64, levels: [u16; 9]) -> Outcome {
    // The clock is 30 ppm fast, as clocks are: the crossings drift through the microsecond.
    let world = World {
        frequency,
        seconds: 3.0,
        ..World::default()
    };
    run_levels(Settings::default(), &world, levels)
}

#[test]
fn every_percent_is_delivered_to_a_fiftieth_of_a_point() {
    for frequency in [(|_| 50.001_5) as fn(f64) -> f64, |_| 60.001_8] {
        let mut worst = 0.0_f64;
        for first in (10..9_900).step_by(900) {
            let levels =
                core::array::from_fn(|index| first + 100 * u16::try_from(index).unwrap_or(0));
            let outcome = deliver(frequency, levels);
            assert_eq!((outcome.mistaken_full, outcome.missed), (0, 0));
            worst = worst.max(outcome.mean_error);
        }
        println!("largest error of the mean power over all levels: {worst:.4} points");
        assert!(worst <= 0.02, "{worst} points");
    }
}

#[test]
fn full_power_is_at_least_99_95_percent() {
    for frequency in [
        (|_| 45.0) as fn(f64) -> f64,
        |_| 50.001_5,
        |_| 60.001_8,
        |_| 65.0,
    ] {
        let outcome = deliver(frequency, [10_000; 9]);
        assert!(outcome.mean_error <= 0.05, "{} points", outcome.mean_error);
        assert_eq!(outcome.missed, 0);
    }
}
