use std::string::String;

use serde_json::{Value, json};

use super::State;
use crate::{BufferTooSmall, Message, PAYLOAD_CAPACITY, Refusal, RefusalKind, Subject};

fn written(state: &State) -> String {
    let mut buffer = [0; PAYLOAD_CAPACITY];
    let length = state.write(&mut buffer).unwrap();
    String::from_utf8(buffer[..length].to_vec()).unwrap()
}

fn raw(message: Message, state: &State) -> String {
    let mut buffer = [0; PAYLOAD_CAPACITY];
    let length = state.write_raw(message, &mut buffer).unwrap().unwrap();
    String::from_utf8(buffer[..length].to_vec()).unwrap()
}

#[test]
fn a_dimmer_that_follows_says_so_in_numbers_that_people_write() {
    let state = State {
        setpoint_centipercent: Some(4250),
        applied_centipercent: 4250,
        watts: 850,
        rated_watts: 2000,
        water_millicelsius: Some(51_312),
        heat_sink_millicelsius: Some(-3_000),
        reason: "following",
        mains_state: "locked",
        mains_frequency_millihertz: Some(50_010),
        uptime_s: 123,
        messages_received: 1,
        messages_sent: 14,
        broker: Some(1),
        ..State::default()
    };
    assert_eq!(
        written(&state),
        "{\"setpoint\":42.5,\"applied\":42.5,\"watts\":850,\"rated_watts\":2000,\"temperature\":{\"water\":51.312,\"heat_sink\":-3,\"room\":null},\
         \"reason\":\"following\",\"alarm\":\"none\",\"mains\":{\"state\":\"locked\",\"frequency\":50.01,\"missed\":0,\"rejected\":0},\
         \"uptime\":123,\"messages\":{\"received\":1,\"sent\":14,\"refused\":0,\"last_refusal\":null},\"broker\":1}"
    );
    for (message, value) in [
        (Message::Availability, "online"),
        (Message::Setpoint, "42.5"),
        (Message::Applied, "42.5"),
        (Message::Watts, "850"),
        (Message::WaterTemperature, "51.312"),
        (Message::HeatSinkTemperature, "-3"),
        (Message::RoomTemperature, ""),
        (Message::Frequency, "50.01"),
        (Message::Reason, "following"),
    ] {
        assert_eq!(raw(message, &state), value);
    }
}

#[test]
fn what_is_not_known_is_null_and_has_an_empty_raw_value() {
    let state = State::default();
    let value: Value = serde_json::from_str(&written(&state)).unwrap();
    for pointer in [
        "/setpoint",
        "/temperature/water",
        "/temperature/heat_sink",
        "/temperature/room",
        "/mains/frequency",
        "/messages/last_refusal",
        "/broker",
    ] {
        assert_eq!(value.pointer(pointer), Some(&Value::Null), "{pointer}");
    }
    for message in [
        Message::Setpoint,
        Message::WaterTemperature,
        Message::Frequency,
    ] {
        assert_eq!(raw(message, &state), "");
    }
    assert_eq!(raw(Message::Applied, &state), "0");
    assert_eq!(raw(Message::Reason, &state), "unknown");
}

#[test]
fn the_last_refusal_is_shown_with_its_kind_and_its_sentence() {
    let all = Subject::ALL.into_iter().flat_map(|subject| {
        RefusalKind::ALL.map(|kind| (subject, kind, Refusal::about(subject, kind)))
    });
    for (subject, kind, refusal) in all {
        let state = State {
            messages_refused: 1,
            last_refusal: Some(refusal),
            ..State::default()
        };
        let value: Value = serde_json::from_str(&written(&state)).unwrap();
        assert_eq!(
            value["messages"]["last_refusal"],
            json!({ "about": subject.as_str(), "kind": kind.as_str(), "text": refusal.text() })
        );
    }
}

#[test]
fn names_are_escaped() {
    let state = State {
        reason: "a \"quoted\" \\ reason\n",
        ..State::default()
    };
    let value: Value = serde_json::from_str(&written(&state)).unwrap();
    assert_eq!(value["reason"], state.reason);
}

#[test]
fn a_buffer_that_is_too_small_is_an_error_at_every_size() {
    let state = State {
        setpoint_centipercent: Some(4250),
        ..State::default()
    };
    let length = written(&state).len();
    for size in 0..length {
        assert_eq!(
            state.write(&mut std::vec![0; size]),
            Err(BufferTooSmall),
            "{size}"
        );
    }
    assert_eq!(state.write(&mut std::vec![0; length]), Ok(length));
    for size in 0..4 {
        let mut buffer = std::vec![0; size];
        assert_eq!(
            state.write_raw(Message::Setpoint, &mut buffer),
            Some(Err(BufferTooSmall))
        );
    }
    assert_eq!(state.write_raw(Message::State, &mut []), None);
}

/// The same names as any other serializer writes: the page can use this type too.
#[test]
fn another_serializer_writes_the_same_object() {
    let state = State {
        setpoint_centipercent: Some(-1234),
        water_millicelsius: Some(60_000),
        ..State::default()
    };
    let value: Value = serde_json::from_str(&written(&state)).unwrap();
    assert_eq!(serde_json::to_value(state).unwrap(), value);
    assert_eq!(value["setpoint"], json!(-12.34));
    assert_eq!(value["temperature"]["water"], json!(60));
}
