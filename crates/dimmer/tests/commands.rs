//! What messages tell the dimmer to do, and what it answers.
#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test is a failed test"
)]

mod bench;

use bench::{Bench, COMMON, OWN, at, firing, water};
use dimmer::{
    BoardRequest, Event, Sending,
    phase::MainsState,
    safety::{ProbeFault, Reason, Role},
    topics::{Command, Message, PowerCommand, ProbeCounts, Qos, Setpoint},
};
use serde_json::json;

fn command(path: &str) -> String {
    format!("solar-dimmer/a1b2c3d4e5f6/command/{path}")
}

/// The payloads of what is said on one topic from now on.
fn said(bench: &mut Bench, wanted: Message) -> Vec<serde_json::Value> {
    let mut payloads = Vec::new();
    while let Some(sending) = bench.dimmer.take() {
        if sending == Sending::Say(wanted) {
            payloads.push(serde_json::from_str(&bench.payload(wanted)).unwrap());
        }
    }
    payloads
}

fn connected() -> Bench {
    let mut bench = Bench::new();
    let _ = bench.give(Event::Connected { broker: 1 });
    let _ = bench.sent();
    bench
}

#[test]
fn a_boost_gives_its_power_until_it_ends_and_nobody_repeats_it() {
    let mut bench = connected();
    let _ = bench.send(&command("boost"), r#"{"minutes":2,"power":60}"#);
    assert_eq!(
        (bench.permitted(), bench.reason()),
        (6_000, Reason::Boosting)
    );
    assert_eq!(
        said(&mut bench, Message::Answer),
        [json!({"command":"boost","applied":2,"unit":"min"})]
    );
    assert_eq!(bench.state()["boost"], 2);
    let _ = bench.pass(61_000);
    assert_eq!(
        (bench.permitted(), &bench.state()["boost"]),
        (6_000, &json!(1))
    );
    let _ = bench.pass(58_900);
    assert_eq!(bench.permitted(), 6_000);
    let _ = bench.pass(200);
    assert_eq!(bench.reason(), Reason::SetpointMissing);
    assert_eq!(bench.state()["boost"], 0);
}

#[test]
fn a_boost_ends_with_its_last_minute_to_the_microsecond() {
    let mut bench = connected();
    let _ = bench.send(&command("boost"), "1");
    bench.go_to(59_999);
    let _ = bench.give(water(Ok(40_000)));
    assert_eq!(
        (bench.permitted(), &bench.state()["boost"]),
        (10_000, &json!(1))
    );
    bench.go_to(60_000);
    assert_eq!((bench.permitted(), &bench.state()["boost"]), (0, &json!(0)));
}

#[test]
fn a_boost_obeys_every_limit_and_is_cancelled() {
    let mut bench = connected();
    let _ = bench.send(&command("boost"), "60");
    assert_eq!(bench.permitted(), 10_000);
    bench.go_to(1_000);
    let _ = bench.give(water(Ok(60_000)));
    assert_eq!(bench.permitted(), 0);
    let _ = bench.send(&command("boost"), "cancel");
    bench.go_to(2_000);
    let _ = bench.give(water(Ok(50_000)));
    assert_eq!(bench.reason(), Reason::ProbeImplausible, "it fell too fast");
    bench.go_to(10_000);
    let _ = bench.give(water(Ok(50_000)));
    assert_eq!(bench.reason(), Reason::SetpointMissing);
}

#[test]
fn a_clock_that_goes_back_ends_a_boost() {
    let mut bench = connected();
    bench.go_to(600_000);
    let _ = bench.give(water(Ok(40_000)));
    let _ = bench.send(&command("boost"), "60");
    assert_eq!(bench.permitted(), 10_000);
    bench.go_to(1_000);
    let _ = bench.give(water(Ok(40_000)));
    assert_eq!(bench.reason(), Reason::SetpointMissing);
}

#[test]
fn a_person_switches_it_off_and_on_by_a_message() {
    let mut bench = connected();
    let _ = bench.send(OWN, "50");
    let _ = bench.send(&command("switch"), "OFF");
    assert_eq!(
        (bench.permitted(), bench.reason()),
        (0, Reason::SwitchedOff)
    );
    assert_eq!(bench.payload(Message::Switch), "OFF");
    let _ = bench.send(&command("boost"), "60");
    assert_eq!(bench.permitted(), 0, "a boost does not switch it on");
    let _ = bench.send(&command("switch"), "ON");
    assert_eq!(bench.permitted(), 10_000);
}

#[test]
fn a_light_that_is_turned_off_and_on_comes_back_to_its_level() {
    let mut bench = connected();
    let _ = bench.send(OWN, "ON");
    assert_eq!(bench.permitted(), 10_000, "nobody said another level yet");
    let _ = bench.send(OWN, "30");
    let _ = bench.send(OWN, "ON");
    assert_eq!(bench.permitted(), 3_000);
    let _ = bench.send(OWN, "OFF");
    assert_eq!(bench.permitted(), 0);
    let _ = bench.send(OWN, "ON");
    assert_eq!(bench.permitted(), 3_000);
    let _ = bench.send(COMMON, "80");
    let _ = bench.send(OWN, "ON");
    assert_eq!(bench.permitted(), 8_000, "it is on already");
}

#[test]
fn who_turns_it_on_gets_its_level_whatever_turned_it_off() {
    let mut bench = connected();
    let _ = bench.send(OWN, "40");
    for (topic, payload) in [
        (OWN, "0"),
        (OWN, "-5"),
        (OWN, "{\"watts\":0}"),
        (COMMON, "0"),
    ] {
        let _ = bench.send(topic, payload);
        assert_eq!(bench.permitted(), 0, "{topic} {payload}");
        let _ = bench.send(OWN, "ON");
        assert_eq!(bench.permitted(), 4_000, "{topic} {payload}");
    }
}

#[test]
fn a_setting_is_changed_by_its_key_and_the_board_is_asked_to_keep_it() {
    let mut bench = connected();
    let _ = bench.send(OWN, "100");
    let effects = bench.send(&command("config/maximum_power"), "35.5");
    assert_eq!(effects.board, Some(BoardRequest::Keep));
    assert_eq!(bench.permitted(), 3_550);
    assert_eq!(
        said(&mut bench, Message::Answer),
        [
            json!({"command":"power","applied":100,"unit":"%"}),
            json!({"command":"config","key":"maximum_power","applied":35.5,"unit":"%"})
        ]
    );
    assert_eq!(bench.payload(Message::Tunable(2)), "35.5");
    let _ = bench.pass(1_000);
    assert!(bench.sent().contains(&Message::Tunable(2)));
}

#[test]
fn a_setting_that_does_not_fit_is_refused_and_nothing_changes() {
    let mut bench = connected();
    let before = bench.dimmer.config().clone();
    for (key, payload, kind) in [
        ("water_limit", "50", "conflict"),
        ("water_limit", "500", "out_of_range"),
        ("maximum_power", "much", "not_a_number"),
    ] {
        let effects = bench.send(&command(&format!("config/{key}")), payload);
        assert_eq!(effects.board, None);
        let answers = said(&mut bench, Message::Answer);
        let answer = answers.first().unwrap();
        assert_eq!(answer["key"], key);
        assert_eq!(answer["refused"]["kind"], kind, "{answer}");
    }
    assert_eq!(*bench.dimmer.config(), before);
    assert_eq!(bench.state()["messages"]["refused"], 3);
}

#[test]
fn a_conflict_names_the_other_setting_in_the_answer_and_in_the_log() {
    let mut bench = connected();
    for (key, payload, other) in [
        ("water_limit", "50", "water_resume"),
        ("water_resume", "60", "water_limit"),
    ] {
        let _ = bench.send(&command(&format!("config/{key}")), payload);
        let mut both = (Vec::new(), Vec::new());
        while let Some(sending) = bench.dimmer.take() {
            match sending {
                Sending::Say(Message::Answer) => both.0.push(bench.payload(Message::Answer)),
                Sending::Say(Message::Log) => both.1.push(bench.payload(Message::Log)),
                _ => {}
            }
        }
        let answer: serde_json::Value = serde_json::from_str(&both.0.concat()).unwrap();
        assert_eq!(answer["refused"]["conflict_with"], other, "{answer}");
        let line: serde_json::Value = serde_json::from_str(&both.1.concat()).unwrap();
        let told = format!("the value does not fit another setting; change that first: {other}");
        assert_eq!(line["text"], told);
    }
}

#[test]
fn a_refusal_is_answered_logged_and_counted() {
    let mut bench = connected();
    let _ = bench.send(&command("bost"), "60");
    let mut both = (Vec::new(), Vec::new());
    while let Some(sending) = bench.dimmer.take() {
        match sending {
            Sending::Say(Message::Answer) => both.0.push(bench.payload(Message::Answer)),
            Sending::Say(Message::Log) => both.1.push(bench.payload(Message::Log)),
            _ => {}
        }
    }
    assert!(both.0.concat().contains("unknown_command"), "{both:?}");
    assert!(
        both.1.concat().contains("\"level\":\"warning\""),
        "{both:?}"
    );
}

#[test]
fn each_command_has_its_answer_and_of_a_flood_the_last_ones() {
    let mut bench = connected();
    for percent in [10, 20, 30] {
        let _ = bench.send(OWN, &percent.to_string());
    }
    let answers = said(&mut bench, Message::Answer);
    let applied: Vec<_> = answers.iter().map(|answer| &answer["applied"]).collect();
    assert_eq!(applied, [10, 20, 30]);
    for percent in 0..50 {
        let _ = bench.send(OWN, &percent.to_string());
    }
    let answers = said(&mut bench, Message::Answer);
    let applied: Vec<_> = answers.iter().map(|answer| &answer["applied"]).collect();
    assert_eq!(applied, [46, 47, 48, 49]);
}

#[test]
fn an_answer_that_could_not_be_sent_is_given_again() {
    let mut bench = connected();
    let _ = bench.send(OWN, "10");
    let _ = bench.send(OWN, "20");
    let first = bench.dimmer.take().unwrap();
    assert_eq!(first, Sending::Say(Message::Answer));
    bench.dimmer.give_back(first);
    let answers = said(&mut bench, Message::Answer);
    let applied: Vec<_> = answers.iter().map(|answer| &answer["applied"]).collect();
    assert_eq!(applied, [10, 20]);
}

/// What the answers of a session say, when of four in the one before it one was acknowledged, two were on their way and one had not begun.
fn applied_over_the_end_of_a_session(qos: Qos) -> Vec<serde_json::Value> {
    let mut bench = Bench::with(|config| config.topics.event_qos = qos);
    let _ = bench.give(Event::Connected { broker: 1 });
    let _ = bench.sent();
    for percent in [10, 20, 30, 40] {
        let _ = bench.send(OWN, &percent.to_string());
    }
    let answer = Sending::Say(Message::Answer);
    for _ in 0..3 {
        assert_eq!(bench.dimmer.take(), Some(answer));
    }
    if qos != Qos::AtMostOnce {
        bench.dimmer.answered(answer);
    }
    let _ = bench.give(Event::Disconnected);
    if qos != Qos::AtMostOnce {
        bench.dimmer.give_back(answer);
        bench.dimmer.give_back(answer);
    }
    assert_eq!(bench.dimmer.take(), None, "there is no session");
    let _ = bench.give(Event::Connected { broker: 1 });
    let answers = said(&mut bench, Message::Answer);
    answers
        .into_iter()
        .map(|answer| answer.get("applied").unwrap().clone())
        .collect()
}

#[test]
fn an_answer_that_did_not_arrive_before_the_session_ended_is_given_in_the_next() {
    let applied = applied_over_the_end_of_a_session(Qos::AtLeastOnce);
    assert_eq!(applied, [20, 30, 40]);
    // Nobody knows what arrived: what was said is not said twice.
    let applied = applied_over_the_end_of_a_session(Qos::AtMostOnce);
    assert_eq!(applied, [40]);
}

#[test]
fn of_lines_of_the_log_that_did_not_arrive_none_is_lost_or_said_twice() {
    let mut bench = connected();
    let log = Sending::Say(Message::Log);
    for payload in ["much", "4 2", "42,5"] {
        let _ = bench.send(OWN, payload);
    }
    let taken: Vec<_> = std::iter::from_fn(|| bench.dimmer.take()).collect();
    assert_eq!(taken.iter().filter(|sending| **sending == log).count(), 3);
    bench.dimmer.answered(log);
    let _ = bench.give(Event::Disconnected);
    for sending in taken
        .iter()
        .rev()
        .filter(|sending| **sending == log)
        .take(2)
    {
        bench.dimmer.give_back(*sending);
    }
    let _ = bench.give(Event::Connected { broker: 1 });
    let lines = said(&mut bench, Message::Log);
    let texts: Vec<_> = lines
        .iter()
        .map(|line| line["text"].as_str().unwrap())
        .collect();
    assert!(texts[0].contains("something follows"), "{texts:?}");
    assert!(texts[1].contains("not written as in JSON"), "{texts:?}");
    assert_eq!(texts.len(), 2);
}

#[test]
fn sync_says_everything_again_and_when() {
    let mut bench = connected();
    let _ = bench.pass(5_000);
    let _ = bench.sent();
    let _ = bench.send(&command("sync"), "PRESS");
    let status: serde_json::Value = serde_json::from_str(&bench.payload(Message::Status)).unwrap();
    assert_eq!(status["sync"]["uptime"], 5);
    let sent = bench.sent();
    for message in bench::published() {
        assert!(sent.contains(&message), "{message:?}");
    }
}

#[test]
fn reload_and_restart_are_the_boards() {
    let mut bench = connected();
    for (word, request) in [
        ("reload", BoardRequest::Reload),
        ("restart", BoardRequest::Restart),
    ] {
        let effects = bench.send(&command(word), word);
        assert_eq!(effects.board, Some(request));
        assert_eq!(bench.give(Event::Tick).board, None, "asked once");
        let retained = bench.give(Event::Message {
            topic: &command(word),
            payload: word.as_bytes(),
            retained: true,
        });
        assert_eq!(retained.board, None, "it would restart for ever");
    }
}

#[test]
fn a_reload_that_failed_is_answered_with_what_was_wrong_and_nothing_changes() {
    let mut bench = connected();
    let _ = bench.send(&command("reload"), "reload");
    let before = bench.dimmer.config().clone();
    let told = "in dimmer.toml: output.rated_watts \"is\" outside 1 to 20000 W\n";
    let effects = bench.give(Event::ReloadFailed(told));
    assert_eq!(effects.incidents, [None; 4], "the board knows it");
    let mut answers = Vec::new();
    let mut lines = Vec::new();
    while let Some(sending) = bench.dimmer.take() {
        match sending {
            Sending::Say(Message::Answer) => answers.push(bench.payload(Message::Answer)),
            Sending::Say(Message::Log) => lines.push(bench.payload(Message::Log)),
            _ => {}
        }
    }
    let answers: Vec<serde_json::Value> = answers
        .iter()
        .map(|answer| serde_json::from_str(answer).unwrap())
        .collect();
    assert_eq!(answers[0], json!({"command":"reload","applied":true}));
    assert_eq!(answers[1]["command"], "reload");
    assert_eq!(answers[1]["refused"]["kind"], "bad_configuration");
    assert_eq!(answers[1]["detail"], told.replace('\n', " "));
    assert!(lines.concat().contains("cannot be used"), "{lines:?}");
    assert_eq!(*bench.dimmer.config(), before);
}

#[test]
fn what_is_told_of_a_failed_reload_is_cut_where_it_would_be_too_long() {
    let mut bench = connected();
    let _ = bench.give(Event::ReloadFailed(&"é\"".repeat(1_000)));
    let answers = said(&mut bench, Message::Answer);
    let detail = answers[0]["detail"].as_str().unwrap();
    assert!(detail.starts_with("é\"é\"") && detail.len() > 250);
}

#[test]
fn an_alarm_writes_a_line_of_the_log() {
    let mut bench = connected();
    for second in 1..=5 {
        bench.go_to(second * 2_000);
        let _ = bench.give(water(Err(ProbeFault::Absent)));
    }
    let lines = said(&mut bench, Message::Log);
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["level"], "warning");
    let status: serde_json::Value = serde_json::from_str(&bench.payload(Message::Status)).unwrap();
    assert_eq!(status["errors"], json!(["water_probe_lost"]));
}

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

#[test]
fn domoticz_steers_it_and_its_echo_does_not() {
    let mut bench = Bench::with(|config| {
        config.topics.domoticz.enabled = true;
        config.topics.domoticz.dimmer_idx = 7;
    });
    let _ = bench.give(Event::Connected { broker: 1 });
    let _ = bench.sent();
    let out = "domoticz/out";
    let _ = bench.send(
        out,
        r#"{"idx":7,"nvalue":2,"Level":42,"switchType":"Dimmer"}"#,
    );
    assert_eq!(bench.permitted(), 4_200);
    let _ = bench.report();
    bench.go_to(1_000);
    assert!(
        bench
            .sent()
            .iter()
            .any(|message| matches!(message, Message::Domoticz(_)))
    );
    // Domoticz says again what it was told, after the router has said something else.
    let _ = bench.send(OWN, "80");
    let _ = bench.send(
        out,
        r#"{"idx":7,"nvalue":2,"Level":42,"switchType":"Dimmer"}"#,
    );
    assert_eq!(bench.permitted(), 8_000);
    let _ = bench.send(out, r#"{"idx":8,"nvalue":0}"#);
    assert_eq!(bench.permitted(), 8_000, "another device");
    let _ = bench.send(
        out,
        r#"{"idx":7,"nvalue":0,"Level":42,"switchType":"Dimmer"}"#,
    );
    assert_eq!(bench.permitted(), 0);
}

#[test]
fn another_prefix_leaves_nothing_on_the_old_one() {
    let mut bench = connected();
    let mut config = bench.dimmer.config().clone().into_inner();
    config.topics.prefix = "house".try_into().unwrap();
    let now = at(bench.now_ms);
    let _ = bench
        .dimmer
        .configure(now, config.validate().unwrap())
        .unwrap();
    let mut topics = Vec::new();
    while let Some(sending) = bench.dimmer.take_farewell() {
        let mut buffer = [0; 16];
        assert_eq!(bench.dimmer.render(sending, now, &mut buffer), Ok(0));
        assert!(bench.dimmer.delivery(sending).retain);
        topics.push(bench.dimmer.topic(sending).to_string());
    }
    assert!(topics.contains(&"solar-dimmer/a1b2c3d4e5f6/availability".to_owned()));
    assert!(topics.contains(&"solar-dimmer/a1b2c3d4e5f6/state".to_owned()));
    // Discovery stays where it is, with other topics in it.
    assert!(
        topics
            .iter()
            .all(|topic| topic.starts_with("solar-dimmer/")),
        "{topics:?}"
    );
    assert!(bench.sent().contains(&Message::Availability));
    assert_eq!(
        bench.dimmer.topics().of(Message::State),
        "house/a1b2c3d4e5f6/state"
    );
}

#[test]
fn entities_of_other_settings_are_taken_off_each_broker_once() {
    let mut bench = Bench::new();
    let mut withdrawn = |broker| {
        let _ = bench.give(Event::Connected { broker });
        let all: Vec<_> = std::iter::from_fn(|| bench.dimmer.take()).collect();
        let _ = bench.give(Event::Disconnected);
        let removals = all
            .iter()
            .filter(|sending| matches!(sending, Sending::Withdraw(_)));
        removals.count()
    };
    let first = withdrawn(1);
    assert!(first > 0);
    assert_eq!(withdrawn(1), 0);
    assert_eq!(withdrawn(2), first);
}

#[test]
fn who_asks_for_everything_again_and_again_gets_it_to_the_end() {
    let mut bench = connected();
    let mut last = 0;
    for second in 1..=60 {
        bench.go_to(second * 1_000);
        let _ = bench.give(water(Err(ProbeFault::Absent)));
        let _ = bench.send(&command("sync"), "sync");
        let _ = bench.send("homeassistant/status", "online");
        // A line that takes twenty messages in a second.
        for _ in 0..20 {
            if bench.dimmer.take() == Some(Sending::Say(Message::Alarm)) {
                last = second;
            }
        }
    }
    assert!(last > 50, "the alarm was said last at {last} s");
}

#[test]
fn a_boost_is_held_to_the_highest_power_and_ends_with_off() {
    let mut bench = Bench::with(|config| config.pool.maximum_centipercent = 5_000);
    let _ = bench.send(&command("boost"), "60");
    assert_eq!(bench.permitted(), 5_000);
    let _ = bench.send(OWN, "OFF");
    assert_eq!((bench.permitted(), &bench.state()["boost"]), (0, &json!(0)));
}

#[test]
fn a_setting_that_is_so_already_is_answered_and_nothing_is_kept() {
    let mut bench = connected();
    let effects = bench.send(&command("config/water_limit"), "60");
    assert_eq!(effects.board, None);
    assert_eq!(said(&mut bench, Message::Answer)[0]["applied"], 60);
}

#[test]
fn a_person_at_the_board_is_obeyed_as_a_message_is_and_no_answer_is_published() {
    let mut bench = connected();
    let now = at(100);
    let (effects, outcome) = bench.dimmer.instruct(
        now,
        Command::Power(PowerCommand::Setpoint(Setpoint::Centipercent(4_250))),
    );
    assert_eq!(outcome, Ok(()));
    assert_eq!(effects.order.level.centipercent(), 4_250);
    assert_eq!(bench.reason(), Reason::Following);
    let (_, outcome) = bench.dimmer.instruct(now, Command::Restart);
    assert_eq!(outcome, Ok(()));
    assert_eq!(said(&mut bench, Message::Answer), [json!(null); 0]);
    // The board hears of it with the effects.
    let (effects, _) = bench.dimmer.instruct(now, Command::Restart);
    assert_eq!(effects.board, Some(BoardRequest::Restart));
    // What does not fit the other settings changes nothing.
    let too_low = Command::Configure {
        index: 0,
        value: 40_000,
    };
    let before = bench.dimmer.config().clone();
    let (_, outcome) = bench.dimmer.instruct(now, too_low);
    assert!(outcome.is_err());
    assert_eq!(*bench.dimmer.config(), before);
    assert_eq!(bench.state()["messages"]["refused"], 0, "it was no message");
}
