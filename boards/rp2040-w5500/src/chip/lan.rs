//! The board's name in its network, and the day.

use core::{
    fmt::Write,
    net::{IpAddr, SocketAddr},
};

use dimmer_app::dimmer::config::HOSTNAME_CAPACITY;
use dimmer_board::{
    hostname,
    network::{resolve, when_up},
};
use dimmer_lan::{
    edge_nal_embassy::{Udp, UdpBuffers},
    mdns, time,
};
use embassy_net::Stack;
use embassy_time::{Duration, Timer};
use static_cell::StaticCell;

use super::{Shared, console::say, page, randomness};

/// A socket for the name, and one for the time.
pub(super) const SOCKETS: usize = 2;
/// How often it is looked whether the address or the settings are others.
const LOOK: Duration = Duration::from_secs(1);
const TIME_PACKET_BYTES: usize = 64;
const PACKETS: usize = 2;

static NAME_SOCKET: StaticCell<UdpBuffers<1, { mdns::BUFFER }, { mdns::BUFFER }, PACKETS>> =
    StaticCell::new();
static NAME_BUFFERS: StaticCell<mdns::Buffers> = StaticCell::new();
static TIME_SOCKET: StaticCell<UdpBuffers<1, TIME_PACKET_BYTES, TIME_PACKET_BYTES, PACKETS>> =
    StaticCell::new();

/// Where it is, and what it is called there.
#[derive(PartialEq)]
struct Place {
    interface: mdns::Interface,
    hostname: heapless::String<HOSTNAME_CAPACITY>,
}

/// Nothing while it has no address, or is not to be known by name.
fn place(shared: Shared, stack: Stack<'static>) -> Option<Place> {
    let address = stack.config_v4()?.address;
    let network = shared.care.app.config().into_inner().network;
    network.mdns.then(|| Place {
        interface: mdns::Interface {
            address: address.address(),
            prefix_bits: address.prefix_len(),
        },
        hostname: hostname(&network.hostname, shared.care.app.identity().id),
    })
}

/// Answers to the board's name, for ever.
#[embassy_executor::task]
pub(super) async fn name(shared: Shared) {
    let stack = shared.stack.when_there().await;
    let socket = Udp::new(stack, NAME_SOCKET.init_with(UdpBuffers::new));
    let buffers = NAME_BUFFERS.init_with(mdns::Buffers::new);
    let identity = shared.care.app.identity();
    let mut id = heapless::String::<12>::new();
    // So many hex digits.
    let _ = write!(id, "{}", identity.id);
    loop {
        let Some(here) = place(shared, stack) else {
            Timer::after(LOOK).await;
            continue;
        };
        let board = mdns::Board {
            hostname: &here.hostname,
            id: &id,
            version: identity.version,
            path: "/",
            http_port: page::PORT,
        };
        let changed = async {
            while place(shared, stack).as_ref() == Some(&here) {
                Timer::after(LOOK).await;
            }
        };
        let told = |told: mdns::Told<'_>| say!("name: {told:?}");
        let random = || u32::from_le_bytes(random());
        let ended = mdns::run(
            &socket,
            here.interface,
            &board,
            buffers,
            random,
            told,
            changed,
        );
        if let Err(error) = ended.await {
            say!("name: {error:?}");
            Timer::after(LOOK).await;
        }
    }
}

/// Asks for the time, and tells the dimmer what day it is, for ever.
#[embassy_executor::task]
pub(super) async fn day(shared: Shared) {
    let stack = shared.stack.when_there().await;
    let socket = Udp::new(stack, TIME_SOCKET.init_with(UdpBuffers::new));
    let server = async || {
        let host = loop {
            let host = shared.care.app.config().into_inner().network.time_server;
            if !host.is_empty() {
                break host;
            }
            Timer::after(LOOK).await;
        };
        when_up(stack).await;
        let address = resolve(stack, &host).await.ok()?;
        Some(SocketAddr::new(IpAddr::V4(address), time::PORT))
    };
    let random = || u64::from_le_bytes(random());
    let told = |told| match told {
        time::Told::Day(day) => shared.care.app.day(day),
        told => say!("{told}"),
    };
    time::run(&socket, server, random, told).await;
}

fn random<const BYTES: usize>() -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    randomness::fill(&mut bytes);
    bytes
}
