//! Who may ask for power, the temperatures that limit it, and which rates are believed.

use dimmer_safety::{
    Instant, ProbeFault, ProbeUse, Reason, Role, Safety, Settings, Source, Verdict,
};

fn at(milliseconds: u64) -> Instant {
    Instant::from_ticks(milliseconds * 1_000)
}

/// Water of 42 °C, mains locked, and nobody who wants anything.
fn idle(settings: Settings) -> Safety {
    assert_eq!(settings.validate(), Ok(()));
    let mut safety = Safety::new(settings, at(0));
    safety.mains(at(0), true);
    safety.temperature(at(0), Role::Water, Ok(42_000));
    safety
}

fn power(safety: &mut Safety, milliseconds: u64) -> (u16, Reason) {
    safety.mains(at(milliseconds), true);
    let decision = safety.decide(at(milliseconds));
    (decision.permit().centipercent(), decision.reason())
}

#[test]
fn the_largest_wish_counts_and_each_says_its_name() {
    let mut safety = idle(Settings::default());
    safety.wish(at(0), Source::Setpoint, 2_000);
    assert_eq!(power(&mut safety, 0), (2_000, Reason::Following));
    safety.wish(at(0), Source::Boost, 5_000);
    assert_eq!(power(&mut safety, 0), (5_000, Reason::Boosting));
    safety.wish(at(0), Source::Schedule, 6_000);
    assert_eq!(power(&mut safety, 0), (6_000, Reason::Scheduled));
    safety.wish(at(0), Source::Setpoint, 6_000);
    assert_eq!(
        power(&mut safety, 0),
        (6_000, Reason::Following),
        "of equals the first"
    );
    safety.withdraw(at(0), Source::Setpoint);
    safety.withdraw(at(0), Source::Schedule);
    safety.withdraw(at(0), Source::Boost);
    assert_eq!(power(&mut safety, 0), (0, Reason::SetpointMissing));
}

#[test]
fn an_amended_wish_is_another_amount_and_no_fresher() {
    let mut safety = idle(Settings {
        setpoint_maximum_age_s: 10,
        ..Settings::default()
    });
    safety.amend(at(0), Source::Setpoint, 4_000);
    assert_eq!(
        power(&mut safety, 0),
        (0, Reason::SetpointMissing),
        "nobody asked"
    );
    safety.wish(at(0), Source::Setpoint, 2_000);
    safety.amend(at(9_000), Source::Setpoint, 65_000);
    assert_eq!(power(&mut safety, 9_000), (10_000, Reason::Following));
    safety.amend(at(9_500), Source::Setpoint, 3_000);
    assert_eq!(power(&mut safety, 9_999), (3_000, Reason::Following));
    assert_eq!(power(&mut safety, 10_000), (0, Reason::SetpointStale));
    safety.amend(at(10_000), Source::Setpoint, 3_000);
    assert_eq!(power(&mut safety, 10_000), (0, Reason::SetpointStale));
}

#[test]
fn a_temperature_from_another_source_is_stale_until_it_is_heard_and_stays_too_hot() {
    let mut safety = idle(Settings {
        water_maximum_rate_millicelsius_per_minute: 0,
        ..Settings::default()
    });
    safety.wish(at(0), Source::Setpoint, 2_000);
    safety.source_changed(at(0), Role::HeatSink);
    assert_eq!(power(&mut safety, 0), (2_000, Reason::Following));
    safety.source_changed(at(0), Role::Water);
    assert_eq!(power(&mut safety, 0), (0, Reason::ProbeStale));
    safety.temperature(at(1), Role::Water, Ok(61_000));
    safety.source_changed(at(1), Role::Water);
    safety.temperature(at(2), Role::Water, Ok(58_000));
    assert_eq!(power(&mut safety, 2), (0, Reason::WaterTooHot));
}

#[test]
fn a_boost_or_a_schedule_that_nobody_renews_ends_within_two_seconds() {
    for source in [Source::Boost, Source::Schedule] {
        let mut safety = idle(Settings::default());
        safety.wish(at(0), source, 7_000);
        assert_eq!(power(&mut safety, 1_999).0, 7_000);
        assert_eq!(power(&mut safety, 2_000), (0, Reason::SetpointMissing));
    }
}

#[test]
fn a_wish_in_the_name_of_the_preheating_counts_for_nothing() {
    let mut safety = idle(Settings::default());
    safety.wish(at(0), Source::Preheat, 10_000);
    safety.withdraw(at(0), Source::Preheat);
    assert_eq!(power(&mut safety, 0), (0, Reason::SetpointMissing));
}

#[test]
fn no_source_passes_what_forbids_power() {
    for source in [Source::Setpoint, Source::Boost, Source::Schedule] {
        let mut safety = idle(Settings::default());
        safety.wish(at(0), source, 10_000);
        assert_eq!(power(&mut safety, 0).0, 10_000);
        safety.switched(at(0), false);
        assert_eq!(power(&mut safety, 0), (0, Reason::SwitchedOff));
        safety.switched(at(0), true);
        safety.temperature(at(0), Role::Water, Ok(-127_000));
        assert_eq!(power(&mut safety, 0), (0, Reason::ProbeImplausible));
    }
}

fn preheating() -> Settings {
    Settings {
        preheat_below_millicelsius: Some(40_000),
        preheat_centipercent: 4_000,
        ..Settings::default()
    }
}

#[test]
fn below_its_minimum_the_water_is_heated_until_the_end_of_the_hysteresis() {
    let mut safety = idle(preheating());
    let mut now = 0;
    for (millicelsius, expected) in [
        (40_001, (0, Reason::SetpointMissing)),
        (40_000, (4_000, Reason::Preheating)),
        (44_999, (4_000, Reason::Preheating)),
        (45_000, (0, Reason::SetpointMissing)),
        (40_001, (0, Reason::SetpointMissing)),
    ] {
        now += 10_000;
        safety.temperature(at(now), Role::Water, Ok(millicelsius));
        assert_eq!(power(&mut safety, now), expected, "{millicelsius}");
    }
}

#[test]
fn preheating_survives_a_setpoint_of_nothing_and_gives_way_to_a_larger_one() {
    let mut safety = idle(preheating());
    safety.temperature(at(2_000), Role::Water, Ok(39_000));
    safety.wish(at(2_000), Source::Setpoint, 0);
    assert_eq!(power(&mut safety, 2_000), (4_000, Reason::Preheating));
    safety.wish(at(2_000), Source::Setpoint, 4_000);
    assert_eq!(power(&mut safety, 2_000), (4_000, Reason::Following));
    safety.wish(at(2_000), Source::Setpoint, 9_000);
    assert_eq!(power(&mut safety, 2_000), (9_000, Reason::Following));
}

#[test]
fn preheating_obeys_every_other_rule() {
    let mut safety = idle(preheating());
    assert_eq!(
        power(&mut safety, 0).0,
        0,
        "without a reading below the minimum nothing is wished"
    );
    safety.temperature(at(2_000), Role::Water, Ok(39_000));
    safety.mains(at(2_000), false);
    assert_eq!(safety.decide(at(2_000)).permit().centipercent(), 0);
    safety.switched(at(2_000), false);
    assert_eq!(power(&mut safety, 2_000), (0, Reason::SwitchedOff));
    safety.switched(at(2_000), true);
    assert_eq!(power(&mut safety, 2_000).0, 4_000);
    assert_eq!(power(&mut safety, 31_999).0, 4_000);
    assert_eq!(power(&mut safety, 32_000), (0, Reason::ProbeStale));
}

#[test]
fn changed_settings_judge_the_preheating_anew() {
    let mut safety = idle(Settings::default());
    let higher = Settings {
        preheat_below_millicelsius: Some(42_000),
        ..preheating()
    };
    safety.set_settings(at(0), higher);
    assert_eq!(power(&mut safety, 0).0, 4_000);
    safety.set_settings(at(0), Settings::default());
    assert_eq!(power(&mut safety, 0).0, 0);
    safety.set_settings(at(0), higher);
    assert_eq!(power(&mut safety, 30_000), (0, Reason::ProbeStale));
    safety.set_settings(at(30_000), higher);
    safety.temperature(at(30_000), Role::Water, Ok(44_000));
    assert_eq!(
        power(&mut safety, 30_000).0,
        0,
        "the old reading began nothing"
    );
}

fn with_heat_sink(millicelsius: i32) -> Safety {
    let mut safety = idle(Settings {
        heat_sink_probe: ProbeUse::Required,
        ..Settings::default()
    });
    safety.wish(at(0), Source::Setpoint, 10_000);
    safety.temperature(at(0), Role::HeatSink, Ok(millicelsius));
    safety
}

#[test]
fn a_warm_heat_sink_takes_power_away_in_a_straight_line() {
    for (millicelsius, permitted, reason) in [
        (20_000, 10_000, Reason::Following),
        (70_000, 10_000, Reason::Following),
        (70_150, 9_900, Reason::HeatSinkDerating),
        (77_500, 5_000, Reason::HeatSinkDerating),
        (84_850, 100, Reason::HeatSinkDerating),
        (84_999, 1, Reason::HeatSinkDerating),
        (85_000, 0, Reason::HeatSinkTooHot),
    ] {
        let mut safety = with_heat_sink(millicelsius);
        assert_eq!(power(&mut safety, 0), (permitted, reason), "{millicelsius}");
    }
    let mut safety = with_heat_sink(77_500);
    safety.wish(at(0), Source::Setpoint, 5_000);
    assert_eq!(
        power(&mut safety, 0),
        (5_000, Reason::Following),
        "nothing is taken away"
    );
    let verdict = safety.decide(at(0)).verdict();
    assert_eq!(
        verdict,
        Verdict::Limited {
            maximum_centipercent: 5_000
        }
    );
}

#[test]
fn the_tighter_of_two_limits_gives_the_reason() {
    for (maximum_centipercent, reason) in [
        (4_999, Reason::LimitedBySetting),
        (5_000, Reason::LimitedBySetting),
        (5_001, Reason::HeatSinkDerating),
    ] {
        let mut safety = with_heat_sink(77_500);
        safety.set_settings(
            at(0),
            Settings {
                maximum_centipercent,
                ..*safety.settings()
            },
        );
        assert_eq!(
            power(&mut safety, 0),
            (maximum_centipercent.min(5_000), reason)
        );
    }
}

#[test]
fn a_required_heat_sink_that_is_not_heard_turns_the_output_off() {
    let mut safety = with_heat_sink(40_000);
    safety.temperature(at(29_000), Role::Water, Ok(42_000));
    assert_eq!(power(&mut safety, 29_999), (10_000, Reason::Following));
    assert_eq!(safety.next_deadline(at(29_999)), at(30_000));
    assert_eq!(power(&mut safety, 30_000), (0, Reason::HeatSinkProbeLost));
    assert_eq!(safety.fault(Role::HeatSink), None);
}

#[test]
fn the_room_only_informs_unless_a_limit_is_set() {
    let mut safety = idle(Settings {
        room_probe: ProbeUse::Required,
        ..Settings::default()
    });
    safety.wish(at(0), Source::Setpoint, 10_000);
    assert_eq!(power(&mut safety, 0), (10_000, Reason::Following));
    safety.temperature(at(0), Role::Room, Ok(70_000));
    assert_eq!(safety.millicelsius(at(0), Role::Room), Some(70_000));
    assert_eq!(power(&mut safety, 0), (10_000, Reason::Following));
    let limited = Settings {
        room_limit_millicelsius: Some(40_000),
        ..*safety.settings()
    };
    safety.set_settings(at(0), limited);
    assert_eq!(power(&mut safety, 0), (0, Reason::RoomTooHot));
    let mut safety = idle(limited);
    safety.wish(at(0), Source::Setpoint, 10_000);
    assert_eq!(power(&mut safety, 0), (0, Reason::RoomProbeLost));
    safety.temperature(at(0), Role::Room, Ok(20_000));
    assert_eq!(power(&mut safety, 0), (10_000, Reason::Following));
}

#[test]
fn a_reading_too_far_from_the_one_before_is_not_believed_until_time_allows_it() {
    // 120 degrees in a minute, and one for noise.
    for (milliseconds, millicelsius, believed) in [
        (0, 43_000, true),
        (0, 43_001, false),
        (0, 41_000, true),
        (0, 40_999, false),
        (2_000, 47_000, true),
        (2_000, 47_001, false),
        (2_000, 37_000, true),
        (2_000, 36_999, false),
        (29_999, -10_000, true),
        (30_000, 59_000, true),
    ] {
        let mut safety = idle(Settings::default());
        safety.wish(at(0), Source::Setpoint, 10_000);
        safety.temperature(at(milliseconds), Role::Water, Ok(millicelsius));
        let expected = if believed {
            Reason::Following
        } else {
            Reason::ProbeImplausible
        };
        assert_eq!(
            power(&mut safety, milliseconds).1,
            expected,
            "{millicelsius} after {milliseconds} ms"
        );
        let fault = (!believed).then_some(ProbeFault::TooFast);
        assert_eq!(safety.fault(Role::Water), fault);
    }
    let mut safety = idle(Settings {
        water_maximum_rate_millicelsius_per_minute: 0,
        ..Settings::default()
    });
    safety.temperature(at(0), Role::Water, Ok(59_000));
    assert_eq!(safety.millicelsius(at(0), Role::Water), Some(59_000));
}

#[test]
fn a_gate_that_refuses_is_the_reason_where_nothing_else_is() {
    let mut safety = idle(Settings::default());
    safety.wish(at(0), Source::Setpoint, 10_000);
    safety.gate_fault(at(0), true);
    assert_eq!(power(&mut safety, 0), (10_000, Reason::GateFault));
    safety.switched(at(0), false);
    assert_eq!(power(&mut safety, 0), (0, Reason::SwitchedOff));
    safety.switched(at(0), true);
    safety.gate_fault(at(0), false);
    assert_eq!(power(&mut safety, 0), (10_000, Reason::Following));
}
