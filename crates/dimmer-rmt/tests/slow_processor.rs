//! The gate on a processor whose code comes from slow flash: each look at the clock and each word takes its time, at random.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    clippy::allow_attributes,
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "a test may fail by panicking, and uses a part of the bench"
)]

#[path = "../../dimmer-phase/tests/laws/mod.rs"]
mod laws;
mod support;

use dimmer_phase::{Duration, Gate, HalfCycle, Instant, Level, Polarity, Slot};
use dimmer_rmt::{READ_AHEAD_WORDS, RmtGate, Transmitters};
use support::{Bench, Silicon};

fn each_silicon() -> impl Iterator<Item = Silicon> {
    (0..=READ_AHEAD_WORDS).map(|read_ahead| Silicon {
        read_ahead,
        ..Silicon::default()
    })
}

/// From when to when, in microseconds.
type Pulses = Vec<(f64, f64)>;

/// What was fed at 50 Hz, one and a half half-cycles ahead with a phase that wanders; how often it was not taken; and the pulses.
fn slow_processor(silicon: Silicon) -> (Pulses, u32, Pulses) {
    let mut gate = RmtGate::<_, 1>::new(Bench::<1>::new(silicon));
    let (mut planned, mut refused) = (Vec::new(), 0);
    for index in 0..3_000_u64 {
        let start = 30_000 + index * 10_000;
        let delay = 300 + index * 37 % 9_000;
        gate.transmitters().run_until(start - 15_000);
        let fed = gate.feed(&HalfCycle {
            start: Instant::from_ticks(start),
            half_period: Duration::from_ticks(10_000),
            polarity: Polarity::Positive,
            levels: [Level::FULL],
            slots: [Slot::Fire {
                delay: Duration::from_ticks(delay),
                width: Duration::from_ticks(100),
            }],
        });
        let tended = gate.tend();
        if fed.is_ok() && tended.is_ok() {
            planned.push(((start + delay) as f64, (start + delay + 100) as f64));
        } else {
            // What waited is given up with it.
            refused += 1;
            let now = gate.transmitters().now().as_ticks() as f64;
            planned.retain(|(on, _)| *on <= now);
        }
    }
    gate.transmitters().run_until(40_000_000);
    let pulses = laws::pulses(gate.transmitters().take_changes_us());
    (planned, refused, pulses)
}

#[test]
fn code_from_slow_flash_changes_no_pulse_and_refuses_none() {
    for silicon in each_silicon() {
        for slowest_us in [1, 5, 25] {
            let (planned, refused, pulses) = slow_processor(Silicon {
                slowest_us,
                ..silicon
            });
            assert_eq!(refused, 0);
            assert_eq!(pulses, planned);
        }
    }
}

#[test]
fn a_cold_cache_is_a_second_attempt_and_no_pulse_that_is_missing() {
    for silicon in each_silicon() {
        for cold_us in [50, 100, 150] {
            let (planned, refused, pulses) = slow_processor(Silicon {
                slowest_us: 3,
                cold: Some((40, cold_us)),
                ..silicon
            });
            assert_eq!(refused, 0);
            assert_eq!(pulses, planned);
        }
    }
}

#[test]
fn a_pulse_that_ends_while_the_next_one_is_written_behind_it_is_no_fault() {
    for silicon in each_silicon() {
        let mut gate = RmtGate::<_, 1>::new(Bench::<1>::new(Silicon {
            slowest_us: 25,
            ..silicon
        }));
        let (delay, width) = (3_000, 100);
        let mut planned = Vec::new();
        for index in 0..4_000_u64 {
            let start = 20_000 + index * 10_000;
            // So long before the end of the one in front, and a little after it.
            let before_us = index % 200;
            gate.transmitters()
                .run_until(start - 10_000 + delay + width + 20 - before_us);
            let fed = gate.feed(&HalfCycle {
                start: Instant::from_ticks(start),
                half_period: Duration::from_ticks(10_000),
                polarity: Polarity::Positive,
                levels: [Level::FULL],
                slots: [Slot::Fire {
                    delay: Duration::from_ticks(delay),
                    width: Duration::from_ticks(width),
                }],
            });
            assert_eq!(fed, Ok(()), "{before_us} µs before");
            planned.extend([start + delay, start + delay + width]);
        }
        gate.transmitters().run_until(50_000_000);
        let changes = gate.transmitters().take_changes_us();
        let changes: Vec<f64> = changes.into_iter().map(|change| change.0).collect();
        let planned: Vec<f64> = planned.into_iter().map(|at| at as f64).collect();
        assert_eq!(changes, planned);
    }
}

#[test]
fn a_processor_that_is_far_too_slow_is_late_and_fires_nothing_wrong() {
    for silicon in each_silicon() {
        let (planned, refused, pulses) = slow_processor(Silicon {
            slowest_us: 2_000,
            ..silicon
        });
        assert!(refused > 0);
        for (on, off) in pulses {
            let right = planned
                .iter()
                .any(|planned| planned.0 == on && planned.1 == off);
            // One that was given up while it was on is cut short.
            assert!(right || off - on < 100.0, "{on} {off}");
        }
    }
}
