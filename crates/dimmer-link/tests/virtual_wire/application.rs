//! An application that sends numbers and notes what becomes of them.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, VecDeque},
    future::poll_fn,
    task::{Poll, Waker},
};

use dimmer_link::{
    Answer, Application, Broker, Cause, Notice, Outgoing, QualityOfService, Session, Status,
    Subscription, Text, TooLarge, Will,
};
use embassy_time::Instant;

use crate::broker::PORT;

fn text<const CAPACITY: usize>(text: &str) -> Text<CAPACITY> {
    Text::try_from(text).unwrap()
}

/// When the application wants the session to end.
pub type Ends = Box<dyn Fn(&Sender) -> bool>;

pub struct Sender {
    /// The hosts of the brokers, in order.
    pub brokers: RefCell<Vec<usize>>,
    pub echo: Cell<&'static str>,
    pub topic: Cell<&'static str>,
    pub resume_within_s: Cell<u32>,
    pub return_after_s: Cell<u32>,
    pub keep_alive_s: Cell<u16>,
    pub listens: Cell<bool>,
    pub quality_of_service: fn(u32) -> QualityOfService,
    pub queue: RefCell<VecDeque<u32>>,
    pub farewells: RefCell<VecDeque<u32>>,
    pub answers: RefCell<BTreeMap<u32, Vec<Answer>>>,
    pub given_back: Cell<u32>,
    pub received: RefCell<Vec<Vec<u8>>>,
    pub notices: RefCell<Vec<Notice>>,
    /// With the time, microseconds.
    pub statuses: RefCell<Vec<(u64, Status)>>,
    changed: Cell<bool>,
    ends: Ends,
    wakers: RefCell<Vec<Waker>>,
}

/// Farewells are known by numbers from here on.
pub const FAREWELLS: u32 = 1_000_000;

impl Sender {
    /// Sends the numbers up to `count`, by QoS 1, to the broker on host 1.
    pub fn new(count: u32, ends: Ends) -> Self {
        Self {
            brokers: RefCell::new(vec![1]),
            echo: Cell::new(""),
            topic: Cell::new("test/out"),
            resume_within_s: Cell::new(300),
            return_after_s: Cell::new(0),
            keep_alive_s: Cell::new(30),
            listens: Cell::new(true),
            quality_of_service: |_| QualityOfService::AtLeastOnce,
            queue: RefCell::new((0..count).collect()),
            farewells: RefCell::default(),
            answers: RefCell::default(),
            given_back: Cell::new(0),
            received: RefCell::default(),
            notices: RefCell::default(),
            statuses: RefCell::default(),
            changed: Cell::new(false),
            ends,
            wakers: RefCell::default(),
        }
    }

    /// Until so many messages are answered.
    pub fn until_answered(count: u32) -> Self {
        let count = usize::try_from(count).unwrap();
        Self::new(
            u32::try_from(count).unwrap(),
            Box::new(move |sender| sender.answers.borrow().len() == count),
        )
    }

    /// Something outside changed: everything that waits looks again.
    pub fn nudge(&self) {
        self.wakers.borrow_mut().drain(..).for_each(Waker::wake);
    }

    /// The settings changed.
    pub fn change(&self) {
        self.changed.set(true);
        self.nudge();
    }

    /// Every message was answered by an acknowledgement, and none twice.
    pub fn assert_answered_once(&self, seed: u64) {
        for (number, answers) in &*self.answers.borrow() {
            assert_eq!(
                answers[..],
                [Answer::Taken],
                "message {number}, seed {seed}"
            );
        }
    }

    pub fn causes(&self) -> Vec<Cause> {
        let statuses = self.statuses.borrow();
        let causes = statuses.iter().filter_map(|(_, status)| match status {
            Status::Waiting { cause, .. } => Some(*cause),
            _ => None,
        });
        causes.collect()
    }

    /// The broker in use and when it became that, again and again.
    pub fn online(&self) -> Vec<(u64, u8)> {
        let statuses = self.statuses.borrow();
        let mut online: Vec<(u64, u8)> = Vec::new();
        let mut was = None;
        for (at, status) in &*statuses {
            match status {
                Status::Online { broker, .. } if was != Some(*broker) => {
                    online.push((*at, *broker));
                    was = Some(*broker);
                }
                Status::Online { .. } => {}
                _ => was = None,
            }
        }
        online
    }

    async fn until(&self, ready: impl Fn() -> bool) {
        poll_fn(|context| {
            if ready() {
                return Poll::Ready(());
            }
            self.wakers.borrow_mut().push(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    fn outgoing(&self, key: u32) -> Outgoing<u32> {
        Outgoing {
            key,
            topic: if key < FAREWELLS {
                text(self.topic.get())
            } else {
                text(&format!("old/{key}"))
            },
            quality_of_service: (self.quality_of_service)(key),
            retain: key >= FAREWELLS,
        }
    }
}

impl Application for Sender {
    type Key = u32;

    fn broker(&self, index: usize) -> Option<Broker> {
        let host = *self.brokers.borrow().get(index)?;
        Some(Broker {
            host: text(&format!("10.0.0.{}", host + 1)),
            port: PORT,
            username: text(""),
            password: text(""),
            client_id: text(""),
            keep_alive_s: self.keep_alive_s.get(),
        })
    }

    fn session(&self) -> Session {
        Session {
            client_id: text("sender"),
            will: Will {
                topic: text(&format!("{}/availability", self.topic.get())),
                payload: "offline",
            },
            echo: text(self.echo.get()),
            resume_within_s: self.resume_within_s.get(),
            return_after_s: self.return_after_s.get(),
        }
    }

    fn subscription(&self, index: usize) -> Option<Subscription> {
        (index == 0 && self.listens.get()).then(|| Subscription {
            topic: text("test/set"),
            quality_of_service: QualityOfService::ExactlyOnce,
            retained: false,
        })
    }

    fn status(&self, status: Status) {
        let now = Instant::now().as_micros();
        self.statuses.borrow_mut().push((now, status));
    }

    fn notice(&self, notice: Notice) {
        self.notices.borrow_mut().push(notice);
    }

    fn received(&self, _topic: &str, payload: &[u8], _retained: bool) {
        self.received.borrow_mut().push(payload.into());
    }

    fn take(&self) -> Option<Outgoing<u32>> {
        let key = self.queue.borrow_mut().pop_front()?;
        Some(self.outgoing(key))
    }

    fn give_back(&self, key: u32) {
        self.given_back.set(self.given_back.get() + 1);
        if key < FAREWELLS {
            self.queue.borrow_mut().push_front(key);
        } else {
            self.farewells.borrow_mut().push_front(key);
        }
    }

    fn answered(&self, key: u32, answer: Answer) {
        self.answers
            .borrow_mut()
            .entry(key)
            .or_default()
            .push(answer);
    }

    fn take_farewell(&self) -> Option<Outgoing<u32>> {
        let key = self.farewells.borrow_mut().pop_front()?;
        Some(self.outgoing(key))
    }

    fn render(&self, key: &u32, buffer: &mut [u8]) -> Result<usize, TooLarge> {
        if *key >= FAREWELLS {
            return Ok(0);
        }
        let text = key.to_string();
        buffer
            .get_mut(..text.len())
            .ok_or(TooLarge)?
            .copy_from_slice(text.as_bytes());
        Ok(text.len())
    }

    async fn something_to_send(&self) {
        self.until(|| !self.queue.borrow().is_empty()).await;
    }

    async fn settings_changed(&self) {
        self.until(|| self.changed.replace(false)).await;
    }

    async fn closing(&self) {
        self.until(|| (self.ends)(self)).await;
    }
}
