//! The first line is the path, the rest the payload. What is accepted is what serde_json finds at the end of the path; a
//! number that it finds there is accepted.

use dimmer_topics::{
    RefusalKind, Subject, TEMPERATURE_DEPTH, TEMPERATURE_PAYLOAD_CAPACITY, parse_temperature,
};
use serde_json::{Number, Value};

use crate::bytes::Bytes;
use crate::opinion::{contains, is_judged, is_rounded, json, scaled};

pub(crate) fn run(input: &[u8]) {
    let mut bytes = Bytes::new(input);
    let path = bytes.line();
    let payload = bytes.rest();
    let outcome = parse_temperature(payload, path);
    let found = json(payload).and_then(|value| at(&value, path).cloned());
    match outcome {
        Ok(millicelsius) => {
            assert!(payload.len() <= TEMPERATURE_PAYLOAD_CAPACITY);
            if is_judged(payload) {
                let number = match found.expect("accepted what serde_json does not find") {
                    Value::Number(number) => number,
                    Value::String(text) => serde_json::from_str::<Number>(text.trim_matches(' '))
                        .expect("accepted text that is no number"),
                    other => panic!("accepted {other}"),
                };
                assert!(
                    is_rounded(millicelsius, &number, 1000.0),
                    "{millicelsius} of {number}"
                );
            }
        }
        Err(refusal) => {
            assert_eq!(refusal.subject(), Subject::Temperature);
            let kind = refusal.kind();
            let too_long = payload.len() > TEMPERATURE_PAYLOAD_CAPACITY;
            assert_eq!(kind == RefusalKind::TooLong, too_long);
            if kind == RefusalKind::TooDeep {
                let opened = payload
                    .iter()
                    .filter(|byte| matches!(byte, b'{' | b'['))
                    .count();
                assert!(opened > TEMPERATURE_DEPTH);
            }
            // A key that is there twice is refused, and what stood under the first one is unknown to serde_json's value.
            let excused = matches!(
                kind,
                RefusalKind::TooLong | RefusalKind::DuplicateKey | RefusalKind::TooDeep
            );
            assert!(
                excused || contains(payload, b"\\") || !is_temperature(found.as_ref()),
                "refused: {kind:?}"
            );
        }
    }
}

/// What stands at the end of the path.
fn at<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    if path.is_empty() {
        return Some(value);
    }
    path.split('.').try_fold(value, |value, step| match value {
        Value::Object(object) => object.get(step),
        Value::Array(list) => list.get(step.parse::<usize>().ok()?),
        _ => None,
    })
}

/// Whether this is a temperature beyond doubt.
fn is_temperature(found: Option<&Value>) -> bool {
    let number = found.and_then(Value::as_number);
    let exact = number.and_then(|number| scaled(number, 1000.0));
    exact.is_some_and(|exact| exact.abs() < f64::from(i32::MAX) - 1.0)
}
