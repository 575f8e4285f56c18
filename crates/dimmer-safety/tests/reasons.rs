//! Which of several reasons is given, and the names that others rely on.

use dimmer_safety::{Instant, ProbeFault, Reason, Safety, Settings};

fn at(seconds: u64) -> Instant {
    Instant::from_ticks(seconds * 1_000_000)
}

/// What the probe said, whether it then fell silent, and which reasons hold then.
type ProbeState = (&'static [Result<i32, ProbeFault>], bool, &'static [Reason]);

const PROBE_STATES: [ProbeState; 9] = [
    (&[], false, &[Reason::ProbeMissing]),
    (&[Ok(40_000)], false, &[]),
    (&[Ok(61_000)], false, &[Reason::WaterTooHot]),
    (&[Ok(40_000)], true, &[Reason::ProbeStale]),
    (
        &[Ok(61_000)],
        true,
        &[Reason::ProbeStale, Reason::WaterTooHot],
    ),
    (
        &[Err(ProbeFault::Absent)],
        false,
        &[Reason::ProbeFault, Reason::ProbeMissing],
    ),
    (
        &[Ok(61_000), Err(ProbeFault::Bus)],
        true,
        &[Reason::ProbeFault, Reason::ProbeStale, Reason::WaterTooHot],
    ),
    (
        &[Ok(61_000), Ok(-127_000)],
        false,
        &[Reason::ProbeImplausible, Reason::WaterTooHot],
    ),
    (
        &[Ok(61_000), Ok(-127_000), Err(ProbeFault::Checksum)],
        true,
        &[
            Reason::ProbeImplausible,
            Reason::ProbeFault,
            Reason::ProbeStale,
            Reason::WaterTooHot,
        ],
    ),
];

#[test]
fn of_several_reasons_the_first_in_the_order_of_precedence_is_given() {
    let mut combinations = 0;
    for (readings, probe_silent, of_probe) in PROBE_STATES {
        for bits in 0..16_u8 {
            for (setpoint_at, of_setpoint) in [
                (None, Some(Reason::SetpointMissing)),
                (Some(100), Some(Reason::SetpointStale)),
                (Some(199), None),
            ] {
                let mut holding = vec![Reason::Following];
                holding.extend(of_probe);
                holding.extend(of_setpoint);
                let mut settings = Settings::default();
                if bits & 1 != 0 {
                    settings.setpoint_maximum_age_s = 0;
                    holding.extend([Reason::ConfigurationInvalid]);
                }
                if bits & 2 != 0 {
                    settings.maximum_centipercent = 5_000;
                    holding.extend([Reason::LimitedBySetting]);
                }
                let mut safety = Safety::new(settings, at(0));
                if let Some(seconds) = setpoint_at.filter(|&seconds| seconds < 150) {
                    safety.setpoint_received(at(seconds));
                }
                let heard = if probe_silent { 150 } else { 199 };
                for &reading in readings {
                    safety.water(at(heard), reading);
                }
                if let Some(seconds) = setpoint_at.filter(|&seconds| seconds > 150) {
                    safety.setpoint_received(at(seconds));
                }
                safety.mains(bits & 4 == 0);
                if bits & 4 != 0 {
                    holding.extend([Reason::MainsNotLocked]);
                }
                safety.switched(bits & 8 == 0);
                if bits & 8 != 0 {
                    holding.extend([Reason::SwitchedOff]);
                }
                assert_eq!(
                    Some(safety.decide(at(200)).reason()),
                    holding.iter().min().copied(),
                    "{holding:?}"
                );
                combinations += 1;
            }
        }
    }
    assert_eq!(combinations, 9 * 16 * 3);
}

#[test]
fn the_order_of_precedence_and_the_names_are_stable() {
    let names = Reason::ALL.map(Reason::as_str);
    assert_eq!(
        names,
        [
            "configuration_invalid",
            "probe_implausible",
            "probe_fault",
            "probe_stale",
            "probe_missing",
            "water_too_hot",
            "mains_not_locked",
            "switched_off",
            "setpoint_stale",
            "setpoint_missing",
            "limited_by_setting",
            "following",
        ]
    );
    assert!(Reason::ALL.is_sorted());
    for reason in Reason::ALL {
        assert_eq!(reason.to_string(), reason.as_str());
        let explanation = reason.explanation();
        let off = reason < Reason::LimitedBySetting;
        assert!(
            explanation.starts_with(if off { "Off: " } else { "On: " }),
            "{explanation}"
        );
        assert!(explanation.ends_with('.'), "{explanation}");
    }
}

#[test]
fn the_names_of_probe_faults_are_stable() {
    for (fault, name) in [
        (ProbeFault::Absent, "absent"),
        (ProbeFault::Shorted, "shorted"),
        (ProbeFault::Checksum, "checksum"),
        (ProbeFault::PowerOnValue, "power_on_value"),
        (ProbeFault::OutOfRange, "out_of_range"),
        (ProbeFault::Unrecognised, "unrecognised"),
        (ProbeFault::Bus, "bus"),
    ] {
        assert_eq!(fault.as_str(), name);
        assert_eq!(fault.to_string(), name);
    }
}
