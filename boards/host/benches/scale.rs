//! How the messages of a shared pool grow with its members: as processes at a real mosquitto, and as many as one process carries.
//!
//! `cargo xtask bench scale [--members N,...] [--together N,...] [--seconds S]`
#![expect(
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    reason = "a failed step of a bench ends it; no count is so large"
)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::{
    thread,
    time::{Duration, Instant},
};

use clap::Parser;
use support::{
    Mosquitto, Subscriber,
    members::{Member, Router, TOTALS, counted},
    simulator::Simulator,
};

const RATED_WATTS: u32 = 2000;

#[derive(Parser)]
struct Options {
    /// Pools of so many processes
    #[arg(long, value_delimiter = ',', default_value = "2,5,10,20,50")]
    members: Vec<usize>,
    /// Pools of so many members in one process
    #[arg(long, value_delimiter = ',', default_value = "50,64")]
    together: Vec<usize>,
    /// How long is counted
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// cargo says so to every bench
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let options = Options::parse();
    println!(
        "a pool whose router speaks once a second, {} s; packets a second at mosquitto, and what of a processor it takes",
        options.seconds
    );
    println!(
        "{:<24} {:>9} {:>9} {:>12} {:>12} {:>12}",
        "members", "in", "out", "in, each", "out, each", "mosquitto %"
    );
    for count in &options.members {
        let broker = counting();
        let members: Vec<Member> = (1..=*count)
            .map(|number| Member::new(number, RATED_WATTS, broker.port))
            .collect();
        measure(
            &format!("{count} processes"),
            *count,
            &broker,
            options.seconds,
        );
        drop(members);
    }
    for count in &options.together {
        let broker = counting();
        let address = format!("127.0.0.1:{}", broker.port);
        let number = count.to_string();
        let process = Simulator::with_settings(
            "[pool]\nsharing = \"priority\"\n",
            &["--broker", &address, "--count", &number],
            &[],
        );
        measure(
            &format!("{count} in one process"),
            *count,
            &broker,
            options.seconds,
        );
        drop(process);
    }
}

fn counting() -> Mosquitto {
    let settings =
        "allow_anonymous true\npersistence false\nsys_interval 1\nmax_queued_messages 0\n";
    Mosquitto::with_settings(tempfile::tempdir().unwrap(), support::free_port(), settings)
}

/// Waits until the pool is complete, and counts.
fn measure(what: &str, count: usize, broker: &Mosquitto, seconds: u64) {
    let _router = {
        let router = Router::at(broker.port);
        router.asks(u32::try_from(count).unwrap() * RATED_WATTS / 2);
        router
    };
    let totals = Subscriber::to(broker.port, TOTALS);
    counted(&totals, count);
    drop(totals);
    // What a new member causes is over.
    thread::sleep(Duration::from_secs(15));
    let before = Counted::now(broker);
    thread::sleep(Duration::from_secs(seconds));
    let after = Counted::now(broker);
    let elapsed_s = (after.at - before.at).as_secs_f64();
    let rate = |after: u64, before: u64| (after - before) as f64 / elapsed_s;
    let received = rate(after.received, before.received);
    let sent = rate(after.sent, before.sent);
    let busy = (after.busy_s - before.busy_s) / elapsed_s * 100.0;
    let each = count as f64;
    println!(
        "{what:<24} {received:>9.1} {sent:>9.1} {:>12.2} {:>12.2} {busy:>12.1}",
        received / each,
        sent / each
    );
}

/// What mosquitto has counted so far.
struct Counted {
    at: Instant,
    received: u64,
    sent: u64,
    /// Seconds of a processor.
    busy_s: f64,
}

impl Counted {
    fn now(broker: &Mosquitto) -> Self {
        let counter = |name: &str| {
            // All packets of MQTT: those of publications alone leave out what came at version 5.
            let topic = format!("$SYS/broker/messages/{name}");
            let subscriber = Subscriber::to(broker.port, &topic);
            // The first is what was kept, up to a second old.
            subscriber.payload(name, |_| true);
            subscriber.payload(name, |_| true).parse().unwrap()
        };
        Self {
            received: counter("received"),
            sent: counter("sent"),
            at: Instant::now(),
            busy_s: broker.busy_s(),
        }
    }
}
