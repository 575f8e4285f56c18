//! An application that notes what it is told, and brokers that answer byte by byte as a test says.
#![allow(dead_code, unreachable_pub, reason = "each test uses a part of it")]
#![allow(
    clippy::unwrap_used,
    reason = "a failed step of a test is a failed test"
)]

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
};

use dimmer_clock as _;
use dimmer_link::{
    Answer, Application, Broker, Buffers, Cause, Connect, ConnectError, Notice, Outgoing,
    QualityOfService, Session, Status, Subscription, Text, TooLarge, Will, run,
};
use embedded_io_adapters::tokio_1::FromTokio;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
};

pub const SUBSCRIPTIONS: [(&str, QualityOfService); 2] = [
    ("test/set", QualityOfService::ExactlyOnce),
    ("test/other", QualityOfService::AtMostOnce),
];

/// What the broker has retained on it is wanted.
pub const RETAINED: &str = "test/retained";

pub const CONNACK_5: [u8; 5] = [0x20, 0x03, 0x00, 0x00, 0x00];

pub struct Sockets;

impl Connect for Sockets {
    type Stream<'a> = FromTokio<TcpStream>;

    async fn connect(&self, host: &str, port: u16) -> Result<Self::Stream<'_>, ConnectError> {
        TcpStream::connect((host, port))
            .await
            .map(FromTokio::new)
            .map_err(|_| ConnectError::Refused)
    }
}

pub fn text<const CAPACITY: usize>(text: &str) -> Text<CAPACITY> {
    Text::try_from(text).unwrap()
}

/// An application that notes what it is told, sends what is queued, and closes when it has seen a
/// status that `ends_at` accepts.
pub struct Recorder {
    pub ports: Vec<u16>,
    pub queue: RefCell<VecDeque<&'static str>>,
    pub statuses: RefCell<Vec<Status>>,
    pub notices: RefCell<Vec<Notice>>,
    pub answers: RefCell<Vec<(&'static str, Answer)>>,
    pub messages: RefCell<Vec<(String, Vec<u8>, bool)>>,
    pub ends_at: fn(&Recorder) -> bool,
    pub change: Notify,
    pub reconnect: Notify,
    pub client_id: Cell<&'static str>,
    pub keep_alive_s: Cell<u16>,
    pub echo: Cell<&'static str>,
    pub resume_within_s: Cell<u32>,
    /// Topics of before, on which nothing is to stay.
    pub farewells: RefCell<VecDeque<&'static str>>,
    pub subscriptions: Cell<&'static [(&'static str, QualityOfService)]>,
    /// Always has something to send, at QoS 0.
    pub chatty: Cell<bool>,
    pub topic: Cell<&'static str>,
    pub availability: Cell<&'static str>,
}

impl Recorder {
    pub fn new(port: u16, ends_at: fn(&Recorder) -> bool) -> Self {
        Self {
            ports: vec![port],
            queue: RefCell::default(),
            statuses: RefCell::default(),
            notices: RefCell::default(),
            answers: RefCell::default(),
            messages: RefCell::default(),
            ends_at,
            change: Notify::new(),
            reconnect: Notify::new(),
            client_id: Cell::new("recorder"),
            keep_alive_s: Cell::new(30),
            echo: Cell::new(""),
            resume_within_s: Cell::new(0),
            farewells: RefCell::default(),
            subscriptions: Cell::new(&SUBSCRIPTIONS),
            chatty: Cell::new(false),
            topic: Cell::new("test/out"),
            availability: Cell::new("test/availability"),
        }
    }

    pub fn times_online(&self) -> usize {
        let statuses = self.statuses.borrow();
        statuses
            .iter()
            .filter(|status| matches!(status, Status::Online { .. }))
            .count()
    }

    pub fn cause(&self) -> Option<Cause> {
        self.statuses
            .borrow()
            .iter()
            .find_map(|status| match status {
                Status::Waiting { cause, .. } => Some(*cause),
                _ => None,
            })
    }
}

impl Application for Recorder {
    type Key = &'static str;

    fn broker(&self, index: usize) -> Option<Broker> {
        Some(Broker {
            host: text("127.0.0.1"),
            port: *self.ports.get(index)?,
            username: text("user"),
            password: text("secret"),
            client_id: text(""),
            keep_alive_s: self.keep_alive_s.get(),
        })
    }

    fn session(&self) -> Session {
        Session {
            client_id: text(self.client_id.get()),
            will: Will {
                topic: text(self.availability.get()),
                payload: "offline",
            },
            echo: text(self.echo.get()),
            resume_within_s: self.resume_within_s.get(),
            return_after_s: 0,
        }
    }

    fn subscription(&self, index: usize) -> Option<Subscription> {
        let all = self.subscriptions.get();
        all.get(index)
            .map(|(topic, quality_of_service)| Subscription {
                topic: text(topic),
                quality_of_service: *quality_of_service,
                retained: *topic == RETAINED,
            })
    }

    fn status(&self, status: Status) {
        self.statuses.borrow_mut().push(status);
        self.change.notify_one();
    }

    fn notice(&self, notice: Notice) {
        self.notices.borrow_mut().push(notice);
        self.change.notify_one();
    }

    fn received(&self, topic: &str, payload: &[u8], retained: bool) {
        self.messages
            .borrow_mut()
            .push((topic.into(), payload.into(), retained));
        self.change.notify_one();
    }

    fn take(&self) -> Option<Outgoing<Self::Key>> {
        self.queue.borrow_mut().pop_front().map(|key| Outgoing {
            key,
            topic: text(self.topic.get()),
            quality_of_service: if self.chatty.get() {
                QualityOfService::AtMostOnce
            } else {
                QualityOfService::AtLeastOnce
            },
            retain: true,
        })
    }

    fn answered(&self, key: Self::Key, answer: Answer) {
        self.answers.borrow_mut().push((key, answer));
    }

    fn take_farewell(&self) -> Option<Outgoing<Self::Key>> {
        let topic = self.farewells.borrow_mut().pop_front()?;
        Some(Outgoing {
            key: "",
            topic: text(topic),
            quality_of_service: QualityOfService::AtLeastOnce,
            retain: true,
        })
    }

    fn give_back(&self, key: Self::Key) {
        self.queue.borrow_mut().push_front(key);
    }

    fn render(&self, key: &Self::Key, buffer: &mut [u8]) -> Result<usize, TooLarge> {
        if *key == "too large" {
            return Err(TooLarge);
        }
        buffer
            .get_mut(..key.len())
            .ok_or(TooLarge)?
            .copy_from_slice(key.as_bytes());
        Ok(key.len())
    }

    async fn something_to_send(&self) {
        if self.chatty.get() {
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
            self.queue.borrow_mut().push_back("state");
        }
        while self.queue.borrow().is_empty() {
            std::future::pending::<()>().await;
        }
    }

    async fn settings_changed(&self) {
        self.reconnect.notified().await;
    }

    async fn closing(&self) {
        while !(self.ends_at)(self) {
            self.change.notified().await;
        }
    }
}

/// Runs a session until the recorder closes it; one that never ends is a failure and not a hang.
pub async fn session(recorder: &Recorder) {
    let mut buffers = Buffers::new();
    let whole = run(&Sockets, recorder, &mut buffers, 1);
    tokio::time::timeout(std::time::Duration::from_secs(30), whole)
        .await
        .unwrap();
}

/// One MQTT control packet as it stood on the line.
pub async fn packet(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let first = stream.read_u8().await.ok()?;
    let mut length = 0usize;
    let mut shift = 0;
    loop {
        let byte = stream.read_u8().await.ok()?;
        length |= usize::from(byte & 0x7F) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            break;
        }
    }
    let mut whole = vec![0; length];
    stream.read_exact(&mut whole).await.ok()?;
    whole.insert(0, first);
    Some(whole)
}

pub fn contains(packet: &[u8], text: &str) -> bool {
    packet
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}

/// Answers a SUBSCRIBE whose packet identifier follows its first byte.
pub async fn acknowledge_subscription(stream: &mut TcpStream, subscribe: &[u8], reason: u8) {
    let (high, low) = (subscribe.get(1).unwrap(), subscribe.get(2).unwrap());
    stream
        .write_all(&[0x90, 4, *high, *low, 0, reason])
        .await
        .unwrap();
}

pub async fn greet(listener: &TcpListener) -> TcpStream {
    greet_as(listener, "recorder").await
}

pub async fn greet_as(listener: &TcpListener, client_id: &str) -> TcpStream {
    let (mut stream, _) = listener.accept().await.unwrap();
    let connect = packet(&mut stream).await.unwrap();
    assert_eq!(connect.first(), Some(&0x10));
    assert!(contains(&connect, client_id), "{client_id} is missing");
    stream.write_all(&CONNACK_5).await.unwrap();
    for _ in 0..2 {
        let subscribe = packet(&mut stream).await.unwrap();
        assert_eq!(subscribe.first(), Some(&0x82));
        acknowledge_subscription(&mut stream, &subscribe, 0).await;
    }
    stream
}

pub async fn listen() -> (TcpListener, u16) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}
