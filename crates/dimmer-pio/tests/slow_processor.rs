//! The gate on a processor whose code comes from slow flash: each look at the clock and each word takes its time, at random.
#![allow(
    clippy::expect_used,
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
use dimmer_pio::{FeedError, PioGate};
use support::bench::{Bench, Processor};

const HALF_CYCLES: u64 = 400;
/// As short as it can be with all that is to happen in it: the machines are simulated cycle by cycle.
const HALF_PERIOD_US: u64 = 1_000;
const DELAY_US: u64 = 300;
const WIDTH_US: u64 = 100;
/// The machines' cycles.
const PER_MICROSECOND: u64 = 10;

/// In cycles.
type Pulses = Vec<(u64, u64)>;

/// What was fed and taken, how often something was not, and the pulses. Each half-cycle is fed about when the pulse in front of it ends, from long before to a little after that.
fn feed(processor: Processor) -> (Pulses, u32, Pulses) {
    let mut gate = PioGate::<_, 1>::new(Bench::<1>::with(processor), 0);
    let (mut planned, mut refused) = (Vec::new(), 0);
    for index in 2..HALF_CYCLES {
        let start = index * HALF_PERIOD_US;
        let end_in_front = start - HALF_PERIOD_US + DELAY_US + WIDTH_US;
        gate.machines().run_until(end_in_front + 20 - index % 120);
        let fed = gate.feed(&HalfCycle {
            start: Instant::from_ticks(start),
            half_period: Duration::from_ticks(HALF_PERIOD_US),
            polarity: Polarity::Positive,
            levels: [Level::FULL],
            slots: [Slot::Fire {
                delay: Duration::from_ticks(DELAY_US),
                width: Duration::from_ticks(WIDTH_US),
            }],
        });
        let on = start + DELAY_US;
        match fed {
            Ok(()) => planned.push((on * PER_MICROSECOND, (on + WIDTH_US) * PER_MICROSECOND)),
            Err(error) => {
                assert_eq!(error, FeedError::Late);
                refused += 1;
            }
        }
    }
    gate.machines()
        .run_until((HALF_CYCLES + 3) * HALF_PERIOD_US);
    let pulses = laws::pulses(gate.machines().changes());
    (planned, refused, pulses)
}

#[test]
fn code_from_slow_flash_changes_no_pulse_and_refuses_none() {
    for slowest_us in [1, 5, 25] {
        let (planned, refused, pulses) = feed(Processor {
            slowest_us,
            cold: None,
        });
        assert_eq!(refused, 0);
        assert_eq!(pulses, planned);
    }
}

/// One that was given up while it was on is cut short.
fn assert_none_is_moved(planned: &Pulses, pulses: &Pulses) {
    for (on, off) in pulses {
        let is_planned = planned
            .iter()
            .any(|planned| planned.0 == *on && planned.1 >= *off);
        assert!(is_planned, "{on} {off}");
    }
}

#[test]
fn a_cache_that_is_cold_may_cost_a_half_cycle_and_moves_no_pulse() {
    for cold_us in [50, 100, 150] {
        let (planned, _, pulses) = feed(Processor {
            slowest_us: 3,
            cold: Some((10, cold_us)),
        });
        assert!(pulses.len() > 300, "{}", pulses.len());
        assert_none_is_moved(&planned, &pulses);
    }
}

#[test]
fn a_processor_that_is_far_too_slow_is_late_and_moves_no_pulse() {
    let (planned, refused, pulses) = feed(Processor {
        slowest_us: 400,
        cold: None,
    });
    assert!(refused > 0 && !pulses.is_empty());
    assert_none_is_moved(&planned, &pulses);
}
