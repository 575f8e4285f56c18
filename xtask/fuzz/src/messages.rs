//! Whatever the state is, and whatever the user has written: each payload fits, is what it says, and holds the same values.

use dimmer_topics::{
    Alarm, AlarmLevel, AlarmState, Device, DeviceId, Message, PAYLOAD_CAPACITY, Refusal,
    RefusalKind, Settings, ShareFormat, State, Subject, Topics,
};
use serde_json::Value;

use crate::bytes::Bytes;

/// Texts that the firmware might have, up to the length that is promised for, and what JSON has to escape.
const NAMES: [&str; 8] = [
    "",
    "following",
    "\"\\\u{8}\u{c}\n\r\t/",
    "température \u{1f321} \u{7f}\u{2028}",
    "\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}",
    "a_name_that_is_as_long_as_can_be",
    "{\"level\":\"none\"}",
    "\u{fffd}\u{10ffff}\u{0}",
];

pub(crate) fn run(input: &[u8]) {
    let mut bytes = Bytes::new(input);
    let state = state(&mut bytes);
    let mut settings = Settings {
        homeassistant: bytes.flag(),
        ..Settings::default()
    };
    settings.interval_s = bytes.byte().into();
    if bytes.flag() {
        settings.temperature.share.format = ShareFormat::Json;
    }
    let smaller = usize::try_from(bytes.number()).unwrap_or_default() % PAYLOAD_CAPACITY;
    let lines: [&str; 8] = std::array::from_fn(|_| bytes.line());
    let [
        prefix,
        home_assistant,
        share,
        label,
        model,
        version,
        url,
        reasons,
    ] = lines;
    settings.prefix = prefix.try_into().unwrap_or(settings.prefix);
    settings.homeassistant_prefix = home_assistant
        .try_into()
        .unwrap_or(settings.homeassistant_prefix);
    settings.temperature.share.topic = share.try_into().unwrap_or_default();
    let id = DeviceId::new([0xa1, 0xb2, 0xc3, 0xd4, 0xe5, 0xf6]);
    let (Ok(topics), Ok(device)) = (
        Topics::new(&settings, id),
        Device::new(label, model, version),
    ) else {
        return;
    };
    let device = device.with_configuration_url(url).unwrap_or(device);
    let reasons: Vec<&str> = reasons.split(' ').collect();
    let device = device.with_reasons(&reasons).unwrap_or(device);
    for message in Message::ALL {
        let mut buffer = [0; PAYLOAD_CAPACITY];
        let length = topics
            .write(message, &state, &device, &mut buffer)
            .expect("the capacity holds every payload");
        let payload = str::from_utf8(&buffer[..length]).expect("payloads are text");
        check(
            message,
            payload,
            &state,
            label,
            settings.temperature.share.format,
        );
        let mut small = [0; PAYLOAD_CAPACITY];
        let written = topics.write(message, &state, &device, &mut small[..smaller]);
        match written {
            // Alarms are left out rather than unsaid.
            Ok(length) if message == Message::Alarm => {
                json(str::from_utf8(&small[..length]).expect("payloads are text"));
            }
            Ok(length) => assert_eq!(&small[..length], payload.as_bytes()),
            Err(_) => assert!(length > smaller),
        }
    }
}

fn state(bytes: &mut Bytes<'_>) -> State {
    let mut alarms = AlarmState::NONE;
    for _ in 0..bytes.byte() % 8 {
        alarms.insert(Alarm {
            level: if bytes.flag() {
                AlarmLevel::Critical
            } else {
                AlarmLevel::Warning
            },
            name: name(bytes),
            text: name(bytes),
            since_s: bytes.number(),
            latched: bytes.flag(),
        });
    }
    State {
        setpoint_centipercent: bytes.maybe(Bytes::signed),
        applied_centipercent: bytes.number().to_le_bytes()[0].into(),
        watts: bytes.number(),
        rated_watts: bytes.number(),
        water_millicelsius: bytes.maybe(Bytes::signed),
        heat_sink_millicelsius: bytes.maybe(Bytes::signed),
        room_millicelsius: bytes.maybe(Bytes::signed),
        reason: name(bytes),
        alarms,
        mains_state: name(bytes),
        mains_frequency_millihertz: bytes.maybe(Bytes::number),
        uptime_s: bytes.number(),
        last_refusal: bytes.maybe(|bytes| {
            let about = Subject::ALL[usize::from(bytes.byte()) % Subject::ALL.len()];
            let kind = RefusalKind::ALL[usize::from(bytes.byte()) % RefusalKind::ALL.len()];
            Refusal::about(about, kind)
        }),
        broker: bytes.maybe(Bytes::byte),
        ..State::default()
    }
}

fn name(bytes: &mut Bytes<'_>) -> &'static str {
    NAMES[usize::from(bytes.byte()) % NAMES.len()]
}

fn json(payload: &str) -> Value {
    serde_json::from_str(payload).unwrap_or_else(|error| panic!("{error}: {payload}"))
}

fn check(message: Message, payload: &str, state: &State, label: &str, format: ShareFormat) {
    let shares_json = format == ShareFormat::Json;
    match message {
        Message::State => {
            let value = json(payload);
            is_hundredths(&value["setpoint"], state.setpoint_centipercent);
            is_thousandths(&value["temperature"]["water"], state.water_millicelsius);
            is_thousandths(&value["temperature"]["room"], state.room_millicelsius);
            assert_eq!(value["reason"], state.reason);
            assert_eq!(value["mains"]["state"], state.mains_state);
            assert_eq!(value["watts"], state.watts);
        }
        Message::Alarm => {
            let value = json(payload);
            assert_eq!(value["level"], state.alarms.level_name());
            if let Some(worst) = state.alarms.worst() {
                assert_eq!(value["alarm"], worst.name);
                assert_eq!(value["text"], worst.text);
            }
        }
        Message::Discovery(_) => {
            let value = json(payload);
            assert_eq!(value["dev"]["name"], label);
            assert!(value["uniq_id"].is_string());
        }
        Message::SharedTemperature if shares_json => {
            is_thousandths(&json(payload)["temperature"], state.water_millicelsius);
        }
        Message::Reason => assert_eq!(payload, state.reason),
        Message::Availability => assert_eq!(payload, "online"),
        Message::Setpoint => is_hundredths(&number(payload), state.setpoint_centipercent),
        Message::WaterTemperature | Message::SharedTemperature => {
            is_thousandths(&number(payload), state.water_millicelsius);
        }
        _ => {
            number(payload);
        }
    }
}

/// A raw value: a number as JSON writes it, or nothing.
fn number(payload: &str) -> Value {
    if payload.is_empty() {
        return Value::Null;
    }
    let value = json(payload);
    assert!(value.is_number(), "{payload}");
    value
}

fn is_hundredths(value: &Value, expected: Option<i32>) {
    is_scaled(value, expected, 100.0);
}

fn is_thousandths(value: &Value, expected: Option<i32>) {
    is_scaled(value, expected, 1000.0);
}

/// Exactly: the nearest `f64` of so few digits, times its factor, is next to the whole number that it came from.
fn is_scaled(value: &Value, expected: Option<i32>, factor: f64) {
    let found = value.as_f64().map(|number| (number * factor).round());
    assert_eq!(found, expected.map(f64::from), "{value}");
    let digits = value.to_string();
    assert!(digits.len() <= 12, "noise: {digits}");
}
