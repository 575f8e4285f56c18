use proptest::prelude::{any, proptest};

use super::{RefusalKind, Shown, Subject, Tunable, TunableKind, rounded};
use crate::Decimal;

const LIMIT: Tunable = Tunable {
    name: "water_limit",
    label: "Water limit",
    kind: TunableKind::Number {
        unit: "°C",
        decimals: 3,
        minimum: 5_000,
        maximum: 95_000,
        step: 500,
    },
};

const MODE: Tunable = Tunable {
    name: "mode",
    label: "Mode",
    kind: TunableKind::Choice(&["phase", "burst"]),
};

const LED: Tunable = Tunable {
    name: "led",
    label: "Lamp",
    kind: TunableKind::Switch,
};

#[test]
fn a_number_is_taken_in_its_range_and_rounded_to_its_step() {
    for (payload, value) in [
        ("60", 60_000),
        (" 60.5\n", 60_500),
        ("60.7", 60_500),
        ("60.75", 61_000),
        ("5", 5_000),
        ("95.0", 95_000),
        ("6e1", 60_000),
    ] {
        assert_eq!(
            LIMIT.parse(payload.as_bytes(), false),
            Ok(value),
            "{payload}"
        );
    }
    for (payload, kind) in [
        ("", RefusalKind::Empty),
        ("4.999", RefusalKind::OutOfRange),
        ("95.001", RefusalKind::OutOfRange),
        ("1e400", RefusalKind::OutOfRange),
        ("60 °C", RefusalKind::TrailingText),
        ("60,5", RefusalKind::MalformedNumber),
        ("hot", RefusalKind::NotANumber),
        ("{\"value\":60}", RefusalKind::NotANumber),
    ] {
        let refusal = LIMIT.parse(payload.as_bytes(), false).unwrap_err();
        assert_eq!(
            (refusal.subject(), refusal.kind()),
            (Subject::Config, kind),
            "{payload}"
        );
    }
    assert_eq!(
        LIMIT.parse(b"60", true).unwrap_err().kind(),
        RefusalKind::Retained
    );
    assert_eq!(
        LIMIT.parse(&[b'6'; 200], false).unwrap_err().kind(),
        RefusalKind::TooLong
    );
    assert_eq!(
        LIMIT.parse(b"\xff", false).unwrap_err().kind(),
        RefusalKind::NotText
    );
}

#[test]
fn a_choice_and_a_switch_know_their_words_only() {
    assert_eq!(MODE.parse(b"burst", false), Ok(1));
    assert_eq!(MODE.parse(b" phase ", false), Ok(0));
    assert_eq!(LED.parse(b"ON", false), Ok(1));
    assert_eq!(LED.parse(b"off", false), Ok(0));
    for (tunable, payload) in [(MODE, "Burst"), (MODE, "1"), (LED, "1"), (LED, "burst")] {
        let refusal = tunable.parse(payload.as_bytes(), false).unwrap_err();
        assert_eq!(refusal.kind(), RefusalKind::UnknownWord, "{payload}");
    }
    assert_eq!(
        LIMIT.shown(60_500),
        Some(Shown::Number(Decimal::thousandths(60_500)))
    );
    assert_eq!(MODE.shown(1), Some(Shown::Word("burst")));
    assert_eq!(MODE.shown(2), None);
    assert_eq!(MODE.shown(-1), None);
    assert_eq!(LED.shown(1), Some(Shown::Word("ON")));
}

#[test]
fn a_table_that_gives_no_topics_or_no_values_is_refused() {
    for good in [LIMIT, MODE, LED] {
        assert_eq!(good.validate(), Ok(()));
    }
    let number = |minimum, maximum, step, decimals, unit| Tunable {
        kind: TunableKind::Number {
            unit,
            decimals,
            minimum,
            maximum,
            step,
        },
        ..LIMIT
    };
    let long: &'static str = "o".repeat(94).leak();
    for wrong in [
        Tunable { name: "", ..LIMIT },
        Tunable {
            name: "a/b",
            ..LIMIT
        },
        Tunable { name: "A", ..LIMIT },
        Tunable {
            name: "a_very_long_name_of_a_tunable",
            ..LIMIT
        },
        Tunable {
            label: " ",
            ..LIMIT
        },
        Tunable {
            label: "\"",
            ..LIMIT
        },
        number(1, 1, 1, 0, ""),
        number(0, 1, 0, 0, ""),
        number(0, 1, 1, 4, ""),
        number(0, 1, 1, 0, "far too long"),
        Tunable {
            kind: TunableKind::Choice(&["one"]),
            ..LIMIT
        },
        Tunable {
            kind: TunableKind::Choice(&["one", ""]),
            ..LIMIT
        },
        Tunable {
            kind: TunableKind::Choice([long, "two"].to_vec().leak()),
            ..LIMIT
        },
    ] {
        assert!(wrong.validate().is_err(), "{wrong:?}");
    }
}

proptest! {
    #[test]
    fn what_is_rounded_lies_on_the_grid_and_in_the_range(
        (a, b) in any::<(i32, i32)>(), share in 0..=1000_i64, step in 1..i32::MAX,
    ) {
        let (minimum, maximum) = (a.min(b), a.max(b));
        let span = i64::from(maximum) - i64::from(minimum);
        let value = i32::try_from(i64::from(minimum) + span * share / 1000).unwrap();
        let result = rounded(value, minimum, maximum, step);
        assert!((minimum..=maximum).contains(&result));
        assert_eq!((i64::from(result) - i64::from(minimum)) % i64::from(step), 0);
        assert!((i64::from(result) - i64::from(value)).abs() <= i64::from(step));
    }

    #[test]
    fn any_bytes_are_a_value_of_the_setting_or_refused(payload in any::<std::vec::Vec<u8>>()) {
        if let Ok(value) = LIMIT.parse(&payload, false) {
            assert!((5_000..=95_000).contains(&value) && value % 500 == 0);
        }
        if let Ok(value) = MODE.parse(&payload, false) {
            assert!(MODE.shown(value).is_some());
        }
    }
}
