//! What the board says of itself: told, announced where it is known, and not said too often.

mod bench;

use bench::Bench;
use dimmer::{
    Event, Health, ResetReason, Sending,
    topics::{Entity, Message},
};
use serde_json::{Value, json};

const DIAGNOSTICS: [Message; 4] = [
    Message::FreeMemory,
    Message::FreeStack,
    Message::SignalStrength,
    Message::ResetReason,
];

fn health() -> Health {
    Health {
        reset_reason: Some(ResetReason::Watchdog),
        last_words: Some(Health::words("index out of bounds (src/main.rs:7)")),
        free_memory_bytes: Some(60_000),
        least_free_stack_bytes: Some(2_000),
        signal_dbm: Some(-61),
    }
}

fn with(bench: &mut Bench, health: &Health) {
    let _ = bench.give(Event::Health(health));
}

#[test]
fn what_a_board_never_said_has_no_topic_and_no_entity() {
    let mut bench = Bench::new();
    let _ = bench.give(Event::Connected { broker: 1 });
    let sent = bench.sent();
    for message in DIAGNOSTICS {
        assert!(!sent.contains(&message), "{message:?}");
    }
    assert_eq!(bench.state()["reset_reason"], Value::Null);
    // Said while it is online, it is announced.
    with(&mut bench, &health());
    let _ = bench.pass(1_000);
    let sent = bench.sent();
    for message in DIAGNOSTICS {
        assert!(sent.contains(&message), "{message:?}");
    }
    for entity in [
        Entity::SignalStrength,
        Entity::ResetReason,
        Entity::FreeMemory,
    ] {
        assert!(sent.contains(&Message::Discovery(entity)), "{entity:?}");
    }
    assert!(sent.contains(&Message::LastWords));
    assert_eq!(
        bench.payload(Message::LastWords),
        "index out of bounds (src/main.rs:7)"
    );
    let state = bench.state();
    let told = ["memory", "stack", "rssi", "reset_reason"].map(|key| state[key].clone());
    assert_eq!(
        told,
        [json!(60_000), json!(2_000), json!(-61), json!("watchdog")]
    );
    // A radio without a signal is still one.
    let lost = Health {
        signal_dbm: None,
        ..health()
    };
    with(&mut bench, &lost);
    let _ = bench.pass(1_000);
    assert!(bench.sent().contains(&Message::SignalStrength));
    assert_eq!(bench.payload(Message::SignalStrength), "");
}

#[test]
fn what_changes_little_waits_for_its_round_and_what_changes_much_does_not() {
    let mut bench = Bench::new();
    with(&mut bench, &health());
    let _ = bench.give(Event::Connected { broker: 1 });
    let _ = bench.sent();
    let mut said = Vec::new();
    for turn in 0..59_u16 {
        let mut now = health();
        now.signal_dbm = Some(-61 - i16::try_from(turn % 9).unwrap());
        now.free_memory_bytes = Some(60_000 - u32::from(turn));
        with(&mut bench, &now);
        let _ = bench.pass(1_000);
        said.extend(
            bench
                .sent()
                .into_iter()
                .filter(|message| *message == Message::SignalStrength),
        );
    }
    assert_eq!(said.len(), 0, "a minute has not passed");
    with(
        &mut bench,
        &Health {
            signal_dbm: Some(-85),
            ..health()
        },
    );
    let _ = bench.pass(600);
    assert!(bench.sent().contains(&Message::SignalStrength));
    assert_eq!(bench.payload(Message::SignalStrength), "-85");
}

#[test]
fn an_unexpected_start_and_last_words_are_a_line_of_the_log_once() {
    let mut bench = Bench::new();
    with(&mut bench, &health());
    with(&mut bench, &health());
    let _ = bench.give(Event::Connected { broker: 1 });
    let mut lines = Vec::new();
    while let Some(sending) = bench.dimmer.take() {
        if sending == Sending::Say(Message::Log) {
            let line: Value = serde_json::from_str(&bench.payload(Message::Log)).unwrap();
            lines.push((line["level"].clone(), line["text"].clone()));
        }
    }
    let text = "it started because the program hung, and the watchdog noticed: index out of bounds (src/main.rs:7)";
    assert_eq!(lines, [(json!("warning"), json!(text))]);
    assert!(health().alert(&health()).is_none());
    let wanted = Health {
        reset_reason: Some(ResetReason::Power),
        last_words: Some(Health::words("")),
        ..Health::default()
    };
    assert_eq!(wanted.alert(&Health::default()), None, "nothing is wrong");
}
