//! What the session with the broker asks of the dimmer, and tells it.

use dimmer::{
    Dimmer, Event, LinkFault, Sending, config,
    topics::{Message, OFFLINE, Qos},
};
use dimmer_link::{
    Answer, Application, Broker, Impairment, Notice, Outgoing, QualityOfService, Session, Status,
    Subscription, Text, TooLarge, Topic, Will,
};

use crate::{App, Observer, now};

impl<O: Observer> Application for App<'_, O> {
    type Key = Sending;

    fn broker(&self, index: usize) -> Option<Broker> {
        self.with(|dimmer| dimmer.config().brokers.get(index).map(linked))
    }

    fn session(&self) -> Session {
        self.with(|dimmer| {
            let availability = dimmer.topics().of(Message::Availability);
            let session = &dimmer.config().session;
            Session {
                client_id: client_id(dimmer.identity().id),
                echo: echo(&availability),
                will: Will {
                    topic: availability,
                    payload: OFFLINE,
                },
                resume_within_s: session.resume_within_s,
                return_after_s: session.return_after_s,
            }
        })
    }

    fn subscription(&self, index: usize) -> Option<Subscription> {
        let subscription = self.with(|dimmer| dimmer.subscription(index))?;
        Some(Subscription {
            topic: subscription.topic,
            quality_of_service: quality_of_service(subscription.qos),
            retained: subscription.retained,
        })
    }

    fn status(&self, status: Status) {
        if let Status::Connecting { broker } = status {
            // Told before anything of a broker, and in the moment in which the session has compared its list with this one.
            let broker = self.broker(usize::from(broker));
            self.session_with
                .set(broker.map(|broker| broker.fingerprint()));
        }
        match status {
            Status::Online { broker, impairment } => {
                // Told again when something about it changes: that is no new session.
                if !self.online.replace(true) {
                    let broker = broker.saturating_add(1);
                    self.handle(Event::Connected { broker });
                }
                self.handle(Event::Impaired(impairment.and_then(fault)));
            }
            Status::Connecting { .. }
            | Status::Waiting { .. }
            | Status::NoBroker
            | Status::Closed => {
                self.online.set(false);
                self.handle(Event::Disconnected);
            }
        }
        self.observer.link(status);
    }

    fn notice(&self, notice: Notice) {
        self.observer.notice(notice);
    }

    fn received(&self, topic: &str, payload: &[u8], retained: bool) {
        self.handle(Event::Message {
            topic,
            payload,
            retained,
        });
    }

    fn take(&self) -> Option<Outgoing<Sending>> {
        self.with(|dimmer| {
            let sending = dimmer.take()?;
            Some(outgoing(dimmer, sending))
        })
    }

    fn take_farewell(&self) -> Option<Outgoing<Sending>> {
        self.with(|dimmer| {
            let sending = dimmer.take_farewell()?;
            Some(outgoing(dimmer, sending))
        })
    }

    fn give_back(&self, key: Sending) {
        self.with(|dimmer| dimmer.give_back(key));
    }

    fn answered(&self, key: Sending, _: Answer) {
        self.with(|dimmer| dimmer.answered(key));
    }

    fn render(&self, key: &Sending, buffer: &mut [u8]) -> Result<usize, TooLarge> {
        self.with(|dimmer| dimmer.render(*key, now(), buffer))
            .map_err(|_| TooLarge)
    }

    async fn something_to_send(&self) {
        self.to_send.wait().await;
    }

    async fn settings_changed(&self) {
        self.configured.wait().await;
    }

    async fn closing(&self) {
        self.closing.wait().await;
    }
}

fn outgoing(dimmer: &Dimmer, sending: Sending) -> Outgoing<Sending> {
    let delivery = dimmer.delivery(sending);
    Outgoing {
        key: sending,
        topic: dimmer.topic(sending),
        quality_of_service: quality_of_service(delivery.qos),
        retain: delivery.retain,
    }
}

/// The two crates do not know each other. An impairment that is new to the session stands on the board's own page only.
fn fault(impairment: Impairment) -> Option<LinkFault> {
    match impairment {
        Impairment::SubscriptionRefused { .. } => Some(LinkFault::SubscriptionRefused),
        Impairment::Swallowed => Some(LinkFault::MessagesSwallowed),
        Impairment::Flooded => Some(LinkFault::MessageFlood),
        _ => None,
    }
}

fn quality_of_service(qos: Qos) -> QualityOfService {
    match qos {
        Qos::AtMostOnce => QualityOfService::AtMostOnce,
        Qos::AtLeastOnce => QualityOfService::AtLeastOnce,
        Qos::ExactlyOnce => QualityOfService::ExactlyOnce,
    }
}

/// The topic beside the availability's on which the dimmer sends itself a word now and then.
fn echo(availability: &str) -> Topic {
    let mut topic = Topic::new();
    let parent = availability.rsplit_once('/').map(|(parent, _)| parent);
    // Shorter than `availability`, which fitted.
    let _ = topic.push_str(parent.unwrap_or_default());
    let _ = topic.push_str("/echo");
    topic
}

/// A broker of the settings as the session takes it.
pub(crate) fn linked(broker: &config::Broker) -> Broker {
    Broker {
        host: broker.host.clone(),
        port: broker.port,
        username: broker.username.clone(),
        // Of the same capacity.
        password: Text::try_from(broker.password.reveal()).unwrap_or_default(),
        client_id: broker.client_id.clone(),
        keep_alive_s: broker.keep_alive_s,
    }
}

/// `solar-dimmer-` and the id: unique on a broker as the MAC address is.
fn client_id<const CAPACITY: usize>(id: dimmer::topics::DeviceId) -> Text<CAPACITY> {
    use core::fmt::Write;
    let mut text = Text::new();
    // 25 characters of the capacity's 64.
    let _ = write!(text, "solar-dimmer-{id}");
    text
}
