//! Several dimmers on one broker, all in memory: what it retains, whom it tells, and what it says of those that are cut.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failed step of a test is a failed test"
)]

use std::collections::BTreeMap;

use dimmer::{
    Event, Sending,
    config::Config,
    pool::Standing,
    safety::Role,
    topics::{DeviceId, Message, OFFLINE, PAYLOAD_CAPACITY, Subscription},
};
use serde_json::Value;

use crate::bench::{Bench, COMMON, at, firing};
use dimmer::phase::MainsState;

/// Often enough for every deadline of a pool.
const STEP_MS: u64 = 50;

/// One dimmer, its tank, and its line to the broker.
pub(crate) struct Unit {
    pub(crate) bench: Bench,
    pub(crate) water_millicelsius: i32,
    pub(crate) is_online: bool,
    /// What it says reaches nobody, and nobody tells it anything, but the broker has not noticed.
    pub(crate) is_partitioned: bool,
}

impl Unit {
    pub(crate) fn watts(&self) -> u32 {
        let overview = self.bench.dimmer.overview(at(self.bench.now_ms));
        let rated = self.bench.dimmer.config().output.rated_watts;
        // A share is a whole number of centipercent: to the nearest watt.
        (rated * u32::from(overview.permitted_centipercent) + 5_000) / 10_000
    }

    pub(crate) fn standing(&self) -> Standing {
        let now = at(self.bench.now_ms);
        self.bench.dimmer.overview(now).pool.standing
    }

    fn id(&self) -> DeviceId {
        self.bench.dimmer.identity().id
    }

    fn subscriptions(&self) -> impl Iterator<Item = Subscription> {
        (0..).map_while(|index| self.bench.dimmer.subscription(index))
    }

    fn wants(&self, topic: &str) -> bool {
        self.subscriptions()
            .any(|subscription| matches(&subscription.topic, topic))
    }

    fn hear(&mut self, topic: &str, payload: &[u8], retained: bool) {
        let _ = self.bench.give(Event::Message {
            topic,
            payload,
            retained,
        });
    }
}

/// The filters of MQTT (5, 4.7.1).
fn matches(filter: &str, topic: &str) -> bool {
    let (mut filter, mut topic) = (filter.split('/'), topic.split('/'));
    loop {
        match (filter.next(), topic.next()) {
            (Some("#"), _) | (None, None) => return true,
            (Some("+"), Some(_)) => {}
            (one, other) if one == other => {}
            _ => return false,
        }
    }
}

pub(crate) struct House {
    pub(crate) units: Vec<Unit>,
    pub(crate) now_ms: u64,
    pub(crate) retained: BTreeMap<String, Vec<u8>>,
    /// Everything that was published, in its order.
    pub(crate) published: Vec<(u64, String)>,
    /// What the router repeats every five seconds.
    pub(crate) setpoint: Option<&'static str>,
    /// The broker tells nobody what is said in the pool.
    pub(crate) swallows_the_pool: bool,
}

impl House {
    /// Dimmers of so many watts that share as these settings say; their ids and priorities are in the same order.
    pub(crate) fn new(watts: &[u32], change: impl Fn(usize, &mut Config)) -> Self {
        let unit = |(index, watts): (usize, &u32)| {
            let id = format!("0200000000{:02x}", index + 1);
            let mut bench = Bench::named(&id, 1000 + u32::try_from(index).unwrap(), |config| {
                config.output.rated_watts = *watts;
                config.pool.sharing = dimmer::pool::Sharing::Priority;
                config.pool.priority = u8::try_from(index).unwrap();
                // Any reading may follow any other.
                config.safety.water_maximum_rate_millicelsius_per_minute = 0;
                config.topics.homeassistant.discovery = dimmer::topics::Discovery::Off;
                change(index, config);
            });
            bench.firing = firing(MainsState::Locked);
            Unit {
                bench,
                water_millicelsius: 40_000,
                is_online: false,
                is_partitioned: false,
            }
        };
        let mut house = Self {
            units: watts.iter().enumerate().map(unit).collect(),
            now_ms: 0,
            retained: BTreeMap::new(),
            published: Vec::new(),
            setpoint: None,
            swallows_the_pool: false,
        };
        for index in 0..house.units.len() {
            house.connect(index);
        }
        house.pass(1_000);
        house
    }

    /// A session begins: what was retained comes before the session is said to stand.
    pub(crate) fn connect(&mut self, index: usize) {
        let unit = &mut self.units[index];
        unit.is_online = true;
        unit.is_partitioned = false;
        let _ = unit.bench.give(Event::Disconnected);
        // With one subscription after the other, in their order.
        let subscriptions: Vec<_> = unit.subscriptions().filter(|it| it.retained).collect();
        for subscription in subscriptions {
            for (topic, payload) in &self.retained {
                if matches(&subscription.topic, topic) {
                    unit.hear(topic, payload, true);
                }
            }
        }
        let _ = unit.bench.give(Event::Connected { broker: 1 });
        self.pump();
    }

    /// The line is cut, and the broker publishes the will.
    pub(crate) fn cut(&mut self, index: usize) {
        let unit = &mut self.units[index];
        unit.is_online = false;
        let _ = unit.bench.give(Event::Disconnected);
        let topic = format!("solar-dimmer/{}/availability", unit.id());
        self.publish(&topic, OFFLINE.as_bytes(), true);
        self.pump();
    }

    pub(crate) fn publish(&mut self, topic: &str, payload: &[u8], retain: bool) {
        self.published.push((self.now_ms, topic.to_owned()));
        if retain && payload.is_empty() {
            self.retained.remove(topic);
        } else if retain {
            self.retained.insert(topic.to_owned(), payload.to_vec());
        }
        let is_swallowed = self.swallows_the_pool && topic.contains("/pool/");
        for unit in &mut self.units {
            let hears = unit.is_online && !unit.is_partitioned && !is_swallowed;
            if hears && unit.wants(topic) {
                unit.hear(topic, payload, false);
            }
        }
    }

    /// Delivers all that waits, and what that leads to.
    pub(crate) fn pump(&mut self) {
        for _ in 0..10_000 {
            let Some((index, sending)) = self.next() else {
                return;
            };
            let unit = &self.units[index];
            let topic = unit.bench.dimmer.topic(sending);
            let retain = unit.bench.dimmer.delivery(sending).retain;
            let mut buffer = [0; PAYLOAD_CAPACITY];
            let length = unit
                .bench
                .dimmer
                .render(sending, at(self.now_ms), &mut buffer)
                .unwrap();
            if !unit.is_partitioned {
                self.publish(&topic, &buffer[..length], retain);
            }
        }
        panic!("they never stop talking");
    }

    fn next(&mut self) -> Option<(usize, Sending)> {
        self.units.iter_mut().enumerate().find_map(|(index, unit)| {
            let sending = unit.is_online.then(|| unit.bench.dimmer.take())?;
            Some((index, sending?))
        })
    }

    /// Lets time pass for all.
    pub(crate) fn pass(&mut self, milliseconds: u64) {
        let end = self.now_ms + milliseconds;
        while self.now_ms < end {
            self.now_ms += STEP_MS;
            let now_ms = self.now_ms;
            for unit in &mut self.units {
                unit.bench.now_ms = now_ms;
                if now_ms.is_multiple_of(2_000) || now_ms == STEP_MS {
                    let _ = unit.bench.give(Event::Temperature {
                        role: Role::Water,
                        reading: Ok(unit.water_millicelsius),
                    });
                }
                if now_ms.is_multiple_of(250) || now_ms == STEP_MS {
                    let _ = unit.bench.report();
                }
                let deadline = unit.bench.dimmer.next_deadline(at(now_ms));
                assert!(deadline >= at(now_ms));
                let _ = unit.bench.give(Event::Tick);
            }
            if now_ms.is_multiple_of(5_000) {
                self.ask();
            }
            self.pump();
        }
    }

    fn ask(&mut self) {
        if let Some(setpoint) = self.setpoint {
            self.publish(COMMON, setpoint.as_bytes(), false);
        }
    }

    /// The router changes its mind.
    pub(crate) fn asks(&mut self, setpoint: &'static str) {
        self.setpoint = Some(setpoint);
        self.ask();
        self.pump();
    }

    pub(crate) fn watts(&self) -> Vec<u32> {
        self.units.iter().map(Unit::watts).collect()
    }

    pub(crate) fn announcement(&self, index: usize) -> Option<Value> {
        let topic = format!("solar-dimmer/pool/main/{}", self.units[index].id());
        let payload = self.retained.get(&topic)?;
        Some(serde_json::from_slice(payload).unwrap())
    }

    pub(crate) fn totals(&self) -> Value {
        serde_json::from_slice(&self.retained["solar-dimmer/pool/main/totals"]).unwrap()
    }

    pub(crate) fn errors(&self, index: usize) -> Value {
        let status = self.units[index].bench.payload(Message::Status);
        serde_json::from_str::<Value>(&status).unwrap()["errors"].take()
    }

    /// How often something was published on a topic that ends so, since a time.
    pub(crate) fn count(&self, end: &str, since_ms: u64) -> usize {
        let new = self.published.iter().filter(|(at, _)| *at > since_ms);
        new.filter(|(_, topic)| topic.ends_with(end)).count()
    }
}
