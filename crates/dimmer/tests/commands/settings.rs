//! Settings that messages change.

use super::*;

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
        let both = answers_and_lines(&mut bench);
        let answer: serde_json::Value = serde_json::from_str(&both.0.concat()).unwrap();
        assert_eq!(answer["refused"]["conflict_with"], other, "{answer}");
        let line: serde_json::Value = serde_json::from_str(&both.1.concat()).unwrap();
        let told = format!("the value does not fit another setting; change that first: {other}");
        assert_eq!(line["text"], told);
    }
}

#[test]
fn a_setting_that_is_so_already_is_answered_and_nothing_is_kept() {
    let mut bench = connected();
    let effects = bench.send(&command("config/water_limit"), "60");
    assert_eq!(effects.board, None);
    assert_eq!(said(&mut bench, Message::Answer)[0]["applied"], 60);
}
