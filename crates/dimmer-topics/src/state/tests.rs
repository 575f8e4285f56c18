use std::string::String;

use serde_json::{Value, json};

use super::{ProbeCounts, State};
use crate::{
    Alarm, AlarmLevel, AlarmState, Answer, BufferTooSmall, Command, Device, DeviceId, LogLevel,
    LogLine, Message, PAYLOAD_CAPACITY, Refusal, RefusalKind, Settings, Status, Subject, Topics,
};

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
        permitted_centipercent: Some(4200),
        applied_centipercent: 4190,
        watts: 838,
        rated_watts: 2000,
        energy_watt_hours: Some(123_456),
        water_millicelsius: Some(51_312),
        heat_sink_millicelsius: Some(-3_000),
        water_limit_millicelsius: Some(60_000),
        water_resume_millicelsius: Some(54_500),
        maximum_centipercent: Some(10_000),
        is_switched_on: Some(true),
        boost_minutes: 59,
        reason: "following",
        mains_state: "locked",
        mains_frequency_millihertz: Some(50_010),
        mains_missed: 3,
        mains_rejected: 4,
        probes: Some(ProbeCounts {
            readings: 60,
            failed: 1,
            rejected: 2,
        }),
        uptime_s: 123,
        free_memory_bytes: Some(65_536),
        free_stack_bytes: Some(4_096),
        signal_dbm: Some(-70),
        reset_reason: Some("power"),
        messages_received: 1,
        messages_sent: 14,
        messages_refused: 5,
        broker: Some(1),
        ..State::default()
    };
    assert_eq!(
        written(&state),
        "{\"setpoint\":42.5,\"permitted\":42,\"applied\":41.9,\"watts\":838,\"rated_watts\":2000,\"energy\":123456,\
         \"temperature\":{\"water\":51.312,\"heat_sink\":-3,\"room\":null},\"limits\":{\"water\":60,\"resume\":54.5,\"power\":100},\
         \"switch\":\"ON\",\"boost\":59,\"reason\":\"following\",\"alarm\":\"none\",\
         \"mains\":{\"state\":\"locked\",\"frequency\":50.01,\"missed\":3,\"rejected\":4},\
         \"probes\":{\"readings\":60,\"failed\":1,\"rejected\":2},\"uptime\":123,\"memory\":65536,\"stack\":4096,\"rssi\":-70,\"reset_reason\":\"power\",\
         \"messages\":{\"received\":1,\"sent\":14,\"refused\":5,\"last_refusal\":null},\"broker\":1}"
    );
    for (message, value) in [
        (Message::Availability, "online"),
        (Message::Setpoint, "42.5"),
        (Message::Permitted, "42"),
        (Message::Applied, "41.9"),
        (Message::Watts, "838"),
        (Message::Energy, "123456"),
        (Message::WaterTemperature, "51.312"),
        (Message::HeatSinkTemperature, "-3"),
        (Message::RoomTemperature, ""),
        (Message::WaterLimit, "60"),
        (Message::WaterResume, "54.5"),
        (Message::MaximumPower, "100"),
        (Message::Frequency, "50.01"),
        (Message::Missed, "3"),
        (Message::Rejected, "4"),
        (Message::Reason, "following"),
        (Message::Switch, "ON"),
        (Message::Boost, "59"),
        (Message::Uptime, "123"),
        (Message::FreeMemory, "65536"),
        (Message::FreeStack, "4096"),
        (Message::SignalStrength, "-70"),
        (Message::ResetReason, "power"),
        (Message::Received, "1"),
        (Message::Sent, "14"),
        (Message::Refused, "5"),
        (Message::Broker, "1"),
    ] {
        assert_eq!(raw(message, &state), value);
    }
    let off = State {
        is_switched_on: Some(false),
        ..state
    };
    assert_eq!(raw(Message::Switch, &off), "OFF");
}

/// Each value that goes out alone has a text: `None` would be an empty message for ever.
#[test]
fn every_value_that_goes_out_alone_is_written() {
    for message in Message::ALL {
        let is_written = State::default().write_raw(message, &mut [0; 64]).is_some();
        assert_eq!(
            is_written,
            message.is_raw() || message == Message::Availability,
            "{message:?}"
        );
    }
}

fn event(message: Message, state: &State) -> String {
    let topics = Topics::new(&Settings::default(), DeviceId::new([1; 6])).unwrap();
    let device = Device::new("Tank", "Desktop", "0.1.0").unwrap();
    assert_eq!(
        topics.is_silent(message, &State::default()),
        message != Message::Status
    );
    assert!(!topics.is_silent(message, state));
    let mut buffer = [0; PAYLOAD_CAPACITY];
    let length = topics.write(message, state, &device, &mut buffer).unwrap();
    String::from_utf8(buffer[..length].to_vec()).unwrap()
}

#[test]
fn what_is_said_once_is_said_in_json() {
    let mut alarms = AlarmState::NONE;
    alarms.insert(Alarm {
        level: AlarmLevel::Warning,
        name: "heat_sink_hot",
        text: "",
        since_s: 1,
        latched: false,
    });
    let state = State {
        alarms,
        status: Status {
            synced_at_s: Some(12),
            synced_at_unix_s: None,
            errors: [Some("broker_denies"), None, None, None],
        },
        log: Some(LogLine {
            level: LogLevel::Error,
            text: "the \"flash\" is full",
            uptime_s: 123,
        }),
        answer: Some(Answer::done(Command::Sync, &[])),
        ..State::default()
    };
    for (message, text) in [
        (
            Message::Status,
            "{\"sync\":{\"uptime\":12,\"unix\":null},\"errors\":[\"heat_sink_hot\",\"broker_denies\"]}",
        ),
        (
            Message::Log,
            "{\"level\":\"error\",\"text\":\"the \\\"flash\\\" is full\",\"uptime\":123}",
        ),
        (Message::Answer, "{\"command\":\"sync\",\"applied\":true}"),
    ] {
        assert_eq!(event(message, &state), text);
    }
    let quiet = State {
        status: Status {
            synced_at_unix_s: Some(1_763_711_100),
            ..Status::NONE
        },
        ..State::default()
    };
    assert_eq!(
        event(Message::Status, &quiet),
        "{\"sync\":{\"uptime\":null,\"unix\":1763711100},\"errors\":[]}"
    );
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
