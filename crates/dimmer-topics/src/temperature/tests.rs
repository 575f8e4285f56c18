use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

use proptest::prelude::{
    Just, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest,
};
use serde_json::Value;

use super::{TEMPERATURE_DEPTH, TEMPERATURE_PAYLOAD_CAPACITY, parse_temperature};
use crate::RefusalKind::{
    DuplicateKey, Empty, JsonWithoutPath, MalformedJson, MalformedNumber, NotANumber, NotText,
    OutOfRange, PathNotFound, TooDeep, TooLong, TrailingText, Unavailable, ValueNotANumber,
};
use crate::{RefusalKind, Subject};

fn read(payload: impl AsRef<[u8]>, path: &str) -> Result<i32, RefusalKind> {
    parse_temperature(payload.as_ref(), path).map_err(|refusal| {
        assert_eq!(refusal.subject(), Subject::Temperature);
        refusal.kind()
    })
}

#[test]
fn a_number_alone_is_a_temperature() {
    for (payload, millicelsius) in [
        ("54.3", 54_300),
        ("54", 54_000),
        ("0", 0),
        ("-0.0", 0),
        ("-7.25", -7_250),
        (" 54.3\r\n", 54_300),
        ("5.43e1", 54_300),
        ("543E-1", 54_300),
        ("51.3125", 51_313),
        ("-51.3125", -51_313),
        ("51.3124999999999999999999999", 51_312),
        ("0.0005", 1),
        ("0.00049", 0),
        ("2147483.647", i32::MAX),
        ("-2147483.647", -i32::MAX),
        ("\"54.3\"", 54_300),
    ] {
        assert_eq!(read(payload, ""), Ok(millicelsius), "{payload}");
    }
}

/// The payloads of others, as they publish them.
#[test]
fn a_path_finds_the_temperature_in_what_others_publish() {
    for (payload, path, millicelsius) in [
        (
            r#"{"temperature":51.5,"humidity":40,"battery":97.5}"#,
            "temperature",
            51_500,
        ),
        (
            r#"{"Time":"2025-01-01T00:00:00","DS18B20":{"Id":"011623A3B1C4","Temperature":21.9},"TempUnit":"C"}"#,
            "DS18B20.Temperature",
            21_900,
        ),
        (
            r#"{"DS18B20-1":{"Temperature":21.9},"DS18B20-2":{"Temperature":60.1}}"#,
            "DS18B20-2.Temperature",
            60_100,
        ),
        (
            r#"{"idx":28,"nvalue":0,"svalue1":"51.60","svalue2":"x"}"#,
            "svalue1",
            51_600,
        ),
        (
            r#"{"sensors":[{"t":20},{"t":54.3,"u":[]}]}"#,
            "sensors.1.t",
            54_300,
        ),
        ("[[1,2],[3,4]]", "1.0", 3_000),
        ("{\n  \"a\" : { \"b\" : \"  7.5 \" }\n}\n", "a.b", 7_500),
        (r#"{"température":60}"#, "température", 60_000),
        // As Python writes it.
        (r#"{"\u00e9\u0041":60}"#, "éA", 60_000),
        (r#"{"temp\u00e9rature":60}"#, "température", 60_000),
        (r#"{"\ud83c\udf21":60,"a":"\ud83c"}"#, "\u{1f321}", 60_000),
        (r#"{"a\"b\\c\/d\tn":60}"#, "a\"b\\c/d\tn", 60_000),
        // Keys beside the path may be what they like.
        (r#"{"a":1,"a":2,"t":3,"x":{"t":4,"t":5}}"#, "t", 3_000),
        (
            r#"{"temperature":{"water":51.312,"heat_sink":null,"room":null}}"#,
            "temperature.water",
            51_312,
        ),
    ] {
        assert_eq!(read(payload, path), Ok(millicelsius), "{payload}");
    }
}

#[test]
fn what_is_not_exactly_a_temperature_is_refused() {
    for (payload, kind) in [
        ("", Empty),
        (" \n", Empty),
        ("warm", NotANumber),
        ("+54.3", MalformedNumber),
        ("54,3", MalformedNumber),
        (".5", MalformedNumber),
        ("5.", MalformedNumber),
        ("054", MalformedNumber),
        ("0x36", TrailingText),
        ("54.3.1", MalformedNumber),
        ("54.3 °C", TrailingText),
        ("54.3C", TrailingText),
        ("54.3 20", TrailingText),
        ("2147483.648", OutOfRange),
        ("-2147483.6471", OutOfRange),
        ("1e400", OutOfRange),
        ("Infinity", NotANumber),
        ("nan", Unavailable),
        ("NaN", Unavailable),
        ("-nan", Unavailable),
        ("null", Unavailable),
        ("None", Unavailable),
        ("unknown", Unavailable),
        (" unavailable\n", Unavailable),
        ("\"\"", Unavailable),
        ("\"unavailable\"", Unavailable),
        ("\"54,3\"", MalformedNumber),
        ("\"54.3 °C\"", TrailingText),
        ("\"warm\"", ValueNotANumber),
        ("\"54.3\" 1", TrailingText),
        ("\"54.3", MalformedJson),
        ("true", NotANumber),
        ("{\"temperature\":54.3}", JsonWithoutPath),
        ("[54.3]", JsonWithoutPath),
    ] {
        assert_eq!(read(payload, ""), Err(kind), "{payload}");
    }
    assert_eq!(read(b"\xff54", ""), Err(NotText));
    assert_eq!(read(b"{\"t\":54,\"\xff\":1}", "t"), Err(NotText));
}

#[test]
fn what_does_not_lead_to_a_temperature_is_refused() {
    for (payload, path, kind) in [
        ("54.3", "temperature", PathNotFound),
        ("\"54.3\"", "temperature", PathNotFound),
        ("{}", "temperature", PathNotFound),
        ("[]", "0", PathNotFound),
        (r#"{"Temperature":54}"#, "temperature", PathNotFound),
        (r#"{"temperature2":54}"#, "temperature", PathNotFound),
        (r#"{"temperature":54}"#, "temperature2", PathNotFound),
        (r#"{"a":{"t":54}}"#, "t", PathNotFound),
        (r#"{"t":54}"#, "t.t", PathNotFound),
        ("[1,2]", "2", PathNotFound),
        ("[1,2]", "one", PathNotFound),
        ("[1,2]", "-1", PathNotFound),
        ("{\"0\":1}", "1", PathNotFound),
        (r#"{"t":null}"#, "t", Unavailable),
        (r#"{"t":nan}"#, "t", Unavailable),
        (r#"{"t":"unavailable"}"#, "t", Unavailable),
        (r#"{"t":""}"#, "t", Unavailable),
        ("unavailable", "t", Unavailable),
        (r#"{"t":true}"#, "t", ValueNotANumber),
        (r#"{"t":{}}"#, "t", ValueNotANumber),
        (r#"{"t":[54]}"#, "t", ValueNotANumber),
        (r#"{"t":"warm"}"#, "t", ValueNotANumber),
        (r#"{"t":"5\u0034"}"#, "t", TrailingText),
        (r#"{"t":"51,3"}"#, "t", MalformedNumber),
        (r#"{"t":"51.3 C"}"#, "t", TrailingText),
        (r#"{"t":051}"#, "t", MalformedNumber),
        (r#"{"t":+51}"#, "t", MalformedNumber),
        (r#"{"t":51,3}"#, "t", MalformedJson),
        (r#"{"t":51.3"#, "t", MalformedJson),
        (r#"{"t":51.3,}"#, "t", MalformedJson),
        (r#"{"t":51.3]"#, "t", MalformedJson),
        (r#"{"t" 51.3}"#, "t", MalformedJson),
        ("{t:51.3}", "t", MalformedJson),
        ("{'t':51.3}", "t", MalformedJson),
        (r#"{"t":51.3,"u":nan}"#, "t", MalformedJson),
        (r#"{"t":51.3,"u":}"#, "t", MalformedJson),
        (r#"{"t":51.3,"u":01}"#, "t", MalformedJson),
        (r#"{"t":51.3,"u":"\x"}"#, "t", MalformedJson),
        (r#"{"t":51.3,"u":"\u12g4"}"#, "t", MalformedJson),
        ("{\"t\":51.3,\"u\":\"\n\"}", "t", MalformedJson),
        ("[51.3}", "0", MalformedJson),
        ("warm", "t", MalformedJson),
        (r#"{"t":51.3}}"#, "t", TrailingText),
        (r#"{"t":51.3} {"t":51.4}"#, "t", TrailingText),
        (r#"{"t":51.3,"t":51.3}"#, "t", DuplicateKey),
        (r#"{"t":51.3,"\u0074":90}"#, "t", DuplicateKey),
        (r#"{"a":{},"a":{"t":51.3}}"#, "a.t", DuplicateKey),
        (r#"{"t":3000000}"#, "t", OutOfRange),
    ] {
        assert_eq!(read(payload, path), Err(kind), "{payload}");
    }
}

#[test]
fn json_is_read_so_deep_and_no_deeper() {
    let nested = |depth: usize| format!("{}54.3{}", "[".repeat(depth), "]".repeat(depth));
    let path = |depth: usize| std::vec!["0"; depth].join(".");
    for depth in 1..=TEMPERATURE_DEPTH {
        assert_eq!(read(nested(depth), &path(depth)), Ok(54_300), "{depth}");
    }
    let too_deep = TEMPERATURE_DEPTH + 1;
    assert_eq!(read(nested(too_deep), &path(too_deep)), Err(TooDeep));
    // Beside the path too, and however deep.
    let beside = format!("{{\"t\":1,\"u\":{}}}", nested(TEMPERATURE_DEPTH));
    assert_eq!(read(beside, "t"), Err(TooDeep));
    assert_eq!(
        read("[".repeat(TEMPERATURE_PAYLOAD_CAPACITY), "1"),
        Err(TooDeep)
    );
}

#[test]
fn a_payload_is_read_up_to_its_longest_and_no_longer() {
    let padded = |length: usize| format!("{{\"t\":54.3{}}}", " ".repeat(length - 11));
    assert_eq!(
        padded(TEMPERATURE_PAYLOAD_CAPACITY).len(),
        TEMPERATURE_PAYLOAD_CAPACITY - 1
    );
    let longest = padded(TEMPERATURE_PAYLOAD_CAPACITY + 1);
    assert_eq!(read(&longest, "t"), Ok(54_300));
    assert_eq!(read(longest + " ", "t"), Err(TooLong));
}

#[test]
fn every_refusal_says_what_would_be_right() {
    for kind in RefusalKind::ALL {
        for subject in Subject::ALL {
            let text = crate::Refusal::about(subject, kind).to_string();
            let (wrong, right) = text.split_once("; ").unwrap();
            assert!(!wrong.is_empty() && !right.ends_with('.'), "{text}");
        }
        let text = crate::Refusal::about(Subject::Temperature, kind).text();
        assert!(
            !text.contains("setpoint") && !text.contains("42.5"),
            "{text}"
        );
    }
    assert!(
        parse_temperature(&[b' '; 2000], "")
            .unwrap_err()
            .text()
            .contains(&TEMPERATURE_PAYLOAD_CAPACITY.to_string())
    );
    assert!(
        crate::Refusal::about(Subject::Temperature, TooDeep)
            .text()
            .contains(&TEMPERATURE_DEPTH.to_string())
    );
}

/// Any JSON without numbers that are special to us.
fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("[a-cé\"\\\\]{0,2}", inner, 0..4).prop_map(Value::from_iter),
        ]
    })
}

/// What a path finds, by another reader of JSON.
fn found<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').try_fold(value, |value, key| match value {
        Value::Object(map) => map.get(key),
        Value::Array(list) => list.get(key.parse::<usize>().ok()?),
        _ => None,
    })
}

proptest! {
    #[test]
    fn no_bytes_are_a_panic(payload in any::<Vec<u8>>(), path in any::<String>()) {
        let _ = parse_temperature(&payload, &path);
    }

    /// Bytes that look more like JSON than most: what we take, another reader takes too, and no value is made up.
    #[test]
    fn what_is_taken_is_json_to_others_too(
        payload in "[\\[\\]{}\",:0-3.eE+\\-a-cnrtul\\\\ ]{0,24}",
        path in "[a-c01](\\.[a-c01]){0,2}",
    ) {
        let ours = read(&payload, &path);
        let theirs = serde_json::from_str::<Value>(&payload);
        if let Ok(millicelsius) = ours {
            let theirs = theirs.unwrap();
            let value = found(&theirs, &path).unwrap();
            let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()).unwrap();
            prop_assert!((number * 1000.0 - f64::from(millicelsius)).abs() <= 0.51);
        }
    }

    #[test]
    fn a_temperature_in_any_json_is_found_unless_it_is_too_deep_or_too_long(
        around in json(),
        millicelsius in -300_000..2_000_000_i32,
        as_text in any::<bool>(),
    ) {
        let temperature = crate::Decimal::thousandths(millicelsius).to_string();
        let quote = if as_text { "\"" } else { "" };
        for (payload, path) in [
            (format!("{{\"x\":{around},\"t\":{quote}{temperature}{quote},\"y\":{around}}}"), "t"),
            (format!("[{around}, {{\"t\" :{quote}{temperature}{quote} }} ,{around}]"), "1.t"),
        ] {
            match read(&payload, path) {
                Ok(read) => prop_assert_eq!(read, millicelsius),
                Err(kind) => prop_assert!(kind == TooLong && payload.len() > TEMPERATURE_PAYLOAD_CAPACITY, "{:?} {}", kind, payload),
            }
        }
    }

    /// One byte changed, taken away or added: refused, or read as what it then says.
    #[test]
    fn a_damaged_payload_is_never_read_as_something_else(
        place in 0..40_usize, byte in any::<u8>(), how in 0..3_u8,
    ) {
        let mut payload = br#"{"a":[{"t":51.312},"b"],"c":"d","e":null}"#.to_vec();
        match how {
            0 => payload[place] = byte,
            1 => drop(payload.remove(place)),
            _ => payload.insert(place, byte),
        }
        if let Ok(millicelsius) = read(&payload, "a.0.t") {
            let theirs: Value = serde_json::from_slice(&payload).unwrap();
            let number = found(&theirs, "a.0.t").unwrap().as_f64().unwrap();
            prop_assert!((number * 1000.0 - f64::from(millicelsius)).abs() <= 0.51);
        }
    }

    #[test]
    fn every_millicelsius_reads_back(millicelsius in -i32::MAX..=i32::MAX) {
        let text = crate::Decimal::thousandths(millicelsius).to_string();
        prop_assert_eq!(read(&text, ""), Ok(millicelsius));
        prop_assert_eq!(read(format!("{{\"temperature\":{text}}}"), "temperature"), Ok(millicelsius));
    }
}
