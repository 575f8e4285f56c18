use std::string::String;
use std::vec::Vec;

use proptest::prelude::{any, prop, prop_assert, prop_assert_eq, proptest};
use serde_json::{Value, json};

use super::{ALARMS_CAPACITY, Alarm, AlarmLevel, AlarmState, parse_alarm_reset};
use crate::{BufferTooSmall, PAYLOAD_CAPACITY, RefusalKind, Subject};

const LOST: Alarm = Alarm {
    level: AlarmLevel::Critical,
    name: "probe_lost",
    text: "La sonde de l'eau ne répond plus : vérifiez son câble et sa fiche \"DS18B20\".",
    since_s: 120,
    latched: true,
};

const HOT: Alarm = Alarm {
    level: AlarmLevel::Warning,
    name: "heat_sink_hot",
    text: "The heat sink is hot: see that air can pass.",
    since_s: 60,
    latched: false,
};

fn written_in(alarms: &AlarmState, capacity: usize) -> Result<String, BufferTooSmall> {
    let mut buffer = std::vec![0; capacity];
    let length = alarms.write(&mut buffer)?;
    buffer.truncate(length);
    Ok(String::from_utf8(buffer).unwrap())
}

fn read(alarms: &AlarmState) -> Value {
    serde_json::from_str(&written_in(alarms, PAYLOAD_CAPACITY).unwrap()).unwrap()
}

fn state(alarms: &[Alarm]) -> AlarmState {
    let mut state = AlarmState::NONE;
    for alarm in alarms {
        state.insert(*alarm);
    }
    state
}

#[test]
fn without_an_alarm_the_level_is_none() {
    assert_eq!(
        written_in(&AlarmState::NONE, PAYLOAD_CAPACITY).unwrap(),
        "{\"level\":\"none\",\"problem\":\"OFF\"}"
    );
    assert_eq!(AlarmState::default(), AlarmState::NONE);
}

#[test]
fn an_alarm_arrives_with_its_accents_and_its_quotation_marks() {
    assert_eq!(
        written_in(&state(&[LOST]), PAYLOAD_CAPACITY).unwrap(),
        "{\"level\":\"critical\",\"problem\":\"ON\",\"alarm\":\"probe_lost\",\
         \"text\":\"La sonde de l'eau ne répond plus : vérifiez son câble et sa fiche \\\"DS18B20\\\".\",\
         \"since_s\":120,\"latched\":true}"
    );
    assert_eq!(read(&state(&[LOST]))["text"], json!(LOST.text));
    let odd = Alarm {
        text: "a\\b\tc\nd\r\u{8}\u{c}\u{1}\u{1f}\u{7f}\"</script>€\u{1f321}",
        ..LOST
    };
    assert_eq!(read(&state(&[odd]))["text"], json!(odd.text));
}

#[test]
fn the_worst_alarm_comes_first_and_the_others_follow() {
    for order in [[LOST, HOT], [HOT, LOST]] {
        assert_eq!(
            read(&state(&order)),
            json!({
                "level": "critical", "problem": "ON", "alarm": "probe_lost", "text": LOST.text, "since_s": 120, "latched": true,
                "others": [
                    {"level": "warning", "alarm": "heat_sink_hot", "text": HOT.text, "since_s": 60, "latched": false},
                ],
            })
        );
    }
}

#[test]
fn of_two_alarms_that_are_as_bad_and_as_old_the_one_that_came_first_stays_first() {
    let twin = Alarm {
        name: "probe_swapped",
        ..LOST
    };
    assert_eq!(state(&[LOST, twin]).worst(), Some(&LOST));
    assert_eq!(state(&[twin, LOST]).worst(), Some(&twin));
}

#[test]
fn more_alarms_than_are_held_are_counted_and_the_worst_are_held() {
    let older = |since_s| Alarm { since_s, ..HOT };
    let mut alarms: Vec<_> = (0..6).map(older).collect();
    alarms.push(LOST);
    let read = read(&state(&alarms));
    assert_eq!(read["alarm"], json!("probe_lost"));
    let others: Vec<_> = read["others"]
        .as_array()
        .unwrap()
        .iter()
        .map(|alarm| &alarm["since_s"])
        .collect();
    assert_eq!(others, [&json!(0), &json!(1), &json!(2)]);
    assert_eq!(read["omitted"], json!(3));
}

#[test]
fn a_reset_is_one_of_two_words_exactly_and_not_retained() {
    for payload in ["reset", "PRESS"] {
        assert_eq!(parse_alarm_reset(payload.as_bytes(), false), Ok(()));
        let refusal = parse_alarm_reset(payload.as_bytes(), true).unwrap_err();
        assert_eq!(refusal.kind(), RefusalKind::Retained);
        assert_eq!(refusal.subject(), Subject::AlarmReset);
        assert!(refusal.text().contains("without the retain flag"));
    }
    for payload in [
        "",
        "Reset",
        "RESET",
        "press",
        "reset ",
        " reset",
        "reset\n",
        "\"reset\"",
        "true",
        "1",
        "ON",
        "resetreset",
        "{}",
    ] {
        let refusal = parse_alarm_reset(payload.as_bytes(), false).unwrap_err();
        assert_eq!(refusal.kind(), RefusalKind::NotAReset, "{payload}");
        assert_eq!(
            refusal.text(),
            "the payload is no reset; send reset or PRESS, exactly so"
        );
    }
}

proptest! {
    #[test]
    fn alarms_stand_in_the_order_of_their_rank_however_they_came(
        given in prop::collection::vec((any::<bool>(), 0..20_u32), 0..12),
    ) {
        let alarm = |(critical, since_s): &(bool, u32)| Alarm {
            level: if *critical { AlarmLevel::Critical } else { AlarmLevel::Warning },
            since_s: *since_s,
            ..HOT
        };
        let mut alarms: Vec<_> = given.iter().map(alarm).collect();
        let state = state(&alarms);
        alarms.sort_by_key(Alarm::rank);
        prop_assert_eq!(usize::from(state.omitted()), alarms.len().saturating_sub(ALARMS_CAPACITY));
        alarms.truncate(ALARMS_CAPACITY);
        prop_assert_eq!(state.iter().copied().collect::<Vec<_>>(), alarms);
    }

    /// In a buffer of any size there is either the whole worst alarm with a true count of all, or an error; texts too long for
    /// any buffer cost no alarm.
    #[test]
    fn a_buffer_that_is_too_small_loses_the_least_and_says_so(capacity in 0..1200_usize, count in 1..8_usize) {
        let alarms = std::vec![LOST; count];
        match written_in(&state(&alarms), capacity) {
            Ok(payload) => {
                let value: Value = serde_json::from_str(&payload).unwrap();
                prop_assert_eq!(&value["level"], &json!("critical"));
                prop_assert_eq!(&value["alarm"], &json!("probe_lost"));
                let others = value["others"].as_array().map_or(0, Vec::len);
                let omitted = usize::try_from(value["omitted"].as_u64().unwrap_or(0)).unwrap();
                prop_assert_eq!(1 + others + omitted, count);
                if others > 0 {
                    prop_assert_eq!(&value["text"], &json!(LOST.text));
                }
            }
            Err(BufferTooSmall) => prop_assert!(capacity < 120),
        }
    }
}
