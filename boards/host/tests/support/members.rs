//! Members of a shared pool, each a process of its own, and what they take together.

use std::{
    collections::BTreeMap,
    sync::mpsc::{RecvTimeoutError, Sender, channel},
    thread,
    time::{Duration, Instant},
};

use super::{Subscriber, publish, simulator::Simulator, waited_for};

/// Where the pool's totals are told.
pub const TOTALS: &str = "solar-dimmer/pool/main/totals";
/// The common setpoint.
pub const ALL: &str = "solar-dimmer/all/power/set";
/// How often the router repeats itself.
pub const ROUTER_EVERY: Duration = Duration::from_secs(1);
/// How hot the water is at the start: one degree below the limit, so that another two are too many.
const WATER_CELSIUS: &str = "59";
/// The total is right within this part of the largest member.
const TOLERANCE: f64 = 0.01;

/// One member.
pub struct Member {
    pub id: String,
    pub rated_watts: u32,
    broker: u16,
    settings: String,
    /// Nothing while it is killed.
    process: Option<Simulator>,
}

impl Member {
    /// The member of this number, from 1, of a pool that divides by priority in the order of the numbers.
    pub fn new(number: usize, rated_watts: u32, broker: u16) -> Self {
        let settings = format!(
            "[pool]\nsharing = \"priority\"\npriority = {number}\n[output]\nrated_watts = {rated_watts}\n"
        );
        let mut member = Self {
            id: format!("{:012x}", 0x0200_0000_0000_u64 + number as u64),
            rated_watts,
            broker,
            settings,
            process: None,
        };
        member.start();
        member
    }

    pub fn start(&mut self) {
        let broker = format!("127.0.0.1:{}", self.broker);
        let arguments = [
            "--broker",
            &broker,
            "--id",
            &self.id,
            "--follow",
            ALL,
            "--water",
            WATER_CELSIUS,
        ];
        self.process = Some(Simulator::with_settings(&self.settings, &arguments, &[]));
    }

    /// Without a word.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill();
        }
    }

    /// Its water is above the limit from now on.
    pub fn overheat(&mut self) {
        if let Some(process) = &mut self.process {
            process.type_line("water 61");
        }
    }

    pub fn runs(&self) -> bool {
        self.process.is_some()
    }
}

/// What all take together, as a broker sees it.
pub struct Total {
    subscriber: Subscriber,
    watts: BTreeMap<String, f64>,
}

impl Total {
    pub fn at(broker: u16) -> Self {
        Self {
            subscriber: Subscriber::to(broker, "solar-dimmer/+/power/watts"),
            watts: BTreeMap::new(),
        }
    }

    fn update(&mut self) {
        for line in self.subscriber.lines.so_far() {
            let (topic, watts) = line.split_once(' ').unwrap();
            let id = topic.split('/').nth(1).unwrap();
            self.watts.insert(id.to_owned(), watts.parse().unwrap());
        }
    }

    /// Of these members, in watts.
    pub fn of(&mut self, members: &[&Member]) -> f64 {
        self.update();
        let watts = members
            .iter()
            .filter_map(|member| self.watts.get(&member.id));
        watts.sum()
    }

    /// Of one of them, in watts.
    pub fn watts(&mut self, member: &Member) -> f64 {
        self.update();
        self.watts.get(&member.id).copied().unwrap_or(0.0)
    }

    /// Waits until these members take this much together; gives the moment at which that was seen first, of the time in which it lasted.
    pub fn settles(&mut self, members: &[&Member], asked_watts: f64, what: &str) -> Instant {
        let largest = members.iter().map(|member| member.rated_watts).max();
        let near_watts = f64::from(largest.unwrap()) * TOLERANCE;
        let mut since = None;
        waited_for(|| {
            let right = (self.of(members) - asked_watts).abs() <= near_watts;
            if !right {
                since = None;
                return None;
            }
            let since = *since.get_or_insert_with(Instant::now);
            (since.elapsed() > Duration::from_secs(2)).then_some(since)
        })
        .unwrap_or_else(|| {
            panic!(
                "{what}: {asked_watts} W are asked for, and {:?} taken",
                self.watts
            )
        })
    }
}

/// Waits until the pool tells that it has so many members.
pub fn counted(totals: &Subscriber, members: usize) {
    totals.payload("/totals", |payload| told(payload)["members"] == members);
}

/// Waits until the pool tells that it can take this much.
pub fn capable(totals: &Subscriber, watts: u32) {
    totals.payload("/totals", |payload| {
        told(payload)["capacity_watts"] == watts
    });
}

fn told(payload: &str) -> serde_json::Value {
    serde_json::from_str(payload).unwrap()
}

/// Asks the pool for as much as it was last told to, each second, until it is dropped.
pub struct Router(Sender<u32>);

impl Router {
    pub fn at(broker: u16) -> Self {
        let (sender, receiver) = channel();
        thread::spawn(move || {
            let mut watts = 0;
            loop {
                publish(broker, ALL, &format!("{{\"watts\":{watts}}}"));
                match receiver.recv_timeout(ROUTER_EVERY) {
                    Ok(asked) => watts = asked,
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => break,
                }
            }
        });
        Self(sender)
    }

    pub fn asks(&self, watts: u32) {
        self.0.send(watts).unwrap();
    }
}
