//! What is accepted is within the limits, and JSON with that number in it; what is JSON with a number within the limits is
//! accepted. For this dimmer alone there are the words of a switch, too, and nothing that the broker had kept.

use dimmer_topics::{
    COMMON_POWER_LIMIT_CENTIPERCENT, COMMON_WATTS_LIMIT, POWER_LIMIT_CENTIPERCENT, PowerCommand,
    Refusal, RefusalKind, SETPOINT_PAYLOAD_CAPACITY, Setpoint, SetpointUnit, Subject, WATTS_LIMIT,
    parse_common_setpoint, parse_power, parse_setpoint,
};
use serde_json::{Number, Value};

use crate::opinion::{contains, is_judged, is_rounded, json, scaled};

pub(crate) fn run(payload: &[u8]) {
    let outcome = parse_setpoint(payload);
    assert_eq!(outcome, parse_setpoint(payload), "it remembers something");
    check_power(payload, outcome);
    check(payload, outcome, (POWER_LIMIT_CENTIPERCENT, WATTS_LIMIT));
    let common = parse_common_setpoint(payload, SetpointUnit::Percent);
    assert!(outcome.is_err() || common == outcome, "other for all");
    let limits = (COMMON_POWER_LIMIT_CENTIPERCENT, COMMON_WATTS_LIMIT);
    check(payload, common, limits);
}

/// `limits`: the largest numbers, in centipercent and in watts.
fn check(payload: &[u8], outcome: Result<Setpoint, Refusal>, limits: (i32, i32)) {
    let too_long = payload.len() > SETPOINT_PAYLOAD_CAPACITY;
    match outcome {
        Ok(setpoint) => {
            assert!(!too_long);
            let (value, factor, limit, key) = match setpoint {
                Setpoint::Centipercent(value) => (value, 100.0, limits.0, "power"),
                Setpoint::Watts(value) => (value, 1.0, limits.1, "watts"),
            };
            assert!((-limit..=limit).contains(&value), "out of range: {value}");
            if is_judged(payload) {
                let value_read = json(payload).expect("accepted what is no JSON");
                let (read_key, number) = number(&value_read).expect("accepted what has no number");
                assert_eq!(read_key, key);
                assert!(is_rounded(value, number, factor), "{value} of {number}");
            }
        }
        Err(refusal) => {
            assert_eq!(refusal.subject(), Subject::Setpoint);
            let kind = refusal.kind();
            assert_eq!(kind == RefusalKind::TooLong, too_long);
            assert!(!refusal.text().is_empty());
            assert!(
                too_long || !is_setpoint(payload, limits),
                "refused: {kind:?}"
            );
        }
    }
}

fn check_power(payload: &[u8], setpoint: Result<Setpoint, Refusal>) {
    let expected = match payload {
        b"ON" | b"on" => Ok(PowerCommand::On),
        b"OFF" | b"off" => Ok(PowerCommand::Off),
        _ => setpoint.map(PowerCommand::Setpoint),
    };
    assert_eq!(parse_power(payload, false), expected);
    let of_the_past = Refusal::about(Subject::Setpoint, RefusalKind::Retained);
    assert_eq!(parse_power(payload, true), Err(of_the_past));
}

/// The number, and the key that it stands under, or would if it stood in an object.
fn number(value: &Value) -> Option<(&str, &Number)> {
    match value {
        Value::Number(number) => Some(("power", number)),
        Value::Object(object) if object.len() == 1 => {
            let (key, value) = object.iter().next()?;
            Some((key, value.as_number()?))
        }
        _ => None,
    }
}

/// Whether this is a setpoint beyond doubt: within the limits and not at their edge, with one key without an escape.
fn is_setpoint(payload: &[u8], limits: (i32, i32)) -> bool {
    let Some(value) = json(payload) else {
        return false;
    };
    let Some((key, number)) = number(&value) else {
        return false;
    };
    let (factor, limit) = match key {
        "power" => (100.0, limits.0),
        "watts" => (1.0, limits.1),
        _ => return false,
    };
    let once = payload.iter().filter(|byte| **byte == b'"').count() <= 2;
    let within = scaled(number, factor).is_some_and(|exact| exact.abs() < f64::from(limit));
    once && !contains(payload, b"\\") && within
}
