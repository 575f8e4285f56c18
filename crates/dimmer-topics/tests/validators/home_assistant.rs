//! Home Assistant 2024.3 to 2025.10: `homeassistant/components/mqtt` (abbreviations, discovery, the schema of each platform), and the
//! device classes of `sensor`, `number`, `binary_sensor` and `button`.

mod states;
mod tables;

use serde_json::{Map, Value};

use super::{Sent, is_topic};
pub(crate) use states::{entities, state_problems};
use tables::{
    ABBREVIATIONS, BINARY_CLASSES, BUTTON_CLASSES, COMMON, DEVICE_ABBREVIATIONS,
    ORIGIN_ABBREVIATIONS, PLATFORMS, SENSOR_CLASSES,
};

/// What Home Assistant would not take of a message on a topic of discovery.
pub(crate) fn problems(prefix: &str, sent: &Sent) -> Vec<String> {
    let mut problems = Vec::new();
    let levels: Vec<_> = sent
        .topic
        .strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix('/'))
        .unwrap_or_default()
        .split('/')
        .collect();
    let [component, object_id, "config"] = levels[..] else {
        return vec![format!("{} is no topic of discovery", sent.topic)];
    };
    let is_id = |id: &str| {
        !id.is_empty()
            && id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
    };
    if !is_id(object_id) {
        problems.push(format!("{object_id} is no object id"));
    }
    let Ok(Value::Object(payload)) = serde_json::from_str(&sent.payload) else {
        return vec![format!("{} is no JSON object", sent.payload)];
    };
    let Some(mut payload) = expanded(&payload, &ABBREVIATIONS, &mut problems) else {
        return problems;
    };
    check_device(&mut payload, &mut problems);
    if component != "device" {
        if payload.contains_key("platform") {
            problems.push("a platform belongs into a device payload".into());
        }
        check_entity(component, &payload, &mut problems);
        return problems;
    }
    let Some(Value::Object(components)) = payload.remove("components") else {
        problems.push("a device payload has no components".into());
        return problems;
    };
    for key in payload.keys() {
        let shared = [
            "device",
            "origin",
            "availability_topic",
            "state_topic",
            "command_topic",
            "encoding",
        ];
        if !shared.contains(&key.as_str()) {
            problems.push(format!("{key} is not shared by the components of a device"));
        }
    }
    for (id, component) in components {
        let Some(mut component) = component
            .as_object()
            .and_then(|component| expanded(component, &ABBREVIATIONS, &mut problems))
        else {
            problems.push(format!("{id} is no object"));
            continue;
        };
        let platform = component.remove("platform");
        let Some(platform) = platform.as_ref().and_then(Value::as_str) else {
            problems.push(format!("{id} has no platform"));
            continue;
        };
        if !is_id(&id) {
            problems.push(format!("{id} is no component id"));
        }
        if component.is_empty() {
            // It is removed.
            if !PLATFORMS.iter().any(|(known, ..)| *known == platform) {
                problems.push(format!("{platform} is no platform"));
            }
            continue;
        }
        for key in [
            "device",
            "origin",
            "availability_topic",
            "state_topic",
            "command_topic",
        ] {
            // A button takes no state: it is dropped there, like every option that a platform does not know.
            let is_known = key != "state_topic" || platform != "button";
            let is_wanted =
                key != "command_topic" || !matches!(platform, "sensor" | "binary_sensor");
            if let Some(value) = payload.get(key).filter(|_| is_known && is_wanted) {
                component.entry(key).or_insert_with(|| value.clone());
            }
        }
        check_entity(platform, &component, &mut problems);
    }
    problems
}

/// With every abbreviation spelt out.
fn expanded(
    payload: &Map<String, Value>,
    abbreviations: &[(&str, &str)],
    problems: &mut Vec<String>,
) -> Option<Map<String, Value>> {
    let mut whole = Map::new();
    for (key, value) in payload {
        let long = abbreviations.iter().find(|(short, _)| short == key);
        let key = long.map_or(key.as_str(), |(_, long)| long);
        if whole.insert(key.to_owned(), value.clone()).is_some() {
            problems.push(format!("{key} is there twice"));
            return None;
        }
    }
    Some(whole)
}

/// The key of a block, its abbreviations, what it takes.
type Block<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a [&'a str]);

fn check_device(payload: &mut Map<String, Value>, problems: &mut Vec<String>) {
    let table: [Block<'_>; 2] = [
        (
            "device",
            &DEVICE_ABBREVIATIONS,
            &[
                "configuration_url",
                "identifiers",
                "model",
                "manufacturer",
                "name",
                "serial_number",
                "sw_version",
            ],
        ),
        (
            "origin",
            &ORIGIN_ABBREVIATIONS,
            &["name", "sw_version", "support_url"],
        ),
    ];
    for (key, abbreviations, allowed) in table {
        let block = payload.get(key).and_then(Value::as_object);
        let Some(block) = block.and_then(|block| expanded(block, abbreviations, problems)) else {
            problems.push(format!("there is no {key}"));
            continue;
        };
        for (option, value) in &block {
            let is_right = match option.as_str() {
                "identifiers" => value
                    .as_array()
                    .is_some_and(|ids| !ids.is_empty() && ids.iter().all(Value::is_string)),
                "configuration_url" => value.as_str().is_some_and(|url| url.starts_with("http")),
                _ => value.is_string(),
            };
            if !allowed.contains(&option.as_str()) || !is_right {
                problems.push(format!("{key} has a wrong {option}"));
            }
        }
        let needed = if key == "device" {
            "identifiers"
        } else {
            "name"
        };
        if !block.contains_key(needed) {
            problems.push(format!("{key} has no {needed}"));
        }
    }
}

fn check_entity(platform: &str, payload: &Map<String, Value>, problems: &mut Vec<String>) {
    let Some((_, needed, others)) = PLATFORMS.iter().find(|(known, ..)| *known == platform) else {
        problems.push(format!("{platform} is no platform"));
        return;
    };
    let name = payload
        .get("unique_id")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let mut problem = |what: String| problems.push(format!("{platform} {name}: {what}"));
    if name.is_empty() {
        problem("there is no unique_id".into());
    }
    for key in *needed {
        if !payload.contains_key(*key) {
            problem(format!("there is no {key}"));
        }
    }
    for (key, value) in payload {
        let is_known = COMMON.contains(&key.as_str())
            || needed.contains(&key.as_str())
            || others.contains(&key.as_str());
        let text = value.as_str();
        let is_right = match key.as_str() {
            "device" | "origin" => true,
            "qos" => value.as_u64().is_some_and(|qos| qos <= 2),
            "min" | "max" => value.is_number(),
            "step" => value.as_f64().is_some_and(|step| step >= 0.001),
            "brightness_scale" | "expire_after" => value.as_u64().is_some_and(|value| value >= 1),
            "suggested_display_precision" => value.is_u64(),
            "enabled_by_default" | "force_update" | "retain" => value.is_boolean(),
            "options" => value
                .as_array()
                .is_some_and(|options| !options.is_empty() && options.iter().all(Value::is_string)),
            "entity_category" => {
                // Home Assistant refuses a sensor that belongs to the configuration.
                text == Some("diagnostic")
                    || (text == Some("config") && !platform.contains("sensor"))
            }
            "on_command_type" => matches!(text, Some("first" | "last" | "brightness")),
            "mode" => matches!(text, Some("auto" | "box" | "slider")),
            key if key.ends_with("_topic") => text.is_some_and(is_topic),
            key if key.ends_with("_template") => text.is_some_and(|text| {
                text.matches("{{").count() == text.matches("}}").count() && text.contains("value")
            }),
            _ => text.is_some_and(|text| !text.is_empty()),
        };
        if !is_known || !is_right {
            problem(format!("{key} is wrong: {value}"));
        }
    }
    check_classes(platform, payload, &mut problem);
}

fn check_classes(platform: &str, payload: &Map<String, Value>, problem: &mut dyn FnMut(String)) {
    let text = |key: &str| payload.get(key).and_then(Value::as_str);
    let number = |key: &str| payload.get(key).and_then(Value::as_f64);
    let (class, unit, state_class) = (
        text("device_class"),
        text("unit_of_measurement"),
        text("state_class"),
    );
    match (platform, class) {
        ("sensor", Some("enum")) => {
            let is_bare = unit.is_none() && state_class.is_none();
            if !is_bare || !payload.contains_key("options") {
                problem("an enum has options, and neither unit nor state class".into());
            }
        }
        ("sensor" | "number", Some(class)) => {
            match SENSOR_CLASSES.iter().find(|(known, ..)| *known == class) {
                None => problem(format!("{class} is no device class")),
                Some((_, units, state_classes)) => {
                    if !unit.is_some_and(|unit| units.contains(&unit)) {
                        problem(format!("{unit:?} is no unit of {class}"));
                    }
                    if state_class.is_some_and(|state_class| !state_classes.contains(&state_class))
                    {
                        problem(format!("{state_class:?} is no state class of {class}"));
                    }
                }
            }
        }
        ("sensor", None) => {
            if payload.contains_key("options") {
                problem("options belong to an enum".into());
            }
            if state_class
                .is_some_and(|class| !["measurement", "total", "total_increasing"].contains(&class))
            {
                problem(format!("{state_class:?} is no state class"));
            }
        }
        ("button", Some(class)) if !BUTTON_CLASSES.contains(&class) => {
            problem(format!("{class} is no device class"));
        }
        ("binary_sensor", Some(class)) if !BINARY_CLASSES.contains(&class) => {
            problem(format!("{class} is no device class"));
        }
        _ => {}
    }
    let least = number("min").unwrap_or(1.0);
    if platform == "number" && least >= number("max").unwrap_or(100.0) {
        problem("the smallest value is not below the largest".into());
    }
}
