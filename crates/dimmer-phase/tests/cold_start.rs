//! The lock at switch-on: how long it takes, and that it is never a wrong one.
#![allow(
    clippy::allow_attributes,
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail by panicking"
)]

mod common;
use common::{Detector, Trace, World, run};
use dimmer_phase::{DetectorKind, EdgeKind, Instant, Mains, MainsState, Settings};

struct Start {
    locked_after_us: u64,
    frequency_millihertz: u32,
    kind: DetectorKind,
    /// Largest distance of the next foretold crossing from a true one, in µs.
    phase_error_us: f64,
}

/// Feeds a world's edges until the tracker locks.
fn start(world: &World) -> Option<Start> {
    let Trace { halves, edges } = world.trace();
    let mut mains = Mains::new(&Settings {
        offset_us: -(world.offset as i32),
        ..Settings::default()
    });
    let first = edges.first()?.at;
    let mut now = first;
    let mut edges = edges.into_iter().peekable();
    while edges.peek().is_some() {
        now += dimmer_phase::Duration::from_ticks(1_000);
        while let Some(edge) = edges.next_if(|edge| edge.at <= now) {
            mains.edge(edge);
        }
        mains.advance(now);
        let status = mains.status();
        if status.state == MainsState::Locked {
            let crossing = mains.crossing_after(now).unwrap().at.as_ticks() as f64;
            let nearest = halves
                .iter()
                .map(|half| (half.0 - crossing).abs())
                .fold(f64::MAX, f64::min);
            return Some(Start {
                locked_after_us: (now - first).as_ticks(),
                frequency_millihertz: status.frequency_millihertz.unwrap(),
                kind: status.detector,
                phase_error_us: nearest,
            });
        }
    }
    None
}

type Frequency = fn(f64) -> f64;

const FREQUENCIES: [(f64, Frequency); 6] = [
    (45.0, |_| 45.0),
    (49.5, |_| 49.5),
    (50.0, |_| 50.0),
    (50.6, |_| 50.6),
    (60.0, |_| 60.0),
    (65.0, |_| 65.0),
];

fn check(
    name: &str,
    world: &World,
    seeds: u64,
    kind: DetectorKind,
    phase_limit_us: f64,
    frequency_limit: f64,
) {
    let (mut slowest, mut worst_frequency, mut worst_phase) = (0, 0.0_f64, 0.0_f64);
    for seed in 0..seeds {
        let (hertz, frequency) = FREQUENCIES[seed as usize % FREQUENCIES.len()];
        let world = World {
            seed,
            seconds: 0.8,
            frequency,
            ..world.clone()
        };
        let start = start(&world)
            .unwrap_or_else(|| panic!("{name}: seed {seed} at {hertz} Hz never locks"));
        let frequency_error = (f64::from(start.frequency_millihertz) / 1e3 - hertz).abs() / hertz;
        slowest = slowest.max(start.locked_after_us);
        worst_frequency = worst_frequency.max(frequency_error);
        worst_phase = worst_phase.max(start.phase_error_us);
        assert!(
            start.locked_after_us <= 400_000,
            "{name}: seed {seed} at {hertz} Hz: {} µs",
            start.locked_after_us
        );
        assert!(
            frequency_error < frequency_limit,
            "{name}: seed {seed} at {hertz} Hz: {} mHz",
            start.frequency_millihertz
        );
        assert!(
            start.phase_error_us < phase_limit_us,
            "{name}: seed {seed} at {hertz} Hz: {} µs",
            start.phase_error_us
        );
        assert_eq!(start.kind, kind, "{name}: seed {seed} at {hertz} Hz");
    }
    println!(
        "{name}: slowest lock {slowest} µs, frequency within {:.3} %, phase within {worst_phase:.1} µs",
        worst_frequency * 100.0
    );
}

#[test]
fn a_clean_mains_is_locked_at_any_phase_and_frequency() {
    check(
        "clean",
        &World::default(),
        1_000,
        DetectorKind::FullWavePulse,
        3.0,
        0.0005,
    );
}

#[test]
fn two_percent_missing_pulses_do_not_mislead_the_lock() {
    check(
        "missing",
        &World {
            missing: 0.02,
            ..World::default()
        },
        1_000,
        DetectorKind::FullWavePulse,
        3.0,
        0.0005,
    );
}

#[test]
fn two_percent_spurious_pulses_do_not_mislead_the_lock() {
    check(
        "spurious",
        &World {
            spurious: 0.02,
            ..World::default()
        },
        1_000,
        DetectorKind::FullWavePulse,
        150.0,
        0.02,
    );
}

#[test]
fn a_wide_bouncing_pulse_is_locked_in_its_middle() {
    let world = World {
        width: 1_150.0,
        width_jitter: 30.0,
        offset: 150.0,
        bounce: true,
        ..World::default()
    };
    check(
        "wide",
        &world,
        1_000,
        DetectorKind::FullWavePulse,
        3.0,
        0.0005,
    );
}

#[test]
fn jitter_delays_no_lock() {
    check(
        "jitter",
        &World {
            jitter: 20.0,
            ..World::default()
        },
        1_000,
        DetectorKind::FullWavePulse,
        80.0,
        0.01,
    );
}

#[test]
fn all_disturbances_together_still_lock_right() {
    let world = World {
        width: 1_150.0,
        width_jitter: 30.0,
        offset: 150.0,
        bounce: true,
        missing: 0.02,
        spurious: 0.02,
        jitter: 10.0,
        ..World::default()
    };
    check(
        "together",
        &world,
        1_000,
        DetectorKind::FullWavePulse,
        150.0,
        0.02,
    );
}

#[test]
fn every_kind_of_detector_is_recognised() {
    for (detector, kind) in [
        (Detector::HalfWave, DetectorKind::HalfWavePulse),
        (Detector::Square, DetectorKind::SquareWave),
        (Detector::OneEdge, DetectorKind::FullWaveEdge),
    ] {
        check(
            "kind",
            &World {
                detector,
                missing: 0.02,
                jitter: 5.0,
                ..World::default()
            },
            300,
            kind,
            40.0,
            0.01,
        );
    }
    // A square wave of which one kind of edge is seen.
    let mut mains = Mains::new(&Settings::default());
    for index in 0..20 {
        mains.edge(dimmer_phase::Edge {
            at: Instant::from_ticks(5_000 + index * 20_000),
            kind: EdgeKind::Falling,
        });
    }
    assert_eq!(mains.status().detector, DetectorKind::HalfWaveEdge);
    assert_eq!(mains.status().frequency_millihertz, Some(50_000));
}

#[test]
fn an_asymmetric_detector_is_locked_between_its_marks() {
    check(
        "asymmetric",
        &World {
            asymmetry: 150.0,
            ..World::default()
        },
        600,
        DetectorKind::FullWavePulse,
        3.0,
        0.0005,
    );
    check(
        "asymmetric and jitter",
        &World {
            asymmetry: 150.0,
            jitter: 5.0,
            ..World::default()
        },
        600,
        DetectorKind::FullWavePulse,
        25.0,
        0.005,
    );
}

#[test]
fn the_first_half_cycles_after_a_cold_start_are_right() {
    for seed in 0..100 {
        let world = World {
            seed,
            seconds: 1.0,
            missing: 0.02,
            ..World::default()
        };
        let outcome = run(Settings::default(), &world);
        assert_eq!(outcome.mistaken_full, 0, "seed {seed}");
        assert!(outcome.worst < 0.1, "seed {seed}: {} points", outcome.worst);
    }
}
