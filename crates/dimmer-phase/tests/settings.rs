//! Settings as data.

use dimmer_phase::{Curve, Settings};

#[test]
fn the_defaults_are_valid() {
    assert_eq!(Settings::default().validate(), Ok(()));
}

#[test]
fn an_empty_file_is_the_defaults_and_a_written_field_counts() {
    assert_eq!(toml::from_str::<Settings>("").unwrap(), Settings::default());
    let settings: Settings = toml::from_str("offset_us = -150\ncurve = \"linear\"").unwrap();
    assert_eq!((settings.offset_us, settings.curve), (-150, Curve::Linear));
}

#[test]
fn an_unknown_field_is_refused() {
    assert!(toml::from_str::<Settings>("ofset_us = 1").is_err());
}

#[test]
fn a_field_out_of_range_is_named_with_its_range() {
    let settings = Settings {
        minimum_delay_us: 400,
        ..Settings::default()
    };
    let error = settings.validate().unwrap_err();
    assert_eq!(error.field, "minimum_delay_us");
    assert_eq!(
        error.to_string(),
        "minimum_delay_us is out of range; expected 20 to 320 µs"
    );
}
