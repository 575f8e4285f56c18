//! The payload of each message.

use super::Topics;
use crate::device::Device;
use crate::message::Message;
use crate::state::State;
use crate::{BufferTooSmall, ONLINE};

impl Topics {
    /// The payload of any message of a dimmer that is online, as bytes in the front of `buffer`; returns how many.
    ///
    /// A value that is not known has an empty payload: retained, it takes the last known value off the broker. A temperature
    /// that comes from a topic is empty too, and stands in [`Message::State`] only. If dimmers passed on, in the same way as what
    /// they measure, what they take from topics, then a ring of them would keep one old value alive for ever.
    ///
    /// Ask [`Topics::is_silent`] first: of some messages an empty payload must not be published.
    ///
    /// # Errors
    /// [`BufferTooSmall`]; never with [`PAYLOAD_CAPACITY`](crate::PAYLOAD_CAPACITY) bytes.
    pub fn write(
        &self,
        message: Message,
        state: &State,
        device: &Device<'_>,
        buffer: &mut [u8],
    ) -> Result<usize, BufferTooSmall> {
        match message {
            Message::Availability => copy(ONLINE, buffer),
            Message::State => state.write(buffer),
            Message::Alarm => state.alarms.write(buffer),
            Message::Status => state.status.write(&state.alarms, buffer),
            Message::Log => state.log.map_or(Ok(0), |line| line.write(buffer)),
            Message::Answer => state.answer.map_or(Ok(0), |answer| answer.write(buffer)),
            Message::PoolMember => state
                .pool_member
                .map_or(Ok(0), |member| member.write(buffer)),
            Message::PoolTotals => state
                .pool_totals
                .map_or(Ok(0), |totals| totals.write(buffer)),
            Message::Tunable(index) => self
                .tunable(index)
                .map_or(Ok(0), |tunable| state.write_tunable(index, tunable, buffer)),
            Message::SharedTemperature => {
                state.write_shared(self.settings.temperature.share.format, buffer)
            }
            Message::Domoticz(device) => {
                state.write_domoticz(device, &self.settings.domoticz, buffer)
            }
            Message::Jeedom(value) => state.write_jeedom(value, buffer),
            Message::Discovery(entity) => self.write_discovery(entity, device, buffer),
            Message::DeviceDiscovery(page) => self.write_device_discovery(page, device, buffer),
            Message::WaterTemperature | Message::HeatSinkTemperature | Message::RoomTemperature
                if message.role().is_some_and(|role| self.is_from_topic(role)) =>
            {
                Ok(0)
            }
            // Longer than a state holds: whoever has them writes them.
            Message::LastWords => Ok(0),
            _ => state.write_raw(message, buffer).unwrap_or(Ok(0)),
        }
    }

    /// Whether there is nothing to say on a topic on which an empty payload means nothing, or something else: Domoticz takes none,
    /// and there may be no line of the log, no answer, and nothing to tell a pool.
    pub fn is_silent(&self, message: Message, state: &State) -> bool {
        match message {
            Message::Log => state.log.is_none(),
            Message::Answer => state.answer.is_none(),
            // Empty, it would be the leave of somebody who stays.
            Message::PoolMember => state.pool_member.is_none(),
            Message::PoolTotals => state.pool_totals.is_none(),
            Message::Domoticz(device) => !state.has_for_domoticz(device),
            _ => false,
        }
    }
}

pub(crate) fn copy(text: &str, buffer: &mut [u8]) -> Result<usize, BufferTooSmall> {
    buffer
        .get_mut(..text.len())
        .ok_or(BufferTooSmall)?
        .copy_from_slice(text.as_bytes());
    Ok(text.len())
}
