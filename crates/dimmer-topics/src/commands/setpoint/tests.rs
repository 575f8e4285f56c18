use std::format;
use std::string::String;
use std::vec::Vec;

use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, proptest};
use proptest::sample::select;

use super::{
    SETPOINT_PAYLOAD_CAPACITY, Setpoint, SetpointUnit, parse_common_setpoint, parse_setpoint,
};
use crate::refusal::RefusalKind;

#[test]
fn what_the_contract_promises_is_accepted() {
    use Setpoint::{Centipercent, Watts};
    for (payload, setpoint) in [
        ("42", Centipercent(4200)),
        ("42.5", Centipercent(4250)),
        ("{\"power\":42.5}", Centipercent(4250)),
        ("{\"watts\":900}", Watts(900)),
        ("0", Centipercent(0)),
        ("-0", Centipercent(0)),
        ("-0.0", Centipercent(0)),
        ("0.0049", Centipercent(0)),
        ("0.005", Centipercent(1)),
        ("-0.005", Centipercent(-1)),
        ("0.00499999999999999999999999999", Centipercent(0)),
        ("42.004999999999999999999999999", Centipercent(4200)),
        ("42.005", Centipercent(4201)),
        ("-12.345", Centipercent(-1235)),
        ("1000", Centipercent(100_000)),
        ("-1000.000", Centipercent(-100_000)),
        ("4.25e1", Centipercent(4250)),
        ("425E-1", Centipercent(4250)),
        ("0.0425e+3", Centipercent(4250)),
        ("0.00000000425e10", Centipercent(4250)),
        ("1e-400", Centipercent(0)),
        ("0e400", Centipercent(0)),
        ("0e99999999999999999999", Centipercent(0)),
        ("1e-99999999999999999999", Centipercent(0)),
        (" \t\r\n42.5\n", Centipercent(4250)),
        (" { \"power\" : 42.5 } \n", Centipercent(4250)),
        ("{\"watts\":-100000}", Watts(-100_000)),
        ("{\"watts\":899.5}", Watts(900)),
        ("{\"watts\":0.4}", Watts(0)),
        ("{\"watts\":1e5}", Watts(100_000)),
    ] {
        assert_eq!(
            parse_setpoint(payload.as_bytes()),
            Ok(setpoint),
            "{payload}"
        );
    }
}

#[test]
fn everything_else_is_refused_with_its_reason() {
    use RefusalKind as Kind;
    let cases: &[(&[u8], Kind)] = &[
        (b"", Kind::Empty),
        (b" \n\t", Kind::Empty),
        (b"\xff", Kind::NotText),
        (b"42\xc3", Kind::NotText),
        (b"\xef\xbb\xbf42", Kind::NotANumber),
        (b"abc", Kind::NotANumber),
        (b"ON", Kind::NotANumber),
        (b"NaN", Kind::NotANumber),
        (b"nan", Kind::NotANumber),
        (b"Infinity", Kind::NotANumber),
        (b"inf", Kind::NotANumber),
        (b"null", Kind::NotANumber),
        (b"true", Kind::NotANumber),
        (b"\"42\"", Kind::NotANumber),
        (b"[42]", Kind::NotANumber),
        (b"\0", Kind::NotANumber),
        (b"\x0b42", Kind::NotANumber),
        (b"\xc2\xa042", Kind::NotANumber),
        ("٤٢".as_bytes(), Kind::NotANumber),
        (b"-", Kind::MalformedNumber),
        (b"--1", Kind::MalformedNumber),
        (b"- 1", Kind::MalformedNumber),
        (b"-Infinity", Kind::MalformedNumber),
        (b"+42", Kind::MalformedNumber),
        (b".5", Kind::MalformedNumber),
        (b"-.5", Kind::MalformedNumber),
        (b"5.", Kind::MalformedNumber),
        (b"5.e1", Kind::MalformedNumber),
        (b"007", Kind::MalformedNumber),
        (b"-01", Kind::MalformedNumber),
        (b"00", Kind::MalformedNumber),
        (b"42,5", Kind::MalformedNumber),
        (b"1.2.3", Kind::MalformedNumber),
        (b"1e", Kind::MalformedNumber),
        (b"1e+", Kind::MalformedNumber),
        (b"1e-+1", Kind::MalformedNumber),
        (b"1e1.5", Kind::MalformedNumber),
        (b"1e400", Kind::OutOfRange),
        (b"-1e400", Kind::OutOfRange),
        (b"1e99999999999999999999", Kind::OutOfRange),
        (b"1000.001", Kind::OutOfRange),
        (b"1000.00000000000000000000001", Kind::OutOfRange),
        (b"-1001", Kind::OutOfRange),
        (b"4294967296", Kind::OutOfRange),
        (b"42949672.96", Kind::OutOfRange),
        (b"99999999999999999999999999", Kind::OutOfRange),
        (b"{\"watts\":100001}", Kind::OutOfRange),
        (b"{\"watts\":1e400}", Kind::OutOfRange),
        (b"{\"power\":1000.01}", Kind::OutOfRange),
        (b"42 %", Kind::TrailingText),
        (b"42%", Kind::TrailingText),
        (b"42W", Kind::TrailingText),
        (b"4 2", Kind::TrailingText),
        (b"42\0", Kind::TrailingText),
        (b"0x10", Kind::TrailingText),
        (b"1_000", Kind::TrailingText),
        (b"1e1e1", Kind::TrailingText),
        (b"{\"power\":42}}", Kind::TrailingText),
        (b"{\"power\":42} {\"power\":43}", Kind::TrailingText),
        (b"{\"power\":42}\0", Kind::TrailingText),
        (b"{", Kind::MalformedJson),
        (b"{power:42}", Kind::MalformedJson),
        (b"{'power':42}", Kind::MalformedJson),
        (b"{\"power", Kind::MalformedJson),
        (b"{\"power\"", Kind::MalformedJson),
        (b"{\"power\" 42}", Kind::MalformedJson),
        (b"{\"power\":42", Kind::MalformedJson),
        (b"{\"power\":42,", Kind::MalformedJson),
        (b"{\"power\":42,}", Kind::MalformedJson),
        (b"{,\"power\":42}", Kind::MalformedJson),
        (b"{\"power\":42 \"watts\":1}", Kind::MalformedJson),
        (b"{\"power\":4 2}", Kind::MalformedJson),
        (b"{\"power\":42]", Kind::MalformedJson),
        (b"{}", Kind::MissingKey),
        (b" { } ", Kind::MissingKey),
        (b"{\"\":42}", Kind::UnknownKey),
        (b"{\"Power\":42}", Kind::UnknownKey),
        (b"{\"power \":42}", Kind::UnknownKey),
        (b"{\"po\\u0077er\":42}", Kind::UnknownKey),
        (b"{\"temperature\":51}", Kind::UnknownKey),
        (b"{\"power\":42,\"name\":\"x\"}", Kind::UnknownKey),
        (b"{\"power\":42,\"power\":43}", Kind::DuplicateKey),
        (b"{\"watts\":42,\"watts\":42}", Kind::DuplicateKey),
        (b"{\"power\":42,\"watts\":900}", Kind::PowerAndWatts),
        (b"{\"watts\":900,\"power\":42}", Kind::PowerAndWatts),
        (b"{\"power\":\"42\"}", Kind::ValueNotANumber),
        (b"{\"power\":null}", Kind::ValueNotANumber),
        (b"{\"power\":true}", Kind::ValueNotANumber),
        (b"{\"power\":[42]}", Kind::ValueNotANumber),
        (b"{\"power\":{\"power\":42}}", Kind::ValueNotANumber),
        (b"{\"power\":}", Kind::ValueNotANumber),
        (b"{\"power\":", Kind::ValueNotANumber),
        (b"{\"power\":NaN}", Kind::ValueNotANumber),
        (b"{\"power\":+42}", Kind::MalformedNumber),
        (b"{\"power\":.5}", Kind::MalformedNumber),
        (b"{\"power\":007}", Kind::MalformedNumber),
    ];
    for (payload, kind) in cases {
        let refusal = parse_setpoint(payload).expect_err(&String::from_utf8_lossy(payload));
        assert_eq!(
            refusal.kind(),
            *kind,
            "{}",
            String::from_utf8_lossy(payload)
        );
    }
}

#[test]
fn a_payload_that_is_too_long_is_refused_whatever_it_says() {
    let fits = format!("{:>SETPOINT_PAYLOAD_CAPACITY$}", "42.5");
    assert_eq!(
        parse_setpoint(fits.as_bytes()),
        Ok(Setpoint::Centipercent(4250))
    );
    let refusal = parse_setpoint(format!(" {fits}").as_bytes()).unwrap_err();
    assert_eq!(refusal.kind(), RefusalKind::TooLong);
    // The text names the limit.
    assert!(
        refusal
            .text()
            .contains(&format!("{SETPOINT_PAYLOAD_CAPACITY} "))
    );
}

#[test]
fn every_refusal_says_what_was_wrong_and_what_would_be_right() {
    let mut names = Vec::new();
    for kind in RefusalKind::ALL {
        let text = crate::Refusal::new(kind).text();
        assert_eq!(text.split("; ").count(), 2, "{text}");
        assert!(
            text.len() <= 100 && !text.ends_with('.') && text.is_ascii(),
            "{text}"
        );
        assert!(!names.contains(&kind.as_str()));
        names.push(kind.as_str());
    }
}

/// What `serde_json` makes of a payload: the number in it if it is one of the accepted forms.
fn oracle(payload: &[u8]) -> Option<(bool, f64)> {
    match serde_json::from_slice(payload).ok()? {
        serde_json::Value::Number(number) => Some((false, number.as_f64()?)),
        serde_json::Value::Object(object) if object.len() == 1 => {
            let (key, value) = object.iter().next()?;
            match key.as_str() {
                "power" => Some((false, value.as_f64()?)),
                "watts" => Some((true, value.as_f64()?)),
                _ => None,
            }
        }
        _ => None,
    }
}

fn agrees_with_the_oracle(payload: &[u8]) {
    if let Ok(setpoint) = parse_setpoint(payload) {
        is_what_the_oracle_says(payload, setpoint, 1_000.0, 100_000.0);
    }
    if let Ok(setpoint) = parse_common_setpoint(payload, SetpointUnit::Percent) {
        is_what_the_oracle_says(payload, setpoint, 100_000.0, 10_000_000.0);
    }
}

fn is_what_the_oracle_says(payload: &[u8], setpoint: Setpoint, most_percent: f64, most_watts: f64) {
    let text = String::from_utf8_lossy(payload);
    let (is_watts, value) = oracle(payload).unwrap_or_else(|| panic!("accepted: {text:?}"));
    let (rounded, exact) = match setpoint {
        Setpoint::Centipercent(rounded) => {
            assert!(!is_watts && value.abs() <= most_percent, "{text:?}");
            (rounded, value * 100.0)
        }
        Setpoint::Watts(rounded) => {
            assert!(is_watts && value.abs() <= most_watts, "{text:?}");
            (rounded, value)
        }
    };
    assert!((f64::from(rounded) - exact).abs() <= 0.5 + 1e-6, "{text:?}");
}

fn pieces() -> impl Strategy<Value = String> {
    const PIECES: &[&str] = &[
        "0",
        "00",
        "7",
        "42",
        "42.5",
        "1000",
        "99999",
        "-",
        "+",
        ".",
        ",",
        "e",
        "E",
        "e1",
        "E-2",
        "e400",
        " ",
        "\n",
        "\0",
        "{",
        "}",
        "[",
        "]",
        ":",
        "\"",
        "\"power\"",
        "\"watts\"",
        "{\"power\":",
        "{\"watts\":",
        "power",
        "watts",
        "null",
        "true",
        "NaN",
        "Infinity",
        "\\",
        "é",
        "\u{feff}",
    ];
    vec(select(PIECES), 0..10).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_bytes_are_refused_unless_serde_json_reads_a_setpoint(payload in vec(any::<u8>(), 0..160)) {
        agrees_with_the_oracle(&payload);
    }

    #[test]
    fn pieces_of_setpoints_are_refused_unless_serde_json_reads_one(payload in pieces()) {
        agrees_with_the_oracle(payload.as_bytes());
    }

    #[test]
    fn one_byte_changed_in_a_setpoint_never_makes_another_grammar(
        payload in select(&[
            "42.5", "-0.05e1", "{\"power\":42.5}", " {\"watts\" : 900 }\n", "{\"power\":42,\"watts\":9}",
        ][..]),
        position in any::<proptest::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut payload = Vec::from(payload);
        let position = position.index(payload.len());
        payload[position] = byte;
        agrees_with_the_oracle(&payload);
    }

    #[test]
    fn every_percentage_with_two_decimals_is_read_exactly(value in -10_000_000..=10_000_000_i32) {
        let text = crate::Decimal::hundredths(value);
        let percent = [format!("{text}"), format!("{{\"power\":{text}}}"), format!("{value}e-2")];
        let watts = format!("{{\"watts\":{value}}}");
        for (payload, setpoint) in percent.iter().map(|payload| (payload, Setpoint::Centipercent(value)))
            .chain([(&watts, Setpoint::Watts(value))])
        {
            let common = parse_common_setpoint(payload.as_bytes(), SetpointUnit::Percent);
            prop_assert_eq!(common, Ok(setpoint));
            let alone = parse_setpoint(payload.as_bytes()).map_err(|refusal| refusal.kind());
            let is_for_one = value.abs() <= 100_000;
            prop_assert_eq!(alone, if is_for_one { Ok(setpoint) } else { Err(RefusalKind::OutOfRange) });
        }
    }

    #[test]
    fn every_number_in_range_that_a_program_writes_is_accepted(value in -1000.0..=1000.0_f64) {
        let text = serde_json::to_string(&value).unwrap();
        prop_assert!(parse_setpoint(text.as_bytes()).is_ok(), "{}", text);
    }
}

#[test]
fn a_number_alone_is_of_the_unit_of_the_router_and_a_key_is_what_it_says() {
    use RefusalKind as Kind;
    use Setpoint::{Centipercent, Watts};
    for (payload, percent, watts) in [
        ("900", Centipercent(90_000), Watts(900)),
        (" 42.5 ", Centipercent(4250), Watts(43)),
        ("-0.4", Centipercent(-40), Watts(0)),
        ("{\"power\":42.5}", Centipercent(4250), Centipercent(4250)),
        ("{\"watts\":900}", Watts(900), Watts(900)),
    ] {
        for (unit, setpoint) in [
            (SetpointUnit::Percent, percent),
            (SetpointUnit::Watts, watts),
        ] {
            assert_eq!(
                parse_common_setpoint(payload.as_bytes(), unit),
                Ok(setpoint),
                "{payload}"
            );
        }
        assert_eq!(parse_setpoint(payload.as_bytes()), Ok(percent));
    }
    let refused = |unit| parse_common_setpoint(b"100001", unit).map_err(|refusal| refusal.kind());
    assert_eq!(refused(SetpointUnit::Percent), Err(Kind::OutOfRange));
    assert_eq!(refused(SetpointUnit::Watts), Ok(Watts(100_001)));
}

#[test]
fn what_is_for_all_may_be_a_hundred_times_what_is_for_one() {
    use Setpoint::{Centipercent, Watts};
    for (payload, setpoint) in [
        ("1000.01", Centipercent(100_001)),
        ("100000", Centipercent(10_000_000)),
        ("-1e5", Centipercent(-10_000_000)),
        ("{\"watts\":100001}", Watts(100_001)),
        ("{\"watts\":-1e7}", Watts(-10_000_000)),
    ] {
        let payload = payload.as_bytes();
        let common = parse_common_setpoint(payload, SetpointUnit::Percent);
        assert_eq!(common, Ok(setpoint));
        let out = parse_setpoint(payload).unwrap_err().kind();
        assert_eq!(out, RefusalKind::OutOfRange);
        let power = crate::parse_power(payload, false).unwrap_err().kind();
        assert_eq!(power, RefusalKind::OutOfRange);
    }
    for payload in ["100000.01", "{\"watts\":10000001}"] {
        let refused = parse_common_setpoint(payload.as_bytes(), SetpointUnit::Percent);
        assert_eq!(refused.unwrap_err().kind(), RefusalKind::OutOfRange);
    }
}
