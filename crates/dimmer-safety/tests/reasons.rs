//! Which of several reasons is given, and the names that others rely on.

use dimmer_safety::{
    AlarmEvent, AlarmKind, AlarmLevel, Instant, Language, ProbeFault, Reason, Role, Safety,
    Settings, Source,
};

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
                settings.mains_maximum_age_ms = 10_000;
                settings.clock_maximum_step_s = 3_600;
                settings.probe_lost_after_readings = 100;
                let mut safety = Safety::new(settings, at(0));
                if let Some(seconds) = setpoint_at.filter(|&seconds| seconds < 150) {
                    safety.wish(at(seconds), Source::Setpoint, 10_000);
                }
                let heard = if probe_silent { 150 } else { 199 };
                for &reading in readings {
                    safety.temperature(at(heard), Role::Water, reading);
                }
                if let Some(seconds) = setpoint_at.filter(|&seconds| seconds > 150) {
                    safety.wish(at(seconds), Source::Setpoint, 10_000);
                }
                safety.mains(at(200), bits & 4 == 0);
                if bits & 4 != 0 {
                    holding.extend([Reason::MainsNotLocked]);
                }
                safety.switched(at(200), bits & 8 == 0);
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
            "alarm_latched",
            "probe_implausible",
            "probe_fault",
            "probe_stale",
            "probe_missing",
            "water_too_hot",
            "heat_sink_probe_lost",
            "heat_sink_too_hot",
            "room_probe_lost",
            "room_too_hot",
            "mains_not_locked",
            "switched_off",
            "setpoint_stale",
            "setpoint_missing",
            "gate_fault",
            "heat_sink_derating",
            "limited_by_setting",
            "boosting",
            "scheduled",
            "preheating",
            "following",
        ]
    );
    assert!(Reason::ALL.is_sorted());
    for reason in Reason::ALL {
        assert_eq!(reason.to_string(), reason.as_str());
        assert_eq!(reason.explanation(), reason.text(Language::English));
        for (language, off, on) in [
            (Language::English, "Off: ", "On"),
            (Language::French, "Arrêt : ", "Marche"),
        ] {
            let text = reason.text(language);
            assert!(
                text.starts_with(if reason.is_off() { off } else { on }),
                "{text}"
            );
            assert!(text.ends_with('.'), "{text}");
        }
    }
}

#[test]
fn every_text_of_a_reason_an_alarm_or_a_fault_is_there_once_in_each_language() {
    for language in Language::ALL {
        let mut texts: Vec<&str> = Reason::ALL.map(|reason| reason.text(language)).to_vec();
        texts.extend(AlarmKind::ALL.map(|kind| kind.text(language)));
        texts.extend(ProbeFault::ALL.map(|fault| fault.text(language)));
        assert!(
            texts
                .iter()
                .all(|text| text.len() > 20 && text.ends_with('.')),
            "{texts:?}"
        );
        let count = texts.len();
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), count);
    }
    assert_eq!(Language::ALL.map(Language::as_str), ["en", "fr"]);
    assert_eq!(Language::default(), Language::English);
    for kind in AlarmKind::ALL {
        assert_ne!(kind.text(Language::English), kind.text(Language::French));
    }
    for fault in ProbeFault::ALL {
        assert_ne!(fault.text(Language::English), fault.text(Language::French));
    }
}

#[test]
fn the_names_of_alarms_levels_events_sources_and_roles_are_stable() {
    assert_eq!(
        AlarmKind::ALL.map(AlarmKind::as_str),
        [
            "water_probe_lost",
            "heat_sink_probe_lost",
            "room_probe_lost",
            "water_over_temperature",
            "heater_does_not_warm",
            "heater_warms_while_off",
            "heat_sink_too_hot",
            "mains_lost",
            "clock_jump",
        ]
    );
    assert_eq!(
        [AlarmLevel::Warning, AlarmLevel::Critical].map(|level| level.to_string()),
        ["warning", "critical"]
    );
    let events = [
        AlarmEvent::Raised,
        AlarmEvent::Escalated,
        AlarmEvent::Cleared,
        AlarmEvent::Reset,
    ];
    assert_eq!(
        events.map(|event| event.to_string()),
        ["raised", "escalated", "cleared", "reset"]
    );
    assert_eq!(
        Source::ALL.map(|source| source.to_string()),
        ["setpoint", "boost", "schedule", "preheat"]
    );
    assert_eq!(
        Role::ALL.map(|role| role.to_string()),
        ["water", "heat_sink", "room"]
    );
    for kind in AlarmKind::ALL {
        assert_eq!(kind.to_string(), kind.as_str());
    }
}

#[test]
fn the_names_of_probe_faults_are_stable() {
    let names = [
        (ProbeFault::Absent, "absent"),
        (ProbeFault::Shorted, "shorted"),
        (ProbeFault::Checksum, "checksum"),
        (ProbeFault::PowerOnValue, "power_on_value"),
        (ProbeFault::OutOfRange, "out_of_range"),
        (ProbeFault::TooFast, "too_fast"),
        (ProbeFault::Unrecognised, "unrecognised"),
        (ProbeFault::Bus, "bus"),
        (ProbeFault::Swapped, "swapped"),
        (ProbeFault::Several, "several"),
        (ProbeFault::Unsteady, "unsteady"),
        (ProbeFault::Conversion, "conversion"),
    ];
    assert_eq!(ProbeFault::ALL, names.map(|(fault, _)| fault));
    for (fault, name) in names {
        assert_eq!(fault.as_str(), name);
        assert_eq!(fault.to_string(), name);
    }
}
