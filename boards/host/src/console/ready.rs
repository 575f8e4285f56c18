//! The line that says that a dimmer is online: where, who, and what to type next.

use dimmer_app::dimmer::{
    config::Config,
    topics::{DeviceId, Message, Topics},
};

/// That a dimmer is online at this address.
pub(super) fn line(id: DeviceId, config: &Config, address: &str) -> String {
    let online = format!("ready: dimmer {id} is online at {address}");
    // Settings with which a dimmer runs have topics.
    let Ok(topics) = Topics::new(&config.topics, id) else {
        return online;
    };
    // The first: it is the one that people are to use as long as it is there.
    let broker = config.brokers.first().cloned().unwrap_or_default();
    let command = topics
        .subscriptions()
        .next()
        .map(|subscription| subscription.topic)
        .unwrap_or_default();
    let state = topics.of(Message::State);
    let user = if broker.username.is_empty() {
        String::new()
    } else {
        format!(" -u {} -P ...", broker.username)
    };
    let to = format!("-h {} -p {}{user}", broker.host, broker.port);
    let follow = &config.topics.follow;
    let pool = if follow.is_empty() {
        String::new()
    } else {
        format!("; all: mosquitto_pub {to} -t {follow} -m 75")
    };
    format!(
        "{online}; try: mosquitto_pub {to} -t {command} -m 42.5{pool}; watch: mosquitto_sub {to} -t {state}"
    )
}
