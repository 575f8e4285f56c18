#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

mod alarm;
mod commands;
mod decimal;
mod device;
mod device_id;
mod discovery;
mod event;
mod hubs;
mod message;
mod pool;
mod refusal;
mod role;
mod scanner;
mod settings;
mod state;
mod temperature;
mod topics;

pub use alarm::{
    ALARM_TEXT_CAPACITY, ALARMS_CAPACITY, Alarm, AlarmLevel, AlarmState, parse_alarm_reset,
};
pub use commands::{
    Answer, Applied, BOOST_LIMIT_MINUTES, Boost, COMMAND_PAYLOAD_CAPACITY,
    COMMON_POWER_LIMIT_CENTIPERCENT, COMMON_WATTS_LIMIT, Command, CommandName, DETAIL_CAPACITY,
    POWER_LIMIT_CENTIPERCENT, PowerCommand, SETPOINT_PAYLOAD_CAPACITY, Setpoint, SetpointUnit,
    TUNABLE_LABEL_CAPACITY, TUNABLE_NAME_CAPACITY, TUNABLE_OPTIONS_CAPACITY, TUNABLES_CAPACITY,
    Trigger, Tunable, TunableKind, WATTS_LIMIT, parse_boost, parse_common_setpoint, parse_power,
    parse_setpoint, parse_switch, parse_trigger,
};
pub use decimal::Decimal;
pub use device::{Device, LABEL_CAPACITY, PRODUCT_TEXT_CAPACITY, REASONS_CAPACITY, URL_CAPACITY};
pub use device_id::{DeviceId, ParseDeviceIdError};
pub use discovery::{Entity, PAGE_TUNABLES, Page};
pub use event::{ERRORS_CAPACITY, LOG_TEXT_CAPACITY, LogLevel, LogLine, Status};
pub use hubs::{
    DOMOTICZ_PAYLOAD_CAPACITY, DomoticzDevice, DomoticzEcho, JeedomValue, parse_domoticz,
};
pub use message::{Delivery, Message};
pub use pool::{
    ANNOUNCEMENT_PAYLOAD_CAPACITY, Announcement, PoolTotals, Sharing, Shortfall, member_is_gone,
    parse_announcement,
};
pub use refusal::{CONFLICT_NAME_CAPACITY, Refusal, RefusalKind, Subject};
pub use role::Role;
pub use settings::{
    Discovery, Domoticz, FOLLOW_CAPACITY, Format, HUB_TOPIC_CAPACITY, HomeAssistant, Jeedom,
    LONGEST_INTERVAL_S, PATH_CAPACITY, PATH_STEPS, POOL_NAME_CAPACITY, PREFIX_CAPACITY, Pool,
    PowerEntity, Qos, SOURCE_CAPACITY, Settings, SettingsError, Share, ShareFormat, Source,
    Temperatures,
};
pub use state::{ProbeCounts, STATE_NAME_CAPACITY, State};
pub use temperature::{TEMPERATURE_DEPTH, TEMPERATURE_PAYLOAD_CAPACITY, parse_temperature};
pub use topics::{Incoming, Subscription, Topics, home_assistant_started};

/// A moment, in microseconds of a clock that only goes forward.
pub type Instant = fugit::MonotonicTimerInstantU64<1_000_000>;

/// A length of time, in microseconds.
pub type Duration = fugit::MicrosDurationU64;

/// Most bytes in a topic name that this crate makes, subscribes to or accepts in [`Settings`].
pub const TOPIC_CAPACITY: usize = 128;

/// A topic name, without wildcards.
pub type Topic = heapless::String<TOPIC_CAPACITY>;

/// Most bytes in a payload that this crate renders, with the longest label, prefixes, names and numbers.
///
/// A test renders every message with the worst contents that the types admit and compares. A client's buffer needs this,
/// [`TOPIC_CAPACITY`] and a few bytes for the packet's header. Only device-based discovery comes near it, and only with the longest
/// names made of nothing but quotation marks: with usual ones the longest page has less than 2000 bytes.
pub const PAYLOAD_CAPACITY: usize = 3072;

/// Most bytes in any other payload than that of [`Message::DeviceDiscovery`], for a board that has no more to spare and whose
/// settings are never [`Discovery::Device`].
pub const UNPAGED_PAYLOAD_CAPACITY: usize = 1536;

/// The payload of [`Message::Availability`] while the dimmer is connected. Domoticz accepts no other word.
pub const ONLINE: &str = "online";

/// The payload of [`Message::Availability`] when the dimmer is gone: the session's will, and the last message before a
/// clean disconnect.
pub const OFFLINE: &str = "offline";

/// The buffer is smaller than the payload.
///
/// A buffer of [`PAYLOAD_CAPACITY`] bytes holds every payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BufferTooSmall;

impl core::fmt::Display for BufferTooSmall {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(
            formatter,
            "the buffer is smaller than the payload; {PAYLOAD_CAPACITY} bytes hold every payload"
        )
    }
}

impl core::error::Error for BufferTooSmall {}
