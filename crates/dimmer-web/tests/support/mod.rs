//! A site with a dimmer that nobody simulates: what it is told is kept, and its clock is turned by hand.
#![allow(dead_code, unreachable_pub, reason = "each test uses a part of it")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a failed step of a test is a failed test"
)]

pub mod pipe;

use std::{
    cell::{Cell, RefCell},
    fmt,
    io::Read as _,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use dimmer_web::{
    Answer, Api, Body, BrokerState, BrokerStatus, Credential, Failure, LogEntry, LogLevel, LogRing,
    Origins, PasswordUnreadable, ProbesSeen, RESPONSE_CAPACITY, Request, Site, Snapshot,
    Stretching,
    dimmer::{
        Dimmer, Event, Identity, Instant,
        config::{Broker, Config, Valid},
        topics::{Command, Refusal},
    },
};
// The clock of embassy-time.
use dimmer_clock as _;
use embassy_futures::block_on;

pub const STRANGER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 168, 1, 66));
pub const ROUTER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 168, 1, 10));
/// The password of the broker.
pub const SECRET: &str = "broker-secret-77";
/// The password of the page, in a bench that has one.
pub const PASSWORD: &str = "correct horse";

pub struct Desk {
    dimmer: RefCell<Dimmer>,
    credential: RefCell<Result<Option<Credential>, PasswordUnreadable>>,
    log: RefCell<LogRing>,
    now_s: Cell<u32>,
    random: Cell<u8>,
    commands: RefCell<Vec<String>>,
    set_up_at: Cell<Option<SocketAddr>>,
    /// What hangs on its wire.
    pub probes: RefCell<ProbesSeen>,
}

impl Desk {
    /// The board can search for probes.
    pub fn offer_probe_search(&self) {
        self.dimmer.borrow_mut().offer_probe_search();
    }

    /// The dimmer hears of something.
    pub fn hear(&self, event: Event<'_>) {
        let _effects = self.dimmer.borrow_mut().handle(self.now(), event);
    }

    fn now(&self) -> Instant {
        Instant::from_ticks(u64::from(self.now_s.get()) * 1_000_000)
    }
}

impl Api for Desk {
    fn snapshot(&self) -> Snapshot {
        let dimmer = self.dimmer.borrow();
        let first = dimmer.config().brokers.first();
        let host = first.map(|broker| broker.host.clone());
        Snapshot {
            identity: dimmer.identity(),
            name: dimmer.config().name.clone(),
            overview: dimmer.overview(self.now()),
            state: dimmer.state(self.now()),
            last_words: dimmer.health().last_words.clone(),
            broker: BrokerState {
                status: BrokerStatus::Waiting,
                host: host.unwrap_or_default(),
                port: 1883,
                problem: "nothing listens on the broker's port".try_into().unwrap(),
            },
        }
    }

    fn uptime_s(&self) -> u32 {
        self.now_s.get()
    }

    fn command(&self, command: Command) -> Result<(), Refusal> {
        self.commands.borrow_mut().push(format!("{command:?}"));
        let (_, outcome) = self.dimmer.borrow_mut().instruct(self.now(), command);
        outcome
    }

    fn probes(&self) -> ProbesSeen {
        self.probes.borrow().clone()
    }

    fn config(&self) -> Valid {
        self.dimmer.borrow().config().clone()
    }

    fn would_take(&self, config: &Valid) -> Result<(), Failure> {
        Ok(self.dimmer.borrow().would_take(config)?)
    }

    fn configure(&self, config: Valid) -> Result<(), Failure> {
        let _effects = self.dimmer.borrow_mut().configure(self.now(), config)?;
        Ok(())
    }

    fn set_up_at(&self) -> Option<SocketAddr> {
        self.set_up_at.get()
    }

    fn credential(&self) -> Result<Option<Credential>, PasswordUnreadable> {
        self.credential.borrow().clone()
    }

    fn keep_credential(&self, credential: Credential) -> Result<(), Failure> {
        *self.credential.borrow_mut() = Ok(Some(credential));
        Ok(())
    }

    fn random(&self, bytes: &mut [u8]) {
        let next = self.random.get().wrapping_add(1);
        self.random.set(next);
        bytes.fill(next);
    }

    fn log(&self, show: &mut dyn FnMut(&LogEntry)) {
        self.log.borrow().entries().for_each(show);
    }

    fn note(&self, level: LogLevel, what: fmt::Arguments<'_>) {
        self.log.borrow_mut().push(self.now_s.get(), level, what);
    }
}

pub struct Bench {
    site: Site<Desk>,
}

/// What is changed by a write: settings, password and commands.
pub type Kept = (
    Valid,
    Result<Option<Credential>, PasswordUnreadable>,
    Vec<String>,
);

impl Bench {
    pub fn new() -> Self {
        let identity = Identity {
            id: "a1b2c3d4e5f6".parse().unwrap(),
            model: "Bench",
            version: "0.0.0",
            boot: 0,
        };
        let mut config = Config::default();
        let broker = Broker {
            host: "broker.local".try_into().unwrap(),
            username: "dimmer".try_into().unwrap(),
            password: SECRET.try_into().unwrap(),
            ..Broker::default()
        };
        config.brokers.push(broker).unwrap();
        let start = Instant::from_ticks(0);
        let dimmer = Dimmer::new(identity, config.validate().unwrap(), start).unwrap();
        Self {
            site: Site::new(Desk {
                dimmer: RefCell::new(dimmer),
                credential: RefCell::new(Ok(None)),
                log: RefCell::default(),
                now_s: Cell::new(100),
                random: Cell::new(0),
                commands: RefCell::default(),
                set_up_at: Cell::new(None),
                probes: RefCell::default(),
            }),
        }
    }

    pub fn site(&self) -> &Site<Desk> {
        &self.site
    }

    /// The way in for routers: nothing is said of it, it is shut, or it is open.
    pub fn open_router(&self, router: Option<bool>) {
        if let Some(enabled) = router {
            let mut config = self.site.api().config().into_inner();
            config.security.compatibility.enabled = enabled;
            config.security.compatibility.address = ROUTER.into();
            let config = config.validate().unwrap();
            self.site.api().configure(config).unwrap();
        }
    }

    /// It is an access point of its own at this address, or has a network.
    pub fn set_up_at(&self, address: Option<SocketAddr>) {
        self.site.api().set_up_at.set(address);
    }

    /// A password is set, weakly stretched so that a hundred thousand benches can have one; gives the token of who is signed in.
    pub fn with_password(&self) -> String {
        let credential = loop_until(Stretching::new(PASSWORD, [9; 16], 1));
        self.site.api().keep_credential(credential).unwrap();
        let (status, answer) = self.post(
            "/api/v1/session",
            &format!(r#"{{"password":"{PASSWORD}"}}"#),
            None,
        );
        assert_eq!(status, 200, "{answer}");
        token_of(&answer)
    }

    /// What was kept of its password cannot be read.
    pub fn spoil_password(&self) {
        let desk = self.site.api();
        *desk.credential.borrow_mut() = Err(PasswordUnreadable);
    }

    pub fn sign_out(&self, token: &str) {
        let authorization = format!("Bearer {token}");
        let request = Request {
            authorization: Some(&authorization),
            origins: program(),
            ..Request::new("DELETE", "/api/v1/session", STRANGER)
        };
        self.answer(&request);
    }

    pub fn wait_s(&self, seconds: u32) {
        let now_s = &self.site.api().now_s;
        now_s.set(now_s.get() + seconds);
    }

    pub fn kept(&self) -> Kept {
        let desk = self.site.api();
        (
            desk.config(),
            desk.credential(),
            desk.commands.borrow().clone(),
        )
    }

    pub fn post(&self, path: &str, body: &str, token: Option<&str>) -> (u16, String) {
        self.send("POST", path, body, token)
    }

    pub fn get(&self, path: &str, token: Option<&str>) -> (u16, String) {
        self.send("GET", path, "", token)
    }

    pub fn send(&self, method: &str, path: &str, body: &str, token: Option<&str>) -> (u16, String) {
        let authorization = token.map(|token| format!("Bearer {token}"));
        let (path, query) = path
            .split_once('?')
            .map_or((path, None), |(path, query)| (path, Some(query)));
        let request = Request {
            query,
            origins: program(),
            authorization: authorization.as_deref(),
            content_type: Some("application/json"),
            body: body.as_bytes(),
            ..Request::new(method, path, STRANGER)
        };
        let (answer, mut text) = self.whole_answer(&request);
        if let Body::Asset(asset) = answer.body {
            let mut unzipped = flate2::read::GzDecoder::new(asset.gzip);
            unzipped.read_to_string(&mut text).unwrap();
        }
        (answer.status, text)
    }

    pub fn answer(&self, request: &Request<'_>) -> (u16, String) {
        let (answer, text) = self.whole_answer(request);
        (answer.status, text)
    }

    pub fn whole_answer(&self, request: &Request<'_>) -> (Answer, String) {
        let mut out = [0; RESPONSE_CAPACITY];
        let answer = block_on(self.site.answer(request, &mut out));
        let text = match answer.body {
            Body::Written { length, .. } => String::from_utf8(out[..length].to_vec()).unwrap(),
            _ => String::new(),
        };
        (answer, text)
    }
}

pub fn program() -> Origins<'static> {
    Origins {
        host: Some("192.168.1.20"),
        has_own_header: true,
        ..Origins::default()
    }
}

pub fn token_of(answer: &str) -> String {
    let answer: serde_json::Value = serde_json::from_str(answer).unwrap();
    answer["token"].as_str().unwrap().to_owned()
}

pub fn loop_until(mut stretching: Stretching) -> Credential {
    loop {
        if let Some(credential) = stretching.step() {
            return credential;
        }
    }
}
