//! One whole dimmer with its plant, in virtual time.

use anyhow::{Context, Result, anyhow, bail};
use dimmer::config::Config;
use dimmer::phase::{Level, Order};
use dimmer::safety::Role;
use dimmer::topics::{DeviceId, Message, PAYLOAD_CAPACITY};
use dimmer::{Dimmer, Event, FiringFault, FiringReport, Identity, Instant, Overview};
use dimmer_plant::{FiringPath, Plant, PlantSettings};
use toml::{Table, Value};

use crate::bus::{Bus, Published, matches};
use crate::pool_file::typed;

/// How often the control loop looks at the firing path's report, as on a board.
const LOOK_EVERY_US: u64 = 250_000;
/// How often the water's probe is read.
const PROBE_EVERY_US: u64 = 2_000_000;
/// When the broker has accepted the session.
const ONLINE_AT_US: u64 = 500_000;
/// What a DS18B20 can tell apart, millicelsius.
const PROBE_STEP_MILLICELSIUS: f64 = 62.5;

/// A dimmer, the firing path that obeys it, and the heater and tank behind that.
#[derive(Debug)]
pub struct Member {
    dimmer: Dimmer,
    subscriptions: Vec<String>,
    path: FiringPath,
    order: Order,
    wake_us: u64,
    look_us: u64,
    probe_us: u64,
    online_us: Option<u64>,
    now_us: u64,
    half_cycles: u64,
    /// What the heater took, in all and over the last step.
    diverted_joules: f64,
    step_joules: f64,
}

impl Member {
    /// The `index`th of a table of members, whose water is so warm at this second of the day.
    pub(crate) fn new(
        mut table: Table,
        index: usize,
        follow: &str,
        second_of_day: f64,
    ) -> Result<Self> {
        let plant = table.remove("plant").unwrap_or(Table::new().into());
        let mut plant: PlantSettings = typed("plant", plant)?;
        let id = match table.remove("id") {
            Some(Value::String(id)) => id.parse().context("id")?,
            Some(_) => bail!("id is not a text"),
            None => nth_id(index),
        };
        let mut config: Config = typed("", table.into())?;
        config.topics.follow = follow
            .try_into()
            .map_err(|_| anyhow!("the topic is too long"))?;
        plant.load.rated_watts = f64::from(config.output.rated_watts);
        plant.tank.initial_second_of_day = second_of_day;
        let config = config.validate()?;
        let path = FiringPath::new(Plant::new(plant)?, config.mains);
        let identity = Identity {
            id,
            model: "Virtual house",
            version: env!("CARGO_PKG_VERSION"),
            // The same each time, so that a run can be had again.
            boot: u32::try_from(index).unwrap_or(0),
        };
        let dimmer = Dimmer::new(identity, config, Instant::from_ticks(0))?;
        let subscriptions = dimmer.topics().subscriptions();
        let subscriptions = subscriptions
            .map(|subscription| subscription.topic.as_str().to_owned())
            .collect();
        Ok(Self {
            dimmer,
            subscriptions,
            path,
            order: Order {
                level: Level::OFF,
                valid_until: Instant::from_ticks(0),
            },
            wake_us: 0,
            look_us: 0,
            probe_us: 0,
            online_us: Some(ONLINE_AT_US),
            now_us: 0,
            half_cycles: 0,
            diverted_joules: 0.0,
            step_joules: 0.0,
        })
    }

    /// Its settings.
    #[must_use]
    pub fn config(&self) -> &Config {
        self.dimmer.config()
    }

    /// The dimmer as it stands.
    #[must_use]
    pub fn overview(&self) -> Overview {
        self.dimmer.overview(self.now())
    }

    /// The heater and the tank.
    pub fn plant(&mut self) -> &mut Plant {
        self.path.plant()
    }

    /// What its heater took since the start, joules.
    #[must_use]
    pub fn diverted_joules(&self) -> f64 {
        self.diverted_joules
    }

    /// How many half-cycles were simulated.
    #[must_use]
    pub fn half_cycles(&self) -> u64 {
        self.half_cycles
    }

    /// What its heater took since this was asked last, joules.
    pub(crate) fn take_step_joules(&mut self) -> f64 {
        std::mem::take(&mut self.step_joules)
    }

    /// When it has something to do next.
    pub(crate) fn next_us(&self) -> u64 {
        let online_us = self.online_us.unwrap_or(u64::MAX);
        let next = [self.wake_us, self.look_us, self.probe_us, online_us];
        next.into_iter().fold(u64::MAX, u64::min)
    }

    /// Lets the heater run until then.
    pub(crate) fn advance(&mut self, until_us: u64) {
        self.path.advance(Instant::from_ticks(until_us), self.order);
        for half_cycle in self.path.plant().drain_delivered() {
            self.half_cycles += 1;
            self.step_joules += half_cycle.joules;
            self.diverted_joules += half_cycle.joules;
        }
        self.now_us = until_us;
    }

    /// Does what is due.
    pub(crate) fn serve(&mut self, bus: &mut Bus, wanted: &[String]) {
        if self.online_us.is_some_and(|at_us| at_us <= self.now_us) {
            self.online_us = None;
            self.handle(Event::Connected { broker: 1 }, bus, wanted);
        }
        if self.probe_us <= self.now_us {
            self.probe_us = self.now_us + PROBE_EVERY_US;
            let reading = Ok(millicelsius(self.path.plant().tank().celsius()));
            let role = Role::Water;
            self.handle(Event::Temperature { role, reading }, bus, wanted);
        }
        if self.look_us <= self.now_us {
            self.look_us = self.now_us + LOOK_EVERY_US;
            let (refused, gate_fault) = self.path.refused();
            let report = FiringReport {
                mains: self.path.mains(),
                fed: self.path.fed(),
                refused,
                fault: gate_fault.then_some(FiringFault::Gate),
            };
            self.handle(Event::Firing(report), bus, wanted);
        }
        if self.wake_us <= self.now_us {
            self.handle(Event::Tick, bus, wanted);
        }
    }

    /// A message arrives, if it is for this dimmer.
    pub(crate) fn hear(&mut self, message: &Published, bus: &mut Bus, wanted: &[String]) {
        let topic = message.topic.as_str();
        if self.online_us.is_some() || !listens(&self.subscriptions, topic) {
            return;
        }
        let event = Event::Message {
            topic,
            payload: &message.payload,
            retained: false,
        };
        self.handle(event, bus, wanted);
    }

    /// Where the totals of its pool are.
    pub(crate) fn totals_topic(&self) -> String {
        let topic = self.dimmer.topics().of(Message::PoolTotals);
        topic.as_str().to_owned()
    }

    /// What it subscribed to.
    pub(crate) fn subscriptions(&self) -> &[String] {
        &self.subscriptions
    }

    fn now(&self) -> Instant {
        Instant::from_ticks(self.now_us)
    }

    fn handle(&mut self, event: Event<'_>, bus: &mut Bus, wanted: &[String]) {
        let now = self.now();
        let effects = self.dimmer.handle(now, event);
        self.order = effects.order;
        if effects.to_send {
            self.send(bus, wanted);
        }
        let next = self.dimmer.next_deadline(now).as_ticks();
        self.wake_us = next.max(self.now_us + 1);
    }

    /// Publishes what waits. What nobody in the house listens to is not written out: that is most of it.
    fn send(&mut self, bus: &mut Bus, wanted: &[String]) {
        let mut buffer = [0; PAYLOAD_CAPACITY];
        while let Some(sending) = self.dimmer.take() {
            let topic = self.dimmer.topic(sending).as_str().to_owned();
            if !listens(wanted, &topic) {
                continue;
            }
            let length = self.dimmer.render(sending, self.now(), &mut buffer);
            let payload = length.ok().and_then(|length| buffer.get(..length));
            let payload = payload.unwrap_or_default().to_vec();
            bus.publish(self.now_us, Published { topic, payload });
        }
    }
}

fn listens(subscriptions: &[String], topic: &str) -> bool {
    subscriptions.iter().any(|filter| matches(filter, topic))
}

/// The ids count on from the simulator's first.
fn nth_id(index: usize) -> DeviceId {
    let number = 0x0200_0000_0001_u64.wrapping_add(u64::try_from(index).unwrap_or(0));
    let [_, _, mac @ ..] = number.to_be_bytes();
    DeviceId::new(mac)
}

/// What the probe tells of a temperature.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the cast saturates, and no water is so warm"
)]
fn millicelsius(celsius: f64) -> i32 {
    ((celsius * 1_000.0 / PROBE_STEP_MILLICELSIUS).round() * PROBE_STEP_MILLICELSIUS) as i32
}
