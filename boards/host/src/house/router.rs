//! The router's side of MQTT: a client of its own, as any router's.

use std::time::Duration;

use dimmer_app::{
    dimmer::{
        config::Broker,
        topics::{Message, Topics},
    },
    link::Connect,
};
use dimmer_house::capacity_watts;
use minimq::{Buffers, Publication, Session, TopicFilter};
use tokio::time::{sleep, timeout};

use super::RunningHouse;
use crate::{
    configuration::Unit,
    network::{self, Sockets},
};

/// How long to wait for a broker, and before it is tried again.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_secs(1);
/// Bytes for each direction.
const CAPACITY: usize = 2_048;

/// Publishes each setpoint on the topic that this dimmer follows, with QoS 0 and not retained, for ever; and listens to what a shared pool
/// says that it can take. When the broker is away it says so once, and tries again.
pub(super) async fn publish(house: &RunningHouse, unit: &Unit, say: impl Fn(String)) {
    let mut is_told = false;
    loop {
        let mut published = 0_u32;
        let error = session(house, unit, &mut published).await;
        is_told &= published == 0;
        if !is_told {
            say(format!(
                "the house's router is not connected: {error}; trying again"
            ));
            is_told = true;
        }
        sleep(PAUSE).await;
    }
}

/// One session, until it fails.
async fn session(house: &RunningHouse, unit: &Unit, published: &mut u32) -> String {
    let Some(broker) = unit.config.brokers.first() else {
        return "the dimmer has no broker".to_owned();
    };
    match connected(house, unit, broker, published).await {
        Ok(never) => match never {},
        Err(error) => error,
    }
}

async fn connected(
    house: &RunningHouse,
    unit: &Unit,
    broker: &Broker,
    published: &mut u32,
) -> Result<std::convert::Infallible, String> {
    let (mut receive, mut transmit) = ([0; CAPACITY], [0; CAPACITY]);
    let name = format!("solar-dimmer-{}-router", unit.id);
    let buffers = Buffers::new(&mut receive, &mut transmit);
    let configuration = network::client(buffers, &name, broker)?;
    let mut session = Session::new(configuration);
    let opening = async {
        let stream = Sockets.connect(&broker.host, broker.port).await;
        let stream = stream.map_err(|error| error.to_string())?;
        let connection = session.connect(stream).await;
        connection.map_err(|error| error.to_string())
    };
    let mut connection = timeout(PATIENCE, opening)
        .await
        .map_err(|_| format!("no answer within {} s", PATIENCE.as_secs()))??;
    let topics = Topics::new(&unit.config.topics, unit.id).map_err(|error| error.to_string())?;
    let totals = topics.of(Message::PoolTotals);
    if unit.config.pool.sharing.is_shared() && house.settings().router.listens {
        let filter = [TopicFilter::new(&totals)];
        let subscribed = timeout(PATIENCE, connection.subscribe(&filter, &[])).await;
        subscribed
            .map_err(|_| "it takes no subscription".to_owned())?
            .map_err(|error| error.to_string())?;
    }
    let topic = unit.config.topics.follow.as_str();
    let mut setpoints = house.setpoint.subscribe();
    loop {
        tokio::select! {
            changed = setpoints.changed() => {
                // The house outlives its router.
                changed.map_err(|error| error.to_string())?;
                let payload = setpoints.borrow_and_update().clone();
                let message = Publication::text(topic, &payload);
                let sent = timeout(PATIENCE, connection.publish(message)).await;
                sent.map_err(|_| "it takes nothing".to_owned())?
                    .map_err(|error| format!("{error:?}"))?;
                *published += 1;
            }
            progress = connection.poll() => {
                let heard = progress.map_err(|error| error.to_string())?;
                let heard = heard.filter(|heard| heard.topic() == totals.as_str());
                if let Some(watts) = heard.and_then(|heard| capacity_watts(heard.payload())) {
                    house.heard_capacity(watts);
                }
            }
        }
    }
}
