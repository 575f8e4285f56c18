//! What is asked of it, and whether it is on at all: by messages, by Domoticz, by a person at the board.

use super::*;

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

#[test]
fn more_than_the_load_can_take_is_obeyed_as_all_of_it_and_the_log_says_so() {
    let mut bench = connected();
    let exceeded = Some(Incident::Exceeded(Exceeded));
    // Twice the load's 2000 W, and again: a row of them is told once.
    for (payload, told) in [(r#"{"watts":4000}"#, exceeded), ("142", None)] {
        let effects = bench.send(OWN, payload);
        assert_eq!(effects.incidents[0], told, "{payload}");
        assert_eq!(bench.permitted(), 10_000);
    }
    let lines = said(&mut bench, Message::Log);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(lines[0]["level"], "warning");
    assert_eq!(
        lines[0]["text"],
        Exceeded.text(bench.dimmer.config().language.into())
    );
    // Off ends the row: who asks again much later is told again.
    let _ = bench.send(OWN, "OFF");
    let _ = bench.pass(61_000);
    assert_eq!(bench.send(OWN, "142").incidents[0], exceeded);
    // What all dimmers are asked for may be more than one of them has.
    let _ = bench.pass(61_000);
    assert_eq!(bench.send(OWN, "100").incidents[0], None);
    assert_eq!(bench.send(COMMON, "142").incidents[0], None);
    // And who asks at the page is told as who sends a message.
    let more = PowerCommand::Setpoint(Setpoint::Centipercent(10_001));
    let (effects, outcome) = bench.dimmer.instruct(at(200_000), Command::Power(more));
    assert_eq!((effects.incidents[0], outcome), (exceeded, Ok(())));
}
