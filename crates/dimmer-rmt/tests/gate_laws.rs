//! The laws of a `Gate`, of `dimmer-phase/tests/laws`, for the transmitters, whatever the manual leaves open about them; and what no other gate has.
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
use dimmer_rmt::{FeedError, MEMORY_WORDS, READ_AHEAD_WORDS, RmtGate, Transmitters};
use laws::{Rig, expect, half_cycle, keeps_the_laws};
use proptest::prelude::{ProptestConfig, prop_assert, prop_assert_eq, proptest};
use std::cell::RefCell;
use support::{Bench, PER_MICROSECOND, Silicon};

/// The bench, with transmitters that read so many words ahead. Its processor takes a few cycles for whatever it does.
struct RmtRig<const READ_AHEAD: usize> {
    gate: RmtGate<Bench<2>, 2>,
    changes: RefCell<Vec<(u64, usize, bool)>>,
}

impl<const READ_AHEAD: usize> Rig for RmtRig<READ_AHEAD> {
    type Gate = RmtGate<Bench<2>, 2>;
    const TOLERANCE_US: u64 = 0;

    fn new() -> Self {
        Self {
            gate: RmtGate::new(Bench::new(Silicon {
                read_ahead: READ_AHEAD,
                ..Silicon::default()
            })),
            changes: RefCell::default(),
        }
    }

    fn gate(&mut self) -> &mut Self::Gate {
        &mut self.gate
    }

    fn run_until(&mut self, at_us: u64) {
        self.gate.transmitters().run_until(at_us);
    }

    fn changes(&self) -> Vec<(u64, usize, bool)> {
        let new = self.gate.transmitters().take_changes().into_iter();
        let mut changes = self.changes.borrow_mut();
        changes.extend(new.map(|(at, channel, on)| (at / PER_MICROSECOND, channel, on)));
        changes.clone()
    }
}

fn each_silicon() -> impl Iterator<Item = Silicon> {
    (0..=READ_AHEAD_WORDS).map(|read_ahead| Silicon {
        read_ahead,
        ..Silicon::default()
    })
}

#[test]
fn the_transmitters_keep_the_laws_whatever_they_read_ahead() {
    keeps_the_laws::<RmtRig<0>>();
    keeps_the_laws::<RmtRig<1>>();
    keeps_the_laws::<RmtRig<2>>();
    keeps_the_laws::<RmtRig<READ_AHEAD_WORDS>>();
}

#[test]
fn a_transmitter_that_does_not_do_what_it_was_fed_stops_the_gate() {
    let mut rig = RmtRig::<0>::new();
    let fed = rig.gate().feed(&half_cycle(10_000, [Some(3_000), None]));
    assert_eq!(fed, Ok(()));
    rig.gate().transmitters().hang();
    rig.run_until(16_000);
    let stuck = rig.gate().feed(&half_cycle(20_000, [Some(3_000), None]));
    assert_eq!(stuck, Err(FeedError::Stuck));
    assert!(rig.gate().transmitters().is_idle(0));
}

#[test]
fn a_transmitter_that_stopped_in_front_of_a_pulse_stops_the_gate() {
    let mut rig = RmtRig::<0>::new();
    let fed = rig.gate().feed(&half_cycle(10_000, [Some(3_000), None]));
    assert_eq!(fed, Ok(()));
    rig.gate().transmitters_mut().halt(0);
    let stuck = rig.gate().feed(&half_cycle(20_000, [Some(3_000), None]));
    assert_eq!(stuck, Err(FeedError::Stuck));
    rig.run_until(60_000);
    expect(&rig, 0, &[]);
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
    let mut rig = RmtRig::<0>::new();
    for (half_cycle, error) in [
        (wide(10_000, 9_000, 1_000), FeedError::NotWithin),
        (wide(10_000, 1_000, 0), FeedError::OutOfRange),
        (wide(40_000, 1_000, 100), FeedError::OutOfRange),
        (wide(0, 1_000, 100), FeedError::Late),
    ] {
        assert_eq!(rig.gate().feed(&half_cycle), Err(error));
    }
    assert_eq!(rig.gate().feed(&wide(10_000, 1_000, 8_000)), Ok(()));
    let again = rig.gate().feed(&wide(10_100, 1_000, 100));
    assert_eq!(again, Err(FeedError::OutOfOrder));
    rig.run_until(200_000);
    expect(&rig, 0, &[(11_000, 19_000)]);
}

/// Feeds pulses at these delays one and a half half-cycles ahead, coming round at the edges, too; when each began.
fn beginnings(silicon: Silicon, delays_us: impl Iterator<Item = u64>, tends: bool) -> Vec<f64> {
    let mut gate = RmtGate::<_, 2>::new(Bench::<2>::new(silicon));
    let (mut begun, mut start) = (Vec::new(), 20_000);
    for delay in delays_us {
        for at in [start - 15_000, start - 10_000] {
            gate.transmitters().run_until(at);
            if at == start - 15_000 {
                let fed = gate.feed(&half_cycle(start, [Some(delay), None]));
                assert_eq!(fed, Ok(()));
            }
            if tends {
                assert_eq!(gate.tend(), Ok(()));
            }
        }
        start += 10_000;
    }
    gate.transmitters().run_until(start + 20_000);
    let changes = gate.transmitters().take_changes_us();
    begun.extend(
        changes
            .into_iter()
            .filter(|change| change.2)
            .map(|change| change.0),
    );
    begun
}

#[test]
fn a_transmitter_that_loses_a_little_with_each_word_is_brought_back_and_would_not_be_otherwise() {
    let slow = Silicon {
        cycles_more: 1,
        read_ahead: 1,
        ..Silicon::default()
    };
    for delay in [200, 4_900, 5_000, 9_500] {
        let error_us = |tends| {
            let begun = beginnings(slow, std::iter::repeat_n(delay, 2_000), tends);
            assert_eq!(begun.len(), 2_000);
            let planned = (0..).map(|index| (20_000 + index * 10_000 + delay) as f64);
            begun
                .iter()
                .zip(planned)
                .map(|(begun, planned)| (begun - planned).abs())
                .fold(0.0, f64::max)
        };
        assert!(error_us(true) <= 1.5, "{}", error_us(true));
        assert!(error_us(false) > 100.0, "{}", error_us(false));
    }
}

#[test]
fn the_memory_goes_round() {
    let pulses = 3 * MEMORY_WORDS;
    for silicon in each_silicon() {
        let begun = beginnings(silicon, std::iter::repeat_n(5_000, pulses), false);
        let planned: Vec<f64> = (0..pulses)
            .map(|index| 25_000.0 + 10_000.0 * index as f64)
            .collect();
        assert_eq!(begun, planned);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]
    /// Whenever the processor comes to feed, in the middle of a pulse, at its very end, with one waiting or none, and at whatever frequency: each pulse is where it was planned, to the microsecond.
    #[test]
    fn pulses_are_where_they_were_planned_whenever_they_are_fed(
        turns in proptest::collection::vec((7_690..11_112u64, 0..1_000u64, 5..300u64, 0..1_000u64, 0..80u64), 1..30),
        read_ahead in 0..=READ_AHEAD_WORDS,
    ) {
        let silicon = Silicon { read_ahead, ..Silicon::default() };
        let mut gate = RmtGate::<_, 1>::new(Bench::<1>::new(silicon));
        let (mut planned, mut start) = (Vec::new(), 20_000);
        for (half_period, phase, width, ahead, cycles) in turns {
            let delay = 200 + (half_period - 200 - 300 - width) * phase / 1_000;
            let earliest = start - half_period * 3 / 2;
            gate.transmitters().run_until((earliest + (start - earliest) * ahead / 1_000).min(start - 100));
            gate.transmitters().run_cycles(cycles);
            let fed = gate.feed(&HalfCycle {
                start: Instant::from_ticks(start),
                half_period: Duration::from_ticks(half_period),
                polarity: Polarity::Positive,
                levels: [Level::FULL],
                slots: [Slot::Fire {
                    delay: Duration::from_ticks(delay),
                    width: Duration::from_ticks(width),
                }],
            });
            prop_assert_eq!(fed, Ok(()));
            prop_assert_eq!(gate.tend(), Ok(()));
            planned.extend([((start + delay) as f64, true), ((start + delay + width) as f64, false)]);
            start += half_period;
        }
        gate.transmitters().run_until(start + 50_000);
        let changes: Vec<_> = gate.transmitters().take_changes_us().into_iter().map(|(at, _, on)| (at, on)).collect();
        prop_assert_eq!(changes, planned);
        prop_assert!(gate.transmitters().is_idle(0));
    }
}
