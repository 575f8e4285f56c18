//! The state as one JSON object.

use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};

use super::State;
use crate::decimal::Decimal;
use crate::refusal::Refusal;
use crate::role::Role;

#[derive(Serialize)]
struct ByRole {
    water: Option<Decimal>,
    heat_sink: Option<Decimal>,
    room: Option<Decimal>,
}

#[derive(Serialize)]
struct Limits {
    water: Option<Decimal>,
    resume: Option<Decimal>,
    power: Option<Decimal>,
}

#[derive(Serialize)]
struct Mains {
    state: &'static str,
    frequency: Option<Decimal>,
    missed: u32,
    rejected: u32,
}

#[derive(Serialize)]
struct Probes {
    readings: u32,
    failed: u32,
    rejected: u32,
}

#[derive(Serialize)]
struct Messages {
    received: u32,
    sent: u32,
    refused: u32,
    last_refusal: Option<Refusal>,
}

impl Serialize for State {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("State", 21)?;
        self.serialize_power(&mut object)?;
        object.serialize_field("reason", self.reason)?;
        object.serialize_field("alarm", self.alarms.level_name())?;
        object.serialize_field(
            "mains",
            &Mains {
                state: self.mains_state,
                frequency: self.frequency(),
                missed: self.mains_missed,
                rejected: self.mains_rejected,
            },
        )?;
        object.serialize_field(
            "probes",
            &self.probes.map(|probes| Probes {
                readings: probes.readings,
                failed: probes.failed,
                rejected: probes.rejected,
            }),
        )?;
        object.serialize_field("uptime", &self.uptime_s)?;
        object.serialize_field("memory", &self.free_memory_bytes)?;
        object.serialize_field("stack", &self.free_stack_bytes)?;
        object.serialize_field("rssi", &self.signal_dbm)?;
        object.serialize_field("reset_reason", &self.reset_reason)?;
        object.serialize_field(
            "messages",
            &Messages {
                received: self.messages_received,
                sent: self.messages_sent,
                refused: self.messages_refused,
                last_refusal: self.last_refusal,
            },
        )?;
        object.serialize_field("broker", &self.broker)?;
        object.end()
    }
}

impl State {
    fn serialize_power<S: SerializeStruct>(&self, object: &mut S) -> Result<(), S::Error> {
        object.serialize_field("setpoint", &self.setpoint())?;
        object.serialize_field("permitted", &self.permitted())?;
        object.serialize_field("applied", &self.applied())?;
        object.serialize_field("watts", &self.watts)?;
        object.serialize_field("rated_watts", &self.rated_watts)?;
        object.serialize_field("energy", &self.energy_watt_hours)?;
        object.serialize_field(
            "temperature",
            &ByRole {
                water: self.temperature(Role::Water),
                heat_sink: self.temperature(Role::HeatSink),
                room: self.temperature(Role::Room),
            },
        )?;
        object.serialize_field(
            "limits",
            &Limits {
                water: self.water_limit_millicelsius.map(Decimal::thousandths),
                resume: self.water_resume_millicelsius.map(Decimal::thousandths),
                power: self.maximum(),
            },
        )?;
        object.serialize_field("switch", &self.switch())?;
        object.serialize_field("boost", &self.boost_minutes)
    }
}
