//! Device-based discovery, in pages.
//!
//! All entities in one message would be some 6 kB, and 20 kB with the longest names that the settings admit: more than a small board has to
//! spare for a message. Home Assistant joins all messages whose `dev.ids` are the same into one device, so each page has a few
//! entities that belong together, and is no longer than any other message.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::component::{Component, DeviceBlock, Form, Origin};
use super::entity::Entity;
use super::object_id::Key;
use crate::BufferTooSmall;
use crate::commands::TUNABLES_CAPACITY;
use crate::device::Device;
use crate::message::Message;
use crate::topics::Topics;

/// Settings on one page.
pub const PAGE_TUNABLES: usize = 4;

/// A few entities that are announced in one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Page {
    /// The power, and the switch.
    Power,
    /// Temperatures, the reason and the alarm.
    Conditions,
    /// What can be pressed, and the boost.
    Commands,
    /// How the device fares.
    Diagnostics,
    /// [`PAGE_TUNABLES`] settings, from the first to the last.
    Config(u8),
}

impl Page {
    /// Every page.
    pub const ALL: [Self; 4 + TUNABLES_CAPACITY / PAGE_TUNABLES] = [
        Self::Power,
        Self::Conditions,
        Self::Commands,
        Self::Diagnostics,
        Self::Config(0),
        Self::Config(1),
        Self::Config(2),
        Self::Config(3),
    ];

    /// The last part of the object id of its topic.
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Power => "power",
            Self::Conditions => "conditions",
            Self::Commands => "commands",
            Self::Diagnostics => "diagnostics",
            Self::Config(_) => "config",
        }
    }

    /// What follows the key.
    pub(crate) const fn number(self) -> &'static str {
        match self {
            Self::Config(0) => "-1",
            Self::Config(1) => "-2",
            Self::Config(2) => "-3",
            Self::Config(_) => "-4",
            _ => "",
        }
    }

    /// The entities that stand on it, whether or not this dimmer has them.
    pub fn entities(self) -> impl Iterator<Item = Entity> {
        Entity::ALL
            .into_iter()
            .filter(move |entity| Self::of(*entity) == self)
    }

    /// The page on which an entity stands.
    fn of(entity: Entity) -> Self {
        match entity {
            Entity::Power
            | Entity::Light
            | Entity::Applied
            | Entity::Watts
            | Entity::Energy
            | Entity::Switch => Self::Power,
            Entity::WaterTemperature
            | Entity::HeatSinkTemperature
            | Entity::RoomTemperature
            | Entity::Reason
            | Entity::Alarm => Self::Conditions,
            Entity::AlarmReset
            | Entity::Boost
            | Entity::BoostCancel
            | Entity::Sync
            | Entity::Restart => Self::Commands,
            Entity::Frequency
            | Entity::Missed
            | Entity::Uptime
            | Entity::FreeMemory
            | Entity::SignalStrength
            | Entity::ResetReason
            | Entity::Refused => Self::Diagnostics,
            Entity::Tunable(index) => {
                Self::Config(u8::try_from(usize::from(index) / PAGE_TUNABLES).unwrap_or(u8::MAX))
            }
        }
    }
}

/// The payload of a page.
#[derive(Serialize)]
struct Payload<'a> {
    dev: DeviceBlock<'a>,
    o: Origin<'a>,
    avty_t: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    stat_t: Option<&'a str>,
    cmps: Components<'a>,
}

struct Components<'a> {
    topics: &'a Topics,
    device: &'a Device<'a>,
    page: Page,
}

/// What is left of an entity that this dimmer does not have: Home Assistant then removes it, if it knew it.
#[derive(Serialize)]
struct Gone {
    p: &'static str,
}

impl Serialize for Components<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let tunables = self.topics.tunables();
        let mut map = serializer.serialize_map(None)?;
        for entity in self.page.entities() {
            let key = Key::new(entity, tunables);
            if self.topics.has(entity) {
                let component = Component::new(self.topics, entity, self.device, Form::OnPage);
                map.serialize_entry(&key, &component)?;
            } else if !matches!(entity, Entity::Tunable(_)) {
                let p = entity.component();
                map.serialize_entry(&key, &Gone { p })?;
            }
        }
        map.end()
    }
}

impl Topics {
    /// Writes a page of device-based discovery into the front of `buffer`; returns how many bytes. Its topic is [`Topics::of`]
    /// [`Message::DeviceDiscovery`].
    ///
    /// # Errors
    /// [`BufferTooSmall`]; never with [`PAYLOAD_CAPACITY`](crate::PAYLOAD_CAPACITY) bytes.
    pub fn write_device_discovery(
        &self,
        page: Page,
        device: &Device<'_>,
        buffer: &mut [u8],
    ) -> Result<usize, BufferTooSmall> {
        let availability = self.of(Message::Availability);
        let is_shared = self.settings().format.is_json() && !matches!(page, Page::Config(_));
        let state = is_shared.then(|| self.of(Message::State));
        let payload = Payload {
            dev: DeviceBlock::new(self.id(), device),
            o: Origin::new(device),
            avty_t: &availability,
            stat_t: state.as_deref(),
            cmps: Components {
                topics: self,
                device,
                page,
            },
        };
        serde_json_core::to_slice(&payload, buffer).map_err(|_| BufferTooSmall)
    }
}
