//! A boost that is accepted is within the limits and what serde_json reads, too; one that serde_json reads and that is within the
//! limits is accepted; one that the broker had kept never is.

use dimmer_topics::{
    BOOST_LIMIT_MINUTES, Boost, COMMAND_PAYLOAD_CAPACITY, RefusalKind, Subject, parse_boost,
};
use serde_json::{Number, Value};

use crate::opinion::{contains, is_judged, is_rounded, json, scaled};

pub(crate) fn run(payload: &[u8]) {
    let retained = parse_boost(payload, true).expect_err("a retained boost was taken");
    assert_eq!(retained.kind(), RefusalKind::Retained);
    let too_long = payload.len() > COMMAND_PAYLOAD_CAPACITY;
    match parse_boost(payload, false) {
        Ok(boost) => {
            assert!(!too_long);
            if is_word(payload) {
                assert_eq!(boost, Boost::Cancel);
            } else if is_judged(payload) {
                let value = json(payload).expect("accepted what is no JSON");
                let read = read(&value).expect("accepted what is no boost");
                check(boost, &read);
            }
        }
        Err(refusal) => {
            assert_eq!(refusal.subject(), Subject::Boost);
            let kind = refusal.kind();
            assert_eq!(kind == RefusalKind::TooLong, too_long);
            assert!(!refusal.text().is_empty());
            assert!(too_long || !is_boost(payload), "refused: {kind:?}");
        }
    }
}

/// The minutes and the power as serde_json reads them.
struct Read<'v> {
    minutes: &'v Number,
    power: Option<&'v Number>,
}

fn read(value: &Value) -> Option<Read<'_>> {
    match value {
        Value::Number(minutes) => Some(Read {
            minutes,
            power: None,
        }),
        Value::Object(object) => {
            let known = |key: &String| key == "minutes" || key == "power";
            let power = match object.get("power") {
                Some(power) => Some(power.as_number()?),
                None => None,
            };
            let minutes = object.get("minutes")?.as_number()?;
            object.keys().all(known).then_some(Read { minutes, power })
        }
        _ => None,
    }
}

fn check(boost: Boost, read: &Read<'_>) {
    match boost {
        Boost::Start {
            minutes,
            centipercent,
        } => {
            assert!((1..=BOOST_LIMIT_MINUTES).contains(&minutes));
            assert!(is_rounded(minutes.into(), read.minutes, 1.0));
            assert_eq!(centipercent.is_some(), read.power.is_some());
            for (centipercent, power) in centipercent.iter().zip(read.power) {
                assert!((1..=10_000).contains(centipercent));
                assert!(is_rounded((*centipercent).into(), power, 100.0));
            }
        }
        Boost::Cancel => assert!(is_rounded(0, read.minutes, 1.0)),
    }
}

fn is_word(payload: &[u8]) -> bool {
    let text = str::from_utf8(payload).unwrap_or_default();
    let text = text.trim_matches([' ', '\t', '\n', '\r']);
    matches!(text, "cancel" | "OFF" | "off")
}

/// Whether this is a boost beyond doubt: within the limits, each key once and without an escape.
fn is_boost(payload: &[u8]) -> bool {
    let within = |number, factor, least: f64, most: f64| {
        scaled(number, factor).is_some_and(|exact| (least..=most).contains(&exact))
    };
    let Some(value) = json(payload) else {
        return is_word(payload);
    };
    let Some(read) = read(&value) else {
        return false;
    };
    let keys = value.as_object().map_or(0, serde_json::Map::len);
    let once = payload.iter().filter(|byte| **byte == b'"').count() == 2 * keys;
    let is_whole = scaled(read.minutes, 1.0).is_some_and(|minutes| minutes.fract() == 0.0);
    once && is_whole
        && !contains(payload, b"\\")
        && within(read.minutes, 1.0, 0.0, BOOST_LIMIT_MINUTES.into())
        && read
            .power
            .is_none_or(|power| within(power, 100.0, 1.0, 10_000.0))
}
