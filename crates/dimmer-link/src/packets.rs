//! A reader of MQTT 5 packets that passes by: it keeps nothing but the few facts that minimq drops.

use crate::settings::KEEP_ALIVE_MINIMUM_S;

const CONNACK: u8 = 0x20;
const DISCONNECT: u8 = 0xE0;

/// What was found so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// The first byte of all, and the length that followed it.
    pub(crate) first: Option<(u8, u32)>,
    /// Why the broker ended the session (MQTT 5, 3.14.2.1).
    pub(crate) disconnect: Option<u8>,
    /// A packet longer than the buffer was announced.
    pub(crate) is_too_long: bool,
    /// The keep-alive on which the broker insists (3.2.2.3.14), where it is so short that minimq would spin.
    pub(crate) keep_alive_s: Option<u16>,
    /// The highest quality of service that the broker takes (3.2.2.3.4), if less than all.
    pub(crate) maximum_quality_of_service: Option<u8>,
}

/// Where in a packet the next byte stands (2.1).
#[derive(Clone, Copy)]
enum Place {
    First,
    Length { length: u32, shift: u32 },
    Body { length: u32, at: u32 },
}

/// Where in a CONNACK's properties the next byte stands (3.2.2.3, 2.2.2).
#[derive(Clone, Copy)]
enum Property {
    /// The properties' length, as a variable byte integer.
    Length,
    Identifier,
    /// A number of so many more bytes.
    Number {
        identifier: u8,
        left: u8,
        value: u32,
    },
    /// The length of a text, of which so many more follow.
    TextLength {
        high: Option<u8>,
        texts: u8,
    },
    Text {
        left: u16,
        texts: u8,
    },
    /// Not known: no more is read.
    Lost,
}

pub(crate) struct Packets {
    capacity: usize,
    place: Place,
    kind: u8,
    property: Property,
    found: Found,
}

impl Packets {
    /// `capacity` is that of the buffer for a whole packet.
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            place: Place::First,
            kind: 0,
            property: Property::Length,
            found: Found::default(),
        }
    }

    pub(crate) fn found(&self) -> Found {
        self.found
    }

    /// Reads the next bytes of the stream. A keep-alive on which the broker insists, and which is shorter than minimq bears, is
    /// replaced by the shortest one that it does.
    pub(crate) fn overhear(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            self.next(byte);
        }
    }

    fn next(&mut self, byte: &mut u8) {
        self.place = match self.place {
            Place::First => {
                self.kind = *byte;
                Place::Length {
                    length: 0,
                    shift: 0,
                }
            }
            Place::Length { length, shift } => {
                let length = length | u32::from(*byte & 0x7F) << shift;
                if *byte & 0x80 == 0 {
                    self.begin(length)
                } else {
                    Place::Length {
                        length,
                        // A fifth byte is an error, which minimq finds.
                        shift: (shift + 7).min(21),
                    }
                }
            }
            Place::Body { length, at } => {
                match (self.kind, at) {
                    (DISCONNECT, 0) => self.found.disconnect = Some(*byte),
                    // Two bytes, flags and reason, stand before the properties.
                    (CONNACK, 2..) => self.property = self.property(byte),
                    _ => {}
                }
                after(length, at + 1)
            }
        };
    }

    /// A packet begins whose body has this length.
    fn begin(&mut self, length: u32) -> Place {
        self.found.first.get_or_insert((self.kind, length));
        let header = 2 + [0x80, 0x4000, 0x0020_0000]
            .iter()
            .filter(|least| length >= **least)
            .count();
        let whole = usize::try_from(length).unwrap_or(usize::MAX);
        self.found.is_too_long |= whole.saturating_add(header) > self.capacity;
        if self.kind == DISCONNECT && length == 0 {
            self.found.disconnect = Some(0);
        }
        self.property = Property::Length;
        after(length, 0)
    }

    fn property(&mut self, byte: &mut u8) -> Property {
        match self.property {
            Property::Length if *byte & 0x80 == 0 => Property::Identifier,
            Property::Length => Property::Length,
            Property::Identifier => {
                let identifier = *byte;
                let number = |left| Property::Number {
                    identifier,
                    left,
                    value: 0,
                };
                match identifier {
                    0x24 | 0x25 | 0x28 | 0x29 | 0x2A => number(1),
                    0x13 | 0x21 | 0x22 => number(2),
                    0x11 | 0x27 => number(4),
                    0x12 | 0x15 | 0x16 | 0x1A | 0x1C | 0x1F => Property::TextLength {
                        high: None,
                        texts: 1,
                    },
                    0x26 => Property::TextLength {
                        high: None,
                        texts: 2,
                    },
                    _ => Property::Lost,
                }
            }
            Property::Number {
                identifier,
                left,
                value,
            } => {
                let value = value << 8 | u32::from(*byte);
                if left > 1 {
                    return Property::Number {
                        identifier,
                        left: left - 1,
                        value,
                    };
                }
                match (identifier, u16::try_from(value)) {
                    (0x13, Ok(seconds)) if (1..KEEP_ALIVE_MINIMUM_S).contains(&seconds) => {
                        self.found.keep_alive_s = Some(seconds);
                        let [_, low] = KEEP_ALIVE_MINIMUM_S.to_be_bytes();
                        *byte = low;
                    }
                    (0x24, _) => self.found.maximum_quality_of_service = Some(*byte),
                    _ => {}
                }
                Property::Identifier
            }
            Property::TextLength { high: None, texts } => Property::TextLength {
                high: Some(*byte),
                texts,
            },
            Property::TextLength {
                high: Some(high),
                texts,
            } => text(u16::from_be_bytes([high, *byte]), texts),
            Property::Text { left, texts } => text(left - 1, texts),
            Property::Lost => Property::Lost,
        }
    }
}

fn after(length: u32, at: u32) -> Place {
    if at < length {
        Place::Body { length, at }
    } else {
        Place::First
    }
}

/// So many bytes of a text, and so many texts with this one, are to come.
fn text(left: u16, texts: u8) -> Property {
    match (left, texts) {
        (0, 2..) => Property::TextLength {
            high: None,
            texts: texts - 1,
        },
        (0, _) => Property::Identifier,
        _ => Property::Text { left, texts },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Overhears the bytes in pieces of `size`, and gives what was found and what minimq sees.
    fn overheard<const LENGTH: usize>(
        mut bytes: [u8; LENGTH],
        size: usize,
    ) -> (Found, [u8; LENGTH]) {
        let mut packets = Packets::new(1_024);
        for piece in bytes.chunks_mut(size) {
            packets.overhear(piece);
        }
        (packets.found(), bytes)
    }

    #[test]
    fn the_reason_of_a_disconnect_is_found_after_other_packets() {
        for size in 1..8 {
            let (found, _) = overheard(
                *b"\x20\x03\x00\x00\x00\x30\x04\x00\x01tx\xE0\x02\x8E\x00",
                size,
            );
            assert_eq!(found.disconnect, Some(0x8E), "pieces of {size}");
            assert_eq!(found.first, Some((0x20, 3)));
        }
        assert_eq!(overheard([0xE0, 0], 1).0.disconnect, Some(0));
        assert_eq!(overheard([0x20, 2, 0, 1], 1).0.first, Some((0x20, 2)));
    }

    #[test]
    fn a_short_keep_alive_is_found_behind_any_other_property_and_minimq_sees_a_bearable_one() {
        let connack = *b"\x20\x23\x00\x00\x20\
            \x11\x00\x00\x00\x01\x21\x00\x05\x24\x01\x12\x00\x02id\x26\x00\x01k\x00\x03val\x1F\x00\x00\x2A\x01\x13\x00\x02";
        for size in 1..connack.len() {
            let (found, seen) = overheard(connack, size);
            assert_eq!(found.keep_alive_s, Some(2), "pieces of {size}");
            assert_eq!(found.maximum_quality_of_service, Some(1));
            assert_eq!((&seen[..36], seen[36]), (&connack[..36], 10));
        }
    }

    #[test]
    fn a_keep_alive_that_minimq_bears_is_left_alone() {
        for seconds in [0, 10, 300] {
            let [high, low] = u16::to_be_bytes(seconds);
            let connack = [0x20, 6, 0, 0, 3, 0x13, high, low];
            let (found, seen) = overheard(connack, 1);
            assert_eq!((found.keep_alive_s, seen), (None, connack));
        }
    }

    #[test]
    fn a_packet_is_too_long_when_it_does_not_fit_with_its_header() {
        for (bytes, is_too_long) in [
            ([0x30, 0xFD, 0x07, 0x00], false),
            ([0x30, 0xFE, 0x07, 0x00], true),
            ([0x30, 0xFF, 0xFF, 0x7F], true),
        ] {
            assert_eq!(
                overheard(bytes, 1).0.is_too_long,
                is_too_long,
                "{bytes:02x?}"
            );
        }
    }
}
