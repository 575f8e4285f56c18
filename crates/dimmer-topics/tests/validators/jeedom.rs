//! Jeedom with the plug-in mqtt2: topics become nested keys, JSON is decoded into them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Sent, is_topic};

/// What Jeedom would lose or not take of these messages. `root`: the topic of the equipment. `commands`: the topics that it publishes on.
pub(crate) fn problems(root: &str, sent: &[Sent], commands: &[String]) -> Vec<String> {
    let mut problems = Vec::new();
    if root.split('/').count() > 2 {
        problems.push(format!("{root} has more than two levels"));
    }
    // Where a value is, of each message: the topic, and of JSON the topic with the keys.
    let mut values: BTreeSet<String> = BTreeSet::new();
    for message in sent {
        if !is_topic(&message.topic) || message.topic.split('/').any(str::is_empty) {
            problems.push(format!("{:?} is no topic of keys", message.topic));
        }
        if message.topic.split('/').next() == Some("jeedom") {
            problems.push(format!("{} belongs to Jeedom itself", message.topic));
        }
        let of_this = keys(&message.topic, &message.payload);
        if sent
            .iter()
            .any(|other| other.topic == message.topic && other.payload != message.payload)
        {
            problems.push(format!(
                "{} has two values, and only the last survives",
                message.topic
            ));
        }
        values.extend(of_this);
        if commands.contains(&message.topic) {
            problems.push(format!("{} is published and listened to", message.topic));
        }
    }
    for value in &values {
        let below = format!("{value}/");
        if let Some(other) = values
            .range(below.clone()..)
            .next()
            .filter(|other| other.starts_with(&below))
        {
            problems.push(format!("{value} is lost, because {other} is below it"));
        }
    }
    for command in commands {
        if values.iter().any(|value| {
            value.starts_with(&format!("{command}/")) || command.starts_with(&format!("{value}/"))
        }) {
            problems.push(format!("{command} has a value above or below it"));
        }
    }
    problems
}

/// The topics under which Jeedom knows what is in a message.
fn keys(topic: &str, payload: &str) -> Vec<String> {
    fn below(topic: &str, value: &Value, all: &mut Vec<String>) {
        match value {
            Value::Object(object) => {
                for (key, value) in object {
                    below(&format!("{topic}/{key}"), value, all);
                }
            }
            _ => all.push(topic.to_owned()),
        }
    }
    let mut all = Vec::new();
    match serde_json::from_str::<Value>(payload) {
        Ok(value @ Value::Object(_)) => below(topic, &value, &mut all),
        _ => all.push(topic.to_owned()),
    }
    all
}
