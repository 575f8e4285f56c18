use std::string::ToString;

use crate::{PATH_STEPS, Role, Settings, ShareFormat};

/// The settings of a file, or the field and the problem that they are refused for.
fn settings(toml: &str) -> Result<Settings, (&'static str, &'static str)> {
    let settings: Settings = toml::from_str(toml).unwrap();
    match settings.validate() {
        Ok(()) => Ok(settings),
        Err(error) => Err((error.field, error.problem)),
    }
}

#[test]
fn sources_and_the_share_are_written_as_people_write_them() {
    let settings = settings(
        r#"
        [temperature.water]
        topic = "zigbee2mqtt/tank"
        path = "temperature"
        [temperature.heat_sink]
        topic = "tele/box/SENSOR"
        path = "DS18B20.Temperature"
        [temperature.room]
        topic = "solar-dimmer/0123456789ab/temperature/room"
        "#,
    )
    .unwrap();
    assert_eq!(
        settings.temperature.source(Role::Water).topic,
        "zigbee2mqtt/tank"
    );
    assert_eq!(
        settings.temperature.source(Role::HeatSink).path,
        "DS18B20.Temperature"
    );
    assert_eq!(settings.temperature.source(Role::Room).path, "");
    let shared =
        self::settings("[temperature.share]\ntopic = \"home/tank\"\nformat = \"json\"").unwrap();
    assert_eq!(shared.temperature.share.format, ShareFormat::Json);
    for unknown in [
        "[temperature.oven]",
        "[temperature.water]\nage = 1",
        "[temperature.share]\nformat = \"xml\"",
    ] {
        assert!(toml::from_str::<Settings>(unknown).is_err(), "{unknown}");
    }
}

#[test]
fn a_source_that_cannot_be_meant_is_refused() {
    for (topic, problem) in [
        ("zigbee2mqtt/+", "has a wildcard"),
        ("#", "has a wildcard"),
        ("/tank", "has an empty level"),
        (
            "$SYS/broker/load",
            "starts with $, which belongs to the broker",
        ),
        (" tank", "starts or ends with a space"),
        (
            "homeassistant/status",
            "is the topic on which Home Assistant says that it has started",
        ),
        ("router/surplus", "is the topic of the setpoint"),
        (
            "solar-dimmer/0123456789ab/state",
            "is a topic of a dimmer without a temperature of its own probe",
        ),
        (
            "solar-dimmer/0123456789ab/power/applied",
            "is a topic of a dimmer without a temperature of its own probe",
        ),
    ] {
        for role in Role::ALL {
            let toml = std::format!(
                "follow = \"router/surplus\"\n[temperature.{role}]\ntopic = \"{topic}\""
            );
            let field = super::fields(role).0;
            assert_eq!(field, std::format!("temperature.{role}.topic"));
            assert_eq!(settings(&toml), Err((field, problem)), "{topic}");
        }
    }
    for topic in [
        "solar-dimmer/0123456789ab/temperature/water",
        "solar-dimmer/heater/state",
        "other/0123456789ab/state",
    ] {
        assert!(
            settings(&std::format!("[temperature.water]\ntopic = \"{topic}\"")).is_ok(),
            "{topic}"
        );
    }
}

#[test]
fn a_path_that_leads_nowhere_is_refused() {
    let long = std::vec!["a"; PATH_STEPS + 1].join(".");
    for (path, problem) in [
        (
            ".a",
            "has a point at its start, at its end or next to another",
        ),
        (
            "a.",
            "has a point at its start, at its end or next to another",
        ),
        (
            "a..b",
            "has a point at its start, at its end or next to another",
        ),
        ("a. b", "has a control character, or a space around a key"),
        ("a\\tb", "has a control character, or a space around a key"),
        (long.as_str(), "has more than 8 keys"),
    ] {
        for role in Role::ALL {
            let toml = std::format!("[temperature.{role}]\ntopic = \"t\"\npath = \"{path}\"");
            let field = super::fields(role).1;
            assert_eq!(field, std::format!("temperature.{role}.path"));
            assert_eq!(settings(&toml), Err((field, problem)), "{path}");
        }
    }
    assert!("has more than 8 keys".contains(&PATH_STEPS.to_string()));
    assert!(
        settings(&std::format!(
            "[temperature.water]\ntopic = \"t\"\npath = \"{}\"",
            &long[2..]
        ))
        .is_ok()
    );
    assert_eq!(
        settings("[temperature.room]\npath = \"a\""),
        Err(("temperature.room.path", "is set without a topic"))
    );
}

#[test]
fn a_dimmer_shares_only_what_it_measures_and_only_where_nobody_else_speaks() {
    for (toml, problem) in [
        ("topic = \"a/+\"", "has a wildcard"),
        (
            "topic = \"solar-dimmer/0123456789ab/power/set\"",
            "is a topic of a dimmer",
        ),
        (
            "topic = \"homeassistant/sensor/x/config\"",
            "is a topic of Home Assistant's discovery",
        ),
        (
            "topic = \"router/surplus\"",
            "is a topic that this dimmer listens to",
        ),
        (
            "topic = \"cabinet\"\n[temperature.room]\ntopic = \"cabinet\"",
            "is a topic that this dimmer listens to",
        ),
        (
            "topic = \"tank\"\n[temperature.water]\ntopic = \"other/tank\"",
            "is set, and the temperature of the water comes from a topic",
        ),
    ] {
        let toml = std::format!("follow = \"router/surplus\"\n[temperature.share]\n{toml}");
        assert_eq!(
            settings(&toml),
            Err(("temperature.share.topic", problem)),
            "{toml}"
        );
    }
    let room = "[temperature.share]\ntopic = \"tank\"\n[temperature.room]\ntopic = \"cabinet\"";
    assert!(settings(room).is_ok());
}
