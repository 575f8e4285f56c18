//! The page and the HTTP API on the operating system's sockets.

use std::{cell::RefCell, fmt, net::SocketAddr, time::Duration};

use anyhow::{Context, Result};
use dimmer_app::{
    App, Keeper, Observer, Recorder, Web,
    dimmer::config::Valid,
    http::{Failure, REQUEST_CAPACITY, Security, Site, serve_tokio},
};
use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::{net::TcpListener, time::interval};

/// Most connections at once: one more waits until another is over. Few, as on a board.
const CONNECTIONS: usize = 8;
/// How often a look is taken for the chart.
const LOOK: Duration = Duration::from_secs(5);

/// What the page changes, kept as long as the program runs.
#[derive(Debug)]
pub struct Kept {
    config: RefCell<Valid>,
    security: RefCell<Security>,
}

impl Kept {
    /// A configuration as it was read, and no password.
    #[must_use]
    pub fn new(config: Valid) -> Self {
        Self {
            config: RefCell::new(config),
            security: RefCell::default(),
        }
    }

    /// The configuration with which the dimmer starts again.
    #[must_use]
    pub fn config(&self) -> Valid {
        self.config.borrow().clone()
    }

    /// Keeps another one.
    pub fn set_config(&self, config: Valid) {
        self.config.replace(config);
    }
}

impl Keeper for &Kept {
    fn keep_config(&self, config: &Valid) -> Result<(), Failure> {
        self.set_config(config.clone());
        Ok(())
    }

    fn security(&self) -> Security {
        self.security.borrow().clone()
    }

    fn keep_security(&self, security: Security) -> Result<(), Failure> {
        self.security.replace(security);
        Ok(())
    }

    #[expect(
        clippy::expect_used,
        reason = "without random numbers a token could be guessed: better no simulator"
    )]
    fn random(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system gives no random numbers");
    }
}

/// Where the page of one dimmer is served.
#[derive(Debug)]
pub struct Page {
    listener: TcpListener,
    address: SocketAddr,
}

impl Page {
    /// Listens at `first`, or for a further dimmer on a port that follows it.
    ///
    /// # Errors
    /// The address cannot be used.
    pub async fn bind(first: SocketAddr, place: usize) -> Result<Self> {
        let mut address = first;
        if first.port() != 0 {
            let port = u16::try_from(place)
                .ok()
                .and_then(|place| first.port().checked_add(place));
            address.set_port(port.context("--http: there are not so many ports after this one")?);
        }
        let listener = TcpListener::bind(address)
            .await
            .with_context(|| format!("the page cannot be served at {address}"))?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// What to type into a browser.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Serves it for ever.
    pub async fn serve<O: Observer + fmt::Debug>(&self, app: &App<'_, Recorder<O>>, kept: &Kept) {
        let site = Site::new(Web::new(app, kept));
        let mut connections = FuturesUnordered::new();
        let mut looks = interval(LOOK);
        loop {
            tokio::select! {
                accepted = self.listener.accept(), if connections.len() < CONNECTIONS => {
                    // A connection that failed while it was made was one.
                    let Ok((socket, peer)) = accepted else { continue };
                    let _ = socket.set_nodelay(true);
                    let site = &site;
                    connections.push(async move {
                        let mut buffer = vec![0; REQUEST_CAPACITY];
                        serve_tokio(site, socket, peer.ip(), &mut buffer).await;
                    });
                }
                Some(()) = connections.next(), if !connections.is_empty() => {}
                _ = looks.tick() => site.note_history(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Sockets;
    use dimmer_app::{
        FiringDesk, Silent,
        dimmer::{Dimmer, Identity, safety::Language},
        link::Connect,
        now,
    };

    /// What one connection of a server takes, besides its buffer for the request. As the compiler lays it out here: pointers of a board
    /// have half the size, its arrays the same.
    #[tokio::test]
    async fn a_connection_keeps_to_its_share_of_a_boards_memory() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let _client = Sockets.connect("127.0.0.1", port).await.unwrap();
        let (socket, peer) = listener.accept().await.unwrap();
        let identity = Identity {
            id: "020000000001".parse().unwrap(),
            model: "Test",
            version: "0",
        };
        let dimmer = Dimmer::new(identity, Valid::defaults(), now()).unwrap();
        let desk = FiringDesk::new();
        let app = App::new(dimmer, &desk, Recorder::new(Silent, Language::English));
        let kept = Kept::new(Valid::defaults());
        let site = Site::new(Web::new(&app, &kept));
        let mut buffer = vec![0; REQUEST_CAPACITY];
        let serving = serve_tokio(&site, socket, peer.ip(), &mut buffer);
        let (future, shared) = (size_of_val(&serving), size_of_val(&site));
        println!(
            "server: {future} bytes for each connection, {REQUEST_CAPACITY} for its request, {shared} for all"
        );
        assert!(future <= 24 * 1024, "{future}");
    }
}
