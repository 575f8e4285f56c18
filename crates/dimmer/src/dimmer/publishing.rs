//! What goes out: which messages a change is worth, and what stands in them.

use dimmer_config::Config;
use dimmer_phase::MainsState;
use dimmer_safety::{Reason, Role};
use dimmer_topics::{
    BufferTooSmall, Delivery, Device, Message, SettingsError, State, Subscription, Topic,
};

use super::{Dimmer, Identity};
use crate::{Duration, Instant};

/// A reading that moved less than this is not news, millicelsius.
const TEMPERATURE_STEP_MILLICELSIUS: u32 = 100;
/// A frequency that moved less than this is not news, millihertz.
const FREQUENCY_STEP_MILLIHERTZ: u32 = 20;
/// A reading older than this is not shared: whoever steers by it counts its age from when it comes. Longer than it takes to the
/// next reading.
const SHARED_MAXIMUM_AGE: Duration = Duration::from_ticks(5_000_000);

/// The values that are worth a message when they change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Values {
    setpoint_centipercent: Option<i32>,
    applied_centipercent: u16,
    pub(super) reason: Reason,
    /// In the order of [`Role::ALL`].
    millicelsius: [Option<i32>; Role::ALL.len()],
    frequency_millihertz: Option<u32>,
    mains: MainsState,
    refused: u32,
}

impl Values {
    /// Before anything was heard.
    pub(super) const fn new(reason: Reason) -> Self {
        Self {
            setpoint_centipercent: None,
            applied_centipercent: 0,
            reason,
            millicelsius: [None; Role::ALL.len()],
            frequency_millihertz: None,
            mains: MainsState::Acquiring,
            refused: 0,
        }
    }
}

impl Dimmer {
    /// The next message to be sent, if there is one.
    pub fn take(&mut self) -> Option<Message> {
        let wanted = |message: &Message| self.topics.messages().any(|other| other == *message);
        let message = core::iter::from_fn(|| self.outbox.take()).find(wanted)?;
        self.counters.sent = self.counters.sent.saturating_add(1);
        Some(message)
    }

    /// Gives back a message that could not be sent.
    pub fn give_back(&mut self, message: Message) {
        self.counters.sent = self.counters.sent.saturating_sub(1);
        self.outbox.give_back(message);
    }

    /// The topic of a message.
    #[must_use]
    pub fn topic(&self, message: Message) -> Topic {
        self.topics.of(message)
    }

    /// How a message is to be delivered.
    #[must_use]
    pub fn delivery(&self, message: Message) -> Delivery {
        message.delivery(&self.config.topics)
    }

    /// What to subscribe to, counted from 0.
    #[must_use]
    pub fn subscription(&self, index: usize) -> Option<Subscription> {
        self.topics.subscriptions().nth(index)
    }

    /// Writes a message's payload as it stands at `now`, and returns its length.
    ///
    /// # Errors
    /// [`BufferTooSmall`]; [`dimmer_topics::PAYLOAD_CAPACITY`] bytes are always enough.
    pub fn render(
        &self,
        message: Message,
        now: Instant,
        buffer: &mut [u8],
    ) -> Result<usize, BufferTooSmall> {
        // Was good when this dimmer was made, and has not changed since.
        let device = device(&self.identity, &self.config).map_err(|_| BufferTooSmall)?;
        let mut state = self.state(now);
        if message == Message::SharedTemperature {
            state.water_millicelsius = self.shared_millicelsius(now);
        }
        self.topics.write(message, &state, &device, buffer)
    }

    /// Marks the messages whose value changed.
    pub(super) fn announce(&mut self, now: Instant) {
        if self.alarms.update(&self.safety, self.uptime_s(now)) {
            // Its level stands in the state, too.
            self.outbox.changed(Message::Alarm);
            self.outbox.changed(Message::State);
        }
        let before = self.announced;
        let mut news = Values {
            setpoint_centipercent: self.setpoint_centipercent(),
            applied_centipercent: self.applied_centipercent(now),
            reason: self.reason,
            millicelsius: Role::ALL.map(|role| self.safety.millicelsius(now, role)),
            frequency_millihertz: self.firing.mains.frequency_millihertz,
            mains: self.firing.mains.state,
            refused: self.counters.refused,
        };
        for (new, old) in news.millicelsius.iter_mut().zip(before.millicelsius) {
            let step = TEMPERATURE_STEP_MILLICELSIUS;
            if near(new.map(i64::from), old.map(i64::from), step) {
                *new = old;
            }
        }
        if near(
            news.frequency_millihertz.map(i64::from),
            before.frequency_millihertz.map(i64::from),
            FREQUENCY_STEP_MILLIHERTZ,
        ) {
            news.frequency_millihertz = before.frequency_millihertz;
        }
        if news == before {
            return;
        }
        self.announced = news;
        let applied = news.applied_centipercent != before.applied_centipercent;
        let changes = [
            (true, Message::State),
            (
                news.setpoint_centipercent != before.setpoint_centipercent,
                Message::Setpoint,
            ),
            (applied, Message::Applied),
            (applied, Message::Watts),
            (
                news.frequency_millihertz != before.frequency_millihertz,
                Message::Frequency,
            ),
            (news.reason != before.reason, Message::Reason),
        ];
        for (changed, message) in changes {
            if changed {
                self.outbox.changed(message);
            }
        }
        let temperatures = Role::ALL.into_iter().zip(news.millicelsius);
        for ((role, new), old) in temperatures.zip(before.millicelsius) {
            // What comes from a topic is not passed on.
            if new != old && !self.is_from_topic(role) {
                self.outbox.changed(topics_role(role).message());
            }
        }
    }

    /// A probe was read, well or not: whoever shares the temperature hears it. Not repeated without a reading, which would make it seem
    /// younger than it is.
    pub(super) fn share(&mut self) {
        if !self.config.topics.temperature.share.topic.is_empty() {
            self.outbox.changed(Message::SharedTemperature);
        }
    }

    /// What the own probe of the water gave last, if that was a temperature and a moment ago.
    fn shared_millicelsius(&self, now: Instant) -> Option<i32> {
        let (read_at, millicelsius) = self.own_water?;
        let age = now.checked_duration_since(read_at)?;
        (age <= SHARED_MAXIMUM_AGE).then_some(millicelsius)
    }

    /// Whether a temperature comes from a topic, and not from a probe of this dimmer's own.
    pub(super) fn is_from_topic(&self, role: Role) -> bool {
        let temperature = &self.config.topics.temperature;
        !temperature.source(topics_role(role)).topic.is_empty()
    }

    /// Seconds since the start.
    fn uptime_s(&self, now: Instant) -> u32 {
        let uptime = now.checked_duration_since(self.started);
        let seconds = uptime.map_or(0, |uptime| uptime.as_ticks() / 1_000_000);
        u32::try_from(seconds).unwrap_or(u32::MAX)
    }

    fn state(&self, now: Instant) -> State {
        let rated_watts = self.config.output.rated_watts;
        let applied_centipercent = self.applied_centipercent(now);
        State {
            setpoint_centipercent: self.setpoint_centipercent(),
            permitted_centipercent: Some(self.permitted.centipercent()),
            applied_centipercent,
            watts: self.watts(applied_centipercent),
            rated_watts,
            water_millicelsius: self.safety.millicelsius(now, Role::Water),
            heat_sink_millicelsius: self.safety.millicelsius(now, Role::HeatSink),
            room_millicelsius: self.safety.millicelsius(now, Role::Room),
            water_limit_millicelsius: Some(self.config.safety.water_limit_millicelsius),
            water_resume_millicelsius: Some(self.config.safety.water_resume_millicelsius),
            maximum_centipercent: Some(self.config.safety.maximum_centipercent),
            reason: self.reason.as_str(),
            alarms: self.alarms.state(self.config.language.into()),
            mains_state: self.firing.mains.state.as_str(),
            mains_frequency_millihertz: self.firing.mains.frequency_millihertz,
            mains_missed: self.firing.mains.missed,
            mains_rejected: self.firing.mains.rejected,
            uptime_s: self.uptime_s(now),
            messages_received: self.counters.received,
            messages_sent: self.counters.sent,
            messages_refused: self.counters.refused,
            last_refusal: self.counters.last_refusal,
            broker: self.outbox.broker(),
            ..State::default()
        }
    }
}

/// The dimmer as Home Assistant shows it.
pub(super) fn device<'a>(
    identity: &Identity,
    config: &'a Config,
) -> Result<Device<'a>, SettingsError> {
    Device::new(&config.name, identity.model, identity.version)?.with_reasons(&REASONS)
}

/// The names of all reasons.
const REASONS: [&str; Reason::ALL.len()] = {
    let mut names = [""; Reason::ALL.len()];
    let mut index = 0;
    while index < names.len() {
        #[expect(
            clippy::indexing_slicing,
            reason = "computed by the compiler, which would refuse an index out of range"
        )]
        {
            names[index] = Reason::ALL[index].as_str();
        }
        index += 1;
    }
    names
};

/// The two crates do not know each other. A role that is new to the topics would be told as the room's.
pub(super) const fn topics_role(role: Role) -> dimmer_topics::Role {
    match role {
        Role::Water => dimmer_topics::Role::Water,
        Role::HeatSink => dimmer_topics::Role::HeatSink,
        _ => dimmer_topics::Role::Room,
    }
}

/// Whether both are there and differ by less than `step`.
fn near(one: Option<i64>, other: Option<i64>, step: u32) -> bool {
    matches!((one, other), (Some(one), Some(other)) if one.abs_diff(other) < u64::from(step))
}
