//! How topics are put together, and why none is ever cut off.

use core::fmt::Write;

use super::Topics;
use super::incoming::COMMAND_PATHS;
use crate::commands::TUNABLE_NAME_CAPACITY;
use crate::discovery::{Entity, ObjectId, Page};
use crate::message::Message;
use crate::settings::{
    FOLLOW_CAPACITY, HUB_TOPIC_CAPACITY, POOL, POOL_NAME_CAPACITY, PREFIX_CAPACITY,
    SOURCE_CAPACITY, Settings,
};
use crate::{TOPIC_CAPACITY, Topic};

/// Below it stand the values of the settings.
const CONFIG: &str = "config/";

impl Topics {
    /// The topic of a message. Empty for one that has none under these settings: nothing is shared, or a setting or a hub is not there.
    ///
    /// Also of a message that these settings do not publish: an empty retained payload on a discovery topic removes the entity
    /// from Home Assistant.
    pub fn of(&self, message: Message) -> Topic {
        match message {
            Message::Discovery(entity) => self.discovery(
                self.component_of(entity),
                ObjectId::entity(self.id, entity, self.tunables),
            ),
            Message::DeviceDiscovery(page) => {
                self.discovery("device", ObjectId::page(self.id, page))
            }
            Message::SharedTemperature => joined(&[&self.settings.temperature.share.topic]),
            Message::Domoticz(_) => joined(&[&self.settings.domoticz.in_topic]),
            Message::Jeedom(value) => {
                let jeedom = &self.settings.jeedom;
                let mut topic = joined(&[&jeedom.topic]);
                if !topic.is_empty() {
                    let _ = write!(topic, "/{}", value.idx(jeedom));
                }
                topic
            }
            Message::Tunable(index) => self.tunable(index).map_or_else(Topic::new, |tunable| {
                let mut topic = self.below(CONFIG);
                let _ = topic.push_str(tunable.name);
                topic
            }),
            Message::PoolMember => {
                let mut topic = self.of_the_pool("");
                // Fits: see LONGEST_POOL.
                let _ = write!(topic, "{}", self.id);
                topic
            }
            Message::PoolTotals => self.of_the_pool("totals"),
            _ => self.below(message.path().unwrap_or_default()),
        }
    }

    /// `<prefix>/<id>/<path>`.
    pub(super) fn below(&self, path: &str) -> Topic {
        let mut topic = joined(&[&self.settings.prefix, "/"]);
        // Fits: see LONGEST_OWN.
        let _ = write!(topic, "{}/{path}", self.id);
        topic
    }

    /// `<prefix>/pool/<name>/<last>`.
    pub(super) fn of_the_pool(&self, last: &str) -> Topic {
        let Settings { prefix, pool, .. } = &self.settings;
        joined(&[prefix, "/", POOL, "/", &pool.name, "/", last])
    }

    /// What stands below `<prefix>/<id>/` in this topic.
    pub(super) fn path_of<'t>(&self, topic: &'t str) -> Option<&'t str> {
        let (id, path) = topic
            .strip_prefix(self.settings.prefix.as_str())?
            .strip_prefix('/')?
            .split_once('/')?;
        let mut own = heapless::String::<ID_LENGTH>::new();
        let _ = write!(own, "{}", self.id);
        (own == id).then_some(path)
    }

    /// `<homeassistant.prefix>/<component>/<object_id>/config`.
    fn discovery(&self, component: &str, object_id: ObjectId) -> Topic {
        let mut topic = joined(&[&self.settings.homeassistant.prefix, "/", component, "/"]);
        // Fits: see LONGEST_DISCOVERY.
        let _ = write!(topic, "{object_id}/config");
        topic
    }
}

/// The parts one after the other. Callers make sure that they fit, by the bounds below.
pub(crate) fn joined(parts: &[&str]) -> Topic {
    let mut topic = Topic::new();
    for part in parts {
        let _ = topic.push_str(part);
    }
    topic
}

// Why no topic is ever cut off: the settings have capacities, all other parts are known when this is compiled.
const ID_LENGTH: usize = 12;
const IDX_LENGTH: usize = 10;
const LONGEST_OWN: usize = PREFIX_CAPACITY + 1 + ID_LENGTH + 1 + longest_path();
const LONGEST_DISCOVERY: usize = PREFIX_CAPACITY
    + 1
    + Entity::longest_component()
    + 1
    + ObjectId::longest(ID_LENGTH)
    + "/config".len();
const LONGEST_POOL: usize =
    PREFIX_CAPACITY + 1 + POOL.len() + 1 + POOL_NAME_CAPACITY + 1 + ID_LENGTH;
const _: () = assert!(LONGEST_POOL <= TOPIC_CAPACITY);
const _: () = assert!("totals".len() <= ID_LENGTH);
const _: () = assert!(LONGEST_OWN <= TOPIC_CAPACITY);
const _: () = assert!(LONGEST_DISCOVERY <= TOPIC_CAPACITY);
const _: () = assert!(FOLLOW_CAPACITY <= TOPIC_CAPACITY);
const _: () = assert!(SOURCE_CAPACITY <= TOPIC_CAPACITY);
const _: () = assert!(HUB_TOPIC_CAPACITY + 1 + IDX_LENGTH <= TOPIC_CAPACITY);
const _: () = assert!(PREFIX_CAPACITY + "/status".len() <= TOPIC_CAPACITY);
const _: () = assert!(Page::ALL.len() < 10);

const fn longest_path() -> usize {
    let mut longest = CONFIG.len() + TUNABLE_NAME_CAPACITY;
    let mut rest: &[Message] = &Message::ALL;
    while let [first, others @ ..] = rest {
        if let Some(path) = first.path()
            && path.len() > longest
        {
            longest = path.len();
        }
        rest = others;
    }
    let mut rest: &[&str] = &COMMAND_PATHS;
    while let [first, others @ ..] = rest {
        let length = first.len() + TUNABLE_NAME_CAPACITY;
        if length > longest {
            longest = length;
        }
        rest = others;
    }
    longest
}
