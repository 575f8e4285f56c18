//! Domoticz: `hardware/MQTT.cpp` (its own protocol) and `hardware/MQTTAutoDiscover.cpp` (its reading of discovery).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Sent;

/// What Domoticz would not take of a message on `domoticz/in`.
pub(crate) fn native_problems(payload: &str) -> Vec<String> {
    let Ok(Value::Object(payload)) = serde_json::from_str(payload) else {
        return vec![format!("{payload:?} is no JSON object")];
    };
    let mut problems = Vec::new();
    let command = payload
        .get("command")
        .map_or(Some("udevice"), Value::as_str);
    if command != Some("udevice") {
        problems.push(format!("{command:?} is no update of a device"));
    }
    let idx = payload.get("idx").and_then(Value::as_u64);
    if idx.is_none_or(|idx| idx == 0) {
        problems.push("idx is no positive integer".into());
    }
    if !payload.contains_key("nvalue") && !payload.contains_key("svalue") {
        problems.push("there is neither nvalue nor svalue".into());
    }
    for (key, value) in &payload {
        let is_right = match key.as_str() {
            "idx" | "command" => true,
            "nvalue" | "RSSI" | "Battery" => value.is_i64(),
            "svalue" => value.is_string(),
            "parse" => value.is_boolean(),
            _ => false,
        };
        if !is_right {
            problems.push(format!("{key} is wrong: {value}"));
        }
    }
    problems
}

const COMPONENTS: [&str; 12] = [
    "binary_sensor",
    "button",
    "climate",
    "cover",
    "device_automation",
    "light",
    "lock",
    "number",
    "select",
    "sensor",
    "switch",
    "fan",
];

/// Why Domoticz would not show the entity that a message on a topic of discovery announces. `sent`: what was sent, by topic.
pub(crate) fn discovery_problems(
    prefix: &str,
    message: &Sent,
    sent: &BTreeMap<String, String>,
) -> Vec<String> {
    let mut problems = Vec::new();
    let Some(topic) = message
        .topic
        .strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix('/'))
    else {
        return vec![format!("{} is not below {prefix}", message.topic)];
    };
    let levels: Vec<_> = topic.split('/').collect();
    let (Some(component), Some("config")) = (levels.first(), levels.last().copied()) else {
        return vec![format!("{topic} is no topic of discovery")];
    };
    if !COMPONENTS.contains(component) {
        return vec![format!("{component} is not read")];
    }
    if !(3..=6).contains(&levels.len()) {
        problems.push(format!("{topic} has {} levels", levels.len()));
    }
    let id = levels.iter().rev().nth(1).copied().unwrap_or_default();
    if is_skipped(component, id) {
        problems.push(format!("{id} is skipped"));
    }
    let Ok(Value::Object(payload)) = serde_json::from_str(&message.payload) else {
        problems.push(format!("{} is no JSON object", message.payload));
        return problems;
    };
    let text = |short: &str, long: &str| {
        let value = payload.get(long).or_else(|| payload.get(short));
        value
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    };
    let state_topic = text("stat_t", "state_topic");
    let command_topic = text("cmd_t", "command_topic");
    let needs_state = matches!(*component, "sensor" | "number" | "binary_sensor");
    let needs_command = matches!(
        *component,
        "switch" | "light" | "select" | "lock" | "button"
    );
    if needs_state && state_topic.is_none() {
        problems.push("there is no state topic".into());
    }
    if needs_command && command_topic.is_none() {
        problems.push("there is no command topic".into());
    }
    if *component == "select" && !payload.contains_key("ops") && !payload.contains_key("options") {
        problems.push("there are no options".into());
    }
    if text("avty_t", "availability_topic")
        .and_then(|topic| sent.get(topic))
        .is_none_or(|word| word != "online")
    {
        problems.push("it is not online".into());
    }
    if let Some(state_topic) = state_topic {
        problems.extend(value_problems(&payload, state_topic, sent));
    }
    if *component == "light" {
        problems.extend(light_problems(&payload));
    }
    problems
}

/// The rules by which an entity is left out.
fn is_skipped(component: &str, id: &str) -> bool {
    const NAMES: [&str; 15] = [
        "update_available",
        "power_on_behavior",
        "power_outage_memory",
        "update_state",
        "over-load_status",
        "linkquality",
        "last_seen",
        "sensitivity",
        "color_temp_startup",
        "requested_brightness_level",
        "requested_brightness_percent",
        "hardware_status",
        "connection_state",
        "log_level",
        "restart",
    ];
    let is_of_a_sensor = id.ends_with("_min")
        || id.ends_with("_max")
        || id.starts_with("min_")
        || id.starts_with("max_")
        || ["_sensitivity", "_alarm", "_calibration"]
            .iter()
            .any(|part| id.contains(part));
    NAMES.contains(&id)
        || ["_address", "_ssid", "_signal_sensor"]
            .iter()
            .any(|part| id.contains(part))
        || (component == "sensor" && is_of_a_sensor)
}

/// A template without its marks, as far as the first bar.
fn cleaned(template: &str) -> String {
    let bare: String = template
        .chars()
        .filter(|mark| !"{}'\"".contains(*mark))
        .collect();
    let bare = bare.split('|').next().unwrap_or_default();
    let bare = bare.split("if value_json.").next().unwrap_or_default();
    bare.trim().to_owned()
}

/// Whether its reading of a template finds a value in the JSON that was sent. It uses templates for JSON only.
fn value_problems(
    payload: &Map<String, Value>,
    topic: &str,
    sent: &BTreeMap<String, String>,
) -> Vec<String> {
    let Some(state) = sent.get(topic) else {
        return vec![format!("nothing was sent on {topic}")];
    };
    let Ok(Value::Object(json)) = serde_json::from_str::<Value>(state) else {
        return Vec::new();
    };
    let template = [
        "value_template",
        "val_tpl",
        "state_value_template",
        "stat_val_tpl",
    ]
    .iter()
    .find_map(|key| payload.get(*key))
    .and_then(Value::as_str)
    .unwrap_or_default();
    let template = cleaned(template);
    let Some((_, path)) = template.split_once("value_json.") else {
        return vec![format!("{template:?} finds nothing in JSON")];
    };
    let path = path.split([' ', '>']).next().unwrap_or_default();
    let mut value = &Value::Object(json);
    for key in path.split('.') {
        match value.get(key) {
            Some(inner) => value = inner,
            None => return vec![format!("{path} is not in {state}")],
        }
    }
    if value.is_object() {
        return vec![format!("{path} is an object")];
    }
    Vec::new()
}

/// It makes what it sends to a light of the template by which it reads the level: a plain number for `value`, an object otherwise.
fn light_problems(payload: &Map<String, Value>) -> Vec<String> {
    let template = payload
        .get("bri_val_tpl")
        .or_else(|| payload.get("brightness_value_template"));
    let template = cleaned(template.and_then(Value::as_str).unwrap_or_default());
    let scale = payload
        .get("bri_scl")
        .or_else(|| payload.get("brightness_scale"));
    let mut problems = Vec::new();
    if template != "value" {
        problems.push(format!(
            "a level is sent as JSON, because it is read by {template:?}"
        ));
    }
    if scale.and_then(Value::as_u64) != Some(100) {
        problems.push("a level is not sent in percent".into());
    }
    problems
}
