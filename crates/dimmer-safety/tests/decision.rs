//! What turns the output off, what turns it on again, and which reason is given.

use dimmer_safety::{
    Decision, Instant, Permitted, ProbeFault, ProbeUse, Reason, Role, Safety, Settings, Source,
    Verdict,
};

const SECOND: u64 = 1_000_000;

fn at(seconds: u64) -> Instant {
    Instant::from_ticks(seconds * SECOND)
}

/// Mains that is spoken of once holds for all of a test, a long silence is no jump, and any reading may follow any other: each of these
/// has tests of its own.
fn patient(settings: Settings) -> Settings {
    Settings {
        mains_maximum_age_ms: 10_000,
        clock_maximum_step_s: 3_600,
        water_maximum_rate_millicelsius_per_minute: 0,
        off_rise_millicelsius: 0,
        water_alarm_margin_millicelsius: 40_000,
        ..settings
    }
}

/// At 100 s, everything well: water at 40 °C, a setpoint, mains locked.
fn running(settings: Settings) -> Safety {
    let mut safety = Safety::new(patient(settings), at(0));
    safety.mains(at(100), true);
    safety.temperature(at(100), Role::Water, Ok(40_000));
    safety.wish(at(100), Source::Setpoint, 10_000);
    safety
}

/// The reason at a time at which the mains has just been said to be locked.
fn reason(safety: &mut Safety, seconds: u64) -> Reason {
    safety.mains(at(seconds), true);
    judged(safety, seconds)
}

fn judged(safety: &mut Safety, seconds: u64) -> Reason {
    let decision = safety.decide(at(seconds));
    let off = decision.permit().is_off();
    assert_eq!(off, decision.verdict() == Verdict::Off);
    assert_eq!(off, decision.reason().is_off());
    decision.reason()
}

#[test]
fn after_a_start_the_output_is_off_until_every_input_has_come() {
    let mut safety = Safety::new(Settings::default(), at(0));
    assert_eq!(judged(&mut safety, 0), Reason::ProbeMissing);
    safety.temperature(at(1), Role::Water, Ok(40_000));
    assert_eq!(judged(&mut safety, 1), Reason::MainsNotLocked);
    safety.mains(at(1), true);
    assert_eq!(judged(&mut safety, 1), Reason::SetpointMissing);
    safety.wish(at(1), Source::Setpoint, 10_000);
    assert_eq!(judged(&mut safety, 1), Reason::Following);
    assert_eq!(safety.decide(at(1)).verdict(), Verdict::Free);
}

#[test]
fn a_stale_setpoint_turns_the_output_off() {
    let mut safety = running(Settings {
        water_maximum_age_s: 3_600,
        ..Settings::default()
    });
    let last_instant = Instant::from_ticks(160 * SECOND - 1);
    safety.mains(last_instant, true);
    assert_eq!(safety.decide(last_instant).reason(), Reason::Following);
    assert_eq!(reason(&mut safety, 160), Reason::SetpointStale);
    safety.wish(at(161), Source::Setpoint, 10_000);
    assert_eq!(reason(&mut safety, 161), Reason::Following);
}

#[test]
fn a_setpoint_that_repeats_is_alive() {
    let mut safety = running(Settings::default());
    for seconds in (100..2_000).step_by(20) {
        safety.temperature(at(seconds), Role::Water, Ok(40_000));
        safety.wish(at(seconds), Source::Setpoint, 10_000);
        assert_eq!(reason(&mut safety, seconds + 19), Reason::Following);
    }
}

#[test]
fn a_silent_probe_turns_the_output_off() {
    let mut safety = running(Settings::default());
    let last_instant = Instant::from_ticks(130 * SECOND - 1);
    safety.mains(last_instant, true);
    assert_eq!(safety.decide(last_instant).reason(), Reason::Following);
    assert_eq!(safety.millicelsius(last_instant, Role::Water), Some(40_000));
    assert_eq!(reason(&mut safety, 130), Reason::ProbeStale);
    assert_eq!(safety.millicelsius(at(130), Role::Water), None);
    assert_eq!(safety.fault(Role::Water), None);
}

#[test]
fn a_probe_fault_is_not_a_reading() {
    let mut safety = running(Settings::default());
    for seconds in 101..130 {
        safety.temperature(at(seconds), Role::Water, Err(ProbeFault::Checksum));
        assert_eq!(reason(&mut safety, seconds), Reason::Following, "{seconds}");
    }
    assert_eq!(reason(&mut safety, 130), Reason::ProbeFault);
    assert_eq!(safety.fault(Role::Water), Some(ProbeFault::Checksum));
    safety.temperature(at(131), Role::Water, Ok(40_000));
    assert_eq!(reason(&mut safety, 131), Reason::Following);
    assert_eq!(safety.fault(Role::Water), None);
}

#[test]
fn a_probe_that_never_gave_a_reading_says_why_if_it_can() {
    let mut safety = Safety::new(Settings::default(), at(0));
    assert_eq!(reason(&mut safety, 5), Reason::ProbeMissing);
    safety.temperature(at(6), Role::Water, Err(ProbeFault::Absent));
    assert_eq!(reason(&mut safety, 6), Reason::ProbeFault);
    assert_eq!(safety.fault(Role::Water), Some(ProbeFault::Absent));
}

#[test]
fn an_implausible_reading_turns_the_output_off_at_once_until_a_plausible_one() {
    for glitch in [
        Ok(-127_000),
        Ok(-10_001),
        Ok(110_001),
        Ok(i32::MIN),
        Err(ProbeFault::OutOfRange),
    ] {
        let mut safety = running(Settings::default());
        safety.temperature(at(101), Role::Water, glitch);
        assert_eq!(
            reason(&mut safety, 101),
            Reason::ProbeImplausible,
            "{glitch:?}"
        );
        assert_eq!(safety.millicelsius(at(101), Role::Water), None);
        safety.temperature(at(102), Role::Water, Err(ProbeFault::Checksum));
        assert_eq!(reason(&mut safety, 102), Reason::ProbeImplausible);
        safety.temperature(at(103), Role::Water, Ok(40_000));
        assert_eq!(reason(&mut safety, 103), Reason::Following);
    }
}

#[test]
fn the_ends_of_the_plausible_range_are_plausible() {
    let mut safety = running(Settings::default());
    safety.temperature(at(101), Role::Water, Ok(-10_000));
    assert_eq!(reason(&mut safety, 101), Reason::Following);
    safety.temperature(at(102), Role::Water, Ok(110_000));
    assert_eq!(reason(&mut safety, 102), Reason::WaterTooHot);
}

#[test]
fn at_its_limit_the_water_must_cool_to_the_resume_temperature() {
    let mut safety = running(Settings::default());
    for (millicelsius, expected) in [
        (59_999, Reason::Following),
        (60_000, Reason::WaterTooHot),
        (59_999, Reason::WaterTooHot),
        (54_001, Reason::WaterTooHot),
        (54_000, Reason::Following),
        (59_999, Reason::Following),
        (75_000, Reason::WaterTooHot),
    ] {
        safety.temperature(at(101), Role::Water, Ok(millicelsius));
        assert_eq!(reason(&mut safety, 101), expected, "{millicelsius}");
    }
}

#[test]
fn water_that_was_too_hot_stays_so_through_a_lost_probe() {
    let mut safety = running(Settings {
        setpoint_maximum_age_s: 3_600,
        ..Settings::default()
    });
    safety.temperature(at(101), Role::Water, Ok(61_000));
    safety.temperature(at(140), Role::Water, Err(ProbeFault::Absent));
    assert_eq!(reason(&mut safety, 140), Reason::ProbeFault);
    safety.temperature(at(150), Role::Water, Ok(57_000));
    assert_eq!(reason(&mut safety, 150), Reason::WaterTooHot);
}

#[test]
fn mains_and_switch_turn_the_output_off_at_once() {
    let mut safety = running(Settings::default());
    safety.mains(at(101), false);
    assert_eq!(judged(&mut safety, 101), Reason::MainsNotLocked);
    safety.mains(at(101), true);
    safety.switched(at(101), false);
    assert_eq!(judged(&mut safety, 101), Reason::SwitchedOff);
    safety.switched(at(101), true);
    assert_eq!(judged(&mut safety, 101), Reason::Following);
}

#[test]
fn a_word_on_the_mains_that_nobody_repeats_holds_for_its_maximum_age() {
    let mut safety = running(Settings::default());
    assert_eq!(judged(&mut safety, 109), Reason::Following);
    assert_eq!(safety.next_deadline(at(109)), at(110));
    assert_eq!(judged(&mut safety, 110), Reason::MainsNotLocked);
    // Stale by the old settings, it is not made fresh by new ones.
    let mut safety = running(Settings::default());
    let short = Settings {
        mains_maximum_age_ms: 1_000,
        ..*safety.settings()
    };
    safety.set_settings(at(101), short);
    assert_eq!(judged(&mut safety, 101), Reason::MainsNotLocked);
    safety.set_settings(at(101), patient(short));
    assert_eq!(judged(&mut safety, 101), Reason::MainsNotLocked);
}

#[test]
fn without_a_probe_only_its_readings_decide_nothing() {
    let absent = Settings {
        water_probe: ProbeUse::Absent,
        ..Settings::default()
    };
    let mut safety = Safety::new(patient(absent), at(0));
    assert_eq!(judged(&mut safety, 0), Reason::MainsNotLocked);
    safety.mains(at(1), true);
    safety.wish(at(1), Source::Setpoint, 10_000);
    for reading in [Ok(99_000), Ok(-127_000), Err(ProbeFault::Shorted)] {
        safety.temperature(at(2), Role::Water, reading);
        assert_eq!(reason(&mut safety, 2), Reason::Following);
    }
    assert_eq!(reason(&mut safety, 60), Reason::Following);
    assert_eq!(safety.next_deadline(at(60)), at(61));
    assert_eq!(reason(&mut safety, 61), Reason::SetpointStale);
}

#[test]
fn a_maximum_in_the_settings_limits() {
    let mut safety = running(Settings {
        maximum_centipercent: 6_000,
        ..Settings::default()
    });
    for (wanted, permitted, reason) in [
        (0, 0, Reason::Following),
        (6_000, 6_000, Reason::Following),
        (6_001, 6_000, Reason::LimitedBySetting),
        (u16::MAX, 6_000, Reason::LimitedBySetting),
    ] {
        safety.wish(at(101), Source::Setpoint, wanted);
        let decision = safety.decide(at(101));
        assert_eq!(
            decision.verdict(),
            Verdict::Limited {
                maximum_centipercent: 6_000
            }
        );
        assert_eq!(decision.permit().centipercent(), permitted);
        assert_eq!(decision.reason(), reason);
    }
}

#[test]
fn a_free_decision_permits_what_is_wanted_up_to_full_power() {
    let mut safety = running(Settings::default());
    for (wanted, permitted) in [
        (0, 0),
        (1, 1),
        (10_000, 10_000),
        (10_001, 10_000),
        (u16::MAX, 10_000),
    ] {
        safety.wish(at(101), Source::Setpoint, wanted);
        let decision = safety.decide(at(101));
        assert_eq!(decision.permit().centipercent(), permitted);
        assert_eq!(decision.wanted_centipercent(), permitted);
        assert_eq!(decision.source(), Some(Source::Setpoint));
        assert_eq!(decision.reason(), Reason::Following);
    }
}

#[test]
fn off_permits_nothing_and_needs_no_permit() {
    let decision: Decision = Safety::new(Settings::default(), at(0)).decide(at(0));
    assert_eq!(decision.permit(), Permitted::OFF);
    assert_eq!(decision.reason(), Reason::ProbeMissing);
    assert_eq!(
        (decision.source(), decision.wanted_centipercent()),
        (None, 0)
    );
    assert_eq!(Permitted::default(), Permitted::OFF);
    assert!(Permitted::OFF.is_off());
}

#[test]
fn invalid_settings_keep_the_output_off() {
    let invalid = Settings {
        water_limit_millicelsius: 120_000,
        ..Settings::default()
    };
    let mut safety = running(invalid);
    assert_eq!(reason(&mut safety, 101), Reason::ConfigurationInvalid);
    safety.set_settings(at(102), patient(Settings::default()));
    assert_eq!(reason(&mut safety, 102), Reason::Following);
    safety.set_settings(at(103), patient(invalid));
    assert_eq!(reason(&mut safety, 103), Reason::ConfigurationInvalid);
    assert_eq!(*safety.settings(), patient(invalid));
}

#[test]
fn since_is_when_the_reason_began() {
    let mut safety = Safety::new(patient(Settings::default()), at(7));
    assert_eq!(safety.decide(at(9)).since(), at(7));
    safety.temperature(at(10), Role::Water, Ok(40_000));
    safety.wish(at(10), Source::Setpoint, 10_000);
    safety.mains(at(11), true);
    assert_eq!(safety.decide(at(11)).since(), at(11));
    assert_eq!(safety.decide(at(20)).since(), at(11));
    assert_eq!(safety.decide(at(40)).since(), at(40));
    assert_eq!(safety.decide(at(50)).since(), at(40));
}

#[test]
fn the_next_deadline_is_the_first_input_to_become_stale() {
    let mut safety = Safety::new(
        patient(Settings {
            probe_lost_after_s: 3_000,
            mains_lost_after_s: 3_000,
            ..Settings::default()
        }),
        at(0),
    );
    let _ = safety.decide(at(0));
    assert_eq!(safety.next_deadline(at(0)), at(3_000));
    safety.wish(at(10), Source::Setpoint, 10_000);
    assert_eq!(safety.next_deadline(at(10)), at(70));
    safety.temperature(at(20), Role::Water, Ok(40_000));
    let _ = safety.decide(at(20));
    assert_eq!(safety.next_deadline(at(20)), at(50));
    let _ = safety.decide(at(50));
    assert_eq!(safety.next_deadline(at(50)), at(70));
    let _ = safety.decide(at(70));
    assert_eq!(safety.next_deadline(at(70)), at(3_000));
    safety.wish(at(71), Source::Boost, 10_000);
    assert_eq!(safety.next_deadline(at(71)), at(73));
}

#[test]
fn at_the_end_of_time_nothing_overflows() {
    let end = Instant::from_ticks(u64::MAX);
    let mut safety = Safety::new(Settings::default(), end);
    safety.mains(end, true);
    safety.temperature(end, Role::Water, Ok(40_000));
    safety.wish(end, Source::Setpoint, 10_000);
    assert_eq!(safety.decide(end).reason(), Reason::Following);
    assert_eq!(safety.next_deadline(end), end);
}

#[test]
fn a_clock_that_goes_back_makes_every_input_stale_until_it_is_heard_again() {
    let mut safety = running(Settings::default());
    assert_eq!(reason(&mut safety, 101), Reason::Following);
    assert_eq!(safety.next_deadline(at(99)), at(99));
    assert_eq!(safety.millicelsius(at(99), Role::Water), None);
    assert_eq!(reason(&mut safety, 99), Reason::ProbeStale);
    assert_eq!(safety.decide(at(99)).since(), at(99));
    // Even when the clock is where it was, what was heard before the jump stays stale.
    assert_eq!(reason(&mut safety, 101), Reason::ProbeStale);
    safety.temperature(at(102), Role::Water, Ok(40_000));
    assert_eq!(reason(&mut safety, 102), Reason::SetpointStale);
    safety.wish(at(103), Source::Setpoint, 10_000);
    assert_eq!(reason(&mut safety, 103), Reason::Following);
}

#[test]
fn a_clock_that_goes_back_unseen_by_a_decision_is_seen_by_the_inputs() {
    // 101 s, back to 50 s, and up to 101 s again: what came at 100 s is in truth 52 s old.
    let settings = Settings {
        water_maximum_age_s: 40,
        setpoint_maximum_age_s: 40,
        ..Settings::default()
    };
    let mut safety = running(settings);
    assert_eq!(reason(&mut safety, 101), Reason::Following);
    safety.wish(at(50), Source::Setpoint, 10_000);
    assert_eq!(reason(&mut safety, 101), Reason::ProbeStale);

    let mut safety = running(settings);
    assert_eq!(reason(&mut safety, 101), Reason::Following);
    safety.temperature(at(50), Role::Water, Ok(40_000));
    safety.temperature(at(101), Role::Water, Ok(40_000));
    assert_eq!(reason(&mut safety, 101), Reason::SetpointStale);

    let mut safety = running(settings);
    assert_eq!(reason(&mut safety, 130), Reason::Following);
    safety.set_settings(at(110), patient(settings));
    assert_eq!(reason(&mut safety, 131), Reason::ProbeStale);
}

#[test]
fn changed_settings_make_no_input_fresher() {
    let long = Settings {
        water_maximum_age_s: 3_600,
        setpoint_maximum_age_s: 86_400,
        ..Settings::default()
    };
    let mut safety = running(Settings::default());
    safety.set_settings(at(130), patient(long));
    assert_eq!(reason(&mut safety, 130), Reason::ProbeStale);
    safety.temperature(at(131), Role::Water, Ok(40_000));
    // The setpoint was still fresh when the settings changed.
    assert_eq!(reason(&mut safety, 131), Reason::Following);
    safety.set_settings(at(160), patient(Settings::default()));
    assert_eq!(reason(&mut safety, 160), Reason::SetpointStale);
    safety.set_settings(at(160), patient(long));
    assert_eq!(reason(&mut safety, 160), Reason::SetpointStale);
}

#[test]
fn changed_settings_keep_a_mains_that_is_fresh_and_revive_none_that_is_not() {
    let hasty = Settings {
        mains_maximum_age_ms: 1_000,
        ..patient(Settings::default())
    };
    let mut safety = running(Settings::default());
    safety.set_settings(at(101), hasty);
    safety.mains(at(101), true);
    safety.set_settings(at(101), patient(Settings::default()));
    assert_eq!(judged(&mut safety, 105), Reason::Following);
    safety.set_settings(at(105), hasty);
    assert_eq!(judged(&mut safety, 105), Reason::MainsNotLocked);
    safety.set_settings(at(106), patient(Settings::default()));
    assert_eq!(judged(&mut safety, 106), Reason::MainsNotLocked);
}

#[test]
fn a_lowered_limit_holds_at_once_for_the_last_reading() {
    let mut safety = running(Settings::default());
    let lower = Settings {
        water_limit_millicelsius: 40_000,
        water_resume_millicelsius: 35_000,
        ..Settings::default()
    };
    safety.set_settings(at(101), patient(lower));
    assert_eq!(reason(&mut safety, 101), Reason::WaterTooHot);
    safety.set_settings(at(102), patient(Settings::default()));
    assert_eq!(reason(&mut safety, 102), Reason::Following);
}

#[test]
fn a_narrowed_range_holds_at_once_and_a_widened_one_needs_a_new_reading() {
    let mut safety = running(Settings {
        water_resume_millicelsius: 50_000,
        ..Settings::default()
    });
    let narrow = Settings {
        water_plausible_minimum_millicelsius: 41_000,
        ..Settings::default()
    };
    safety.set_settings(at(101), patient(narrow));
    assert_eq!(reason(&mut safety, 101), Reason::ProbeImplausible);
    safety.set_settings(at(102), patient(Settings::default()));
    assert_eq!(reason(&mut safety, 102), Reason::ProbeImplausible);
    safety.temperature(at(103), Role::Water, Ok(40_000));
    assert_eq!(reason(&mut safety, 103), Reason::Following);
}

#[test]
fn requiring_a_probe_again_does_not_believe_an_old_reading() {
    let mut safety = running(Settings::default());
    let absent = Settings {
        water_probe: ProbeUse::Absent,
        setpoint_maximum_age_s: 3_600,
        ..Settings::default()
    };
    safety.set_settings(at(101), patient(absent));
    assert_eq!(reason(&mut safety, 200), Reason::Following);
    safety.set_settings(
        at(200),
        Settings {
            water_probe: ProbeUse::Required,
            ..absent
        },
    );
    assert_eq!(reason(&mut safety, 200), Reason::ProbeStale);
}
