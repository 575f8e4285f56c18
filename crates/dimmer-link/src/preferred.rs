//! Whether a better broker than the one in use is there again.

use core::future::pending;

use embassy_time::{Duration, Timer, with_timeout};
use minimq::ConfigBuilder;

use crate::{
    Application, Broker, Connect,
    leaving::until_closed,
    session::OPENING_TIMEOUT,
    settings::{KEEP_ALIVE_MINIMUM_S, Settings, client_id, greeted},
};

/// Enough for a CONNACK with a few properties. A broker that says more is not gone back to.
const RECEIVE: usize = 256;
/// A CONNECT without a will: three credentials of 64 bytes, and what stands around them.
const TRANSMIT: usize = 384;

/// Waits until a broker that stands before the one in use takes a session, and gives its place in the list. `after` is the wait
/// before the first look and between looks; without it nobody ever looks.
pub(crate) async fn is_back<C: Connect, A: Application>(
    connector: &C,
    application: &A,
    settings: &Settings,
    after: Option<Duration>,
) -> usize {
    let Some(after) = after else {
        return pending().await;
    };
    loop {
        Timer::after(after).await;
        for index in 0..settings.index {
            let Some(broker) = application.broker(index) else {
                break;
            };
            let client_id = client_id(&broker, &settings.session);
            if takes_a_session(connector, &broker, client_id).await {
                return index;
            }
        }
    }
}

/// Tries a whole greeting, with the same identifier: a port that answers is not yet a broker that lets us in. The trial has no will,
/// so its end says nothing to anybody.
async fn takes_a_session<C: Connect>(connector: &C, broker: &Broker, client_id: &str) -> bool {
    let (mut receive, mut transmit) = ([0; RECEIVE], [0; TRANSMIT]);
    let buffers = minimq::Buffers::new(&mut receive, &mut transmit);
    let builder = ConfigBuilder::new(buffers).keepalive_interval(KEEP_ALIVE_MINIMUM_S);
    let Ok(builder) = greeted(builder, broker, client_id) else {
        return false;
    };
    let mut session = minimq::Session::new(builder);
    let trial = async {
        let stream = connector.connect(&broker.host, broker.port).await.ok()?;
        let mut connection = session.connect(stream).await.ok()?;
        connection.disconnect().await.ok()?;
        until_closed(connection.into_inner()).await;
        Some(())
    };
    matches!(with_timeout(OPENING_TIMEOUT, trial).await, Ok(Some(())))
}
