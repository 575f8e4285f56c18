//! What Home Assistant makes of the values that are sent.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::expanded;
use super::tables::ABBREVIATIONS;
use crate::{Sent, templates::rendered};

/// Every entity that is announced in a message, with all its options spelt out: platform, options.
pub(crate) fn entities(sent: &Sent) -> Vec<(String, Map<String, Value>)> {
    let payload: Value = serde_json::from_str(&sent.payload).unwrap_or_default();
    let payload = payload.as_object().cloned().unwrap_or_default();
    let mut ignored = Vec::new();
    let root = expanded(&payload, &ABBREVIATIONS, &mut ignored).unwrap_or_default();
    let Some(components) = root.get("components").and_then(Value::as_object) else {
        let platform = sent.topic.split('/').rev().nth(2).unwrap_or_default();
        return vec![(platform.to_owned(), root)];
    };
    let components = components.values().filter_map(Value::as_object);
    let mut all = Vec::new();
    for component in components {
        let mut component = expanded(component, &ABBREVIATIONS, &mut ignored).unwrap_or_default();
        let platform = component.remove("platform").unwrap_or_default();
        if component.is_empty() {
            continue;
        }
        for key in ["state_topic", "availability_topic"] {
            if let Some(value) = root.get(key) {
                component.entry(key).or_insert_with(|| value.clone());
            }
        }
        all.push((platform.as_str().unwrap_or_default().to_owned(), component));
    }
    all
}

/// What Home Assistant would not take as the state of an entity, from all that was sent by topic.
pub(crate) fn state_problems(
    platform: &str,
    entity: &Map<String, Value>,
    sent: &BTreeMap<String, String>,
) -> Vec<String> {
    let text = |key: &str| entity.get(key).and_then(Value::as_str);
    let name = text("unique_id").unwrap_or_default();
    let mut problems = Vec::new();
    let light = [
        ("state_topic", "state_value_template"),
        ("brightness_state_topic", "brightness_value_template"),
    ];
    let pairs: &[(&str, &str)] = match platform {
        "button" => &[],
        "light" => &light,
        _ => &[("state_topic", "value_template")],
    };
    for (topic, template) in pairs {
        let Some(payload) = text(topic).and_then(|topic| sent.get(topic)) else {
            problems.push(format!("{name}: nothing was sent on {:?}", text(topic)));
            continue;
        };
        let Some(state) = rendered(text(template), payload) else {
            problems.push(format!(
                "{name}: {:?} finds nothing in {payload}",
                text(template)
            ));
            continue;
        };
        let number = state.parse::<f64>().ok();
        let is_known = state != "None";
        let options = entity.get("options").and_then(Value::as_array);
        let limit = |key: &str| entity.get(key).and_then(Value::as_f64);
        let is_right = match platform {
            // Nothing is ignored, and not an error.
            "switch" => ["ON", "OFF", "None", ""].contains(&state.as_str()),
            "binary_sensor" => state == "ON" || state == "OFF" || !is_known,
            "light" if *topic == "state_topic" => state == "ON" || state == "OFF",
            // 0 is ignored, and not an error.
            "light" => number.is_some_and(|number| (0.0..=100.0).contains(&number)),
            "number" => {
                !is_known
                    || number.is_some_and(|number| {
                        Some(number) >= limit("min") && Some(number) <= limit("max")
                    })
            }
            _ => match options {
                Some(options) => {
                    options.iter().any(|option| option == &state)
                        || (!is_known && platform == "select")
                }
                None if entity.contains_key("unit_of_measurement")
                    || entity.contains_key("state_class") =>
                {
                    !is_known || number.is_some()
                }
                None => !state.is_empty(),
            },
        };
        if !is_right {
            problems.push(format!("{name}: {state:?} is no state of a {platform}"));
        }
    }
    if text("availability_topic")
        .and_then(|topic| sent.get(topic))
        .is_none_or(|word| word != "online")
    {
        problems.push(format!("{name}: it is not available"));
    }
    problems
}
