mod temperatures;

use std::string::{String, ToString};
use std::vec::Vec;

use super::{Incoming, Topics, home_assistant_started};
use crate::{
    Device, DeviceId, Entity, FOLLOW_CAPACITY, Message, PAYLOAD_CAPACITY, PREFIX_CAPACITY, Qos,
    SOURCE_CAPACITY, Settings, Share, ShareFormat, Source, State, TOPIC_CAPACITY, Temperatures,
};

const ID: DeviceId = DeviceId::new([0xa1, 0xb2, 0xc3, 0xd4, 0xe5, 0xf6]);

fn topics(settings: &Settings) -> Topics {
    Topics::new(settings, ID).unwrap()
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
    let topics = topics(&Settings::default());
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
    let settings = Settings {
        prefix: "p".repeat(PREFIX_CAPACITY).as_str().try_into().unwrap(),
        homeassistant_prefix: "h".repeat(PREFIX_CAPACITY).as_str().try_into().unwrap(),
        follow: "f".repeat(FOLLOW_CAPACITY).as_str().try_into().unwrap(),
        temperature: sources(
            ['w', 's', 'r'].map(|letter| letter.to_string().repeat(SOURCE_CAPACITY)),
        ),
        ..Settings::default()
    };
    let (short, long) = (topics(&Settings::default()), topics(&settings));
    for message in Message::ALL {
        if message == Message::SharedTemperature {
            continue;
        }
        let (short, long) = (short.of(message), long.of(message));
        assert!(long.len() <= TOPIC_CAPACITY);
        let tail = short
            .trim_start_matches("solar-dimmer/")
            .trim_start_matches("homeassistant/");
        assert!(long.ends_with(tail), "{long}");
        assert_eq!(long.len(), PREFIX_CAPACITY + 1 + tail.len());
    }
    let subscribed: Vec<_> = long
        .subscriptions()
        .map(|subscription| subscription.topic)
        .collect();
    assert_eq!(
        subscribed[0].len(),
        PREFIX_CAPACITY + "/a1b2c3d4e5f6/power/set".len()
    );
    assert_eq!(subscribed[1].len(), FOLLOW_CAPACITY);
    for source in &subscribed[2..5] {
        assert_eq!(source.len(), SOURCE_CAPACITY);
    }
    assert_eq!(
        subscribed[5].len(),
        PREFIX_CAPACITY + "/a1b2c3d4e5f6/reset/alarm".len()
    );
    assert_eq!(subscribed[6].len(), PREFIX_CAPACITY + "/status".len());
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
        ..following("router/surplus")
    };
    let topics = topics(&settings);
    let all: Vec<String> = Message::ALL
        .into_iter()
        .map(|message| topics.of(message).to_string())
        .filter(|topic| !topic.is_empty())
        .chain(
            topics
                .subscriptions()
                .map(|subscription| subscription.topic.to_string()),
        )
        .collect();
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
    for entity in Entity::ALL {
        let object_id = entity.object_id(ID).to_string();
        let last = object_id.rsplit('-').next().unwrap();
        for name in [object_id.as_str(), last] {
            assert!(!SKIPPED.contains(&name), "{name}");
            assert!(!name.ends_with("_min") && !name.ends_with("_max"), "{name}");
            assert!(
                !name.starts_with("min_") && !name.starts_with("max_"),
                "{name}"
            );
            for part in ["_alarm", "_calibration", "_sensitivity"] {
                assert!(!name.contains(part), "{name}");
            }
        }
        // What Home Assistant takes as an object id.
        assert!(
            object_id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'),
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
fn what_is_not_wanted_is_not_subscribed_to_and_not_published() {
    let settings = Settings {
        homeassistant: false,
        ..Settings::default()
    };
    let topics = topics(&settings);
    let subscribed: Vec<_> = topics
        .subscriptions()
        .map(|subscription| subscription.incoming)
        .collect();
    assert_eq!(subscribed, [Incoming::PowerSet, Incoming::AlarmReset]);
    assert_eq!(topics.incoming(""), None);
    assert_eq!(topics.incoming("homeassistant/status"), None);
    assert!(
        topics
            .messages()
            .all(|message| !matches!(message, Message::Discovery(_)))
    );
    // Two temperatures that nobody measures, and one that is not shared.
    assert_eq!(
        topics.messages().count(),
        Message::ALL.len() - Entity::ALL.len() - 3
    );
    // The topics to remove what was announced before are still there.
    assert!(
        topics
            .of(Message::Discovery(Entity::Power))
            .starts_with("homeassistant/number/")
    );
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
fn what_is_said_once_is_retained_and_acknowledged_and_states_go_as_set() {
    let settings = Settings {
        qos: Qos::AtMostOnce,
        retain: false,
        ..Settings::default()
    };
    for message in Message::ALL {
        let delivery = message.delivery(&settings);
        assert_eq!(
            message.is_state(),
            !matches!(
                message,
                Message::Availability | Message::Alarm | Message::Discovery(_)
            )
        );
        if message.is_state() {
            assert_eq!((delivery.qos, delivery.retain), (Qos::AtMostOnce, false));
        } else {
            assert_eq!((delivery.qos, delivery.retain), (Qos::AtLeastOnce, true));
        }
    }
    let settings = Settings {
        qos: Qos::ExactlyOnce,
        ..Settings::default()
    };
    let delivery = Message::Applied.delivery(&settings);
    assert_eq!((delivery.qos, delivery.retain), (Qos::ExactlyOnce, true));
    // Whoever subscribes later could not tell how old it is.
    let delivery = Message::SharedTemperature.delivery(&settings);
    assert_eq!((delivery.qos, delivery.retain), (Qos::ExactlyOnce, false));
    // Delivered late, it would reset another alarm than was meant.
    let reset = topics(&settings).subscription(Incoming::AlarmReset);
    assert_eq!(reset.unwrap().qos, Qos::AtMostOnce);
    assert_eq!(
        topics(&settings)
            .subscription(Incoming::PowerSet)
            .unwrap()
            .qos,
        Qos::ExactlyOnce
    );
}

#[test]
fn home_assistant_has_started_when_it_says_so() {
    assert!(home_assistant_started(b"online"));
    for payload in [&b"offline"[..], b"", b"Online", b"online\n", b"\xff"] {
        assert!(!home_assistant_started(payload));
    }
}
