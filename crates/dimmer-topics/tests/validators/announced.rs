//! What a dimmer sends, with each combination of the settings that change it.

use std::collections::BTreeMap;

use dimmer_topics::{
    Device, DeviceId, Discovery, Format, PAYLOAD_CAPACITY, PowerEntity, Role, Settings, State,
    Topics,
};

use crate::{Sent, sample};

const REASONS: [&str; 2] = ["following", "unknown"];

/// Every combination of the settings that change what is sent.
pub(crate) fn variants() -> Vec<Topics> {
    let mut all = Vec::new();
    for discovery in [Discovery::Off, Discovery::PerComponent, Discovery::Device] {
        for power in [PowerEntity::Number, PowerEntity::Light] {
            for format in [Format::Raw, Format::Json, Format::Both] {
                for has_all in [false, true] {
                    all.push(variant(discovery, power, format, has_all));
                }
            }
        }
    }
    all
}

pub(crate) fn variant(
    discovery: Discovery,
    power: PowerEntity,
    format: Format,
    has_all: bool,
) -> Topics {
    let mut settings = if has_all {
        sample::settings()
    } else {
        Settings::default()
    };
    settings.format = format;
    settings.homeassistant.discovery = discovery;
    settings.homeassistant.power = power;
    let topics = Topics::new(
        &settings,
        DeviceId::new([0xa1, 0xb2, 0xc3, 0xd4, 0xe5, 0xf6]),
    )
    .unwrap();
    if has_all {
        sample::topics_of(&settings)
    } else {
        topics.with_probe(Role::Room)
    }
}

/// A dimmer that knows everything, and one that knows nothing.
pub(crate) fn states() -> [State; 2] {
    [sample::state(), State::default()]
}

pub(crate) fn sent(topics: &Topics, state: &State) -> Vec<Sent> {
    let device = Device::new("Chauffe-eau \"été\"", "Desktop", "0.1.0")
        .unwrap()
        .with_reasons(&REASONS)
        .unwrap();
    let mut buffer = [0; PAYLOAD_CAPACITY];
    topics
        .messages()
        .filter(|message| !topics.is_silent(*message, state))
        .map(|message| {
            let length = topics.write(message, state, &device, &mut buffer).unwrap();
            let payload = std::str::from_utf8(&buffer[..length]).unwrap();
            Sent::new(&topics.of(message), payload)
        })
        .collect()
}

pub(crate) fn by_topic(sent: &[Sent]) -> BTreeMap<String, String> {
    let pairs = sent
        .iter()
        .map(|sent| (sent.topic.clone(), sent.payload.clone()));
    pairs.collect()
}

pub(crate) fn discovery(sent: &[Sent]) -> impl Iterator<Item = &Sent> {
    sent.iter()
        .filter(|sent| sent.topic.starts_with("homeassistant/"))
}
