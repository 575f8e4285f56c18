//! The settings of the topics, one text on a line, then a topic and a payload that arrives on it. What the settings admit
//! gives topics that can be subscribed to, and only those are answered.
//!
//! Lines: options, prefix, follow, prefix of Home Assistant, then topic and path for water, heat sink and room, then the topic
//! that is shared to, the topic of the message, and the payload to the end.

use dimmer_topics::{
    DeviceId, Incoming, Message, RefusalKind, Role, Settings, Source, TOPIC_CAPACITY, Topics,
    home_assistant_started, parse_alarm_reset, parse_setpoint,
};

use crate::bytes::Bytes;

const ID: DeviceId = DeviceId::new([0xa1, 0xb2, 0xc3, 0xd4, 0xe5, 0xf6]);

pub(crate) fn run(input: &[u8]) {
    let mut bytes = Bytes::new(input);
    let options = bytes.line();
    let Some(settings) = settings(options, &mut bytes) else {
        return;
    };
    let (topic, payload) = (bytes.line(), bytes.rest());
    let topics = match Topics::new(&settings, ID) {
        Ok(topics) => topics,
        Err(error) => {
            assert!(!error.problem.is_empty() && !error.expected.is_empty());
            return;
        }
    };
    assert_eq!(settings.validate(), Ok(()));
    assert_eq!(topics.settings(), &settings);
    check_names(&topics);

    let expected = topics
        .subscriptions()
        .find(|subscription| subscription.topic == topic);
    let incoming = topics.incoming(topic);
    assert_eq!(incoming, expected.map(|subscription| subscription.incoming));
    let retained = options.contains('r');
    let temperatures: Vec<_> = topics.temperatures(topic, payload, retained).collect();
    let brings_temperatures = matches!(incoming, Some(Incoming::Temperature(_)));
    assert_eq!(!temperatures.is_empty(), brings_temperatures);
    for (role, temperature) in temperatures {
        assert_eq!(settings.temperature.source(role).topic, topic);
        if retained {
            assert_eq!(
                temperature.map_err(|refusal| refusal.kind()),
                Err(RefusalKind::Retained)
            );
        }
    }
    // Whatever it is: read as everything, it breaks nothing.
    let _ = parse_setpoint(payload);
    let _ = parse_alarm_reset(payload, retained);
    let _ = home_assistant_started(payload);
}

fn settings(options: &str, bytes: &mut Bytes<'_>) -> Option<Settings> {
    let mut settings = Settings {
        prefix: bytes.line().try_into().ok()?,
        follow: bytes.line().try_into().ok()?,
        homeassistant_prefix: bytes.line().try_into().ok()?,
        homeassistant: !options.contains('h'),
        ..Settings::default()
    };
    let sources = &mut settings.temperature;
    for source in [
        &mut sources.water,
        &mut sources.heat_sink,
        &mut sources.room,
    ] {
        *source = Source {
            topic: bytes.line().try_into().ok()?,
            path: bytes.line().try_into().ok()?,
        };
    }
    sources.share.topic = bytes.line().try_into().ok()?;
    Some(settings)
}

/// Every topic is one that MQTT knows, nothing is subscribed to twice, and nothing that is published comes back.
fn check_names(topics: &Topics) {
    let mut subscribed: Vec<String> = Vec::new();
    for subscription in topics.subscriptions() {
        let topic = subscription.topic.to_string();
        check_name(&topic);
        assert_eq!(topics.incoming(&topic), Some(subscription.incoming));
        assert!(!subscribed.contains(&topic), "subscribed twice: {topic}");
        subscribed.push(topic);
    }
    for role in Role::ALL {
        let topic = topics.settings().temperature.source(role).topic.to_string();
        assert!(topic.is_empty() || subscribed.contains(&topic));
    }
    let mut published: Vec<String> = Vec::new();
    for message in topics.messages() {
        let topic = topics.of(message).to_string();
        check_name(&topic);
        assert!(!published.contains(&topic), "published twice: {topic}");
        // Discovery is no setpoint and no temperature, and would be refused as such.
        assert!(
            matches!(message, Message::Discovery(_)) || !subscribed.contains(&topic),
            "the dimmer hears itself: {topic}"
        );
        published.push(topic);
    }
}

fn check_name(topic: &str) {
    assert!(!topic.is_empty() && topic.len() <= TOPIC_CAPACITY);
    assert!(
        !topic.contains(['+', '#', '\0']) && !topic.starts_with(['$', '/']),
        "{topic:?}"
    );
}
