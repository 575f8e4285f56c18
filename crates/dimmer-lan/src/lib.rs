#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

mod dns;
pub mod mdns;
pub mod portal;
mod receiving;
pub mod time;

/// The seam to a network: what opens UDP sockets, and the sockets.
pub use edge_nal;
/// Its implementation on embassy-net.
#[cfg(feature = "embassy-net")]
pub use edge_nal_embassy;
