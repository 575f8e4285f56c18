//! Somebody else at the broker: publishes as a person or a router would, by a client of its own.

use std::time::Duration;

use dimmer_app::{
    dimmer::{
        config::{Broker, Config},
        topics::{DeviceId, Incoming, Topics},
    },
    link::Connect,
};
use minimq::{Buffers, Publication, QoS, Session};
use tokio::time::timeout;

use crate::network::{self, Sockets};

/// A broker that has not taken a message by then is told to be away.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes for each direction: one small message, and what the broker answers.
const CAPACITY: usize = 1024;

/// Publishes a setpoint on the topic of one dimmer alone, once, with QoS 1 and not retained, through the first broker of its settings and as its user.
///
/// # Errors
/// In words: why the broker has not taken it.
pub async fn publish_setpoint(id: DeviceId, config: &Config, payload: &str) -> Result<(), String> {
    let topics = Topics::new(&config.topics, id).map_err(|error| error.to_string())?;
    let topic = topics.command_topic(Incoming::PowerSet);
    let client = format!("solar-dimmer-{id}-person");
    let Some(broker) = config.brokers.first() else {
        return Err("the dimmer has no broker".to_owned());
    };
    let publishing = publish(broker, &client, &topic, payload);
    match timeout(PATIENCE, publishing).await {
        Ok(outcome) => outcome,
        Err(_) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
    }
}

async fn publish(broker: &Broker, name: &str, topic: &str, payload: &str) -> Result<(), String> {
    let (mut receive, mut transmit) = ([0; CAPACITY], [0; CAPACITY]);
    let buffers = Buffers::new(&mut receive, &mut transmit);
    let configuration = network::client(buffers, name, broker)?;
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
