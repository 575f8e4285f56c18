//! The laws of a `Gate`, of `dimmer-phase/tests/laws`, for the state machines; and what no other gate has.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    clippy::allow_attributes,
    missing_docs,
    unreachable_pub,
    reason = "a test may fail by panicking"
)]

#[path = "../../dimmer-phase/tests/laws/mod.rs"]
mod laws;
mod support;

use dimmer_phase::{Duration, Gate, HalfCycle, Instant, Level, Polarity, Slot};
use dimmer_pio::{FeedError, GateMachines, PioGate};
use laws::{Rig, expect, half_cycle, keeps_the_laws};
use proptest::prelude::{ProptestConfig, prop_assert, prop_assert_eq, proptest};
use support::bench::Bench;

/// The bench, whose processor pushes a word at the clock's very tick.
struct PioRig(PioGate<Bench<2>, 2>);

impl Rig for PioRig {
    type Gate = PioGate<Bench<2>, 2>;
    const TOLERANCE_US: u64 = 0;

    fn new() -> Self {
        Self(PioGate::new(Bench::new(), 0))
    }

    fn gate(&mut self) -> &mut Self::Gate {
        &mut self.0
    }

    fn run_until(&mut self, at_us: u64) {
        self.0.machines().run_until(at_us);
    }

    fn changes(&self) -> Vec<(u64, usize, bool)> {
        let changes = self.0.machines().changes();
        let changes = changes.into_iter();
        changes
            .map(|(cycle, channel, on)| (cycle / 10, channel, on))
            .collect()
    }
}

#[test]
fn the_state_machines_keep_the_laws() {
    keeps_the_laws::<PioRig>();
}

#[test]
fn a_machine_that_does_not_do_what_it_was_fed_stops_the_gate() {
    let mut rig = PioRig::new();
    assert_eq!(
        rig.gate().feed(&half_cycle(10_000, [Some(3_000), None])),
        Ok(())
    );
    rig.gate().machines().hang();
    rig.run_until(16_000);
    let stuck = rig.gate().feed(&half_cycle(20_000, [Some(3_000), None]));
    assert_eq!(stuck, Err(FeedError::Stuck));
    // Nothing is left in the queue.
    assert!(rig.gate().machines().is_idle(0));
}

#[test]
fn what_a_gate_may_not_fire_is_refused_and_nothing_of_it_is_fired() {
    let wide = |start, delay, width| HalfCycle {
        slots: [
            Slot::Fire {
                delay: Duration::from_ticks(delay),
                width: Duration::from_ticks(width),
            },
            Slot::Skip,
        ],
        ..half_cycle(start, [None; 2])
    };
    let mut rig = PioRig::new();
    for (half_cycle, error) in [
        (wide(10_000, 9_000, 1_000), FeedError::NotWithin),
        (wide(10_000, 1_000, 4_098), FeedError::OutOfRange),
        (wide(10_000, 1_000, 1), FeedError::OutOfRange),
        (wide(100_000, 1_000, 100), FeedError::OutOfRange),
        (wide(0, 1_000, 100), FeedError::Late),
    ] {
        assert_eq!(rig.gate().feed(&half_cycle), Err(error));
    }
    assert_eq!(rig.gate().feed(&wide(10_000, 1_000, 4_097)), Ok(()));
    let again = rig.gate().feed(&wide(10_100, 1_000, 100));
    assert_eq!(again, Err(FeedError::OutOfOrder));
    rig.run_until(200_000);
    expect(&rig, 0, &[(11_000, 15_097)]);
}

proptest! {
    // Each takes half a million cycles.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(16) })]
    /// Whenever the processor comes to feed, in the middle of a pulse, at its very end, with one waiting or none: each pulse is where it was planned, to the cycle.
    #[test]
    fn pulses_are_where_they_were_planned_whenever_they_are_fed(
        turns in proptest::collection::vec((200..9_600u64, 5..300u64, 0..15_000u64, 0..10u64), 1..8),
    ) {
        let mut gate = PioGate::<_, 1>::new(Bench::<1>::new(), 0);
        let (mut planned, mut start) = (Vec::new(), 20_000);
        for (delay, width, ahead, cycles) in turns {
            gate.machines().run_until((start - 15_000 + ahead).min(start - 20));
            gate.machines().run_cycles(cycles);
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
            prop_assert_eq!(fed, Ok(()));
            planned.extend([((start + delay) * 10, true), ((start + delay + width) * 10, false)]);
            start += 10_000;
        }
        gate.machines().run_until(start + 50_000);
        let changes: Vec<_> = gate.machines().changes().into_iter().map(|(at, _, on)| (at, on)).collect();
        prop_assert_eq!(changes, planned);
        prop_assert!(gate.machines().is_idle(0));
    }
}
