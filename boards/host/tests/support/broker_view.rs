//! What passes through the broker, as a client of its own sees it.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

use super::{Subscriber, wait_for};

/// One message.
#[derive(Debug)]
pub struct Passed {
    /// Whether the broker had kept it from before.
    pub kept: bool,
    pub topic: String,
    pub payload: String,
}

/// Everything that passed since it began to look, and the last payload of each topic.
pub struct BrokerView {
    subscriber: Subscriber,
    pub passed: Vec<Passed>,
    pub last: BTreeMap<String, String>,
}

impl BrokerView {
    pub fn of(port: u16) -> Self {
        Self::with(port, &[])
    }

    /// With further arguments of `mosquitto_sub`.
    pub fn with(port: u16, arguments: &[&str]) -> Self {
        let arguments = [&["-F", "%r %t %p"], arguments].concat();
        Self {
            subscriber: Subscriber::with(port, "#", &arguments),
            passed: Vec::new(),
            last: BTreeMap::new(),
        }
    }

    /// Takes in what came since the last time.
    pub fn update(&mut self) {
        for line in self.subscriber.lines.so_far() {
            let (kept, rest) = line.split_once(' ').unwrap();
            let (topic, payload) = rest.split_once(' ').unwrap_or((rest, ""));
            self.last.insert(topic.to_owned(), payload.to_owned());
            self.passed.push(Passed {
                kept: kept == "1",
                topic: topic.to_owned(),
                payload: payload.to_owned(),
            });
        }
    }

    /// Waits for a message that is not an old one, after the first `skipped`; gives the moment at which it was seen.
    pub fn wait_for(
        &mut self,
        what: &str,
        skipped: usize,
        wanted: impl Fn(&Passed) -> bool,
    ) -> Instant {
        wait_for(what, || {
            self.update();
            let new = self.passed.get(skipped..).unwrap_or_default();
            new.iter()
                .any(|passed| !passed.kept && wanted(passed))
                .then(Instant::now)
        })
    }

    /// The topics with a payload now.
    pub fn topics(&self) -> BTreeSet<String> {
        // An empty payload takes off what was kept.
        let present = self.last.iter().filter(|(_, payload)| !payload.is_empty());
        present.map(|(topic, _)| topic.clone()).collect()
    }

    /// How many messages came so far.
    pub fn count(&mut self) -> usize {
        self.update();
        self.passed.len()
    }

    /// How many new messages on this topic came after the first `skipped`.
    pub fn new_on(&mut self, topic: &str, skipped: usize) -> usize {
        self.update();
        let new = self.passed.iter().skip(skipped);
        new.filter(|passed| !passed.kept && passed.topic == topic)
            .count()
    }
}
