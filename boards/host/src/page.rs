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
