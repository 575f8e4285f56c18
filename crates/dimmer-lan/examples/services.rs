//! The services on a desktop:
//!
//! ```sh
//! cargo run -p dimmer-lan --example services mdns 192.168.1.50/24 cellar-tank   # this machine's address; avahi has the port otherwise
//! cargo run -p dimmer-lan --example services time pool.ntp.org:123
//! cargo run -p dimmer-lan --example services portal 192.168.4.1                 # as root: ports 53 and 67
//! ```
//!
//! It runs until it is ended; when its standard input ends, too, and then the name is taken back.

use std::{
    env,
    error::Error,
    io::{self, Read as _},
    net::{Ipv4Addr, SocketAddr, ToSocketAddrs as _},
    process::ExitCode,
    thread,
};

// A clock for embassy-time.
use dimmer_clock as _;
use dimmer_lan::{mdns, portal, time};

const USAGE: &str =
    "usage: services mdns ADDRESS/PREFIX HOSTNAME | time HOST:PORT | portal ADDRESS";

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let ran = match words.as_slice() {
        ["mdns", interface, hostname] => name(interface, hostname),
        ["time", server] => clock(server),
        ["portal", address] => access_point(address),
        _ => Err(USAGE.into()),
    };
    match ran {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("services: {error}");
            ExitCode::FAILURE
        }
    }
}

fn random() -> u64 {
    getrandom::u64().unwrap_or_default()
}

/// Ready when standard input ends.
async fn input_ended() {
    // A thread reads, as no executor here waits for a terminal.
    let reading = thread::spawn(|| io::stdin().read_to_end(&mut Vec::new()));
    while !reading.is_finished() {
        embassy_time::Timer::after_millis(50).await;
    }
}

fn name(interface: &str, hostname: &str) -> Result<(), Box<dyn Error>> {
    let (address, prefix_bits) = interface.split_once('/').ok_or(USAGE)?;
    let interface = mdns::Interface {
        address: address.parse()?,
        prefix_bits: prefix_bits.parse()?,
    };
    let board = mdns::Board {
        hostname,
        id: "020000000001",
        version: env!("CARGO_PKG_VERSION"),
        path: "/",
        http_port: 80,
    };
    let mut buffers = mdns::Buffers::new();
    let stack = edge_nal_std::Stack::new();
    let told = |told: mdns::Told<'_>| match told {
        mdns::Told::Taken(name) => println!("another host is {name}.local"),
        mdns::Told::Claimed(name) => println!("this is {name}.local"),
    };
    let bits = || u32::try_from(random() >> 32).unwrap_or_default();
    let run = mdns::run(
        &stack,
        interface,
        &board,
        &mut buffers,
        bits,
        told,
        input_ended(),
    );
    async_io::block_on(run)?;
    println!("farewell");
    Ok(())
}

fn clock(server: &str) -> Result<(), Box<dyn Error>> {
    let stack = edge_nal_std::Stack::new();
    let resolve = async || {
        let mut addresses = server.to_socket_addrs().ok()?;
        addresses.find(SocketAddr::is_ipv4)
    };
    async_io::block_on(time::run(&stack, resolve, random, |told| {
        println!("{told}")
    }))
}

fn access_point(address: &str) -> Result<(), Box<dyn Error>> {
    let address: Ipv4Addr = address.parse()?;
    println!("every name leads to {address}");
    async_io::block_on(portal::run(&edge_nal_std::Stack::new(), address))?;
    Ok(())
}
