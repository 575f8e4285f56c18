//! What is counted: energy, and the readings of the probes.

use super::*;

#[test]
fn energy_is_what_was_fed_and_not_what_was_ordered() {
    let mut bench = connected();
    bench.firing = firing(MainsState::Locked);
    let _ = bench.send(OWN, "50");
    let _ = bench.report();
    // 1000 W for two minutes, with a setpoint each half minute.
    for _ in 0..4 {
        let _ = bench.pass(30_000);
        let _ = bench.send(OWN, "50");
    }
    assert_eq!(bench.payload(Message::Energy), "33");
    // A firing path that reports no more has fed for a second at most.
    bench.now_ms += 3_600_000;
    let _ = bench.report();
    assert_eq!(bench.payload(Message::Energy), "33");
}

#[test]
fn energy_is_counted_on_from_what_the_board_kept() {
    let mut bench = Bench::new();
    bench.dimmer.restore_energy(123_456);
    let _ = bench.give(Event::Connected { broker: 1 });
    assert_eq!(bench.payload(Message::Energy), "123456");
    bench.firing = firing(MainsState::Locked);
    let _ = bench.send(OWN, "50");
    let _ = bench.report();
    // 1000 W for half a minute.
    let _ = bench.pass(30_000);
    assert_eq!(bench.payload(Message::Energy), "123464");
    assert_eq!(bench.dimmer.energy_watt_hours(), 123_464);
    // What does not fit a payload is kept all the same.
    bench.dimmer.restore_energy(u64::MAX);
    assert_eq!(bench.payload(Message::Energy), u32::MAX.to_string());
    assert_eq!(bench.dimmer.energy_watt_hours(), u64::MAX);
}

#[test]
fn what_the_probes_counted_stands_in_the_state() {
    let mut bench = connected();
    for (role, readings) in [(Role::Water, 10), (Role::HeatSink, 5), (Role::Water, 11)] {
        let counts = ProbeCounts {
            readings,
            failed: 1,
            rejected: 2,
        };
        let _ = bench.give(Event::Counted { role, counts });
    }
    let probes = &bench.state()["probes"];
    assert_eq!(
        (&probes["readings"], &probes["failed"], &probes["rejected"]),
        (&json!(16), &json!(2), &json!(4))
    );
}
