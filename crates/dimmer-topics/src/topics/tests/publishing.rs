//! What goes out, and how.

use std::string::{String, ToString};
use std::vec::Vec;

use super::{ID, Topics, announced, payload, sources, topics, with_hubs};
use crate::{
    Discovery, DomoticzDevice, Entity, Format, HomeAssistant, JeedomValue, Message, Qos, Settings,
};

#[test]
fn what_is_not_wanted_is_not_subscribed_to_and_not_published() {
    let topics = topics(&announced(Discovery::Off));
    let subscribed: Vec<_> = topics
        .subscriptions()
        .map(|subscription| subscription.topic.to_string())
        .collect();
    assert_eq!(
        subscribed,
        ["power/set", "reset/alarm", "command/#"]
            .map(|path| std::format!("solar-dimmer/a1b2c3d4e5f6/{path}"))
    );
    assert_eq!(topics.incoming(""), None);
    assert_eq!(topics.incoming("homeassistant/status"), None);
    assert_eq!(topics.incoming("domoticz/out"), None);
    assert!(topics.messages().all(|message| !matches!(
        message,
        Message::Discovery(_)
            | Message::DeviceDiscovery(_)
            | Message::Domoticz(_)
            | Message::Jeedom(_)
            | Message::Tunable(_)
            | Message::SharedTemperature
            | Message::HeatSinkTemperature
            | Message::RoomTemperature
            | Message::FreeMemory
            | Message::FreeStack
            | Message::SignalStrength
            | Message::ResetReason
            | Message::LastWords
    )));
    // The topics to remove what was announced before are still there.
    assert!(
        topics
            .of(Message::Discovery(Entity::Power))
            .starts_with("homeassistant/number/")
    );
    // Enabled, and without an idx or a topic: silence, both ways.
    let mut silent = announced(Discovery::Off);
    silent.domoticz.enabled = true;
    silent.jeedom.enabled = true;
    silent.jeedom.power_idx = 7;
    assert_eq!(
        Topics::new(&silent, ID).unwrap().messages().count(),
        topics.messages().count()
    );
    silent.domoticz.power_idx = 7;
    silent.domoticz.in_topic.clear();
    silent.jeedom.topic = "home/heater".try_into().unwrap();
    let messages: Vec<_> = Topics::new(&silent, ID).unwrap().messages().collect();
    assert_eq!(messages.len(), topics.messages().count() + 1);
    assert!(messages.contains(&Message::Jeedom(JeedomValue::Power)));
}

#[test]
fn values_go_out_alone_or_together_or_both() {
    let messages = |format| -> Vec<_> {
        let settings = Settings {
            format,
            ..Settings::default()
        };
        topics(&settings).messages().collect()
    };
    let [raw, json, both] = [Format::Raw, Format::Json, Format::Both].map(messages);
    assert!(!raw.contains(&Message::State) && json.contains(&Message::State));
    assert!(raw.contains(&Message::Watts) && !json.contains(&Message::Watts));
    for message in both {
        let is_value = message.is_raw();
        assert_eq!(
            raw.contains(&message),
            message != Message::State,
            "{message:?}"
        );
        assert_eq!(json.contains(&message), !is_value, "{message:?}");
    }
    // What is said once is said in every format.
    for message in [
        Message::Availability,
        Message::Alarm,
        Message::Log,
        Message::Answer,
        Message::Status,
    ] {
        assert!(raw.contains(&message) && json.contains(&message));
    }
}

/// The temperature of a probe of somebody else is on a topic already.
#[test]
fn hubs_are_not_told_what_came_from_a_topic() {
    let mut settings = with_hubs();
    let own = topics(&settings);
    settings.temperature = sources(["tank", "", ""].map(String::from));
    let taken = topics(&settings);
    for message in [
        Message::Domoticz(DomoticzDevice::Temperature),
        Message::Jeedom(JeedomValue::Temperature),
    ] {
        assert!(own.publishes(message) && !taken.publishes(message));
    }
    assert!(taken.publishes(Message::Domoticz(DomoticzDevice::Power)));
    assert_eq!(
        payload(&own, Message::Jeedom(JeedomValue::Temperature)),
        "54.3"
    );
    assert_eq!(payload(&own, Message::Jeedom(JeedomValue::Alarm)), "none");
    assert_eq!(payload(&own, Message::Jeedom(JeedomValue::Power)), "0");
    assert_eq!(payload(&own, Message::Jeedom(JeedomValue::Setpoint)), "");
}

#[test]
fn each_kind_of_message_goes_as_set() {
    let settings = Settings::default();
    for message in Message::ALL {
        let delivery = message.delivery(&settings);
        let expected = match message {
            Message::Log | Message::Answer => (Qos::AtLeastOnce, false),
            Message::PoolMember | Message::PoolTotals => (Qos::AtMostOnce, true),
            Message::SharedTemperature | Message::Domoticz(_) => (Qos::AtMostOnce, false),
            _ if message.is_state() => (Qos::AtMostOnce, true),
            _ => (Qos::AtLeastOnce, true),
        };
        assert_eq!((delivery.qos, delivery.retain), expected, "{message:?}");
        assert!(
            !message.is_diagnostic() || message.is_state(),
            "{message:?}"
        );
    }
    let changed = Settings {
        qos: Qos::ExactlyOnce,
        retain: false,
        alarm_qos: Qos::AtMostOnce,
        alarm_retain: false,
        event_qos: Qos::AtMostOnce,
        event_retain: true,
        homeassistant: HomeAssistant {
            qos: Qos::AtMostOnce,
            retain: false,
            ..HomeAssistant::default()
        },
        ..Settings::default()
    };
    for message in Message::ALL {
        let delivery = message.delivery(&changed);
        let expected = match message {
            // The session's will, whatever the settings say.
            Message::Availability => (Qos::AtLeastOnce, true),
            Message::Log | Message::Answer => (Qos::AtMostOnce, true),
            Message::PoolMember | Message::PoolTotals => (Qos::AtMostOnce, true),
            Message::Domoticz(_) => (Qos::ExactlyOnce, false),
            _ if message.is_state() => (Qos::ExactlyOnce, false),
            _ => (Qos::AtMostOnce, false),
        };
        assert_eq!((delivery.qos, delivery.retain), expected, "{message:?}");
    }
    // Delivered late, a command would meet another world than was meant.
    for subscription in topics(&changed).subscriptions() {
        let qos = match subscription.topic.as_str() {
            "homeassistant/status" => Qos::AtLeastOnce,
            _ => Qos::AtMostOnce,
        };
        assert_eq!(subscription.qos, qos, "{}", subscription.topic);
    }
}
