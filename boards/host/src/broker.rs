//! An MQTT broker in this process, for those who have none: MQTT 3.1.1 and MQTT 5 on one port, retained messages and wills.
//!
//! It is [rmqtt](https://docs.rs/rmqtt), with retained messages kept in memory by its retainer plug-in. rmqtt starts tasks of its
//! own for each connection and offers no way to end them, so it gets a thread with a runtime of its own: when that runtime goes,
//! every connection goes with it and the port is free again. It writes no file, prints nothing and listens nowhere else.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use rmqtt::context::ServerContext;
use rmqtt::net::{Builder, Listener};
use rmqtt::server::MqttServer;
use tokio::sync::oneshot;

/// The plug-in's name, and so the key of its settings.
const RETAINER: &str = "rmqtt-retainer";

/// Without a time to live of zero ("for ever"), a retained message would be forgotten after the listener's message expiry, five
/// minutes: a dimmer's availability and its discovery must outlive that.
const RETAINER_SETTINGS: &str = "retained_message_ttl = \"0s\"\n[storage]\ntype = \"ram\"\n";

/// More than a household has; it bounds the memory of a client that runs wild.
const MAX_CONNECTIONS: usize = 1_000;

/// A running broker. It ends, with all its connections, when it is dropped.
#[derive(Debug)]
pub struct EmbeddedBroker {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl EmbeddedBroker {
    /// Starts a broker that listens on `listen` and returns once clients can connect. Port 0 takes a free port; see
    /// [`address`](Self::address). Anyone who reaches the address may publish and subscribe: keep it on loopback unless that is wanted.
    ///
    /// # Errors
    /// [`BrokerError`] when the address cannot be bound or the broker cannot be set up.
    pub async fn start(listen: SocketAddr) -> Result<Self, BrokerError> {
        let (report_start, started) = oneshot::channel();
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new()
            .name("mqtt broker".to_owned())
            .spawn(move || run(listen, report_start, stopped))
            .map_err(|cause| BrokerError::from_io(listen, &cause))?;
        let address = match started.await {
            Ok(outcome) => outcome?,
            // The thread ended without a word, which it does only by a panic.
            Err(_) => {
                return Err(BrokerError::Failed {
                    address: listen,
                    cause: "its thread ended".to_owned(),
                });
            }
        };
        Ok(Self {
            address,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// The address that is listened on, with the real port where port 0 was asked for.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes every connection and frees the port; both are done when this returns. Dropping the broker does the same.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for EmbeddedBroker {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic over there has already been reported by the panic hook; there is nothing to add to it here.
            let _ = thread.join();
        }
    }
}

/// Why the embedded broker could not start. Its text is one line that says what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BrokerError {
    /// Another program listens there.
    PortInUse {
        /// The address that was asked for.
        address: SocketAddr,
    },
    /// No network interface of this machine has this address.
    AddressNotHere {
        /// The address that was asked for.
        address: SocketAddr,
    },
    /// This user may not listen there (ports below 1024, usually).
    NotPermitted {
        /// The address that was asked for.
        address: SocketAddr,
    },
    /// Anything else.
    Failed {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the operating system or the broker said.
        cause: String,
    },
}

impl BrokerError {
    fn from_io(address: SocketAddr, cause: &io::Error) -> Self {
        match cause.kind() {
            io::ErrorKind::AddrInUse => Self::PortInUse { address },
            io::ErrorKind::AddrNotAvailable => Self::AddressNotHere { address },
            io::ErrorKind::PermissionDenied => Self::NotPermitted { address },
            _ => Self::Failed {
                address,
                cause: cause.to_string(),
            },
        }
    }
}

impl fmt::Display for BrokerError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PortInUse { address } => write!(
                formatter,
                "port {} on {} is in use; choose another with --listen",
                address.port(),
                address.ip()
            ),
            Self::AddressNotHere { address } => write!(
                formatter,
                "{} is not an address of this machine; choose another with --listen",
                address.ip()
            ),
            Self::NotPermitted { address } => write!(
                formatter,
                "no permission to listen on port {} of {}; choose a port above 1023 with --listen",
                address.port(),
                address.ip()
            ),
            Self::Failed { address, cause } => {
                write!(
                    formatter,
                    "the embedded broker could not start on {address}: {cause}; use another broker with --broker"
                )
            }
        }
    }
}

impl std::error::Error for BrokerError {}

/// The broker's thread: one thread is enough for a household, and its end is the end of every task.
fn run(
    listen: SocketAddr,
    report_start: oneshot::Sender<Result<SocketAddr, BrokerError>>,
    stopped: oneshot::Receiver<()>,
) {
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(cause) => {
            let _ = report_start.send(Err(BrokerError::from_io(listen, &cause)));
            return;
        }
    };
    runtime.block_on(async {
        let (server, address) = match prepare(listen).await {
            Ok(prepared) => prepared,
            Err(error) => {
                let _ = report_start.send(Err(error));
                return;
            }
        };
        if report_start.send(Ok(address)).is_err() {
            // The caller gave up waiting: nobody could ever stop this broker.
            return;
        }
        tokio::select! {
            _ = server.run() => {}
            // Both a message and a dropped sender mean the same.
            _ = stopped => {}
        }
    });
    runtime.shutdown_timeout(Duration::from_secs(1));
}

/// Binds the port first, so that a busy port is noticed before anything else is set up.
async fn prepare(listen: SocketAddr) -> Result<(MqttServer, SocketAddr), BrokerError> {
    let listener = bind(listen)?;
    let failed = |cause: String| BrokerError::Failed {
        address: listen,
        cause,
    };
    let address = listener
        .local_addr()
        .map_err(|cause| failed(cause.to_string()))?;
    let context = ServerContext::new()
        // Its default refuses clients while the machine's processor is loaded, which a desktop under test always is.
        .busy_check_enable(false)
        .plugins_config_map_add(RETAINER, RETAINER_SETTINGS)
        .build()
        .await;
    rmqtt_retainer::register_named(&context, RETAINER, true, false)
        .await
        .map_err(|cause| failed(cause.to_string()))?;
    let server = MqttServer::new(context)
        .listener_by_id(listener, address.port())
        .build();
    Ok((server, address))
}

fn bind(listen: SocketAddr) -> Result<Listener, BrokerError> {
    Builder::new()
        .name("embedded")
        .laddr(listen)
        // A broker that was just stopped leaves connections in TIME_WAIT; on Windows the same option would let two programs share
        // the port.
        .reuseaddr(cfg!(not(windows)).then_some(true))
        // The time from a setpoint to the changed half-cycle is what users feel: no waiting for more bytes.
        .nodelay(true)
        .max_connections(MAX_CONNECTIONS)
        .bind()
        .and_then(Listener::tcp)
        .map_err(|cause| match cause.downcast_ref::<io::Error>() {
            Some(cause) => BrokerError::from_io(listen, cause),
            None => BrokerError::Failed {
                address: listen,
                cause: cause.to_string(),
            },
        })
}
