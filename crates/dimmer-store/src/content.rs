//! What is kept in the store, and the bytes of the small things.

use core::fmt;

use dimmer_config::Section;
use dimmer_safety::AlarmSet;

use crate::{
    Found,
    commit::{ENTRY, Entries, Entry},
};

/// The longest hash of a password, with its salt, bytes.
pub const PASSWORD_CAPACITY: usize = 64;

/// The hash of a password: bytes that mean something to whoever made them.
pub type PasswordHash = heapless::Vec<u8, PASSWORD_CAPACITY>;

/// One thing in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// A section of the configuration.
    Section(Section),
    /// The latched alarms.
    Alarms,
    /// The energy counter.
    Energy,
    /// The hash of the password for the page.
    Password,
}

/// The key of what says which items belong together.
pub(crate) const COMMIT_KEY: u8 = 0;
/// The key of what says which contents are not what was saved last.
pub(crate) const DOUBTS_KEY: u8 = 67;
/// The key of what says which items cannot be used here, and somebody has looked at.
pub(crate) const LOOKED_AT_KEY: u8 = 68;

/// The keys of contents whose last value was damaged, and that nobody has looked at since.
pub(crate) type Doubts = heapless::Vec<u8, COUNT>;

/// The version in which the small things are written, and the only one that is read.
const VERSION: u8 = 0;
/// A version byte above this is none.
const LARGEST_VERSION: u8 = 0x7f;

impl Content {
    /// Everything, the sections first.
    pub const ALL: [Self; COUNT] = {
        let mut all = [Self::Alarms, Self::Energy, Self::Password];
        let mut every = [Self::Alarms; COUNT];
        let mut place = 0;
        while place < COUNT {
            #[expect(clippy::indexing_slicing, reason = "computed by the compiler")]
            {
                every[place] = if place < Section::ALL.len() {
                    Self::Section(Section::ALL[place])
                } else {
                    core::mem::replace(&mut all[place - Section::ALL.len()], Self::Alarms)
                };
            }
            place += 1;
        }
        every
    };

    /// The number under which it is stored: sections have 1 to 63, the others more. It never changes.
    #[must_use]
    pub const fn key(self) -> u8 {
        match self {
            Self::Section(section) => section.key(),
            Self::Alarms => 64,
            Self::Energy => 65,
            Self::Password => 66,
        }
    }

    pub(crate) fn from_key(key: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|content| content.key() == key)
    }

    /// Whether bytes with this version are those of a newer firmware.
    pub(crate) const fn is_newer(self, version: u8) -> bool {
        let newest = match self {
            Self::Section(section) => section.newest_version(),
            Self::Alarms | Self::Energy | Self::Password => VERSION,
        };
        newest < version && version <= LARGEST_VERSION
    }
}

/// How many things there are.
pub(crate) const COUNT: usize = Section::ALL.len() + 3;

impl fmt::Display for Content {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Section(section) => section.as_str(),
            Self::Alarms => "latched alarms",
            Self::Energy => "energy counter",
            Self::Password => "password",
        })
    }
}

/// The bytes of a small thing, version first.
pub(crate) fn small<const CAPACITY: usize>(value: &[u8]) -> heapless::Vec<u8, CAPACITY> {
    let mut bytes = heapless::Vec::new();
    // The capacities are those of the values, and one.
    let _ = bytes.push(VERSION);
    let _ = bytes.extend_from_slice(value);
    bytes
}

/// The value of a small thing.
pub(crate) fn value(content: Content, bytes: &[u8]) -> Result<&[u8], Found> {
    match bytes.split_first() {
        Some((&VERSION, value)) => Ok(value),
        Some((version, _)) if content.is_newer(*version) => Err(Found::Newer),
        _ => Err(Found::Damaged),
    }
}

/// The keys of everything.
pub(crate) fn every_key() -> Doubts {
    Content::ALL.into_iter().map(Content::key).collect()
}

/// The bytes that say what is in doubt.
pub(crate) fn doubts_bytes(doubts: &Doubts) -> heapless::Vec<u8, { 1 + COUNT }> {
    small(doubts)
}

/// What is in doubt; all of it if these bytes do not say. What only a newer firmware knows is not this one's to doubt.
pub(crate) fn doubts(bytes: &[u8]) -> Doubts {
    match bytes.split_first() {
        Some((&VERSION, keys)) => {
            let known = every_key().into_iter();
            known.filter(|key| keys.contains(key)).collect()
        }
        _ => every_key(),
    }
}

/// The bytes that say which items somebody has looked at.
pub(crate) fn looked_at_bytes(items: &[Entry]) -> heapless::Vec<u8, { 1 + COUNT * ENTRY }> {
    let mut bytes = small(&[]);
    // Each is one of the contents.
    for entry in items {
        let _ = bytes.extend_from_slice(&entry.bytes());
    }
    bytes
}

/// Which items somebody has looked at; none if these bytes do not say.
pub(crate) fn looked_at(bytes: &[u8]) -> Entries {
    match bytes.split_first() {
        Some((&VERSION, entries)) => Entry::all(entries).unwrap_or_default(),
        _ => Entries::new(),
    }
}

pub(crate) fn alarms(value: &[u8]) -> Result<AlarmSet, Found> {
    let bits = value.try_into().map_err(|_| Found::Damaged)?;
    Ok(AlarmSet::from_bits(u16::from_le_bytes(bits)))
}

pub(crate) fn energy(value: &[u8]) -> Result<u64, Found> {
    let bytes = value.try_into().map_err(|_| Found::Damaged)?;
    Ok(u64::from_le_bytes(bytes))
}

pub(crate) fn password(value: &[u8]) -> Result<PasswordHash, Found> {
    PasswordHash::from_slice(value).map_err(|_| Found::Damaged)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_content_is_listed_once_with_a_key_of_its_own() {
        for (place, content) in Content::ALL.into_iter().enumerate() {
            assert_eq!(Content::from_key(content.key()), Some(content));
            assert!(![COMMIT_KEY, DOUBTS_KEY, LOOKED_AT_KEY].contains(&content.key()));
            assert!(!Content::ALL[..place].contains(&content));
        }
        let sections = Content::ALL.map(|content| matches!(content, Content::Section(_)));
        assert_eq!(sections.iter().filter(|is| **is).count(), 12);
        assert_eq!(Content::ALL.last(), Some(&Content::Password));
    }

    #[test]
    fn small_things_are_read_as_they_were_written_or_not_at_all() {
        let bytes: heapless::Vec<u8, 9> = small(&7_u64.to_le_bytes());
        assert_eq!(value(Content::Energy, &bytes).and_then(energy), Ok(7));
        assert_eq!(
            value(Content::Energy, &bytes[..8]).and_then(energy),
            Err(Found::Damaged)
        );
        assert_eq!(value(Content::Alarms, &[1, 0, 0]), Err(Found::Newer));
        assert_eq!(value(Content::Alarms, &[0x80, 0]), Err(Found::Damaged));
        assert_eq!(value(Content::Alarms, &[]), Err(Found::Damaged));
        assert_eq!(alarms(&[1]), Err(Found::Damaged));
        assert_eq!(password(&[0; PASSWORD_CAPACITY + 1]), Err(Found::Damaged));
    }
}
