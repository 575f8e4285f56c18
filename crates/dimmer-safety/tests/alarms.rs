//! When an alarm is raised, escalates, clears and may be reset, and what it does to the output.

use dimmer_safety::{
    AlarmKind, AlarmLevel, AlarmSet, Instant, ProbeFault, ProbeUse, Reason, Role, Safety, Settings,
    Source,
};

const NONE: [&str; 0] = [];

fn at(seconds: u64) -> Instant {
    Instant::from_ticks(seconds * 1_000_000)
}

/// A dimmer whose every input is renewed each second, but for what a test holds back.
struct Bench {
    safety: Safety,
    second: u64,
    water: Option<Result<i32, ProbeFault>>,
    heat_sink: Option<Result<i32, ProbeFault>>,
    mains: bool,
    watts: Option<u32>,
    told: Vec<String>,
}

impl Bench {
    fn new(change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings::default();
        change(&mut settings);
        assert_eq!(settings.validate(), Ok(()));
        let mut bench = Self {
            safety: Safety::new(settings, at(0)),
            second: 0,
            water: Some(Ok(40_000)),
            heat_sink: None,
            mains: true,
            watts: None,
            told: Vec::new(),
        };
        bench.pass(1);
        bench
    }

    fn pass(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.second += 1;
            let now = at(self.second);
            if let Some(reading) = self.water {
                self.safety.temperature(now, Role::Water, reading);
            }
            if let Some(reading) = self.heat_sink {
                self.safety.temperature(now, Role::HeatSink, reading);
            }
            self.safety.mains(now, self.mains);
            self.safety.wish(now, Source::Setpoint, 10_000);
            if let Some(watts) = self.watts {
                self.safety.applied(now, watts);
            }
            self.decide();
        }
    }

    fn decide(&mut self) -> Reason {
        let decision = self.safety.decide(at(self.second));
        while let Some(change) = self.safety.take_change() {
            self.told
                .push(format!("{} {} {}", change.kind, change.level, change.event));
        }
        assert_eq!(decision.permit().is_off(), decision.reason().is_off());
        decision.reason()
    }

    fn told(&mut self) -> Vec<String> {
        core::mem::take(&mut self.told)
    }

    fn reset(&mut self) -> (AlarmSet, AlarmSet) {
        let outcome = self.safety.reset_alarms(at(self.second));
        self.decide();
        (outcome.reset, outcome.refused)
    }
}

fn only(kind: AlarmKind) -> AlarmSet {
    AlarmSet::EMPTY.with(kind)
}

#[test]
fn a_probe_that_fails_n_times_in_a_row_is_told_before_it_turns_the_output_off() {
    let mut bench = Bench::new(|_| {});
    bench.water = Some(Err(ProbeFault::Checksum));
    bench.pass(4);
    assert_eq!(bench.told(), NONE);
    bench.pass(1);
    assert_eq!(bench.told(), ["water_probe_lost warning raised"]);
    assert_eq!(bench.decide(), Reason::Following);
    bench.pass(25);
    assert_eq!(bench.decide(), Reason::ProbeFault);
    assert_eq!(bench.told(), NONE);
}

#[test]
fn a_failure_now_and_then_is_no_alarm() {
    let mut bench = Bench::new(|_| {});
    for _ in 0..10 {
        bench.water = Some(Err(ProbeFault::Checksum));
        bench.pass(4);
        bench.water = Some(Ok(40_000));
        bench.pass(1);
    }
    assert_eq!(bench.told(), NONE);
}

#[test]
fn a_silent_probe_warns_then_is_critical_and_is_reset_only_when_it_is_heard_again() {
    let mut bench = Bench::new(|settings| settings.probe_lost_critical_after_s = 100);
    bench.water = None;
    // 30 s until it is stale, 30 s until that is worth a warning.
    bench.pass(59);
    assert_eq!(bench.told(), NONE);
    bench.pass(1);
    assert_eq!(bench.told(), ["water_probe_lost warning raised"]);
    assert_eq!(bench.decide(), Reason::ProbeStale);
    bench.pass(69);
    assert_eq!(bench.told(), NONE);
    bench.pass(1);
    assert_eq!(bench.told(), ["water_probe_lost critical escalated"]);
    assert_eq!(bench.decide(), Reason::AlarmLatched);
    assert_eq!(
        bench.reset(),
        (AlarmSet::EMPTY, only(AlarmKind::WaterProbeLost))
    );
    bench.water = Some(Ok(40_000));
    bench.pass(1_000);
    assert_eq!(
        bench.decide(),
        Reason::AlarmLatched,
        "it does not clear by itself"
    );
    assert_eq!(bench.told(), NONE);
    assert_eq!(
        bench.reset(),
        (only(AlarmKind::WaterProbeLost), AlarmSet::EMPTY)
    );
    assert_eq!(bench.told(), ["water_probe_lost critical reset"]);
    assert_eq!(bench.decide(), Reason::Following);
    assert_eq!(bench.reset(), (AlarmSet::EMPTY, AlarmSet::EMPTY));
}

#[test]
fn a_warning_clears_when_its_cause_has_been_gone_for_ten_seconds() {
    let mut bench = Bench::new(|_| {});
    bench.water = Some(Err(ProbeFault::Absent));
    bench.pass(6);
    assert_eq!(bench.told(), ["water_probe_lost warning raised"]);
    bench.water = Some(Ok(40_000));
    bench.pass(10);
    assert_eq!(bench.told(), NONE);
    assert!(
        bench
            .safety
            .alarms(AlarmLevel::Warning)
            .contains(AlarmKind::WaterProbeLost)
    );
    bench.pass(1);
    assert_eq!(bench.told(), ["water_probe_lost warning cleared"]);
    assert!(bench.safety.alarms(AlarmLevel::Warning).is_empty());
}

#[test]
fn without_escalation_a_lost_probe_stays_a_warning() {
    let mut bench = Bench::new(|settings| settings.probe_lost_critical_after_s = 0);
    bench.water = None;
    bench.pass(20_000);
    assert_eq!(bench.told(), ["water_probe_lost warning raised"]);
}

#[test]
fn water_far_above_its_limit_latches_and_is_reset_only_when_it_has_cooled() {
    let mut bench = Bench::new(|settings| settings.water_maximum_rate_millicelsius_per_minute = 0);
    bench.water = Some(Ok(64_999));
    bench.pass(5);
    assert_eq!(
        (bench.decide(), bench.told()),
        (Reason::WaterTooHot, vec![])
    );
    bench.water = Some(Ok(65_000));
    bench.pass(1);
    assert_eq!(bench.told(), NONE, "one reading may be an accident");
    bench.pass(1);
    assert_eq!(bench.told(), ["water_over_temperature critical raised"]);
    for millicelsius in [70_000, 54_001] {
        bench.water = Some(Ok(millicelsius));
        bench.pass(1);
        assert_eq!(
            bench.reset(),
            (AlarmSet::EMPTY, only(AlarmKind::WaterOverTemperature))
        );
        assert_eq!(bench.decide(), Reason::AlarmLatched);
    }
    bench.water = Some(Ok(54_000));
    bench.pass(1);
    assert_eq!(bench.decide(), Reason::AlarmLatched);
    assert_eq!(bench.reset().0, only(AlarmKind::WaterOverTemperature));
    assert_eq!(bench.decide(), Reason::Following);
}

#[test]
fn an_alarm_of_heat_is_not_reset_while_nobody_knows_the_temperature() {
    let mut bench = Bench::new(|_| {});
    bench.safety.restore(only(AlarmKind::WaterOverTemperature));
    bench.water = None;
    bench.pass(40);
    assert_eq!(bench.reset().1, only(AlarmKind::WaterOverTemperature));
    bench.water = Some(Ok(40_000));
    bench.pass(1);
    assert_eq!(bench.reset().0, only(AlarmKind::WaterOverTemperature));
}

#[test]
fn a_heater_that_takes_energy_and_does_not_warm_the_water_warns_then_latches() {
    let mut bench = Bench::new(|settings| {
        settings.heating_energy_watt_hours = 1_000;
        settings.heating_loss_watts = 0;
    });
    // 3600 W: 1 Wh in a second.
    bench.watts = Some(3_600);
    bench.pass(1_000);
    assert_eq!(bench.told(), NONE);
    bench.pass(1);
    assert_eq!(bench.told(), ["heater_does_not_warm warning raised"]);
    assert_eq!(bench.decide(), Reason::Following);
    bench.pass(1_999);
    assert_eq!(bench.told(), NONE);
    bench.pass(1);
    assert_eq!(bench.told(), ["heater_does_not_warm critical escalated"]);
    assert_eq!(bench.decide(), Reason::AlarmLatched);
    assert_eq!(bench.reset().0, only(AlarmKind::HeaterDoesNotWarm));
    assert_eq!(bench.decide(), Reason::Following);
    bench.told();
    bench.pass(999);
    assert_eq!(bench.told(), NONE, "measured afresh");
    bench.pass(1);
    assert_eq!(bench.told(), ["heater_does_not_warm warning raised"]);
}

#[test]
fn a_heater_that_warms_the_water_is_no_alarm_even_after_a_draw_of_cold() {
    let mut bench = Bench::new(|settings| {
        settings.heating_energy_watt_hours = 1_000;
        settings.heating_loss_watts = 0;
    });
    bench.watts = Some(3_600);
    bench.pass(900);
    bench.water = Some(Ok(35_000)); // somebody showers
    bench.pass(50);
    bench.water = Some(Ok(35_999));
    bench.pass(40);
    bench.water = Some(Ok(36_000)); // and from there it warms by a degree
    bench.pass(999);
    assert_eq!(bench.told(), NONE);
    bench.pass(1);
    assert_eq!(bench.told(), ["heater_does_not_warm warning raised"]);
    bench.water = Some(Ok(37_000));
    bench.pass(11);
    assert_eq!(bench.told(), ["heater_does_not_warm warning cleared"]);
}

#[test]
fn power_that_only_covers_what_the_tank_loses_or_that_was_never_fed_is_no_alarm() {
    for (watts, alarm) in [(Some(150), false), (None, false), (Some(3_750), true)] {
        let mut bench = Bench::new(|settings| settings.heating_energy_watt_hours = 1_000);
        bench.watts = watts;
        bench.pass(1_001);
        assert_eq!(!bench.told().is_empty(), alarm, "{watts:?}");
    }
    let mut bench = Bench::new(|settings| settings.heating_energy_watt_hours = 0);
    bench.watts = Some(20_000);
    bench.pass(20_000);
    assert_eq!(bench.told(), NONE, "0 disables");
}

#[test]
fn a_report_that_is_not_renewed_says_nothing_of_the_time_since() {
    let mut bench = Bench::new(|settings| {
        settings.heating_energy_watt_hours = 1;
        settings.heating_loss_watts = 0;
    });
    bench.watts = Some(3_600);
    bench.pass(1);
    bench.watts = None;
    bench.pass(5);
    bench.watts = Some(3_600);
    bench.pass(1);
    assert_eq!(bench.told(), NONE);
    bench.pass(1);
    assert_eq!(bench.told(), ["heater_does_not_warm warning raised"]);
}

#[test]
fn water_that_warms_while_nothing_is_applied_latches() {
    let mut bench = Bench::new(|_| {});
    bench.watts = Some(0);
    bench.pass(1);
    bench.water = Some(Ok(44_000)); // the heater's own warmth, within its two minutes
    bench.pass(119);
    bench.water = Some(Ok(43_000));
    bench.pass(10);
    bench.water = Some(Ok(47_999));
    bench.pass(10);
    assert_eq!(bench.told(), NONE);
    bench.water = Some(Ok(48_000));
    bench.pass(1);
    assert_eq!(bench.told(), ["heater_warms_while_off critical raised"]);
    assert_eq!(bench.decide(), Reason::AlarmLatched);
    assert_eq!(bench.reset().0, only(AlarmKind::HeaterWarmsWhileOff));
    bench.told();
    bench.water = Some(Ok(52_000));
    bench.pass(5);
    assert_eq!(bench.told(), NONE, "measured afresh");
}

#[test]
fn water_that_warms_while_power_is_applied_or_nobody_knows_is_no_alarm() {
    for (watts, off_rise) in [(Some(1), 5_000), (None, 5_000), (Some(0), 0)] {
        let mut bench = Bench::new(|settings| settings.off_rise_millicelsius = off_rise);
        bench.watts = watts;
        bench.pass(200);
        bench.water = Some(Ok(45_000));
        bench.pass(10);
        bench.water = Some(Ok(49_000));
        bench.pass(10);
        assert_eq!(bench.told(), NONE, "{watts:?} {off_rise}");
    }
}

#[test]
fn water_that_warms_while_nobody_says_that_nothing_is_applied_is_no_alarm() {
    let mut bench = Bench::new(|_| {});
    bench.watts = Some(0);
    bench.pass(200);
    bench.watts = None;
    bench.pass(10);
    bench.water = Some(Ok(47_000));
    bench.pass(10);
    assert_eq!(bench.told(), NONE);
}

#[test]
fn water_that_warmed_while_the_clock_jumped_is_no_alarm() {
    let mut bench = Bench::new(|_| {});
    bench.watts = Some(0);
    bench.pass(200);
    bench.second += 86_400;
    bench.water = Some(Ok(47_000));
    bench.pass(150);
    let told = bench.told();
    assert!(
        told.iter().all(|told| told.starts_with("clock_jump")),
        "{told:?}"
    );
}

#[test]
fn an_alarm_that_is_reset_and_raised_again_before_anybody_was_told_is_told_as_both() {
    let mut bench = Bench::new(|settings| settings.probe_lost_after_readings = 1);
    bench.safety.restore(only(AlarmKind::WaterProbeLost));
    bench.decide();
    bench.told();
    let now = at(bench.second);
    assert_eq!(
        bench.safety.reset_alarms(now).reset,
        only(AlarmKind::WaterProbeLost)
    );
    bench
        .safety
        .temperature(now, Role::Water, Err(ProbeFault::Checksum));
    bench.decide();
    assert_eq!(
        bench.told(),
        [
            "water_probe_lost critical reset",
            "water_probe_lost warning raised"
        ]
    );
}

#[test]
fn power_in_between_begins_the_watch_on_a_heater_that_is_off_anew() {
    let mut bench = Bench::new(|_| {});
    bench.watts = Some(0);
    bench.pass(200);
    bench.water = Some(Ok(43_000));
    bench.pass(10);
    bench.watts = Some(2_000);
    bench.pass(1);
    bench.watts = Some(0);
    bench.water = Some(Ok(46_000));
    bench.pass(200);
    assert_eq!(bench.told(), NONE);
}

#[test]
fn a_hot_heat_sink_warns_at_its_limit_and_latches_above_its_margin() {
    let mut bench = Bench::new(|settings| settings.heat_sink_probe = ProbeUse::Required);
    bench.heat_sink = Some(Ok(84_000));
    bench.pass(2);
    assert_eq!(
        (bench.decide(), bench.told()),
        (Reason::HeatSinkDerating, vec![])
    );
    bench.heat_sink = Some(Ok(85_000));
    bench.pass(1);
    assert_eq!(bench.told(), ["heat_sink_too_hot warning raised"]);
    assert_eq!(bench.decide(), Reason::HeatSinkTooHot);
    bench.heat_sink = Some(Ok(90_000));
    bench.pass(2);
    bench.heat_sink = Some(Ok(95_000));
    bench.pass(1);
    assert_eq!(bench.told(), NONE);
    bench.pass(1);
    assert_eq!(bench.told(), ["heat_sink_too_hot critical escalated"]);
    assert_eq!(bench.reset().1, only(AlarmKind::HeatSinkTooHot));
    bench.heat_sink = Some(Ok(70_000));
    bench.pass(6);
    assert_eq!(bench.reset().0, only(AlarmKind::HeatSinkTooHot));
    assert_eq!(bench.decide(), Reason::Following);
}

#[test]
fn a_mains_that_is_away_for_long_warns_and_never_latches() {
    let mut bench = Bench::new(|_| {});
    bench.mains = false;
    bench.pass(60);
    assert_eq!(bench.told(), NONE);
    bench.pass(1);
    assert_eq!(bench.told(), ["mains_lost warning raised"]);
    bench.pass(100_000);
    assert_eq!(bench.told(), NONE);
    bench.mains = true;
    bench.pass(11);
    assert_eq!(bench.told(), ["mains_lost warning cleared"]);
}

#[test]
fn a_clock_that_jumps_is_told_and_every_input_is_awaited_anew() {
    for jump in [500, 2_000_000] {
        let mut bench = Bench::new(|settings| settings.setpoint_maximum_age_s = 86_400);
        bench.pass(1_000);
        bench.second = jump;
        assert_ne!(bench.decide(), Reason::Following);
        assert_eq!(bench.told(), ["clock_jump warning raised"]);
        bench.pass(1);
        assert_eq!(bench.decide(), Reason::Following);
        bench.pass(68);
        assert_eq!(bench.told(), NONE);
        bench.pass(1);
        assert_eq!(bench.told(), ["clock_jump warning cleared"]);
    }
}

#[test]
fn a_step_of_the_clock_up_to_its_limit_is_none() {
    let mut bench = Bench::new(|settings| settings.setpoint_maximum_age_s = 86_400);
    bench.second += 60;
    bench.water = None;
    bench.decide();
    assert_eq!(bench.told(), NONE);
    bench.second += 61;
    bench.decide();
    assert_eq!(bench.told(), ["clock_jump warning raised"]);
}

#[test]
fn a_clock_that_jumps_escalates_nothing() {
    let mut bench = Bench::new(|settings| settings.probe_lost_critical_after_s = 100);
    bench.water = None;
    bench.pass(70);
    bench.told();
    bench.second += 100_000;
    bench.decide();
    assert_eq!(bench.told(), ["clock_jump warning raised"]);
}

#[test]
fn the_latch_survives_a_reset_of_the_chip_as_a_small_number() {
    let kept = AlarmSet::EMPTY
        .with(AlarmKind::HeaterWarmsWhileOff)
        .with(AlarmKind::WaterProbeLost);
    assert_eq!(
        kept.iter().collect::<Vec<_>>(),
        [AlarmKind::WaterProbeLost, AlarmKind::HeaterWarmsWhileOff]
    );
    assert_eq!(kept.bits(), 0b10_0001);
    assert_eq!(kept.with(AlarmKind::WaterProbeLost), kept);
    assert_eq!(AlarmSet::from_bits(kept.bits()), kept);
    assert!(
        !kept.contains(AlarmKind::ClockJump) && !kept.is_empty() && AlarmSet::default().is_empty()
    );
    let mut bench = Bench::new(|_| {});
    bench.safety.restore(kept);
    assert_eq!(bench.decide(), Reason::AlarmLatched);
    assert_eq!(
        bench.told(),
        [
            "water_probe_lost critical raised",
            "heater_warms_while_off critical raised"
        ]
    );
    assert_eq!(bench.safety.alarms(AlarmLevel::Critical), kept);
    assert_eq!(bench.reset(), (kept, AlarmSet::EMPTY));
    assert_eq!(bench.decide(), Reason::Following);
}

#[test]
fn what_was_too_hot_before_a_reset_of_the_chip_must_cool_to_the_resume_temperature() {
    let mut bench = Bench::new(|_| {});
    bench.safety.restore(only(AlarmKind::WaterOverTemperature));
    bench.water = Some(Ok(57_000));
    bench.pass(40);
    assert_eq!(
        bench.reset(),
        (AlarmSet::EMPTY, only(AlarmKind::WaterOverTemperature))
    );
    bench.water = Some(Ok(54_000));
    bench.pass(10);
    assert_eq!(bench.reset().0, only(AlarmKind::WaterOverTemperature));
}

#[test]
fn changed_settings_reset_no_alarm() {
    let mut bench = Bench::new(|_| {});
    bench.safety.restore(only(AlarmKind::WaterOverTemperature));
    let absent = Settings {
        water_probe: ProbeUse::Absent,
        ..Settings::default()
    };
    bench.safety.set_settings(at(bench.second), absent);
    assert_eq!(bench.decide(), Reason::AlarmLatched);
    assert_eq!(bench.reset().0, only(AlarmKind::WaterOverTemperature));
}

#[test]
fn an_alarm_that_waits_to_be_told_asks_for_a_turn_at_once() {
    let mut safety = Safety::new(Settings::default(), at(0));
    safety.restore(only(AlarmKind::HeaterDoesNotWarm));
    assert_eq!(safety.next_deadline(at(0)), at(0));
    let _ = safety.decide(at(0));
    assert!(safety.take_change().is_some());
    assert_eq!(safety.next_deadline(at(0)), at(30));
}
