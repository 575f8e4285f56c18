//! One run: a dimmer, its firing path, its probes, its router and its broker on one virtual clock.

mod probe;

use crate::action::Action;
use crate::hardware::{Hardware, device, instant_us};
use crate::oracle::{Oracle, Told, Violation};
use crate::random::Random;
use crate::scenario::{Expectation, Scenario};
use dimmer::config::Config;
use dimmer::phase::{Level, Order};
use dimmer::safety::{AlarmSet, Reason, Role};
use dimmer::topics::{Message, PAYLOAD_CAPACITY};
use dimmer::{Dimmer, Event, FiringReport, Identity, Instant, Overview};
use probe::Probe;
use std::collections::VecDeque;

/// The dimmer's id in every run.
const ID: &str = "020000000001";
const OWN: &str = "solar-dimmer/020000000001/power/set";
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
                self.handle(Event::Connected, Told::Nothing)?;
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
            let reading = probe.read(now_us, every_us, &mut self.random);
            if let Some(reading) = reading {
                self.handle(
                    Event::Temperature { role, reading },
                    Told::Temperature(role, reading),
                )?;
            }
        }
        Ok(())
    }

    fn say_setpoints(&mut self) {
        for (own_topic, value) in [(true, self.setpoint), (false, self.surplus)] {
            if let Some(value) = value {
                self.say(own_topic, value, false);
            }
        }
    }

    fn say(&mut self, own_topic: bool, centipercent: i32, retained: bool) {
        let payload = match self.random.next() % 3 {
            0 => format!("{{\"power\":{}}}", f64::from(centipercent) / 100.0),
            _ => format!("{}", f64::from(centipercent) / 100.0),
        };
        self.deliver(Said {
            own_topic,
            payload,
            retained,
            setpoint: (!retained).then_some(centipercent),
        });
    }

    fn garbage(&mut self, payload: &str) {
        self.deliver(Said {
            own_topic: true,
            payload: payload.to_owned(),
            retained: false,
            setpoint: None,
        });
    }

    /// Without a broker nothing arrives.
    fn deliver(&mut self, said: Said) {
        if self.broker && self.online_at_us.is_none() {
            self.inbox.push_back(said);
        }
    }

    fn hear(&mut self) -> Checked {
        while let Some(said) = self.inbox.pop_front() {
            let told = match said.setpoint {
                Some(centipercent) => {
                    let start = if said.own_topic {
                        0
                    } else {
                        self.config.pool.start_centipercent
                    };
                    let share = centipercent.saturating_sub(start).clamp(0, 10_000);
                    Told::Setpoint(u16::try_from(share).unwrap_or(0))
                }
                None => Told::Nothing,
            };
            let topic = if said.own_topic { OWN } else { FOLLOWED };
            let event = Event::Message {
                topic,
                payload: said.payload.as_bytes(),
                retained: said.retained,
            };
            self.handle(event, told)?;
        }
        Ok(())
    }

    fn handle(&mut self, event: Event<'_>, told: Told) -> Checked {
        let now = self.device();
        let late = std::mem::take(&mut self.late);
        self.oracle.before(now, told, late)?;
        let effects = self.dimmer.handle(now, event);
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

    /// What has been so for long is also what the broker has.
    fn is_told(&self, overview: &Overview) -> Checked {
        let told = |since_us: u64, message, expected: &str| {
            let seen = self.published.iter().find(|(other, _)| *other == message);
            let seen = seen.map_or(&b""[..], |(_, payload)| payload);
            if self.now_us - since_us < PUBLISHED_WITHIN_US || seen == expected.as_bytes() {
                return Ok(());
            }
            let seen = String::from_utf8_lossy(seen);
            Err((
                "I6",
                format!("{message:?} is {expected} for long, and `{seen}` is published"),
            ))
        };
        if !self.broker || self.online_at_us.is_some() || self.published.is_empty() {
            return Ok(());
        }
        told(self.reason.0, Message::Reason, overview.reason.as_str())?;
        let applied = f64::from(overview.applied_centipercent) / 100.0;
        told(self.applied.0, Message::Applied, &applied.to_string())
    }

    /// The session takes what waits, and the broker keeps it.
    fn send(&mut self) -> Checked {
        let now = self.device();
        let mut buffer = [0; PAYLOAD_CAPACITY];
        while let Some(message) = self.dimmer.take() {
            let rendered = self.dimmer.render(message, now, &mut buffer);
            let payload = rendered.ok().and_then(|length| buffer.get(..length));
            let Some(payload) = payload else {
                return Err(("I6", format!("{message:?} cannot be written")));
            };
            self.is_true(message, payload, now)?;
            match self
                .published
                .iter_mut()
                .find(|(other, _)| *other == message)
            {
                Some((_, kept)) => payload.clone_into(kept),
                None => self.published.push((message, payload.to_vec())),
            }
        }
        Ok(())
    }

    /// What is published as applied is what was fed.
    fn is_true(&self, message: Message, payload: &[u8], now: Instant) -> Checked {
        let applied = self.oracle.applied_centipercent(now.as_ticks());
        let percent = f64::from(applied) / 100.0;
        let text = String::from_utf8_lossy(payload);
        let well = match message {
            Message::Applied => text == percent.to_string(),
            Message::Watts => text == self.oracle.applied_watts(now.as_ticks()).to_string(),
            Message::State => {
                let reason = self.dimmer.overview(now).reason;
                text.contains(&format!("\"applied\":{percent},"))
                    && text.contains(&format!("\"reason\":\"{reason}\""))
            }
            _ => true,
        };
        if well {
            Ok(())
        } else {
            Err((
                "I6",
                format!("{message:?} says {text}, and {percent} % are fed"),
            ))
        }
    }

    fn act(&mut self, action: &Action) -> Checked {
        match action {
            Action::Probe(role, state) => {
                if let Some(probe) = self.probe(*role) {
                    probe.state = *state;
                }
            }
            Action::Temperature(Role::Water, value) => self.hardware.set_water(f64::from(*value)),
            Action::Temperature(role, value) => {
                if let Some(probe) = self.probe(*role) {
                    probe.measures_millicelsius = f64::from(*value);
                }
            }
            Action::Setpoint(value) => {
                self.setpoint = Some(*value);
                self.surplus = None;
                self.say_setpoints();
            }
            Action::Surplus(value) => {
                self.surplus = Some(*value);
                self.setpoint = None;
                self.say_setpoints();
            }
            Action::Router(speaks) => self.router_speaks = *speaks,
            Action::Garbage(payload) => self.garbage(payload),
            Action::Retained(value) => self.say(true, *value, true),
            Action::Flood(count) => {
                for number in 0..*count {
                    if number % 2 == 0 {
                        self.garbage("on");
                    } else {
                        let value = self.random.whole(0, 10_000);
                        self.say(true, value, false);
                    }
                }
            }
            Action::HomeAssistant if self.broker => {
                let event = Event::Message {
                    topic: "homeassistant/status",
                    payload: b"online",
                    retained: false,
                };
                self.awake(event, Told::Nothing)?;
            }
            Action::HomeAssistant => {}
            Action::Broker(on) => {
                if *on && !self.broker {
                    self.online_at_us = Some(self.now_us + SESSION_AFTER_US);
                } else if !*on && self.broker {
                    self.online_at_us = None;
                    self.inbox.clear();
                    self.published.clear();
                    self.awake(Event::Disconnected, Told::Nothing)?;
                }
                self.broker = *on;
            }
            Action::Mains(change) => {
                self.oracle.mains_changed(self.now_us, *change);
                self.hardware.mains(*change);
            }
            Action::TriacStuck(is) => self.hardware.triac_stuck(*is),
            Action::GateRefuses(is) => self.hardware.gate_refuses(*is),
            Action::Clock(milliseconds) => {
                let earliest = -i64::try_from(self.now_us).unwrap_or(i64::MAX);
                self.offset_us = (self.offset_us + milliseconds * 1_000).max(earliest);
                self.hardware.clock_was_set();
                // What ended by the jump is seen at the next turn, which is at once.
                self.late = true;
                self.wake_at_us = self.now_us;
                if self.order.level > Level::OFF {
                    self.carry_out();
                }
            }
            Action::LoopStalls(milliseconds) => {
                self.stalled_until_us = self.now_us + milliseconds * 1_000;
                self.late = true;
            }
            Action::FiringStalls(milliseconds) => self.hardware.stall(*milliseconds),
            Action::Restart { keeps_alarms } => self.restart(*keeps_alarms)?,
            Action::Settings(table) => self.change_settings(table)?,
            Action::Switched(on) => self.awake(Event::Switched(*on), Told::Switched(*on))?,
            Action::ResetAlarms => self.awake(Event::ResetAlarms, Told::ResetAlarms)?,
        }
        Ok(())
    }

    /// Something that only a control loop that runs can be told: what stands still now hears it before anything else.
    fn awake(&mut self, event: Event<'_>, told: Told) -> Checked {
        self.stalled_until_us = self.stalled_until_us.min(self.now_us);
        self.handle(event, told)
    }

    fn restart(&mut self, keeps_alarms: bool) -> Checked {
        let critical = self.dimmer.overview(self.device()).critical;
        let kept = if keeps_alarms {
            critical
        } else {
            AlarmSet::EMPTY
        };
        // A chip counts from its reset.
        self.offset_us = -i64::try_from(self.now_us).unwrap_or(0);
        self.order = OFF;
        self.report = None;
        self.oracle.carried_out(self.now_us, Level::OFF, 0);
        self.hardware.restart(self.config.mains);
        self.begin_anew(kept)?;
        self.stalled_until_us = 0;
        let every_us = self.scenario.surroundings.probe_every_ms * 1_000;
        for probe in &mut self.probes {
            probe.at_us = self.now_us + every_us;
        }
        Ok(())
    }

    /// There is no way to change a dimmer's settings: another one takes its place, and the latched alarms with it.
    fn change_settings(&mut self, table: &toml::Table) -> Checked {
        let safety = crate::scenario::with_settings(&self.config.safety, table);
        self.config.safety = safety.map_err(|error| ("E", format!("{error:#}")))?;
        let kept = self.dimmer.overview(self.device()).critical;
        self.begin_anew(kept)?;
        self.awake(Event::Tick, Told::Nothing)
    }

    fn begin_anew(&mut self, kept: AlarmSet) -> Checked {
        let now = self.device();
        self.dimmer = make(&self.config, now).map_err(|what| ("E", what))?;
        self.dimmer.restore_alarms(kept);
        self.oracle.begin_anew(self.config.safety, now, kept);
        self.inbox.clear();
        self.published.clear();
        self.session_at_us = None;
        self.online_at_us = self.broker.then_some(self.now_us + SESSION_AFTER_US);
        self.wake_at_us = self.now_us;
        self.reason.0 = self.now_us;
        self.applied.0 = self.now_us;
        self.late = false;
        Ok(())
    }

    fn probe(&mut self, role: Role) -> Option<&mut Probe> {
        let index = Role::ALL.iter().position(|other| *other == role)?;
        self.probes.get_mut(index)
    }

    /// What a scenario says that must be seen now.
    fn check(&self, expected: &Expectation) -> Checked {
        let at_us = seconds_us(expected.at_s);
        let until_us = expected.until_s.map_or(at_us, seconds_us);
        if !(at_us..=until_us).contains(&self.now_us) || self.is_due() {
            return Ok(());
        }
        let overview = self.dimmer.overview(self.device());
        let fed = self.hardware.fed();
        let ordered = if self.order.valid_until < self.device() {
            Level::OFF
        } else {
            self.order.level
        };
        let mut wrong = Vec::new();
        let mut expect = |what: &str, expected: &str, seen: String| {
            if expected != seen {
                wrong.push(format!("{what} is `{seen}` instead of `{expected}`"));
            }
        };
        if let Some(reason) = &expected.reason {
            expect("the reason", reason, overview.reason.to_string());
        }
        if let Some(power) = &expected.power {
            let is = |on| if on { "on" } else { "off" }.to_owned();
            expect("the power ordered", power, is(ordered > Level::OFF));
            expect("the power fed", power, is(fed > Level::OFF));
        }
        for (what, kind, set) in [
            ("warning", &expected.warning, overview.warnings),
            ("critical", &expected.critical, overview.critical),
        ] {
            if let Some(kind) = kind {
                let names: Vec<_> = set.iter().map(|kind| kind.as_str()).collect();
                expect(what, kind, names.join(" "));
            }
        }
        if let Some(maximum) = expected.maximum_percent {
            let most = ordered.max(fed).centipercent();
            if f64::from(most) / 100.0 > maximum {
                wrong.push(format!("{most} centipercent are more than {maximum} %"));
            }
        }
        for (topic, payload) in &expected.published {
            let full = format!("solar-dimmer/{ID}/{topic}");
            let seen = self
                .published
                .iter()
                .find(|(message, _)| self.dimmer.topic(*message).as_str() == full)
                .map(|(_, payload)| String::from_utf8_lossy(payload).into_owned());
            if seen.as_deref() != Some(payload) {
                wrong.push(format!("{topic} is {seen:?} instead of `{payload}`"));
            }
        }
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(("E", wrong.join("; ")))
        }
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
