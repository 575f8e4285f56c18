//! A message of Domoticz is what serde_json finds in it, of this device only; one that the broker had kept tells nothing.

use dimmer_topics::{
    DOMOTICZ_PAYLOAD_CAPACITY, PowerCommand, RefusalKind, Setpoint, Subject, parse_domoticz,
};
use serde_json::Value;

use crate::opinion::{contains, is_judged, json};

const IDX: u32 = 7;

pub(crate) fn run(payload: &[u8]) {
    let outcome = parse_domoticz(payload, IDX, false);
    match parse_domoticz(payload, IDX, true) {
        Ok(about_another) => assert_eq!((about_another, outcome), (None, Ok(None))),
        Err(refusal) => {
            assert_eq!(refusal.subject(), Subject::Domoticz);
            let is_ours = refusal.kind() == RefusalKind::Retained;
            assert!(is_ours || outcome == Err(refusal));
        }
    }
    // An idx of 0 is silence.
    assert_eq!(parse_domoticz(payload, 0, false).unwrap_or(None), None);

    let outcome = outcome.map_err(|refusal| {
        assert_eq!(refusal.subject(), Subject::Domoticz);
        assert!(!refusal.text().is_empty());
        refusal.kind()
    });
    let too_long = payload.len() > DOMOTICZ_PAYLOAD_CAPACITY;
    // Of another device it is none of this dimmer's business, however long.
    assert!(too_long || outcome != Err(RefusalKind::TooLong));
    assert!(!too_long || !matches!(outcome, Ok(Some(_))));
    if let Ok(Some(PowerCommand::Setpoint(setpoint))) = outcome {
        let Setpoint::Centipercent(centipercent) = setpoint else {
            panic!("watts: {setpoint:?}");
        };
        assert!((100..=10_000).contains(&centipercent) && centipercent % 100 == 0);
    }
    // Words and keys are compared as they are written.
    let excused = too_long || outcome == Err(RefusalKind::TooDeep);
    if excused || !is_judged(payload) || contains(payload, b"\\") {
        return;
    }
    match json(payload) {
        Some(Value::Object(object)) => {
            let number = |key| object.get(key).map(whole);
            assert_eq!(outcome, expected(number, object.get("switchType")));
        }
        _ => assert!(
            !matches!(outcome, Ok(Some(_))),
            "accepted what is no JSON object"
        ),
    }
}

fn expected<'v>(
    number: impl Fn(&'v str) -> Option<Option<i32>>,
    kind: Option<&Value>,
) -> Result<Option<PowerCommand>, RefusalKind> {
    if number("idx").flatten() != i32::try_from(IDX).ok() {
        return Ok(None);
    }
    if kind.is_some_and(|kind| kind != "Dimmer" && kind != "On/Off") {
        return Err(RefusalKind::WrongDevice);
    }
    let is_on = number("nvalue").flatten().ok_or(RefusalKind::MissingKey)? != 0;
    match number("Level") {
        _ if !is_on => Ok(Some(PowerCommand::Off)),
        None | Some(Some(0)) => Ok(Some(PowerCommand::On)),
        Some(Some(level @ 1..=100)) => {
            let setpoint = Setpoint::Centipercent(level * 100);
            Ok(Some(PowerCommand::Setpoint(setpoint)))
        }
        Some(_) => Err(RefusalKind::MissingKey),
    }
}

/// Without a point and an exponent, as Domoticz writes them.
fn whole(value: &Value) -> Option<i32> {
    let number = value.as_number()?.as_i64()?;
    i32::try_from(number)
        .ok()
        .filter(|number| *number != i32::MIN)
}
