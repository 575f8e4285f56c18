//! A dimmer's side of the session, as far as it matters: topics are known or not, payloads are read, messages go out.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use dimmer_link::{
    Application, Broker, Notice, Outgoing, QualityOfService, RECEIVE_CAPACITY, Session, Status,
    Subscription, Text, TooLarge, Will,
};
use dimmer_topics::{DeviceId, Incoming, Settings, Topics, parse_alarm_reset, parse_setpoint};

use super::broker::{Event, Script};

pub(crate) struct Scripted<'s, 'i> {
    script: &'s RefCell<Script<'i>>,
    topics: Topics,
    waiting: RefCell<VecDeque<Event>>,
    client: Cell<u8>,
    asked_for: Cell<u8>,
    closing: Cell<bool>,
    status: Cell<Option<Status>>,
}

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

    /// Takes in what the script had for the application.
    fn look(&self) {
        for event in self.script.borrow_mut().events.drain(..) {
            match event {
                Event::Settings => self.client.set(self.client.get().wrapping_add(1)),
                Event::End => self.closing.set(true),
                message => self.waiting.borrow_mut().push_back(message),
            }
        }
    }
}

impl Application for Scripted<'_, '_> {
    type Key = Event;

    fn session(&self) -> Session {
        self.asked_for.set(self.client.get());
        Session {
            broker: Broker {
                host: text("broker"),
                port: 1883,
                username: text("user"),
                password: text("secret"),
                keep_alive_s: 10,
            },
            client_id: text(&format!("dimmer-{}", self.client.get())),
            will: Will {
                topic: text("d/a1b2c3d4e5f6/availability"),
                payload: "offline",
            },
        }
    }

    fn subscription(&self, index: usize) -> Option<Subscription> {
        let subscription = self.topics.subscriptions().nth(index)?;
        Some(Subscription {
            topic: text(&subscription.topic),
            quality_of_service: QualityOfService::ExactlyOnce,
        })
    }

    fn status(&self, status: Status) {
        self.script.borrow_mut().step();
        self.status.set(Some(status));
        assert!(!format!("{status:?}").is_empty());
        if let Status::Waiting { cause, retry_in_ms } = status {
            assert!(!cause.to_string().is_empty());
            assert!((750..=30_000).contains(&retry_in_ms), "{retry_in_ms} ms");
        }
    }

    fn notice(&self, notice: Notice) {
        self.script.borrow_mut().step();
        assert!(!notice.to_string().is_empty());
    }

    fn received(&self, topic: &str, payload: &[u8], retained: bool) {
        self.script.borrow_mut().step();
        assert!(topic.len() + payload.len() <= RECEIVE_CAPACITY);
        match self.topics.incoming(topic) {
            Some(Incoming::PowerSet | Incoming::Followed) => {
                let _ = parse_setpoint(payload);
            }
            Some(Incoming::AlarmReset) => {
                let _ = parse_alarm_reset(payload, retained);
            }
            _ => {}
        }
    }

    fn take(&self) -> Option<Outgoing<Event>> {
        self.look();
        let key = self.waiting.borrow_mut().pop_front()?;
        Some(Outgoing {
            key,
            topic: text("d/a1b2c3d4e5f6/state"),
            quality_of_service: match key {
                Event::Message(1) => QualityOfService::AtLeastOnce,
                Event::Message(2) => QualityOfService::ExactlyOnce,
                _ => QualityOfService::AtMostOnce,
            },
            retain: true,
        })
    }

    fn give_back(&self, key: Event) {
        self.waiting.borrow_mut().push_front(key);
    }

    fn render(&self, key: &Event, buffer: &mut [u8]) -> Result<usize, TooLarge> {
        const STATE: &[u8] = b"{\"applied\":42.5}";
        if *key == Event::TooLarge {
            return Err(TooLarge);
        }
        let place = buffer.get_mut(..STATE.len()).ok_or(TooLarge)?;
        place.copy_from_slice(STATE);
        Ok(STATE.len())
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
