//! What the page costs: its bytes in flash, memory of the server for each connection, requests per second, and how late what runs on the same
//! executor is meanwhile: the control loop is one of several futures there, as on a board.
//!
//! `cargo xtask bench page`, which then prints what a real browser sees, too.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed step of a bench ends it"
)]

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use clap::Parser;
use dimmer_host::{options::Options, page, simulation};
use dimmer_web::{ASSETS, REQUEST_CAPACITY, RESPONSE_CAPACITY, SCHEMA};

/// As many as people and routers have at most; the server takes eight connections at once.
const CLIENTS: [usize; 2] = [1, 4];
const IDLE: Duration = Duration::from_secs(5);
const LOADED: Duration = Duration::from_secs(10);
/// How often a look is taken at how late the executor is.
const LOOK: Duration = Duration::from_millis(5);
const PATHS: [&str; 3] = ["/api/v1/state", "/metrics", "/app.js"];

fn main() {
    size();
    memory();
    load();
}

fn size() {
    println!("flash, bytes as gzip:");
    for asset in ASSETS.iter().chain([&SCHEMA]) {
        println!("  {:<24} {:>6}", asset.path, asset.gzip.len());
    }
    let page: usize = ASSETS.iter().map(|asset| asset.gzip.len()).sum();
    println!("  {:<24} {page:>6}", "the page");
}

fn memory() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let memory = runtime.block_on(page::memory()).unwrap();
    println!(
        "memory, bytes: {} for each connection, its answer of {RESPONSE_CAPACITY} in it, and {REQUEST_CAPACITY} for its request; {} for all",
        memory.connection, memory.site
    );
}

/// Numbers of one phase of the run: how many looks, and how late the latest of them was, microseconds.
#[derive(Default)]
struct Lateness {
    looks: AtomicU32,
    latest_us: AtomicU32,
}

impl Lateness {
    fn note(&self, late: Duration) {
        self.looks.fetch_add(1, Ordering::Relaxed);
        let late_us = u32::try_from(late.as_micros()).unwrap_or(u32::MAX);
        self.latest_us.fetch_max(late_us, Ordering::Relaxed);
    }

    fn take(&self) -> (u32, f64) {
        let looks = self.looks.swap(0, Ordering::Relaxed);
        let latest_us = self.latest_us.swap(0, Ordering::Relaxed);
        (looks, f64::from(latest_us) / 1_000.0)
    }
}

fn load() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let text = address.to_string();
    let arguments = [
        "sim",
        "--listen",
        "127.0.0.1:0",
        "--view",
        "plain",
        "--http",
        &text,
    ];
    let options = Options::parse_from(arguments);
    let lateness = Arc::new(Lateness::default());
    let watched = Arc::clone(&lateness);
    // One thread for the dimmer, its page and the watch, as on a board.
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let watch = async {
            loop {
                let wanted = Instant::now() + LOOK;
                tokio::time::sleep_until(wanted.into()).await;
                watched.note(wanted.elapsed());
            }
        };
        runtime.block_on(async {
            tokio::select! {
                ended = simulation::run(&options) => ended.unwrap(),
                () = watch => {}
            }
        });
    });
    let started = Instant::now();
    while get(address, "/api/v1/about") == 0 {
        assert!(started.elapsed() < Duration::from_secs(30), "no page");
        thread::sleep(Duration::from_millis(100));
    }
    // The broker in the same process has started by then.
    thread::sleep(Duration::from_secs(2));
    println!("requests, one connection each; how late the dimmer's executor is at the latest:");
    lateness.take();
    thread::sleep(IDLE);
    let (looks, latest_ms) = lateness.take();
    println!("  idle: {latest_ms:.1} ms ({looks} looks)");
    for path in PATHS {
        for clients in CLIENTS {
            let (requests, seconds) = ask_again_and_again(address, path, clients);
            let (looks, latest_ms) = lateness.take();
            println!(
                "  {clients} at once, {path}: {:.0} per second, {latest_ms:.1} ms ({looks} looks)",
                f64::from(requests) / seconds
            );
        }
    }
}

fn ask_again_and_again(address: SocketAddr, path: &'static str, clients: usize) -> (u32, f64) {
    let is_over = Arc::new(AtomicBool::new(false));
    let started = Instant::now();
    let asking: Vec<_> = (0..clients)
        .map(|_| {
            let is_over = Arc::clone(&is_over);
            thread::spawn(move || {
                let mut answered = 0;
                while !is_over.load(Ordering::Relaxed) {
                    answered += u32::from(get(address, path) > 0);
                }
                answered
            })
        })
        .collect();
    thread::sleep(LOADED);
    is_over.store(true, Ordering::Relaxed);
    let requests = asking
        .into_iter()
        .map(|one| one.join().expect("a client failed"))
        .sum();
    (requests, started.elapsed().as_secs_f64())
}

/// How many bytes are answered with 200; none if it is another answer, or none.
fn get(address: SocketAddr, path: &str) -> usize {
    let Ok(mut stream) = TcpStream::connect(address) else {
        return 0;
    };
    let mut answer = Vec::new();
    let asked = write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n");
    if asked.is_err() || stream.read_to_end(&mut answer).is_err() {
        return 0;
    }
    if answer.starts_with(b"HTTP/1.1 200") {
        answer.len()
    } else {
        0
    }
}
