//! The topics of one dimmer.

use core::fmt::Write;

use crate::device::Device;
use crate::discovery::Entity;
use crate::message::Message;
use crate::settings::{FOLLOW_CAPACITY, PREFIX_CAPACITY, Qos, Settings, SettingsError};
use crate::state::State;
use crate::{BufferTooSmall, DeviceId, ONLINE, TOPIC_CAPACITY, Topic};

const POWER_SET: &str = "power/set";

/// What comes in: the meaning of a topic that the dimmer is subscribed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Incoming {
    /// `<prefix>/<id>/power/set`: a setpoint for this dimmer alone.
    PowerSet,
    /// The topic in [`Settings::follow`]: a setpoint that this dimmer takes its share of.
    Followed,
    /// `<homeassistant_prefix>/status`: see [`home_assistant_started`].
    HomeAssistantStatus,
}

impl Incoming {
    /// Everything that may come in.
    pub const ALL: [Self; 3] = [Self::PowerSet, Self::Followed, Self::HomeAssistantStatus];
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
}

impl Topics {
    /// The topics of the dimmer with this id.
    ///
    /// # Errors
    /// [`SettingsError`] if [`Settings::validate`] finds one, or if [`Settings::follow`] is one of this dimmer's own topics:
    /// it would follow itself.
    pub fn new(settings: &Settings, id: DeviceId) -> Result<Self, SettingsError> {
        settings.validate()?;
        let topics = Self {
            settings: settings.clone(),
            id,
        };
        let own = topics.below("");
        if settings.follow.starts_with(own.as_str()) {
            return Err(SettingsError {
                field: "follow",
                problem: "is a topic of this dimmer itself",
                expected: "name the topic of the router or of the pool, or leave it empty",
            });
        }
        Ok(topics)
    }

    /// The settings, as given.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The identity of the dimmer.
    pub const fn id(&self) -> DeviceId {
        self.id
    }

    /// The topic of a message.
    ///
    /// Also of a message that these settings do not publish: an empty retained payload on a discovery topic removes the entity
    /// from Home Assistant.
    pub fn of(&self, message: Message) -> Topic {
        match message {
            Message::Discovery(entity) => self.discovery(entity),
            _ => self.below(message.path().unwrap_or_default()),
        }
    }

    /// The messages that these settings publish, in the order in which a new session publishes them: all of [`Message::ALL`],
    /// or all but discovery.
    pub fn messages(&self) -> impl Iterator<Item = Message> {
        let homeassistant = self.settings.homeassistant;
        Message::ALL
            .into_iter()
            .filter(move |message| homeassistant || !matches!(message, Message::Discovery(_)))
    }

    /// The payload of any message of a dimmer that is online, as bytes in the front of `buffer`; returns how many.
    ///
    /// A value that is not known has an empty payload: retained, it takes the last known value off the broker.
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
            Message::Discovery(entity) => self.write_discovery(entity, device, buffer),
            Message::Setpoint
            | Message::Applied
            | Message::Watts
            | Message::WaterTemperature
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
const _: () = assert!(PREFIX_CAPACITY + "/status".len() <= TOPIC_CAPACITY);

const fn longest_path() -> usize {
    let mut longest = POWER_SET.len();
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
