//! A packet that came.

use core::net::Ipv4Addr;

use super::{HEADER, Part};

/// What the flags of a header say.
const ANSWER_FLAG: u16 = 0x8000;
/// Operation and result: both are 0 in all that is of interest here.
const ODD_FLAGS: u16 = 0x780f;

/// A pointer to a name that stands earlier, and where it points.
const POINTER: u8 = 0xc0;

/// A message, of which only the header is known to be whole.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Message<'m>(&'m [u8]);

impl<'m> Message<'m> {
    /// Nothing if it is too short for a header.
    pub(crate) fn new(bytes: &'m [u8]) -> Option<Self> {
        (bytes.len() >= HEADER).then_some(Self(bytes))
    }

    /// The number at one of the six places of the header.
    fn header(&self, place: usize) -> u16 {
        number(self.0, place.saturating_mul(2)).unwrap_or_default()
    }

    pub(crate) fn id(&self) -> u16 {
        self.header(0)
    }

    pub(crate) fn flags(&self) -> u16 {
        self.header(1)
    }

    pub(crate) fn is_answer(&self) -> bool {
        self.flags() & ANSWER_FLAG != 0
    }

    /// Whether it is about something else than names, or about an error.
    pub(crate) fn is_odd(&self) -> bool {
        self.flags() & ODD_FLAGS != 0
    }

    /// So many questions, it says.
    pub(crate) fn questions(&self) -> u16 {
        self.header(2)
    }

    /// What is in it, up to what cannot be read.
    pub(crate) fn items(&self) -> Items<'m> {
        Items {
            message: self.0,
            at: HEADER,
            left: [2, 3, 4, 5].map(|place| self.header(place)),
        }
    }
}

fn number(bytes: &[u8], at: usize) -> Option<u16> {
    let two = bytes.get(at..at.checked_add(2)?)?;
    Some(u16::from_be_bytes(two.try_into().ok()?))
}

/// A question, or a record.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Item<'m> {
    Question {
        name: Name<'m>,
        kind: u16,
        class: u16,
    },
    Record {
        part: Part,
        owner: Name<'m>,
        kind: u16,
        ttl_s: u32,
        data: Content<'m>,
    },
}

/// Goes through a message.
#[derive(Clone, Debug)]
pub(crate) struct Items<'m> {
    message: &'m [u8],
    at: usize,
    /// Of each part, the questions first.
    left: [u16; 4],
}

impl<'m> Items<'m> {
    fn two(&mut self) -> Option<u16> {
        let number = number(self.message, self.at)?;
        self.at = self.at.checked_add(2)?;
        Some(number)
    }

    fn name(&mut self) -> Option<Name<'m>> {
        let name = Name {
            message: self.message,
            at: self.at,
        };
        loop {
            let length = *self.message.get(self.at)?;
            self.at = self.at.checked_add(1)?;
            match length {
                0 => return Some(name),
                POINTER.. => {
                    self.at = self.at.checked_add(1)?;
                    return Some(name);
                }
                1..=63 => self.at = self.at.checked_add(length.into())?,
                _ => return None,
            }
        }
    }

    fn item(&mut self) -> Option<Item<'m>> {
        let place = self.left.iter().position(|left| *left > 0)?;
        let left = self.left.get_mut(place)?;
        *left = left.saturating_sub(1);
        let name = self.name()?;
        let (kind, class) = (self.two()?, self.two()?);
        let part = match place {
            0 => return Some(Item::Question { name, kind, class }),
            1 => Part::Answer,
            2 => Part::Authority,
            _ => Part::Additional,
        };
        let ttl_s = u32::from(self.two()?) << 16 | u32::from(self.two()?);
        let length = usize::from(self.two()?);
        let at = self.at;
        self.at = at.checked_add(length)?;
        let data = Content {
            message: self.message.get(..self.at)?,
            at,
        };
        Some(Item::Record {
            part,
            owner: name,
            kind,
            ttl_s,
            data,
        })
    }
}

impl<'m> Iterator for Items<'m> {
    type Item = Item<'m>;

    fn next(&mut self) -> Option<Item<'m>> {
        let item = self.item();
        if item.is_none() {
            self.left = [0; 4];
        }
        item
    }
}

/// What a record says. The message ends with it here, as it may point to what stands earlier.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Content<'m> {
    message: &'m [u8],
    at: usize,
}

impl<'m> Content<'m> {
    /// As an address.
    pub(crate) fn address(&self) -> Option<Ipv4Addr> {
        let octets: [u8; 4] = self.message.get(self.at..)?.try_into().ok()?;
        Some(octets.into())
    }

    /// As a name.
    pub(crate) const fn name(&self) -> Name<'m> {
        Name {
            message: self.message,
            at: self.at,
        }
    }

    /// As the port and the name of a host (RFC 2782).
    pub(crate) fn server(&self) -> Option<(u16, Name<'m>)> {
        let port = number(self.message, self.at.checked_add(4)?)?;
        let host = Name {
            message: self.message,
            at: self.at.checked_add(6)?,
        };
        Some((port, host))
    }
}

/// A name, where it stands in its message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Name<'m> {
    message: &'m [u8],
    at: usize,
}

impl<'m> Name<'m> {
    /// Its labels, and at last nothing if it is not whole. A pointer leads to an earlier place than the one before only, so that it ends.
    pub(crate) fn labels(&self) -> impl Iterator<Item = Option<&'m [u8]>> + use<'m> {
        let message = self.message;
        let (mut at, mut earliest) = (self.at, self.at);
        let mut is_over = false;
        core::iter::from_fn(move || {
            let mut next = || {
                loop {
                    let length = *message.get(at)?;
                    let behind = at.checked_add(1)?;
                    match length {
                        POINTER.. => {
                            let target = usize::from(number(message, at)? & 0x3fff);
                            if target >= earliest {
                                return None;
                            }
                            (at, earliest) = (target, target);
                        }
                        ..=63 => {
                            at = behind.checked_add(length.into())?;
                            return message.get(behind..at);
                        }
                        _ => return None,
                    }
                }
            };
            if is_over {
                return None;
            }
            let label = next();
            is_over = label.is_none_or(<[u8]>::is_empty);
            match label {
                Some([]) => None,
                label => Some(label),
            }
        })
    }

    /// Whether it is this one; small and large letters are the same.
    pub(crate) fn is(&self, labels: &[&str]) -> bool {
        let mut theirs = self.labels();
        let mut ours = labels.iter();
        loop {
            match (theirs.next(), ours.next()) {
                (None, None) => return true,
                (Some(Some(label)), Some(our)) if label.eq_ignore_ascii_case(our.as_bytes()) => {}
                _ => return false,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec::Vec;

    use super::*;

    /// A message with one question, of which the name is these bytes.
    fn with_name(name: &[u8]) -> Vec<u8> {
        let mut message = Vec::from([0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
        message.extend_from_slice(name);
        message.extend_from_slice(&[0, 1, 0, 1]);
        message
    }

    fn labels(message: &[u8]) -> Option<Vec<&[u8]>> {
        match Message::new(message)?.items().next()? {
            Item::Question { name, .. } => name.labels().collect(),
            Item::Record { .. } => None,
        }
    }

    #[test]
    fn a_name_is_read_label_by_label() {
        let message = with_name(b"\x04tank\x05local\x00");
        assert_eq!(labels(&message), Some(Vec::from([&b"tank"[..], b"local"])));
        let name =
            |message: &[u8], wanted: &[&str]| match Message::new(message).unwrap().items().next() {
                Some(Item::Question { name, .. }) => name.is(wanted),
                _ => false,
            };
        assert!(name(&message, &["TANK", "local"]));
        for other in [
            &["tank"][..],
            &["tank", "local", "lan"],
            &["tan", "local"],
            &[],
        ] {
            assert!(!name(&message, other), "{other:?}");
        }
    }

    #[test]
    fn a_pointer_leads_back_and_never_round() {
        // The second record's name points to the question's.
        let mut message = with_name(b"\x04tank\x05local\x00");
        message[7] = 1;
        message.extend_from_slice(
            b"\x04page\xc0\x11\x00\x01\x00\x01\x00\x00\x00\x78\x00\x04\x0a\x00\x00\x01",
        );
        let record = Message::new(&message).unwrap().items().nth(1).unwrap();
        let Item::Record {
            owner, data, ttl_s, ..
        } = record
        else {
            panic!("{record:?}");
        };
        assert!(owner.is(&["page", "local"]));
        assert_eq!(
            (data.address(), ttl_s),
            (Some(Ipv4Addr::new(10, 0, 0, 1)), 120)
        );
        for round in [&b"\xc0\x0c"[..], b"\x01a\xc0\x0c", b"\xc0\x20", b"\xc0"] {
            assert_eq!(labels(&with_name(round)), None, "{round:?}");
        }
        assert_eq!(labels(&with_name(b"\x40a\x00")), None, "no kind of label");
    }

    #[test]
    fn what_is_cut_ends_where_it_is_cut() {
        let message = with_name(b"\x04tank\x05local\x00");
        for length in 0..message.len() {
            let items = Message::new(&message[..length]).map(|message| message.items().count());
            assert_eq!(items.unwrap_or_default(), 0, "{length} bytes");
        }
        assert_eq!(Message::new(&message).unwrap().items().count(), 1);
    }
}
