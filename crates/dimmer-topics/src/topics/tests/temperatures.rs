//! Temperatures that come from topics, and the one that goes to a topic.

use std::string::{String, ToString};
use std::vec::Vec;

use super::{ID, payload, sharing, sources, topics};
use crate::{
    Device, DeviceId, Entity, Incoming, Message, RefusalKind, Role, Settings, ShareFormat, State,
    Topics,
};

#[test]
fn only_the_temperatures_that_are_measured_are_published_and_announced() {
    let roles = |topics: &Topics| -> Vec<_> {
        let messages: Vec<_> = topics.messages().collect();
        let published = messages.iter().filter(|message| message.path().is_some());
        let announced = messages
            .iter()
            .filter(|message| matches!(message, Message::Discovery(_)));
        let published: Vec<_> = published.filter_map(|message| message.role()).collect();
        let announced: Vec<_> = announced.filter_map(|message| message.role()).collect();
        assert_eq!(published, announced);
        published
    };
    let plain = topics(&Settings::default());
    assert_eq!(roles(&plain), [Role::Water]);
    assert_eq!(
        roles(&plain.clone().with_probe(Role::Room)),
        [Role::Water, Role::Room]
    );
    let from_topic = topics(&Settings {
        temperature: sources(["", "sink", ""].map(String::from)),
        ..Settings::default()
    });
    assert_eq!(roles(&from_topic), [Role::Water, Role::HeatSink]);
    assert_eq!(
        roles(&from_topic.with_probe(Role::Water).with_probe(Role::Room)),
        Role::ALL
    );
}

/// Or a ring of dimmers could keep one old value alive for ever.
#[test]
fn what_comes_from_a_topic_is_shown_in_the_state_and_not_passed_on() {
    let own = topics(&Settings::default()).with_probe(Role::HeatSink);
    assert_eq!(payload(&own, Message::WaterTemperature), "54.3");
    assert_eq!(payload(&own, Message::HeatSinkTemperature), "41");
    let taken = topics(&Settings {
        temperature: sources(["tank", "sink", "cabinet"].map(String::from)),
        ..Settings::default()
    });
    for role in Role::ALL {
        assert_eq!(payload(&taken, role.message()), "", "{role}");
    }
    assert!(
        payload(&taken, Message::State)
            .contains("\"temperature\":{\"water\":54.3,\"heat_sink\":41,\"room\":19.5}")
    );
    for (entity, role) in [
        (Entity::WaterTemperature, Role::Water),
        (Entity::HeatSinkTemperature, Role::HeatSink),
        (Entity::RoomTemperature, Role::Room),
    ] {
        let discovery = payload(&taken, Message::Discovery(entity));
        let discovery: serde_json::Value = serde_json::from_str(&discovery).unwrap();
        assert_eq!(discovery["stat_t"], "solar-dimmer/a1b2c3d4e5f6/state");
        let template = std::format!("{{{{ value_json.temperature.{role} }}}}");
        assert_eq!(discovery["val_tpl"], template);
        let topic = std::format!("solar-dimmer/a1b2c3d4e5f6/temperature/{role}");
        let discovery = payload(&own, Message::Discovery(entity));
        let discovery: serde_json::Value = serde_json::from_str(&discovery).unwrap();
        assert_eq!(discovery["stat_t"], topic);
    }
}

#[test]
fn a_dimmer_can_be_the_probe_of_another() {
    for (format, path, text) in [
        (ShareFormat::Raw, "", "54.3"),
        (ShareFormat::Json, "temperature", "{\"temperature\":54.3}"),
    ] {
        let one = topics(&Settings {
            temperature: sharing("home/tank", format),
            ..Settings::default()
        });
        assert!(
            one.messages()
                .any(|message| message == Message::SharedTemperature)
        );
        let topic = one.of(Message::SharedTemperature);
        let shared = payload(&one, Message::SharedTemperature);
        assert_eq!((topic.as_str(), shared.as_str()), ("home/tank", text));
        let mut settings = Settings {
            temperature: sources(["home/tank", "", ""].map(String::from)),
            ..Settings::default()
        };
        settings.temperature.water.path = path.try_into().unwrap();
        let other = topics(&settings);
        let read: Vec<_> = other
            .temperatures(&topic, shared.as_bytes(), false)
            .collect();
        assert_eq!(read, [(Role::Water, Ok(54_300))]);
    }
    // What is not known is refused where it is read.
    let device = Device::new("Tank", "Desktop", "0.1.0").unwrap();
    for (format, text) in [
        (ShareFormat::Raw, ""),
        (ShareFormat::Json, "{\"temperature\":null}"),
    ] {
        let topics = topics(&Settings {
            temperature: sharing("home/tank", format),
            ..Settings::default()
        });
        let mut buffer = [0; 32];
        let length = topics
            .write(
                Message::SharedTemperature,
                &State::default(),
                &device,
                &mut buffer,
            )
            .unwrap();
        assert_eq!(&buffer[..length], text.as_bytes());
        assert!(crate::parse_temperature(&buffer[..length], "temperature").is_err());
    }
}

#[test]
fn one_message_may_bring_several_temperatures_and_is_asked_for_once() {
    let mut settings = Settings {
        temperature: sources(["tele/box/SENSOR", "sink", "tele/box/SENSOR"].map(String::from)),
        ..Settings::default()
    };
    settings.temperature.water.path = "DS18B20-1.Temperature".try_into().unwrap();
    settings.temperature.room.path = "DS18B20-2.Temperature".try_into().unwrap();
    let topics = topics(&settings);
    let subscribed: Vec<_> = topics
        .subscriptions()
        .map(|subscription| subscription.topic.to_string())
        .collect();
    assert_eq!(subscribed[1..3], ["tele/box/SENSOR", "sink"]);
    assert_eq!(subscribed.len(), 6);
    for (topic, role) in [("tele/box/SENSOR", Role::Water), ("sink", Role::HeatSink)] {
        assert_eq!(topics.incoming(topic), Some(Incoming::Temperature(role)));
    }
    let message = br#"{"DS18B20-1":{"Temperature":61.5},"DS18B20-2":{"Temperature":null}}"#;
    let read = |retained| -> Vec<_> {
        topics
            .temperatures("tele/box/SENSOR", message, retained)
            .map(|(role, read)| (role, read.map_err(|refusal| refusal.kind())))
            .collect()
    };
    assert_eq!(
        read(false),
        [
            (Role::Water, Ok(61_500)),
            (Role::Room, Err(RefusalKind::Unavailable))
        ]
    );
    assert_eq!(
        read(true),
        [
            (Role::Water, Err(RefusalKind::Retained)),
            (Role::Room, Err(RefusalKind::Retained))
        ]
    );
    assert_eq!(topics.temperatures("", b"1", false).count(), 0);
    assert_eq!(topics.temperatures("other", b"1", false).count(), 0);
}

#[test]
fn a_dimmer_is_not_its_own_probe() {
    for (role, field) in [
        (Role::Water, "temperature.water.topic"),
        (Role::HeatSink, "temperature.heat_sink.topic"),
        (Role::Room, "temperature.room.topic"),
    ] {
        let own = "solar-dimmer/a1b2c3d4e5f6/temperature/water";
        let topic = |other| {
            if other == role {
                own.to_string()
            } else {
                String::new()
            }
        };
        let settings = Settings {
            temperature: sources(Role::ALL.map(topic)),
            ..Settings::default()
        };
        assert_eq!(settings.validate(), Ok(()));
        let error = Topics::new(&settings, ID).unwrap_err();
        assert_eq!(
            (error.field, error.problem),
            (field, "is a topic of this dimmer itself")
        );
        let other = DeviceId::new([1; 6]);
        assert!(Topics::new(&settings, other).is_ok());
    }
}
