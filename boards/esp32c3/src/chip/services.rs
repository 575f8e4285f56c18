//! The small services of the network: the board's name, the day, and those of the access point.

use core::net::{IpAddr, SocketAddr};

use dimmer_board::{
    hostname,
    network::{resolve, when_up},
};
use dimmer_lan::{
    edge_nal_embassy::{Udp, UdpBuffers},
    mdns::{self, Board, Buffers, Interface, Told},
    time,
};
use embassy_futures::join::join;
use embassy_net::Stack;
use embassy_time::{Duration, Timer, with_timeout};
use esp_hal::rng::Rng;
use static_cell::{ConstStaticCell, StaticCell};

use super::{BoardApp, console::say, network::PAGE_PORT};

/// The name's and the day's, and the access point's two.
pub(super) const SOCKETS: usize = 4;
/// The longest datagram: one of mDNS, and one of DHCP.
const DATAGRAM_BYTES: usize = 1_472;
#[cfg(not(feature = "open-eth"))]
const PORTAL_BYTES: usize = 1_024;
/// After a socket failed.
const PAUSE: Duration = Duration::from_secs(1);
/// How often it is looked whether the address or the settings are others.
const LOOK: Duration = Duration::from_secs(2);
/// A name server that does not answer for so long is asked again later.
const RESOLVED_WITHIN: Duration = Duration::from_secs(10);

static SERVICE_BUFFERS: StaticCell<UdpBuffers<2, DATAGRAM_BYTES, DATAGRAM_BYTES, 2>> =
    StaticCell::new();
static NAME_BUFFERS: ConstStaticCell<Buffers> = ConstStaticCell::new(Buffers::new());

/// Gives addresses and answers names at the access point, for ever. Its buffers are in the future.
#[cfg(not(feature = "open-eth"))]
pub(super) async fn portal(stack: Stack<'static>, address: core::net::Ipv4Addr) {
    let buffers = UdpBuffers::<2, PORTAL_BYTES, PORTAL_BYTES, 2>::new();
    let sockets = Udp::new(stack, &buffers);
    loop {
        if let Err(error) = dimmer_lan::portal::run(&sockets, address).await {
            say!("access point: {error:?}");
        }
        Timer::after(PAUSE).await;
    }
}

/// The name and the day, for ever.
pub(super) async fn run(app: &BoardApp<'_>, stack: Stack<'static>) {
    let sockets = Udp::new(stack, SERVICE_BUFFERS.init_with(UdpBuffers::new));
    join(name(app, stack, &sockets), day(app, stack, &sockets)).await;
}

/// Keeps `.local` behind the board's name.
async fn name(app: &BoardApp<'_>, stack: Stack<'static>, sockets: &Udp<'_>) {
    use core::fmt::Write as _;
    let identity = app.identity();
    let mut id = heapless::String::<12>::new();
    // It has twelve digits.
    let _ = write!(id, "{}", identity.id);
    let buffers = NAME_BUFFERS.take();
    loop {
        when_up(stack).await;
        let network = app.config().network.clone();
        let hostname = hostname(&network.hostname, identity.id);
        let (Some(config), true) = (stack.config_v4(), network.mdns) else {
            Timer::after(LOOK).await;
            continue;
        };
        let interface = Interface {
            address: config.address.address(),
            prefix_bits: config.address.prefix_len(),
        };
        let board = Board {
            hostname: &hostname,
            id: &id,
            version: identity.version,
            path: "/",
            http_port: PAGE_PORT,
        };
        let other = async {
            let is_same = || {
                let settings = app.config();
                let address = stack.config_v4().map(|config| config.address);
                address == Some(config.address)
                    && settings.network.mdns
                    && settings.network.hostname == network.hostname
            };
            while is_same() {
                Timer::after(LOOK).await;
            }
        };
        let told = |told: Told<'_>| match told {
            Told::Claimed(name) => say!("network: {name}.local"),
            Told::Taken(name) => say!("network: another host is called {name}"),
        };
        let random = || Rng::new().random();
        let ended = mdns::run(sockets, interface, &board, buffers, random, told, other).await;
        if let Err(error) = ended {
            say!("network: {error}");
            Timer::after(PAUSE).await;
        }
    }
}

/// Tells the dimmer what day it is.
async fn day(app: &BoardApp<'_>, stack: Stack<'static>, sockets: &Udp<'_>) {
    let server = async || {
        let host = app.config().network.time_server.clone();
        if host.is_empty() || !stack.is_config_up() {
            return None;
        }
        let resolved = with_timeout(RESOLVED_WITHIN, resolve(stack, &host)).await;
        let address = resolved.ok()?.ok()?;
        Some(SocketAddr::new(IpAddr::V4(address), time::PORT))
    };
    let random = || u64::from(Rng::new().random()) << 32 | u64::from(Rng::new().random());
    time::run(sockets, server, random, |told| {
        if let time::Told::Day(day) = told {
            app.day(day);
        }
    })
    .await
}
