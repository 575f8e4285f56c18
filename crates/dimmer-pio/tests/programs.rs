//! The capture's program, cycle by cycle.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    clippy::allow_attributes,
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "a test may fail by panicking; the bench is for the gate"
)]

mod support;

use dimmer_phase::{EdgeKind, Instant};
use dimmer_pio::{CAPTURE, Stamps, X_ALL_ONES, Y_ONE};
use proptest::prelude::{ProptestConfig, prop_assert, prop_assert_eq, proptest};
use support::Machine;

/// Cycles of one step of the count, which is a microsecond.
const STEP: u64 = 5;

fn capture() -> Machine {
    let mut machine = Machine::new(&CAPTURE);
    machine.run(X_ALL_ONES);
    machine.run(Y_ONE);
    machine.address = 0;
    machine
}

#[test]
fn the_count_is_a_clock_whatever_happens_at_the_pin() {
    let mut machine = capture();
    for cycle in 0..1_000_000 {
        // Edges at all distances, and pulses of all widths.
        machine.jump_pin = cycle % 997 < cycle / 997 % 600;
        machine.cycle();
        machine.from_machine.clear();
    }
    assert_eq!(u32::MAX - machine.x, 1_000_000 / 5);
    assert_eq!(machine.lost, 0);
}

#[test]
fn the_count_goes_on_through_zero() {
    let mut machine = capture();
    machine.x = 2;
    for _ in 0..5 * STEP {
        machine.cycle();
    }
    assert_eq!(machine.x, u32::MAX - 2);
}

#[test]
fn words_that_nobody_takes_are_lost_and_the_count_goes_on() {
    let mut machine = capture();
    for cycle in 0..20 * 100 * STEP {
        machine.jump_pin = cycle / (100 * STEP) % 2 == 1;
        machine.cycle();
    }
    assert_eq!((machine.from_machine.len(), machine.lost), (8, 11));
    assert_eq!(u64::from(u32::MAX - machine.x), 20 * 100);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]
    /// Each edge is stamped within the microsecond in which it came, and with its direction.
    #[test]
    fn edges_are_stamped_to_the_microsecond(
        pauses in proptest::collection::vec(10..100_000u64, 1..30),
    ) {
        let mut machine = capture();
        let stamps = Stamps::new(Instant::from_ticks(1_000));
        let mut cycles = 0;
        for pause in pauses {
            for _ in 0..pause {
                machine.cycle();
            }
            cycles += pause;
            machine.jump_pin = !machine.jump_pin;
            // The edge is looked at within a step, and pushed within another.
            for _ in 0..2 * STEP {
                machine.cycle();
            }
            let word = machine.from_machine.pop_front();
            prop_assert!(word.is_some());
            let edge = stamps.edge(word.unwrap(), Instant::from_ticks(1_000 + cycles / STEP));
            let kind = if machine.jump_pin { EdgeKind::Rising } else { EdgeKind::Falling };
            prop_assert_eq!(edge.kind, kind);
            let late = edge.at.as_ticks().abs_diff(1_000 + cycles / STEP);
            prop_assert!(late <= 1, "{} {cycles}", edge.at);
            cycles += 2 * STEP;
        }
    }
}
