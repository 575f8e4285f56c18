//! What is announced of each entity, alone and on a page.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test ends at what it did not expect"
)]

mod defaults;

use defaults::{ID, device, discovery, topics, write};
use dimmer_topics::{
    Discovery, Entity, Format, Message, PowerEntity, Role, Settings, State, Topics, parse_power,
};
use serde_json::{Value, json};

#[test]
fn the_setpoint_is_a_number_that_home_assistant_can_command() {
    assert_eq!(
        discovery(&topics(), Entity::Power, &device()),
        json!({
            "name": "Setpoint",
            "uniq_id": "solar-dimmer-a1b2c3d4e5f6-power",
            "stat_t": "solar-dimmer/a1b2c3d4e5f6/power/setpoint",
            "cmd_t": "solar-dimmer/a1b2c3d4e5f6/power/set",
            "avty_t": "solar-dimmer/a1b2c3d4e5f6/availability",
            "val_tpl": "{{ [0,[value|float(0),100]|min]|max if value else 'None' }}",
            "unit_of_meas": "%",
            "min": 0,
            "max": 100,
            "step": 0.1,
            "qos": 0,
            "dev": {
                "ids": ["solar-dimmer-a1b2c3d4e5f6"],
                "name": "Water heater",
                "mf": "Solar Dimmer",
                "mdl": "Desktop",
                "sw": "0.1.0",
            },
            "o": { "name": "Solar Dimmer", "sw": "0.1.0" },
        })
    );
}

#[test]
fn every_sensor_has_its_class_its_unit_and_its_age() {
    let topics = topics();
    for (entity, unit, class, state_class, category) in [
        (
            Entity::Applied,
            json!("%"),
            Value::Null,
            json!("measurement"),
            Value::Null,
        ),
        (
            Entity::Watts,
            json!("W"),
            json!("power"),
            json!("measurement"),
            Value::Null,
        ),
        (
            Entity::WaterTemperature,
            json!("°C"),
            json!("temperature"),
            json!("measurement"),
            Value::Null,
        ),
        (
            Entity::HeatSinkTemperature,
            json!("°C"),
            json!("temperature"),
            json!("measurement"),
            Value::Null,
        ),
        (
            Entity::RoomTemperature,
            json!("°C"),
            json!("temperature"),
            json!("measurement"),
            Value::Null,
        ),
        (
            Entity::Frequency,
            json!("Hz"),
            json!("frequency"),
            json!("measurement"),
            json!("diagnostic"),
        ),
        (
            Entity::Reason,
            Value::Null,
            Value::Null,
            Value::Null,
            json!("diagnostic"),
        ),
    ] {
        let payload = discovery(&topics, entity, &device());
        assert_eq!(payload["unit_of_meas"], unit, "{entity:?}");
        assert_eq!(payload["dev_cla"], class, "{entity:?}");
        assert_eq!(payload["stat_cla"], state_class, "{entity:?}");
        assert_eq!(payload["ent_cat"], category, "{entity:?}");
        assert_eq!(
            payload["exp_aft"],
            json!(topics.settings().expire_after_s()),
            "{entity:?}"
        );
        assert_eq!(payload["cmd_t"], Value::Null, "{entity:?}");
    }
    assert_eq!(
        discovery(&topics, Entity::WaterTemperature, &device())["sug_dsp_prc"],
        json!(1)
    );
}

#[test]
fn every_entity_points_to_topics_that_are_published_and_listened_to() {
    let topics = topics()
        .with_probe(Role::HeatSink)
        .with_probe(Role::Room)
        .with_free_memory()
        .with_radio()
        .with_reset_reason();
    let published: Vec<_> = topics
        .messages()
        .map(|message| topics.of(message))
        .collect();
    let entities: Vec<_> = Entity::ALL
        .into_iter()
        .filter(|entity| !matches!(entity, Entity::Tunable(_)))
        .collect();
    for entity in entities {
        let payload = discovery(&topics, entity, &device());
        let state_topics = ["stat_t", "json_attr_t", "avty_t"].map(|key| payload[key].as_str());
        assert_eq!(state_topics[0].is_none(), entity.component() == "button");
        assert_eq!(state_topics[1].is_some(), entity == Entity::Alarm);
        assert!(state_topics[2].is_some());
        for topic in state_topics.into_iter().flatten() {
            assert!(published.iter().any(|other| other == topic), "{topic}");
        }
        for key in ["cmd_t", "bri_cmd_t"] {
            if let Some(topic) = payload[key].as_str() {
                assert!(topics.incoming(topic).is_some(), "{topic}");
            }
        }
        // The unique id is the object id of the topic, so that one finds the other.
        let topic = topics.of(Message::Discovery(entity));
        let levels: Vec<_> = topic.split('/').collect();
        assert_eq!(
            levels,
            [
                "homeassistant",
                entity.component(),
                payload["uniq_id"].as_str().unwrap(),
                "config"
            ]
        );
        // Mandatory for a reader that joins entities into a device.
        assert_eq!(payload["dev"]["ids"], json!(["solar-dimmer-a1b2c3d4e5f6"]));
        assert_eq!(payload["o"]["name"], json!("Solar Dimmer"));
    }
}

/// What is on a page is what stands alone, with other names for the same topics.
#[test]
fn a_page_announces_the_same_entities_as_single_messages() {
    let mut settings = Settings::default();
    settings.homeassistant.discovery = Discovery::Device;
    let paged = Topics::new(&settings, ID)
        .unwrap()
        .with_probe(Role::HeatSink)
        .with_radio()
        .with_reset_reason();
    let single = topics()
        .with_probe(Role::HeatSink)
        .with_radio()
        .with_reset_reason();
    let mut found = 0;
    for message in paged.messages() {
        let Message::DeviceDiscovery(page) = message else {
            continue;
        };
        let payload = write(&paged, message, &State::default(), &device());
        let payload: Value = serde_json::from_str(&payload).unwrap();
        assert_eq!(payload["stat_t"], json!(paged.of(Message::State).as_str()));
        let components = payload["cmps"].as_object().unwrap();
        assert_eq!(components.len(), page.entities().count());
        for entity in page.entities() {
            let alone = discovery(&single, entity, &device());
            assert_eq!(payload["dev"], alone["dev"]);
            assert_eq!(payload["o"], alone["o"]);
            assert_eq!(payload["avty_t"], alone["avty_t"]);
            let component = components
                .values()
                .find(|component| component["uniq_id"] == alone["uniq_id"]);
            let is_there = single.publishes(Message::Discovery(entity));
            assert_eq!(component.is_some(), is_there, "{entity:?}");
            let Some(component) = component else {
                continue;
            };
            found += 1;
            assert_eq!(component["p"], json!(entity.component()));
            for key in [
                "name",
                "cmd_t",
                "dev_cla",
                "unit_of_meas",
                "min",
                "max",
                "pl_prs",
                "ops",
                "exp_aft",
            ] {
                assert_eq!(component[key], alone[key], "{entity:?} {key}");
            }
        }
        // What this dimmer does not have is removed: there is nothing but its platform.
        let gone = components
            .values()
            .filter(|component| component["uniq_id"].is_null());
        for component in gone {
            assert_eq!(component.as_object().unwrap().len(), 1, "{component}");
            assert!(component["p"].is_string());
        }
    }
    let announced = single
        .messages()
        .filter(|message| matches!(message, Message::Discovery(_)));
    assert_eq!(found, announced.count());
}

#[test]
fn a_light_takes_its_level_and_its_words_on_one_topic() {
    let mut settings = Settings::default();
    settings.homeassistant.power = PowerEntity::Light;
    let topics = Topics::new(&settings, ID).unwrap();
    assert!(!topics.publishes(Message::Discovery(Entity::Power)));
    let light = discovery(&topics, Entity::Light, &device());
    let set = "solar-dimmer/a1b2c3d4e5f6/power/set";
    let applied = "solar-dimmer/a1b2c3d4e5f6/power/applied";
    for (key, value) in [
        ("cmd_t", json!(set)),
        ("bri_cmd_t", json!(set)),
        ("stat_t", json!(applied)),
        ("bri_stat_t", json!(applied)),
        ("bri_scl", json!(100)),
        (
            "stat_val_tpl",
            json!("{{ 'ON' if value|float(0)>0 else 'OFF' }}"),
        ),
        ("bri_val_tpl", json!("{{ value }}")),
        // "last" where nothing is said: first the level, then ON, which keeps it.
        ("on_cmd_type", Value::Null),
        ("val_tpl", Value::Null),
        ("exp_aft", Value::Null),
    ] {
        assert_eq!(light[key], value, "{key}");
    }
    // The three that Home Assistant and Domoticz send.
    for payload in ["50", "ON", "OFF"] {
        assert!(parse_power(payload.as_bytes(), false).is_ok(), "{payload}");
    }
}

#[test]
fn the_format_decides_where_an_entity_reads() {
    for (format, topic, template) in [
        (Format::Raw, "power/watts", Value::Null),
        (Format::Both, "power/watts", Value::Null),
        (Format::Json, "state", json!("{{ value_json.watts }}")),
    ] {
        let settings = Settings {
            format,
            ..Settings::default()
        };
        let topics = Topics::new(&settings, ID).unwrap();
        let watts = discovery(&topics, Entity::Watts, &device());
        let topic = format!("solar-dimmer/a1b2c3d4e5f6/{topic}");
        assert_eq!(watts["stat_t"], json!(topic));
        assert_eq!(watts["val_tpl"], template);
    }
}
