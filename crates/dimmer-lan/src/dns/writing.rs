//! A packet that goes.

use core::net::Ipv4Addr;

use super::{HEADER, Part, kind};

/// The longest name, with the lengths of its labels, bytes.
const NAME: usize = 255;

/// A message that is being written. What does not fit fails, and then the whole of it is of no use.
#[derive(Debug)]
pub(crate) struct Writer<'b> {
    buffer: &'b mut [u8],
    length: usize,
    id: u16,
    flags: u16,
    /// Of each part, the questions first.
    counts: [u16; 4],
}

/// What a record says.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Data<'a> {
    Address(Ipv4Addr),
    /// A name.
    Name(&'a [&'a str]),
    /// Port and host (RFC 2782), neither before nor after others.
    Server(u16, &'a [&'a str]),
    /// Keys and values (RFC 6763, section 6).
    Text(&'a [(&'a str, &'a str)]),
    /// Of this name there is an IPv4 address and no more (RFC 6762, section 6.1).
    OnlyAddress(&'a [&'a str]),
}

impl Data<'_> {
    const fn kind(&self) -> u16 {
        match self {
            Self::Address(_) => kind::A,
            Self::Name(_) => kind::PTR,
            Self::Server(..) => kind::SRV,
            Self::Text(_) => kind::TXT,
            Self::OnlyAddress(_) => kind::NSEC,
        }
    }
}

impl<'b> Writer<'b> {
    pub(crate) const fn new(buffer: &'b mut [u8], id: u16, flags: u16) -> Self {
        Self {
            buffer,
            length: HEADER,
            id,
            flags,
            counts: [0; 4],
        }
    }

    fn bytes(&mut self, bytes: &[u8]) -> Option<()> {
        let end = self.length.checked_add(bytes.len())?;
        self.buffer
            .get_mut(self.length..end)?
            .copy_from_slice(bytes);
        self.length = end;
        Some(())
    }

    fn name<'n>(&mut self, labels: impl Iterator<Item = &'n [u8]>) -> Option<()> {
        let start = self.length;
        for label in labels {
            let length = u8::try_from(label.len()).ok()?;
            if !(1..=63).contains(&length) {
                return None;
            }
            self.bytes(&[length])?;
            self.bytes(label)?;
        }
        self.bytes(&[0])?;
        (self.length.saturating_sub(start) <= NAME).then_some(())
    }

    fn count(&mut self, place: usize) -> Option<()> {
        let count = self.counts.get_mut(place)?;
        *count = count.checked_add(1)?;
        Some(())
    }

    /// A question; all of them come first.
    pub(crate) fn question<'n>(
        &mut self,
        labels: impl Iterator<Item = &'n [u8]>,
        kind: u16,
        class: u16,
    ) -> Option<()> {
        self.name(labels)?;
        self.bytes(&kind.to_be_bytes())?;
        self.bytes(&class.to_be_bytes())?;
        self.count(0)
    }

    /// A record; the parts come in their order.
    pub(crate) fn record<'n>(
        &mut self,
        part: Part,
        labels: impl Iterator<Item = &'n [u8]>,
        class: u16,
        ttl_s: u32,
        data: Data<'_>,
    ) -> Option<()> {
        self.name(labels)?;
        self.bytes(&data.kind().to_be_bytes())?;
        self.bytes(&class.to_be_bytes())?;
        self.bytes(&ttl_s.to_be_bytes())?;
        let before = self.length;
        self.bytes(&[0; 2])?;
        self.data(data)?;
        let length = self.length.checked_sub(before)?.checked_sub(2)?;
        let length = u16::try_from(length).ok()?.to_be_bytes();
        self.buffer
            .get_mut(before..)?
            .first_chunk_mut::<2>()?
            .copy_from_slice(&length);
        self.count(match part {
            Part::Answer => 1,
            Part::Authority => 2,
            Part::Additional => 3,
        })
    }

    fn data(&mut self, data: Data<'_>) -> Option<()> {
        match data {
            Data::Address(address) => self.bytes(&address.octets()),
            Data::Name(labels) => self.name(bytes_of(labels)),
            Data::Server(port, host) => {
                self.bytes(&[0; 4])?;
                self.bytes(&port.to_be_bytes())?;
                self.name(bytes_of(host))
            }
            Data::Text(pairs) => pairs.iter().try_for_each(|(key, value)| {
                let length = key.len().checked_add(1)?.checked_add(value.len())?;
                self.bytes(&[u8::try_from(length).ok()?])?;
                self.bytes(key.as_bytes())?;
                self.bytes(b"=")?;
                self.bytes(value.as_bytes())
            }),
            Data::OnlyAddress(labels) => {
                self.name(bytes_of(labels))?;
                // The first 256 types, one byte of bits: that of the second one is set (RFC 4034, section 4.1.2).
                self.bytes(&[0, 1, 0x40])
            }
        }
    }

    /// The length of the whole.
    pub(crate) fn finish(self) -> Option<usize> {
        let [questions, answers, authority, additional] = self.counts;
        let numbers = [
            self.id, self.flags, questions, answers, authority, additional,
        ];
        let header = self.buffer.first_chunk_mut::<HEADER>()?;
        for (place, number) in header.chunks_exact_mut(2).zip(numbers) {
            place.copy_from_slice(&number.to_be_bytes());
        }
        Some(self.length)
    }
}

/// Labels as they stand in a packet.
pub(crate) fn bytes_of<'n>(labels: &'n [&'n str]) -> impl Iterator<Item = &'n [u8]> {
    labels.iter().map(|label| label.as_bytes())
}
