//! A broker that is killed again and again, and dimmers that come back each time.

use std::{
    collections::{BTreeMap, BTreeSet},
    thread,
    time::{Duration, Instant},
};

use super::{
    Mosquitto, broker_view::BrokerView, moments::Moments, simulator::Simulator, wait_for,
    waited_for,
};

const DIMMERS: [&str; 2] = ["020000000001", "020000000002"];

/// What is done.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How often the broker is killed.
    pub rounds: usize,
    /// The longest time from the return of both dimmers to the next kill.
    pub longest_up: Duration,
    /// The longest time that the broker is gone.
    pub longest_down: Duration,
    pub seed: u64,
}

/// What came of it.
#[derive(Debug)]
pub struct Recovered {
    /// Of each dimmer in each round: from the broker listening again to the dimmer being online.
    pub times: Vec<Duration>,
    /// Topics that the broker has kept, the same after each round.
    pub kept_topics: usize,
    /// Announcements to Home Assistant among them.
    pub announcements: usize,
}

/// What the broker keeps while both dimmers are there: every topic, and the payload of those that do not change.
#[derive(PartialEq, Eq, Debug)]
struct Kept {
    topics: BTreeSet<String>,
    fixed: BTreeMap<String, String>,
}

impl Kept {
    /// As somebody sees it who comes now.
    fn by(broker: &Mosquitto) -> Self {
        let mut view = BrokerView::of(broker.port);
        // What is kept comes at once. Where it takes longer, the next look sees it.
        thread::sleep(Duration::from_millis(300));
        view.update();
        let mut kept = Self {
            topics: BTreeSet::new(),
            fixed: BTreeMap::new(),
        };
        for passed in view.passed.iter().filter(|passed| passed.kept) {
            let topic = &passed.topic;
            // What a dimmer says to itself is old at once.
            assert!(!topic.ends_with("/echo"), "{topic} is retained");
            kept.topics.insert(topic.clone());
            if topic.ends_with("/config") || topic.ends_with("/availability") {
                kept.fixed.insert(topic.clone(), passed.payload.clone());
            }
        }
        kept
    }

    fn shows_online(&self, id: &str) -> bool {
        let availability = self.fixed.get(&format!("solar-dimmer/{id}/availability"));
        availability.is_some_and(|availability| availability == "online")
    }

    /// In what it differs from what was there at first.
    fn differences(&self, first: &Self) -> Vec<String> {
        let ghosts = self
            .topics
            .difference(&first.topics)
            .map(|topic| format!("{topic} is too much"));
        let missing = first
            .topics
            .difference(&self.topics)
            .map(|topic| format!("{topic} is missing"));
        let other = self.fixed.iter().filter(|(topic, payload)| {
            first
                .fixed
                .get(*topic)
                .is_some_and(|before| before != *payload)
        });
        let other = other.map(|(topic, payload)| format!("{topic} has become {payload}"));
        ghosts.chain(missing).chain(other).collect()
    }
}

/// Kills and restarts a mosquitto with persistence, with two dimmers as a process at it, and checks after each return that the broker
/// has what it had at first: no message more, none less, the same announcements, and each of them published at most once.
pub fn run(plan: Plan) -> Recovered {
    let mut moments = Moments::new(plan.seed);
    let mut broker = Mosquitto::that_keeps();
    let dimmers = Simulator::online(broker.port, &["--count", "2"]);
    let mut view = BrokerView::of(broker.port);
    let first = first_kept(&broker);
    let mut times = Vec::new();
    for round in 1..=plan.rounds {
        thread::sleep(moments.up_to(plan.longest_up));
        announced_once(&mut view, round);
        drop(dimmers.lines.so_far());
        broker.kill();
        thread::sleep(moments.up_to(plan.longest_down));
        broker.restart();
        let listening = Instant::now();
        view = BrokerView::of(broker.port);
        let mut missing = DIMMERS.to_vec();
        while !missing.is_empty() {
            let back = dimmers
                .lines
                .find(&format!("{missing:?} in round {round}"), |line| {
                    line.ends_with(" online again")
                });
            missing.retain(|id| !back.starts_with(id));
            times.push(listening.elapsed());
        }
        let mut differences = Vec::new();
        let same = waited_for(|| {
            differences = Kept::by(&broker).differences(&first);
            differences.is_empty().then_some(())
        });
        assert!(same.is_some(), "round {round}: {differences:#?}");
    }
    let announcements = first
        .topics
        .iter()
        .filter(|topic| topic.ends_with("/config"));
    Recovered {
        times,
        kept_topics: first.topics.len(),
        announcements: announcements.count(),
    }
}

/// Waits until both dimmers have said all.
fn first_kept(broker: &Mosquitto) -> Kept {
    let mut before = Kept::by(broker);
    wait_for("the first announcements of both dimmers", || {
        thread::sleep(Duration::from_secs(1));
        let now = Kept::by(broker);
        let complete = now == before && DIMMERS.iter().all(|id| now.shows_online(id));
        before = now;
        complete.then(|| Kept::by(broker))
    })
}

/// Fails if the dimmers have announced anything twice since the broker is there.
fn announced_once(view: &mut BrokerView, round: usize) {
    view.update();
    let mut published = BTreeMap::new();
    for passed in view
        .passed
        .iter()
        .filter(|passed| !passed.kept && passed.topic.ends_with("/config"))
    {
        *published.entry(&passed.topic).or_insert(0) += 1;
    }
    let twice = published.iter().find(|(_, count)| **count > 1);
    assert!(
        twice.is_none(),
        "round {round}: published more than once: {twice:?}"
    );
}
