use std::string::String;

use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};
use proptest::sample::select;

use super::{ANNOUNCEMENT_PAYLOAD_CAPACITY, Announcement, parse_announcement};
use crate::{RefusalKind, Sharing, Subject};

const USUAL: Announcement = Announcement {
    boot: 0x00a1_b2c3,
    sequence: 7,
    rated_watts: 2000,
    available_watts: 1800,
    minimum_watts: 100,
    hysteresis_watts: 50,
    priority: 1,
    weight: 100,
    sharing: Sharing::Priority,
    pool_watts: 0,
    applied_watts: 850,
    taking: true,
    interval_s: 5,
    day: Some(20_412),
};

const TEXT: &str = r#"{"boot":"00a1b2c3","sequence":7,"rated_watts":2000,"available_watts":1800,"minimum_watts":100,"hysteresis_watts":50,"priority":1,"weight":100,"sharing":"priority","pool_watts":0,"applied_watts":850,"taking":true,"interval_s":5,"day":20412}"#;

fn written(announcement: Announcement) -> String {
    let mut buffer = [0; ANNOUNCEMENT_PAYLOAD_CAPACITY];
    let length = announcement.write(&mut buffer).unwrap();
    String::from_utf8(buffer[..length].to_vec()).unwrap()
}

fn refused(text: &str) -> RefusalKind {
    let refusal = parse_announcement(text.as_bytes()).expect_err(text);
    assert_eq!(refusal.subject(), Subject::PoolMember);
    refusal.kind()
}

#[test]
fn an_announcement_is_one_object_and_nothing_is_a_withdrawal() {
    assert_eq!(written(USUAL), TEXT);
    assert_eq!(parse_announcement(TEXT.as_bytes()), Ok(Some(USUAL)));
    assert_eq!(parse_announcement(b""), Ok(None));
    let dayless = Announcement { day: None, ..USUAL };
    assert!(!written(dayless).contains("day"));
    // In any order, with space around any part, and with capital digits.
    let spaced = TEXT
        .replace(',', " ,\n")
        .replace(':', " : ")
        .replace("00a1b2c3", "00A1B2C3");
    assert_eq!(parse_announcement(spaced.as_bytes()), Ok(Some(USUAL)));
}

#[test]
fn each_key_is_needed_once_but_for_the_day() {
    let fields = TEXT.trim_matches(['{', '}']).split(',');
    for field in fields {
        let without = TEXT.replace(field, "").replace(",,", ",");
        let without = without.replace("{,", "{").replace(",}", "}");
        let parsed = parse_announcement(without.as_bytes());
        if field.starts_with("\"day\"") {
            assert_eq!(parsed, Ok(Some(Announcement { day: None, ..USUAL })));
        } else {
            assert_eq!(refused(&without), RefusalKind::MissingKey, "{field}");
        }
        let twice = TEXT.replace(field, &[field, field].join(","));
        assert_eq!(refused(&twice), RefusalKind::DuplicateKey, "{field}");
    }
}

#[test]
fn what_is_no_announcement_is_refused_with_its_reason() {
    for (from, to, kind) in [
        ("\"sequence\"", "\"sequences\"", RefusalKind::MissingKey),
        ("\"taking\"", "\"t\\u0061king\"", RefusalKind::MissingKey),
        ("{", "{\"later\":tru,", RefusalKind::MalformedJson),
        ("{", "{\"later\",", RefusalKind::MalformedJson),
        ("20412", "-1", RefusalKind::OutOfRange),
        ("20412", "null", RefusalKind::ValueNotANumber),
        ("20412", "4294967296", RefusalKind::OutOfRange),
        ("20412", "1e3", RefusalKind::OutOfRange),
        ("20412", "1.0", RefusalKind::OutOfRange),
        ("20412", "01", RefusalKind::MalformedJson),
        ("20412", "[1]", RefusalKind::ValueNotANumber),
        (
            "\"sequence\":7",
            "\"sequence\":\"7\"",
            RefusalKind::ValueNotANumber,
        ),
        ("00a1b2c3", "0a1b2c3", RefusalKind::UnknownWord),
        ("00a1b2c3", "00a1b2cg", RefusalKind::UnknownWord),
        ("\"00a1b2c3\"", "12345678", RefusalKind::UnknownWord),
        (
            "\"priority\",\"pool",
            "\"thresholds\",\"pool",
            RefusalKind::UnknownWord,
        ),
        ("\"priority\",\"pool", "1,\"pool", RefusalKind::UnknownWord),
        ("true", "1", RefusalKind::UnknownWord),
        ("true", "\"true\"", RefusalKind::UnknownWord),
        (
            "\"rated_watts\":2000",
            "\"rated_watts\":0",
            RefusalKind::OutOfRange,
        ),
        (
            "\"rated_watts\":2000",
            "\"rated_watts\":1000001",
            RefusalKind::OutOfRange,
        ),
        ("1800", "2001", RefusalKind::OutOfRange),
        (
            "\"minimum_watts\":100",
            "\"minimum_watts\":2001",
            RefusalKind::OutOfRange,
        ),
        ("850", "2001", RefusalKind::OutOfRange),
        (
            "\"hysteresis_watts\":50",
            "\"hysteresis_watts\":2001",
            RefusalKind::OutOfRange,
        ),
        (
            "\"priority\":1",
            "\"priority\":256",
            RefusalKind::OutOfRange,
        ),
        ("\"weight\":100", "\"weight\":0", RefusalKind::OutOfRange),
        ("\"weight\":100", "\"weight\":1001", RefusalKind::OutOfRange),
        (
            "\"interval_s\":5",
            "\"interval_s\":0",
            RefusalKind::OutOfRange,
        ),
        (
            "\"interval_s\":5",
            "\"interval_s\":61",
            RefusalKind::OutOfRange,
        ),
        ("{", "[", RefusalKind::MalformedJson),
        ("}", "", RefusalKind::MalformedJson),
        ("}", "}x", RefusalKind::TrailingText),
        ("true", "tru", RefusalKind::MalformedJson),
    ] {
        assert!(TEXT.contains(from), "{from}");
        assert_eq!(refused(&TEXT.replace(from, to)), kind, "{from} {to}");
    }
    assert_eq!(refused("{}"), RefusalKind::MissingKey);
    assert_eq!(refused("2000"), RefusalKind::MalformedJson);
    assert_eq!(refused(" "), RefusalKind::MalformedJson);
    assert_eq!(refused(&" ".repeat(513)), RefusalKind::TooLong);
    let kind = parse_announcement(b"\xff").unwrap_err().kind();
    assert_eq!(kind, RefusalKind::NotText);
}

#[test]
fn a_key_of_a_later_version_is_skipped_whatever_its_value() {
    for later in [
        "\"phases\":3",
        "\"phases\":-1.5e3",
        "\"phase\":\"L1, \\\"L2\\\"\"",
        "\"phases\":[1,2,{\"boot\":\"00000000\"}]",
        "\"mains\":{\"sequence\":8}",
        "\"mains\":null,\"mains\":true",
        "\"\":{}",
    ] {
        let first = TEXT.replace('{', &["{", later, ","].concat());
        let last = TEXT.replace('}', &[",", later, "}"].concat());
        for text in [first, last] {
            assert_eq!(
                parse_announcement(text.as_bytes()),
                Ok(Some(USUAL)),
                "{text}"
            );
        }
    }
}

proptest! {
    #[test]
    fn every_announcement_reads_back(
        (boot, sequence, day) in any::<(u32, u32, Option<u32>)>(),
        rated_watts in 1..=1_000_000_u32,
        parts in [0..=1000_u32, 0..=1000, 0..=1000, 0..=1000],
        (priority, taking) in any::<(u8, bool)>(),
        weight in 1..=1000_u16,
        sharing in select(&Sharing::ALL[..]),
        pool_watts in 0..=10_000_000_u32,
        interval_s in 1..=60_u8,
    ) {
        let [available_watts, minimum_watts, hysteresis_watts, applied_watts] =
            parts.map(|part| rated_watts * part / 1000);
        let announcement = Announcement {
            boot, sequence, rated_watts, available_watts, minimum_watts, hysteresis_watts, priority,
            weight, sharing, pool_watts, applied_watts, taking, interval_s, day,
        };
        let text = written(announcement);
        prop_assert_eq!(parse_announcement(text.as_bytes()), Ok(Some(announcement)));
        // Of what is cut short nothing is taken.
        for length in 1..text.len() {
            prop_assert!(parse_announcement(&text.as_bytes()[..length]).is_err());
        }
    }
}
