//! What the dimmer is doing, for people and programs.

mod json;
mod raw;

use crate::BufferTooSmall;
use crate::alarm::AlarmState;
use crate::commands::{Answer, TUNABLES_CAPACITY};
use crate::decimal::Decimal;
use crate::event::{LogLine, Status};
use crate::pool::{Announcement, PoolTotals};
use crate::refusal::Refusal;
use crate::role::Role;

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
    /// What the limits permit of it, in 0.01 % of the load: 0 to 10 000.
    pub permitted_centipercent: Option<u16>,
    /// What the dimmer lets through, in 0.01 % of the load: 0 to 10 000.
    pub applied_centipercent: u16,
    /// The applied share of the rated load, in watts. Computed: the dimmer has no meter.
    pub watts: u32,
    /// The rated power of the load, in watts.
    pub rated_watts: u32,
    /// What went into the load since the counter began, in watt-hours: it only grows. Computed, too.
    pub energy_watt_hours: Option<u32>,
    /// Temperature of the water, in 0.001 °C.
    pub water_millicelsius: Option<i32>,
    /// Temperature of the heat sink, in 0.001 °C.
    pub heat_sink_millicelsius: Option<i32>,
    /// Temperature of the room, in 0.001 °C.
    pub room_millicelsius: Option<i32>,
    /// The temperature of the water at which the output is off, in 0.001 °C.
    pub water_limit_millicelsius: Option<i32>,
    /// The temperature at which it may be on again, in 0.001 °C.
    pub water_resume_millicelsius: Option<i32>,
    /// The highest power permitted, in 0.01 %.
    pub maximum_centipercent: Option<u16>,
    /// Whether a person wants the dimmer on at all.
    pub is_switched_on: Option<bool>,
    /// How long a boost still runs, in minutes, rounded up; 0: none.
    pub boost_minutes: u16,
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
    /// What the own probes gave and rejected; nothing where nobody counts it.
    pub probes: Option<ProbeCounts>,
    /// Seconds since the start.
    pub uptime_s: u32,
    /// Memory that is free, in bytes; nothing where nobody counts it.
    pub free_memory_bytes: Option<u32>,
    /// What of the stack was never used since the start, in bytes; nothing where nobody counts it.
    pub free_stack_bytes: Option<u32>,
    /// How strong the radio signal is, in dBm; nothing on a wire.
    pub signal_dbm: Option<i16>,
    /// Why the board started last: a name that never changes, such as `power`; nothing where it does not know. Up to
    /// [`STATE_NAME_CAPACITY`] bytes.
    pub reset_reason: Option<&'static str>,
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
    /// When everything was published last, and what is wrong.
    pub status: Status,
    /// The line of the log that [`Message::Log`](crate::Message::Log) is to say.
    pub log: Option<LogLine<'static>>,
    /// What [`Message::Answer`](crate::Message::Answer) is to say.
    pub answer: Option<Answer>,
    /// What [`Message::PoolMember`](crate::Message::PoolMember) is to say.
    pub pool_member: Option<Announcement>,
    /// What [`Message::PoolTotals`](crate::Message::PoolTotals) is to say.
    pub pool_totals: Option<PoolTotals>,
    /// The values of the settings in the table of [`Tunable`](crate::Tunable)s, in its order.
    pub tunables: [Option<i32>; TUNABLES_CAPACITY],
}

/// What the own probes gave and rejected, since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProbeCounts {
    /// Readings that gave a temperature.
    pub readings: u32,
    /// Readings that gave none, after all their tries.
    pub failed: u32,
    /// Tries that were rejected, and repeated.
    pub rejected: u32,
}

impl Default for State {
    /// A dimmer that has just started and knows nothing.
    fn default() -> Self {
        Self {
            setpoint_centipercent: None,
            permitted_centipercent: None,
            applied_centipercent: 0,
            watts: 0,
            rated_watts: 0,
            energy_watt_hours: None,
            water_millicelsius: None,
            heat_sink_millicelsius: None,
            room_millicelsius: None,
            water_limit_millicelsius: None,
            water_resume_millicelsius: None,
            maximum_centipercent: None,
            is_switched_on: None,
            boost_minutes: 0,
            reason: "unknown",
            alarms: AlarmState::NONE,
            mains_state: "unknown",
            mains_frequency_millihertz: None,
            mains_missed: 0,
            mains_rejected: 0,
            probes: None,
            uptime_s: 0,
            free_memory_bytes: None,
            free_stack_bytes: None,
            signal_dbm: None,
            reset_reason: None,
            messages_received: 0,
            messages_sent: 0,
            messages_refused: 0,
            last_refusal: None,
            broker: None,
            status: Status::NONE,
            log: None,
            answer: None,
            pool_member: None,
            pool_totals: None,
            tunables: [None; TUNABLES_CAPACITY],
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

    fn setpoint(&self) -> Option<Decimal> {
        self.setpoint_centipercent.map(Decimal::hundredths)
    }

    fn permitted(&self) -> Option<Decimal> {
        self.permitted_centipercent.map(percent)
    }

    fn applied(&self) -> Decimal {
        percent(self.applied_centipercent)
    }

    fn maximum(&self) -> Option<Decimal> {
        self.maximum_centipercent.map(percent)
    }

    pub(crate) const fn temperature_millicelsius(&self, role: Role) -> Option<i32> {
        match role {
            Role::Water => self.water_millicelsius,
            Role::HeatSink => self.heat_sink_millicelsius,
            Role::Room => self.room_millicelsius,
        }
    }

    fn temperature(&self, role: Role) -> Option<Decimal> {
        self.temperature_millicelsius(role)
            .map(Decimal::thousandths)
    }

    fn frequency(&self) -> Option<Decimal> {
        self.mains_frequency_millihertz
            .map(|millihertz| Decimal::thousandths(i32::try_from(millihertz).unwrap_or(i32::MAX)))
    }

    /// A person's switch as a word.
    fn switch(&self) -> Option<&'static str> {
        self.is_switched_on
            .map(|is_on| if is_on { "ON" } else { "OFF" })
    }
}

fn percent(centipercent: u16) -> Decimal {
    Decimal::hundredths(i32::from(centipercent))
}

#[cfg(test)]
mod tests;
