//! Home Assistant and a broker, and whether both agree.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    announced::{Announced, same},
    server::HomeAssistant,
    support::{Mosquitto, broker_view::BrokerView, publish_with, wait_for, waited_for},
};

/// The JSON state and a topic of its own may be published a moment apart: less than what is news.
const CLOSE: f64 = 0.2;
const EQUAL: f64 = 1e-6;

pub struct House {
    pub hub: HomeAssistant,
    pub broker: Mosquitto,
    pub view: BrokerView,
}

/// What Home Assistant has of an entity.
#[derive(Clone, Debug)]
pub struct Shown {
    pub entity_id: String,
    pub category: String,
    pub state: String,
    pub attributes: Value,
}

impl House {
    pub fn new(test: &str) -> Self {
        Self::with(test, "")
    }

    /// One with this added to Home Assistant's configuration.
    pub fn with(test: &str, configuration: &str) -> Self {
        let broker = Mosquitto::start();
        let view = BrokerView::of(broker.port);
        let hub = HomeAssistant::start(test, broker.port, configuration);
        Self { hub, broker, view }
    }

    /// The entities that the dimmers announce.
    pub fn announced(&mut self) -> BTreeMap<String, Announced> {
        self.view.update();
        Announced::on(&self.view)
    }

    /// The entities that Home Assistant has from MQTT, by unique id.
    pub fn shown(&mut self) -> BTreeMap<String, Shown> {
        let states = self.hub.socket().list("get_states");
        let entries = self.hub.socket().list("config/entity_registry/list");
        let entries = entries.iter().filter(|entry| entry["platform"] == "mqtt");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let of_entry = |entry: &Value| {
            let state = states
                .iter()
                .find(|state| state["entity_id"] == entry["entity_id"]);
            let state = state.unwrap_or(&Value::Null);
            let shown = Shown {
                entity_id: text(&entry["entity_id"]),
                category: text(&entry["entity_category"]),
                state: text(&state["state"]),
                attributes: state["attributes"].clone(),
            };
            (text(&entry["unique_id"]), shown)
        };
        entries.map(of_entry).collect()
    }

    /// The devices that Home Assistant has from MQTT: identifier and name.
    pub fn devices(&mut self) -> BTreeSet<(String, String)> {
        let devices = self.hub.socket().list("config/device_registry/list");
        let mut found = BTreeSet::new();
        for device in devices {
            for identifier in device["identifiers"].as_array().unwrap() {
                if identifier[0] == "mqtt" {
                    let text = |value: &Value| value.as_str().unwrap().to_owned();
                    found.insert((text(&identifier[1]), text(&device["name"])));
                }
            }
        }
        found
    }

    /// Everything in which Home Assistant differs from what the dimmers announce and publish, a sentence each.
    pub fn differences(&mut self) -> Vec<String> {
        let announced = self.announced();
        let shown = self.shown();
        let mut wrong = Vec::new();
        for (unique_id, entity) in &announced {
            match shown.get(unique_id) {
                Some(shown) if entity.is_enabled() => wrong.extend(self.difference(entity, shown)),
                Some(_) => {}
                None => wrong.push(format!("{unique_id} is announced, but not there")),
            }
        }
        let orphans = shown
            .keys()
            .filter(|unique_id| !announced.contains_key(*unique_id));
        wrong.extend(orphans.map(|orphan| format!("{orphan} is there, but not announced")));
        let expected: BTreeSet<_> = announced
            .values()
            .map(|entity| entity.device.clone())
            .collect();
        let devices = self.devices();
        if devices != expected {
            wrong.push(format!("devices {devices:?} instead of {expected:?}"));
        }
        wrong
    }

    fn difference(&self, entity: &Announced, shown: &Shown) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut check = |what: &str, found: &str, expected: &str, apart| {
            if !same(found, expected, apart) {
                wrong.push(format!(
                    "{}: {what} is {found:?} instead of {expected:?}",
                    shown.entity_id
                ));
            }
        };
        for (name, expected) in entity.attributes() {
            let text = |value: &Value| value.as_str().map_or(value.to_string(), str::to_owned);
            check(
                name,
                &text(&shown.attributes[name]),
                &text(&expected),
                EQUAL,
            );
        }
        check("category", &shown.category, entity.category(), EQUAL);
        // The registry has it, but the entity itself is gone.
        check(
            "restored",
            &shown.attributes["restored"].to_string(),
            "null",
            EQUAL,
        );
        // Its state is the dimmer's, not what Home Assistant hopes.
        check(
            "assumed_state",
            &shown.attributes["assumed_state"].to_string(),
            "null",
            EQUAL,
        );
        if let Some(expected) = entity.state(&self.view, &self.hub.http) {
            check("state", &shown.state, &expected, EQUAL);
        } else if shown.state == "unavailable" {
            check("state", "unavailable", "anything else", EQUAL);
        }
        if let Some(expected) = entity.in_the_state(&self.view) {
            check("state", &shown.state, &expected, CLOSE);
        }
        wrong
    }

    /// Each entity with its state and unit, a line each.
    pub fn table(&mut self) -> String {
        let mut lines: Vec<String> = self
            .shown()
            .into_values()
            .map(|shown| {
                let unit = shown.attributes["unit_of_measurement"].as_str();
                format!(
                    "{} = {} {}",
                    shown.entity_id,
                    shown.state,
                    unit.unwrap_or_default()
                )
            })
            .collect();
        lines.sort_unstable();
        lines.join("\n")
    }

    /// Waits until Home Assistant shows every entity of so many dimmers, as published; gives the moment.
    pub fn wait_until_agreed(&mut self, dimmers: usize) -> Instant {
        let mut last = Vec::new();
        let agreed = waited_for(|| {
            let devices: BTreeSet<_> = self
                .announced()
                .into_values()
                .map(|entity| entity.device)
                .collect();
            let at = Instant::now();
            last = self.differences();
            if devices.len() != dimmers {
                last.push(format!(
                    "{} dimmers are announced, not {dimmers}",
                    devices.len()
                ));
            }
            last.is_empty().then_some(at)
        });
        agreed.unwrap_or_else(|| {
            panic!(
                "Home Assistant and the dimmers do not agree:\n{}",
                last.join("\n")
            )
        })
    }

    /// Waits until no entity is unavailable any more, whatever its state; gives the moment.
    pub fn wait_until_available(&mut self, entities: usize) -> Instant {
        wait_for("every entity to be available", || {
            let shown = self.shown();
            let is_there = |shown: &Shown| {
                !shown.state.is_empty()
                    && shown.state != "unavailable"
                    && shown.attributes["restored"].is_null()
            };
            (shown.len() >= entities && shown.values().all(is_there)).then(Instant::now)
        })
    }

    /// Removes an announcement from the broker, as docs/topics.md tells people to.
    pub fn forget(&self, topic: &str) {
        publish_with(self.broker.port, topic, "", &["-r", "-q", "1"]);
    }
}

/// For the figures that are printed.
pub fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}
