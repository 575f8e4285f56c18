//! A dimmer with the default settings, and what it publishes.

use dimmer_topics::{Device, DeviceId, Entity, Message, PAYLOAD_CAPACITY, Settings, State, Topics};
use serde_json::Value;

pub(crate) const ID: DeviceId = DeviceId::new([0xa1, 0xb2, 0xc3, 0xd4, 0xe5, 0xf6]);

pub(crate) fn topics() -> Topics {
    Topics::new(&Settings::default(), ID).unwrap()
}

pub(crate) fn write(
    topics: &Topics,
    message: Message,
    state: &State,
    device: &Device<'_>,
) -> String {
    let mut buffer = [0; PAYLOAD_CAPACITY];
    let length = topics.write(message, state, device, &mut buffer).unwrap();
    String::from_utf8(buffer[..length].to_vec()).unwrap()
}

pub(crate) fn discovery(topics: &Topics, entity: Entity, device: &Device<'_>) -> Value {
    let payload = write(
        topics,
        Message::Discovery(entity),
        &State::default(),
        device,
    );
    serde_json::from_str(&payload).unwrap()
}

pub(crate) fn device() -> Device<'static> {
    Device::new("Water heater", "Desktop", "0.1.0").unwrap()
}
