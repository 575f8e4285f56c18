//! What hubs accept, written from their documentation and source, and not from ours. Each validator gives the problems that it finds,
//! as sentences: none if the hub would take the message.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test ends at what it did not expect"
)]

mod announced;
mod domoticz;
mod everything;
mod home_assistant;
mod jeedom;
#[path = "../sample/mod.rs"]
mod sample;
mod templates;
mod wrong;

/// A message as a broker sees it.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) topic: String,
    pub(crate) payload: String,
}

impl Sent {
    pub(crate) fn new(topic: &str, payload: impl Into<String>) -> Self {
        Self {
            topic: topic.to_owned(),
            payload: payload.into(),
        }
    }
}

/// A topic that can be published on and subscribed to (MQTT 5, 4.7).
pub(crate) fn is_topic(topic: &str) -> bool {
    !topic.is_empty() && topic.len() <= 65_535 && !topic.contains(['+', '#', '\0'])
}
