//! The dimmer on a virtual clock: what it does when things come, and when they stop coming.

mod bench;

use bench::{Bench, COMMON, OWN, at, firing, water};
use dimmer::{
    Event, FiringFault, Incident,
    phase::{Level, MainsState},
    safety::{ProbeFault, Reason},
};

#[test]
fn nothing_is_applied_until_every_condition_holds() {
    let mut bench = Bench::unfed(|_| {});
    assert_eq!(bench.send(OWN, "100").order.level.centipercent(), 0);
    assert_eq!(bench.reason(), Reason::ProbeMissing);
    let _ = bench.give(water(Ok(40_000)));
    assert_eq!(
        (bench.permitted(), bench.reason()),
        (0, Reason::MainsNotLocked)
    );
    let effects = bench.give(Event::Firing(firing(MainsState::Locked)));
    assert_eq!(bench.permitted(), 10_000);
    assert_eq!(
        effects.incidents,
        [None, Some(Incident::Decided(Reason::Following)), None, None]
    );
}

#[test]
fn every_form_of_a_setpoint_is_applied() {
    let mut bench = Bench::new();
    let _ = bench.send(OWN, "1");
    let _ = bench.pass(200);
    for (payload, applied) in [
        ("42", 4_200),
        ("42.5", 4_250),
        (r#"{"power":42.5}"#, 4_250),
        (r#"{"watts":900}"#, 4_500),
        ("250", 10_000),
        ("0", 0),
        ("-5", 0),
    ] {
        assert_eq!(
            bench.send(OWN, payload).order.level.centipercent(),
            applied,
            "{payload}"
        );
    }
    let _ = bench.send(OWN, r#"{"watts":900}"#);
    assert_eq!(bench.state()["setpoint"], 45.0, "of 2 kW");
}

#[test]
fn what_is_refused_changes_nothing_and_is_told() {
    let mut bench = Bench::new();
    let _ = bench.send(OWN, "42.5");
    for (count, payload) in [
        "",
        "full",
        "42,5",
        "NaN",
        r#"{"power":"42"}"#,
        r#"{"power":1,"watts":2}"#,
        "[1]",
    ]
    .iter()
    .enumerate()
    {
        let effects = bench.send(OWN, payload);
        assert_eq!(effects.order.level.centipercent(), 4_250, "{payload}");
        assert!(
            matches!(
                effects.incidents,
                [Some(Incident::Refused(_)), None, None, None]
            ),
            "{payload}"
        );
        let messages = &bench.state()["messages"];
        assert_eq!(messages["refused"], count + 1);
        assert!(
            messages["last_refusal"].is_object() || messages["last_refusal"].is_string(),
            "{messages}"
        );
    }
}

#[test]
fn a_retained_setpoint_is_refused_because_its_age_is_unknown() {
    let mut bench = Bench::new();
    let effects = bench.give(Event::Message {
        topic: OWN,
        payload: b"100",
        retained: true,
    });
    assert_eq!(
        (effects.order.level.centipercent(), bench.reason()),
        (0, Reason::SetpointMissing)
    );
    assert!(
        bench.state()["messages"]["last_refusal"]
            .to_string()
            .contains("retained")
    );
}

#[test]
fn a_refused_setpoint_does_not_keep_an_old_one_alive() {
    let mut bench = Bench::new();
    let _ = bench.send(OWN, "42.5");
    let _ = bench.pass(59_000);
    let _ = bench.send(OWN, "nonsense");
    let _ = bench.pass(1_001);
    assert_eq!(
        (bench.permitted(), bench.reason()),
        (0, Reason::SetpointStale)
    );
}

#[test]
fn a_refusal_does_not_hide_that_the_reason_changed() {
    let mut bench = Bench::new();
    let _ = bench.send(OWN, "42.5");
    bench.go_to(29_000);
    let _ = bench.give(water(Ok(40_000)));
    bench.go_to(58_000);
    let _ = bench.give(water(Ok(40_000)));
    bench.go_to(59_900);
    bench.now_ms = 60_000;
    let incidents = bench.send(OWN, "nonsense").incidents;
    let stale = Some(Incident::Decided(Reason::SetpointStale));
    assert!(
        matches!(incidents, [Some(Incident::Refused(_)), decided, None, None] if decided == stale)
    );
}

#[test]
fn a_setpoint_that_repeats_unchanged_is_alive_and_one_that_does_not_is_off_after_its_limit() {
    let mut bench = Bench::new();
    for _ in 0..10 {
        let _ = bench.send(OWN, "42.5");
        let _ = bench.pass(50_000);
        assert_eq!(bench.permitted(), 4_250);
    }
    let _ = bench.pass(9_999);
    assert_eq!(bench.permitted(), 4_250);
    let _ = bench.pass(1);
    assert_eq!(
        (bench.permitted(), bench.reason()),
        (0, Reason::SetpointStale)
    );
    let _ = bench.send(OWN, "42.5");
    assert_eq!(bench.permitted(), 4_250);
}

#[test]
fn the_limit_turns_off_and_releases_with_hysteresis_whatever_is_asked() {
    let mut bench = Bench::new();
    let _ = bench.send(OWN, "100");
    for (millicelsius, applied) in [
        (59_900, 10_000),
        (60_000, 0),
        (59_000, 0),
        (54_100, 0),
        (54_000, 10_000),
        (59_900, 10_000),
    ] {
        bench.go_to(bench.now_ms + 20_000);
        let _ = bench.give(water(Ok(millicelsius)));
        let _ = bench.send(OWN, "100");
        assert_eq!(bench.permitted(), applied, "{millicelsius}");
    }
}

#[test]
fn a_probe_that_falls_silent_or_fails_is_off_after_the_age_of_its_last_reading() {
    for fault in [None, Some(ProbeFault::Absent), Some(ProbeFault::Checksum)] {
        let mut bench = Bench::new();
        for second in 0..30 {
            bench.go_to(second * 1_000);
            let _ = bench.send(OWN, "42.5");
            if let (Some(fault), true) = (fault, second > 0) {
                let _ = bench.give(water(Err(fault)));
            }
            assert_eq!(bench.permitted(), 4_250, "{fault:?} at {second} s");
        }
        bench.go_to(30_000);
        let _ = bench.send(OWN, "42.5");
        let expected = if fault.is_some() {
            Reason::ProbeFault
        } else {
            Reason::ProbeStale
        };
        assert_eq!((bench.permitted(), bench.reason()), (0, expected));
    }
}

#[test]
fn an_impossible_temperature_turns_off_at_once() {
    let mut bench = Bench::new();
    let _ = bench.send(OWN, "42.5");
    let _ = bench.give(water(Ok(-127_000)));
    assert_eq!(
        (bench.permitted(), bench.reason()),
        (0, Reason::ProbeImplausible)
    );
}

#[test]
fn a_mains_that_is_lost_turns_off_and_one_that_coasts_does_not() {
    let mut bench = Bench::new();
    let _ = bench.send(OWN, "42.5");
    for (state, applied) in [
        (MainsState::Coasting, 4_250),
        (MainsState::Lost, 0),
        (MainsState::Acquiring, 0),
        (MainsState::Locked, 4_250),
    ] {
        let _ = bench.give(Event::Firing(firing(state)));
        assert_eq!(bench.permitted(), applied, "{state:?}");
    }
}

#[test]
fn an_order_is_a_lease_that_is_renewed_well_before_it_ends() {
    let mut bench = Bench::new();
    let mut order = bench.send(OWN, "42.5").order;
    for _ in 0..50 {
        let deadline = bench.dimmer.next_deadline(at(bench.now_ms));
        let remains = order.valid_until.checked_duration_since(deadline).unwrap();
        assert!(
            remains.as_ticks() >= 500_000,
            "the lease is renewed only {remains} before its end"
        );
        bench.now_ms = deadline.as_ticks() / 1_000;
        order = bench.give(Event::Tick).order;
    }
}

#[test]
fn the_customers_pair_shares_a_common_setpoint() {
    let mut pair =
        [0, 5_000].map(|start| Bench::with(|config| config.pool.start_centipercent = start));
    for (setpoint, applied) in [
        ("0", [0, 0]),
        ("25", [2_500, 0]),
        ("50", [5_000, 0]),
        ("75", [7_500, 2_500]),
        ("100", [10_000, 5_000]),
        ("150", [10_000, 10_000]),
    ] {
        for (bench, applied) in pair.iter_mut().zip(applied) {
            let _ = bench.send(COMMON, setpoint);
            assert_eq!(bench.permitted(), applied, "at {setpoint}");
        }
    }
}

#[test]
fn a_setpoint_for_this_dimmer_alone_passes_no_threshold() {
    let mut bench = Bench::with(|config| config.pool.start_centipercent = 5_000);
    let _ = bench.send(OWN, "30");
    assert_eq!(bench.permitted(), 3_000);
}

#[test]
fn the_same_events_give_the_same_effects() {
    let run = || {
        let mut bench = Bench::new();
        let _ = bench.give(Event::Connected { broker: 1 });
        let mut effects = vec![bench.send(OWN, "42.5"), bench.pass(20_000)];
        effects.push(bench.send(COMMON, "junk"));
        effects.push(bench.pass(70_000));
        (effects, bench.sent())
    };
    assert_eq!(run(), run());
}

#[test]
fn what_is_applied_is_what_the_firing_path_fed_and_never_what_it_was_ordered() {
    let mut bench = Bench::new();
    let _ = bench.send(OWN, "80");
    assert_eq!((bench.permitted(), bench.applied()), (8_000, 0));
    // A ramp that has come half way.
    bench.firing.fed = Level::saturating_from_centipercent(4_000);
    let _ = bench.give(Event::Firing(bench.firing));
    assert_eq!((bench.permitted(), bench.applied()), (8_000, 4_000));
    let state = bench.state();
    assert_eq!(
        (&state["applied"], &state["watts"]),
        (&40.into(), &800.into())
    );
    // A firing path that stopped reporting feeds nothing.
    bench.now_ms += 1_000;
    assert_eq!(bench.applied(), 4_000);
    bench.now_ms += 1;
    assert_eq!(bench.applied(), 0);
    let _ = bench.give(Event::Tick);
    assert_eq!(
        (bench.permitted(), bench.reason()),
        (0, Reason::MainsNotLocked)
    );
    assert_eq!(bench.state()["watts"], 0);
}

#[test]
fn a_gate_that_refuses_is_told_and_nothing_is_applied() {
    let mut bench = Bench::new();
    let _ = bench.send(OWN, "80");
    bench.firing.fault = Some(FiringFault::Gate);
    let _ = bench.report();
    assert_eq!((bench.applied(), bench.reason()), (0, Reason::GateFault));
    bench.firing.fault = None;
    let _ = bench.report();
    assert_eq!(
        (bench.applied(), bench.reason()),
        (8_000, Reason::Following)
    );
}

#[test]
fn a_person_who_switches_off_is_obeyed_whatever_is_asked() {
    let mut bench = Bench::new();
    let _ = bench.give(Event::Switched(false));
    let _ = bench.send(OWN, "100");
    assert_eq!(
        (bench.permitted(), bench.reason()),
        (0, Reason::SwitchedOff)
    );
    let _ = bench.give(Event::Switched(true));
    assert_eq!(
        (bench.permitted(), bench.reason()),
        (10_000, Reason::Following)
    );
}
