//! The page and the HTTP API on the operating system's sockets.

use std::{cell::RefCell, fmt, net::SocketAddr, rc::Rc, time::Duration};

use anyhow::{Context, Result, bail};
use dimmer_app::{
    App, FiringDesk, Keeper, Observer, Recorder, Silent, Web,
    dimmer::{Dimmer, Identity, config::Valid, safety::Language},
    http::{Credential, Failure, PasswordUnreadable, REQUEST_CAPACITY, Site, serve_tokio},
    link::Connect,
    now,
};
use dimmer_plant::PlantSettings;
use dimmer_store::Content;
use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::{net::TcpListener, time::interval};

use crate::{
    configuration::{Brokers, Unit},
    network::Sockets,
    store::StoreFile,
};

/// Most connections at once: one more waits until another is over. Few, as on a board.
const CONNECTIONS: usize = 8;
/// How often a look is taken for the chart.
const LOOK: Duration = Duration::from_secs(5);

/// What the page and messages change: kept in the dimmer's flash, or without one as long as the program runs.
#[derive(Debug)]
pub struct Kept {
    config: RefCell<Valid>,
    credential: RefCell<Option<Credential>>,
    store: Option<Rc<StoreFile>>,
    /// The brokers of this run, which may be those of the command line or the simulator's own.
    brokers: Brokers,
    /// Those of the settings, which are stored in their place.
    own_brokers: Brokers,
    /// Where the page is served to whoever has to set this dimmer up, if it plays one without a network.
    captive: Option<SocketAddr>,
}

impl Kept {
    /// A configuration as it was read, and the password of the page, if one was stored.
    ///
    /// # Errors
    /// A password was stored and cannot be read: without it, whoever comes first would be let in.
    pub fn new(unit: &Unit, serves_page: bool) -> Result<Self> {
        let mut credential = None;
        if let Some(store) = unit.store.as_ref().filter(|_| serves_page) {
            let unreadable = || {
                format!(
                    "the password of the page in {} cannot be read; delete the store to begin anew",
                    store.path().display()
                )
            };
            if store.loaded().found(Content::Password).is_problem() {
                bail!(unreadable());
            }
            if let Some(bytes) = &store.loaded().password {
                credential = Credential::from_stored(bytes).with_context(unreadable)?;
            }
        }
        Ok(Self {
            config: RefCell::new(unit.config.clone()),
            credential: RefCell::new(credential),
            store: unit.store.clone(),
            brokers: unit.config.brokers.to_vec(),
            own_brokers: unit.own_brokers.clone(),
            captive: None,
        })
    }

    /// Plays a dimmer that is an access point of its own, with its page there, until it is told a network.
    #[must_use]
    pub const fn captive_at(mut self, page: Option<SocketAddr>) -> Self {
        self.captive = page;
        self
    }

    /// The configuration with which the dimmer starts again.
    #[must_use]
    pub fn config(&self) -> Valid {
        self.config.borrow().clone()
    }

    /// Starts again with this one, which is stored already, or is not to be.
    pub fn set_config(&self, config: Valid) {
        self.config.replace(config);
    }

    /// Keeps another one, and says whether that outlives the program.
    ///
    /// # Errors
    /// It cannot be stored; what was kept before stands.
    pub fn keep(&self, config: &Valid) -> Result<bool> {
        let Some(store) = &self.store else {
            self.set_config(config.clone());
            return Ok(false);
        };
        let mut stored = config.clone().into_inner();
        if *stored.brokers == *self.brokers {
            stored.brokers = self.own_brokers.iter().cloned().collect();
        }
        store.save(&stored.validate()?)?;
        self.set_config(config.clone());
        Ok(true)
    }
}

/// What a person at the page is told; the rest stands in the log.
fn not_stored(_: anyhow::Error) -> Failure {
    Failure::new(
        500,
        "",
        "cannot be written to the store",
        "a disk with room, on which the simulator may write",
    )
}

impl Keeper for &Kept {
    fn keep_config(&self, config: &Valid) -> Result<(), Failure> {
        self.keep(config).map(|_| ()).map_err(not_stored)
    }

    fn credential(&self) -> Result<Option<Credential>, PasswordUnreadable> {
        Ok(self.credential.borrow().clone())
    }

    fn keep_credential(&self, credential: Credential) -> Result<(), Failure> {
        if let Some(store) = &self.store {
            let bytes = Credential::to_stored(Some(&credential))?;
            store.keep_password(&bytes).map_err(not_stored)?;
        }
        self.credential.replace(Some(credential));
        Ok(())
    }

    fn set_up_at(&self) -> Option<SocketAddr> {
        let has_network = !self.config.borrow().network.wifi.ssid.is_empty();
        self.captive.filter(|_| !has_network)
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
            .with_context(|| format!("the page cannot be served at {address}; another port is chosen by --http ADDRESS:PORT, any free one with the port 0"))?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// Where it is served.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
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

/// What a server takes of a board's memory, bytes. As the compiler lays it out here: pointers of a chip have half the size, its arrays the same.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// For each connection: the future that serves it, with the buffer of its answer. The buffer for its request comes on top.
    pub connection: usize,
    /// Once for all connections.
    pub site: usize,
}

/// Measures what a connection takes: it is made, and not served.
///
/// # Errors
/// No connection on loopback can be made.
pub async fn memory() -> Result<Memory> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    let _client = Sockets.connect("127.0.0.1", port).await?;
    let (socket, peer) = listener.accept().await?;
    let identity = Identity {
        id: "020000000001".parse()?,
        model: "Test",
        version: "0",
        boot: 0,
    };
    let dimmer = Dimmer::new(identity, Valid::defaults(), now())?;
    let desk = FiringDesk::new();
    let app = App::new(dimmer, &desk, Recorder::new(Silent, Language::English));
    let unit = Unit {
        id: app.identity().id,
        config: Valid::defaults(),
        plant: PlantSettings::default(),
        own_brokers: Brokers::new(),
        store: None,
    };
    let kept = Kept::new(&unit, true)?;
    let site = Site::new(Web::new(&app, &kept));
    let mut buffer = vec![0; REQUEST_CAPACITY];
    let serving = serve_tokio(&site, socket, peer.ip(), &mut buffer);
    Ok(Memory {
        connection: size_of_val(&serving),
        site: size_of_val(&site),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_connection_keeps_to_its_share_of_a_boards_memory() {
        let memory = memory().await.unwrap();
        println!("server: {memory:?}, and {REQUEST_CAPACITY} bytes for each request");
        assert!(memory.connection <= 24 * 1024, "{memory:?}");
    }
}
