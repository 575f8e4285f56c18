//! What the dimmer is doing, for people and programs.

use core::fmt::Write;

use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};

use crate::alarm::AlarmState;
use crate::decimal::Decimal;
use crate::message::Message;
use crate::refusal::Refusal;
use crate::role::Role;
use crate::settings::ShareFormat;
use crate::topics::copy;
use crate::{BufferTooSmall, ONLINE};

/// Most bytes in [`State::reason`] and [`State::mains_state`] for which
/// [`PAYLOAD_CAPACITY`](crate::PAYLOAD_CAPACITY) is promised.
pub const STATE_NAME_CAPACITY: usize = 32;

/// What the dimmer is doing: the source of every state that is published.
///
/// Fields are added as the dimmer learns more: make it with `..State::default()`. `None` is what is not known, and is
/// published as `null`, or as an empty raw value.
///
/// Serializes as the JSON of the topic `state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// What was last asked for, in 0.01 %, before limits; more than 100 % where a pool shares a setpoint.
    pub setpoint_centipercent: Option<i32>,
    /// What the dimmer lets through, in 0.01 % of the load: 0 to 10 000.
    pub applied_centipercent: u16,
    /// The applied share of the rated load, in watts. Computed: the dimmer has no meter.
    pub watts: u32,
    /// The rated power of the load, in watts.
    pub rated_watts: u32,
    /// Temperature of the water, in 0.001 °C.
    pub water_millicelsius: Option<i32>,
    /// Temperature of the heat sink, in 0.001 °C.
    pub heat_sink_millicelsius: Option<i32>,
    /// Temperature of the room, in 0.001 °C.
    pub room_millicelsius: Option<i32>,
    /// Why the output is as it is: a name that never changes, such as `following`. Up to [`STATE_NAME_CAPACITY`] bytes.
    pub reason: &'static str,
    /// What a person has to know.
    pub alarms: AlarmState,
    /// How well the mains is followed: a name that never changes, such as `locked`. Up to [`STATE_NAME_CAPACITY`] bytes.
    pub mains_state: &'static str,
    /// Frequency of the mains, in 0.001 Hz.
    pub mains_frequency_millihertz: Option<u32>,
    /// Zero crossings that did not come, since the start.
    pub mains_missed: u32,
    /// Edges that were no zero crossing, since the start.
    pub mains_rejected: u32,
    /// Seconds since the start.
    pub uptime_s: u32,
    /// Messages received since the start, the refused ones among them.
    pub messages_received: u32,
    /// Messages published since the start.
    pub messages_sent: u32,
    /// Messages refused since the start.
    pub messages_refused: u32,
    /// Why the last one was.
    pub last_refusal: Option<Refusal>,
    /// The broker in use: its place in the list of brokers, from 1.
    pub broker: Option<u8>,
}

impl Default for State {
    /// A dimmer that has just started and knows nothing.
    fn default() -> Self {
        Self {
            setpoint_centipercent: None,
            applied_centipercent: 0,
            watts: 0,
            rated_watts: 0,
            water_millicelsius: None,
            heat_sink_millicelsius: None,
            room_millicelsius: None,
            reason: "unknown",
            alarms: AlarmState::NONE,
            mains_state: "unknown",
            mains_frequency_millihertz: None,
            mains_missed: 0,
            mains_rejected: 0,
            uptime_s: 0,
            messages_received: 0,
            messages_sent: 0,
            messages_refused: 0,
            last_refusal: None,
            broker: None,
        }
    }
}

impl State {
    /// Writes the state as one JSON object into the front of `buffer`; returns how many bytes.
    ///
    /// # Errors
    /// [`BufferTooSmall`]; never with [`PAYLOAD_CAPACITY`](crate::PAYLOAD_CAPACITY) bytes.
    pub fn write(&self, buffer: &mut [u8]) -> Result<usize, BufferTooSmall> {
        serde_json_core::to_slice(self, buffer).map_err(|_| BufferTooSmall)
    }

    /// Writes the value of a message as plain text into the front of `buffer`, such as `42.5`; returns how many bytes.
    ///
    /// Nothing, 0 bytes, for a value that is not known: retained, it takes the last known value off the broker. `None` for
    /// [`Message::State`], [`Message::Alarm`], [`Message::SharedTemperature`] and [`Message::Discovery`], which are not plain
    /// text, or not always.
    ///
    /// # Errors
    /// [`BufferTooSmall`]; never with [`PAYLOAD_CAPACITY`](crate::PAYLOAD_CAPACITY) bytes.
    pub fn write_raw(
        &self,
        message: Message,
        buffer: &mut [u8],
    ) -> Option<Result<usize, BufferTooSmall>> {
        let number = match message {
            Message::Setpoint => self.setpoint(),
            Message::Applied => Some(self.applied()),
            Message::WaterTemperature => self.temperature(Role::Water),
            Message::HeatSinkTemperature => self.temperature(Role::HeatSink),
            Message::RoomTemperature => self.temperature(Role::Room),
            Message::Frequency => self.frequency(),
            Message::Watts => return Some(write_text(self.watts, buffer)),
            Message::Reason => return Some(copy(self.reason, buffer)),
            Message::Availability => return Some(copy(ONLINE, buffer)),
            Message::State
            | Message::Alarm
            | Message::SharedTemperature
            | Message::Discovery(_) => return None,
        };
        Some(number.map_or(Ok(0), |number| write_text(number, buffer)))
    }

    fn setpoint(&self) -> Option<Decimal> {
        self.setpoint_centipercent.map(Decimal::hundredths)
    }

    fn applied(&self) -> Decimal {
        Decimal::hundredths(i32::from(self.applied_centipercent))
    }

    fn temperature(&self, role: Role) -> Option<Decimal> {
        let millicelsius = match role {
            Role::Water => self.water_millicelsius,
            Role::HeatSink => self.heat_sink_millicelsius,
            Role::Room => self.room_millicelsius,
        };
        millicelsius.map(Decimal::thousandths)
    }

    /// Writes the temperature of the water as it is shared; returns how many bytes.
    pub(crate) fn write_shared(
        &self,
        format: ShareFormat,
        buffer: &mut [u8],
    ) -> Result<usize, BufferTooSmall> {
        let temperature = self.temperature(Role::Water);
        match format {
            ShareFormat::Raw => {
                temperature.map_or(Ok(0), |temperature| write_text(temperature, buffer))
            }
            ShareFormat::Json => serde_json_core::to_slice(&Shared { temperature }, buffer)
                .map_err(|_| BufferTooSmall),
        }
    }

    fn frequency(&self) -> Option<Decimal> {
        self.mains_frequency_millihertz
            .map(|millihertz| Decimal::thousandths(i32::try_from(millihertz).unwrap_or(i32::MAX)))
    }
}

fn write_text(value: impl core::fmt::Display, buffer: &mut [u8]) -> Result<usize, BufferTooSmall> {
    // The longest is -2147483.648.
    let mut text = heapless::String::<16>::new();
    write!(text, "{value}").map_err(|_| BufferTooSmall)?;
    copy(&text, buffer)
}

#[derive(Serialize)]
struct Shared {
    temperature: Option<Decimal>,
}

#[derive(Serialize)]
struct ByRole {
    water: Option<Decimal>,
    heat_sink: Option<Decimal>,
    room: Option<Decimal>,
}

#[derive(Serialize)]
struct Mains {
    state: &'static str,
    frequency: Option<Decimal>,
    missed: u32,
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
        let mut object = serializer.serialize_struct("State", 11)?;
        object.serialize_field("setpoint", &self.setpoint())?;
        object.serialize_field("applied", &self.applied())?;
        object.serialize_field("watts", &self.watts)?;
        object.serialize_field("rated_watts", &self.rated_watts)?;
        object.serialize_field(
            "temperature",
            &ByRole {
                water: self.temperature(Role::Water),
                heat_sink: self.temperature(Role::HeatSink),
                room: self.temperature(Role::Room),
            },
        )?;
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
        object.serialize_field("uptime", &self.uptime_s)?;
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

#[cfg(test)]
mod tests;
