use std::string::ToString;

use serde_json::json;

use super::{
    Discovery, FOLLOW_CAPACITY, Format, HomeAssistant, LONGEST_INTERVAL_S, PREFIX_CAPACITY,
    PowerEntity, Qos, Settings,
};

fn text<const CAPACITY: usize>(text: &str) -> heapless::String<CAPACITY> {
    text.try_into().unwrap()
}

#[test]
fn the_defaults_are_whole_and_valid() {
    let settings = Settings::default();
    assert_eq!(settings.prefix, "solar-dimmer");
    assert_eq!(settings.homeassistant.prefix, "homeassistant");
    assert_eq!(settings.follow, "");
    assert_eq!(settings.validate(), Ok(()));
    assert!(settings.expire_after_s() > 3 * settings.interval_s);
}

#[test]
fn topics_that_a_broker_would_refuse_or_spread_are_refused() {
    for topic in [
        "a/+",
        "#",
        "a/#",
        "+/b",
        "/a",
        "a/",
        "/",
        "a//b",
        "$SYS/x",
        " a",
        "a ",
        "a\nb",
        "a\0",
        "\u{7f}",
        "a\u{85}b",
        "a\u{ffff}",
        "a\u{fdd0}",
    ] {
        let with_prefix = Settings {
            prefix: text(topic),
            ..Settings::default()
        };
        let with_follow = Settings {
            follow: text(topic),
            ..Settings::default()
        };
        let with_homeassistant = Settings {
            homeassistant: HomeAssistant {
                prefix: text(topic),
                ..HomeAssistant::default()
            },
            ..Settings::default()
        };
        for (field, settings) in [
            ("prefix", with_prefix),
            ("follow", with_follow),
            ("homeassistant.prefix", with_homeassistant),
        ] {
            let error = settings.validate().expect_err(topic);
            assert_eq!(error.field, field, "{topic:?}");
            let sentence = error.to_string();
            assert!(
                sentence.starts_with(field) && sentence.contains("; "),
                "{sentence}"
            );
        }
    }
}

#[test]
fn an_empty_prefix_is_refused_and_an_empty_topic_to_follow_is_not() {
    let settings = Settings {
        prefix: text(""),
        ..Settings::default()
    };
    assert_eq!(
        settings.validate().unwrap_err().to_string(),
        "prefix is empty; write a topic, such as solar-dimmer"
    );
    let settings = Settings {
        homeassistant: HomeAssistant {
            prefix: text(""),
            ..HomeAssistant::default()
        },
        ..Settings::default()
    };
    assert_eq!(
        settings.validate().unwrap_err().field,
        "homeassistant.prefix"
    );
}

#[test]
fn names_of_the_world_are_accepted() {
    for topic in [
        "maison/chauffe-eau",
        "énergie",
        "a b",
        "温水",
        "\"quoted\\\"",
    ] {
        let settings = Settings {
            prefix: text(topic),
            follow: text(topic),
            ..Settings::default()
        };
        assert_eq!(settings.validate(), Ok(()), "{topic}");
    }
}

#[test]
fn the_heartbeat_has_limits() {
    for (interval_s, is_valid) in [
        (0, false),
        (1, true),
        (LONGEST_INTERVAL_S, true),
        (LONGEST_INTERVAL_S + 1, false),
    ] {
        let settings = Settings {
            interval_s,
            ..Settings::default()
        };
        assert_eq!(settings.validate().is_ok(), is_valid, "{interval_s}");
    }
}

#[test]
fn the_status_of_home_assistant_is_not_a_setpoint() {
    let settings = Settings {
        follow: text("homeassistant/status"),
        ..Settings::default()
    };
    assert_eq!(settings.validate().unwrap_err().field, "follow");
}

#[test]
fn settings_are_written_by_people_in_toml() {
    let settings: Settings = toml::from_str(
        "prefix = 'home/heater'\nfollow = 'router/surplus'\nqos = 2\nretain = false\ninterval_s = 5\n",
    )
    .unwrap();
    assert_eq!(settings.prefix, "home/heater");
    assert_eq!(settings.follow, "router/surplus");
    assert_eq!(settings.qos, Qos::ExactlyOnce);
    assert!(!settings.retain && settings.homeassistant.is_on());
    assert_eq!(settings.interval_s, 5);
    assert!(toml::from_str::<Settings>("prefx = 'a'").is_err());
    let error = toml::from_str::<Settings>("qos = 3").unwrap_err();
    assert!(error.to_string().contains("write 0, 1 or 2"), "{error}");
    let long = std::format!("prefix = '{}'", "a".repeat(PREFIX_CAPACITY + 1));
    assert!(toml::from_str::<Settings>(&long).is_err());
}

#[test]
fn quality_of_service_is_stored_as_its_number() {
    let settings = Settings {
        qos: Qos::AtLeastOnce,
        follow: text(&"f".repeat(FOLLOW_CAPACITY)),
        ..Settings::default()
    };
    let value = serde_json::to_value(&settings).unwrap();
    assert_eq!(value["qos"], json!(1));
    assert_eq!(serde_json::from_value::<Settings>(value).unwrap(), settings);
}

#[test]
fn what_home_assistant_and_its_neighbours_are_told_is_written_in_words() {
    let settings: Settings = toml::from_str(
        "format = 'json'\nevent_retain = true\n[homeassistant]\ndiscovery = 'device'\npower = 'light'\nqos = 2\n\
         [domoticz]\nenabled = true\ndimmer_idx = 7\nin_topic = ''\n[jeedom]\ntopic = 'home/heater'\npower_idx = 3\n",
    )
    .unwrap();
    assert_eq!(settings.validate(), Ok(()));
    assert_eq!(settings.format, Format::Json);
    assert_eq!(settings.homeassistant.discovery, Discovery::Device);
    assert_eq!(settings.homeassistant.power, PowerEntity::Light);
    assert_eq!(settings.homeassistant.qos, Qos::ExactlyOnce);
    assert_eq!(settings.domoticz.dimmer_idx, 7);
    assert_eq!(settings.jeedom.topic, "home/heater");
    for (word, discovery) in [
        ("off", Discovery::Off),
        ("per_component", Discovery::PerComponent),
    ] {
        let text = std::format!("[homeassistant]\ndiscovery = '{word}'");
        let settings: Settings = toml::from_str(&text).unwrap();
        assert_eq!(settings.homeassistant.discovery, discovery);
        assert_eq!(settings.homeassistant.is_on(), discovery != Discovery::Off);
    }
}

/// Readers of discovery take some of what stands below its prefix for discovery.
#[test]
fn the_prefix_is_not_that_of_discovery() {
    for prefix in ["homeassistant", "homeassistant/heater"] {
        let settings = Settings {
            prefix: text(prefix),
            ..Settings::default()
        };
        assert_eq!(settings.validate().unwrap_err().field, "prefix");
    }
    let settings = Settings {
        prefix: text("homeassistants"),
        ..Settings::default()
    };
    assert_eq!(settings.validate(), Ok(()));
}

#[test]
fn nobody_elses_prefix_or_topic_is_the_dimmers_own() {
    for prefix in ["solar-dimmer/a1b2c3d4e5f6", "solar-dimmer/a1b2c3d4e5f6/ha"] {
        let settings = Settings {
            homeassistant: HomeAssistant {
                prefix: text(prefix),
                ..HomeAssistant::default()
            },
            ..Settings::default()
        };
        let error = settings.validate().unwrap_err();
        assert_eq!(error.field, "homeassistant.prefix", "{prefix}");
    }
    let mut settings = Settings::default();
    settings.temperature.share.topic = text("domoticz/out");
    assert_eq!(settings.validate(), Ok(()));
    settings.domoticz.enabled = true;
    let error = settings.validate().unwrap_err();
    assert_eq!(error.field, "temperature.share.topic");
    settings.temperature.share.topic = text("");
    settings.temperature.room.topic = text("domoticz/in");
    assert_eq!(settings.validate().unwrap_err().field, "domoticz.in_topic");
    settings.temperature.room.topic = text("home/4");
    settings.jeedom.topic = text("home");
    assert_eq!(settings.validate(), Ok(()));
    settings.jeedom.enabled = true;
    assert_eq!(settings.validate().unwrap_err().field, "jeedom.topic");
}

#[test]
fn what_goes_to_jeedom_shares_its_topics_with_nothing_else() {
    let mut settings = Settings::default();
    settings.jeedom.topic = text("home");
    settings.jeedom.enabled = true;
    settings.temperature.share.topic = text("home/tank/1");
    assert_eq!(settings.validate(), Ok(()));
    settings.temperature.share.topic = text("home/1");
    assert_eq!(settings.validate().unwrap_err().field, "jeedom.topic");
    settings.temperature.share.topic = text("");
    settings.domoticz.in_topic = text("home/in");
    assert_eq!(settings.validate(), Ok(()));
    settings.domoticz.enabled = true;
    assert_eq!(settings.validate().unwrap_err().field, "jeedom.topic");
    settings.jeedom.enabled = false;
    assert_eq!(settings.validate(), Ok(()));
}
