//! Somebody else at the broker: publishes as a person or a router would, by a client of its own.

use std::time::Duration;

use dimmer_app::{
    dimmer::{
        config::Broker,
        topics::{Incoming, Topics},
    },
    link::Connect,
};
use minimq::{Buffers, ConfigBuilder, Publication, QoS, Session};
use tokio::time::timeout;

use crate::{configuration::Unit, network::Sockets};

/// A broker that has not taken a message by then is told to be away.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes for each direction: one small message, and what the broker answers.
const CAPACITY: usize = 1024;

/// Publishes a setpoint on the topic of one dimmer alone, once, with QoS 1 and not retained, through its broker and as its user.
///
/// # Errors
/// In words: why the broker has not taken it.
pub async fn publish_setpoint(unit: &Unit, payload: &str) -> Result<(), String> {
    let topics = Topics::new(&unit.config.topics, unit.id).map_err(|error| error.to_string())?;
    let topic = topics.command_topic(Incoming::PowerSet);
    let client = format!("solar-dimmer-{}-person", unit.id);
    let Some(broker) = unit.config.brokers.first() else {
        return Err("the dimmer has no broker".to_owned());
    };
    let publishing = publish(broker, &client, &topic, payload);
    match timeout(PATIENCE, publishing).await {
        Ok(outcome) => outcome,
        Err(_) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
    }
}

async fn publish(broker: &Broker, client: &str, topic: &str, payload: &str) -> Result<(), String> {
    let settings = |error| format!("the settings of the broker cannot be used: {error:?}");
    let (mut receive, mut transmit) = ([0; CAPACITY], [0; CAPACITY]);
    let mut configuration = ConfigBuilder::new(Buffers::new(&mut receive, &mut transmit))
        .client_id(client)
        .map_err(settings)?;
    if !broker.username.is_empty() {
        let password = broker.password.reveal().as_bytes();
        configuration = configuration
            .auth(&broker.username, password)
            .map_err(settings)?;
    }
    let stream = Sockets.connect(&broker.host, broker.port).await;
    let stream = stream.map_err(|error| error.to_string())?;
    let mut session = Session::new(configuration);
    let mut connection = session
        .connect(stream)
        .await
        .map_err(|error| error.to_string())?;
    let message = Publication::text(topic, payload).qos(QoS::AtLeastOnce);
    let sent = connection.publish(message).await;
    if let Some(operation) = sent.map_err(|error| format!("{error:?}"))? {
        while connection.is_pending(&operation) {
            connection.poll().await.map_err(|error| error.to_string())?;
        }
    }
    // It has the message; whether it hears the goodbye makes no difference.
    let _ = connection.disconnect().await;
    Ok(())
}
