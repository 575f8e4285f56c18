//! The state machine: where setpoint, pool, safety, mains and topics meet.

use dimmer_config::{Config, Valid};
use dimmer_phase::{Level, MainsState, MainsStatus, Order};
use dimmer_pool::Member;
use dimmer_safety::{AlarmLevel, AlarmSet, Permitted, Reason, Role, Safety, Source};
use dimmer_topics::{
    BufferTooSmall, Delivery, Device, DeviceId, Incoming, Message, Refusal, RefusalKind, Setpoint,
    SettingsError, State, Subscription, Topic, Topics, home_assistant_started, parse_setpoint,
};

use crate::{Duration, Effects, Event, FiringReport, Incident, Instant, outbox::Outbox};

/// An order to the firing path holds this long. If the control loop stops, so does the heater.
const LEASE: Duration = Duration::from_ticks(1_000_000);
/// How often an order is renewed: often enough that one late turn of the loop costs nothing.
const RENEWAL: Duration = Duration::from_ticks(250_000);
/// After any pause the order is kept down for this long, so that the first half-cycle is never a full one: an element that was off
/// is cold, and what ended the pause may not have settled.
const SOFT_START: Duration = Duration::from_ticks(100_000);
/// To this, centipercent: half the power, which begins at the crest.
const SOFT_START_CENTIPERCENT: u16 = 5_000;
/// A report of the firing path holds this long: one that nobody renews says nothing of what is applied.
const REPORT_MAXIMUM_AGE: Duration = Duration::from_ticks(1_000_000);
/// A reading that moved less than this is not news, millicelsius.
const TEMPERATURE_STEP_MILLICELSIUS: u32 = 100;
/// A frequency that moved less than this is not news, millihertz.
const FREQUENCY_STEP_MILLIHERTZ: u32 = 20;

/// Who this dimmer is, among all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The full MAC address, or for a board without one what its unique number gives.
    pub id: DeviceId,
    /// The board, for people: `RP2040 with W5500`.
    pub model: &'static str,
    /// The firmware's version.
    pub version: &'static str,
}

/// What was asked, and on which way it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Request {
    /// For this dimmer alone.
    Direct(Setpoint),
    /// For all that follow the same topic: the pool's thresholds apply.
    Followed(Setpoint),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counters {
    received: u32,
    sent: u32,
    refused: u32,
    last_refusal: Option<Refusal>,
}

/// The values that are worth a message when they change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Values {
    setpoint_centipercent: Option<i32>,
    applied_centipercent: u16,
    reason: Reason,
    water_millicelsius: Option<i32>,
    frequency_millihertz: Option<u32>,
    mains: MainsState,
    refused: u32,
}

/// A dimmer at one moment, for status lines, traces and tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overview {
    /// What was asked last, percent of this dimmer or of the common setpoint, in centipercent.
    pub setpoint_centipercent: Option<i32>,
    /// What is permitted, centipercent; the firing path is ordered this much, and less for a moment after a pause.
    pub permitted_centipercent: u16,
    /// What the firing path really feeds by its last report, centipercent.
    pub applied_centipercent: u16,
    /// Why.
    pub reason: Reason,
    /// The last good reading while it is fresh, millicelsius.
    pub water_millicelsius: Option<i32>,
    /// What the firing path last said of the mains.
    pub mains: MainsStatus,
    /// The alarms that somebody should look at.
    pub warnings: AlarmSet,
    /// The alarms that hold the output off until they are reset.
    pub critical: AlarmSet,
}

/// A solar dimmer, sans I/O: the same events in give the same effects out.
///
/// Give it every event with the time ([`handle`](Self::handle)), call it again at
/// [`next_deadline`](Self::next_deadline), hand its [`Effects::order`] to the firing path, and send
/// what [`take`](Self::take) gives.
#[derive(Clone, Debug)]
pub struct Dimmer {
    identity: Identity,
    config: Valid,
    topics: Topics,
    safety: Safety,
    member: Member,
    started: Instant,
    request: Option<Request>,
    reason: Reason,
    permitted: Permitted,
    /// Since when power is permitted without a pause.
    on_since: Option<Instant>,
    firing: FiringReport,
    firing_at: Instant,
    counters: Counters,
    outbox: Outbox,
    announced: Values,
    renew_at: Instant,
    /// When the order in force ends.
    lease_ends: Instant,
}

impl Dimmer {
    /// A dimmer that is off until every condition holds.
    ///
    /// # Errors
    /// What only shows together with the identity: a topic to follow that is this dimmer's own, or a
    /// model or version that Home Assistant cannot be told.
    pub fn new(identity: Identity, config: Valid, now: Instant) -> Result<Self, SettingsError> {
        device(&identity, &config)?;
        let topics = Topics::new(&config.topics, identity.id)?;
        let mut safety = Safety::new(config.safety, now);
        let decision = safety.decide(now);
        Ok(Self {
            topics,
            member: Member::new(config.pool, config.output.rated_watts),
            outbox: Outbox::new(
                now,
                Duration::from_ticks(u64::from(config.topics.interval_s) * 1_000_000),
            ),
            announced: Values {
                setpoint_centipercent: None,
                applied_centipercent: 0,
                reason: decision.reason(),
                water_millicelsius: None,
                frequency_millihertz: None,
                mains: MainsState::Acquiring,
                refused: 0,
            },
            identity,
            config,
            safety,
            started: now,
            request: None,
            reason: decision.reason(),
            permitted: Permitted::OFF,
            on_since: None,
            firing: FiringReport::UNKNOWN,
            firing_at: now,
            counters: Counters::default(),
            renew_at: now,
            lease_ends: now,
        })
    }

    /// Takes note of an event and decides anew.
    ///
    /// Bounded work; calling it more often than needed does no harm.
    pub fn handle(&mut self, now: Instant, event: Event<'_>) -> Effects {
        let mut not_reset = AlarmSet::EMPTY;
        if now < self.firing_at {
            // A clock that went back: nobody knows how old the report is, and it is not to become believable again when the clock has
            // caught up.
            self.firing = FiringReport::UNKNOWN;
            self.firing_at = now;
        }
        let refusal = match event {
            Event::Tick => None,
            Event::Message {
                topic,
                payload,
                retained,
            } => self.message(now, topic, payload, retained).err(),
            Event::Temperature { role, reading } => {
                self.safety.temperature(now, role, reading);
                None
            }
            Event::Firing(report) => {
                self.fired(now, report);
                None
            }
            Event::Switched(on) => {
                self.safety.switched(now, on);
                None
            }
            Event::ResetAlarms => {
                not_reset = self.safety.reset_alarms(now).refused;
                None
            }
            Event::Connected => {
                self.outbox.connected(now);
                None
            }
            Event::Disconnected => {
                self.outbox.disconnected();
                None
            }
        };
        if let Some(refusal) = refusal {
            self.counters.refused = self.counters.refused.saturating_add(1);
            self.counters.last_refusal = Some(refusal);
        }
        let before = self.announced.reason;
        self.decide(now);
        let reason = self.announced.reason;
        let decided = (reason != before).then_some(Incident::Decided(reason));
        // One with each event; the next deadline is at once while another waits.
        let alarm = if not_reset.is_empty() {
            self.safety.take_change().map(Incident::Alarm)
        } else {
            Some(Incident::ResetRefused(not_reset))
        };
        self.renew_at = now + RENEWAL;
        self.lease_ends = now + LEASE;
        Effects {
            order: Order {
                level: Level::saturating_from_centipercent(self.ordered_centipercent(now)),
                valid_until: self.lease_ends,
            },
            to_send: self.outbox.advance(now),
            incidents: [refusal.map(Incident::Refused), decided, alarm],
        }
    }

    /// When [`handle`](Self::handle) is to be called again at the latest, with [`Event::Tick`].
    #[must_use]
    pub fn next_deadline(&self, now: Instant) -> Instant {
        let outbox = self.outbox.next_deadline().unwrap_or(self.renew_at);
        self.safety
            .next_deadline(now)
            .min(outbox)
            .min(self.renew_at)
            .min(self.soft_start_ends(now).unwrap_or(self.renew_at))
    }

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
        self.topics
            .write(message, &self.state(now), &device, buffer)
    }

    /// The configuration in use.
    #[must_use]
    pub fn config(&self) -> &Valid {
        &self.config
    }

    /// Who this dimmer is.
    #[must_use]
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// The dimmer as it stands.
    #[must_use]
    pub fn overview(&self, now: Instant) -> Overview {
        Overview {
            setpoint_centipercent: self.setpoint_centipercent(),
            permitted_centipercent: self.permitted.centipercent(),
            applied_centipercent: self.applied_centipercent(now),
            reason: self.reason,
            water_millicelsius: self.safety.millicelsius(now, Role::Water),
            mains: self.firing.mains,
            warnings: self.safety.alarms(AlarmLevel::Warning),
            critical: self.safety.alarms(AlarmLevel::Critical),
        }
    }

    /// Latches the critical alarms that a board kept over a reset ([`Overview::critical`]). Call it before the first event.
    pub fn restore_alarms(&mut self, critical: AlarmSet) {
        self.safety.restore(critical);
    }

    fn message(
        &mut self,
        now: Instant,
        topic: &str,
        payload: &[u8],
        retained: bool,
    ) -> Result<(), Refusal> {
        // A message on a topic that nobody asked for is not ours to judge.
        let Some(incoming) = self.topics.incoming(topic) else {
            return Ok(());
        };
        self.counters.received = self.counters.received.saturating_add(1);
        let request = match incoming {
            Incoming::PowerSet => Request::Direct(setpoint(payload, retained)?),
            Incoming::Followed => Request::Followed(setpoint(payload, retained)?),
            Incoming::HomeAssistantStatus => {
                if home_assistant_started(payload) {
                    // 1 to 9 s, different from device to device: not every one is to answer at once.
                    let spread_ms = u64::from(
                        self.identity.id.mac().iter().fold(0u16, |sum, byte| {
                            sum.wrapping_mul(31).wrapping_add(u16::from(*byte))
                        }) % 8_000,
                    );
                    self.outbox
                        .discover_at(now + Duration::from_ticks((1_000 + spread_ms) * 1_000));
                }
                return Ok(());
            }
            // A way in that this version does not know changes nothing.
            _ => return Ok(()),
        };
        self.request = Some(request);
        let share = match request {
            Request::Direct(setpoint) => self.member.direct(pool_setpoint(setpoint)),
            Request::Followed(setpoint) => self.member.share(pool_setpoint(setpoint)),
        };
        // Repeats count: a setpoint that comes again unchanged is alive.
        self.safety
            .wish(now, Source::Setpoint, share.centipercent());
        Ok(())
    }

    fn fired(&mut self, now: Instant, report: FiringReport) {
        self.firing = report;
        self.firing_at = now;
        // A coasting tracker still knows where the crossings are; it says itself when it no longer does.
        let locked = matches!(
            report.mains.state,
            MainsState::Locked | MainsState::Coasting
        );
        self.safety.mains(now, locked);
        self.safety.gate_fault(now, report.fault.is_some());
        self.safety
            .applied(now, self.watts(report.fed.centipercent()));
    }

    /// What the firing path is ordered: what is permitted, and after a pause less.
    fn ordered_centipercent(&self, now: Instant) -> u16 {
        let permitted = self.permitted.centipercent();
        match self.soft_start_ends(now) {
            Some(_) => permitted.min(SOFT_START_CENTIPERCENT),
            None => permitted,
        }
    }

    /// When the soft start ends, while it lasts.
    fn soft_start_ends(&self, now: Instant) -> Option<Instant> {
        let end = self.on_since? + SOFT_START;
        (now < end).then_some(end)
    }

    /// What is really fed, as far as the firing path still says so.
    fn applied_centipercent(&self, now: Instant) -> u16 {
        match now.checked_duration_since(self.firing_at) {
            Some(age) if age <= REPORT_MAXIMUM_AGE => self.firing.fed.centipercent(),
            _ => 0,
        }
    }

    fn watts(&self, centipercent: u16) -> u32 {
        let rated_watts = self.config.output.rated_watts;
        let watts = u64::from(rated_watts) * u64::from(centipercent) / 10_000;
        u32::try_from(watts).unwrap_or(rated_watts)
    }

    fn decide(&mut self, now: Instant) {
        let decision = self.safety.decide(now);
        self.permitted = decision.permit();
        self.on_since = match self.on_since {
            _ if self.permitted.is_off() => None,
            // A clock that went back begins it anew; so does an order that ran out, as in a control loop that stood still: the heater
            // was off.
            Some(since) if since <= now && now <= self.lease_ends => Some(since),
            _ => Some(now),
        };
        self.reason = decision.reason();
        let values = Values {
            setpoint_centipercent: self.setpoint_centipercent(),
            applied_centipercent: self.applied_centipercent(now),
            reason: self.reason,
            water_millicelsius: self.safety.millicelsius(now, Role::Water),
            frequency_millihertz: self.firing.mains.frequency_millihertz,
            mains: self.firing.mains.state,
            refused: self.counters.refused,
        };
        self.announce(values);
    }

    /// Marks the messages whose value changed.
    fn announce(&mut self, values: Values) {
        let before = self.announced;
        let mut news = values;
        if near(
            values.water_millicelsius.map(i64::from),
            before.water_millicelsius.map(i64::from),
            TEMPERATURE_STEP_MILLICELSIUS,
        ) {
            news.water_millicelsius = before.water_millicelsius;
        }
        if near(
            values.frequency_millihertz.map(i64::from),
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
                news.water_millicelsius != before.water_millicelsius,
                Message::WaterTemperature,
            ),
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
    }

    fn setpoint_centipercent(&self) -> Option<i32> {
        match self.request? {
            Request::Direct(Setpoint::Centipercent(centipercent))
            | Request::Followed(Setpoint::Centipercent(centipercent)) => Some(centipercent),
            Request::Direct(Setpoint::Watts(watts)) | Request::Followed(Setpoint::Watts(watts)) => {
                let rated = i64::from(self.config.output.rated_watts.max(1));
                i32::try_from(i64::from(watts) * 10_000 / rated).ok()
            }
        }
    }

    fn state(&self, now: Instant) -> State {
        let rated_watts = self.config.output.rated_watts;
        let applied_centipercent = self.applied_centipercent(now);
        let uptime_us = now
            .checked_duration_since(self.started)
            .map_or(0, |uptime| uptime.as_ticks());
        State {
            setpoint_centipercent: self.setpoint_centipercent(),
            applied_centipercent,
            watts: self.watts(applied_centipercent),
            rated_watts,
            water_millicelsius: self.safety.millicelsius(now, Role::Water),
            reason: self.reason.as_str(),
            mains_state: self.firing.mains.state.as_str(),
            mains_frequency_millihertz: self.firing.mains.frequency_millihertz,
            mains_missed: self.firing.mains.missed,
            mains_rejected: self.firing.mains.rejected,
            uptime_s: u32::try_from(uptime_us / 1_000_000).unwrap_or(u32::MAX),
            messages_received: self.counters.received,
            messages_sent: self.counters.sent,
            messages_refused: self.counters.refused,
            last_refusal: self.counters.last_refusal,
            broker: self.outbox.is_online().then_some(1),
            ..State::default()
        }
    }
}

/// The dimmer as Home Assistant shows it.
fn device<'a>(identity: &Identity, config: &'a Config) -> Result<Device<'a>, SettingsError> {
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

fn setpoint(payload: &[u8], retained: bool) -> Result<Setpoint, Refusal> {
    if retained {
        return Err(Refusal::new(RefusalKind::Retained));
    }
    parse_setpoint(payload)
}

fn pool_setpoint(setpoint: Setpoint) -> dimmer_pool::Setpoint {
    match setpoint {
        Setpoint::Centipercent(centipercent) => dimmer_pool::Setpoint::Centipercent(centipercent),
        Setpoint::Watts(watts) => dimmer_pool::Setpoint::Watts(watts),
    }
}

/// Whether both are there and differ by less than `step`.
fn near(one: Option<i64>, other: Option<i64>, step: u32) -> bool {
    matches!((one, other), (Some(one), Some(other)) if one.abs_diff(other) < u64::from(step))
}
