//! Every payload fits the declared capacity, with the worst contents that the types admit.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test ends at what it did not expect"
)]

use dimmer_topics::{
    ALARM_TEXT_CAPACITY, ALARMS_CAPACITY, Alarm, AlarmLevel, AlarmState, Device, DeviceId,
    FOLLOW_CAPACITY, LABEL_CAPACITY, LONGEST_INTERVAL_S, Message, PAYLOAD_CAPACITY,
    PREFIX_CAPACITY, PRODUCT_TEXT_CAPACITY, Qos, REASONS_CAPACITY, Refusal, RefusalKind,
    STATE_NAME_CAPACITY, Settings, State, Subject, Topics, URL_CAPACITY,
};
use serde_json::{Value, json};

const ID: DeviceId = DeviceId::new([0xa1, 0xb2, 0xc3, 0xd4, 0xe5, 0xf6]);

fn write(topics: &Topics, message: Message, state: &State, device: &Device<'_>) -> String {
    let mut buffer = [0; PAYLOAD_CAPACITY];
    let length = topics.write(message, state, device, &mut buffer).unwrap();
    String::from_utf8(buffer[..length].to_vec()).unwrap()
}

/// As many alarms as can be, each as long as is promised for, in the characters that a text may have.
fn worst_alarms() -> AlarmState {
    let mut alarms = AlarmState::NONE;
    for _ in 0..1000 {
        alarms.insert(Alarm {
            level: AlarmLevel::Critical,
            name: "n".repeat(STATE_NAME_CAPACITY).leak(),
            text: "é".repeat(ALARM_TEXT_CAPACITY / 2).leak(),
            since_s: u32::MAX,
            latched: false,
        });
    }
    alarms
}

/// The longest contents that the types admit, in characters that grow when JSON escapes them.
#[test]
fn the_worst_contents_fit_the_declared_capacity() {
    let quotes = "\"".repeat(FOLLOW_CAPACITY);
    let settings = Settings {
        prefix: quotes[..PREFIX_CAPACITY].try_into().unwrap(),
        homeassistant_prefix: quotes[..PREFIX_CAPACITY].try_into().unwrap(),
        follow: quotes.as_str().try_into().unwrap(),
        qos: Qos::ExactlyOnce,
        interval_s: LONGEST_INTERVAL_S,
        ..Settings::default()
    };
    let topics = Topics::new(&settings, ID).unwrap();
    let reason = "r".repeat(13);
    let reasons = vec![reason.as_str(); REASONS_CAPACITY / (reason.len() + 3)];
    let device = Device::new(
        &quotes[..LABEL_CAPACITY],
        &quotes[..PRODUCT_TEXT_CAPACITY],
        &quotes[..PRODUCT_TEXT_CAPACITY],
    )
    .unwrap()
    .with_manufacturer(&quotes[..PRODUCT_TEXT_CAPACITY])
    .unwrap()
    .with_configuration_url(&quotes[..URL_CAPACITY])
    .unwrap()
    .with_reasons(&reasons)
    .unwrap();
    let longest_name: &'static str = "\u{1}".repeat(STATE_NAME_CAPACITY).leak();

    let mut largest = (0, None);
    let refusals = Subject::ALL
        .into_iter()
        .flat_map(|subject| RefusalKind::ALL.map(|kind| Refusal::about(subject, kind)));
    for refusal in refusals {
        let state = State {
            setpoint_centipercent: Some(i32::MIN + 1),
            applied_centipercent: u16::MAX,
            watts: u32::MAX,
            rated_watts: u32::MAX,
            water_millicelsius: Some(i32::MIN + 1),
            heat_sink_millicelsius: Some(i32::MIN + 1),
            room_millicelsius: Some(i32::MIN + 1),
            reason: longest_name,
            alarms: worst_alarms(),
            mains_state: longest_name,
            mains_frequency_millihertz: Some(u32::MAX),
            mains_missed: u32::MAX,
            mains_rejected: u32::MAX,
            uptime_s: u32::MAX,
            messages_received: u32::MAX,
            messages_sent: u32::MAX,
            messages_refused: u32::MAX,
            last_refusal: Some(refusal),
            broker: Some(u8::MAX),
        };
        for message in Message::ALL {
            let payload = write(&topics, message, &state, &device);
            if matches!(
                message,
                Message::State | Message::Alarm | Message::Discovery(_)
            ) {
                let value: Value = serde_json::from_str(&payload).unwrap();
                if message == Message::Alarm {
                    // Nothing had to be left out.
                    assert_eq!(
                        value["others"].as_array().unwrap().len(),
                        ALARMS_CAPACITY - 1
                    );
                    assert_eq!(value["omitted"], json!(255));
                }
            }
            if payload.len() > largest.0 {
                largest = (payload.len(), Some(message));
            }
        }
    }
    println!("largest payload: {largest:?} of {PAYLOAD_CAPACITY}");
    // Not far below either: the capacity is RAM on a device.
    assert!(largest.0 > PAYLOAD_CAPACITY * 3 / 4, "{largest:?}");
}
