//! What turns the output off, what turns it on again, and which reason is given.

use dimmer_safety::{
    Decision, Instant, Permitted, ProbeFault, ProbeUse, Reason, Safety, Settings, Verdict,
};

const SECOND: u64 = 1_000_000;

fn at(seconds: u64) -> Instant {
    Instant::from_ticks(seconds * SECOND)
}

/// At 100 s, everything well: water at 40 °C, a setpoint, mains locked.
fn running(settings: Settings) -> Safety {
    let mut safety = Safety::new(settings, at(0));
    safety.mains(true);
    safety.water(at(100), Ok(40_000));
    safety.setpoint_received(at(100));
    safety
}

fn reason(safety: &mut Safety, seconds: u64) -> Reason {
    let decision = safety.decide(at(seconds));
    let off = decision.permit(10_000).is_off();
    assert_eq!(off, decision.verdict() == Verdict::Off);
    assert_eq!(off, decision.reason() < Reason::LimitedBySetting);
    decision.reason()
}

#[test]
fn after_a_start_the_output_is_off_until_every_input_has_come() {
    let mut safety = Safety::new(Settings::default(), at(0));
    assert_eq!(reason(&mut safety, 0), Reason::ProbeMissing);
    safety.water(at(1), Ok(40_000));
    assert_eq!(reason(&mut safety, 1), Reason::MainsNotLocked);
    safety.mains(true);
    assert_eq!(reason(&mut safety, 1), Reason::SetpointMissing);
    safety.setpoint_received(at(2));
    assert_eq!(reason(&mut safety, 2), Reason::Following);
    assert_eq!(safety.decide(at(2)).verdict(), Verdict::Free);
}

#[test]
fn a_stale_setpoint_turns_the_output_off() {
    let mut safety = running(Settings {
        water_maximum_age_s: 3_600,
        ..Settings::default()
    });
    let last_instant = Instant::from_ticks(160 * SECOND - 1);
    assert_eq!(safety.decide(last_instant).reason(), Reason::Following);
    assert_eq!(reason(&mut safety, 160), Reason::SetpointStale);
    safety.setpoint_received(at(161));
    assert_eq!(reason(&mut safety, 161), Reason::Following);
}

#[test]
fn a_setpoint_that_repeats_is_alive() {
    let mut safety = running(Settings::default());
    for seconds in (100..2_000).step_by(20) {
        safety.water(at(seconds), Ok(40_000));
        safety.setpoint_received(at(seconds));
        assert_eq!(reason(&mut safety, seconds + 19), Reason::Following);
    }
}

#[test]
fn a_silent_probe_turns_the_output_off() {
    let mut safety = running(Settings::default());
    let last_instant = Instant::from_ticks(130 * SECOND - 1);
    assert_eq!(safety.decide(last_instant).reason(), Reason::Following);
    assert_eq!(safety.water_millicelsius(last_instant), Some(40_000));
    assert_eq!(reason(&mut safety, 130), Reason::ProbeStale);
    assert_eq!(safety.water_millicelsius(at(130)), None);
    assert_eq!(safety.water_fault(), None);
}

#[test]
fn a_probe_fault_is_not_a_reading() {
    let mut safety = running(Settings::default());
    for seconds in 101..130 {
        safety.water(at(seconds), Err(ProbeFault::Checksum));
        assert_eq!(reason(&mut safety, seconds), Reason::Following, "{seconds}");
    }
    assert_eq!(reason(&mut safety, 130), Reason::ProbeFault);
    assert_eq!(safety.water_fault(), Some(ProbeFault::Checksum));
    safety.water(at(131), Ok(40_000));
    assert_eq!(reason(&mut safety, 131), Reason::Following);
    assert_eq!(safety.water_fault(), None);
}

#[test]
fn a_probe_that_never_gave_a_reading_says_why_if_it_can() {
    let mut safety = Safety::new(Settings::default(), at(0));
    assert_eq!(reason(&mut safety, 5), Reason::ProbeMissing);
    safety.water(at(6), Err(ProbeFault::Absent));
    assert_eq!(reason(&mut safety, 6), Reason::ProbeFault);
    assert_eq!(safety.water_fault(), Some(ProbeFault::Absent));
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
        safety.water(at(101), glitch);
        assert_eq!(
            reason(&mut safety, 101),
            Reason::ProbeImplausible,
            "{glitch:?}"
        );
        assert_eq!(safety.water_millicelsius(at(101)), None);
        safety.water(at(102), Err(ProbeFault::Checksum));
        assert_eq!(reason(&mut safety, 102), Reason::ProbeImplausible);
        safety.water(at(103), Ok(40_000));
        assert_eq!(reason(&mut safety, 103), Reason::Following);
    }
}

#[test]
fn the_ends_of_the_plausible_range_are_plausible() {
    let mut safety = running(Settings::default());
    safety.water(at(101), Ok(-10_000));
    assert_eq!(reason(&mut safety, 101), Reason::Following);
    safety.water(at(102), Ok(110_000));
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
        safety.water(at(101), Ok(millicelsius));
        assert_eq!(reason(&mut safety, 101), expected, "{millicelsius}");
    }
}

#[test]
fn water_that_was_too_hot_stays_so_through_a_lost_probe() {
    let mut safety = running(Settings {
        setpoint_maximum_age_s: 3_600,
        ..Settings::default()
    });
    safety.water(at(101), Ok(61_000));
    safety.water(at(140), Err(ProbeFault::Absent));
    assert_eq!(reason(&mut safety, 140), Reason::ProbeFault);
    safety.water(at(150), Ok(57_000));
    assert_eq!(reason(&mut safety, 150), Reason::WaterTooHot);
}

#[test]
fn mains_and_switch_turn_the_output_off_at_once() {
    let mut safety = running(Settings::default());
    safety.mains(false);
    assert_eq!(reason(&mut safety, 101), Reason::MainsNotLocked);
    safety.mains(true);
    safety.switched(false);
    assert_eq!(reason(&mut safety, 101), Reason::SwitchedOff);
    safety.switched(true);
    assert_eq!(reason(&mut safety, 101), Reason::Following);
}

#[test]
fn without_a_probe_only_its_readings_decide_nothing() {
    let mut safety = Safety::new(
        Settings {
            water_probe: ProbeUse::Absent,
            ..Settings::default()
        },
        at(0),
    );
    assert_eq!(reason(&mut safety, 0), Reason::MainsNotLocked);
    safety.mains(true);
    safety.setpoint_received(at(1));
    for reading in [Ok(99_000), Ok(-127_000), Err(ProbeFault::Shorted)] {
        safety.water(at(2), reading);
        assert_eq!(reason(&mut safety, 2), Reason::Following);
    }
    assert_eq!(safety.next_deadline(at(2)), Some(at(61)));
    assert_eq!(reason(&mut safety, 61), Reason::SetpointStale);
}

#[test]
fn a_maximum_in_the_settings_limits() {
    let mut safety = running(Settings {
        maximum_centipercent: 6_000,
        ..Settings::default()
    });
    let decision = safety.decide(at(101));
    assert_eq!(
        decision.verdict(),
        Verdict::Limited {
            maximum_centipercent: 6_000
        }
    );
    assert_eq!(decision.reason(), Reason::LimitedBySetting);
    for (wanted, permitted, reason) in [
        (0, 0, Reason::Following),
        (6_000, 6_000, Reason::Following),
        (6_001, 6_000, Reason::LimitedBySetting),
        (u16::MAX, 6_000, Reason::LimitedBySetting),
    ] {
        assert_eq!(decision.permit(wanted).centipercent(), permitted);
        assert_eq!(decision.reason_for(wanted), reason);
    }
}

#[test]
fn a_free_decision_permits_what_is_wanted_up_to_full_power() {
    let decision = running(Settings::default()).decide(at(101));
    for (wanted, permitted) in [
        (0, 0),
        (1, 1),
        (10_000, 10_000),
        (10_001, 10_000),
        (u16::MAX, 10_000),
    ] {
        assert_eq!(decision.permit(wanted).centipercent(), permitted);
        assert_eq!(decision.reason_for(wanted), Reason::Following);
    }
}

#[test]
fn off_permits_nothing_and_needs_no_permit() {
    let decision: Decision = Safety::new(Settings::default(), at(0)).decide(at(0));
    assert_eq!(decision.permit(u16::MAX), Permitted::OFF);
    assert_eq!(decision.reason_for(0), Reason::ProbeMissing);
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
    safety.set_settings(at(102), Settings::default());
    assert_eq!(reason(&mut safety, 102), Reason::Following);
    safety.set_settings(at(103), invalid);
    assert_eq!(reason(&mut safety, 103), Reason::ConfigurationInvalid);
    assert_eq!(*safety.settings(), invalid);
}

#[test]
fn since_is_when_the_reason_began() {
    let mut safety = Safety::new(Settings::default(), at(7));
    assert_eq!(safety.decide(at(9)).since(), at(7));
    safety.mains(true);
    safety.water(at(10), Ok(40_000));
    safety.setpoint_received(at(10));
    assert_eq!(safety.decide(at(11)).since(), at(11));
    assert_eq!(safety.decide(at(20)).since(), at(11));
    assert_eq!(safety.decide(at(40)).since(), at(40));
    assert_eq!(safety.decide(at(50)).since(), at(40));
}

#[test]
fn the_next_deadline_is_the_first_input_to_become_stale() {
    let mut safety = Safety::new(Settings::default(), at(0));
    assert_eq!(safety.next_deadline(at(0)), None);
    safety.setpoint_received(at(10));
    assert_eq!(safety.next_deadline(at(10)), Some(at(70)));
    safety.water(at(20), Ok(40_000));
    assert_eq!(safety.next_deadline(at(20)), Some(at(50)));
    assert_eq!(safety.next_deadline(at(50)), Some(at(70)));
    assert_eq!(safety.next_deadline(at(70)), None);
}

#[test]
fn at_the_end_of_time_nothing_overflows() {
    let end = Instant::from_ticks(u64::MAX);
    let mut safety = Safety::new(Settings::default(), end);
    safety.mains(true);
    safety.water(end, Ok(40_000));
    safety.setpoint_received(end);
    assert_eq!(safety.decide(end).reason(), Reason::Following);
    assert_eq!(safety.next_deadline(end), Some(end));
}

#[test]
fn a_clock_that_goes_back_makes_every_input_stale_until_it_is_heard_again() {
    let mut safety = running(Settings::default());
    assert_eq!(reason(&mut safety, 101), Reason::Following);
    assert_eq!(safety.next_deadline(at(99)), Some(at(99)));
    assert_eq!(safety.water_millicelsius(at(99)), None);
    assert_eq!(reason(&mut safety, 99), Reason::ProbeStale);
    assert_eq!(safety.decide(at(99)).since(), at(99));
    // Even when the clock is where it was, what was heard before the jump stays stale.
    assert_eq!(reason(&mut safety, 101), Reason::ProbeStale);
    safety.water(at(102), Ok(40_000));
    assert_eq!(reason(&mut safety, 102), Reason::SetpointStale);
    safety.setpoint_received(at(103));
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
    safety.setpoint_received(at(50));
    assert_eq!(reason(&mut safety, 101), Reason::ProbeStale);

    let mut safety = running(settings);
    assert_eq!(reason(&mut safety, 101), Reason::Following);
    safety.water(at(50), Ok(40_000));
    safety.water(at(101), Ok(40_000));
    assert_eq!(reason(&mut safety, 101), Reason::SetpointStale);

    let mut safety = running(settings);
    assert_eq!(reason(&mut safety, 130), Reason::Following);
    safety.set_settings(at(110), settings);
    assert_eq!(reason(&mut safety, 131), Reason::ProbeStale);
}

#[test]
fn changed_settings_make_no_input_fresher() {
    let patient = Settings {
        water_maximum_age_s: 3_600,
        setpoint_maximum_age_s: 86_400,
        ..Settings::default()
    };
    let mut safety = running(Settings::default());
    safety.set_settings(at(130), patient);
    assert_eq!(reason(&mut safety, 130), Reason::ProbeStale);
    safety.water(at(131), Ok(40_000));
    // The setpoint was still fresh when the settings changed.
    assert_eq!(reason(&mut safety, 131), Reason::Following);
    safety.set_settings(at(160), Settings::default());
    assert_eq!(reason(&mut safety, 160), Reason::SetpointStale);
    safety.set_settings(at(160), patient);
    assert_eq!(reason(&mut safety, 160), Reason::SetpointStale);
}

#[test]
fn a_lowered_limit_holds_at_once_for_the_last_reading() {
    let mut safety = running(Settings::default());
    let lower = Settings {
        water_limit_millicelsius: 40_000,
        water_resume_millicelsius: 35_000,
        ..Settings::default()
    };
    safety.set_settings(at(101), lower);
    assert_eq!(reason(&mut safety, 101), Reason::WaterTooHot);
    safety.set_settings(at(102), Settings::default());
    assert_eq!(reason(&mut safety, 102), Reason::Following);
}

#[test]
fn a_narrowed_range_holds_at_once_and_a_widened_one_needs_a_new_reading() {
    let mut safety = running(Settings {
        water_resume_millicelsius: 50_000,
        ..Settings::default()
    });
    let narrow = Settings {
        plausible_minimum_millicelsius: 41_000,
        ..Settings::default()
    };
    safety.set_settings(at(101), narrow);
    assert_eq!(reason(&mut safety, 101), Reason::ProbeImplausible);
    safety.set_settings(at(102), Settings::default());
    assert_eq!(reason(&mut safety, 102), Reason::ProbeImplausible);
    safety.water(at(103), Ok(40_000));
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
    safety.set_settings(at(101), absent);
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
