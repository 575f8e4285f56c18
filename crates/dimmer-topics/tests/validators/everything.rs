//! Everything that a dimmer can send, before the rules of the hubs that read it.

use dimmer_topics::{Discovery, Format, Incoming, PowerEntity, Trigger};

use crate::announced::{by_topic, discovery, sent, states, variant, variants};
use crate::{domoticz, home_assistant, jeedom, sample};

#[test]
fn home_assistant_takes_everything_that_is_announced_and_every_state_of_it() {
    let mut count = 0;
    for topics in variants() {
        for state in states() {
            let sent = sent(&topics, &state);
            let values = by_topic(&sent);
            for message in discovery(&sent) {
                assert_eq!(
                    home_assistant::problems("homeassistant", message),
                    [""; 0],
                    "{message:?}"
                );
                for (platform, entity) in home_assistant::entities(message) {
                    let problems = home_assistant::state_problems(&platform, &entity, &values);
                    assert_eq!(problems, [""; 0], "{entity:?}");
                    count += 1;
                }
            }
        }
    }
    println!("{count} entities with their states");
    assert!(count > 500);
}

/// Its unique ids are the same however it is announced, so that nothing is there twice.
#[test]
fn every_entity_has_one_unique_id_in_every_form() {
    let ids = |discovery_as| -> Vec<String> {
        let topics = variant(discovery_as, PowerEntity::Number, Format::Both, true);
        let sent = sent(&topics, &sample::state());
        let entities = discovery(&sent).flat_map(home_assistant::entities);
        let mut ids: Vec<_> = entities
            .map(|(_, entity)| entity["unique_id"].to_string())
            .collect();
        ids.sort();
        ids
    };
    let alone = ids(Discovery::PerComponent);
    assert_eq!(alone, ids(Discovery::Device));
    let mut once = alone.clone();
    once.dedup();
    assert_eq!(alone, once);
}

#[test]
fn domoticz_reads_every_entity_that_is_announced_alone() {
    let mut count = 0;
    for topics in variants() {
        for state in states() {
            let all = sent(&topics, &state);
            let values = by_topic(&all);
            for message in discovery(&all).filter(|sent| !sent.topic.contains("/device/")) {
                let settings = topics.settings();
                let problems = domoticz::discovery_problems("homeassistant", message, &values);
                if settings.format == Format::Json && message.topic.contains("/light/") {
                    // The one thing that does not go together, as docs/domoticz.md says.
                    assert!(!problems.is_empty());
                    continue;
                }
                assert_eq!(problems, [""; 0], "{message:?}");
                count += 1;
            }
        }
    }
    assert!(count > 300);
}

#[test]
fn domoticz_takes_everything_on_its_own_topic() {
    let mut count = 0;
    for topics in variants() {
        for state in states() {
            for message in sent(&topics, &state)
                .iter()
                .filter(|sent| sent.topic == "domoticz/in")
            {
                assert_eq!(
                    domoticz::native_problems(&message.payload),
                    [""; 0],
                    "{message:?}"
                );
                count += 1;
            }
        }
    }
    assert!(count > 50);
}

#[test]
fn jeedom_loses_nothing() {
    for topics in variants() {
        let commands: Vec<String> = [
            Incoming::PowerSet,
            Incoming::AlarmReset,
            Incoming::Boost,
            Incoming::Switch,
            Incoming::Trigger(Trigger::Sync),
            Incoming::Trigger(Trigger::Reload),
            Incoming::Trigger(Trigger::Restart),
            Incoming::Trigger(Trigger::SearchProbes),
            Incoming::Configure(0),
            Incoming::Configure(1),
        ]
        .map(|incoming| topics.command_topic(incoming).to_string())
        .to_vec();
        for state in states() {
            let mut all = sent(&topics, &state);
            // Domoticz' topic is not for Jeedom.
            all.retain(|sent| sent.topic != "domoticz/in");
            assert_eq!(
                jeedom::problems(&topics.settings().prefix, &all, &commands),
                [""; 0]
            );
        }
    }
}
