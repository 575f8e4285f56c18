//! The topics of one dimmer.

use core::fmt::Write;

use crate::device::Device;
use crate::discovery::Entity;
use crate::message::Message;
use crate::refusal::{Refusal, RefusalKind, Subject};
use crate::role::Role;
use crate::settings::{
    FOLLOW_CAPACITY, PREFIX_CAPACITY, Qos, SOURCE_CAPACITY, Settings, SettingsError,
    temperature_fields,
};
use crate::state::State;
use crate::temperature::parse_temperature;
use crate::{BufferTooSmall, DeviceId, ONLINE, TOPIC_CAPACITY, Topic};

const POWER_SET: &str = "power/set";

/// Not below `alarm`: a topic with a value has no topics below it.
const ALARM_RESET: &str = "reset/alarm";

/// What comes in: the meaning of a topic that the dimmer is subscribed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Incoming {
    /// `<prefix>/<id>/power/set`: a setpoint for this dimmer alone.
    PowerSet,
    /// The topic in [`Settings::follow`]: a setpoint that this dimmer takes its share of.
    Followed,
    /// A topic in [`Source::topic`](crate::Source::topic): one temperature or several, see [`Topics::temperatures`]. The role is
    /// the first that takes its temperature from this topic.
    Temperature(Role),
    /// `<prefix>/<id>/reset/alarm`: see [`parse_alarm_reset`](crate::parse_alarm_reset).
    AlarmReset,
    /// `<homeassistant_prefix>/status`: see [`home_assistant_started`].
    HomeAssistantStatus,
}

impl Incoming {
    /// Everything that may come in.
    pub const ALL: [Self; 7] = [
        Self::PowerSet,
        Self::Followed,
        Self::Temperature(Role::Water),
        Self::Temperature(Role::HeatSink),
        Self::Temperature(Role::Room),
        Self::AlarmReset,
        Self::HomeAssistantStatus,
    ];
}

/// Whether this payload of [`Incoming::HomeAssistantStatus`] says that Home Assistant has started: discovery is then due again,
/// after a random delay so that not every device answers at once. Its other word is `offline`.
pub fn home_assistant_started(payload: &[u8]) -> bool {
    payload == ONLINE.as_bytes()
}

/// A subscription to ask the broker for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// The topic, without wildcards.
    pub topic: Topic,
    /// The highest quality of service with which the broker is to deliver.
    pub qos: Qos,
    /// What it brings.
    pub incoming: Incoming,
}

/// The topics of one dimmer: [`Settings`] that were found valid, and its identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topics {
    settings: Settings,
    id: DeviceId,
    /// The roles for which this dimmer has a probe, by their bits.
    probes: u8,
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

    /// Whether the temperature of this role comes from a topic.
    pub(crate) fn is_from_topic(&self, role: Role) -> bool {
        !self.settings.temperature.source(role).topic.is_empty()
    }

    /// Whether there is a temperature of this role, from a topic or from a probe.
    fn is_known(&self, role: Role) -> bool {
        role == Role::Water || self.is_from_topic(role) || self.probes & role.bit() != 0
    }

    /// The settings, as given.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The identity of the dimmer.
    pub const fn id(&self) -> DeviceId {
        self.id
    }

    /// The topic of a message. Empty for [`Message::SharedTemperature`] when nothing is shared.
    ///
    /// Also of a message that these settings do not publish: an empty retained payload on a discovery topic removes the entity
    /// from Home Assistant.
    pub fn of(&self, message: Message) -> Topic {
        match message {
            Message::Discovery(entity) => self.discovery(entity),
            Message::SharedTemperature => joined(&[&self.settings.temperature.share.topic]),
            _ => self.below(message.path().unwrap_or_default()),
        }
    }

    /// The messages that these settings publish, in the order in which a new session publishes them: those of [`Message::ALL`]
    /// without discovery if that is not wanted, without the temperatures that nobody measures, and without the shared one if
    /// there is no topic for it.
    pub fn messages(&self) -> impl Iterator<Item = Message> {
        let settings = &self.settings;
        Message::ALL.into_iter().filter(move |message| {
            message.role().is_none_or(|role| self.is_known(role))
                && match message {
                    Message::Discovery(_) => settings.homeassistant,
                    Message::SharedTemperature => !settings.temperature.share.topic.is_empty(),
                    _ => true,
                }
        })
    }

    /// The payload of any message of a dimmer that is online, as bytes in the front of `buffer`; returns how many.
    ///
    /// A value that is not known has an empty payload: retained, it takes the last known value off the broker. A temperature
    /// that comes from a topic is empty too, and stands in [`Message::State`] only. If dimmers passed on, in the same way as what
    /// they measure, what they take from topics, then a ring of them would keep one old value alive for ever.
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
            Message::SharedTemperature => {
                state.write_shared(self.settings.temperature.share.format, buffer)
            }
            Message::Discovery(entity) => self.write_discovery(entity, device, buffer),
            Message::WaterTemperature | Message::HeatSinkTemperature | Message::RoomTemperature
                if message.role().is_some_and(|role| self.is_from_topic(role)) =>
            {
                Ok(0)
            }
            Message::Setpoint
            | Message::Applied
            | Message::Watts
            | Message::WaterTemperature
            | Message::HeatSinkTemperature
            | Message::RoomTemperature
            | Message::Frequency
            | Message::Reason => state.write_raw(message, buffer).unwrap_or(Ok(0)),
        }
    }

    /// What a session has to subscribe to.
    pub fn subscriptions(&self) -> impl Iterator<Item = Subscription> {
        Incoming::ALL
            .into_iter()
            .filter_map(|incoming| self.subscription(incoming))
    }

    /// The subscription that brings this, or `None` if these settings do not want it.
    pub fn subscription(&self, incoming: Incoming) -> Option<Subscription> {
        let (topic, qos) = match incoming {
            Incoming::PowerSet => (self.below(POWER_SET), self.settings.qos),
            Incoming::Followed => (joined(&[self.settings.follow.as_str()]), self.settings.qos),
            Incoming::Temperature(role) => {
                let topic = self.settings.temperature.source(role).topic.as_str();
                // Of several roles on one topic the first subscribes.
                let first = self.roles_on(topic).next();
                let topic = if first == Some(role) { topic } else { "" };
                // Repeated, as setpoints are.
                (joined(&[topic]), self.settings.qos)
            }
            // Never delivered late: a person sees whether it worked, and another alarm may have been raised since.
            Incoming::AlarmReset => (self.below(ALARM_RESET), Qos::AtMostOnce),
            // Said once, at the start of Home Assistant.
            Incoming::HomeAssistantStatus if self.settings.homeassistant => (
                joined(&[self.settings.homeassistant_prefix.as_str(), "/status"]),
                Qos::AtLeastOnce,
            ),
            Incoming::HomeAssistantStatus => return None,
        };
        (!topic.is_empty()).then_some(Subscription {
            topic,
            qos,
            incoming,
        })
    }

    /// What a message on this topic means, or `None` if it is not for this dimmer.
    pub fn incoming(&self, topic: &str) -> Option<Incoming> {
        self.subscriptions()
            .find(|subscription| subscription.topic == topic)
            .map(|subscription| subscription.incoming)
    }

    /// The roles that take their temperature from this topic.
    fn roles_on<'t>(&'t self, topic: &'t str) -> impl Iterator<Item = Role> + 't {
        Role::ALL.into_iter().filter(move |role| {
            !topic.is_empty() && self.settings.temperature.source(*role).topic == topic
        })
    }

    /// The temperatures in a message on this topic, in 0.001 °C, each with its role. One message may have several: other
    /// programs publish all their probes in one JSON object.
    ///
    /// `retained`: whether the message has the retain flag. Then nobody knows how old it is, and each temperature is refused
    /// with [`RefusalKind::Retained`]: a living source publishes again soon. Any refusal leaves the last temperature as it is, to
    /// grow too old.
    pub fn temperatures<'t>(
        &'t self,
        topic: &'t str,
        payload: &'t [u8],
        retained: bool,
    ) -> impl Iterator<Item = (Role, Result<i32, Refusal>)> + 't {
        self.roles_on(topic).map(move |role| {
            let temperature = if retained {
                Err(Refusal::about(Subject::Temperature, RefusalKind::Retained))
            } else {
                parse_temperature(payload, &self.settings.temperature.source(role).path)
            };
            (role, temperature)
        })
    }

    /// `<prefix>/<id>/<path>`.
    fn below(&self, path: &str) -> Topic {
        let mut topic = joined(&[&self.settings.prefix, "/"]);
        // Fits: see LONGEST_OWN.
        let _ = write!(topic, "{}/{path}", self.id);
        topic
    }

    /// `<homeassistant_prefix>/<component>/<object_id>/config`.
    fn discovery(&self, entity: Entity) -> Topic {
        let mut topic = joined(&[
            &self.settings.homeassistant_prefix,
            "/",
            entity.component(),
            "/",
        ]);
        // Fits: see LONGEST_DISCOVERY.
        let _ = write!(topic, "{}/config", entity.object_id(self.id));
        topic
    }
}

/// The parts one after the other. Callers make sure that they fit, by the bounds below.
fn joined(parts: &[&str]) -> Topic {
    let mut topic = Topic::new();
    for part in parts {
        let _ = topic.push_str(part);
    }
    topic
}

pub(crate) fn copy(text: &str, buffer: &mut [u8]) -> Result<usize, BufferTooSmall> {
    buffer
        .get_mut(..text.len())
        .ok_or(BufferTooSmall)?
        .copy_from_slice(text.as_bytes());
    Ok(text.len())
}

// Why no topic is ever cut off: the settings have capacities, all other parts are known when this is compiled.
const ID_LENGTH: usize = 12;
const LONGEST_OWN: usize = PREFIX_CAPACITY + 1 + ID_LENGTH + 1 + longest_path();
const LONGEST_DISCOVERY: usize = PREFIX_CAPACITY
    + 1
    + Entity::longest_component()
    + 1
    + Entity::longest_object_id(ID_LENGTH)
    + "/config".len();
const _: () = assert!(LONGEST_OWN <= TOPIC_CAPACITY);
const _: () = assert!(LONGEST_DISCOVERY <= TOPIC_CAPACITY);
const _: () = assert!(FOLLOW_CAPACITY <= TOPIC_CAPACITY);
const _: () = assert!(SOURCE_CAPACITY <= TOPIC_CAPACITY);
const _: () = assert!(PREFIX_CAPACITY + "/status".len() <= TOPIC_CAPACITY);

const fn longest_path() -> usize {
    let mut longest = if POWER_SET.len() > ALARM_RESET.len() {
        POWER_SET.len()
    } else {
        ALARM_RESET.len()
    };
    let mut rest: &[Message] = &Message::ALL;
    while let [first, others @ ..] = rest {
        if let Some(path) = first.path()
            && path.len() > longest
        {
            longest = path.len();
        }
        rest = others;
    }
    longest
}

#[cfg(test)]
mod tests;
