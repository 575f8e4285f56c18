//! A dimmer's side of the session, as far as it matters: topics are known or not, payloads are read, messages go out.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};

use dimmer_link::{
    Answer, Application, Broker, Notice, Outgoing, QualityOfService, RECEIVE_CAPACITY, Session,
    Status, Subscription, Text, TooLarge, Will,
};
use dimmer_topics::{DeviceId, Settings, Topics};

use super::broker::{Event, Script};

/// A message that was handed out.
#[derive(Clone, Copy)]
pub(crate) struct Key {
    /// Each has another.
    number: u32,
    what: What,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum What {
    Scripted(Event),
    Farewell,
}

pub(crate) struct Scripted<'s, 'i> {
    script: &'s RefCell<Script<'i>>,
    topics: Topics,
    waiting: RefCell<VecDeque<Event>>,
    /// How many things were left behind by settings that changed.
    farewells: Cell<u32>,
    numbers: Cell<u32>,
    /// What was handed out and neither answered nor given back.
    handed_out: RefCell<BTreeMap<u32, QualityOfService>>,
    client: Cell<u8>,
    asked_for: Cell<u8>,
    closing: Cell<bool>,
    status: Cell<Option<Status>>,
}

const ECHO: &str = "d/a1b2c3d4e5f6/echo";

fn text<const CAPACITY: usize>(text: &str) -> Text<CAPACITY> {
    Text::try_from(text).expect("short enough")
}

impl<'s, 'i> Scripted<'s, 'i> {
    pub(crate) fn new(script: &'s RefCell<Script<'i>>) -> Self {
        let id = DeviceId::new([0xa1, 0xb2, 0xc3, 0xd4, 0xe5, 0xf6]);
        let settings = Settings {
            prefix: text("d"),
            ..Settings::default()
        };
        Self {
            script,
            topics: Topics::new(&settings, id).expect("they are good ones"),
            waiting: RefCell::default(),
            farewells: Cell::new(0),
            numbers: Cell::new(0),
            handed_out: RefCell::default(),
            client: Cell::new(0),
            asked_for: Cell::new(0),
            closing: Cell::new(false),
            status: Cell::new(None),
        }
    }

    pub(crate) fn status(&self) -> Option<Status> {
        self.status.get()
    }

    pub(crate) fn close(&self) {
        self.closing.set(true);
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.closing.get()
    }

    /// Each message of quality of service 1 or 2 was answered or given back.
    pub(crate) fn check_what_became_of_all(&self) {
        let mut handed_out = self.handed_out.borrow_mut();
        handed_out.retain(|_, sure| *sure != QualityOfService::AtMostOnce);
        assert!(handed_out.is_empty(), "nobody knows of {handed_out:?}");
    }

    fn hand_out(&self, what: What, quality_of_service: QualityOfService) -> Outgoing<Key> {
        let number = self.numbers.get();
        self.numbers.set(number + 1);
        let mut handed_out = self.handed_out.borrow_mut();
        handed_out.insert(number, quality_of_service);
        Outgoing {
            key: Key { number, what },
            topic: text("d/a1b2c3d4e5f6/state"),
            quality_of_service,
            retain: true,
        }
    }

    fn take_back(&self, key: Key) -> QualityOfService {
        let sure = self.handed_out.borrow_mut().remove(&key.number);
        sure.expect("it was answered or given back before")
    }

    /// Takes in what the script had for the application.
    fn look(&self) {
        for event in self.script.borrow_mut().events.drain(..) {
            match event {
                Event::Settings => {
                    self.client.set(self.client.get().wrapping_add(1));
                    self.farewells.set(self.farewells.get() + 1);
                }
                Event::End => self.closing.set(true),
                message => self.waiting.borrow_mut().push_back(message),
            }
        }
    }
}

impl Application for Scripted<'_, '_> {
    type Key = Key;

    fn broker(&self, index: usize) -> Option<Broker> {
        let count = if self.client.get().is_multiple_of(2) {
            2
        } else {
            1
        };
        (index < count).then(|| Broker {
            host: text("broker"),
            port: 1883,
            username: text("user"),
            password: text("secret"),
            client_id: text(["", "another"][index]),
            keep_alive_s: 10,
        })
    }

    fn session(&self) -> Session {
        self.asked_for.set(self.client.get());
        Session {
            client_id: text(&format!("dimmer-{}", self.client.get())),
            will: Will {
                topic: text("d/a1b2c3d4e5f6/availability"),
                payload: "offline",
            },
            echo: text(ECHO),
            resume_within_s: 60,
            return_after_s: 60,
        }
    }

    fn subscription(&self, index: usize) -> Option<Subscription> {
        let subscription = self.topics.subscriptions().nth(index)?;
        Some(Subscription {
            topic: text(&subscription.topic),
            quality_of_service: QualityOfService::ExactlyOnce,
            retained: subscription.retained,
        })
    }

    fn status(&self, status: Status) {
        self.script.borrow_mut().step();
        self.status.set(Some(status));
        assert!(!format!("{status:?}").is_empty());
        if let Status::Waiting {
            cause, retry_in_ms, ..
        } = status
        {
            assert!(!cause.to_string().is_empty());
            // At once with the next broker.
            let is_a_pause = (750..=30_000).contains(&retry_in_ms);
            assert!(is_a_pause || retry_in_ms == 0, "{retry_in_ms} ms");
        }
    }

    fn notice(&self, notice: Notice) {
        self.script.borrow_mut().step();
        assert!(!notice.to_string().is_empty());
    }

    fn received(&self, topic: &str, payload: &[u8], retained: bool) {
        self.script.borrow_mut().step();
        assert!(topic.len() + payload.len() <= RECEIVE_CAPACITY);
        // What is made of it is none of the session's business, and breaks nothing.
        let _ = self.topics.command(topic, payload, retained);
    }

    fn take(&self) -> Option<Outgoing<Key>> {
        self.look();
        let event = self.waiting.borrow_mut().pop_front()?;
        let quality_of_service = match event {
            Event::Message(1) => QualityOfService::AtLeastOnce,
            Event::Message(2) => QualityOfService::ExactlyOnce,
            _ => QualityOfService::AtMostOnce,
        };
        Some(self.hand_out(What::Scripted(event), quality_of_service))
    }

    fn take_farewell(&self) -> Option<Outgoing<Key>> {
        let left = self.farewells.get().checked_sub(1)?;
        self.farewells.set(left);
        Some(self.hand_out(What::Farewell, QualityOfService::AtLeastOnce))
    }

    fn give_back(&self, key: Key) {
        self.take_back(key);
        match key.what {
            What::Scripted(event) => self.waiting.borrow_mut().push_front(event),
            What::Farewell => self.farewells.set(self.farewells.get() + 1),
        }
    }

    fn answered(&self, key: Key, answer: Answer) {
        let sure = self.take_back(key);
        assert_ne!(sure, QualityOfService::AtMostOnce, "{answer:?}");
    }

    fn render(&self, key: &Key, buffer: &mut [u8]) -> Result<usize, TooLarge> {
        const STATE: &[u8] = b"{\"applied\":42.5}";
        let payload = match key.what {
            What::Scripted(Event::TooLarge) => return Err(TooLarge),
            What::Scripted(_) => STATE,
            What::Farewell => b"",
        };
        let place = buffer.get_mut(..payload.len()).ok_or(TooLarge)?;
        place.copy_from_slice(payload);
        Ok(payload.len())
    }

    async fn something_to_send(&self) {
        std::future::poll_fn(|_| {
            self.look();
            ready_if(!self.waiting.borrow().is_empty())
        })
        .await;
    }

    async fn settings_changed(&self) {
        std::future::poll_fn(|_| {
            self.look();
            ready_if(self.client.get() != self.asked_for.get())
        })
        .await;
    }

    async fn closing(&self) {
        std::future::poll_fn(|_| {
            self.look();
            ready_if(self.closing.get())
        })
        .await;
    }
}

fn ready_if(ready: bool) -> std::task::Poll<()> {
    if ready {
        std::task::Poll::Ready(())
    } else {
        std::task::Poll::Pending
    }
}
