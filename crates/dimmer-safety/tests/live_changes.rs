//! Another probe, and other settings, while an alarm is in the making.

use dimmer_safety::{AlarmKind, AlarmLevel, Instant, Role, Safety, Settings};

/// A dimmer whose water is read once a second, and which feeds a steady power.
struct Tank {
    safety: Safety,
    second: u64,
    watts: u32,
}

impl Tank {
    fn new(settings: Settings) -> Self {
        assert_eq!(settings.validate(), Ok(()));
        Self {
            safety: Safety::new(settings, Instant::from_ticks(0)),
            second: 0,
            watts: 0,
        }
    }

    fn now(&self) -> Instant {
        Instant::from_ticks(self.second * 1_000_000)
    }

    /// Lets so many seconds pass with this temperature of the water.
    fn pass(&mut self, seconds: u64, millicelsius: i32) {
        for _ in 0..seconds {
            self.second += 1;
            let now = self.now();
            self.safety.mains(now, true);
            self.safety.applied(now, self.watts);
            self.safety.temperature(now, Role::Water, Ok(millicelsius));
            let _ = self.safety.decide(now);
        }
    }

    fn stands(&self, alarm: AlarmKind) -> bool {
        let standing = |level| self.safety.alarms(level).contains(alarm);
        standing(AlarmLevel::Warning) || standing(AlarmLevel::Critical)
    }
}

/// Every rate is believed.
fn settings() -> Settings {
    Settings {
        water_maximum_rate_millicelsius_per_minute: 0,
        ..Settings::default()
    }
}

#[test]
fn the_step_to_another_probe_is_no_water_that_warms_while_off() {
    for changes in [false, true] {
        let mut tank = Tank::new(settings());
        tank.pass(200, 40_000);
        if changes {
            tank.safety.source_changed(tank.now(), Role::Water);
        }
        tank.pass(2, 52_000);
        let stands = tank.stands(AlarmKind::HeaterWarmsWhileOff);
        assert_eq!(stands, !changes, "changes: {changes}");
    }
}

#[test]
fn the_step_to_another_probe_is_no_water_that_the_heater_warmed() {
    for changes in [false, true] {
        let mut tank = Tank::new(Settings {
            heating_energy_watt_hours: 1_000,
            heating_loss_watts: 0,
            ..settings()
        });
        // 1 Wh in a second.
        tank.watts = 3_600;
        tank.pass(900, 40_000);
        if changes {
            tank.safety.source_changed(tank.now(), Role::Water);
        }
        tank.pass(200, 45_000);
        let stands = tank.stands(AlarmKind::HeaterDoesNotWarm);
        assert_eq!(stands, changes, "changes: {changes}");
    }
}

#[test]
fn readings_above_the_alarms_margin_are_counted_on_unless_other_settings_put_the_last_below_it() {
    let usual = settings();
    let higher = Settings {
        water_limit_millicelsius: 80_000,
        ..usual
    };
    assert_eq!(higher.validate(), Ok(()));
    for (between, expected) in [(usual, true), (higher, false)] {
        let mut tank = Tank::new(usual);
        tank.pass(1, 70_000);
        tank.safety.set_settings(tank.now(), between);
        tank.safety.set_settings(tank.now(), usual);
        assert!(!tank.stands(AlarmKind::WaterOverTemperature));
        tank.pass(1, 70_000);
        let stands = tank.stands(AlarmKind::WaterOverTemperature);
        assert_eq!(stands, expected);
    }
}
