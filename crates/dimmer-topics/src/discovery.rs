//! Home Assistant discovery, one retained message per entity, which Domoticz reads too.
//!
//! Formats: <https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery>; the abbreviated keys are those of
//! `homeassistant/components/mqtt/abbreviations.py`. Topics are written in full, without `~`, because not every reader of
//! these messages expands it.

use core::fmt;

use serde::{Serialize, Serializer};

use crate::decimal::Decimal;
use crate::device::Device;
use crate::message::Message;
use crate::role::Role;
use crate::settings::Qos;
use crate::topics::Topics;
use crate::{BufferTooSmall, DeviceId, Incoming};

/// What Home Assistant shows and commands. Each has a discovery topic of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Entity {
    /// A `number`: the setpoint of this dimmer, 0 to 100 %.
    Power,
    /// A `sensor`: the applied power in percent.
    Applied,
    /// A `sensor`: the applied power in watts.
    Watts,
    /// A `sensor`: the temperature of the water.
    WaterTemperature,
    /// A `sensor`: the temperature of the heat sink, where it is measured.
    HeatSinkTemperature,
    /// A `sensor`: the temperature of the room, where it is measured.
    RoomTemperature,
    /// A diagnostic `sensor`: the frequency of the mains.
    Frequency,
    /// A diagnostic `sensor`: why the output is as it is.
    Reason,
    /// A `binary_sensor`: whether there is an alarm. Its attributes say which.
    Alarm,
    /// A `button`: somebody looked, the alarm may end.
    AlarmReset,
}

impl Entity {
    /// Every entity.
    pub const ALL: [Self; 10] = [
        Self::Power,
        Self::Applied,
        Self::Watts,
        Self::WaterTemperature,
        Self::HeatSinkTemperature,
        Self::RoomTemperature,
        Self::Frequency,
        Self::Reason,
        Self::Alarm,
        Self::AlarmReset,
    ];

    /// The component of Home Assistant that it belongs to.
    pub const fn component(self) -> &'static str {
        match self {
            Self::Power => "number",
            Self::Alarm => "binary_sensor",
            Self::AlarmReset => "button",
            _ => "sensor",
        }
    }

    /// The last part of the object id. Domoticz skips some: `restart`, what begins with `min_` or ends in `_max`, what has
    /// `_alarm` in it, and so on; a test holds these against its rules.
    const fn key(self) -> &'static str {
        match self {
            Self::Power => "power",
            Self::Applied => "applied",
            Self::Watts => "watts",
            Self::WaterTemperature => "temperature",
            Self::HeatSinkTemperature => "heat-sink",
            Self::RoomTemperature => "room",
            Self::Frequency => "frequency",
            Self::Reason => "reason",
            Self::Alarm => "alarm",
            Self::AlarmReset => "reset",
        }
    }

    /// The message whose payload is the state of this entity; a button has none.
    const fn state(self) -> Option<Message> {
        Some(match self {
            Self::Power => Message::Setpoint,
            Self::Applied => Message::Applied,
            Self::Watts => Message::Watts,
            Self::WaterTemperature => Message::WaterTemperature,
            Self::HeatSinkTemperature => Message::HeatSinkTemperature,
            Self::RoomTemperature => Message::RoomTemperature,
            Self::Frequency => Message::Frequency,
            Self::Reason => Message::Reason,
            Self::Alarm => Message::Alarm,
            Self::AlarmReset => return None,
        })
    }

    /// What comes in when this entity is used.
    const fn command(self) -> Option<Incoming> {
        match self {
            Self::Power => Some(Incoming::PowerSet),
            Self::AlarmReset => Some(Incoming::AlarmReset),
            _ => None,
        }
    }

    /// `solar-dimmer-<id>-<key>`: the object id of the topic and the unique id of the entity.
    pub(crate) fn object_id(self, id: DeviceId) -> impl fmt::Display {
        ObjectId(id, Some(self))
    }

    pub(crate) const fn longest_component() -> usize {
        let mut longest = 0;
        let mut rest: &[Self] = &Self::ALL;
        while let [first, others @ ..] = rest {
            if first.component().len() > longest {
                longest = first.component().len();
            }
            rest = others;
        }
        longest
    }

    pub(crate) const fn longest_object_id(id_length: usize) -> usize {
        let mut longest = 0;
        let mut rest: &[Self] = &Self::ALL;
        while let [first, others @ ..] = rest {
            if first.key().len() > longest {
                longest = first.key().len();
            }
            rest = others;
        }
        ObjectId::START.len() + id_length + 1 + longest
    }
}

/// The identifier of the device in Home Assistant, or of one of its entities.
#[derive(Clone, Copy)]
struct ObjectId(DeviceId, Option<Entity>);

impl ObjectId {
    const START: &'static str = "solar-dimmer-";
}

impl fmt::Display for ObjectId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{}", Self::START, self.0)?;
        self.1
            .map_or(Ok(()), |entity| write!(formatter, "-{}", entity.key()))
    }
}

impl Serialize for ObjectId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What tells one entity from another.
#[derive(Default)]
struct Traits {
    name: &'static str,
    unit: Option<&'static str>,
    device_class: Option<&'static str>,
    /// How many decimals are shown at first.
    decimals: Option<u8>,
    value_template: Option<&'static str>,
    is_diagnostic: bool,
    /// Smallest and largest value of what can be commanded.
    range: Option<(u8, u8)>,
}

impl Entity {
    fn traits(self) -> Traits {
        let traits = Traits::default();
        match self {
            Self::Power => Traits {
                name: "Setpoint",
                unit: Some("%"),
                value_template: Some(SETPOINT_IN_RANGE),
                range: Some((0, 100)),
                ..traits
            },
            Self::Applied => Traits {
                name: "Applied power",
                unit: Some("%"),
                decimals: Some(1),
                ..traits
            },
            Self::Watts => Traits {
                name: "Power",
                unit: Some("W"),
                device_class: Some("power"),
                decimals: Some(0),
                ..traits
            },
            Self::WaterTemperature => Self::temperature_traits("Water temperature"),
            Self::HeatSinkTemperature => Self::temperature_traits("Heat sink temperature"),
            Self::RoomTemperature => Self::temperature_traits("Room temperature"),
            Self::Frequency => Traits {
                name: "Mains frequency",
                unit: Some("Hz"),
                device_class: Some("frequency"),
                decimals: Some(2),
                value_template: Some(UNKNOWN_IF_EMPTY),
                is_diagnostic: true,
                ..traits
            },
            Self::Reason => Traits {
                name: "Reason",
                is_diagnostic: true,
                ..traits
            },
            Self::Alarm => Traits {
                name: "Alarm",
                device_class: Some("problem"),
                value_template: Some("{{ value_json.problem }}"),
                ..traits
            },
            Self::AlarmReset => Traits {
                name: "Reset alarm",
                ..traits
            },
        }
    }

    fn temperature_traits(name: &'static str) -> Traits {
        Traits {
            name,
            unit: Some("°C"),
            device_class: Some("temperature"),
            decimals: Some(1),
            value_template: Some(UNKNOWN_IF_EMPTY),
            ..Traits::default()
        }
    }
}

/// The payload. Keys are the abbreviations of Home Assistant.
#[derive(Serialize)]
struct Payload<'a> {
    name: &'static str,
    uniq_id: ObjectId,
    #[serde(skip_serializing_if = "Option::is_none")]
    stat_t: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cmd_t: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pl_prs: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    json_attr_t: Option<&'a str>,
    avty_t: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    val_tpl: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit_of_meas: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dev_cla: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stat_cla: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sug_dsp_prc: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ent_cat: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ops: Option<&'a [&'a str]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    min: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<Decimal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exp_aft: Option<u16>,
    qos: u8,
    dev: DeviceBlock<'a>,
    o: Origin<'a>,
}

#[derive(Serialize)]
struct DeviceBlock<'a> {
    ids: [ObjectId; 1],
    name: &'a str,
    mf: &'a str,
    mdl: &'a str,
    sw: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cu: Option<&'a str>,
}

#[derive(Serialize)]
struct Origin<'a> {
    name: &'static str,
    sw: &'a str,
}

/// Home Assistant ignores an empty payload, and would go on showing a value that is no longer known; it takes `None` for
/// unknown. Domoticz uses templates for JSON payloads only, and these are none.
const UNKNOWN_IF_EMPTY: &str = "{{ value or 'None' }}";

/// Where a temperature stands that has no topic of its own.
const fn in_the_state(role: Role) -> &'static str {
    match role {
        Role::Water => "{{ value_json.temperature.water }}",
        Role::HeatSink => "{{ value_json.temperature.heat_sink }}",
        Role::Room => "{{ value_json.temperature.room }}",
    }
}

/// As [`UNKNOWN_IF_EMPTY`]; and Home Assistant reports an error for a number out of its range, which the setpoint of a pool
/// often is.
const SETPOINT_IN_RANGE: &str = "{{ [0,[value|float(0),100]|min]|max if value else 'None' }}";

impl Topics {
    /// Writes the discovery payload of an entity into the front of `buffer`; returns how many bytes. Its topic is
    /// [`Topics::of`] [`Message::Discovery`].
    ///
    /// An empty payload on that topic, retained, removes the entity from Home Assistant.
    ///
    /// # Errors
    /// [`BufferTooSmall`]; never with [`PAYLOAD_CAPACITY`](crate::PAYLOAD_CAPACITY) bytes.
    pub fn write_discovery(
        &self,
        entity: Entity,
        device: &Device<'_>,
        buffer: &mut [u8],
    ) -> Result<usize, BufferTooSmall> {
        let mut traits = entity.traits();
        let mut state = entity.state();
        if let Some(role) = Message::Discovery(entity).role()
            && self.is_from_topic(role)
        {
            state = Some(Message::State);
            traits.value_template = Some(in_the_state(role));
        }
        let state_topic = state.map(|message| self.of(message));
        let state_topic = state_topic.as_deref();
        let availability_topic = self.of(Message::Availability);
        let command_topic = entity
            .command()
            .and_then(|incoming| self.subscription(incoming));
        let is_sensor = entity.component() == "sensor";
        let is_list = entity == Entity::Reason && !device.reasons.is_empty();
        let payload = Payload {
            name: traits.name,
            uniq_id: ObjectId(self.id(), Some(entity)),
            stat_t: state_topic,
            cmd_t: command_topic
                .as_ref()
                .map(|subscription| subscription.topic.as_str()),
            pl_prs: (entity == Entity::AlarmReset).then_some("PRESS"),
            json_attr_t: state_topic.filter(|_| entity == Entity::Alarm),
            avty_t: &availability_topic,
            val_tpl: traits.value_template,
            unit_of_meas: traits.unit,
            dev_cla: if is_list {
                Some("enum")
            } else {
                traits.device_class
            },
            stat_cla: (is_sensor && traits.unit.is_some()).then_some("measurement"),
            sug_dsp_prc: traits.decimals,
            ent_cat: traits.is_diagnostic.then_some("diagnostic"),
            ops: is_list.then_some(device.reasons),
            min: traits.range.map(|range| range.0),
            max: traits.range.map(|range| range.1),
            step: traits.range.map(|_| Decimal::tenths(1)),
            exp_aft: is_sensor.then_some(self.settings().expire_after_s()),
            qos: match entity {
                Entity::Alarm => Qos::AtLeastOnce,
                Entity::AlarmReset => Qos::AtMostOnce,
                _ => self.settings().qos,
            }
            .into(),
            dev: DeviceBlock {
                ids: [ObjectId(self.id(), None)],
                name: device.label,
                mf: device.manufacturer,
                mdl: device.model,
                sw: device.software_version,
                cu: device.configuration_url,
            },
            o: Origin {
                name: "Solar Dimmer",
                sw: device.software_version,
            },
        };
        serde_json_core::to_slice(&payload, buffer).map_err(|_| BufferTooSmall)
    }
}
