//! Every payload: valid JSON or plain text, complete, escaped, and within the declared capacity.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test ends at what it did not expect"
)]

mod defaults;

use defaults::{ID, device, discovery, topics, write};
use dimmer_topics::{
    Alarm, AlarmLevel, AlarmState, Device, Entity, Incoming, LABEL_CAPACITY, Message,
    REASONS_CAPACITY, SetpointUnit, Settings, State, Topics, parse_alarm_reset,
    parse_common_setpoint,
};
use proptest::prelude::{any, prop_assert_eq, proptest};
use serde_json::{Value, json};

fn one_alarm() -> AlarmState {
    let mut alarms = AlarmState::NONE;
    alarms.insert(Alarm {
        level: AlarmLevel::Critical,
        name: "probe_lost",
        text: "La sonde ne répond plus.",
        since_s: 98,
        latched: true,
    });
    alarms
}

#[test]
fn an_alarm_is_a_problem_with_its_words_beside_it_and_a_button_resets_it() {
    let alarm = discovery(&topics(), Entity::Alarm, &device());
    assert_eq!(
        (&alarm["dev_cla"], &alarm["val_tpl"], &alarm["qos"]),
        (
            &json!("problem"),
            &json!("{{ value_json.problem }}"),
            &json!(1)
        )
    );
    assert_eq!(alarm["json_attr_t"], alarm["stat_t"]);
    // Home Assistant's and Domoticz' own words; and published once, so it does not expire.
    for key in ["pl_on", "pl_off", "exp_aft", "cmd_t", "stat_cla"] {
        assert_eq!(alarm[key], Value::Null, "{key}");
    }
    for (state, word) in [(AlarmState::NONE, "OFF"), (one_alarm(), "ON")] {
        let state = State {
            alarms: state,
            ..State::default()
        };
        let payload = write(&topics(), Message::Alarm, &state, &device());
        let value: Value = serde_json::from_str(&payload).unwrap();
        assert_eq!(value["problem"], json!(word));
        let state = write(&topics(), Message::State, &state, &device());
        let state: Value = serde_json::from_str(&state).unwrap();
        assert_eq!(state["alarm"], value["level"]);
    }
    let button = discovery(&topics(), Entity::AlarmReset, &device());
    assert_eq!(
        topics().incoming(button["cmd_t"].as_str().unwrap()),
        Some(Incoming::AlarmReset)
    );
    let pressed = button["pl_prs"].as_str().unwrap();
    assert_eq!(parse_alarm_reset(pressed.as_bytes(), false), Ok(()));
    // Home Assistant refuses a button with a state.
    for key in ["stat_t", "val_tpl", "exp_aft", "json_attr_t"] {
        assert_eq!(button[key], Value::Null, "{key}");
    }
}

#[test]
fn a_list_of_reasons_makes_the_reason_an_enumeration() {
    let reasons = ["following", "no_setpoint", "water_hot"];
    let device = device().with_reasons(&reasons).unwrap();
    let payload = discovery(&topics(), Entity::Reason, &device);
    assert_eq!(payload["dev_cla"], json!("enum"));
    assert_eq!(payload["ops"], json!(reasons));
    // Home Assistant refuses an enumeration with either of these.
    assert_eq!(payload["unit_of_meas"], Value::Null);
    assert_eq!(payload["stat_cla"], Value::Null);
    assert_eq!(
        discovery(&topics(), Entity::Watts, &device)["ops"],
        Value::Null
    );
    for wrong in [&["a b"][..], &["Hot"], &[""], &["a", "b\""], &["é"]] {
        assert_eq!(
            self::device().with_reasons(wrong).unwrap_err().field,
            "reasons"
        );
    }
    let long = "r".repeat(REASONS_CAPACITY - 2);
    assert!(self::device().with_reasons(&[&long]).is_err());
    assert!(self::device().with_reasons(&[&long[1..]]).is_ok());
}

#[test]
fn a_label_arrives_as_it_was_written_and_stands_in_no_topic() {
    let topics = topics();
    for label in [
        "Ballon d'eau chaude",
        "Chauffe-eau \"été\" \\ 2",
        "温水器",
        "a/b+c#",
        "</script>",
        "{{ 1 }}",
    ] {
        let device = Device::new(label, "Desktop", "0.1.0").unwrap();
        for entity in Entity::ALL {
            assert_eq!(
                discovery(&topics, entity, &device)["dev"]["name"],
                json!(label)
            );
        }
        let listened = topics
            .subscriptions()
            .map(|subscription| subscription.topic);
        for topic in Message::ALL
            .map(|message| topics.of(message))
            .into_iter()
            .chain(listened)
        {
            assert!(!topic.contains(label), "{topic}");
        }
    }
    let long = "é".repeat(LABEL_CAPACITY / 2 + 1);
    for wrong in ["", "  ", "a\nb", "a\0", &long] {
        let error = Device::new(wrong, "Desktop", "0.1.0").unwrap_err();
        assert_eq!(error.field, "label", "{wrong:?}");
    }
}

#[test]
fn the_page_of_the_dimmer_is_offered_when_there_is_one() {
    let device = device()
        .with_configuration_url("http://192.168.1.20/")
        .unwrap();
    let payload = discovery(&topics(), Entity::Power, &device);
    assert_eq!(payload["dev"]["cu"], json!("http://192.168.1.20/"));
}

/// What Home Assistant and the dimmer's own neighbours read is what the dimmer itself would accept.
#[test]
fn a_published_setpoint_can_be_followed() {
    for value in [-10_000_000, -1, 0, 1, 4250, 10_000, 10_000_000] {
        let state = State {
            setpoint_centipercent: Some(value),
            ..State::default()
        };
        let payload = write(&topics(), Message::Setpoint, &state, &device());
        assert_eq!(
            parse_common_setpoint(payload.as_bytes(), SetpointUnit::Percent),
            Ok(dimmer_topics::Setpoint::Centipercent(value))
        );
    }
}

#[test]
fn a_buffer_that_is_too_small_is_an_error_for_every_message() {
    let (topics, device, state) = (topics(), device(), State::default());
    for message in Message::ALL {
        let length = write(&topics, message, &state, &device).len();
        for size in 0..length {
            assert!(
                topics
                    .write(message, &state, &device, &mut vec![0; size])
                    .is_err()
            );
        }
        assert_eq!(
            topics.write(message, &state, &device, &mut vec![0; length]),
            Ok(length)
        );
    }
}

proptest! {
    #[test]
    fn any_label_is_refused_or_arrives_unchanged(label in any::<String>()) {
        if let Ok(device) = Device::new(&label, "Desktop", "0.1.0") {
            let payload = discovery(&topics(), Entity::Power, &device);
            prop_assert_eq!(payload["dev"]["name"].as_str(), Some(label.as_str()));
        }
    }

    #[test]
    fn any_prefix_is_refused_or_stands_in_valid_payloads(prefix in any::<String>()) {
        let Ok(prefix) = prefix.as_str().try_into() else { return Ok(()); };
        let settings = Settings { prefix, ..Settings::default() };
        let Ok(topics) = Topics::new(&settings, ID) else { return Ok(()); };
        for entity in Entity::ALL {
            let payload = discovery(&topics, entity, &device());
            let availability = topics.of(Message::Availability);
            prop_assert_eq!(payload["avty_t"].as_str(), Some(availability.as_str()));
        }
    }

    #[test]
    fn any_state_is_valid_json_with_its_own_numbers(
        setpoint in any::<Option<i32>>(),
        applied in any::<u16>(),
        watts in any::<u32>(),
        temperature in any::<Option<i32>>(),
        frequency in any::<Option<u32>>(),
    ) {
        let state = State {
            setpoint_centipercent: setpoint,
            applied_centipercent: applied,
            watts,
            water_millicelsius: temperature,
            mains_frequency_millihertz: frequency,
            ..State::default()
        };
        let payload = write(&topics(), Message::State, &state, &device());
        let value: Value = serde_json::from_str(&payload).unwrap();
        prop_assert_eq!(value["watts"].as_u64(), Some(u64::from(watts)));
        prop_assert_eq!(value["setpoint"].as_f64(), setpoint.map(|setpoint| f64::from(setpoint) / 100.0));
        prop_assert_eq!(value["applied"].as_f64(), Some(f64::from(applied) / 100.0));
        for (message, pointer) in [
            (Message::Setpoint, "/setpoint"),
            (Message::Applied, "/applied"),
            (Message::Watts, "/watts"),
            (Message::WaterTemperature, "/temperature/water"),
            (Message::Frequency, "/mains/frequency"),
        ] {
            let raw = write(&topics(), message, &state, &device());
            let number = value.pointer(pointer).unwrap();
            let text = if number.is_null() { String::new() } else { number.to_string() };
            prop_assert_eq!(raw, text);
        }
    }
}
