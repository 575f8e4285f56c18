//! What the dimmer publishes, and how it is to be delivered.

use crate::commands::TUNABLES_CAPACITY;
use crate::discovery::{Entity, Page};
use crate::hubs::{DomoticzDevice, JeedomValue};
use crate::role::Role;
use crate::settings::{Qos, Settings};

/// The level that says whether a dimmer is connected.
pub(crate) const AVAILABILITY: &str = "availability";

/// A message that the dimmer publishes. One message, one topic: see [`Topics::of`](crate::Topics::of); only what goes to Domoticz
/// shares a topic, and says in its payload what it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Message {
    /// `availability`: [`ONLINE`](crate::ONLINE) or [`OFFLINE`](crate::OFFLINE), the latter as the will of the session.
    Availability,
    /// `state`: everything in one JSON object.
    State,
    /// `power/setpoint`: what was asked for, in percent.
    Setpoint,
    /// `power/permitted`: what the limits leave of it, in percent of the load.
    Permitted,
    /// `power/applied`: what the dimmer lets through, in percent of the load.
    Applied,
    /// `power/watts`: the applied share of the rated load, in watts. Computed: the dimmer has no meter.
    Watts,
    /// `power/energy`: what went into the load since the start, in watt-hours.
    Energy,
    /// `temperature/water`, in °C: what a probe of this dimmer measures. Empty when the temperature comes from a topic.
    WaterTemperature,
    /// `temperature/heat_sink`, likewise.
    HeatSinkTemperature,
    /// `temperature/room`, likewise.
    RoomTemperature,
    /// `limit/water`: the temperature of the water at which the output is off, in °C.
    WaterLimit,
    /// `limit/resume`: the temperature at which it may be on again, in °C.
    WaterResume,
    /// `limit/power`: the highest power permitted, in percent.
    MaximumPower,
    /// `mains/frequency`, in Hz.
    Frequency,
    /// `mains/missed`: zero crossings that did not come.
    Missed,
    /// `mains/rejected`: edges that were no zero crossing.
    Rejected,
    /// `reason`: why the output is as it is.
    Reason,
    /// `switch`: whether a person wants the dimmer on, `ON` or `OFF`.
    Switch,
    /// `boost`: how long a boost still runs, in minutes; `0`: none.
    Boost,
    /// `uptime`, in seconds.
    Uptime,
    /// `memory`: what is free of it, in bytes; where somebody counts it.
    FreeMemory,
    /// `stack`: what of the stack was never used, in bytes; where somebody counts it.
    FreeStack,
    /// `rssi`: how strong the radio signal is, in dBm; where there is a radio.
    SignalStrength,
    /// `reset_reason`: why the board started last; where it knows.
    ResetReason,
    /// `last_words`: what the program said when it ended the last time, where the board keeps it. Empty if it ended well.
    LastWords,
    /// `messages/received`.
    Received,
    /// `messages/sent`.
    Sent,
    /// `messages/refused`.
    Refused,
    /// `broker`: the one in use, from 1.
    Broker,
    /// `alarm`: what a person has to know, as JSON. Once per change.
    Alarm,
    /// `status`: when everything was published last, and what is wrong, as JSON. Once per change.
    Status,
    /// `log`: a line of warning or above, as JSON.
    Log,
    /// `answer`: what became of the last command, as JSON.
    Answer,
    /// `config/<name>`: the value of a setting, by its place in the table. Once per change.
    Tunable(u8),
    /// `<prefix>/pool/<name>/<id>`: what this dimmer tells the other members of its pool, as JSON.
    PoolMember,
    /// `<prefix>/pool/<name>/totals`: what the pool does as a whole, as JSON. Of all members, one publishes it.
    PoolTotals,
    /// The topic in [`Share::topic`](crate::Share::topic): the temperature of the water, for others.
    SharedTemperature,
    /// What Domoticz is told of a device, by idx.
    Domoticz(DomoticzDevice),
    /// A value for Jeedom, by idx.
    Jeedom(JeedomValue),
    /// What Home Assistant and Domoticz need to know about one entity.
    Discovery(Entity),
    /// What Home Assistant needs to know about several entities, in device-based discovery.
    DeviceDiscovery(Page),
}

/// What stands between discovery and availability, without the settings.
const STATES: [Message; 43] = [
    Message::Status,
    Message::Alarm,
    Message::State,
    Message::Setpoint,
    Message::Permitted,
    Message::Applied,
    Message::Watts,
    Message::Energy,
    Message::WaterTemperature,
    Message::HeatSinkTemperature,
    Message::RoomTemperature,
    Message::WaterLimit,
    Message::WaterResume,
    Message::MaximumPower,
    Message::Frequency,
    Message::Missed,
    Message::Rejected,
    Message::Reason,
    Message::Switch,
    Message::Boost,
    Message::Uptime,
    Message::FreeMemory,
    Message::FreeStack,
    Message::SignalStrength,
    Message::ResetReason,
    Message::LastWords,
    Message::Received,
    Message::Sent,
    Message::Refused,
    Message::Broker,
    Message::SharedTemperature,
    Message::Domoticz(DomoticzDevice::Dimmer),
    Message::Domoticz(DomoticzDevice::Power),
    Message::Domoticz(DomoticzDevice::Temperature),
    Message::Domoticz(DomoticzDevice::Alarm),
    Message::Jeedom(JeedomValue::Setpoint),
    Message::Jeedom(JeedomValue::Applied),
    Message::Jeedom(JeedomValue::Power),
    Message::Jeedom(JeedomValue::Temperature),
    Message::Jeedom(JeedomValue::Alarm),
    Message::Log,
    Message::Answer,
    // Last of all, when all else is in place.
    Message::Availability,
];

/// What others of a pool wait for.
const POOL: [Message; 2] = [Message::PoolMember, Message::PoolTotals];

const COUNT: usize =
    Entity::ALL.len() + Page::ALL.len() + TUNABLES_CAPACITY + STATES.len() + POOL.len();

impl Message {
    /// Every message, in the order in which a new session publishes them: first what others of a pool wait for; discovery before the
    /// values, so that a listener knows what they are; availability last, when all else is in place.
    pub const ALL: [Self; COUNT] = {
        let mut all = [Self::Availability; COUNT];
        let mut count = 0;
        #[expect(
            clippy::indexing_slicing,
            clippy::cast_possible_truncation,
            reason = "computed by the compiler, which would refuse an index out of range; the capacity is 16"
        )]
        {
            let mut place = 0;
            while place < POOL.len() {
                all[count] = POOL[place];
                count += 1;
                place += 1;
            }
            place = 0;
            while place < Page::ALL.len() {
                all[count] = Self::DeviceDiscovery(Page::ALL[place]);
                count += 1;
                place += 1;
            }
            place = 0;
            while place < Entity::ALL.len() {
                all[count] = Self::Discovery(Entity::ALL[place]);
                count += 1;
                place += 1;
            }
            place = 0;
            while place < TUNABLES_CAPACITY {
                all[count] = Self::Tunable(place as u8);
                count += 1;
                place += 1;
            }
            place = 0;
            while place < STATES.len() {
                all[count] = STATES[place];
                count += 1;
                place += 1;
            }
        }
        all
    };

    /// Quality of service and retain flag of this message.
    ///
    /// Availability is the will of the session, and is retained with quality of service 1 whatever the settings say. Everything
    /// else goes as the settings say for its kind; but what steers somebody (a shared temperature), and what Domoticz is told, is never
    /// retained: whoever subscribes later could not tell how old it is, and Domoticz has one topic for all devices. What the members of a pool
    /// say is retained with quality of service 0, whatever the settings say: it is repeated soon, and a member that is gone still counts.
    pub const fn delivery(self, settings: &Settings) -> Delivery {
        let (qos, retain) = match self {
            Self::Availability => (Qos::AtLeastOnce, true),
            Self::PoolMember | Self::PoolTotals => (Qos::AtMostOnce, true),
            Self::Discovery(_) | Self::DeviceDiscovery(_) => {
                (settings.homeassistant.qos, settings.homeassistant.retain)
            }
            Self::Alarm | Self::Status | Self::Tunable(_) => {
                (settings.alarm_qos, settings.alarm_retain)
            }
            Self::Log | Self::Answer => (settings.event_qos, settings.event_retain),
            Self::SharedTemperature | Self::Domoticz(_) => (settings.qos, false),
            _ => (settings.qos, settings.retain),
        };
        Delivery { qos, retain }
    }

    /// Whether the message is said again and again: the states at least every [`Settings::interval_s`], the shared temperature with each
    /// reading. What is said once, at a change, is not; nor what a pool is told, which has a beat of its own; nor what Domoticz is told of a dimmer or an alarm, which would be a command
    /// and an alarm again.
    pub const fn is_state(self) -> bool {
        !matches!(
            self,
            Self::Availability
                | Self::Alarm
                | Self::Status
                | Self::Log
                | Self::Answer
                | Self::Tunable(_)
                | Self::PoolMember
                | Self::PoolTotals
                | Self::Domoticz(DomoticzDevice::Dimmer | DomoticzDevice::Alarm)
                | Self::Discovery(_)
                | Self::DeviceDiscovery(_)
        )
    }

    /// Whether the message is a state that tells how the device fares, not what it does: it may come more seldom than the others.
    pub const fn is_diagnostic(self) -> bool {
        matches!(
            self,
            Self::Missed
                | Self::Rejected
                | Self::Uptime
                | Self::FreeMemory
                | Self::FreeStack
                | Self::SignalStrength
                | Self::ResetReason
                | Self::LastWords
                | Self::Received
                | Self::Sent
                | Self::Refused
                | Self::Broker
                | Self::WaterLimit
                | Self::WaterResume
                | Self::MaximumPower
        )
    }

    /// Whether the message is one value alone, which is published if [`Format::is_raw`](crate::Format::is_raw).
    pub(crate) const fn is_raw(self) -> bool {
        self.is_state()
            && !matches!(
                self,
                Self::State
                    | Self::LastWords
                    | Self::SharedTemperature
                    | Self::Domoticz(_)
                    | Self::Jeedom(_)
            )
    }

    /// The role, for the temperature of one.
    pub(crate) const fn role(self) -> Option<Role> {
        match self {
            Self::WaterTemperature | Self::Discovery(Entity::WaterTemperature) => Some(Role::Water),
            Self::HeatSinkTemperature | Self::Discovery(Entity::HeatSinkTemperature) => {
                Some(Role::HeatSink)
            }
            Self::RoomTemperature | Self::Discovery(Entity::RoomTemperature) => Some(Role::Room),
            _ => None,
        }
    }

    /// The levels below `<prefix>/<id>/`. `None`: the topic is elsewhere, or made of more.
    pub(crate) const fn path(self) -> Option<&'static str> {
        Some(match self {
            Self::Availability => AVAILABILITY,
            Self::State => "state",
            Self::Setpoint => "power/setpoint",
            Self::Permitted => "power/permitted",
            Self::Applied => "power/applied",
            Self::Watts => "power/watts",
            Self::Energy => "power/energy",
            Self::WaterTemperature => "temperature/water",
            Self::HeatSinkTemperature => "temperature/heat_sink",
            Self::RoomTemperature => "temperature/room",
            Self::WaterLimit => "limit/water",
            Self::WaterResume => "limit/resume",
            Self::MaximumPower => "limit/power",
            Self::Frequency => "mains/frequency",
            Self::Missed => "mains/missed",
            Self::Rejected => "mains/rejected",
            Self::Reason => "reason",
            Self::Switch => "switch",
            Self::Boost => "boost",
            Self::Uptime => "uptime",
            Self::FreeMemory => "memory",
            Self::FreeStack => "stack",
            Self::SignalStrength => "rssi",
            Self::ResetReason => "reset_reason",
            Self::LastWords => "last_words",
            Self::Received => "messages/received",
            Self::Sent => "messages/sent",
            Self::Refused => "messages/refused",
            Self::Broker => "broker",
            Self::Alarm => "alarm",
            Self::Status => "status",
            Self::Log => "log",
            Self::Answer => "answer",
            Self::Tunable(_)
            | Self::PoolMember
            | Self::PoolTotals
            | Self::SharedTemperature
            | Self::Domoticz(_)
            | Self::Jeedom(_)
            | Self::Discovery(_)
            | Self::DeviceDiscovery(_) => return None,
        })
    }
}

/// How a message is to be published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Quality of service.
    pub qos: Qos,
    /// Whether the broker keeps the message for clients that come later.
    pub retain: bool,
}
