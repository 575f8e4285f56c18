//! One run: a dimmer, its firing path, its probes, its router and its broker on one virtual clock.

mod acts;
mod expected;
mod probe;
mod router;
mod told;

use crate::hardware::{Hardware, device, instant_us};
use crate::oracle::{Oracle, Told, Violation};
use crate::random::Random;
use crate::scenario::Scenario;
use dimmer::config::Config;
use dimmer::phase::{Level, Order};
use dimmer::safety::{AlarmSet, Reason, Role};
use dimmer::topics::Message;
use dimmer::{Dimmer, Effects, Event, FiringReport, Identity, Instant};
use probe::Probe;
use std::collections::VecDeque;

/// The dimmer's id in every run.
const ID: &str = "020000000001";
const OWN: &str = "solar-dimmer/020000000001/power/set";
const BOOST: &str = "solar-dimmer/020000000001/command/boost";
/// The topic that it follows in every run.
pub(crate) const FOLLOWED: &str = "router/surplus";
/// The device's clock shows this at the start, so that it can go back.
const START_OFFSET_US: i64 = 1_000_000_000;
/// A report of the firing path that is older is as good as none, as on the desk between it and the control loop.
const REPORT_US: u64 = 1_000_000;
/// What is held for so long is also published by then: the gap between two messages, and what the loop and the session add.
const PUBLISHED_WITHIN_US: u64 = 1_500_000;
/// More turns at one moment than this never end.
const MOST_TURNS: u32 = 1_000;
/// After a reset the session is there again.
const SESSION_AFTER_US: u64 = 400_000;

/// What a message from outside says, and how the dimmer is to take it.
#[derive(Clone, Debug)]
struct Said {
    own_topic: bool,
    payload: String,
    retained: bool,
    /// In centipercent, if it is a setpoint.
    setpoint: Option<i32>,
}

struct World<'a> {
    scenario: &'a Scenario,
    config: Config,
    dimmer: Dimmer,
    hardware: Hardware,
    oracle: Oracle,
    random: Random,
    now_us: u64,
    offset_us: i64,
    /// The order on the desk, and what the firing path left there, with its device time.
    order: Order,
    report: Option<(Instant, FiringReport)>,
    probes: [Probe; 3],
    router_at_us: u64,
    router_speaks: bool,
    /// On the own topic, in centipercent.
    setpoint: Option<i32>,
    surplus: Option<i32>,
    /// The last setpoint that the dimmer was told: whether on its own topic, and in centipercent.
    heard: Option<(bool, i32)>,
    inbox: VecDeque<Said>,
    wake_at_us: u64,
    look_at_us: u64,
    stalled_until_us: u64,
    /// The control loop stood still, and was not yet heard again.
    late: bool,
    broker: bool,
    online_at_us: Option<u64>,
    session_at_us: Option<u64>,
    published: Vec<(Message, Vec<u8>)>,
    /// Since when the reason, and what is applied, are as they are.
    reason: (u64, Reason),
    applied: (u64, u16),
    alarms: (u64, AlarmSet, AlarmSet),
    turns: u32,
}

/// Runs a scenario to its end, or to the first violation.
#[must_use]
pub fn run(scenario: &Scenario) -> Option<Violation> {
    let mut world = match World::new(scenario) {
        Ok(world) => world,
        Err(what) => return Some(violation("E", 0, what)),
    };
    match world.run() {
        Ok(()) => None,
        Err((invariant, what)) => Some(violation(invariant, world.now_us, what)),
    }
}

fn violation(invariant: &'static str, now_us: u64, what: String) -> Violation {
    Violation {
        invariant,
        at_ms: now_us / 1_000,
        what,
    }
}

type Checked = Result<(), (&'static str, String)>;

const OFF: Order = Order {
    level: Level::OFF,
    valid_until: Instant::from_ticks(0),
};

fn make(config: &Config, now: Instant) -> Result<Dimmer, String> {
    let identity = Identity {
        id: ID.parse().map_err(|_| "the id".to_owned())?,
        model: "Fault campaign",
        version: "0",
        // Another at each start.
        boot: u32::try_from(now.as_ticks() % u64::from(u32::MAX)).unwrap_or_default(),
    };
    let config = config.clone().validate().map_err(|e| e.to_string())?;
    Dimmer::new(identity, config, now).map_err(|e| e.to_string())
}

impl<'a> World<'a> {
    fn new(scenario: &'a Scenario) -> Result<Self, String> {
        let surroundings = &scenario.surroundings;
        let mut config = scenario.config.clone();
        config.output.rated_watts = crate::hardware::RATED_WATTS;
        config.topics.follow = FOLLOWED.try_into().unwrap_or_default();
        let start = device(0, START_OFFSET_US);
        let hardware = Hardware::new(surroundings, config.mains).map_err(|e| e.to_string())?;
        Ok(Self {
            dimmer: make(&config, start)?,
            oracle: Oracle::new(config.safety, start),
            config,
            hardware,
            random: Random::new(surroundings.seed ^ 0x5eed),
            now_us: 0,
            offset_us: START_OFFSET_US,
            order: OFF,
            report: None,
            probes: [
                Probe::new(f64::from(surroundings.water_millicelsius)),
                Probe::new(40_000.0),
                Probe::new(20_000.0),
            ],
            router_at_us: 0,
            router_speaks: true,
            setpoint: None,
            surplus: None,
            heard: None,
            inbox: VecDeque::new(),
            wake_at_us: 0,
            look_at_us: 0,
            stalled_until_us: 0,
            late: false,
            broker: true,
            online_at_us: Some(SESSION_AFTER_US),
            session_at_us: None,
            published: Vec::new(),
            reason: (0, Reason::ConfigurationInvalid),
            applied: (0, 0),
            alarms: (0, AlarmSet::EMPTY, AlarmSet::EMPTY),
            turns: 0,
            scenario,
        })
    }

    fn run(&mut self) -> Checked {
        let end_us = self.scenario.surroundings.duration_ms * 1_000;
        let mut steps = self.scenario.steps.iter().peekable();
        loop {
            let step_us = steps.peek().map_or(u64::MAX, |step| step.at_ms * 1_000);
            let next_us = self.next_us(step_us).min(end_us).max(self.now_us);
            self.turns = if next_us == self.now_us {
                self.turns + 1
            } else {
                0
            };
            if self.turns > MOST_TURNS {
                return Err(("L", "it does not come to rest".to_owned()));
            }
            self.advance(next_us)?;
            if let Some(step) = steps.next_if(|_| step_us <= self.now_us) {
                self.act(&step.action)?;
            }
            self.serve()?;
            for expectation in &self.scenario.expectations {
                self.check(expectation)?;
            }
            if self.now_us >= end_us && step_us > end_us && !self.is_due() {
                return Ok(());
            }
        }
    }

    /// When something is to be done next.
    fn next_us(&self, step_us: u64) -> u64 {
        let stalled = self.stalled_until_us;
        let inbox = if self.inbox.is_empty() { u64::MAX } else { 0 };
        let of_loop = [
            self.wake_at_us,
            self.look_at_us,
            self.session_at_us.unwrap_or(u64::MAX),
            self.online_at_us.unwrap_or(u64::MAX),
            inbox,
        ];
        let of_loop = of_loop.into_iter().fold(u64::MAX, u64::min).max(stalled);
        let probes = self.probes.iter().map(|probe| probe.at_us.max(stalled));
        let expected = self
            .scenario
            .expectations
            .iter()
            .map(|expectation| seconds_us(expectation.at_s))
            .filter(|at_us| *at_us > self.now_us);
        probes
            .chain(expected)
            .chain([step_us, self.router_at_us, of_loop])
            .fold(u64::MAX, u64::min)
    }

    /// Whether something is still to be done at this moment.
    fn is_due(&self) -> bool {
        self.next_us(u64::MAX) <= self.now_us
    }

    fn advance(&mut self, until_us: u64) -> Checked {
        self.hardware.advance(until_us, self.offset_us, self.order);
        self.now_us = until_us;
        for seen in std::mem::take(&mut self.hardware.seen) {
            self.oracle.half_cycle(seen)?;
        }
        if let Some(report) = self.hardware.report() {
            self.report = Some((self.device(), report));
        }
        Ok(())
    }

    fn device(&self) -> Instant {
        device(self.now_us, self.offset_us)
    }

    /// Does what is due, in an order that differs: after a stall anything may come first.
    fn serve(&mut self) -> Checked {
        if self.router_at_us <= self.now_us {
            self.router_at_us = self.now_us + self.scenario.surroundings.router_every_ms * 1_000;
            if self.router_speaks {
                self.say_setpoints();
            }
        }
        if self.now_us < self.stalled_until_us {
            return Ok(());
        }
        let first = self.random.next() % 4;
        for turn in 0..4 {
            match (first + turn) % 4 {
                0 if self.wake_at_us <= self.now_us => self.handle(Event::Tick, Told::Nothing)?,
                1 if self.look_at_us <= self.now_us => self.look()?,
                2 => self.read_probes()?,
                3 => self.hear()?,
                _ => {}
            }
        }
        if self.online_at_us.is_some_and(|at| at <= self.now_us) {
            self.online_at_us = None;
            if self.broker {
                self.handle(Event::Connected { broker: 1 }, Told::Nothing)?;
            }
        }
        if self.session_at_us.is_some_and(|at| at <= self.now_us) {
            self.session_at_us = None;
            self.send()?;
        }
        Ok(())
    }

    fn look(&mut self) -> Checked {
        self.look_at_us = self.now_us + self.scenario.surroundings.look_every_ms * 1_000;
        let now = self.device();
        let report = match self.report {
            Some((at, report))
                if now
                    .checked_duration_since(at)
                    .is_some_and(|age| age.as_ticks() <= REPORT_US) =>
            {
                report
            }
            _ => FiringReport::UNKNOWN,
        };
        self.handle(Event::Firing(report), Told::Firing(report))
    }

    fn read_probes(&mut self) -> Checked {
        let every_us = self.scenario.surroundings.probe_every_ms * 1_000;
        for (index, role) in Role::ALL.into_iter().enumerate() {
            let now_us = self.now_us;
            let water = self.hardware.water_millicelsius();
            let Some(probe) = self
                .probes
                .get_mut(index)
                .filter(|probe| probe.at_us <= now_us)
            else {
                continue;
            };
            if role == Role::Water {
                probe.measures_millicelsius = water;
            }
            let Some(reading) = probe.read(now_us, every_us, &mut self.random) else {
                continue;
            };
            let topic = source(&self.config, role).topic.clone();
            if topic.is_empty() {
                self.handle(
                    Event::Temperature { role, reading },
                    Told::Temperature(role, reading),
                )?;
            } else {
                self.tell_temperature(role, &topic, reading)?;
            }
        }
        Ok(())
    }

    fn handle(&mut self, event: Event<'_>, told: Told) -> Checked {
        self.turn(told, |dimmer, now| Ok(dimmer.handle(now, event)))
    }

    /// One turn of the dimmer, watched by the oracle, and what follows from it.
    fn turn(
        &mut self,
        told: Told,
        happens: impl FnOnce(&mut Dimmer, Instant) -> Result<Effects, (&'static str, String)>,
    ) -> Checked {
        let now = self.device();
        let late = std::mem::take(&mut self.late);
        self.oracle.before(now, told, late)?;
        let effects = happens(&mut self.dimmer, now)?;
        let overview = self.dimmer.overview(now);
        let next = self.dimmer.next_deadline(now);
        self.oracle.after(now, told, &effects, &overview, next)?;
        self.order = effects.order;
        self.carry_out();
        self.wake_at_us = instant_us(next, self.offset_us).max(self.now_us);
        if effects.to_send && self.session_at_us.is_none() {
            let delay_us = self.scenario.surroundings.session_delay_ms * 1_000;
            self.session_at_us = Some(self.now_us + delay_us);
        }
        if late {
            self.reason.0 = self.now_us;
            self.applied.0 = self.now_us;
            self.alarms.0 = self.now_us;
        }
        let (_, critical, warnings) = self.alarms;
        if (critical, warnings) != (overview.critical, overview.warnings) {
            self.alarms = (self.now_us, overview.critical, overview.warnings);
        }
        if self.reason.1 != overview.reason {
            self.reason = (self.now_us, overview.reason);
        }
        if self.applied.1 != overview.applied_centipercent {
            self.applied = (self.now_us, overview.applied_centipercent);
        }
        self.is_told(&overview)
    }

    fn carry_out(&mut self) {
        // A clock that jumped ahead may have ended it at once.
        let until_us = instant_us(self.order.valid_until, self.offset_us).max(self.now_us);
        self.oracle
            .carried_out(self.now_us, self.order.level, until_us);
    }

    fn probe(&mut self, role: Role) -> Option<&mut Probe> {
        let index = Role::ALL.iter().position(|other| *other == role)?;
        self.probes.get_mut(index)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a time in a scenario; a cast from a float ends at the ends of the integer"
)]
fn seconds_us(seconds: f64) -> u64 {
    (seconds * 1e6).round() as u64
}

/// The topic that a temperature comes from.
fn source(config: &Config, role: Role) -> &dimmer::topics::Source {
    let temperature = &config.topics.temperature;
    match role {
        Role::Water => &temperature.water,
        Role::HeatSink => &temperature.heat_sink,
        _ => &temperature.room,
    }
}
