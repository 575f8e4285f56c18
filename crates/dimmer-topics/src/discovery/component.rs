//! One entity as Home Assistant reads it.

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::entity::Entity;
use super::object_id::ObjectId;
use super::traits::Traits;
use crate::commands::{Tunable, TunableKind};
use crate::decimal::Decimal;
use crate::device::Device;
use crate::message::Message;
use crate::settings::Qos;
use crate::topics::{Incoming, Topics};
use crate::{BufferTooSmall, DeviceId, Topic};

/// Where an entity is announced.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// On a topic of its own, with the device beside it.
    Alone,
    /// On a page, which has the device, the availability and the topic of the JSON.
    OnPage,
}

/// One entity, ready to be written. Keys are the abbreviations of Home Assistant.
pub(super) struct Component<'a> {
    id: DeviceId,
    entity: Entity,
    traits: Traits,
    tunables: &'static [Tunable],
    tunable: Option<&'static Tunable>,
    device: &'a Device<'a>,
    form: Form,
    state_topic: Option<Topic>,
    /// On a page, the topic of the JSON is said once.
    is_shared: bool,
    template: Option<&'static str>,
    command_topic: Option<Topic>,
    availability_topic: Topic,
    expires_after_s: Option<u16>,
    qos: Qos,
}

impl<'a> Component<'a> {
    pub(super) fn new(topics: &Topics, entity: Entity, device: &'a Device<'a>, form: Form) -> Self {
        let traits = entity.traits();
        let settings = topics.settings();
        let is_from_topic = Message::Discovery(entity)
            .role()
            .is_some_and(|role| topics.is_from_topic(role));
        // A page says the topic of the JSON once for all, which is shorter; alone, a plain value is easier on every reader.
        let prefers_json = is_from_topic || !settings.format.is_raw() || form == Form::OnPage;
        let json_template = traits
            .json_template
            .filter(|_| prefers_json && settings.format.is_json());
        let state = traits.state.map(|message| match json_template {
            Some(_) => Message::State,
            None => message,
        });
        let expires = traits
            .state
            .is_some_and(|message| message.is_state() && !message.is_diagnostic());
        Self {
            id: topics.id(),
            entity,
            traits,
            tunables: topics.tunables(),
            tunable: match entity {
                Entity::Tunable(index) => topics.tunable(index),
                _ => None,
            },
            device,
            form,
            state_topic: state.map(|message| topics.of(message)),
            is_shared: form == Form::OnPage && state == Some(Message::State),
            template: json_template.or(traits.template),
            command_topic: traits
                .command
                .map(|incoming| topics.command_topic(incoming)),
            availability_topic: topics.of(Message::Availability),
            expires_after_s: (expires && traits.component == "sensor")
                .then(|| settings.expire_after_s()),
            qos: match entity {
                Entity::Alarm => settings.alarm_qos,
                _ => match traits.command {
                    None | Some(Incoming::PowerSet) => settings.qos,
                    // Never delivered late.
                    Some(_) => Qos::AtMostOnce,
                },
            },
        }
    }

    fn write_state<S: SerializeStruct>(&self, object: &mut S) -> Result<(), S::Error> {
        let state_topic = self.state_topic.as_deref();
        field(object, "stat_t", state_topic.filter(|_| !self.is_shared))?;
        field(object, "cmd_t", self.command_topic.as_deref())?;
        field(object, "pl_prs", self.traits.press)?;
        let attributes = state_topic.filter(|_| self.entity == Entity::Alarm);
        field(object, "json_attr_t", attributes)?;
        if self.entity != Entity::Light {
            return field(object, "val_tpl", self.template);
        }
        // A light without a level takes ON, which is not a jump to full: see PowerCommand::On. The level comes before it, in
        // percent, because on_command_type is "last" where nothing else is said.
        field(object, "stat_val_tpl", self.template)?;
        field(object, "bri_cmd_t", self.command_topic.as_deref())?;
        field(object, "bri_stat_t", state_topic)?;
        let is_json = self.template == self.traits.json_template;
        // Domoticz sends a level as a plain number only if this begins with `value`, and has nothing but that before a bar.
        let level = if is_json {
            "{{ value_json.applied }}"
        } else {
            "{{ value }}"
        };
        object.serialize_field("bri_val_tpl", level)?;
        object.serialize_field("bri_scl", &100)
    }

    fn write_kind<S: SerializeStruct>(&self, object: &mut S) -> Result<(), S::Error> {
        let traits = &self.traits;
        let is_list = self.entity == Entity::Reason && !self.device.reasons.is_empty();
        let device_class = if is_list {
            Some("enum")
        } else {
            traits.device_class
        };
        field(object, "unit_of_meas", traits.unit)?;
        field(object, "dev_cla", device_class)?;
        field(object, "stat_cla", traits.state_class)?;
        field(object, "sug_dsp_prc", traits.decimals)?;
        field(object, "ent_cat", traits.category)?;
        field(object, "ops", is_list.then_some(self.device.reasons))?;
        if let Some((minimum, maximum, step)) = traits.range {
            object.serialize_field("min", &minimum)?;
            object.serialize_field("max", &maximum)?;
            object.serialize_field("step", &Decimal::tenths(i32::from(step)))?;
        }
        if let Some(tunable) = self.tunable {
            write_values(object, tunable)?;
        }
        field(object, "exp_aft", self.expires_after_s)
    }

    /// The component; of a setting, that of its kind.
    fn component(&self) -> &'static str {
        self.tunable
            .map_or(self.traits.component, |tunable| kind_component(tunable))
    }
}

/// The component of a setting.
const fn kind_component(tunable: &Tunable) -> &'static str {
    match tunable.kind {
        TunableKind::Number { .. } => "number",
        TunableKind::Choice(_) => "select",
        TunableKind::Switch => "switch",
    }
}

impl Topics {
    /// The component of Home Assistant that an entity of this dimmer belongs to.
    pub(crate) fn component_of(&self, entity: Entity) -> &'static str {
        match entity {
            Entity::Tunable(index) => self
                .tunable(index)
                .map_or(entity.component(), |tunable| kind_component(tunable)),
            _ => entity.component(),
        }
    }

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
        let component = Component::new(self, entity, device, Form::Alone);
        serde_json_core::to_slice(&component, buffer).map_err(|_| BufferTooSmall)
    }
}

/// What a setting can be.
fn write_values<S: SerializeStruct>(object: &mut S, tunable: &Tunable) -> Result<(), S::Error> {
    match tunable.kind {
        TunableKind::Number {
            unit,
            decimals,
            minimum,
            maximum,
            step,
        } => {
            field(object, "unit_of_meas", (!unit.is_empty()).then_some(unit))?;
            let device_class = match unit {
                "°C" => Some("temperature"),
                "W" => Some("power"),
                "s" | "min" | "h" => Some("duration"),
                _ => None,
            };
            field(object, "dev_cla", device_class)?;
            object.serialize_field("min", &Decimal::scaled(minimum, decimals))?;
            object.serialize_field("max", &Decimal::scaled(maximum, decimals))?;
            object.serialize_field("step", &Decimal::scaled(step, decimals))
        }
        TunableKind::Choice(options) => object.serialize_field("ops", options),
        TunableKind::Switch => Ok(()),
    }
}

/// A field that may not be there.
fn field<S: SerializeStruct>(
    object: &mut S,
    key: &'static str,
    value: Option<impl Serialize>,
) -> Result<(), S::Error> {
    value.map_or(Ok(()), |value| object.serialize_field(key, &value))
}

impl Serialize for Component<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Component", 28)?;
        if self.form == Form::OnPage {
            object.serialize_field("p", self.component())?;
        }
        let name = self
            .tunable
            .map_or(self.traits.name, |tunable| tunable.label);
        object.serialize_field("name", name)?;
        let unique_id = ObjectId::entity(self.id, self.entity, self.tunables);
        object.serialize_field("uniq_id", &unique_id)?;
        self.write_state(&mut object)?;
        self.write_kind(&mut object)?;
        if self.form == Form::Alone {
            object.serialize_field("avty_t", self.availability_topic.as_str())?;
            object.serialize_field("qos", &u8::from(self.qos))?;
            object.serialize_field("dev", &DeviceBlock::new(self.id, self.device))?;
            object.serialize_field("o", &Origin::new(self.device))?;
        } else {
            // Not shared by all: versions of Home Assistant differ on whether they take it from the page.
            let qos = u8::from(self.qos);
            field(&mut object, "qos", (qos > 0).then_some(qos))?;
        }
        object.end()
    }
}

/// The device that all entities belong to.
#[derive(Serialize)]
pub(super) struct DeviceBlock<'a> {
    ids: [ObjectId; 1],
    name: &'a str,
    mf: &'a str,
    mdl: &'a str,
    sw: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cu: Option<&'a str>,
}

impl<'a> DeviceBlock<'a> {
    pub(super) const fn new(id: DeviceId, device: &Device<'a>) -> Self {
        Self {
            ids: [ObjectId::device(id)],
            name: device.label,
            mf: device.manufacturer,
            mdl: device.model,
            sw: device.software_version,
            cu: device.configuration_url,
        }
    }
}

/// Who announces it.
#[derive(Serialize)]
pub(super) struct Origin<'a> {
    name: &'static str,
    sw: &'a str,
}

impl<'a> Origin<'a> {
    pub(super) const fn new(device: &Device<'a>) -> Self {
        Self {
            name: "Solar Dimmer",
            sw: device.software_version,
        }
    }
}
