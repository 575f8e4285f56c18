//! What comes in over MQTT: the router's setpoints, garbage, and the way of each to the dimmer.

use super::{BOOST, Checked, FOLLOWED, OWN, Said, World, source};
use crate::oracle::Told;
use dimmer::Event;
use dimmer::safety::{ProbeFault, Role};

impl World<'_> {
    pub(super) fn say_setpoints(&mut self) {
        for (own_topic, value) in [(true, self.setpoint), (false, self.surplus)] {
            if let Some(value) = value {
                self.say(own_topic, value, false);
            }
        }
    }

    pub(super) fn say(&mut self, own_topic: bool, centipercent: i32, retained: bool) {
        let payload = match self.random.next() % 3 {
            0 => format!("{{\"power\":{}}}", f64::from(centipercent) / 100.0),
            _ => format!("{}", f64::from(centipercent) / 100.0),
        };
        self.deliver(Said {
            own_topic,
            payload,
            retained,
            setpoint: (!retained).then_some(centipercent),
        });
    }

    pub(super) fn garbage(&mut self, payload: &str) {
        self.deliver(Said {
            own_topic: true,
            payload: payload.to_owned(),
            retained: false,
            setpoint: None,
        });
    }

    /// Without a broker nothing arrives.
    fn deliver(&mut self, said: Said) {
        if self.broker && self.online_at_us.is_none() {
            self.inbox.push_back(said);
        }
    }

    /// Somebody else's probe says what it measures, or something that is none. Nothing arrives without a broker.
    pub(super) fn tell_temperature(
        &mut self,
        role: Role,
        topic: &str,
        reading: Result<i32, ProbeFault>,
    ) -> Checked {
        if !self.broker || self.online_at_us.is_some() {
            return Ok(());
        }
        let number = |number: String| {
            if source(&self.config, role).path.is_empty() {
                number
            } else {
                format!("{{\"time\":7,\"temperature\":{number}}}")
            }
        };
        let (payload, heard) = match reading {
            Ok(value) => (number(celsius(value)), Ok(value)),
            // No temperature is so high.
            Err(ProbeFault::OutOfRange) => {
                (number("99999".to_owned()), Err(ProbeFault::OutOfRange))
            }
            Err(_) => {
                let garbage = ["", "null", "nan", "{\"celsius\":41}", "[41]", "41,5"];
                let payload = self.random.pick(&garbage, "").to_owned();
                (payload, Err(ProbeFault::Unrecognised))
            }
        };
        // What the broker had kept has no age.
        let retained = self.random.once_in(20);
        let heard = if retained {
            Err(ProbeFault::Unrecognised)
        } else {
            heard
        };
        let event = Event::Message {
            topic,
            payload: payload.as_bytes(),
            retained,
        };
        self.handle(event, Told::Temperature(role, heard))
    }

    /// Somebody wants a boost, or its end. Without a broker it does not arrive.
    pub(super) fn boost(&mut self, minutes: u16, centipercent: u16) -> Checked {
        if !self.broker || self.online_at_us.is_some() {
            return Ok(());
        }
        let percent = f64::from(centipercent) / 100.0;
        let payload = match minutes {
            0 => "cancel".to_owned(),
            _ if centipercent == 10_000 => minutes.to_string(),
            _ => format!("{{\"minutes\":{minutes},\"power\":{percent}}}"),
        };
        let ends_us = self.device().as_ticks() + u64::from(minutes) * 60_000_000;
        let event = Event::Message {
            topic: BOOST,
            payload: payload.as_bytes(),
            retained: false,
        };
        let told = (minutes > 0).then_some((ends_us, centipercent));
        self.awake(event, Told::Boost(told))
    }

    /// What this dimmer is to take of a setpoint, in centipercent.
    pub(super) fn share(&self, own_topic: bool, centipercent: i32) -> u16 {
        let start = if own_topic {
            0
        } else {
            self.config.pool.start_centipercent
        };
        let share = centipercent.saturating_sub(start).clamp(0, 10_000);
        u16::try_from(share).unwrap_or(0)
    }

    pub(super) fn hear(&mut self) -> Checked {
        while let Some(said) = self.inbox.pop_front() {
            let told = match said.setpoint {
                Some(centipercent) => {
                    self.heard = Some((said.own_topic, centipercent));
                    Told::Setpoint(self.share(said.own_topic, centipercent))
                }
                None => Told::Nothing,
            };
            let topic = if said.own_topic { OWN } else { FOLLOWED };
            let event = Event::Message {
                topic,
                payload: said.payload.as_bytes(),
                retained: said.retained,
            };
            self.handle(event, told)?;
        }
        Ok(())
    }
}

/// Millicelsius as degrees, exactly.
fn celsius(millicelsius: i32) -> String {
    let sign = if millicelsius < 0 { "-" } else { "" };
    let magnitude = millicelsius.unsigned_abs();
    format!("{sign}{}.{:03}", magnitude / 1_000, magnitude % 1_000)
}
