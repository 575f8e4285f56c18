//! Answers and lines of the log, over the ends of sessions, too.

use super::*;

#[test]
fn a_refusal_is_answered_logged_and_counted() {
    let mut bench = connected();
    let _ = bench.send(&command("bost"), "60");
    let both = answers_and_lines(&mut bench);
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
