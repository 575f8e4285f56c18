//! The dimmer on a virtual clock: what it does when things come, and when they stop coming.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failed step of a test is a failed test"
)]

use dimmer::{
    Dimmer, Effects, Event, FiringFault, FiringReport, Identity, Incident, Instant,
    config::Config,
    phase::{Level, MainsState, MainsStatus},
    safety::{ProbeFault, Reason, Role},
    topics::{Message, PAYLOAD_CAPACITY, Settings, Topics},
};

const OWN: &str = "solar-dimmer/a1b2c3d4e5f6/power/set";
const COMMON: &str = "router/setpoint";

fn at(milliseconds: u64) -> Instant {
    Instant::from_ticks(milliseconds * 1_000)
}

/// A dimmer with everything it needs but a setpoint, and the time that has passed, in ms.
struct Bench {
    dimmer: Dimmer,
    now_ms: u64,
    /// What the firing path says; it feeds what it was ordered.
    firing: FiringReport,
}

fn water(reading: Result<i32, ProbeFault>) -> Event<'static> {
    Event::Temperature {
        role: Role::Water,
        reading,
    }
}

fn firing(state: MainsState) -> FiringReport {
    FiringReport {
        mains: MainsStatus {
            state,
            frequency_millihertz: Some(50_000),
            ..MainsStatus::UNKNOWN
        },
        ..FiringReport::UNKNOWN
    }
}

impl Bench {
    fn unfed(change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::default();
        config.topics.follow = COMMON.try_into().unwrap();
        change(&mut config);
        let identity = Identity {
            id: "a1b2c3d4e5f6".parse().unwrap(),
            model: "Test",
            version: "1.2.3",
        };
        Self {
            dimmer: Dimmer::new(identity, config.validate().unwrap(), at(0)).unwrap(),
            now_ms: 0,
            firing: FiringReport::UNKNOWN,
        }
    }

    fn with(change: impl FnOnce(&mut Config)) -> Self {
        let mut bench = Self::unfed(change);
        bench.firing = firing(MainsState::Locked);
        let _ = bench.report();
        let _ = bench.give(water(Ok(40_000)));
        bench
    }

    fn new() -> Self {
        Self::with(|_| {})
    }

    fn give(&mut self, event: Event<'_>) -> Effects {
        self.dimmer.handle(at(self.now_ms), event)
    }

    /// The firing path feeds what it was ordered last, and says so.
    fn report(&mut self) -> Effects {
        if self.firing.fault.is_none() {
            let ordered = self.dimmer.overview(at(self.now_ms)).permitted_centipercent;
            self.firing.fed = Level::saturating_from_centipercent(ordered);
        }
        self.give(Event::Firing(self.firing))
    }

    /// Goes on to a time by the clock; the firing path goes on reporting.
    fn go_to(&mut self, milliseconds: u64) {
        self.now_ms = milliseconds;
        let _ = self.report();
    }

    fn send(&mut self, topic: &str, payload: &str) -> Effects {
        self.give(Event::Message {
            topic,
            payload: payload.as_bytes(),
            retained: false,
        })
    }

    /// Lets time pass, with a tick at each deadline, a report of the firing path four times a second and a reading every two seconds.
    fn pass(&mut self, milliseconds: u64) -> Effects {
        let end = self.now_ms + milliseconds;
        loop {
            let deadline = self
                .dimmer
                .next_deadline(at(self.now_ms))
                .as_ticks()
                .div_ceil(1_000);
            let reading = (self.now_ms / 2_000 + 1) * 2_000;
            assert!(
                deadline >= self.now_ms,
                "a deadline in the past would be a busy loop"
            );
            let report = (self.now_ms / 250 + 1) * 250;
            self.now_ms = deadline
                .max(self.now_ms + 1)
                .min(reading)
                .min(report)
                .min(end);
            let mut effects = self.give(if self.now_ms == reading {
                water(Ok(40_000))
            } else {
                Event::Tick
            });
            if self.now_ms.is_multiple_of(250) {
                effects = self.report();
            }
            if self.now_ms == end {
                return effects;
            }
        }
    }

    fn permitted(&self) -> u16 {
        self.dimmer.overview(at(self.now_ms)).permitted_centipercent
    }

    fn applied(&self) -> u16 {
        self.dimmer.overview(at(self.now_ms)).applied_centipercent
    }

    fn reason(&self) -> Reason {
        self.dimmer.overview(at(self.now_ms)).reason
    }

    fn payload(&self, message: Message) -> String {
        let mut buffer = [0; PAYLOAD_CAPACITY];
        let length = self
            .dimmer
            .render(message, at(self.now_ms), &mut buffer)
            .unwrap();
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    }

    fn state(&self) -> serde_json::Value {
        serde_json::from_str(&self.payload(Message::State)).unwrap()
    }

    fn sent(&mut self) -> Vec<Message> {
        std::iter::from_fn(|| self.dimmer.take()).collect()
    }
}

/// What a dimmer with the default settings publishes.
fn published() -> Vec<Message> {
    let topics = Topics::new(&Settings::default(), "a1b2c3d4e5f6".parse().unwrap()).unwrap();
    topics.messages().collect()
}

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
        [None, Some(Incident::Decided(Reason::Following)), None]
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
            matches!(effects.incidents, [Some(Incident::Refused(_)), None, None]),
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
    assert!(matches!(incidents, [Some(Incident::Refused(_)), decided, None] if decided == stale));
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
fn a_message_on_a_topic_that_is_not_ours_is_not_even_counted() {
    let mut bench = Bench::new();
    let _ = bench.send("somebody/else", "42.5");
    assert_eq!(bench.state()["messages"]["received"], 0);
    assert_eq!(bench.reason(), Reason::SetpointMissing);
}

#[test]
fn the_state_keeps_what_was_asked_and_what_is_applied_apart() {
    let mut bench = Bench::with(|config| config.safety.maximum_centipercent = 5_000);
    let _ = bench.send(OWN, "80");
    assert_eq!(bench.state()["applied"], 0, "ordered, and not yet fed");
    let _ = bench.report();
    let state = bench.state();
    assert_eq!(
        (&state["setpoint"], &state["applied"]),
        (&80.into(), &50.into())
    );
    assert_eq!(
        (&state["watts"], &state["reason"]),
        (&1_000.into(), &"limited_by_setting".into())
    );
    let _ = bench.send(OWN, "40");
    assert_eq!(bench.state()["reason"], "following");
}

#[test]
fn a_new_session_says_everything_and_availability_last() {
    let mut bench = Bench::new();
    assert_eq!(bench.sent(), [], "nothing is said without a session");
    assert!(bench.give(Event::Connected).to_send);
    let sent = bench.sent();
    assert_eq!(sent, published());
    assert_eq!(sent.last(), Some(&Message::Availability));
    assert_eq!(bench.payload(Message::Availability), "online");
}

#[test]
fn without_home_assistant_nothing_of_it_is_said() {
    let mut bench = Bench::with(|config| config.topics.homeassistant = false);
    let _ = bench.give(Event::Connected);
    let sent = bench.sent();
    assert!(
        !sent.is_empty()
            && !sent
                .iter()
                .any(|message| matches!(message, Message::Discovery(_)))
    );
    assert!(
        (0..8)
            .filter_map(|index| bench.dimmer.subscription(index))
            .all(|subscription| !subscription.topic.contains("homeassistant"))
    );
}

#[test]
fn a_change_is_told_within_half_a_second_and_a_burst_is_told_once() {
    let mut bench = Bench::new();
    let _ = bench.give(Event::Connected);
    let _ = bench.sent();
    for percent in 0..50 {
        let _ = bench.send(OWN, &percent.to_string());
        assert_eq!(bench.sent(), [], "before the gap has passed");
        let _ = bench.pass(5);
    }
    let effects = bench.pass(500);
    assert!(effects.to_send);
    let sent = bench.sent();
    let count = |wanted| sent.iter().filter(|message| **message == wanted).count();
    assert_eq!(
        (
            count(Message::State),
            count(Message::Setpoint),
            count(Message::Applied),
            count(Message::Frequency)
        ),
        (1, 1, 1, 0)
    );
    assert_eq!(bench.payload(Message::Setpoint), "49");
}

#[test]
fn the_values_are_repeated_at_each_heartbeat() {
    let mut bench = Bench::new();
    let _ = bench.give(Event::Connected);
    let _ = bench.sent();
    let _ = bench.pass(9_000);
    assert_eq!(bench.sent(), []);
    let _ = bench.pass(2_000);
    assert_eq!(
        bench.sent().len(),
        published()
            .iter()
            .filter(|message| message.is_state())
            .count()
    );
}

#[test]
fn home_assistant_that_starts_hears_discovery_again_after_a_while() {
    let mut bench = Bench::new();
    let _ = bench.give(Event::Connected);
    let _ = bench.sent();
    let _ = bench.send("homeassistant/status", "offline");
    let _ = bench.send("homeassistant/status", "online");
    let _ = bench.pass(999);
    assert!(
        !bench
            .sent()
            .iter()
            .any(|message| matches!(message, Message::Discovery(_))),
        "all devices at once is what it asks not to do"
    );
    let _ = bench.pass(8_100);
    let again = bench.sent();
    assert_eq!(
        again
            .iter()
            .filter(|message| matches!(message, Message::Discovery(_)))
            .count(),
        published()
            .iter()
            .filter(|message| matches!(message, Message::Discovery(_)))
            .count()
    );
    assert_eq!(
        bench.reason(),
        Reason::SetpointMissing,
        "its word is no setpoint"
    );
}

#[test]
fn a_message_that_could_not_be_sent_is_offered_again_and_none_after_the_session_ended() {
    let mut bench = Bench::new();
    let _ = bench.give(Event::Connected);
    let first = bench.dimmer.take().unwrap();
    bench.dimmer.give_back(first);
    assert_eq!(bench.dimmer.take(), Some(first));
    let _ = bench.give(Event::Disconnected);
    bench.dimmer.give_back(first);
    assert_eq!(bench.sent(), []);
}

#[test]
fn a_dimmer_that_would_follow_itself_is_refused() {
    let mut config = Config::default();
    config.topics.follow = OWN.try_into().unwrap();
    let identity = Identity {
        id: "a1b2c3d4e5f6".parse().unwrap(),
        model: "Test",
        version: "1.2.3",
    };
    let refused = Dimmer::new(identity, config.validate().unwrap(), at(0)).unwrap_err();
    assert_eq!(refused.field, "follow");
}

#[test]
fn the_same_events_give_the_same_effects() {
    let run = || {
        let mut bench = Bench::new();
        let _ = bench.give(Event::Connected);
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
fn an_alarm_is_told_once_and_a_latched_one_holds_the_output_off_until_it_is_reset() {
    let mut bench = Bench::new();
    let mut told = Vec::new();
    let mut note = |effects: Effects| {
        told.extend(
            effects
                .incidents
                .into_iter()
                .filter_map(|incident| match incident {
                    Some(Incident::Alarm(change)) => Some((
                        change.kind.as_str(),
                        change.level.as_str(),
                        change.event.as_str(),
                    )),
                    Some(Incident::ResetRefused(_)) => Some(("", "", "refused")),
                    _ => None,
                }),
        );
    };
    for (second, millicelsius) in [(20, 66_000), (22, 66_000)] {
        bench.go_to(second * 1_000);
        note(bench.give(water(Ok(millicelsius))));
    }
    assert_eq!(bench.reason(), Reason::AlarmLatched);
    note(bench.give(Event::ResetAlarms));
    bench.go_to(40_000);
    note(bench.give(water(Ok(50_000))));
    note(bench.send(OWN, "100"));
    assert_eq!(
        (bench.permitted(), bench.reason()),
        (0, Reason::AlarmLatched)
    );
    let kept = bench.dimmer.overview(at(bench.now_ms)).critical;
    note(bench.give(Event::ResetAlarms));
    assert_eq!(
        (bench.permitted(), bench.reason()),
        (10_000, Reason::Following)
    );
    assert_eq!(
        told,
        [
            ("water_over_temperature", "critical", "raised"),
            ("", "", "refused"),
            ("water_over_temperature", "critical", "reset"),
        ]
    );
    // What a board kept over a reset of the chip holds there, too.
    let mut again = Bench::new();
    again.dimmer.restore_alarms(kept);
    let _ = again.send(OWN, "100");
    assert_eq!(
        (again.permitted(), again.reason()),
        (0, Reason::AlarmLatched)
    );
}

#[test]
fn every_change_of_an_alarm_is_told_even_if_several_come_at_once() {
    let mut bench = Bench::unfed(|_| {});
    bench.now_ms = 30_000;
    let first = bench.give(Event::Tick).incidents[2];
    assert!(
        matches!(first, Some(Incident::Alarm(change)) if change.kind.as_str() == "water_probe_lost")
    );
    bench.now_ms = 100_000; // the mains is away for long, and nobody was called for 70 s
    let mut kinds = Vec::new();
    while let Some(Incident::Alarm(change)) = bench.give(Event::Tick).incidents[2] {
        kinds.push(change.kind.as_str());
    }
    assert_eq!(kinds, ["clock_jump"]);
    bench.now_ms = 160_000;
    while let Some(Incident::Alarm(change)) = bench.give(Event::Tick).incidents[2] {
        kinds.push(change.kind.as_str());
    }
    assert_eq!(kinds, ["clock_jump", "mains_lost"]);
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

#[test]
fn the_first_half_cycle_after_any_pause_is_never_a_full_one() {
    let faults = [
        Event::Firing(firing(MainsState::Lost)),
        Event::Switched(false),
        water(Err(ProbeFault::OutOfRange)),
    ];
    let mends = [
        Event::Firing(firing(MainsState::Locked)),
        Event::Switched(true),
        water(Ok(40_000)),
    ];
    for (fault, mend) in faults.into_iter().zip(mends) {
        let mut bench = Bench::new();
        let _ = bench.send(OWN, "100");
        let _ = bench.pass(250);
        let full = bench.give(Event::Tick).order.level.centipercent();
        assert_eq!(full, 10_000);
        assert_eq!(bench.give(fault).order.level.centipercent(), 0);
        bench.now_ms += 1;
        let first = bench.give(mend);
        assert_eq!(
            (bench.permitted(), first.order.level.centipercent()),
            (10_000, 5_000)
        );
        bench.now_ms += 99;
        assert_eq!(bench.give(Event::Tick).order.level.centipercent(), 5_000);
        let end = bench.dimmer.next_deadline(at(bench.now_ms));
        assert_eq!(
            end,
            at(bench.now_ms + 1),
            "it does not wait for the next renewal"
        );
        bench.now_ms += 1;
        assert_eq!(bench.give(Event::Tick).order.level.centipercent(), 10_000);
    }
}

#[test]
fn every_message_fits_its_buffer_with_every_reason_in_it() {
    let bench = Bench::new();
    for message in Message::ALL {
        let _ = bench.payload(message);
    }
}
