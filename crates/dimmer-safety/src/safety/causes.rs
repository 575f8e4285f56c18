//! What each alarm is raised for.

use super::{CLOCK_JUMP_NEWS, NOW, Safety};
use crate::input::{Heard, seconds};
use crate::watch::{Cause, Watches};
use crate::{AlarmKind, Instant, Role};

impl Safety {
    /// The alarms as they are judged now.
    pub(super) fn watched(&self, now: Instant) -> Watches {
        let mut watches = self.watches.clone();
        watches.update(now, |kind| self.cause(now, kind));
        watches
    }

    fn cause(&self, now: Instant, kind: AlarmKind) -> Cause {
        match kind {
            AlarmKind::WaterProbeLost => self.probe_lost(now, Role::Water),
            AlarmKind::HeatSinkProbeLost => self.probe_lost(now, Role::HeatSink),
            AlarmKind::RoomProbeLost => self.probe_lost(now, Role::Room),
            AlarmKind::WaterOverTemperature => Cause {
                warning_after: None,
                ..self.over_heat(now, Role::Water)
            },
            AlarmKind::HeatSinkTooHot => self.over_heat(now, Role::HeatSink),
            AlarmKind::HeaterDoesNotWarm => Cause {
                present: self.settings.bounds(Role::Water).required
                    && self.heating.is_ineffective(&self.settings),
                warning_after: NOW,
                critical_after: self
                    .heating
                    .is_very_ineffective(&self.settings)
                    .then_some(())
                    .and(NOW),
                is_gone: true,
            },
            AlarmKind::HeaterWarmsWhileOff => Cause {
                present: self.settings.bounds(Role::Water).required
                    && self.heating.warmed_while_off(),
                warning_after: None,
                critical_after: NOW,
                is_gone: true,
            },
            AlarmKind::MainsLost => Cause {
                present: !self.mains_is_locked(now),
                warning_after: Some(seconds(self.settings.mains_lost_after_s)),
                critical_after: None,
                is_gone: true,
            },
            AlarmKind::ClockJump => Cause {
                present: self
                    .jumped_at
                    .is_some_and(|at| Heard::At(at).is_fresh(now, CLOCK_JUMP_NEWS)),
                warning_after: NOW,
                critical_after: None,
                is_gone: true,
            },
        }
    }

    fn probe_lost(&self, now: Instant, role: Role) -> Cause {
        let bounds = self.settings.bounds(role);
        let temperature = self.of(role);
        let failing = temperature.failures() >= self.settings.probe_lost_after_readings;
        let present =
            bounds.required && (failing || temperature.millicelsius(now, &bounds).is_none());
        let critical_s = self.settings.probe_lost_critical_after_s;
        Cause {
            present,
            warning_after: if failing {
                NOW
            } else {
                Some(seconds(self.settings.probe_lost_after_s))
            },
            critical_after: (critical_s > 0).then_some(seconds(critical_s)),
            is_gone: !present,
        }
    }

    fn over_heat(&self, now: Instant, role: Role) -> Cause {
        let bounds = self.settings.bounds(role);
        let temperature = self.of(role);
        let known = temperature.millicelsius(now, &bounds).is_some();
        Cause {
            present: bounds.required && temperature.is_too_hot(),
            warning_after: NOW,
            critical_after: temperature.is_alarming().then_some(()).and(NOW),
            is_gone: !bounds.required || (known && !temperature.is_too_hot()),
        }
    }
}
