//! An announcement of a pool's member that is accepted is within the limits and what serde_json reads, too, and is written again as
//! what it was read from; one that serde_json reads and that is within the limits is accepted.

use dimmer_topics::{
    ANNOUNCEMENT_PAYLOAD_CAPACITY, Announcement, RefusalKind, Sharing, Subject, parse_announcement,
};
use serde_json::{Map, Value};

use crate::opinion::{contains, is_judged, json};

pub(crate) fn run(payload: &[u8]) {
    let too_long = payload.len() > ANNOUNCEMENT_PAYLOAD_CAPACITY;
    match parse_announcement(payload) {
        Ok(None) => assert_eq!(payload, b""),
        Ok(Some(announcement)) => {
            assert!(!too_long);
            if is_judged(payload) {
                let value = json(payload).expect("accepted what is no JSON");
                let object = value.as_object().expect("accepted what is no object");
                // A key with an escape in it is not known here, and skipped.
                let escaped = contains(payload, b"\\");
                assert!(escaped || read(object) == Some(announcement));
            }
            let mut buffer = [0; ANNOUNCEMENT_PAYLOAD_CAPACITY];
            let length = announcement.write(&mut buffer).expect("it fits");
            assert_eq!(
                parse_announcement(&buffer[..length]),
                Ok(Some(announcement))
            );
        }
        Err(refusal) => {
            assert_eq!(refusal.subject(), Subject::PoolMember);
            let kind = refusal.kind();
            assert_eq!(kind == RefusalKind::TooLong, too_long);
            assert!(!refusal.text().is_empty());
            assert!(too_long || !is_announcement(payload), "refused: {kind:?}");
        }
    }
}

/// The announcement as serde_json reads it, if it is one within the limits.
fn read(object: &Map<String, Value>) -> Option<Announcement> {
    // As it is written: 5.0 is no whole number here.
    let number = |key: &str, least: u32, most: u32| {
        let text = object.get(key)?.as_number()?.to_string();
        let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let number: u32 = text.parse().ok().filter(|_| is_digits)?;
        (least..=most).contains(&number).then_some(number)
    };
    let day = match object.get("day") {
        Some(_) => Some(number("day", 0, u32::MAX)?),
        None => None,
    };
    let boot = object.get("boot")?.as_str()?;
    let is_boot = boot.len() == 8 && boot.bytes().all(|digit| digit.is_ascii_hexdigit());
    let sharing = object.get("sharing")?.as_str()?;
    let rated_watts = number("rated_watts", 1, 1_000_000)?;
    Some(Announcement {
        boot: u32::from_str_radix(boot, 16).ok().filter(|_| is_boot)?,
        sequence: number("sequence", 0, u32::MAX)?,
        rated_watts,
        available_watts: number("available_watts", 0, rated_watts)?,
        minimum_watts: number("minimum_watts", 0, rated_watts)?,
        hysteresis_watts: number("hysteresis_watts", 0, rated_watts)?,
        priority: number("priority", 0, 255)?.try_into().ok()?,
        weight: number("weight", 1, 1000)?.try_into().ok()?,
        sharing: Sharing::ALL
            .into_iter()
            .find(|known| known.as_str() == sharing)?,
        pool_watts: number("pool_watts", 0, 10_000_000)?,
        applied_watts: number("applied_watts", 0, rated_watts)?,
        taking: object.get("taking")?.as_bool()?,
        interval_s: number("interval_s", 1, 60)?.try_into().ok()?,
        day,
    })
}

/// Whether this is an announcement beyond doubt: within the limits, each key once and without an escape, and nothing in it that may be too
/// deep.
fn is_announcement(payload: &[u8]) -> bool {
    let Some(value) = json(payload) else {
        return false;
    };
    let Some(object) = value.as_object() else {
        return false;
    };
    // Two marks for each key, and two for each of the two words.
    let marks = payload.iter().filter(|byte| **byte == b'"').count();
    let once = marks == 2 * object.len() + 4;
    let flat = object
        .values()
        .all(|value| !value.is_array() && !value.is_object());
    once && flat && !contains(payload, b"\\") && read(object).is_some()
}
