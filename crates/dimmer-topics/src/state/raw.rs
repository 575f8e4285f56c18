//! Each value alone, as plain text.

use core::fmt::{Display, Write};

use serde::Serialize;

use super::State;
use crate::commands::Shown;
use crate::commands::Tunable;
use crate::decimal::Decimal;
use crate::hubs::JeedomValue;
use crate::message::Message;
use crate::role::Role;
use crate::settings::ShareFormat;
use crate::topics::copy;
use crate::{BufferTooSmall, ONLINE};

impl State {
    /// Writes the value of a message as plain text into the front of `buffer`, such as `42.5`; returns how many bytes.
    ///
    /// Nothing, 0 bytes, for a value that is not known: retained, it takes the last known value off the broker. `None` for what is
    /// not plain text, or not always: JSON, discovery, and what needs more than the state.
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
            Message::Permitted => self.permitted(),
            Message::Applied => Some(self.applied()),
            Message::WaterTemperature => self.temperature(Role::Water),
            Message::HeatSinkTemperature => self.temperature(Role::HeatSink),
            Message::RoomTemperature => self.temperature(Role::Room),
            Message::WaterLimit => self.water_limit_millicelsius.map(Decimal::thousandths),
            Message::WaterResume => self.water_resume_millicelsius.map(Decimal::thousandths),
            Message::MaximumPower => self.maximum(),
            Message::Frequency => self.frequency(),
            Message::SignalStrength => self.signal_dbm.map(|dbm| Decimal::units(i32::from(dbm))),
            Message::Watts => return Some(write_text(self.watts, buffer)),
            Message::Boost => return Some(write_text(self.boost_minutes, buffer)),
            Message::Missed => return Some(write_text(self.mains_missed, buffer)),
            Message::Rejected => return Some(write_text(self.mains_rejected, buffer)),
            Message::Uptime => return Some(write_text(self.uptime_s, buffer)),
            Message::Received => return Some(write_text(self.messages_received, buffer)),
            Message::Sent => return Some(write_text(self.messages_sent, buffer)),
            Message::Refused => return Some(write_text(self.messages_refused, buffer)),
            Message::Energy => return Some(write_known(self.energy_watt_hours, buffer)),
            Message::FreeMemory => return Some(write_known(self.free_memory_bytes, buffer)),
            Message::FreeStack => return Some(write_known(self.free_stack_bytes, buffer)),
            Message::ResetReason => {
                return Some(copy(self.reset_reason.unwrap_or_default(), buffer));
            }
            Message::Broker => return Some(write_known(self.broker, buffer)),
            Message::Reason => return Some(copy(self.reason, buffer)),
            Message::Switch => return Some(copy(self.switch().unwrap_or_default(), buffer)),
            Message::Availability => return Some(copy(ONLINE, buffer)),
            _ => return None,
        };
        Some(write_known(number, buffer))
    }

    /// Writes the temperature of the water as it is shared; returns how many bytes.
    pub(crate) fn write_shared(
        &self,
        format: ShareFormat,
        buffer: &mut [u8],
    ) -> Result<usize, BufferTooSmall> {
        let temperature = self.temperature(Role::Water);
        match format {
            ShareFormat::Raw => write_known(temperature, buffer),
            ShareFormat::Json => serde_json_core::to_slice(&Shared { temperature }, buffer)
                .map_err(|_| BufferTooSmall),
        }
    }

    /// Writes a value for Jeedom, plain.
    pub(crate) fn write_jeedom(
        &self,
        value: JeedomValue,
        buffer: &mut [u8],
    ) -> Result<usize, BufferTooSmall> {
        let written = value
            .same_as()
            .and_then(|message| self.write_raw(message, buffer));
        written.unwrap_or_else(|| copy(self.alarms.level_name(), buffer))
    }

    /// Writes the value of a setting, plain; nothing if it is not known.
    pub(crate) fn write_tunable(
        &self,
        index: u8,
        tunable: &Tunable,
        buffer: &mut [u8],
    ) -> Result<usize, BufferTooSmall> {
        let value = self.tunables.get(usize::from(index)).copied().flatten();
        match value.and_then(|value| tunable.shown(value)) {
            None => Ok(0),
            Some(Shown::Number(number)) => write_text(number, buffer),
            Some(Shown::Word(word)) => copy(word, buffer),
        }
    }
}

fn write_known(value: Option<impl Display>, buffer: &mut [u8]) -> Result<usize, BufferTooSmall> {
    value.map_or(Ok(0), |value| write_text(value, buffer))
}

fn write_text(value: impl Display, buffer: &mut [u8]) -> Result<usize, BufferTooSmall> {
    // The longest is -2147483.648.
    let mut text = heapless::String::<16>::new();
    write!(text, "{value}").map_err(|_| BufferTooSmall)?;
    copy(&text, buffer)
}

#[derive(Serialize)]
struct Shared {
    temperature: Option<Decimal>,
}
