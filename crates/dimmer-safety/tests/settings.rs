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

#[test]
fn each_limit_of_a_setting_is_valid_and_one_step_beyond_is_refused_and_named() {
    type Set = fn(&mut Settings, i64);
    fn number<T: TryFrom<i64>>(value: i64) -> T {
        T::try_from(value).ok().unwrap()
    }
    let cases: [(&str, i64, i64, Set); 27] = [
        ("water_alarm_margin_millicelsius", 1_000, 40_000, |s, v| {
            s.water_alarm_margin_millicelsius = number(v)
        }),
        (
            "water_maximum_rate_millicelsius_per_minute",
            0,
            6_000_000,
            |s, v| s.water_maximum_rate_millicelsius_per_minute = number(v),
        ),
        (
            "heat_sink_derating_millicelsius",
            -29_999,
            84_000,
            |s, v| s.heat_sink_derating_millicelsius = number(v),
        ),
        ("heat_sink_resume_millicelsius", -29_999, 84_500, |s, v| {
            s.heat_sink_resume_millicelsius = number(v)
        }),
        (
            "heat_sink_alarm_margin_millicelsius",
            1_000,
            40_000,
            |s, v| s.heat_sink_alarm_margin_millicelsius = number(v),
        ),
        ("heat_sink_maximum_age_s", 1, 3_600, |s, v| {
            s.heat_sink_maximum_age_s = number(v)
        }),
        (
            "heat_sink_maximum_rate_millicelsius_per_minute",
            0,
            6_000_000,
            |s, v| s.heat_sink_maximum_rate_millicelsius_per_minute = number(v),
        ),
        (
            "heat_sink_plausible_maximum_millicelsius",
            85_001,
            125_000,
            |s, v| s.heat_sink_plausible_maximum_millicelsius = number(v),
        ),
        (
            "heat_sink_plausible_minimum_millicelsius",
            -55_000,
            69_999,
            |s, v| s.heat_sink_plausible_minimum_millicelsius = number(v),
        ),
        ("room_limit_millicelsius", 35_500, 79_999, |s, v| {
            s.room_probe = ProbeUse::Required;
            s.room_limit_millicelsius = Some(number(v));
        }),
        ("room_resume_millicelsius", -29_999, 39_500, |s, v| {
            s.room_probe = ProbeUse::Required;
            s.room_limit_millicelsius = Some(40_000);
            s.room_resume_millicelsius = number(v);
        }),
        ("room_maximum_age_s", 1, 3_600, |s, v| {
            s.room_maximum_age_s = number(v)
        }),
        (
            "room_maximum_rate_millicelsius_per_minute",
            0,
            6_000_000,
            |s, v| s.room_maximum_rate_millicelsius_per_minute = number(v),
        ),
        (
            "room_plausible_minimum_millicelsius",
            -55_000,
            79_999,
            |s, v| s.room_plausible_minimum_millicelsius = number(v),
        ),
        (
            "room_plausible_maximum_millicelsius",
            -29_999,
            125_000,
            |s, v| s.room_plausible_maximum_millicelsius = number(v),
        ),
        ("preheat_centipercent", 1, 10_000, |s, v| {
            s.preheat_centipercent = number(v)
        }),
        ("preheat_below_millicelsius", -9_999, 44_500, |s, v| {
            s.preheat_below_millicelsius = Some(number(v))
        }),
        ("preheat_until_millicelsius", 30_500, 59_999, |s, v| {
            s.preheat_below_millicelsius = Some(30_000);
            s.preheat_until_millicelsius = number(v);
        }),
        ("mains_maximum_age_ms", 200, 10_000, |s, v| {
            s.mains_maximum_age_ms = number(v)
        }),
        ("clock_maximum_step_s", 1, 3_600, |s, v| {
            s.clock_maximum_step_s = number(v)
        }),
        ("probe_lost_after_readings", 1, 100, |s, v| {
            s.probe_lost_after_readings = number(v)
        }),
        ("probe_lost_after_s", 1, 3_599, |s, v| {
            s.probe_lost_after_s = number(v)
        }),
        ("probe_lost_critical_after_s", 31, 604_800, |s, v| {
            s.probe_lost_critical_after_s = number(v)
        }),
        ("mains_lost_after_s", 1, 86_400, |s, v| {
            s.mains_lost_after_s = number(v)
        }),
        ("heating_energy_watt_hours", 0, 100_000, |s, v| {
            s.heating_energy_watt_hours = number(v)
        }),
        ("heating_rise_millicelsius", 100, 20_000, |s, v| {
            s.heating_rise_millicelsius = number(v)
        }),
        ("off_rise_millicelsius", 1_000, 50_000, |s, v| {
            s.off_rise_millicelsius = number(v)
        }),
    ];
    for (field, least, most, set) in cases {
        for (value, valid) in [
            (least, true),
            (most, true),
            (least - 1, false),
            (most + 1, false),
        ] {
            // A number that its type cannot hold needs no rule.
            if value < 0 && least == 0 {
                continue;
            }
            let mut settings = Settings::default();
            set(&mut settings, value);
            let judged = settings.validate();
            assert_eq!(judged.is_ok(), valid, "{field} = {value}: {judged:?}");
        }
    }
    let without = Settings {
        water_probe: ProbeUse::Absent,
        preheat_below_millicelsius: Some(40_000),
        ..Settings::default()
    };
    assert_eq!(
        without.validate().unwrap_err().field,
        "preheat_below_millicelsius"
    );
    let never = Settings {
        probe_lost_critical_after_s: 0,
        off_rise_millicelsius: 0,
        ..Settings::default()
    };
    assert_eq!(never.validate(), Ok(()));
    let loss = |heating_loss_watts| {
        Settings {
            heating_loss_watts,
            ..Settings::default()
        }
        .validate()
        .is_ok()
    };
    assert_eq!([loss(0), loss(2_000), loss(2_001)], [true, true, false]);
}

#[test]
fn a_limit_of_the_room_that_nobody_measures_is_refused_and_says_what_would_be_right() {
    let limited = |room_probe| Settings {
        room_probe,
        room_limit_millicelsius: Some(40_000),
        ..Settings::default()
    };
    assert_eq!(
        limited(ProbeUse::Absent)
            .validate()
            .unwrap_err()
            .to_string(),
        "room_limit_millicelsius is set without a room probe, and would limit nothing; expected: room_probe = \"required\", or no limit"
    );
    assert_eq!(limited(ProbeUse::Required).validate(), Ok(()));
    // A room that is only shown needs no limit.
    let shown = Settings {
        room_probe: ProbeUse::Required,
        ..Settings::default()
    };
    assert_eq!(shown.validate(), Ok(()));
}
