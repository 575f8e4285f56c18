//! The identifiers of the device, of its entities and of the pages of its discovery.

use core::fmt;

use serde::{Serialize, Serializer};

use super::{Entity, Page};
use crate::DeviceId;
use crate::commands::{TUNABLE_NAME_CAPACITY, Tunable};

/// The identifier of the device in Home Assistant, of one of its entities, or of a page: `solar-dimmer-<id>` and what follows it.
#[derive(Clone, Copy)]
pub(crate) struct ObjectId {
    id: DeviceId,
    key: Key,
}

/// What tells an entity of the device from another.
#[derive(Clone, Copy)]
pub(crate) struct Key(&'static str, &'static str);

impl Key {
    /// Of an entity. `tunables`: the table that gives a setting its name.
    pub(crate) fn new(entity: Entity, tunables: &'static [Tunable]) -> Self {
        let name = match entity {
            Entity::Tunable(index) => tunables.get(usize::from(index)),
            _ => None,
        };
        Self(entity.key(), name.map_or("", |tunable| tunable.name))
    }
}

impl ObjectId {
    const START: &'static str = "solar-dimmer-";

    /// The identifier of the device.
    pub(crate) const fn device(id: DeviceId) -> Self {
        Self {
            id,
            key: Key("", ""),
        }
    }

    /// The object id of an entity's topic, and its unique id.
    pub(crate) fn entity(id: DeviceId, entity: Entity, tunables: &'static [Tunable]) -> Self {
        Self {
            id,
            key: Key::new(entity, tunables),
        }
    }

    /// The object id of a page's topic.
    pub(crate) const fn page(id: DeviceId, page: Page) -> Self {
        Self {
            id,
            key: Key(page.key(), page.number()),
        }
    }

    pub(crate) const fn longest(id_length: usize) -> usize {
        let mut longest = Entity::Tunable(0).key().len() + TUNABLE_NAME_CAPACITY;
        let mut rest: &[Entity] = &Entity::ALL;
        while let [first, others @ ..] = rest {
            if first.key().len() > longest {
                longest = first.key().len();
            }
            rest = others;
        }
        let mut rest: &[Page] = &Page::ALL;
        while let [first, others @ ..] = rest {
            let length = first.key().len() + first.number().len();
            if length > longest {
                longest = length;
            }
            rest = others;
        }
        Self::START.len() + id_length + 1 + longest
    }
}

impl fmt::Display for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{}", self.0, self.1)
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{}", Self::START, self.id)?;
        if self.key.0.is_empty() {
            Ok(())
        } else {
            write!(formatter, "-{}", self.key)
        }
    }
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for ObjectId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
