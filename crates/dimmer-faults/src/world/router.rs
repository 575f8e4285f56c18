//! What comes in over MQTT: the router's setpoints, garbage, and the way of each to the dimmer.

use super::{Checked, FOLLOWED, OWN, Said, World};
use crate::oracle::Told;
use dimmer::Event;

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
