//! Settings as a person writes them, and what is refused.

use dimmer_pool::{
    NumberIs, POOL_LIMIT_WATTS, PercentOf, SETPOINT_LIMIT_CENTIPERCENT, Settings, Sharing,
};

#[test]
fn nothing_written_is_the_default_and_valid() {
    let settings: Settings = toml::from_str("").unwrap();
    assert_eq!(settings, Settings::default());
    assert_eq!(settings.validate(), Ok(()));
    assert_eq!(settings.full_setpoint_centipercent(), 10_000);
}

#[test]
fn the_second_dimmer_is_one_line() {
    let settings: Settings = toml::from_str("start_centipercent = 5000").unwrap();
    assert_eq!(settings.validate(), Ok(()));
    assert_eq!(settings.full_setpoint_centipercent(), 15_000);
}

#[test]
fn a_member_of_a_shared_pool_is_written_in_words() {
    let text = r#"
        sharing = "rotating"
        number_is = "watts"
        percent_of = "pool"
        pool_watts = 9000
        priority = 0
        weight = 1000
        ramp_centipercent_per_s = 500
        announce_interval_s = 60
    "#;
    let settings: Settings = toml::from_str(text).unwrap();
    assert_eq!(settings.validate(), Ok(()));
    assert_eq!(
        settings,
        Settings {
            sharing: Sharing::Rotating,
            number_is: NumberIs::Watts,
            percent_of: PercentOf::Pool,
            pool_watts: 9_000,
            priority: 0,
            weight: 1_000,
            ramp_centipercent_per_s: 500,
            announce_interval_s: 60,
            ..Settings::default()
        }
    );
    for sharing in Sharing::ALL {
        let text = format!("sharing = \"{sharing}\"");
        let settings: Settings = toml::from_str(&text).unwrap();
        assert_eq!(settings.sharing, sharing);
        assert_eq!(Sharing::from_code(sharing.code()), Some(sharing));
    }
    assert_eq!(Sharing::from_code("first"), None);
}

#[test]
fn percent_of_a_pool_of_unknown_power_needs_members_that_announce_themselves() {
    let settings = Settings {
        percent_of: PercentOf::Pool,
        ..Settings::default()
    };
    let error = settings.validate().unwrap_err();
    assert_eq!(error.field, "pool_watts");
    assert!(error.to_string().contains("percent_of"), "{error}");
    for settings in [
        Settings {
            pool_watts: 1,
            ..settings
        },
        Settings {
            sharing: Sharing::Equal,
            ..settings
        },
    ] {
        assert_eq!(settings.validate(), Ok(()));
    }
}

#[test]
fn an_unknown_field_is_refused() {
    let error = toml::from_str::<Settings>("start = 50").unwrap_err();
    assert!(error.to_string().contains("start"), "{error}");
}

#[test]
fn the_limits_themselves_are_valid() {
    for settings in [
        Settings {
            start_centipercent: SETPOINT_LIMIT_CENTIPERCENT,
            ..Settings::default()
        },
        Settings {
            full_centipercent: Some(SETPOINT_LIMIT_CENTIPERCENT),
            ..Settings::default()
        },
        Settings {
            full_centipercent: Some(1),
            ..Settings::default()
        },
        Settings {
            minimum_centipercent: 10_000,
            ..Settings::default()
        },
        Settings {
            maximum_centipercent: 1,
            ..Settings::default()
        },
        Settings {
            start_hysteresis_centipercent: 9_999,
            ..Settings::default()
        },
        Settings {
            start_hysteresis_centipercent: 9_000,
            minimum_centipercent: 1_000,
            ..Settings::default()
        },
    ] {
        assert_eq!(settings.validate(), Ok(()), "{settings:?}");
    }
}

#[test]
fn what_cannot_work_is_refused_and_named() {
    let base = Settings::default();
    for (settings, field) in [
        (
            Settings {
                start_centipercent: -1,
                ..base
            },
            "start_centipercent",
        ),
        (
            Settings {
                start_centipercent: SETPOINT_LIMIT_CENTIPERCENT + 1,
                ..base
            },
            "start_centipercent",
        ),
        (
            Settings {
                start_centipercent: 5_000,
                full_centipercent: Some(5_000),
                ..base
            },
            "full_centipercent",
        ),
        (
            Settings {
                full_centipercent: Some(SETPOINT_LIMIT_CENTIPERCENT + 1),
                ..base
            },
            "full_centipercent",
        ),
        (
            Settings {
                maximum_centipercent: 0,
                ..base
            },
            "maximum_centipercent",
        ),
        (
            Settings {
                maximum_centipercent: 10_001,
                ..base
            },
            "maximum_centipercent",
        ),
        (
            Settings {
                minimum_centipercent: 5_001,
                maximum_centipercent: 5_000,
                ..base
            },
            "minimum_centipercent",
        ),
        (
            Settings {
                start_hysteresis_centipercent: 10_000,
                ..base
            },
            "start_hysteresis_centipercent",
        ),
        (
            Settings {
                start_hysteresis_centipercent: 9_001,
                minimum_centipercent: 1_000,
                ..base
            },
            "start_hysteresis_centipercent",
        ),
        (
            Settings {
                pool_watts: POOL_LIMIT_WATTS + 1,
                ..base
            },
            "pool_watts",
        ),
        (Settings { weight: 0, ..base }, "weight"),
        (
            Settings {
                weight: 1_001,
                ..base
            },
            "weight",
        ),
        (
            Settings {
                announce_interval_s: 0,
                ..base
            },
            "announce_interval_s",
        ),
        (
            Settings {
                announce_interval_s: 61,
                ..base
            },
            "announce_interval_s",
        ),
    ] {
        let error = settings.validate().unwrap_err();
        assert_eq!(error.field, field, "{settings:?}");
        let text = error.to_string();
        assert!(
            text.starts_with(field) && text.contains("; expected: "),
            "{text}"
        );
    }
}
