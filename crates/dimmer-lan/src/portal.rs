//! The access point of the first set-up: whoever joins it gets an address (DHCP) and finds the board under every name (DNS), so that a phone
//! opens the board's page by itself.
//!
//! Packets of DHCP are read and made by [edge-dhcp](https://docs.rs/edge-dhcp). Its own loop is not used: it slices the buffer by the length
//! that a datagram had before it was cut.

mod dhcp;
mod dns;

pub use dhcp::{LEASE_S, STATIONS, Stations};
pub use dns::{ANSWER_TTL_S, answer};

use core::net::{IpAddr, Ipv4Addr, SocketAddr};

use edge_nal::{UdpBind, UdpSend};
use embassy_futures::select::{Either, select};

use crate::receiving;

/// The port of DNS.
pub const DNS_PORT: u16 = 53;
/// The port of a DHCP server.
pub const DHCP_SERVER_PORT: u16 = 67;
/// The port of its clients.
pub const DHCP_CLIENT_PORT: u16 = 68;

/// The longest question and answer of DNS over UDP (RFC 1035, section 4.2.1), bytes.
const DNS_BUFFER: usize = 512;
/// The longest packet of DHCP that has to be taken (RFC 2131, section 2), and some more for clients that talk much.
const DHCP_BUFFER: usize = 1_024;

/// Gives addresses and answers names at an access point with this address and the mask 255.255.255.0, until a socket fails. Three
/// kilobytes of buffers are in the future.
///
/// # Errors
/// The error of the socket; after a pause it may be tried again. Who has which address is forgotten, and found again by the stations' asking.
pub async fn run<S: UdpBind>(stack: &S, address: Ipv4Addr) -> Result<(), S::Error> {
    match select(names(stack, address), addresses(stack, address)).await {
        Either::First(ended) | Either::Second(ended) => ended,
    }
}

/// The access point's DNS alone.
///
/// # Errors
/// As [`run`].
pub async fn names<S: UdpBind>(stack: &S, address: Ipv4Addr) -> Result<(), S::Error> {
    let mut socket = stack.bind(at(Ipv4Addr::UNSPECIFIED, DNS_PORT)).await?;
    let (mut question, mut buffer) = ([0; DNS_BUFFER], [0; DNS_BUFFER]);
    loop {
        let (length, from) = receiving::next(&mut socket, &mut question).await?;
        let question = question.get(..length).unwrap_or_default();
        let length = answer(question, address, &mut buffer);
        if let Some(answer) = length.and_then(|length| buffer.get(..length)) {
            // Whoever asked may be gone; that is no failure of ours.
            let _ = socket.send(from, answer).await;
        }
    }
}

/// The access point's DHCP server alone.
///
/// # Errors
/// As [`run`].
pub async fn addresses<S: UdpBind>(stack: &S, address: Ipv4Addr) -> Result<(), S::Error> {
    let everywhere = at(Ipv4Addr::UNSPECIFIED, DHCP_SERVER_PORT);
    let mut socket = stack.bind(everywhere).await?;
    let mut stations = Stations::new(address);
    let (mut request, mut buffer) = ([0; DHCP_BUFFER], [0; DHCP_BUFFER]);
    loop {
        let (length, _) = receiving::next(&mut socket, &mut request).await?;
        let request = request.get(..length).unwrap_or_default();
        let now_s = embassy_time::Instant::now().as_secs();
        if let Some((length, to)) = stations.answer(now_s, request, &mut buffer)
            && let Some(answer) = buffer.get(..length)
        {
            let _ = socket.send(at(to, DHCP_CLIENT_PORT), answer).await;
        }
    }
}

const fn at(address: Ipv4Addr, port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(address), port)
}
