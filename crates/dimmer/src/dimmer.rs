//! The state machine: where setpoint, pool, safety, mains and topics meet.

mod commands;
mod configuring;
mod decision;
mod inputs;
mod pool;
mod publishing;
mod sending;

use dimmer_config::Valid;
use dimmer_phase::{Level, MainsStatus, Order};
use dimmer_pool::{Assignment, Member};
use dimmer_safety::{AlarmLevel, AlarmSet, Permitted, ProbeFault, Reason, Role, Safety};
use dimmer_topics::{
    Announcement, Answer, DETAIL_CAPACITY, DeviceId, DomoticzEcho, LogLine, PoolTotals,
    ProbeCounts, Refusal, Setpoint, SettingsError, State, Topics,
};

use heapless::String;

use crate::{
    BoardRequest, Duration, Effects, Event, FiringReport, Health, Incident, Instant, LinkFault,
    PoolTrouble, alarms::Standing, boost::Boost, energy::Energy, excess::Excess, health::Told,
    once::Once, outbox::Outbox, refusals::Refusals,
};
use inputs::Heard;
pub use pool::POOL_MEMBERS;

/// An order to the firing path holds this long. If the control loop stops, so does the heater.
const LEASE: Duration = Duration::from_ticks(1_000_000);
/// How often an order is renewed: often enough that one late turn of the loop costs nothing.
const RENEWAL: Duration = Duration::from_ticks(250_000);

/// Who this dimmer is, among all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The full MAC address, or for a board without one what its unique number gives.
    pub id: DeviceId,
    /// The board, for people: `RP2040 with W5500`.
    pub model: &'static str,
    /// The firmware's version.
    pub version: &'static str,
    /// A number drawn anew at each start, so that others of a shared pool see that it is one: at random, not a counter that a second
    /// device could have as well.
    pub boot: u32,
}

/// What was asked, and on which way it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Request {
    /// For this dimmer alone.
    Direct(Setpoint),
    /// For all that follow the same topic: this dimmer takes its share of it.
    Followed(Setpoint),
}

/// What the text of a line of the log leaves open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    /// This.
    Text(&'static str),
    /// What the program said when it ended.
    LastWords,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counters {
    received: u32,
    sent: u32,
    refused: u32,
    last_refusal: Option<Refusal>,
}

/// A dimmer at one moment, for status lines, traces and tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overview {
    /// What was asked last, percent of this dimmer or of the common setpoint, in centipercent.
    pub setpoint_centipercent: Option<i32>,
    /// What is permitted, centipercent: the firing path is ordered this much.
    pub permitted_centipercent: u16,
    /// What the firing path really feeds by its last report, centipercent.
    pub applied_centipercent: u16,
    /// Why.
    pub reason: Reason,
    /// The last good reading of the water while it is fresh, from a probe or a topic, millicelsius.
    pub water_millicelsius: Option<i32>,
    /// The same of the heat sink.
    pub heat_sink_millicelsius: Option<i32>,
    /// The same of the room.
    pub room_millicelsius: Option<i32>,
    /// What was wrong with the last attempt to read the water.
    pub water_fault: Option<ProbeFault>,
    /// The same of the heat sink.
    pub heat_sink_fault: Option<ProbeFault>,
    /// The same of the room.
    pub room_fault: Option<ProbeFault>,
    /// What this dimmer takes of the common setpoint, and by which rule.
    pub pool: Assignment,
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
    member: Member<POOL_MEMBERS>,
    /// What it takes of the common setpoint.
    assignment: Assignment,
    /// What was told of it last.
    told_trouble: Option<PoolTrouble>,
    /// When the common setpoint came last.
    followed_at: Option<Instant>,
    /// When a setpoint for this dimmer alone came last.
    directed_at: Option<Instant>,
    /// The pool was told of the session.
    hears_pool: bool,
    /// What the pool is being told: a payload is written after its message was taken.
    pool_member: Option<Announcement>,
    pool_totals: Option<PoolTotals>,
    /// Announcements that were refused.
    refusals: Refusals,
    /// It could not be sent, although the pool believes so.
    owes_announcement: bool,
    owes_totals: bool,
    /// Days since 1970-01-01, where the board has a clock.
    day: Option<u32>,
    started: Instant,
    request: Option<Request>,
    reason: Reason,
    permitted: Permitted,
    firing: FiringReport,
    firing_at: Instant,
    /// When the firing path last said that it feeds nothing although it was ordered.
    gate_fault_at: Option<Instant>,
    counters: Counters,
    outbox: Outbox,
    /// What was told last.
    announced: State,
    answers: Once<Answer>,
    /// Each with what its text leaves open.
    log: Once<(LogLine<'static>, Option<About>)>,
    /// What Domoticz was told a moment ago.
    echo: DomoticzEcho,
    /// Setpoints of more than the load can take.
    excess: Excess,
    alarms: Standing,
    /// What is wrong with the session.
    link_fault: Option<LinkFault>,
    boost: Boost,
    energy: Energy,
    /// What was asked for before it was switched off with a word.
    level_before_off: Setpoint,
    /// In the order of [`Role::ALL`].
    probes: [ProbeCounts; Role::ALL.len()],
    /// What the board says of itself.
    health: Health,
    /// The same as it was told at once.
    told_health: Health,
    told: Told,
    board_request: Option<BoardRequest>,
    /// The board can look for probes.
    searches_probes: bool,
    /// Why the configuration could not be read again.
    reload_fault: String<DETAIL_CAPACITY>,
    /// The time that was given last.
    latest: Instant,
    /// When the own probe of the water gave its last reading, and which; nothing if the last attempt failed.
    own_water: Option<(Instant, i32)>,
    renew_at: Instant,
}

impl Dimmer {
    /// A dimmer that is off until every condition holds.
    ///
    /// # Errors
    /// What only shows together with the identity: a topic to follow that is this dimmer's own, or a
    /// model or version that Home Assistant cannot be told.
    // Not inlined: what is needed to make one is not to be on the stack of who moves it about.
    #[inline(never)]
    pub fn new(identity: Identity, config: Valid, now: Instant) -> Result<Self, SettingsError> {
        let topics = configuring::topics(identity, &config, Told::default())?;
        let mut safety = Safety::new(config.safety, now);
        let decision = safety.decide(now);
        let id = pool::member_id(identity.id);
        let rated_watts = config.output.rated_watts;
        let mut member = Member::new(config.pool, id, identity.boot, rated_watts, now);
        Ok(Self {
            topics,
            assignment: member.share(now),
            member,
            told_trouble: None,
            followed_at: None,
            directed_at: None,
            hears_pool: false,
            pool_member: None,
            pool_totals: None,
            refusals: Refusals::NONE,
            owes_announcement: false,
            owes_totals: false,
            day: None,
            outbox: Outbox::new(now, configuring::heartbeat(&config)),
            announced: State::default(),
            answers: Once::new(),
            log: Once::new(),
            echo: DomoticzEcho::NONE,
            excess: Excess::NONE,
            boost: Boost::NONE,
            energy: Energy::new(now),
            level_before_off: Setpoint::Centipercent(10_000),
            probes: [ProbeCounts::default(); Role::ALL.len()],
            health: Health::UNKNOWN,
            told_health: Health::UNKNOWN,
            told: Told::default(),
            board_request: None,
            searches_probes: false,
            reload_fault: String::new(),
            latest: now,
            identity,
            config,
            safety,
            started: now,
            request: None,
            reason: decision.reason(),
            permitted: Permitted::OFF,
            firing: FiringReport::UNKNOWN,
            firing_at: now,
            gate_fault_at: None,
            counters: Counters::default(),
            alarms: Standing::NONE,
            link_fault: None,
            own_water: None,
            renew_at: now,
        })
    }

    /// Takes note of an event and decides anew.
    ///
    /// Bounded work; calling it more often than needed does no harm.
    pub fn handle(&mut self, now: Instant, event: Event<'_>) -> Effects {
        let heard = self.hear(now, event);
        self.react(now, heard)
    }

    /// Decides anew after something was heard.
    fn react(&mut self, now: Instant, heard: Heard) -> Effects {
        let before = self.reason;
        self.renew_boost(now);
        let trouble = self.follow_pool(now);
        self.decide(now);
        let decided = (self.reason != before).then_some(Incident::Decided(self.reason));
        // One with each event; the next deadline is at once while another waits.
        let alarm = if heard.not_reset.is_empty() {
            self.safety.take_change().map(Incident::Alarm)
        } else {
            Some(Incident::ResetRefused(heard.not_reset))
        };
        let exceeded = self.excess.take().map(Incident::Exceeded);
        let incidents = [
            // What was refused asked for nothing.
            heard.refusal.map(Incident::Refused).or(exceeded),
            decided,
            alarm,
            trouble.map(Incident::Pool),
        ];
        for incident in incidents.iter().flatten() {
            self.note(now, incident);
        }
        self.tell_pool(now);
        self.announce(now);
        self.renew_at = now + RENEWAL;
        Effects {
            order: Order {
                level: Level::saturating_from_centipercent(self.permitted.centipercent()),
                valid_until: now + LEASE,
            },
            to_send: self.outbox.advance(now),
            incidents,
            board: self.board_request.take(),
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
            .min(self.member.next_deadline(now).unwrap_or(self.renew_at))
            .min(self.boost.ends().unwrap_or(self.renew_at).max(now))
    }

    /// What the board said last of itself.
    #[must_use]
    pub const fn health(&self) -> &Health {
        &self.health
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
            heat_sink_millicelsius: self.safety.millicelsius(now, Role::HeatSink),
            room_millicelsius: self.safety.millicelsius(now, Role::Room),
            water_fault: self.safety.fault(Role::Water),
            heat_sink_fault: self.safety.fault(Role::HeatSink),
            room_fault: self.safety.fault(Role::Room),
            pool: self.assignment,
            mains: self.firing.mains,
            warnings: self.safety.alarms(AlarmLevel::Warning),
            critical: self.safety.alarms(AlarmLevel::Critical),
        }
    }

    /// Counts the energy on from what a board kept over a reset, in watt-hours ([`energy_watt_hours`](Self::energy_watt_hours)). Call it
    /// before the first event.
    pub const fn restore_energy(&mut self, watt_hours: u64) {
        self.energy.restore(watt_hours);
    }

    /// What went into the load since the counter began, in watt-hours, for a board to keep: once an hour, and before it starts again.
    #[must_use]
    pub const fn energy_watt_hours(&self) -> u64 {
        self.energy.watt_hours()
    }

    /// The board can look for probes on a wire: it is asked to by [`BoardRequest::SearchProbes`]. Of another one the command is refused.
    pub const fn offer_probe_search(&mut self) {
        self.searches_probes = true;
    }

    /// Whether the board can look for probes.
    #[must_use]
    pub const fn searches_probes(&self) -> bool {
        self.searches_probes
    }

    /// Latches the critical alarms that a board kept over a reset ([`Overview::critical`]). Call it before the first event.
    pub fn restore_alarms(&mut self, critical: AlarmSet) {
        self.safety.restore(critical);
    }
}
