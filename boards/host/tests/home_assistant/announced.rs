//! What the dimmers announce, read from the broker, and what Home Assistant is then to show. Nothing here knows which entities
//! there are: what discovery says is what is expected.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{api::Http, support::broker_view::BrokerView};

/// An entity as its dimmer announces it.
#[derive(Clone, Debug)]
pub struct Announced {
    pub component: String,
    pub unique_id: String,
    /// The device's identifier and name.
    pub device: (String, String),
    config: Value,
}

/// The words of Home Assistant's `abbreviations.py` that are used below, and what they stand for.
const WORDS: [(&str, &str); 19] = [
    ("uniq_id", "unique_id"),
    ("dev", "device"),
    ("ids", "identifiers"),
    ("cmps", "components"),
    ("p", "platform"),
    ("stat_t", "state_topic"),
    ("stat_val_tpl", "state_value_template"),
    ("val_tpl", "value_template"),
    ("cmd_t", "command_topic"),
    ("avty_t", "availability_topic"),
    ("unit_of_meas", "unit_of_measurement"),
    ("dev_cla", "device_class"),
    ("stat_cla", "state_class"),
    ("ent_cat", "entity_category"),
    ("ops", "options"),
    ("en", "enabled_by_default"),
    ("pl_prs", "payload_press"),
    ("pl_on", "payload_on"),
    ("pl_off", "payload_off"),
];

/// A key, by its long name, in either spelling.
fn key<'a>(config: &'a Value, name: &str) -> &'a Value {
    let short = WORDS
        .iter()
        .find(|(_, long)| *long == name)
        .map(|(short, _)| *short);
    let short = short.map_or(&Value::Null, |short| &config[short]);
    if short.is_null() {
        &config[name]
    } else {
        short
    }
}

impl Announced {
    /// Everything that is announced on the broker now, by unique id.
    pub fn on(view: &BrokerView) -> BTreeMap<String, Self> {
        let mut all = BTreeMap::new();
        for (topic, payload) in &view.last {
            let levels: Vec<&str> = topic.split('/').collect();
            let ["homeassistant", component, .., "config"] = levels[..] else {
                continue;
            };
            if payload.is_empty() {
                continue;
            }
            let config: Value = serde_json::from_str(payload)
                .unwrap_or_else(|error| panic!("{topic} is not JSON: {error}: {payload}"));
            let found = if component == "device" {
                Self::of_device(&config)
            } else {
                vec![Self::new(component, &config)]
            };
            for announced in found {
                let twin = all.insert(announced.unique_id.clone(), announced);
                assert!(twin.is_none(), "announced twice: {twin:?}");
            }
        }
        all
    }

    /// One message for a whole device: its components take what they do not say from their device.
    fn of_device(config: &Value) -> Vec<Self> {
        let components = key(config, "components").as_object().unwrap();
        let whole = |component: &Value| {
            let mut whole = config.clone();
            for (name, value) in component.as_object().unwrap() {
                whole[name] = value.clone();
            }
            whole
        };
        let components = components
            .values()
            .filter(|component| !key(component, "unique_id").is_null());
        components
            .map(|component| {
                Self::new(
                    key(component, "platform").as_str().unwrap(),
                    &whole(component),
                )
            })
            .collect()
    }

    fn new(component: &str, config: &Value) -> Self {
        let device = key(config, "device");
        let identifiers = key(device, "identifiers");
        let identifier = identifiers.get(0).unwrap_or(identifiers);
        let text = |value: &Value| {
            value
                .as_str()
                .unwrap_or_else(|| panic!("{config}"))
                .to_owned()
        };
        Self {
            component: component.to_owned(),
            unique_id: text(key(config, "unique_id")),
            device: (text(identifier), text(&device["name"])),
            config: config.clone(),
        }
    }

    /// A text that the announcement has under this long name.
    pub fn text(&self, name: &str) -> Option<&str> {
        key(&self.config, name).as_str()
    }

    pub fn number(&self, name: &str) -> Option<f64> {
        key(&self.config, name).as_f64()
    }

    pub fn options(&self) -> Vec<&str> {
        let options = key(&self.config, "options")
            .as_array()
            .into_iter()
            .flatten();
        options.filter_map(Value::as_str).collect()
    }

    /// What tells it from the other entities of its device.
    pub fn short_id(&self) -> &str {
        let rest = self
            .unique_id
            .strip_prefix(&self.device.0)
            .unwrap_or(&self.unique_id);
        rest.trim_start_matches(['-', '_'])
    }

    /// `diagnostic`, `config`, or nothing for what is of interest every day.
    pub fn category(&self) -> &str {
        self.text("entity_category").unwrap_or_default()
    }

    pub fn is_enabled(&self) -> bool {
        *key(&self.config, "enabled_by_default") != Value::Bool(false)
    }

    /// The name of the device and its own, if it has one.
    pub fn friendly_name(&self) -> String {
        match self.config["name"].as_str() {
            Some(name) => format!("{} {name}", self.device.1),
            None => self.device.1.clone(),
        }
    }

    /// What a person sees of it beside the state: the attributes that follow from the announcement.
    pub fn attributes(&self) -> Vec<(&'static str, Value)> {
        let mut attributes = vec![("friendly_name", Value::from(self.friendly_name()))];
        for name in ["unit_of_measurement", "device_class", "state_class"] {
            attributes.push((name, key(&self.config, name).clone()));
        }
        if self.component == "number" {
            let limits = ["min", "max", "step"];
            attributes.extend(limits.map(|name| (name, self.config[name].clone())));
        }
        if !self.options().is_empty() {
            attributes.push(("options", key(&self.config, "options").clone()));
        }
        attributes
    }

    /// The state that Home Assistant is to show for what the broker has last passed on. Nothing: it has no say.
    pub fn state(&self, view: &BrokerView, http: &Http) -> Option<String> {
        if self.component == "button" {
            // It shows when it was pressed last, whatever topic its device has for the others.
            return None;
        }
        let template = if self.component == "light" {
            "state_value_template"
        } else {
            "value_template"
        };
        let payload = self.value(view, http, "state_topic", template)?;
        let (on, off) = (
            self.text("payload_on").unwrap_or("ON"),
            self.text("payload_off").unwrap_or("OFF"),
        );
        let has_switch = matches!(
            self.component.as_str(),
            "binary_sensor" | "switch" | "light"
        );
        Some(match payload.as_str() {
            "None" => "unknown".to_owned(),
            payload if has_switch && payload == on => "on".to_owned(),
            payload if has_switch && payload == off => "off".to_owned(),
            payload => payload.to_owned(),
        })
    }

    /// The last payload on one of its topics, by one of its templates. Home Assistant itself fills in the template.
    pub fn value(
        &self,
        view: &BrokerView,
        http: &Http,
        topic: &str,
        template: &str,
    ) -> Option<String> {
        let payload = view
            .last
            .get(self.text(topic)?)
            .cloned()
            .unwrap_or_default();
        let value = match self.text(template) {
            Some(template) => {
                let json: Value = serde_json::from_str(&payload).unwrap_or_default();
                http.render(template, &json!({"value": payload, "value_json": json}))
            }
            None => payload,
        };
        // Home Assistant passes an empty value over.
        Some(if value.is_empty() {
            "None".to_owned()
        } else {
            value
        })
    }
}

/// Where the one JSON state of a dimmer says the same as an entity: the check that does not lean on the announcement's own
/// topic and template. An entity that is not here is checked by these alone.
const IN_THE_STATE: [(&str, &str); 8] = [
    ("power", "/setpoint"),
    ("applied", "/applied"),
    ("watts", "/watts"),
    ("temperature", "/temperature/water"),
    ("heat-sink", "/temperature/heat_sink"),
    ("room", "/temperature/room"),
    ("frequency", "/mains/frequency"),
    ("reason", "/reason"),
];

impl Announced {
    /// What the dimmer's JSON state says of this entity, in Home Assistant's words, if it is one of those that are known to stand there.
    pub fn in_the_state(&self, view: &BrokerView) -> Option<String> {
        let (_, pointer) = IN_THE_STATE.iter().find(|(id, _)| *id == self.short_id())?;
        let (_, dimmer) = self.device.0.rsplit_once('-')?;
        let state = view.last.get(&format!("solar-dimmer/{dimmer}/state"))?;
        let state: Value = serde_json::from_str(state).unwrap();
        Some(match state.pointer(pointer)? {
            Value::Null => "unknown".to_owned(),
            Value::String(text) => text.clone(),
            value => value.to_string(),
        })
    }
}

/// Whether two states are the same text, or numbers this close.
pub fn same(one: &str, other: &str, apart: f64) -> bool {
    let number = |text: &str| text.parse::<f64>().ok();
    one == other
        || number(one)
            .zip(number(other))
            .is_some_and(|(one, other)| (one - other).abs() <= apart)
}

#[test]
fn both_styles_of_announcement_say_the_same() {
    let device = json!({"ids": ["solar-dimmer-020000000001"], "name": "Cellar"});
    let alone = json!({"name": "Power", "uniq_id": "solar-dimmer-020000000001-watts", "unit_of_meas": "W", "dev": device});
    let together = json!({
        "dev": device,
        "cmps": {
            "watts": {"p": "sensor", "name": "Power", "unique_id": "solar-dimmer-020000000001-watts", "unit_of_measurement": "W"},
            // How one is removed.
            "gone": {"p": "sensor"},
        },
    });
    let alone = Announced::new("sensor", &alone);
    let [together] = &Announced::of_device(&together)[..] else {
        panic!("one entity")
    };
    for entity in [&alone, together] {
        assert_eq!(entity.component, "sensor");
        assert_eq!(entity.short_id(), "watts");
        assert_eq!(entity.friendly_name(), "Cellar Power");
        assert!(
            entity
                .attributes()
                .contains(&("unit_of_measurement", "W".into()))
        );
    }
}
