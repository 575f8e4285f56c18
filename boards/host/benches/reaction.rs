//! From the moment something goes wrong in the running simulator to the last half-cycle with power, and to the reason on a real
//! mosquitto. One dimmer for each fault, all at once, with the settings as they come.
//!
//! `cargo xtask bench reaction`
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed step of a bench ends it"
)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::{
    collections::BTreeMap,
    thread,
    time::{Duration, Instant},
};

use support::{Mosquitto, Subscriber, publish, simulator::Simulator, trace::Row};

/// What is typed, one for each dimmer, and the limit that it runs into: as old as the water's temperature may be, or at once.
const TYPED: [(&str, &str); 11] = [
    ("probe unplugged", "30 s"),
    ("probe shorted", "30 s"),
    ("probe swapped", "30 s"),
    ("probe garbled 30", "30 s"),
    ("probe garbled 1", "30 s"),
    ("probe slow 3", "30 s"),
    ("probe interrupted 50", "none"),
    ("probe restarted", "none"),
    ("water 61", "60 °C"),
    ("water 150", "125 °C"),
    ("mains lost", "mains"),
];
/// Near the limit: a probe that moves further than water can is refused before it is too hot.
const WATER_CELSIUS: &str = "59";
const ON: &str = "following";
const ALL: &str = "solar-dimmer/all/power/set";
const ROUTER_EVERY: Duration = Duration::from_secs(5);
/// Longer than any limit: what goes on by then goes on.
const WATCHED: Duration = Duration::from_secs(75);
const RESTARTED: &str = "0200000000f1";
const UNHEARD: &str = "0200000000f2";
const CUT_OFF: &str = "0200000000f3";

/// What became of one dimmer.
struct Reaction {
    fault: String,
    limit: &'static str,
    /// Of its last half-cycle with power, after the fault; nothing if it went on.
    off_s: Option<f64>,
    /// Of the first other reason on MQTT, after the fault.
    told_s: Option<f64>,
    reason: String,
}

/// The reasons on MQTT as they come: whose, which, and when.
type Told = BTreeMap<String, (String, Instant)>;

fn main() {
    let broker = Mosquitto::start();
    let mut lost_broker = Mosquitto::start();
    let reasons = Subscriber::to(broker.port, "solar-dimmer/+/reason");
    let router_port = broker.port;
    // It ends with the program.
    thread::spawn(move || {
        loop {
            publish(router_port, ALL, "50");
            thread::sleep(ROUTER_EVERY);
        }
    });
    let count = TYPED.len().to_string();
    let mut many = simulator(&broker, &["--count", &count, "--water", WATER_CELSIUS]);
    let mut restarted = simulator(&broker, &["--follow", ALL, "--id", RESTARTED]);
    let mut unheard = simulator(&broker, &["--id", UNHEARD]);
    let mut cut_off = simulator(&lost_broker, &["--id", CUT_OFF]);
    TYPED.iter().for_each(|_| drop(many.ready()));
    for one in [&restarted, &unheard, &cut_off] {
        one.ready();
    }
    // The last that the router says to these two.
    let silent_since = typed(&mut unheard, "set 50");
    let cut_off_clock = typed(&mut cut_off, "set 50");
    // All but the one at the other broker.
    let mut latest = BTreeMap::new();
    while latest.len() < TYPED.len() + 2 || latest.values().any(|reason| reason != ON) {
        let (dimmer, reason) = next_reason(&reasons);
        latest.insert(dimmer, reason);
    }

    let faults = TYPED.map(|(fault, _)| fault);
    let at = (1..).zip(faults).map(|(number, fault)| {
        let line = format!("dimmer {number} {fault}");
        many.type_line(&line);
        let line = many
            .lines
            .find(fault, |line| line.ends_with(&format!("s: {fault}")));
        Moment::of(&line)
    });
    let at: Vec<Moment> = at.collect();
    lost_broker.kill();
    let broker_gone_s = cut_off_clock.now_s();
    let availability = format!("solar-dimmer/{RESTARTED}/availability");
    let reader = Subscriber::to(broker.port, &availability);
    reader.payload("/availability", |payload| payload == "online");
    let killed = Instant::now();
    restarted.kill();
    reader.payload("/availability", |payload| payload == "offline");
    let offline_s = killed.elapsed().as_secs_f64();
    let again = simulator(&broker, &["--follow", ALL, "--id", RESTARTED]);

    let told = listen(&reasons);
    let rows = many.into_trace();
    let mut table: Vec<Reaction> = TYPED
        .iter()
        .zip(&at)
        .map(|((fault, limit), at)| Reaction::of(fault, limit, at, &rows, &told))
        .collect();
    let rows = unheard.into_trace();
    table.push(Reaction::of(
        "router silent",
        "60 s",
        &silent_since,
        &rows,
        &told,
    ));
    let rows = cut_off.into_trace();
    let gone = Moment {
        at_s: broker_gone_s,
        ..cut_off_clock
    };
    let mut reaction = Reaction::of("broker gone", "60 s", &gone, &rows, &Told::new());
    reaction.reason = format!("{} in the trace", rows[rows.len() - 1].reason);
    table.push(reaction);
    let rows = again.into_trace();
    let first_s = rows
        .iter()
        .find(|row| row.delivered_watts > 0.0)
        .unwrap()
        .time_s;
    let before = rows.iter().find(|row| row.time_s > first_s / 2.0).unwrap();
    table.push(Reaction {
        fault: "dimmer killed".to_owned(),
        limit: "at once",
        off_s: Some(0.0),
        told_s: Some(offline_s),
        reason: format!(
            "offline; started again, {} until the router speaks: power after {first_s:.1} s",
            before.reason
        ),
    });

    println!(
        "{:<20} {:>8} {:>16} {:>16}  reason",
        "fault", "limit", "last power, s", "on MQTT, s"
    );
    for reaction in table {
        let seconds = |seconds: Option<f64>| seconds.map_or("-".to_owned(), |s| format!("{s:.3}"));
        println!(
            "{:<20} {:>8} {:>16} {:>16}  {}",
            reaction.fault,
            reaction.limit,
            seconds(reaction.off_s),
            seconds(reaction.told_s),
            reaction.reason
        );
    }
}

fn simulator(broker: &Mosquitto, arguments: &[&str]) -> Simulator {
    let address = format!("127.0.0.1:{}", broker.port);
    Simulator::start(&[&["--broker", &address], arguments].concat())
}

/// Something happened to a dimmer.
#[derive(Clone)]
struct Moment {
    dimmer: String,
    /// By the simulator's clock, as in its trace.
    at_s: f64,
    at: Instant,
}

impl Moment {
    /// From a line such as `020000000001 at 6.003 s: probe unplugged`, which has just come.
    fn of(line: &str) -> Self {
        let words: Vec<&str> = line.split(' ').collect();
        Self {
            dimmer: words[0].to_owned(),
            at_s: words[2].parse().unwrap(),
            at: Instant::now(),
        }
    }

    /// Now, by the simulator's clock.
    fn now_s(&self) -> f64 {
        self.at_s + self.at.elapsed().as_secs_f64()
    }
}

/// Types it, and waits until it is done.
fn typed(simulator: &mut Simulator, line: &str) -> Moment {
    simulator.type_line(line);
    let end = format!("s: {line}");
    Moment::of(&simulator.lines.find(line, |line| line.ends_with(&end)))
}

impl Reaction {
    fn of(fault: &str, limit: &'static str, from: &Moment, rows: &[Row], told: &Told) -> Self {
        let own = || rows.iter().filter(|row| row.dimmer == from.dimmer);
        let with_power = own().filter(|row| row.delivered_watts > 0.0);
        let last_power_s = with_power.map(|row| row.time_s).reduce(f64::max);
        let last_power_s = last_power_s.unwrap_or_else(|| panic!("{fault}: never on"));
        let end_s = own().map(|row| row.time_s).fold(0.0, f64::max);
        let told = told.get(&from.dimmer);
        Self {
            fault: fault.to_owned(),
            limit,
            off_s: (end_s - last_power_s > 1.0).then_some(last_power_s - from.at_s),
            told_s: told.map(|(_, at)| at.saturating_duration_since(from.at).as_secs_f64()),
            reason: told.map_or(format!("{ON}, as before"), |(reason, _)| reason.clone()),
        }
    }
}

/// The first reason of each dimmer that is not to be on.
fn listen(reasons: &Subscriber) -> Told {
    let start = Instant::now();
    let mut told = Told::new();
    while start.elapsed() < WATCHED {
        let Some(line) = reasons.lines.next_within(Duration::from_secs(1)) else {
            continue;
        };
        let (dimmer, reason) = parsed(&line);
        if reason != ON {
            told.entry(dimmer).or_insert((reason, Instant::now()));
        }
    }
    told
}

/// Whose reason comes next, and which it is.
fn next_reason(reasons: &Subscriber) -> (String, String) {
    parsed(&reasons.lines.find("a reason", |_| true))
}

fn parsed(line: &str) -> (String, String) {
    let (topic, reason) = line.split_once(' ').unwrap();
    let id = topic.split('/').nth(1).unwrap();
    (id.to_owned(), reason.to_owned())
}
