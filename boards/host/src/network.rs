//! The operating system's sockets.

use std::io::ErrorKind;

use dimmer_app::{
    dimmer::config::Broker,
    link::{Connect, ConnectError},
};
use embedded_io_adapters::tokio_1::FromTokio;
use minimq::{Buffers, ConfigBuilder};
use tokio::net::TcpStream;

/// The settings of a client of its own at a dimmer's broker, as the dimmer's user: somebody else, for whom this program speaks.
///
/// # Errors
/// In words: what of them MQTT has no room for.
pub fn client<'a>(
    buffers: Buffers<'a>,
    name: &'a str,
    broker: &'a Broker,
) -> Result<ConfigBuilder<'a>, String> {
    let settings = |error| format!("the settings of the broker cannot be used: {error:?}");
    let configuration = ConfigBuilder::new(buffers)
        .client_id(name)
        .map_err(settings)?;
    if broker.username.is_empty() {
        return Ok(configuration);
    }
    let password = broker.password.reveal().as_bytes();
    configuration
        .auth(&broker.username, password)
        .map_err(settings)
}

/// Opens TCP streams.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sockets;

impl Connect for Sockets {
    type Stream<'a> = FromTokio<TcpStream>;

    async fn connect(&self, host: &str, port: u16) -> Result<Self::Stream<'_>, ConnectError> {
        let addresses = tokio::net::lookup_host((host, port))
            .await
            .map_err(|_| ConnectError::NameNotFound)?;
        let mut last = ConnectError::NameNotFound;
        for address in addresses {
            match TcpStream::connect(address).await {
                Ok(stream) => {
                    // A setpoint is a small packet that should not wait for the next one. A socket
                    // that does not take the option works all the same.
                    let _ = stream.set_nodelay(true);
                    return Ok(FromTokio::new(stream));
                }
                Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
                    last = ConnectError::Refused
                }
                Err(_) => last = ConnectError::Unreachable,
            }
        }
        Err(last)
    }
}
