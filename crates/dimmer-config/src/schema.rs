//! The JSON Schema, made of the structs and of `settings.toml`, and compared with the file that is kept.
//!
//! `WRITE_SCHEMA=1 cargo test -p dimmer-config --lib schema` writes it.

use std::{
    borrow::ToOwned, collections::BTreeSet, env, format, fs, path::PathBuf, string::String,
    string::ToString, vec, vec::Vec,
};

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    Broker, Config, JSON_CAPACITY, ProbeName, Refusal, SCHEMA, Secrets, Valid, shape::Shape,
};

/// What people are to know of a setting.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Setting {
    unit: Option<String>,
    range: Option<(i64, i64)>,
    #[serde(default)]
    fits: bool,
    en: String,
    fr: String,
}

fn settings() -> Vec<(String, Setting)> {
    fn collect(path: &str, table: &toml::Table, all: &mut Vec<(String, Setting)>) {
        for (name, value) in table {
            let dot = if path.is_empty() { "" } else { "." };
            let path = format!("{path}{dot}{name}");
            let below = value.as_table().unwrap();
            // A setting has its explanation; a group of settings has tables.
            if below.values().all(toml::Value::is_table) {
                collect(&path, below, all);
            } else {
                let setting = value.clone().try_into();
                all.push((path, setting.unwrap()));
            }
        }
    }
    let table: toml::Table = include_str!("../settings.toml").parse().unwrap();
    let mut all = Vec::new();
    collect("", &table, &mut all);
    all
}

fn whole() -> Shape {
    Shape::of::<Config>(true)
}

/// A configuration in which as much as can be is used, so that what is out of range counts.
fn in_use() -> Valid {
    let mut config = Config::default();
    let broker = Broker {
        host: "broker.local".try_into().unwrap(),
        username: "dimmer".try_into().unwrap(),
        ..Broker::default()
    };
    config.brokers.push(broker).unwrap();
    config.safety.heat_sink_probe = dimmer_safety::ProbeUse::Required;
    config.safety.room_probe = dimmer_safety::ProbeUse::Required;
    config.safety.room_limit_millicelsius = Some(40_000);
    config.safety.preheat_below_millicelsius = Some(20_000);
    config.network.address.source = crate::AddressSource::Static;
    config.network.address.ip = core::net::Ipv4Addr::new(192, 168, 1, 50).into();
    config.validate().unwrap()
}

/// What becomes of a configuration with one setting at this path.
#[expect(clippy::result_large_err, reason = "as in `json`")]
fn with(path: &str, value: &Value) -> Result<(), Refusal> {
    let mut json = value.clone();
    for name in path.rsplit('.') {
        json = json!({ name: json });
    }
    if let Some(broker) = json.get_mut("brokers") {
        broker["host"] = "broker.local".into();
        broker["username"] = "dimmer".into();
        *broker = Value::Array(vec![broker.clone()]);
    }
    let mut scratch = [0; JSON_CAPACITY];
    let merged = in_use().merged(json.to_string().as_bytes(), &mut scratch);
    merged.map(|_| ())
}

fn property(
    path: &str,
    shape: &Shape,
    default: Option<&Value>,
    all: &[(String, Setting)],
) -> Value {
    let mut property = match shape {
        Shape::Bool => json!({ "type": "boolean" }),
        Shape::Number(_, lowest, highest) => {
            json!({ "type": "integer", "minimum": lowest, "maximum": highest })
        }
        Shape::Text(bytes) => json!({ "type": "string", "maxLength": bytes, "x-maxBytes": bytes }),
        Shape::Choice(words) => json!({ "type": "string", "enum": words }),
        Shape::Optional(inner) => {
            let mut inner = property(path, inner, None, all);
            inner["type"] = json!([inner["type"], "null"]);
            inner
        }
        Shape::List(element) => {
            let (most, one) = match path {
                "brokers" => (crate::BROKERS, Some(json!(Broker::default()))),
                "probes.names" => (crate::PROBE_NAMES, Some(json!(ProbeName::default()))),
                // No name is any host's by default.
                "security.hosts" => (crate::HOSTS, None),
                other => panic!("{other} is a list that nobody described"),
            };
            return json!({
                "type": "array",
                "maxItems": most,
                "default": default,
                "items": property(path, element, one.as_ref(), all),
            });
        }
        Shape::Object(fields) => {
            let mut properties = Map::new();
            for (name, shape) in fields {
                let dot = if path.is_empty() { "" } else { "." };
                let default = default.and_then(|default| default.get(name));
                let below = format!("{path}{dot}{name}");
                properties.insert((*name).to_owned(), property(&below, shape, default, all));
            }
            return json!({ "type": "object", "additionalProperties": false, "properties": properties });
        }
    };
    let (_, setting) = all.iter().find(|(known, _)| known == path).unwrap();
    if let Some((lowest, highest)) = setting.range {
        property["minimum"] = lowest.into();
        property["maximum"] = highest.into();
    }
    if let Some(unit) = &setting.unit {
        property["x-unit"] = unit.as_str().into();
    }
    if let Some(default) = default {
        property["default"] = default.clone();
    }
    if path.ends_with(".password") {
        property["writeOnly"] = true.into();
    }
    property["description"] = setting.en.as_str().into();
    property["x-description-fr"] = setting.fr.as_str().into();
    property
}

fn schema() -> Value {
    let defaults = serde_json::to_value(Config::default().export(Secrets::LeftOut)).unwrap();
    let mut schema = property("", &whole(), Some(&defaults), &settings());
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
    schema["title"] = "Settings of a solar dimmer".into();
    schema
}

#[test]
fn every_setting_is_explained_and_nothing_else() {
    let shape = whole();
    let in_structs: BTreeSet<String> = shape.leaves("").into_iter().map(|(path, _)| path).collect();
    let explained: BTreeSet<String> = settings().into_iter().map(|(path, _)| path).collect();
    let missing: Vec<_> = in_structs.difference(&explained).collect();
    let gone: Vec<_> = explained.difference(&in_structs).collect();
    assert!(
        missing.is_empty() && gone.is_empty(),
        "settings.toml lacks {missing:?}, and has {gone:?} too much"
    );
    for (path, setting) in settings() {
        for text in [&setting.en, &setting.fr] {
            assert!(
                text.ends_with(['.', '?']) && text.lines().count() == 1,
                "{path}: {text}"
            );
        }
        assert_ne!(setting.en, setting.fr, "{path}");
    }
}

#[test]
fn the_ranges_are_those_that_hold() {
    for (path, shape) in whole().leaves("") {
        let settings = settings();
        let (_, setting) = settings.iter().find(|(known, _)| *known == path).unwrap();
        let inner = match shape {
            Shape::Optional(inner) => inner,
            other => other,
        };
        let Shape::Number(..) = inner else {
            assert!(setting.range.is_none(), "{path} is no number");
            continue;
        };
        let (lowest, highest) = setting
            .range
            .unwrap_or_else(|| panic!("{path} has no range"));
        for (edge, beyond) in [(lowest, lowest - 1), (highest, highest + 1)] {
            let refused = with(&path, &beyond.into());
            assert!(refused.is_err(), "{path} = {beyond} is taken");
            let at_edge = with(&path, &edge.into());
            assert!(
                setting.fits || at_edge.is_ok() || at_edge != refused,
                "{path} = {edge}: {at_edge:?}"
            );
        }
    }
}

#[test]
fn the_schema_is_the_one_that_is_kept() {
    if env::var_os("WRITE_SCHEMA").is_some() {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("schema.json");
        let text = serde_json::to_string_pretty(&schema()).unwrap();
        fs::write(path, text + "\n").unwrap();
        return;
    }
    let kept: Value = serde_json::from_str(SCHEMA).unwrap();
    assert_eq!(
        kept,
        schema(),
        "write it anew as this file's first lines say"
    );
}

#[test]
fn the_schema_takes_the_defaults_as_they_are_exported() {
    let defaults = serde_json::to_value(Config::default().export(Secrets::LeftOut)).unwrap();
    let schema = schema();
    for (section, value) in defaults.as_object().unwrap() {
        let described = &schema["properties"][section];
        assert!(described.is_object(), "{section}");
        if !value.is_object() {
            assert_eq!(&described["default"], value);
        }
    }
    let limit = &schema["properties"]["safety"]["properties"]["water_limit_millicelsius"];
    assert_eq!(limit["default"], 60_000);
    assert_eq!(
        (&limit["minimum"], &limit["x-unit"]),
        (&json!(5_000), &json!("0.001 °C"))
    );
    let password = &schema["properties"]["brokers"]["items"]["properties"]["password"];
    assert_eq!(password["writeOnly"], true);
    assert_eq!(password["type"], json!(["string", "null"]));
}
