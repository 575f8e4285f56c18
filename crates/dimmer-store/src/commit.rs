//! What says which items belong together.

use crate::content::COUNT;

/// As many things as a bank can hold: those that are known, and what newer firmware may have left.
pub(crate) const ITEMS: usize = 32;
const _: () = assert!(COUNT <= ITEMS);

/// The only format that is written and read.
const FORMAT: u8 = 0;
const HEAD: usize = 5;
/// The bytes of an entry.
pub(crate) const ENTRY: usize = 5;

/// The longest commit, bytes.
pub(crate) const COMMIT_CAPACITY: usize = HEAD + ITEMS * ENTRY;

/// An item that belongs to a commit: what it is, and the checksum of its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) key: u8,
    pub(crate) checksum: u32,
}

impl Entry {
    pub(crate) fn bytes(self) -> [u8; ENTRY] {
        let [a, b, c, d] = self.checksum.to_le_bytes();
        [self.key, a, b, c, d]
    }

    /// Reads what stands one after the other; nothing if these bytes are not that.
    pub(crate) fn all(bytes: &[u8]) -> Option<Entries> {
        let (entries, odd) = bytes.as_chunks::<ENTRY>();
        let read = entries.iter().map(|[key, checksum @ ..]| Self {
            key: *key,
            checksum: u32::from_le_bytes(*checksum),
        });
        let fits = odd.is_empty() && entries.len() <= ITEMS;
        fits.then(|| read.collect())
    }
}

/// The items that belong together.
pub(crate) type Entries = heapless::Vec<Entry, ITEMS>;

/// What is written last of a save, and makes it count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Commit {
    /// Counts the saves. Of two banks the one with the higher number was written later.
    pub(crate) generation: u32,
    /// Nothing if it is of a format that is unknown here. Format and generation stand in front for ever.
    pub(crate) entries: Option<Entries>,
}

impl Commit {
    /// Reads one; nothing if these bytes are none.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let (head, rest) = bytes.split_first_chunk::<HEAD>()?;
        let [format, generation @ ..] = *head;
        Some(Self {
            generation: u32::from_le_bytes(generation),
            entries: if format == FORMAT {
                Some(Entry::all(rest)?)
            } else {
                None
            },
        })
    }

    /// The bytes of a commit.
    pub(crate) fn bytes(
        generation: u32,
        entries: impl Iterator<Item = Entry>,
    ) -> heapless::Vec<u8, COMMIT_CAPACITY> {
        let mut bytes = heapless::Vec::new();
        // There is room for as many entries as there can be.
        let _ = bytes.push(FORMAT);
        let _ = bytes.extend_from_slice(&generation.to_le_bytes());
        for entry in entries {
            let _ = bytes.extend_from_slice(&entry.bytes());
        }
        bytes
    }
}

/// CRC-32 (IEEE 802.3), bit by bit: a few kilobytes at a save, and no table in flash.
pub(crate) fn checksum(bytes: &[u8]) -> u32 {
    let mut register = u32::MAX;
    for byte in bytes {
        register ^= u32::from(*byte);
        for _ in 0..8 {
            let carry = if register & 1 == 1 { 0xedb8_8320 } else { 0 };
            register = register >> 1 ^ carry;
        }
    }
    !register
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_one_of_the_standard() {
        // The check value of CRC-32/ISO-HDLC.
        assert_eq!(checksum(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn a_commit_is_read_as_it_was_written() {
        let entries = [(1, 5), (64, u32::MAX)].map(|(key, checksum)| Entry { key, checksum });
        let bytes = Commit::bytes(7, entries.into_iter());
        let read = Commit::read(&bytes).unwrap();
        assert_eq!(read.generation, 7);
        assert_eq!(read.entries.unwrap(), entries);
        assert_eq!(Commit::read(&bytes[..4]), None);
        assert_eq!(Commit::read(&bytes[..bytes.len() - 1]), None);
        let full = (0..32).map(|key| Entry { key, checksum: 1 });
        assert_eq!(Commit::bytes(7, full).len(), COMMIT_CAPACITY);
    }

    #[test]
    fn a_commit_of_an_unknown_format_still_tells_its_generation() {
        let read = Commit::read(&[FORMAT + 1, 9, 0, 0, 0, 1, 2]).unwrap();
        assert_eq!((read.generation, read.entries), (9, None));
    }
}
