//! The settings of the topics, one text on a line, then a topic and a payload that arrives on it. What the settings admit
//! gives topics that can be subscribed to, and only those are answered.
//!
//! Lines: options, prefix, name of the pool, follow, prefix of Home Assistant, then topic and path for water, heat sink and room, then the topic
//! that is shared to, those on which Domoticz listens and speaks, that of Jeedom, the topic of the message, and the payload to the end.

use dimmer_topics::{
    DeviceId, Discovery, Domoticz, HomeAssistant, Incoming, Jeedom, Message, Pool, PowerEntity,
    RefusalKind, Role, Settings, Source, TOPIC_CAPACITY, Topics, home_assistant_started,
    parse_alarm_reset, parse_setpoint,
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
    let topics = if options.contains('p') {
        topics.with_pool()
    } else {
        topics
    };
    check_names(&topics);

    let incoming = topics.incoming(topic);
    let is_subscribed = topics.subscriptions().any(|it| matches(&it.topic, topic));
    // In a pool, what is below the wildcards and no dimmer's means nothing.
    let is_in_pool = |topic: &str| topic.contains("/pool/") || topic.ends_with("/availability");
    let means_something = incoming.is_some() || (is_subscribed && is_in_pool(topic));
    assert_eq!(means_something, is_subscribed, "{incoming:?}");
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
    let former = Topics::new(&Settings::default(), ID).expect("the defaults are good ones");
    for message in former.left_behind(&topics) {
        assert!(!former.of(message).is_empty());
    }
    // Whatever it is: read as everything, it breaks nothing.
    let _ = topics.command(topic, payload, retained);
    let _ = parse_setpoint(payload);
    let _ = parse_alarm_reset(payload, retained);
    let _ = home_assistant_started(payload);
}

/// Whether a message on this topic comes with this subscription. The wildcard `#` stands for one level or more here.
fn matches(subscription: &str, topic: &str) -> bool {
    match (subscription.strip_suffix('#'), subscription.split_once('+')) {
        (Some(levels), _) => topic.starts_with(levels),
        (None, Some((before, after))) => topic
            .strip_prefix(before)
            .and_then(|level| level.strip_suffix(after))
            .is_some_and(|level| !level.contains('/')),
        (None, None) => subscription == topic,
    }
}

fn settings(options: &str, bytes: &mut Bytes<'_>) -> Option<Settings> {
    let mut settings = Settings {
        prefix: bytes.line().try_into().ok()?,
        pool: Pool {
            name: bytes.line().try_into().ok()?,
        },
        follow: bytes.line().try_into().ok()?,
        homeassistant: HomeAssistant {
            discovery: match options {
                _ if options.contains('h') => Discovery::Off,
                _ if options.contains('d') => Discovery::Device,
                _ => Discovery::PerComponent,
            },
            prefix: bytes.line().try_into().ok()?,
            power: if options.contains('l') {
                PowerEntity::Light
            } else {
                PowerEntity::Number
            },
            ..HomeAssistant::default()
        },
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
    settings.domoticz = Domoticz {
        enabled: options.contains('D'),
        in_topic: bytes.line().try_into().ok()?,
        out_topic: bytes.line().try_into().ok()?,
        dimmer_idx: 7,
        power_idx: 8,
        temperature_idx: 9,
        alarm_idx: 10,
    };
    settings.jeedom = Jeedom {
        enabled: options.contains('J'),
        topic: bytes.line().try_into().ok()?,
        setpoint_idx: 1,
        applied_idx: 2,
        power_idx: 3,
        temperature_idx: 4,
        alarm_idx: 5,
    };
    Some(settings)
}

/// Every topic is one that MQTT knows, nothing is subscribed to twice, and nothing that is published comes back.
fn check_names(topics: &Topics) {
    let mut subscribed: Vec<String> = Vec::new();
    for subscription in topics.subscriptions() {
        let topic = subscription.topic.to_string();
        let (name, one) = (topic.strip_suffix("/#").unwrap_or(&topic), "010203040506");
        check_name(&name.replace('+', one));
        assert!(topics.incoming(&topic.replace('+', one)).is_some());
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
        // What goes to Domoticz says in its payload what it is about.
        let is_for_domoticz = matches!(message, Message::Domoticz(_));
        assert!(
            is_for_domoticz || !published.contains(&topic),
            "published twice: {topic}"
        );
        // Discovery is no setpoint and no temperature, and would be refused as such.
        let is_discovery = matches!(message, Message::Discovery(_) | Message::DeviceDiscovery(_));
        // A member of a pool hears itself as it hears the others.
        let is_a_member = matches!(
            message,
            Message::PoolMember | Message::PoolTotals | Message::Availability
        );
        assert!(
            is_discovery || is_a_member || !subscribed.iter().any(|other| matches(other, &topic)),
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
