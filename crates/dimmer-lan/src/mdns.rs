//! The board by its name: `<hostname>.local` (RFC 6762), and its page and itself as services that others find (RFC 6763).
//!
//! The name is probed for before it is used, announced, changed if somebody has it, and taken back in the end. What the asker knows already
//! is not told, and nothing beyond the subnet is answered, so that nobody far away has us answer a third one.

mod course;
mod responder;

pub use course::{BUFFER, Buffers, Error, Told, run, serve};
pub use responder::{Heard, Responder};

use core::net::{IpAddr, Ipv4Addr};

/// The port of mDNS.
pub const PORT: u16 = 5353;
/// The group of mDNS.
pub const GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 251);

/// What a board tells of itself.
#[derive(Clone, Copy, Debug)]
pub struct Board<'a> {
    /// The name that it would like to have: letters, digits and hyphens, 1 to 59 bytes.
    pub hostname: &'a str,
    /// Its id, up to 64 bytes.
    pub id: &'a str,
    /// The version of its firmware, up to 64 bytes.
    pub version: &'a str,
    /// Where its page is, up to 64 bytes: `/`.
    pub path: &'a str,
    /// The TCP port of its page.
    pub http_port: u16,
}

/// The board's place in its network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Its address.
    pub address: Ipv4Addr,
    /// So many leading bits of it are those of the subnet, 0 to 32.
    pub prefix_bits: u8,
}

impl Interface {
    /// Whether an address is in the subnet (RFC 6762, section 11).
    #[must_use]
    pub fn is_near(&self, address: IpAddr) -> bool {
        let IpAddr::V4(address) = address else {
            return false;
        };
        let host_bits = u32::MAX
            .checked_shr(self.prefix_bits.into())
            .unwrap_or_default();
        (address.to_bits() ^ self.address.to_bits()) & !host_bits == 0
    }
}
