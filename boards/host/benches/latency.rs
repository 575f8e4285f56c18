//! From the moment a setpoint is handed to `mosquitto_pub` to the start of the first half-cycle that it changes, through a real
//! mosquitto: a hundred times, at random moments of the half-cycle.
//!
//! `cargo xtask bench latency`
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed step of a bench ends it"
)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::{
    io::Write,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use clap::Parser;
use dimmer_host::{options::Options, simulation};
use support::{Mosquitto, Subscriber, trace::Row};

const TOPIC: &str = "solar-dimmer/020000000001/power/set";
const COUNT: u32 = 100;

fn main() {
    let broker = Mosquitto::start();
    let directory = tempfile::tempdir().unwrap();
    let trace = directory.path().join("trace.csv");
    let port = broker.port.to_string();
    let address = format!("127.0.0.1:{port}");
    // In this process, so that both moments are read from one clock.
    let arguments = [
        "sim",
        "--broker",
        &address,
        "--for",
        "40",
        "--trace",
        trace.to_str().unwrap(),
    ];
    let options = Options::parse_from(arguments);
    let simulation = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(simulation::run(&options)).unwrap();
    });
    Subscriber::to(broker.port, "solar-dimmer/#")
        .payload("/availability", |availability| availability == "online");
    thread::sleep(Duration::from_secs(4));

    let mut publisher = Command::new("mosquitto_pub")
        .args(["-h", "127.0.0.1", "-p", &port, "-t", TOPIC, "-l"])
        .stdin(Stdio::piped())
        .spawn()
        .expect("mosquitto_pub is to be installed: cargo xtask setup");
    let mut input = publisher.stdin.take().unwrap();
    thread::sleep(Duration::from_millis(500));
    let mut published = Vec::new();
    for index in 0..COUNT {
        let percent = 20.0 + f64::from(index) / 2.0;
        published.push((embassy_time::Instant::now().as_micros(), percent));
        writeln!(input, "{percent}").unwrap();
        // 200 ms and a part of a half-cycle that comes out different each time.
        thread::sleep(Duration::from_micros(
            200_000 + u64::from(index) * 6_180 % 10_000,
        ));
    }
    drop(input);
    publisher.wait().unwrap();
    simulation.join().unwrap();

    let rows = Row::read(&trace);
    let mut latencies_ms: Vec<f64> = published
        .iter()
        .map(|(at_us, percent)| {
            let row = rows
                .iter()
                .find(|row| (row.applied_percent - percent).abs() < 0.001)
                .expect("every setpoint is applied");
            #[expect(clippy::cast_precision_loss, reason = "minutes in microseconds")]
            let at_s = *at_us as f64 / 1e6;
            (row.time_s - at_s) * 1e3
        })
        .collect();
    latencies_ms.sort_by(f64::total_cmp);
    let at = |share: f64| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an index below a hundred"
        )]
        let index = (f64::from(COUNT - 1) * share).round() as usize;
        latencies_ms.get(index).copied().unwrap_or(f64::NAN)
    };
    println!(
        "Publish to the start of the first changed half-cycle, {COUNT} setpoints, 50 Hz, through mosquitto:"
    );
    println!(
        "best {:.1} ms, median {:.1} ms, 95 of 100 within {:.1} ms, worst {:.1} ms",
        at(0.0),
        at(0.5),
        at(0.95),
        at(1.0)
    );
}
