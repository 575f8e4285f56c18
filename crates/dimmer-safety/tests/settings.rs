//! Settings as a person writes them, and what is refused.

use dimmer_safety::{ProbeUse, Settings};

#[test]
fn nothing_written_is_the_default_and_valid() {
    let settings: Settings = toml::from_str("").unwrap();
    assert_eq!(settings, Settings::default());
    assert_eq!(settings.validate(), Ok(()));
    assert_eq!(settings.water_probe, ProbeUse::Required);
}

#[test]
fn a_dimmer_without_a_probe_says_so() {
    let settings: Settings = toml::from_str("water_probe = \"absent\"").unwrap();
    assert_eq!(settings.water_probe, ProbeUse::Absent);
    assert_eq!(settings.validate(), Ok(()));
}

#[test]
fn an_unknown_field_is_refused() {
    let error = toml::from_str::<Settings>("water_limit = 60").unwrap_err();
    assert!(error.to_string().contains("water_limit"), "{error}");
}

#[test]
fn the_limits_themselves_are_valid() {
    let base = Settings::default();
    for settings in [
        Settings {
            water_limit_millicelsius: 5_000,
            water_resume_millicelsius: 4_500,
            ..base
        },
        Settings {
            water_limit_millicelsius: 95_000,
            ..base
        },
        Settings {
            water_resume_millicelsius: 59_500,
            ..base
        },
        Settings {
            water_resume_millicelsius: -9_999,
            ..base
        },
        Settings {
            water_plausible_minimum_millicelsius: -55_000,
            ..base
        },
        Settings {
            water_plausible_maximum_millicelsius: 125_000,
            ..base
        },
        Settings {
            water_plausible_maximum_millicelsius: 60_001,
            ..base
        },
        Settings {
            water_maximum_age_s: 1,
            ..base
        },
        Settings {
            water_maximum_age_s: 3_600,
            ..base
        },
        Settings {
            setpoint_maximum_age_s: 1,
            ..base
        },
        Settings {
            setpoint_maximum_age_s: 86_400,
            ..base
        },
        Settings {
            maximum_centipercent: 1,
            ..base
        },
    ] {
        assert_eq!(settings.validate(), Ok(()), "{settings:?}");
    }
}

#[test]
fn what_cannot_work_is_refused_and_named() {
    let base = Settings::default();
    for (settings, field, problem) in [
        (
            Settings {
                water_plausible_minimum_millicelsius: -55_001,
                ..base
            },
            "water_plausible_minimum_millicelsius",
            "is below -55000",
        ),
        (
            Settings {
                water_plausible_maximum_millicelsius: 125_001,
                ..base
            },
            "water_plausible_maximum_millicelsius",
            "is above 125000",
        ),
        (
            Settings {
                water_limit_millicelsius: 4_999,
                ..base
            },
            "water_limit_millicelsius",
            "is outside 5000 to 95000",
        ),
        (
            Settings {
                water_limit_millicelsius: 95_001,
                ..base
            },
            "water_limit_millicelsius",
            "is outside 5000 to 95000",
        ),
        (
            Settings {
                water_limit_millicelsius: i32::MIN,
                ..base
            },
            "water_limit_millicelsius",
            "is outside 5000 to 95000",
        ),
        (
            Settings {
                water_plausible_maximum_millicelsius: 60_000,
                ..base
            },
            "water_limit_millicelsius",
            "is not below the plausible maximum",
        ),
        (
            Settings {
                water_resume_millicelsius: 59_501,
                ..base
            },
            "water_resume_millicelsius",
            "is less than 500 below the limit",
        ),
        (
            Settings {
                water_resume_millicelsius: i32::MAX,
                ..base
            },
            "water_resume_millicelsius",
            "is less than 500 below the limit",
        ),
        (
            Settings {
                water_resume_millicelsius: -10_000,
                ..base
            },
            "water_resume_millicelsius",
            "is not above the plausible minimum",
        ),
        (
            Settings {
                water_plausible_minimum_millicelsius: 54_000,
                ..base
            },
            "water_resume_millicelsius",
            "is not above the plausible minimum",
        ),
        (
            Settings {
                water_maximum_age_s: 0,
                ..base
            },
            "water_maximum_age_s",
            "is outside 1 to 3600",
        ),
        (
            Settings {
                water_maximum_age_s: 3_601,
                ..base
            },
            "water_maximum_age_s",
            "is outside 1 to 3600",
        ),
        (
            Settings {
                setpoint_maximum_age_s: 0,
                ..base
            },
            "setpoint_maximum_age_s",
            "is outside 1 to 86400",
        ),
        (
            Settings {
                setpoint_maximum_age_s: 86_401,
                ..base
            },
            "setpoint_maximum_age_s",
            "is outside 1 to 86400",
        ),
        (
            Settings {
                maximum_centipercent: 0,
                ..base
            },
            "maximum_centipercent",
            "is outside 1 to 10000",
        ),
        (
            Settings {
                maximum_centipercent: 10_001,
                ..base
            },
            "maximum_centipercent",
            "is outside 1 to 10000",
        ),
    ] {
        let error = settings.validate().unwrap_err();
        assert_eq!(
            (error.field, error.problem),
            (field, problem),
            "{settings:?}"
        );
        let text = error.to_string();
        assert!(
            text.starts_with(&format!("{field} {problem}; expected: ")),
            "{text}"
        );
    }
}
