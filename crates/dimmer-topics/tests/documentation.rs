//! `docs/topics.md` says what the code does: every topic, every refusal, and the examples to the letter.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test ends at what it did not expect"
)]

use dimmer_topics::{
    ALARMS_CAPACITY, Alarm, AlarmLevel, AlarmState, Device, DeviceId, Entity, Incoming,
    LONGEST_INTERVAL_S, Message, PATH_CAPACITY, PATH_STEPS, PAYLOAD_CAPACITY, RefusalKind, Role,
    SETPOINT_PAYLOAD_CAPACITY, SOURCE_CAPACITY, Settings, Share, ShareFormat, Source, State,
    Subject, TEMPERATURE_DEPTH, TEMPERATURE_PAYLOAD_CAPACITY, Temperatures, Topics, parse_setpoint,
    parse_temperature,
};
use serde_json::Value;

fn page() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/topics.md");
    std::fs::read_to_string(path).unwrap()
}

fn topics() -> Topics {
    let settings = Settings {
        follow: "router/surplus".try_into().unwrap(),
        temperature: Temperatures {
            room: Source {
                topic: "zigbee2mqtt/cellar".try_into().unwrap(),
                path: "temperature".try_into().unwrap(),
            },
            share: Share {
                topic: "home/tank/temperature".try_into().unwrap(),
                format: ShareFormat::Raw,
            },
            ..Temperatures::default()
        },
        ..Settings::default()
    };
    let id: DeviceId = "a1b2c3d4e5f6".parse().unwrap();
    Topics::new(&settings, id)
        .unwrap()
        .with_probe(Role::HeatSink)
}

const HOT: Alarm = Alarm {
    level: AlarmLevel::Warning,
    name: "heat_sink_hot",
    text: "The heat sink is hot; see that air can pass.",
    since_s: 60,
    latched: false,
};

const LOST: Alarm = Alarm {
    level: AlarmLevel::Critical,
    name: "probe_lost",
    text: "The water probe does not answer; check it and its plug \"DS18B20\".",
    since_s: 98,
    latched: true,
};

fn alarms(alarms: &[Alarm]) -> AlarmState {
    let mut state = AlarmState::NONE;
    for alarm in alarms {
        state.insert(*alarm);
    }
    state
}

fn state() -> State {
    State {
        setpoint_centipercent: Some(4250),
        applied_centipercent: 4250,
        watts: 850,
        rated_watts: 2000,
        water_millicelsius: Some(51_312),
        heat_sink_millicelsius: Some(63_250),
        room_millicelsius: Some(18_500),
        alarms: alarms(&[HOT]),
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
        let how = if message == Message::SharedTemperature {
            assert!(!delivery.retain);
            "as set, never retained"
        } else if message.is_state() {
            "as set"
        } else {
            assert!(u8::from(delivery.qos) == 1 && delivery.retain);
            "1, retained"
        };
        assert_eq!(cells[4], how, "{row}");
        if !matches!(
            message,
            Message::State | Message::Alarm | Message::Discovery(_)
        ) {
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
    for alarms in [AlarmState::NONE, alarms(&[HOT, LOST])] {
        let mut buffer = [0; PAYLOAD_CAPACITY];
        let length = alarms.write(&mut buffer).unwrap();
        let payload = std::str::from_utf8(&buffer[..length]).unwrap();
        assert!(page.lines().any(|line| line == payload), "{payload}");
    }
    let topics = topics();
    for incoming in Incoming::ALL {
        // One source of a temperature stands for all.
        let is_of_another_role =
            matches!(incoming, Incoming::Temperature(role) if role != Role::Room);
        assert_eq!(topics.subscription(incoming).is_none(), is_of_another_role);
    }
    for subscription in topics.subscriptions() {
        let row = format!("| `{}` |", subscription.topic);
        let row = page.lines().find(|line| line.starts_with(&row)).unwrap();
        let qos = row.split('|').map(str::trim).nth(3).unwrap();
        let expected = match subscription.incoming {
            Incoming::AlarmReset | Incoming::HomeAssistantStatus => {
                u8::from(subscription.qos).to_string()
            }
            _ => "as set".to_owned(),
        };
        assert_eq!(qos, expected, "{row}");
    }
}

/// Every key of the state and of an alarm has a row.
#[test]
fn every_key_stands_in_the_page() {
    fn keys(value: &Value, before: &str, all: &mut Vec<String>) {
        for (key, value) in value.as_object().unwrap() {
            let key = format!("{before}{key}");
            if value.is_object() && key != "messages.last_refusal" {
                keys(value, &format!("{key}."), all);
            } else {
                all.push(key);
            }
        }
    }
    let many = alarms(&[HOT; ALARMS_CAPACITY + 1]);
    let mut all = Vec::new();
    keys(&serde_json::to_value(state()).unwrap(), "", &mut all);
    keys(&serde_json::to_value(many).unwrap(), "", &mut all);
    assert!(all.iter().any(|key| key == "omitted") && all.len() > 20);
    let page = page();
    for key in all {
        assert!(page.contains(&format!("| `{key}` | ")), "{key}");
    }
}

/// The table of sources, `source | payload | path`, read by the code.
#[test]
fn every_source_in_the_page_is_read_with_its_path() {
    let page = page();
    let (_, table) = page.split_once("| Source | Payload | `path` |").unwrap();
    let rows = table.lines().skip(2).take_while(|line| !line.is_empty());
    let mut count = 0;
    for row in rows {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let path = match cells[3] {
            "empty" => "",
            path => path.trim_matches('`'),
        };
        let payload = cells[2].trim_matches('`');
        assert_eq!(
            parse_temperature(payload.as_bytes(), path),
            Ok(54_300),
            "{row}"
        );
        count += 1;
    }
    assert_eq!(count, 5);
}

/// The settings in the page are what the configuration takes.
#[test]
fn every_example_of_settings_is_valid() {
    let page = page();
    let examples: Vec<_> = page.split("```toml\n").skip(1).collect();
    assert_eq!(examples.len(), 3);
    for example in examples {
        let (toml, _) = example.split_once("```").unwrap();
        let file: toml::Table = toml::from_str(toml).unwrap();
        let settings: Settings = file["topics"].clone().try_into().unwrap();
        assert_eq!(settings.validate(), Ok(()));
        assert_ne!(settings, Settings::default());
    }
}

#[test]
fn every_refusal_and_every_limit_stands_in_the_page() {
    let page = page();
    for kind in RefusalKind::ALL {
        let name = format!("`{}`", kind.as_str());
        let is_there = page
            .lines()
            .any(|line| line.starts_with(&format!("| {name}")));
        assert!(is_there, "{name}");
    }
    for subject in Subject::ALL {
        assert!(page.contains(&format!("`{}`", subject.as_str())));
    }
    for limit in [
        SETPOINT_PAYLOAD_CAPACITY,
        usize::from(LONGEST_INTERVAL_S),
        TEMPERATURE_PAYLOAD_CAPACITY,
    ] {
        assert!(page.contains(&limit.to_string()), "{limit}");
    }
    for sentence in [
        format!("at most {TEMPERATURE_DEPTH} levels deep"),
        format!("at most {SOURCE_CAPACITY} bytes"),
        format!("at most {PATH_CAPACITY} bytes and {PATH_STEPS} keys"),
        format!("the worst first, up to {}", ALARMS_CAPACITY - 1),
    ] {
        assert!(page.contains(&sentence), "{sentence}");
    }
}

#[test]
fn every_setting_stands_in_the_page() {
    let page = page();
    let settings = serde_json::to_value(Settings::default()).unwrap();
    let mut all = Vec::new();
    let mut waiting = vec![(String::new(), &settings)];
    while let Some((before, settings)) = waiting.pop() {
        for (name, default) in settings.as_object().unwrap() {
            let name = format!("{before}{name}");
            if default.is_object() {
                waiting.push((format!("{name}."), default));
            } else {
                all.push((name, default));
            }
        }
    }
    assert!(all.len() > 12);
    for (name, default) in all {
        let default = if default == "" {
            "empty".to_owned()
        } else {
            format!("`{}`", default.to_string().trim_matches('"'))
        };
        let row = format!("| `{name}` | {default} |");
        assert!(page.contains(&row), "{row}");
    }
}
