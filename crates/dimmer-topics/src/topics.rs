//! The topics of one dimmer.

mod incoming;
mod names;
mod writing;

use crate::DeviceId;
use crate::commands::{TUNABLES_CAPACITY, Tunable};
use crate::discovery::Entity;
use crate::hubs::{DomoticzDevice, JeedomValue};
use crate::message::Message;
use crate::role::Role;
use crate::settings::{Discovery, PowerEntity, Settings, SettingsError, temperature_fields};

pub use incoming::{Incoming, Subscription, home_assistant_started};
pub(crate) use names::joined;
pub(crate) use writing::copy;

/// The topics of one dimmer: [`Settings`] that were found valid, its identity, and what there is on its board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topics {
    settings: Settings,
    id: DeviceId,
    /// The roles for which this dimmer has a probe, by their bits.
    probes: u8,
    /// Whether somebody counts the free memory.
    has_free_memory: bool,
    /// Whether somebody counts what is free of the stack.
    has_free_stack: bool,
    /// Whether there is a radio.
    has_radio: bool,
    /// Whether the board knows why it started.
    has_reset_reason: bool,
    /// Whether the board keeps what the program said when it ended.
    has_last_words: bool,
    /// Whether this dimmer is a member of a shared pool.
    in_pool: bool,
    /// The settings that can be changed by a message.
    tunables: &'static [Tunable],
}

impl Topics {
    /// The topics of the dimmer with this id.
    ///
    /// # Errors
    /// [`SettingsError`] if [`Settings::validate`] finds one, or if [`Settings::follow`] or the source of a temperature is one of
    /// this dimmer's own topics: it would follow itself.
    pub fn new(settings: &Settings, id: DeviceId) -> Result<Self, SettingsError> {
        settings.validate()?;
        let topics = Self {
            settings: settings.clone(),
            id,
            probes: 0,
            has_free_memory: false,
            has_free_stack: false,
            has_radio: false,
            has_reset_reason: false,
            has_last_words: false,
            in_pool: false,
            tunables: &[],
        };
        let own = topics.below("");
        if settings.follow.starts_with(own.as_str()) {
            return Err(SettingsError {
                field: "follow",
                problem: "is a topic of this dimmer itself",
                expected: "name the topic of the router or of the pool, or leave it empty",
            });
        }
        for role in Role::ALL {
            let source = settings.temperature.source(role);
            if source.topic.starts_with(own.as_str()) {
                return Err(SettingsError {
                    field: temperature_fields(role).0,
                    problem: "is a topic of this dimmer itself",
                    expected: "name the topic of another probe, or leave it empty",
                });
            }
        }
        Ok(topics)
    }

    /// With a probe of this dimmer's own for a role: its temperature is then published and announced. That of the water always
    /// is.
    #[must_use]
    pub const fn with_probe(mut self, role: Role) -> Self {
        self.probes |= role.bit();
        self
    }

    /// On a board that counts its free memory: [`State::free_memory_bytes`](crate::State::free_memory_bytes) is then published on a
    /// topic of its own, and announced.
    #[must_use]
    pub const fn with_free_memory(mut self) -> Self {
        self.has_free_memory = true;
        self
    }

    /// On a board that counts what is free of its stack: [`State::free_stack_bytes`](crate::State::free_stack_bytes) is then published on a
    /// topic of its own.
    #[must_use]
    pub const fn with_free_stack(mut self) -> Self {
        self.has_free_stack = true;
        self
    }

    /// On a board that knows why it started: [`State::reset_reason`](crate::State::reset_reason) is then published on a topic of its own, and
    /// announced.
    #[must_use]
    pub const fn with_reset_reason(mut self) -> Self {
        self.has_reset_reason = true;
        self
    }

    /// On a board that keeps what the program said when it ended: it is then published on a topic of its own.
    #[must_use]
    pub const fn with_last_words(mut self) -> Self {
        self.has_last_words = true;
        self
    }

    /// On a board with a radio: [`State::signal_dbm`](crate::State::signal_dbm) is then published on a topic of its own, and
    /// announced.
    #[must_use]
    pub const fn with_radio(mut self) -> Self {
        self.has_radio = true;
        self
    }

    /// As a member of the shared pool of [`Settings::pool`]: announced to the others, and listening to them.
    #[must_use]
    pub const fn with_pool(mut self) -> Self {
        self.in_pool = true;
        self
    }

    /// With settings that can be changed by a message. Their place in the table is their number in [`Message::Tunable`],
    /// [`Entity::Tunable`], [`Incoming::Configure`] and [`State::tunables`](crate::State::tunables).
    ///
    /// # Errors
    /// [`SettingsError`] if there are more than [`TUNABLES_CAPACITY`], if one has no proper name, label or values, or if two have one
    /// name. The table is a constant of the firmware, so a test finds it.
    pub fn with_tunables(mut self, tunables: &'static [Tunable]) -> Result<Self, SettingsError> {
        let error = |problem, expected| {
            Err(SettingsError {
                field: "tunable",
                problem,
                expected,
            })
        };
        if tunables.len() > TUNABLES_CAPACITY {
            return error("is one of too many", "make it 16 at most");
        }
        for (place, tunable) in tunables.iter().enumerate() {
            tunable.validate()?;
            let mut before = tunables.iter().take(place);
            if before.any(|other| other.name == tunable.name) {
                return error("has the name of another", "give each a name of its own");
            }
        }
        self.tunables = tunables;
        Ok(self)
    }

    /// The settings, as given.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The identity of the dimmer.
    pub const fn id(&self) -> DeviceId {
        self.id
    }

    /// The settings that can be changed by a message.
    pub const fn tunables(&self) -> &'static [Tunable] {
        self.tunables
    }

    /// One of them, by its place.
    pub fn tunable(&self, index: u8) -> Option<&'static Tunable> {
        self.tunables.get(usize::from(index))
    }

    /// Whether the temperature of this role comes from a topic.
    pub(crate) fn is_from_topic(&self, role: Role) -> bool {
        !self.settings.temperature.source(role).topic.is_empty()
    }

    /// Whether there is a temperature of this role, from a topic or from a probe.
    fn is_known(&self, role: Role) -> bool {
        role == Role::Water || self.is_from_topic(role) || self.probes & role.bit() != 0
    }

    /// The messages that these settings publish, in the order in which a new session publishes them: those of [`Message::ALL`]
    /// that [`Topics::publishes`].
    pub fn messages(&self) -> impl Iterator<Item = Message> {
        Message::ALL
            .into_iter()
            .filter(|message| self.publishes(*message))
    }

    /// Whether these settings publish a message: not discovery if that is not wanted or is wanted in the other form, not single values if
    /// [`Settings::format`] is JSON, not the temperatures that nobody measures, and nothing that has no topic.
    pub fn publishes(&self, message: Message) -> bool {
        let settings = &self.settings;
        match message {
            Message::Discovery(entity) => {
                settings.homeassistant.discovery == Discovery::PerComponent && self.has(entity)
            }
            Message::DeviceDiscovery(page) => {
                settings.homeassistant.discovery == Discovery::Device
                    && page.entities().any(|entity| self.has(entity))
            }
            Message::State => settings.format.is_json(),
            Message::SharedTemperature => !settings.temperature.share.topic.is_empty(),
            Message::Tunable(index) => self.tunable(index).is_some(),
            Message::PoolMember | Message::PoolTotals => self.in_pool,
            Message::Domoticz(device) => {
                let domoticz = &settings.domoticz;
                domoticz.enabled
                    && !domoticz.in_topic.is_empty()
                    && device.idx(domoticz) != 0
                    && !(device == DomoticzDevice::Temperature && self.is_from_topic(Role::Water))
            }
            Message::Jeedom(value) => {
                let jeedom = &settings.jeedom;
                jeedom.enabled
                    && !jeedom.topic.is_empty()
                    && value.idx(jeedom) != 0
                    && !(value == JeedomValue::Temperature && self.is_from_topic(Role::Water))
            }
            Message::FreeMemory => self.has_free_memory && settings.format.is_raw(),
            Message::FreeStack => self.has_free_stack && settings.format.is_raw(),
            Message::SignalStrength => self.has_radio && settings.format.is_raw(),
            Message::ResetReason => self.has_reset_reason && settings.format.is_raw(),
            // They stand nowhere else.
            Message::LastWords => self.has_last_words,
            _ if message.is_raw() => {
                settings.format.is_raw() && message.role().is_none_or(|role| self.is_known(role))
            }
            _ => true,
        }
    }

    /// Whether there is such an entity on this dimmer, whether or not it is announced.
    pub(crate) fn has(&self, entity: Entity) -> bool {
        let power = self.settings.homeassistant.power;
        match entity {
            Entity::Power => power == PowerEntity::Number,
            Entity::Light => power == PowerEntity::Light,
            Entity::FreeMemory => self.has_free_memory,
            Entity::SignalStrength => self.has_radio,
            Entity::ResetReason => self.has_reset_reason,
            Entity::Tunable(index) => self.tunable(index).is_some(),
            _ => Message::Discovery(entity).role().is_none_or(|role| {
                // What comes from a topic stands in the JSON only.
                self.is_known(role) && (self.settings.format.is_json() || !self.is_from_topic(role))
            }),
        }
    }

    /// Whether other settings, or another board, could have this entity.
    fn could_have(&self, entity: Entity) -> bool {
        match entity {
            Entity::Tunable(index) => self.tunable(index).is_some(),
            _ => true,
        }
    }

    /// What was retained under these topics and is not under those of `now`, as messages: another prefix, another format, another
    /// hub. An empty retained payload on [`Topics::of`] each of them, of the old topics, takes it off the broker. For a change while the
    /// dimmer runs: publish these first, then change, so that nothing is left behind of the old identity.
    ///
    /// [`Message::PoolTotals`] is among them when the dimmer leaves its pool: for the one that published them. The others stay.
    pub fn left_behind<'a>(&'a self, now: &'a Self) -> impl Iterator<Item = Message> + 'a {
        let is_kept = |topics: &Self, message: Message| {
            topics.publishes(message) && message.delivery(&topics.settings).retain
        };
        Message::ALL.into_iter().filter(move |message| {
            is_kept(self, *message)
                && !(is_kept(now, *message) && self.of(*message) == now.of(*message))
        })
    }

    /// The topics of discovery, and of the pool, on which these settings publish nothing, as messages: what they announced under other
    /// settings is still there if it was retained. An empty retained payload on [`Topics::of`] each of them removes it.
    ///
    /// Publish these before discovery, when [`Topics::discovery_fingerprint`] is another than it was: Home Assistant takes one
    /// entity from one topic only.
    pub fn obsolete(&self) -> impl Iterator<Item = Message> {
        Message::ALL.into_iter().filter(|message| match message {
            Message::Discovery(entity) => self.could_have(*entity) && !self.publishes(*message),
            // Home Assistant warns of a page that is removed and was never there, so none is that no settings make.
            Message::DeviceDiscovery(page) => {
                page.entities().any(|entity| self.could_have(entity)) && !self.publishes(*message)
            }
            // The others would count on a member that is none any more.
            Message::PoolMember => !self.publishes(*message),
            _ => false,
        })
    }
}

#[cfg(test)]
mod tests;
