//! Packets of DNS (RFC 1035), as far as a responder needs them: read where they lie, and written behind each other.

mod reading;
mod writing;

pub(crate) use reading::{Item, Message};
pub(crate) use writing::{Data, Writer, bytes_of};

/// The length of the header, bytes.
pub(crate) const HEADER: usize = 12;

/// The class of the Internet.
pub(crate) const INTERNET: u16 = 1;
/// Any class, of a question.
pub(crate) const ANY_CLASS: u16 = 255;

/// The types that are known here.
pub(crate) mod kind {
    /// An IPv4 address.
    pub(crate) const A: u16 = 1;
    /// A name, of which there may be several.
    pub(crate) const PTR: u16 = 12;
    /// Texts.
    pub(crate) const TXT: u16 = 16;
    /// An IPv6 address.
    pub(crate) const AAAA: u16 = 28;
    /// Host and port.
    pub(crate) const SRV: u16 = 33;
    /// What there is, and so what is not.
    pub(crate) const NSEC: u16 = 47;
    /// All of them, of a question.
    pub(crate) const ANY: u16 = 255;
}

/// The parts of a message, behind the questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    Answer,
    Authority,
    Additional,
}
