mod commands;
mod discovery;
mod pool;
mod publishing;
mod temperatures;

use std::string::{String, ToString};
use std::vec::Vec;

use super::{Incoming, Topics, home_assistant_started};
use crate::{
    Device, DeviceId, Discovery, DomoticzDevice, Entity, FOLLOW_CAPACITY, HUB_TOPIC_CAPACITY,
    HomeAssistant, JeedomValue, Message, PAYLOAD_CAPACITY, PREFIX_CAPACITY, Page, SOURCE_CAPACITY,
    Settings, Share, ShareFormat, Source, State, TOPIC_CAPACITY, Temperatures, Tunable,
    TunableKind,
};

const ID: DeviceId = DeviceId::new([0xa1, 0xb2, 0xc3, 0xd4, 0xe5, 0xf6]);

fn topics(settings: &Settings) -> Topics {
    Topics::new(settings, ID).unwrap()
}

/// One setting of each kind.
const TUNABLES: [Tunable; 3] = [
    Tunable {
        name: "water_limit",
        label: "Water limit",
        kind: TunableKind::Number {
            unit: "°C",
            decimals: 3,
            minimum: 20_000,
            maximum: 95_000,
            step: 500,
        },
    },
    Tunable {
        name: "language",
        label: "Language",
        kind: TunableKind::Choice(&["en", "fr"]),
    },
    Tunable {
        name: "lamp",
        label: "Lamp",
        kind: TunableKind::Switch,
    },
];

fn with_tunables(settings: &Settings) -> Topics {
    topics(settings).with_tunables(&TUNABLES).unwrap()
}

/// With every hub that there is, each value with an idx of its own.
fn with_hubs() -> Settings {
    let mut settings = Settings::default();
    let domoticz = &mut settings.domoticz;
    domoticz.enabled = true;
    domoticz.dimmer_idx = 7;
    domoticz.power_idx = 8;
    domoticz.temperature_idx = 9;
    domoticz.alarm_idx = 10;
    let jeedom = &mut settings.jeedom;
    jeedom.enabled = true;
    jeedom.topic = "home/heater".try_into().unwrap();
    jeedom.setpoint_idx = 1;
    jeedom.applied_idx = 2;
    jeedom.power_idx = 3;
    jeedom.temperature_idx = 4;
    jeedom.alarm_idx = 5;
    settings
}

fn announced(discovery: Discovery) -> Settings {
    Settings {
        homeassistant: HomeAssistant {
            discovery,
            ..HomeAssistant::default()
        },
        ..Settings::default()
    }
}

fn following(topic: &str) -> Settings {
    Settings {
        follow: topic.try_into().unwrap(),
        ..Settings::default()
    }
}

fn sources([water, heat_sink, room]: [String; 3]) -> Temperatures {
    let source = |topic: String| Source {
        topic: topic.as_str().try_into().unwrap(),
        ..Source::default()
    };
    Temperatures {
        water: source(water),
        heat_sink: source(heat_sink),
        room: source(room),
        share: Share::default(),
    }
}

fn sharing(topic: &str, format: ShareFormat) -> Temperatures {
    Temperatures {
        share: Share {
            topic: topic.try_into().unwrap(),
            format,
        },
        ..Temperatures::default()
    }
}

fn payload(topics: &Topics, message: Message) -> String {
    let state = State {
        water_millicelsius: Some(54_300),
        heat_sink_millicelsius: Some(41_000),
        room_millicelsius: Some(19_500),
        ..State::default()
    };
    let device = Device::new("Tank", "Desktop", "0.1.0").unwrap();
    let mut buffer = [0; PAYLOAD_CAPACITY];
    let length = topics.write(message, &state, &device, &mut buffer).unwrap();
    String::from_utf8(buffer[..length].to_vec()).unwrap()
}

#[test]
fn every_message_has_its_topic() {
    let topics = with_tunables(&with_hubs());
    for (message, topic) in [
        (
            Message::Availability,
            "solar-dimmer/a1b2c3d4e5f6/availability",
        ),
        (Message::State, "solar-dimmer/a1b2c3d4e5f6/state"),
        (
            Message::Setpoint,
            "solar-dimmer/a1b2c3d4e5f6/power/setpoint",
        ),
        (Message::Applied, "solar-dimmer/a1b2c3d4e5f6/power/applied"),
        (Message::Watts, "solar-dimmer/a1b2c3d4e5f6/power/watts"),
        (
            Message::WaterTemperature,
            "solar-dimmer/a1b2c3d4e5f6/temperature/water",
        ),
        (
            Message::Frequency,
            "solar-dimmer/a1b2c3d4e5f6/mains/frequency",
        ),
        (
            Message::HeatSinkTemperature,
            "solar-dimmer/a1b2c3d4e5f6/temperature/heat_sink",
        ),
        (
            Message::RoomTemperature,
            "solar-dimmer/a1b2c3d4e5f6/temperature/room",
        ),
        (Message::Reason, "solar-dimmer/a1b2c3d4e5f6/reason"),
        (Message::Alarm, "solar-dimmer/a1b2c3d4e5f6/alarm"),
        (Message::SharedTemperature, ""),
        (
            Message::Tunable(0),
            "solar-dimmer/a1b2c3d4e5f6/config/water_limit",
        ),
        (Message::Tunable(3), ""),
        (Message::Domoticz(DomoticzDevice::Alarm), "domoticz/in"),
        (Message::Jeedom(JeedomValue::Power), "home/heater/3"),
        (
            Message::Discovery(Entity::Tunable(0)),
            "homeassistant/number/solar-dimmer-a1b2c3d4e5f6-set-water_limit/config",
        ),
        (
            Message::Discovery(Entity::Tunable(1)),
            "homeassistant/select/solar-dimmer-a1b2c3d4e5f6-set-language/config",
        ),
        (
            Message::Discovery(Entity::Tunable(2)),
            "homeassistant/switch/solar-dimmer-a1b2c3d4e5f6-set-lamp/config",
        ),
        (
            Message::DeviceDiscovery(Page::Config(0)),
            "homeassistant/device/solar-dimmer-a1b2c3d4e5f6-config-1/config",
        ),
        (
            Message::Discovery(Entity::Alarm),
            "homeassistant/binary_sensor/solar-dimmer-a1b2c3d4e5f6-alarm/config",
        ),
        (
            Message::Discovery(Entity::AlarmReset),
            "homeassistant/button/solar-dimmer-a1b2c3d4e5f6-reset/config",
        ),
        (
            Message::Discovery(Entity::Power),
            "homeassistant/number/solar-dimmer-a1b2c3d4e5f6-power/config",
        ),
        (
            Message::Discovery(Entity::WaterTemperature),
            "homeassistant/sensor/solar-dimmer-a1b2c3d4e5f6-temperature/config",
        ),
    ] {
        assert_eq!(topics.of(message), topic);
    }
}

#[test]
fn every_entity_and_every_message_is_listed_once() {
    for (place, message) in Message::ALL.iter().enumerate() {
        assert!(!Message::ALL[..place].contains(message), "{message:?}");
    }
    for entity in Entity::ALL {
        assert!(
            Message::ALL.contains(&Message::Discovery(entity)),
            "{entity:?}"
        );
    }
}

#[test]
fn no_topic_is_cut_off_by_the_longest_settings() {
    let mut settings = Settings {
        prefix: "p".repeat(PREFIX_CAPACITY).as_str().try_into().unwrap(),
        follow: "f".repeat(FOLLOW_CAPACITY).as_str().try_into().unwrap(),
        temperature: sources(
            ['w', 's', 'r'].map(|letter| letter.to_string().repeat(SOURCE_CAPACITY)),
        ),
        ..with_hubs()
    };
    settings.homeassistant.prefix = "h".repeat(PREFIX_CAPACITY).as_str().try_into().unwrap();
    settings.jeedom.topic = "j".repeat(HUB_TOPIC_CAPACITY).as_str().try_into().unwrap();
    settings.jeedom.alarm_idx = 0x7fff_ffff;
    let (short, long) = (
        with_tunables(&Settings::default()),
        with_tunables(&settings),
    );
    for message in Message::ALL {
        let (short, long) = (short.of(message), long.of(message));
        assert!(long.len() <= TOPIC_CAPACITY);
        let is_elsewhere = matches!(message, Message::Domoticz(_) | Message::Jeedom(_));
        if short.is_empty() || is_elsewhere {
            continue;
        }
        let tail = short
            .trim_start_matches("solar-dimmer/")
            .trim_start_matches("homeassistant/");
        assert!(long.ends_with(tail), "{long}");
        assert_eq!(long.len(), PREFIX_CAPACITY + 1 + tail.len());
    }
    let alarm = long.of(Message::Jeedom(JeedomValue::Alarm));
    assert!(alarm.ends_with("j/2147483647"), "{alarm}");
    let subscribed: Vec<_> = long
        .subscriptions()
        .map(|subscription| subscription.topic.len())
        .collect();
    assert_eq!(
        subscribed,
        [
            PREFIX_CAPACITY + "/a1b2c3d4e5f6/power/set".len(),
            FOLLOW_CAPACITY,
            SOURCE_CAPACITY,
            SOURCE_CAPACITY,
            SOURCE_CAPACITY,
            PREFIX_CAPACITY + "/a1b2c3d4e5f6/reset/alarm".len(),
            PREFIX_CAPACITY + "/a1b2c3d4e5f6/command/#".len(),
            PREFIX_CAPACITY + "/status".len(),
            "domoticz/out".len(),
        ]
    );
    let shared = Settings {
        temperature: sharing(&"s".repeat(SOURCE_CAPACITY), ShareFormat::Raw),
        ..Settings::default()
    };
    let shared = topics(&shared).of(Message::SharedTemperature);
    assert_eq!(shared.len(), SOURCE_CAPACITY);
}

/// Jeedom turns topics into nested keys: a value on a topic that has topics below it destroys them.
#[test]
fn no_topic_with_a_value_has_topics_below_it() {
    let settings = Settings {
        temperature: sources(["tank", "sink", "cabinet"].map(String::from)),
        follow: "router/surplus".try_into().unwrap(),
        ..with_hubs()
    };
    let topics = with_tunables(&settings);
    let commands = commands::ALL.map(|incoming| topics.command_topic(incoming).to_string());
    let mut all: Vec<String> = Message::ALL
        .into_iter()
        // All devices of Domoticz have one topic; one stands for them.
        .filter(|message| {
            !matches!(message, Message::Domoticz(device) if *device != DomoticzDevice::Power)
        })
        .map(|message| topics.of(message).to_string())
        .filter(|topic| !topic.is_empty())
        .chain(topics.subscriptions().map(|subscription| subscription.topic.to_string()))
        .filter(|topic| !topic.ends_with('#'))
        .chain(commands)
        .collect();
    all.sort();
    all.dedup_by(|one, other| one == other && one.contains("set"));
    for (place, one) in all.iter().enumerate() {
        for (other_place, other) in all.iter().enumerate() {
            let is_below = other
                .strip_prefix(one.as_str())
                .is_some_and(|rest| rest.starts_with('/'));
            assert!(!is_below, "{other} is below {one}");
            assert!(place == other_place || one != other, "{one} is used twice");
        }
    }
}

/// The rules by which Domoticz leaves an entity of Home Assistant out (`hardware/MQTTAutoDiscover.cpp`).
#[test]
fn domoticz_skips_no_entity() {
    const SKIPPED: [&str; 3] = ["restart", "log_level", "linkquality"];
    let topics = with_tunables(&Settings::default());
    for entity in Entity::ALL {
        let topic = topics.of(Message::Discovery(entity));
        let object_id = topic.split('/').nth(2).unwrap();
        let last = object_id.rsplit('-').next().unwrap();
        for name in [object_id, last] {
            assert!(!SKIPPED.contains(&name), "{name}");
            assert!(!name.ends_with("_min") && !name.ends_with("_max"), "{name}");
            assert!(
                !name.starts_with("min_") && !name.starts_with("max_"),
                "{name}"
            );
            for part in [
                "_alarm",
                "_calibration",
                "_sensitivity",
                "_address",
                "_ssid",
                "_signal_sensor",
            ] {
                assert!(!name.contains(part), "{name}");
            }
        }
        // What Home Assistant takes as an object id.
        assert!(
            object_id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'),
            "{object_id}"
        );
    }
}

#[test]
fn a_topic_that_comes_in_is_recognized_and_no_other() {
    let topics = topics(&following("router/surplus"));
    for (topic, incoming) in [
        (
            "solar-dimmer/a1b2c3d4e5f6/power/set",
            Some(Incoming::PowerSet),
        ),
        ("router/surplus", Some(Incoming::Followed)),
        ("homeassistant/status", Some(Incoming::HomeAssistantStatus)),
        (
            "solar-dimmer/a1b2c3d4e5f6/reset/alarm",
            Some(Incoming::AlarmReset),
        ),
        ("solar-dimmer/a1b2c3d4e5f6/alarm", None),
        ("solar-dimmer/a1b2c3d4e5f7/power/set", None),
        ("solar-dimmer/a1b2c3d4e5f6/power/setpoint", None),
        ("solar-dimmer/a1b2c3d4e5f6/power/set/", None),
        ("Solar-dimmer/a1b2c3d4e5f6/power/set", None),
        ("router/surplus/x", None),
        ("", None),
    ] {
        assert_eq!(topics.incoming(topic), incoming, "{topic}");
    }
}

#[test]
fn a_dimmer_does_not_follow_itself() {
    let own = following("solar-dimmer/a1b2c3d4e5f6/power/setpoint");
    assert_eq!(own.validate(), Ok(()));
    assert_eq!(
        Topics::new(&own, ID).unwrap_err().to_string(),
        "follow is a topic of this dimmer itself; name the topic of the router or of the pool, or leave it empty"
    );
    let other = following("solar-dimmer/a1b2c3d4e5f7/power/setpoint");
    assert_eq!(
        topics(&other).incoming(&other.follow),
        Some(Incoming::Followed)
    );
    assert!(Topics::new(&following("a/#"), ID).is_err());
}

#[test]
fn home_assistant_has_started_when_it_says_so() {
    assert!(home_assistant_started(b"online"));
    for payload in [&b"offline"[..], b"", b"Online", b"online\n", b"\xff"] {
        assert!(!home_assistant_started(payload));
    }
}
