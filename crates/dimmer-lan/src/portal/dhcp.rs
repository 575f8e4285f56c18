//! Addresses for a handful of stations.

use core::net::Ipv4Addr;

use edge_dhcp::{
    DhcpOption, MessageType, Options, Packet,
    server::{Lease, Server, ServerOptions},
};
use heapless::LinearMap;

/// So many stations get an address; a further one gets that of one whose time is over.
pub const STATIONS: usize = 8;

/// For how long an address is given, seconds: who set the board up has left by then.
pub const LEASE_S: u32 = 600;

/// The first address that is given has this last number, or the other one if the access point itself is near it.
const FIRST: [u8; 2] = [100, 10];
/// So many addresses follow the first.
#[expect(clippy::cast_possible_truncation, reason = "eight stations")]
const FURTHER: u8 = STATIONS as u8 - 1;

/// Who has which address. Sans I/O.
#[derive(Debug)]
pub struct Stations {
    address: Ipv4Addr,
    leases: LinearMap<Ipv4Addr, Lease, STATIONS>,
}

impl Stations {
    /// Of an access point with this address and the mask 255.255.255.0. Nobody has an address yet.
    #[must_use]
    pub const fn new(address: Ipv4Addr) -> Self {
        Self {
            address,
            leases: LinearMap::new(),
        }
    }

    /// The answer to a packet, and to which address it goes. `now_s` is in seconds, from any beginning. Nothing for what cannot be read, is
    /// for another server, needs no answer, or would not fit.
    pub fn answer(
        &mut self,
        now_s: u64,
        request: &[u8],
        buffer: &mut [u8],
    ) -> Option<(usize, Ipv4Addr)> {
        let request = Packet::decode(request).ok()?;
        // Of a network behind a router there is none here.
        if !request.giaddr.is_unspecified() {
            return None;
        }
        let mut gateway = [Ipv4Addr::UNSPECIFIED];
        let names = [self.address];
        let mut options = ServerOptions::new(self.address, Some(&mut gateway));
        options.dns = &names;
        options.lease_duration_secs = LEASE_S;
        let mut room = Options::buf();
        // As many addresses as stations: only then the library gives one again whose time is over.
        let [net, work, subnet, own] = self.address.octets();
        let [usual, other] = FIRST;
        let first = if own < usual { usual } else { other };
        let number = |last| Ipv4Addr::new(net, work, subnet, last);
        let mut server = Server {
            now: || now_s,
            range_start: number(first),
            range_end: number(first.saturating_add(FURTHER)),
            leases: core::mem::take(&mut self.leases),
        };
        let reply = server.handle_request(&mut room, &options, &request);
        self.leases = server.leases;
        let reply = reply?;
        let mut kinds = reply.options.iter();
        let is_refused =
            kinds.any(|option| matches!(option, DhcpOption::MessageType(MessageType::Nak)));
        // Whoever has no address yet, or not the right one, hears only what is for all (RFC 2131, section 4.1).
        let to = if request.ciaddr.is_unspecified() || is_refused {
            Ipv4Addr::BROADCAST
        } else {
            request.ciaddr
        };
        let length = reply.encode(buffer).ok()?.len();
        Some((length, to))
    }
}

#[cfg(test)]
mod tests;
