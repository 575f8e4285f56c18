//! Numbers that are none of their setting's type.

use super::*;

#[test]
fn a_number_beyond_its_type_is_told_the_range_of_the_setting_and_nothing_changes() {
    let before = with_broker();
    for (number, expected) in [
        (
            "4294967296",
            "the power on the heater's plate, such as 2000",
        ),
        ("-1", "the power on the heater's plate, such as 2000"),
        (
            "99999999999999999999",
            "the power on the heater's plate, such as 2000",
        ),
        ("1e3", "a whole number"),
    ] {
        let patch = format!("{{\"name\":\"New\",\"output\":{{\"rated_watts\":{number}}}}}");
        let refused = merge(&before, &patch).unwrap_err();
        assert_eq!(refused.path, "output.rated_watts");
        assert_eq!(refused.expected, expected, "{number}");
    }
    assert_eq!(before, with_broker());
    let sections: Vec<_> = NAMES.to_vec();
    assert_eq!(sections.len(), Section::ALL.len());
}

/// The last of the type is one of the setting, too, or something else is wrong as well.
#[test]
fn where_the_section_says_nothing_of_a_number_the_range_of_its_type_is_told() {
    let port = r#"{"brokers":[{"host":"a","port":65536}]}"#;
    let told = "brokers[0].port is 65536; expected: a whole number from 0 to 65535";
    assert_eq!(refusal(port), told);
    let two = r#"{"brokers":[{"host":"a","port":65536}],"output":{"rated_watts":0}}"#;
    assert_eq!(refusal(two), told);
    let first = r#"{"brokers":[{"host":"a","port":-1},{"host":"a","port":65536}]}"#;
    assert_eq!(
        refusal(first),
        told.replace("[0]", "[1]"),
        "one of the two, with its own words"
    );
}
