//! `docs/topics.md` says what the code does: every topic, every refusal, and the examples to the letter.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test ends at what it did not expect"
)]

mod sample;

use dimmer_topics::{
    ALARMS_CAPACITY, ANNOUNCEMENT_PAYLOAD_CAPACITY, Alarm, AlarmLevel, AlarmState, Answer,
    BOOST_LIMIT_MINUTES, CommandName, DOMOTICZ_PAYLOAD_CAPACITY, Device, Discovery, Entity, Format,
    HUB_TOPIC_CAPACITY, Incoming, LONGEST_INTERVAL_S, Message, PATH_CAPACITY, PATH_STEPS,
    PAYLOAD_CAPACITY, POOL_NAME_CAPACITY, PowerEntity, Refusal, RefusalKind,
    SETPOINT_PAYLOAD_CAPACITY, SOURCE_CAPACITY, Settings, Subject, TEMPERATURE_DEPTH,
    TEMPERATURE_PAYLOAD_CAPACITY, Topics, Trigger, UNPAGED_PAYLOAD_CAPACITY, parse_domoticz,
    parse_temperature,
};
use sample::{HOT, TUNABLES, alarms, settings, state, topics_of};
use serde_json::Value;

/// All pages about messages, one after the other.
fn page() -> String {
    ["topics", "home-assistant", "domoticz", "jeedom"]
        .map(|name| {
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs");
            std::fs::read_to_string(format!("{folder}/{name}.md")).unwrap()
        })
        .join("\n")
}

fn topics() -> Topics {
    topics_of(&settings())
}

/// Every message that any settings of discovery publish.
fn messages() -> Vec<Message> {
    let mut light = settings();
    light.homeassistant.power = PowerEntity::Light;
    let mut paged = settings();
    paged.homeassistant.discovery = Discovery::Device;
    let mut all = Vec::new();
    for settings in [settings(), light, paged] {
        all.extend(topics_of(&settings).messages());
    }
    all
}

const LOST: Alarm = Alarm {
    level: AlarmLevel::Critical,
    name: "probe_lost",
    text: "The water probe does not answer; check it and its plug \"DS18B20\".",
    since_s: 98,
    latched: true,
};

fn rendered(message: Message) -> String {
    let device = Device::new("Water heater", "Desktop", "0.1.0").unwrap();
    let mut buffer = [0; PAYLOAD_CAPACITY];
    let length = topics()
        .write(message, &state(), &device, &mut buffer)
        .unwrap();
    String::from_utf8(buffer[..length].to_vec()).unwrap()
}

/// A table row is `topic | payload | unit | QoS, retained | ...`, of an entity without a unit: the row of each message says what the
/// code does.
#[test]
fn every_row_has_the_payload_the_quality_of_service_and_the_retain_flag_of_the_code() {
    let (page, topics) = (page(), topics());
    for message in messages() {
        let topic = topics.of(message);
        let payload = rendered(message);
        let is_discovery = matches!(message, Message::Discovery(_) | Message::DeviceDiscovery(_));
        let is_json =
            !matches!(message, Message::Domoticz(_)) && (is_discovery || payload.starts_with('{'));
        let shown = if is_json {
            "JSON".to_owned()
        } else if payload.is_empty() {
            "empty".to_owned()
        } else {
            format!("`{payload}`")
        };
        let row = page
            .lines()
            .find(|line| {
                line.starts_with(&format!("| `{topic}` |"))
                    && line.split('|').nth(2).unwrap().contains(&shown)
            })
            .unwrap_or_else(|| panic!("no row for {topic} with {shown}"));
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let how = match message {
            Message::Availability => "1, retained",
            Message::PoolMember | Message::PoolTotals => "0, retained",
            Message::SharedTemperature | Message::Domoticz(_) => "as set, never retained",
            Message::Alarm | Message::Status | Message::Tunable(_) => "alarm",
            Message::Log | Message::Answer => "event",
            _ if is_discovery => "discovery",
            _ => {
                assert!(message.is_state());
                "as set"
            }
        };
        assert_eq!(cells[4], how, "{row}");
    }
}

/// The reasons of a real dimmer, and names of usual length.
#[test]
fn a_page_of_discovery_is_as_long_as_is_said() {
    const REASONS: [&str; 22] = [
        "configuration_invalid",
        "alarm_latched",
        "probe_implausible",
        "probe_fault",
        "probe_stale",
        "probe_missing",
        "water_too_hot",
        "heat_sink_probe_lost",
        "heat_sink_too_hot",
        "room_probe_lost",
        "room_too_hot",
        "mains_not_locked",
        "switched_off",
        "setpoint_stale",
        "setpoint_missing",
        "gate_fault",
        "heat_sink_derating",
        "limited_by_setting",
        "boosting",
        "scheduled",
        "preheating",
        "following",
    ];
    let device = Device::new("Water heater", "RP2040 with W5500", "0.1.0")
        .unwrap()
        .with_reasons(&REASONS)
        .unwrap();
    let mut longest = 0;
    for format in [Format::Raw, Format::Json, Format::Both] {
        let mut settings = settings();
        settings.format = format;
        settings.homeassistant.discovery = Discovery::Device;
        let topics = topics_of(&settings);
        let mut buffer = [0; PAYLOAD_CAPACITY];
        for message in topics.messages() {
            let length = topics
                .write(message, &state(), &device, &mut buffer)
                .unwrap();
            if matches!(message, Message::DeviceDiscovery(_)) {
                longest = longest.max(length);
            }
        }
    }
    println!("the longest page has {longest} bytes");
    assert!((1800..=2000).contains(&longest), "{longest}");
    assert!(page().contains("none has more than 2000 bytes"));
}

/// The table of kinds: which settings, and their defaults.
#[test]
fn the_kinds_of_messages_go_as_the_page_says() {
    let (page, settings) = (page(), Settings::default());
    for (kind, fields, message) in [
        ("as set", "`qos`, `retain`", Message::Watts),
        ("alarm", "`alarm_qos`, `alarm_retain`", Message::Alarm),
        ("event", "`event_qos`, `event_retain`", Message::Log),
        (
            "discovery",
            "`homeassistant.qos`, `homeassistant.retain`",
            Message::Discovery(Entity::Watts),
        ),
    ] {
        let delivery = message.delivery(&settings);
        let retained = if delivery.retain {
            "retained"
        } else {
            "not retained"
        };
        let row = format!(
            "| {kind} | {fields} | {}, {retained} |",
            u8::from(delivery.qos)
        );
        assert!(page.contains(&row), "{row}");
    }
}

#[test]
fn the_examples_are_what_the_code_renders() {
    let page = page();
    let has = |payload: &str| page.lines().any(|line| line == payload);
    for message in [
        Message::State,
        Message::Status,
        Message::Log,
        Message::Answer,
        Message::PoolMember,
        Message::PoolTotals,
        Message::Discovery(Entity::Power),
    ] {
        let payload = rendered(message);
        assert!(has(&payload), "{payload}");
    }
    let mut buffer = [0; PAYLOAD_CAPACITY];
    for alarms in [AlarmState::NONE, alarms(&[HOT, LOST])] {
        let length = alarms.write(&mut buffer).unwrap();
        let payload = std::str::from_utf8(&buffer[..length]).unwrap();
        assert!(has(payload), "{payload}");
    }
    let topic = topics().command_topic(Incoming::Configure(0));
    let refusal = topics()
        .command(&topic, b"200", false)
        .unwrap()
        .unwrap_err();
    for refusal in [refusal, Refusal::conflict(Some("water_resume"))] {
        let answer = Answer::refused(CommandName::Config, refusal, Some(&TUNABLES[0]));
        let length = answer.write(&mut buffer).unwrap();
        let payload = std::str::from_utf8(&buffer[..length]).unwrap();
        assert!(has(payload), "{payload}");
    }
    let refusal = Refusal::about(Subject::Config, RefusalKind::BadConfiguration);
    let length = Answer::refused(CommandName::Reload, refusal, None)
        .write_with("in sim.toml: output.rated_watts is outside 1 to 20000 W; expected: the power on the heater's plate, such as 2000", &mut buffer)
        .unwrap();
    let payload = std::str::from_utf8(&buffer[..length]).unwrap();
    assert!(has(payload), "{payload}");
    for name in CommandName::ALL {
        assert!(page.contains(&format!("`{}`", name.as_str())));
    }
}

#[test]
fn every_subscription_has_a_row_with_its_quality_of_service() {
    let (page, topics) = (page(), topics());
    for subscription in topics.subscriptions() {
        let row = format!("| `{}` |", subscription.topic);
        let row = page.lines().find(|line| line.starts_with(&row)).unwrap();
        let qos = row.split('|').map(str::trim).nth(3).unwrap();
        assert_eq!(qos, u8::from(subscription.qos).to_string(), "{row}");
    }
}

/// The table of commands, `topic | payloads | meaning`, read by the code: each payload does something.
#[test]
fn every_command_in_the_page_is_taken() {
    let (page, topics) = (page(), topics());
    let all = [
        Incoming::Boost,
        Incoming::Switch,
        Incoming::Trigger(Trigger::Sync),
        Incoming::Trigger(Trigger::Reload),
        Incoming::Trigger(Trigger::Restart),
        Incoming::Trigger(Trigger::SearchProbes),
        Incoming::Configure(0),
        Incoming::Configure(1),
    ];
    let (_, table) = page.split_once("### Commands\n").unwrap();
    let rows: Vec<_> = table
        .lines()
        .skip_while(|line| !line.starts_with("| `"))
        .take_while(|line| line.starts_with('|'))
        .collect();
    assert_eq!(rows.len(), all.len());
    for incoming in all {
        let topic = topics.command_topic(incoming);
        let start = format!("| `{topic}` |");
        let row = rows.iter().find(|row| row.starts_with(&start)).unwrap();
        let payloads: Vec<_> = row
            .split('|')
            .nth(2)
            .unwrap()
            .split('`')
            .skip(1)
            .step_by(2)
            .collect();
        assert!(!payloads.is_empty());
        for payload in payloads {
            let read = topics.command(&topic, payload.as_bytes(), false).unwrap();
            assert!(read.is_ok(), "{topic} {payload}");
        }
    }
    let message = "{\"idx\":7,\"nvalue\":2,\"Level\":50,\"switchType\":\"Dimmer\"}";
    assert!(page.contains(message));
    assert!(
        parse_domoticz(message.as_bytes(), 7, false)
            .unwrap()
            .is_some()
    );
    assert!(page.contains(&format!("1 to {BOOST_LIMIT_MINUTES} minutes")));
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
    let (member, totals) = (state().pool_member, state().pool_totals);
    keys(&serde_json::to_value(member).unwrap(), "", &mut all);
    keys(&serde_json::to_value(totals).unwrap(), "", &mut all);
    assert!(all.iter().any(|key| key == "omitted") && all.len() > 35);
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
    assert_eq!(examples.len(), 6);
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
        DOMOTICZ_PAYLOAD_CAPACITY,
        ANNOUNCEMENT_PAYLOAD_CAPACITY,
        PAYLOAD_CAPACITY,
        UNPAGED_PAYLOAD_CAPACITY,
    ] {
        assert!(page.contains(&limit.to_string()), "{limit}");
    }
    for sentence in [
        format!("at most {TEMPERATURE_DEPTH} levels deep"),
        format!("at most {SOURCE_CAPACITY} bytes"),
        format!("at most {HUB_TOPIC_CAPACITY} bytes"),
        format!("at most {POOL_NAME_CAPACITY} bytes"),
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
    assert!(all.len() > 35);
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
