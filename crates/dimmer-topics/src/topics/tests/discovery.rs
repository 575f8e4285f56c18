//! What is announced, what is removed, and what need not be said again.

use std::collections::BTreeSet;
use std::string::{String, ToString};
use std::vec::Vec;

use super::{ID, TUNABLES, announced, sources, topics, with_tunables};
use crate::{
    Device, Discovery, Entity, Format, Message, PAYLOAD_CAPACITY, Page, PowerEntity, Role,
    Settings, Topics,
};

fn is_discovery(message: &Message) -> bool {
    matches!(message, Message::Discovery(_) | Message::DeviceDiscovery(_))
}

fn published(topics: &Topics) -> BTreeSet<String> {
    topics
        .messages()
        .filter(is_discovery)
        .map(|message| topics.of(message).to_string())
        .collect()
}

fn removed(topics: &Topics) -> BTreeSet<String> {
    topics
        .obsolete()
        .filter(is_discovery)
        .map(|message| topics.of(message).to_string())
        .collect()
}

/// Settings between which a user goes to and fro.
fn variants() -> Vec<Topics> {
    let light = |discovery| {
        let mut settings = announced(discovery);
        settings.homeassistant.power = PowerEntity::Light;
        settings
    };
    let mut raw = announced(Discovery::PerComponent);
    raw.format = Format::Raw;
    raw.temperature = sources(["tank", "", "cabinet"].map(String::from));
    [
        announced(Discovery::Off),
        announced(Discovery::PerComponent),
        announced(Discovery::Device),
        light(Discovery::PerComponent),
        light(Discovery::Device),
        raw,
    ]
    .iter()
    .flat_map(|settings| {
        let topics = with_tunables(settings);
        let more = topics
            .clone()
            .with_probe(Role::HeatSink)
            .with_probe(Role::Room)
            .with_radio()
            .with_free_memory()
            .with_free_stack()
            .with_reset_reason()
            .with_last_words();
        [topics, more]
    })
    .collect()
}

#[test]
fn whatever_was_announced_before_is_announced_now_or_removed() {
    let variants = variants();
    for now in &variants {
        let (kept, removed) = (published(now), removed(now));
        assert!(kept.is_disjoint(&removed));
        for before in &variants {
            for topic in published(before) {
                assert!(kept.contains(&topic) || removed.contains(&topic), "{topic}");
            }
        }
    }
}

#[test]
fn nothing_is_removed_that_no_settings_announce() {
    let variants = variants();
    let possible: BTreeSet<String> = variants.iter().flat_map(published).collect();
    for now in &variants {
        let removed = removed(now);
        let never: Vec<_> = removed.difference(&possible).collect();
        assert!(never.is_empty(), "{never:?}");
    }
}

#[test]
fn a_change_leaves_nothing_retained_behind() {
    let retained = |topics: &Topics| -> BTreeSet<String> {
        topics
            .messages()
            .filter(|message| message.delivery(topics.settings()).retain)
            .map(|message| topics.of(message).to_string())
            .collect()
    };
    let mut all = variants();
    let mut moved = announced(Discovery::Device);
    moved.prefix = "home/heater".try_into().unwrap();
    all.push(topics(&moved));
    all.push(topics(&super::with_hubs()));
    let mut forgetful = super::with_hubs();
    forgetful.retain = false;
    forgetful.format = Format::Json;
    all.push(topics(&forgetful));
    for before in &all {
        assert_eq!(before.left_behind(before).count(), 0);
        for now in &all {
            let left: BTreeSet<_> = before
                .left_behind(now)
                .map(|message| before.of(message).to_string())
                .collect();
            let expected: BTreeSet<_> = retained(before)
                .difference(&retained(now))
                .cloned()
                .collect();
            assert_eq!(left, expected);
        }
    }
}

#[test]
fn every_entity_stands_on_one_page() {
    let mut all: Vec<_> = Page::ALL.into_iter().flat_map(Page::entities).collect();
    assert_eq!(all.len(), Entity::ALL.len());
    for entity in Entity::ALL {
        assert!(all.contains(&entity), "{entity:?}");
        all.retain(|other| *other != entity);
    }
    assert!(all.is_empty());
}

#[test]
fn a_page_without_an_entity_is_not_published() {
    let pages = |topics: &Topics| -> Vec<_> { topics.messages().filter(is_discovery).collect() };
    let none = pages(&topics(&announced(Discovery::Device)));
    assert_eq!(none.len(), 4);
    let some = pages(&with_tunables(&announced(Discovery::Device)));
    assert_eq!(some.len(), 5);
    assert!(some.contains(&Message::DeviceDiscovery(Page::Config(0))));
}

fn fingerprint(topics: &Topics, label: &str) -> u32 {
    let device = Device::new(label, "Desktop", "0.1.0").unwrap();
    let mut buffer = [0; PAYLOAD_CAPACITY];
    topics.discovery_fingerprint(&device, &mut buffer).unwrap()
}

#[test]
fn unchanged_discovery_has_an_unchanged_number_and_changed_has_another() {
    let mut all: Vec<u32> = variants()
        .iter()
        .map(|topics| {
            let number = fingerprint(topics, "Tank");
            assert_eq!(number, fingerprint(&topics.clone(), "Tank"));
            number
        })
        .collect();
    let topics = with_tunables(&announced(Discovery::PerComponent));
    all.push(fingerprint(&topics, "Boiler"));
    let mut renamed = announced(Discovery::PerComponent);
    renamed.prefix = "home/heater".try_into().unwrap();
    all.push(fingerprint(&with_tunables(&renamed), "Tank"));
    // Neither off has anything to announce.
    let different: BTreeSet<_> = all.iter().collect();
    assert_eq!(different.len(), all.len() - 1);
    assert_eq!(all[0], all[1]);
    // What is not announced does not count.
    let mut quiet = announced(Discovery::PerComponent);
    quiet.retain = false;
    assert_eq!(
        fingerprint(&with_tunables(&quiet), "Tank"),
        fingerprint(&topics, "Tank")
    );
    let device = Device::new("Tank", "Desktop", "0.1.0").unwrap();
    assert!(topics.discovery_fingerprint(&device, &mut [0; 64]).is_err());
}

#[test]
fn a_setting_is_announced_as_what_it_is() {
    let topics = Topics::new(&Settings::default(), ID)
        .unwrap()
        .with_tunables(&TUNABLES)
        .unwrap();
    let device = Device::new("Tank", "Desktop", "0.1.0").unwrap();
    let payload = |index| -> serde_json::Value {
        let mut buffer = [0; PAYLOAD_CAPACITY];
        let entity = Entity::Tunable(index);
        let length = topics
            .write_discovery(entity, &device, &mut buffer)
            .unwrap();
        serde_json::from_slice(&buffer[..length]).unwrap()
    };
    let number = payload(0);
    assert_eq!(
        (&number["min"], &number["max"], &number["step"]),
        (&20.into(), &95.into(), &serde_json::json!(0.5))
    );
    assert_eq!(number["dev_cla"], "temperature");
    assert_eq!(
        number["stat_t"],
        "solar-dimmer/a1b2c3d4e5f6/config/water_limit"
    );
    assert_eq!(
        number["cmd_t"],
        "solar-dimmer/a1b2c3d4e5f6/command/config/water_limit"
    );
    assert_eq!(payload(1)["ops"], serde_json::json!(["en", "fr"]));
    assert_eq!(
        payload(2)["cmd_t"],
        "solar-dimmer/a1b2c3d4e5f6/command/config/lamp"
    );
    for index in 0..3 {
        assert_eq!(payload(index)["ent_cat"], "config");
        assert_eq!(payload(index)["exp_aft"], serde_json::Value::Null);
    }
}
