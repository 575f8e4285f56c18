//! The laws of a `Gate`, of `dimmer-phase/tests/gate_laws.rs`, for the state machines; and what no other gate has.
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

mod support;

use dimmer_phase::{Duration, Gate, HalfCycle, Instant, Level, Polarity, Slot};
use dimmer_pio::{FeedError, GateMachines, PioGate};
use proptest::prelude::{ProptestConfig, prop_assert, prop_assert_eq, proptest};
use support::bench::Bench;

/// An implementation on the bench, on a clock that begins at 0 µs.
trait Rig {
    type Gate: Gate<2>;
    /// Right after power-on.
    fn new() -> Self;
    fn gate(&mut self) -> &mut Self::Gate;
    /// Lets the hardware work until this moment.
    fn run_until(&mut self, at_us: u64);
    /// Each change of a pin since power-on: when, which channel's, and whether it went on.
    fn changes(&self) -> Vec<(u64, usize, bool)>;
    /// How far a change may be from where it was planned.
    const TOLERANCE_US: u64;
}

/// A half-cycle of 10 ms with a pulse of 100 µs after these delays.
fn half_cycle(start_us: u64, delays_us: [Option<u64>; 2]) -> HalfCycle<2> {
    HalfCycle {
        start: Instant::from_ticks(start_us),
        half_period: Duration::from_ticks(10_000),
        polarity: Polarity::Positive,
        levels: [Level::FULL; 2],
        slots: delays_us.map(|delay| {
            delay.map_or(Slot::Skip, |delay| Slot::Fire {
                delay: Duration::from_ticks(delay),
                width: Duration::from_ticks(100),
            })
        }),
    }
}

/// From when to when a channel's pin was on. Being switched off twice is nothing.
fn pulses<R: Rig>(rig: &R, channel: usize) -> Vec<(u64, u64)> {
    let mut pulses = Vec::new();
    let mut on_since = None;
    for (at, _, on) in rig
        .changes()
        .into_iter()
        .filter(|change| change.1 == channel)
    {
        match (on, on_since) {
            (true, None) => on_since = Some(at),
            (true, Some(since)) => panic!("on at {since} µs and again at {at} µs"),
            (false, Some(since)) => {
                pulses.push((since, at));
                on_since = None;
            }
            (false, None) => {}
        }
    }
    assert_eq!(on_since, None, "the pin stays on");
    pulses
}

fn expect<R: Rig>(rig: &R, channel: usize, planned: &[(u64, u64)]) {
    let found = pulses(rig, channel);
    let near = |left: u64, right: u64| left.abs_diff(right) <= R::TOLERANCE_US;
    let alike = found.len() == planned.len()
        && found
            .iter()
            .zip(planned)
            .all(|(found, planned)| near(found.0, planned.0) && near(found.1, planned.1));
    assert!(
        alike,
        "channel {channel}: planned {planned:?}, found {found:?}"
    );
}

/// 1. Fed ahead: each pulse is where it was planned.
fn fed_ahead<R: Rig>() {
    let mut rig = R::new();
    for (index, delays) in (2..).zip([[Some(200), None], [Some(9_500), Some(5_000)], [None; 2]]) {
        rig.run_until(index * 10_000 - 4_000);
        assert!(rig.gate().feed(&half_cycle(index * 10_000, delays)).is_ok());
    }
    rig.run_until(60_000);
    expect(&rig, 0, &[(20_200, 20_300), (39_500, 39_600)]);
    expect(&rig, 1, &[(35_000, 35_100)]);
}

/// 2. Falls silent: what is not fed is not fired, and nothing repeats.
fn falls_silent<R: Rig>() {
    let mut rig = R::new();
    assert!(
        rig.gate()
            .feed(&half_cycle(10_000, [Some(3_000); 2]))
            .is_ok()
    );
    rig.run_until(500_000);
    expect(&rig, 0, &[(13_000, 13_100)]);
    // And it can be fed again.
    assert!(
        rig.gate()
            .feed(&half_cycle(510_000, [Some(3_000), None]))
            .is_ok()
    );
    rig.run_until(900_000);
    expect(&rig, 0, &[(13_000, 13_100), (513_000, 513_100)]);
    expect(&rig, 1, &[(13_000, 13_100)]);
}

/// 3. Never late: a half-cycle whose time has passed is not fired, not even the rest of it later.
fn never_late<R: Rig>() {
    for late_us in [2_000, 13_050, 30_000] {
        let mut rig = R::new();
        rig.run_until(10_000 + late_us);
        let _ = rig.gate().feed(&half_cycle(10_000, [Some(1_000); 2]));
        rig.run_until(200_000);
        expect(&rig, 0, &[]);
        expect(&rig, 1, &[]);
    }
}

/// 4. Park: at once, and everything; again and again; the next feed ends it.
fn parks<R: Rig>() {
    let mut rig = R::new();
    rig.gate().park();
    assert!(
        rig.gate()
            .feed(&half_cycle(10_000, [Some(3_000), Some(8_000)]))
            .is_ok()
    );
    assert!(
        rig.gate()
            .feed(&half_cycle(20_000, [Some(3_000); 2]))
            .is_ok()
    );
    rig.run_until(13_050);
    rig.gate().park();
    rig.gate().park();
    rig.run_until(40_000);
    expect(&rig, 0, &[(13_000, 13_050)]);
    expect(&rig, 1, &[]);
    // On the grid of other mains, which may begin earlier than what was fed before would have ended.
    assert!(
        rig.gate()
            .feed(&half_cycle(43_000, [None, Some(3_000)]))
            .is_ok()
    );
    rig.run_until(90_000);
    expect(&rig, 0, &[(13_000, 13_050)]);
    expect(&rig, 1, &[(46_000, 46_100)]);
}

/// 5. Off at reset.
fn off_at_reset<R: Rig>() {
    let mut rig = R::new();
    rig.run_until(100_000);
    assert!(rig.changes().iter().all(|(_, _, on)| !on));
}

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
    fed_ahead::<PioRig>();
    falls_silent::<PioRig>();
    never_late::<PioRig>();
    parks::<PioRig>();
    off_at_reset::<PioRig>();
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
