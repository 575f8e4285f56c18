//! What comes in: told to the safety, the pool and the outbox; or refused.

use dimmer_phase::MainsState;
use dimmer_pool::{NumberIs, Share};
use dimmer_safety::{AlarmSet, ProbeFault, Role, Source};
use dimmer_topics::{
    Incoming, Message, Refusal, RefusalKind, Setpoint, SetpointUnit, home_assistant_started,
    parse_common_setpoint,
};

use super::{Dimmer, Request};
use crate::{Duration, Event, FiringReport, Instant};

/// What an event came to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heard {
    /// Why it was refused.
    pub(super) refusal: Option<Refusal>,
    /// The alarms that a reset left, because their cause lasts.
    pub(super) not_reset: AlarmSet,
}

impl Heard {
    /// Nothing to tell.
    pub(super) const NOTHING: Self = Self {
        refusal: None,
        not_reset: AlarmSet::EMPTY,
    };
}

impl Dimmer {
    /// Takes note of an event; decides nothing.
    pub(super) fn hear(&mut self, now: Instant, event: Event<'_>) -> Heard {
        if now < self.firing_at {
            // A clock that went back: nobody knows how old the report is, and it is not to become believable again when the clock has
            // caught up.
            self.firing = FiringReport::UNKNOWN;
            self.firing_at = now;
        }
        if now < self.latest {
            // Nor how long a boost still lasts.
            self.cancel_boost(now);
        }
        self.latest = now;
        let mut heard = Heard::NOTHING;
        match event {
            Event::Tick => {}
            Event::Message {
                topic,
                payload,
                retained,
            } => {
                let outcome = self.message(now, topic, payload, retained, &mut heard.not_reset);
                heard.refusal = outcome.err();
            }
            Event::Temperature { role, reading } => self.measured(now, role, reading),
            Event::Firing(report) => self.fired(now, report),
            Event::Counted { role, counts } => {
                let place = Role::ALL.iter().position(|other| *other == role);
                if let Some(known) = place.and_then(|place| self.probes.get_mut(place)) {
                    *known = counts;
                }
            }
            Event::Health(health) => self.fares(now, health),
            Event::Day(day) => self.day = Some(day),
            Event::Switched(on) => self.safety.switched(now, on),
            Event::ResetAlarms => heard.not_reset = self.safety.reset_alarms(now).refused,
            Event::Connected { broker } => {
                let obsolete = self.topics.obsolete();
                self.outbox.connected(now, broker, obsolete);
                self.join_pool(now);
            }
            Event::Impaired(fault) => {
                if self.link_fault != fault {
                    self.link_fault = fault;
                    self.outbox.changed(Message::Status);
                }
            }
            Event::ReloadFailed(told) => self.reload_failed(now, told),
            Event::Disconnected => {
                self.link_fault = None;
                self.outbox.disconnected();
                self.lose_pool(now);
            }
        }
        if let Some(refusal) = heard.refusal {
            self.counters.refused = self.counters.refused.saturating_add(1);
            self.counters.last_refusal = Some(refusal);
        }
        heard
    }

    fn message(
        &mut self,
        now: Instant,
        topic: &str,
        payload: &[u8],
        retained: bool,
        not_reset: &mut AlarmSet,
    ) -> Result<(), Refusal> {
        // A message on a topic that nobody asked for is not ours to judge.
        let Some(incoming) = self.topics.incoming(topic) else {
            return Ok(());
        };
        self.counters.received = self.counters.received.saturating_add(1);
        if let Some(command) = self.topics.command(topic, payload, retained) {
            return self.command(now, incoming, command, not_reset);
        }
        match incoming {
            Incoming::Followed => {
                let unit = match self.config.pool.number_is {
                    NumberIs::Percent => SetpointUnit::Percent,
                    NumberIs::Watts => SetpointUnit::Watts,
                };
                self.asked(now, Request::Followed(setpoint(payload, retained, unit)?));
                Ok(())
            }
            Incoming::Temperature(_) => self.told(now, topic, payload, retained),
            Incoming::Domoticz => self.domoticz(now, payload, retained, not_reset),
            Incoming::PoolMember(id) => self.member_heard(now, id, payload, retained),
            Incoming::MemberAvailability(id) => {
                self.availability_heard(now, id, payload);
                Ok(())
            }
            Incoming::HomeAssistantStatus => {
                if home_assistant_started(payload) {
                    self.outbox.announce_at(now + self.discovery_delay());
                }
                Ok(())
            }
            // A way in that this version does not know changes nothing.
            _ => Ok(()),
        }
    }

    pub(super) fn asked(&mut self, now: Instant, request: Request) {
        self.request = Some(request);
        let share = self.share_of(now, request);
        // Repeats count: a setpoint that comes again unchanged is alive.
        self.safety
            .wish(now, Source::Setpoint, share.centipercent());
    }

    /// What this dimmer takes of a request.
    fn share_of(&mut self, now: Instant, request: Request) -> Share {
        match request {
            Request::Direct(setpoint) => {
                self.directed_at = Some(now);
                self.member.direct(pool_setpoint(setpoint))
            }
            Request::Followed(setpoint) => self.share_of_followed(now, setpoint),
        }
    }

    /// Temperatures from a topic. One that is refused is a fault of that probe: garbage leads to off as silence does.
    fn told(
        &mut self,
        now: Instant,
        topic: &str,
        payload: &[u8],
        retained: bool,
    ) -> Result<(), Refusal> {
        let mut outcome = Ok(());
        for (role, temperature) in self.topics.temperatures(topic, payload, retained) {
            let reading = temperature.map_err(|refusal| fault(refusal.kind()));
            self.safety.temperature(now, safety_role(role), reading);
            outcome = outcome.and(temperature.map(|_| ()));
        }
        outcome
    }

    /// A reading of a probe of this dimmer's own.
    fn measured(&mut self, now: Instant, role: Role, reading: Result<i32, ProbeFault>) {
        if self.is_from_topic(role) {
            // Two sources in turn would each hide that the other has failed.
            return;
        }
        self.safety.temperature(now, role, reading);
        if role == Role::Water {
            let is_good = self.safety.fault(role).is_none();
            self.own_water = reading.ok().filter(|_| is_good).map(|good| (now, good));
            self.share();
        }
    }

    /// How long after Home Assistant's start discovery is said again: 1 to 9 s, different from device to device, so that not every
    /// one answers at once.
    fn discovery_delay(&self) -> Duration {
        let spread_ms = self.identity.id.mac().iter().fold(0u16, |sum, byte| {
            sum.wrapping_mul(31).wrapping_add(u16::from(*byte))
        }) % 8_000;
        Duration::from_ticks((1_000 + u64::from(spread_ms)) * 1_000)
    }

    fn fired(&mut self, now: Instant, report: FiringReport) {
        self.firing = report;
        self.firing_at = now;
        if report.fault.is_some() {
            self.gate_fault_at = Some(now);
        }
        // A coasting tracker still knows where the crossings are; it says itself when it no longer does.
        let locked = matches!(
            report.mains.state,
            MainsState::Locked | MainsState::Coasting
        );
        self.safety.mains(now, locked);
        self.safety.gate_fault(now, report.fault.is_some());
        let watts = self.watts(report.fed.centipercent());
        self.energy.fed(now, watts);
        self.safety.applied(now, watts);
    }
}

fn setpoint(payload: &[u8], retained: bool, unit: SetpointUnit) -> Result<Setpoint, Refusal> {
    if retained {
        return Err(Refusal::new(RefusalKind::Retained));
    }
    parse_common_setpoint(payload, unit)
}

pub(super) fn pool_setpoint(setpoint: Setpoint) -> dimmer_pool::Setpoint {
    match setpoint {
        Setpoint::Centipercent(centipercent) => dimmer_pool::Setpoint::Centipercent(centipercent),
        Setpoint::Watts(watts) => dimmer_pool::Setpoint::Watts(watts),
    }
}

/// What a temperature that was refused says of the probe behind the topic.
const fn fault(refusal: RefusalKind) -> ProbeFault {
    match refusal {
        // No temperature is so high: off at once, as with a probe that states the impossible.
        RefusalKind::OutOfRange => ProbeFault::OutOfRange,
        _ => ProbeFault::Unrecognised,
    }
}

/// The two crates do not know each other.
const fn safety_role(role: dimmer_topics::Role) -> Role {
    match role {
        dimmer_topics::Role::Water => Role::Water,
        dimmer_topics::Role::HeatSink => Role::HeatSink,
        dimmer_topics::Role::Room => Role::Room,
    }
}
