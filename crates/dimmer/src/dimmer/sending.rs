//! The way out of a message: which is next, where it goes, and its payload.

use core::fmt::Write;

use dimmer_safety::Role;
use dimmer_topics::{
    BufferTooSmall, Delivery, DomoticzDevice, LOG_TEXT_CAPACITY, LogLine, Message, Qos,
    RefusalKind, Subscription, Topic, Topics,
};
use heapless::String;

use super::{About, Dimmer, publishing::device};
use crate::{Duration, Instant, Sending};

/// A reading older than this is not shared: whoever steers by it counts its age from when it comes. Longer than it takes to the
/// next reading.
const SHARED_MAXIMUM_AGE: Duration = Duration::from_ticks(5_000_000);

impl Dimmer {
    /// What is to be sent next, if there is anything.
    pub fn take(&mut self) -> Option<Sending> {
        let sending = loop {
            match self.outbox.take()? {
                Sending::Say(message) if !self.is_said(message) => {}
                sending => break sending,
            }
        };
        self.counters.sent = self.counters.sent.saturating_add(1);
        Some(sending)
    }

    /// The next that takes something off the broker which was said under settings that are no longer in force, if there is any. It
    /// comes with [`take`](Self::take), too; this is for the end of a session.
    pub fn take_farewell(&mut self) -> Option<Sending> {
        let sending = self.outbox.take_farewell()?;
        self.counters.sent = self.counters.sent.saturating_add(1);
        Some(sending)
    }

    /// Gives back what could not be sent.
    pub fn give_back(&mut self, sending: Sending) {
        self.counters.sent = self.counters.sent.saturating_sub(1);
        match sending {
            Sending::Say(Message::Answer) => self.answers.give_back(),
            Sending::Say(Message::Log) => self.log.give_back(),
            Sending::Say(Message::PoolMember) => self.owes_announcement = true,
            Sending::Say(Message::PoolTotals) => self.owes_totals = true,
            _ => {}
        }
        self.outbox.give_back(sending, &self.topics);
    }

    /// The broker acknowledged a message, or will never have it. Said of those of QoS 1 and 2, each of which is either answered or given
    /// back.
    pub fn answered(&mut self, sending: Sending) {
        match sending {
            Sending::Say(Message::Answer) => self.answers.answered(),
            Sending::Say(Message::Log) => self.log.answered(),
            _ => {}
        }
        self.outbox.answered(sending);
    }

    /// Its topic.
    #[must_use]
    pub fn topic(&self, sending: Sending) -> Topic {
        match sending {
            Sending::Say(message) | Sending::Withdraw(message) => self.topics.of(message),
            Sending::LeaveBehind { identity, message } => {
                self.outbox.former_topic(identity, message)
            }
        }
    }

    /// How it is to be delivered.
    #[must_use]
    pub fn delivery(&self, sending: Sending) -> Delivery {
        match sending {
            Sending::Say(message) => message.delivery(&self.config.topics),
            // Of a pool that it is no member of a dimmer may have no rights, and nobody is to be told so.
            Sending::Withdraw(message @ (Message::PoolMember | Message::PoolTotals)) => {
                message.delivery(&self.config.topics)
            }
            Sending::Withdraw(_) | Sending::LeaveBehind { .. } => Delivery {
                qos: Qos::AtLeastOnce,
                retain: true,
            },
        }
    }

    /// What to subscribe to, counted from 0.
    #[must_use]
    pub fn subscription(&self, index: usize) -> Option<Subscription> {
        self.topics.subscriptions().nth(index)
    }

    /// The topics that are in use.
    #[must_use]
    pub const fn topics(&self) -> &Topics {
        &self.topics
    }

    /// Writes the payload as it stands at `now`, and returns its length.
    ///
    /// # Errors
    /// [`BufferTooSmall`]; [`dimmer_topics::PAYLOAD_CAPACITY`] bytes are always enough.
    pub fn render(
        &self,
        sending: Sending,
        now: Instant,
        buffer: &mut [u8],
    ) -> Result<usize, BufferTooSmall> {
        let Sending::Say(message) = sending else {
            return Ok(0);
        };
        if let (Message::Answer, Some(answer)) = (message, self.answers.current())
            && answer
                .outcome
                .is_err_and(|refusal| refusal.kind() == RefusalKind::BadConfiguration)
        {
            return answer.write_with(&self.reload_fault, buffer);
        }
        if let (Message::Log, Some((line, Some(about)))) = (message, self.log.current()) {
            let mut text: String<LOG_TEXT_CAPACITY> = String::new();
            let about = match about {
                About::Text(about) => about,
                About::LastWords => self.health.last_words.as_deref().unwrap_or_default(),
            };
            write!(text, "{}: {about}", line.text).map_err(|_| BufferTooSmall)?;
            let line = LogLine {
                text: &text,
                ..line
            };
            return line.write(buffer);
        }
        if message == Message::LastWords {
            let words = self.health.last_words.as_deref().unwrap_or_default();
            buffer
                .get_mut(..words.len())
                .ok_or(BufferTooSmall)?
                .copy_from_slice(words.as_bytes());
            return Ok(words.len());
        }
        // Was good when this dimmer was made or configured, and has not changed since.
        let device = device(&self.identity, &self.config).map_err(|_| BufferTooSmall)?;
        let mut state = self.state(now);
        if message == Message::SharedTemperature {
            state.water_millicelsius = self.shared_millicelsius(now);
        }
        self.topics.write(message, &state, &device, buffer)
    }

    /// Whether there is something to say; if it is said once, the next one of its kind begins.
    fn is_said(&mut self, message: Message) -> bool {
        if !self.topics.publishes(message) {
            return false;
        }
        let is_acknowledged = message.delivery(&self.config.topics).qos != Qos::AtMostOnce;
        let more = match message {
            Message::Answer => self.answers.begin(is_acknowledged),
            Message::Log => self.log.begin(is_acknowledged),
            Message::PoolMember => return self.begin_announcement(),
            Message::PoolTotals => return self.begin_totals(),
            _ => false,
        };
        if more {
            self.outbox.urgent(message);
        }
        if let Message::Domoticz(_) | Message::Answer | Message::Log = message {
            let state = self.state(self.latest);
            if message == Message::Domoticz(DomoticzDevice::Dimmer) {
                // Domoticz says it again to everybody, and it is no command then.
                self.echo.told(self.latest, state.domoticz_level());
            }
            return !self.topics.is_silent(message, &state);
        }
        true
    }

    /// What the own probe of the water gave last, if that was a temperature and a moment ago.
    fn shared_millicelsius(&self, now: Instant) -> Option<i32> {
        let (read_at, millicelsius) = self.own_water?;
        let age = now.checked_duration_since(read_at)?;
        (age <= SHARED_MAXIMUM_AGE).then_some(millicelsius)
    }

    /// A probe was read, well or not: whoever shares the temperature hears it. Not repeated without a reading, which would make it seem
    /// younger than it is.
    pub(super) fn share(&mut self) {
        if !self.config.topics.temperature.share.topic.is_empty() {
            self.outbox.changed(Message::SharedTemperature);
        }
    }

    /// Whether a temperature comes from a topic, and not from a probe of this dimmer's own.
    pub(super) fn is_from_topic(&self, role: Role) -> bool {
        let temperature = &self.config.topics.temperature;
        let role = super::publishing::topics_role(role);
        !temperature.source(role).topic.is_empty()
    }
}
