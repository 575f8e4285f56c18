//! What a scenario's steps do to the world.

use super::{Checked, OFF, SESSION_AFTER_US, World, make};
use crate::action::Action;
use crate::oracle::Told;
use dimmer::Event;
use dimmer::phase::Level;
use dimmer::safety::{AlarmSet, Role};

impl World<'_> {
    pub(super) fn act(&mut self, action: &Action) -> Checked {
        match action {
            Action::Probe(role, state) => {
                if let Some(probe) = self.probe(*role) {
                    probe.state = *state;
                }
            }
            Action::Temperature(Role::Water, value) => self.hardware.set_water(f64::from(*value)),
            Action::Temperature(role, value) => {
                if let Some(probe) = self.probe(*role) {
                    probe.measures_millicelsius = f64::from(*value);
                }
            }
            Action::Setpoint(value) => {
                self.setpoint = Some(*value);
                self.surplus = None;
                self.say_setpoints();
            }
            Action::Surplus(value) => {
                self.surplus = Some(*value);
                self.setpoint = None;
                self.say_setpoints();
            }
            Action::Router(speaks) => self.router_speaks = *speaks,
            Action::Garbage(payload) => self.garbage(payload),
            Action::Retained(value) => self.say(true, *value, true),
            Action::Flood(count) => {
                for number in 0..*count {
                    if number % 2 == 0 {
                        self.garbage("yes");
                    } else {
                        let value = self.random.whole(0, 10_000);
                        self.say(true, value, false);
                    }
                }
            }
            Action::HomeAssistant if self.broker => {
                let event = Event::Message {
                    topic: "homeassistant/status",
                    payload: b"online",
                    retained: false,
                };
                self.awake(event, Told::Nothing)?;
            }
            Action::HomeAssistant => {}
            Action::Broker(on) => {
                if *on && !self.broker {
                    self.online_at_us = Some(self.now_us + SESSION_AFTER_US);
                } else if !*on && self.broker {
                    self.online_at_us = None;
                    self.inbox.clear();
                    self.published.clear();
                    self.awake(Event::Disconnected, Told::Nothing)?;
                }
                self.broker = *on;
            }
            Action::Mains(change) => {
                self.oracle.mains_changed(self.now_us, *change);
                self.hardware.mains(*change);
            }
            Action::TriacStuck(is) => self.hardware.triac_stuck(*is),
            Action::GateRefuses(is) => self.hardware.gate_refuses(*is),
            Action::Clock(milliseconds) => {
                let earliest = -i64::try_from(self.now_us).unwrap_or(i64::MAX);
                self.offset_us = (self.offset_us + milliseconds * 1_000).max(earliest);
                self.hardware.clock_was_set();
                // What ended by the jump is seen at the next turn, which is at once.
                self.late = true;
                self.wake_at_us = self.now_us;
                if self.order.level > Level::OFF {
                    self.carry_out();
                }
            }
            Action::LoopStalls(milliseconds) => {
                self.stalled_until_us = self.now_us + milliseconds * 1_000;
                self.late = true;
            }
            Action::FiringStalls(milliseconds) => self.hardware.stall(*milliseconds),
            Action::Restart { keeps_alarms } => self.restart(*keeps_alarms)?,
            Action::Settings(table) => self.change_settings(table)?,
            Action::Boost {
                minutes,
                centipercent,
            } => self.boost(*minutes, *centipercent)?,
            Action::Switched(on) => self.awake(Event::Switched(*on), Told::Switched(*on))?,
            Action::ResetAlarms => self.awake(Event::ResetAlarms, Told::ResetAlarms)?,
        }
        Ok(())
    }

    /// Something that only a control loop that runs can be told: what stands still now hears it before anything else.
    pub(super) fn awake(&mut self, event: Event<'_>, told: Told) -> Checked {
        self.wake();
        self.handle(event, told)
    }

    fn wake(&mut self) {
        self.stalled_until_us = self.stalled_until_us.min(self.now_us);
    }

    fn restart(&mut self, keeps_alarms: bool) -> Checked {
        let critical = self.dimmer.overview(self.device()).critical;
        let kept = if keeps_alarms {
            critical
        } else {
            AlarmSet::EMPTY
        };
        // A chip counts from its reset.
        self.offset_us = -i64::try_from(self.now_us).unwrap_or(0);
        self.order = OFF;
        self.report = None;
        self.oracle.carried_out(self.now_us, Level::OFF, 0);
        self.hardware.restart(self.config.mains);
        self.begin_anew(kept)?;
        self.stalled_until_us = 0;
        let every_us = self.scenario.surroundings.probe_every_ms * 1_000;
        for probe in &mut self.probes {
            probe.at_us = self.now_us + every_us;
        }
        Ok(())
    }

    fn change_settings(&mut self, table: &toml::Table) -> Checked {
        let config = crate::scenario::with_settings(&self.config, table);
        self.config = config.map_err(|error| ("E", format!("{error:#}")))?;
        let valid = self.config.clone().validate();
        let valid = valid.map_err(|error| ("E", error.to_string()))?;
        self.hardware.set_mains(self.config.mains);
        let share = self
            .heard
            .map(|(own_topic, centipercent)| self.share(own_topic, centipercent));
        self.wake();
        self.turn(
            Told::Configured(self.config.safety, share),
            |dimmer, now| {
                dimmer
                    .configure(now, valid)
                    .map_err(|error| ("E", error.to_string()))
            },
        )
    }

    fn begin_anew(&mut self, kept: AlarmSet) -> Checked {
        let now = self.device();
        self.dimmer = make(&self.config, now).map_err(|what| ("E", what))?;
        self.dimmer.restore_alarms(kept);
        self.oracle.begin_anew(self.config.safety, now, kept);
        self.heard = None;
        self.inbox.clear();
        self.published.clear();
        self.session_at_us = None;
        self.online_at_us = self.broker.then_some(self.now_us + SESSION_AFTER_US);
        self.wake_at_us = self.now_us;
        self.reason.0 = self.now_us;
        self.applied.0 = self.now_us;
        self.alarms.0 = self.now_us;
        self.late = false;
        Ok(())
    }
}
