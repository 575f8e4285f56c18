//! Settings are read by their places: each is to come into its own.

use std::{format, string::String, string::ToString, vec, vec::Vec};

use super::*;
use crate::shape::Shape;

/// JSON of this shape. No two numbers and no two texts that stand beside each other are the same.
fn sample(shape: &Shape, count: &mut i64) -> serde_json::Value {
    *count += 1;
    match shape {
        Shape::Bool => (*count % 2 == 0).into(),
        // A quality of service is a byte.
        Shape::Number(_, 0, 255) => (*count % 3).into(),
        Shape::Number(_, lowest, highest) => (*count).clamp(*lowest, *highest).into(),
        // It may have to be an address.
        Shape::Text(_) => format!("10.1.0.{count}").into(),
        Shape::Optional(inner) => sample(inner, count),
        Shape::List(element) => vec![sample(element, count), sample(element, count)].into(),
        Shape::Choice(words) => (*words.last().unwrap()).into(),
        Shape::Object(fields) => {
            let fields = fields
                .iter()
                .map(|(name, shape)| (String::from(*name), sample(shape, count)));
            fields.collect::<serde_json::Map<_, _>>().into()
        }
    }
}

/// What differs from a sample in one setting alone, for each of its settings.
fn others(shape: &Shape, value: &serde_json::Value) -> Vec<serde_json::Value> {
    match shape {
        Shape::Bool => vec![(!value.as_bool().unwrap()).into()],
        Shape::Number(_, 0, 255) => vec![((value.as_i64().unwrap() + 1) % 3).into()],
        Shape::Number(_, lowest, highest) => {
            let number = value.as_i64().unwrap();
            let other = if number < *highest {
                number + 1
            } else {
                *lowest
            };
            vec![other.into()]
        }
        Shape::Text(_) => vec![value.as_str().unwrap().replacen("10.1", "10.2", 1).into()],
        Shape::Optional(inner) => others(inner, value),
        Shape::Choice(words) => vec![words[0].into()],
        Shape::List(element) => (0..value.as_array().unwrap().len())
            .flat_map(|place| {
                let others = others(element, &value[place]);
                others.into_iter().map(move |other| (place, other))
            })
            .map(|(place, other)| {
                let mut whole = value.clone();
                whole[place] = other;
                whole
            })
            .collect(),
        Shape::Object(fields) => fields
            .iter()
            .flat_map(|(name, shape)| {
                let others = others(shape, &value[*name]);
                others.into_iter().map(move |other| (*name, other))
            })
            .map(|(name, other)| {
                let mut whole = value.clone();
                whole[name] = other;
                whole
            })
            .collect(),
    }
}

/// As another library reads it by the names. Its objects are in alphabetical order, not in that of the fields.
fn by_names(section: &str, value: &serde_json::Value) -> Config {
    serde_json::from_value(serde_json::json!({ section: value })).unwrap()
}

fn by_places(section: &str, value: &serde_json::Value) -> Config {
    let mut config = Config::default();
    let text = value.to_string();
    let (over, before) = (Text::trusted(text.as_bytes()), Text::trusted(b"{}"));
    let (path, told) = (Path::below(&Path::ROOT, section), Cell::new(None));
    let merge = Merge::new(before, over, &path, &told);
    read(Section::from_name(section).unwrap(), &mut config, merge).unwrap();
    config
}

#[test]
fn a_type_without_defaults_lacks_what_is_not_there() {
    #[derive(Debug, serde::Deserialize)]
    struct Strict {
        #[expect(dead_code, reason = "it is there to be read")]
        first: u8,
        #[expect(dead_code, reason = "as above")]
        second: u8,
    }
    let path = Path::below(&Path::ROOT, "strict");
    for (json, told_of) in [
        (
            "{\"second\":2}",
            "strict lacks `first`; expected: that setting, too",
        ),
        (
            "{\"first\":1}",
            "strict lacks `second`; expected: that setting, too",
        ),
    ] {
        let told = Cell::new(None);
        let (over, before) = (Text::trusted(json.as_bytes()), Text::trusted(b"{}"));
        <Strict as serde::Deserialize>::deserialize(Merge::new(before, over, &path, &told))
            .unwrap_err();
        assert_eq!(told.take().unwrap().to_string(), told_of);
    }
}

#[test]
fn every_setting_is_read_into_its_own_place_whatever_the_order() {
    let Shape::Object(sections) = Shape::of::<Config>(true) else {
        panic!("a configuration has sections");
    };
    assert_eq!(sections.len(), Section::ALL.len());
    for (name, shape) in sections {
        let sample = sample(&shape, &mut 0);
        let expected = by_names(name, &sample);
        assert_ne!(expected, Config::default(), "{name}");
        assert_eq!(by_places(name, &sample), expected, "{name}");
        for other in others(&shape, &sample) {
            let other_expected = by_names(name, &other);
            assert_ne!(other_expected, expected, "{name}: {other}");
            assert_eq!(by_places(name, &other), other_expected, "{name}: {other}");
        }
    }
}
