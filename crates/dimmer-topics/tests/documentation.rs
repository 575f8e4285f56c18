//! `docs/topics.md` says what the code does: every topic, every refusal, and the examples to the letter.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test ends at what it did not expect"
)]

use dimmer_topics::{
    Device, DeviceId, Entity, Incoming, LONGEST_INTERVAL_S, Message, PAYLOAD_CAPACITY, RefusalKind,
    SETPOINT_PAYLOAD_CAPACITY, Settings, State, Topics, parse_setpoint,
};

fn page() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/topics.md");
    std::fs::read_to_string(path).unwrap()
}

fn topics() -> Topics {
    let settings = Settings {
        follow: "router/surplus".try_into().unwrap(),
        ..Settings::default()
    };
    let id: DeviceId = "a1b2c3d4e5f6".parse().unwrap();
    Topics::new(&settings, id).unwrap()
}

fn state() -> State {
    State {
        setpoint_centipercent: Some(4250),
        applied_centipercent: 4250,
        watts: 850,
        rated_watts: 2000,
        water_millicelsius: Some(51_312),
        reason: "following",
        mains_state: "locked",
        mains_frequency_millihertz: Some(50_010),
        uptime_s: 123,
        messages_received: 2,
        messages_sent: 28,
        messages_refused: 1,
        last_refusal: parse_setpoint(b"42,5").err(),
        broker: Some(1),
        ..State::default()
    }
}

fn rendered(message: Message) -> String {
    let device = Device::new("Water heater", "Desktop", "0.1.0").unwrap();
    let mut buffer = [0; PAYLOAD_CAPACITY];
    let length = topics()
        .write(message, &state(), &device, &mut buffer)
        .unwrap();
    String::from_utf8(buffer[..length].to_vec()).unwrap()
}

#[test]
fn every_topic_stands_in_the_page() {
    let (page, topics) = (page(), topics());
    for message in Message::ALL {
        let topic = topics.of(message);
        assert!(page.contains(topic.as_str()), "{topic}");
    }
    for subscription in topics.subscriptions() {
        assert!(
            page.contains(subscription.topic.as_str()),
            "{}",
            subscription.topic
        );
    }
}

/// A table row is `topic | payload | unit | QoS | retained | ...`: the row of each message says what the code does.
#[test]
fn every_row_has_the_payload_the_quality_of_service_and_the_retain_flag_of_the_code() {
    let (page, topics) = (page(), topics());
    for message in Message::ALL {
        let topic = topics.of(message);
        let row = page
            .lines()
            .find(|line| line.starts_with(&format!("| `{topic}` |")))
            .unwrap_or_else(|| panic!("no row for {topic}"));
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let delivery = message.delivery(topics.settings());
        let how = if message.is_state() {
            "as set"
        } else {
            assert!(u8::from(delivery.qos) == 1 && delivery.retain);
            "1, retained"
        };
        assert_eq!(cells[4], how, "{row}");
        if !matches!(message, Message::State | Message::Discovery(_)) {
            assert!(
                cells[2].contains(&format!("`{}`", rendered(message))),
                "{row}"
            );
        }
    }
}

#[test]
fn the_examples_are_what_the_code_renders() {
    let page = page();
    for message in [Message::State, Message::Discovery(Entity::Power)] {
        let payload = rendered(message);
        assert!(page.lines().any(|line| line == payload), "{payload}");
    }
    for incoming in Incoming::ALL {
        assert!(topics().subscription(incoming).is_some());
    }
}

#[test]
fn every_refusal_and_every_limit_stands_in_the_page() {
    let page = page();
    for kind in RefusalKind::ALL {
        let row = format!("| `{}` | ", kind.as_str());
        assert!(page.contains(&row), "{row}");
    }
    for limit in [SETPOINT_PAYLOAD_CAPACITY, usize::from(LONGEST_INTERVAL_S)] {
        assert!(page.contains(&limit.to_string()), "{limit}");
    }
}

#[test]
fn every_setting_stands_in_the_page() {
    let page = page();
    let settings = serde_json::to_value(Settings::default()).unwrap();
    for (name, default) in settings.as_object().unwrap() {
        let default = if name == "follow" {
            "empty".to_owned()
        } else {
            format!("`{}`", default.to_string().trim_matches('"'))
        };
        let row = format!("| `{name}` | {default} |");
        assert!(page.contains(&row), "{row}");
    }
}
