//! The laws of a `Gate`, as tests that any implementation can be put to.
//!
//! To test one of your own, copy this file and write a [`Rig`] for it: its gate, and a simulation or a recording of its pins (a logic
//! analyser's will do). `tests/gate_laws.rs` of dimmer-phase, dimmer-pio and dimmer-rmt each do that.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    clippy::allow_attributes,
    dead_code,
    reason = "a test may fail by panicking, and uses a part of it"
)]

use std::fmt::Debug;

use dimmer_phase::{Duration, Gate, HalfCycle, Instant, Level, Polarity, Slot};

/// An implementation on the bench, on a clock that begins at 0 µs.
pub(crate) trait Rig {
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
pub(crate) fn half_cycle(start_us: u64, delays_us: [Option<u64>; 2]) -> HalfCycle<2> {
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

/// From when to when each pulse of the channels lasted, in whatever their changes are counted. Of one channel at a time; being switched off twice is nothing.
pub(crate) fn pulses<At: Copy + Debug + PartialEq>(
    changes: impl IntoIterator<Item = (At, usize, bool)>,
) -> Vec<(At, At)> {
    let mut pulses = Vec::new();
    let mut on_since = None;
    for (at, _, on) in changes {
        match (on, on_since) {
            (true, None) => on_since = Some(at),
            (true, Some(since)) => panic!("on at {since:?} and again at {at:?}"),
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

pub(crate) fn expect<R: Rig>(rig: &R, channel: usize, planned: &[(u64, u64)]) {
    let mut changes = rig.changes();
    changes.retain(|change| change.1 == channel);
    let found = pulses(changes);
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
pub(crate) fn fed_ahead<R: Rig>() {
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
pub(crate) fn falls_silent<R: Rig>() {
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
pub(crate) fn never_late<R: Rig>() {
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
pub(crate) fn parks<R: Rig>() {
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
pub(crate) fn off_at_reset<R: Rig>() {
    let mut rig = R::new();
    rig.run_until(100_000);
    assert!(rig.changes().iter().all(|(_, _, on)| !on));
}

/// All of them.
pub(crate) fn keeps_the_laws<R: Rig>() {
    fed_ahead::<R>();
    falls_silent::<R>();
    never_late::<R>();
    parks::<R>();
    off_at_reset::<R>();
}
