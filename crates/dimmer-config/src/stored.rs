//! A section as bytes: the version of its shape, then the section as postcard.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::{Config, Section};

/// Enough for any section; a test holds it.
pub const SECTION_CAPACITY: usize = 1536;

/// Enough for all sections together; a test holds it.
pub const ENCODED_CAPACITY: usize = 3072;

/// What a version byte has at most: postcard writes larger ones in two bytes.
const LARGEST_VERSION: u8 = 0x7f;

/// A part of the configuration with the shapes that it has had.
///
/// The bytes are those of postcard for `enum Stored { V1(First), V2(Second), ... }`: the number of the variant, from 0, then the value
/// (<https://postcard.jamesmunns.com/wire-format.html>).
trait Versions: Serialize + Sized {
    /// The number of the newest version, in which it is written.
    const NEWEST: u8;

    /// Reads the value of an older version, or of the newest, into its place. Nothing changes on error.
    fn read(version: u8, value: &[u8], into: &mut Self) -> Result<(), DecodeError>;

    /// What each version looks like.
    #[cfg(test)]
    fn shapes() -> std::vec::Vec<crate::shape::Shape>;
}

/// Reads all of the bytes as one value.
fn whole<'de, Shape: Deserialize<'de>>(value: &'de [u8]) -> Result<Shape, DecodeError> {
    // Not `take_from_bytes`, whose pair of value and rest would be one more copy on the stack.
    let mut reader = postcard::Deserializer::from_bytes(value);
    let shape = Shape::deserialize(&mut reader).map_err(|_| DecodeError::Damaged)?;
    match reader.finalize() {
        Ok([]) => Ok(shape),
        Ok(_) | Err(_) => Err(DecodeError::Damaged),
    }
}

/// The shapes of a part, the oldest first. The last one is that of today. Of each other one, `From` tells how to come from it to today's.
macro_rules! versions {
    ($today:ty: $($shape:ty),+) => {
        impl Versions for $today {
            const NEWEST: u8 = {
                let shapes: &[&str] = &[$(stringify!($shape)),+];
                assert!(shapes.len() <= LARGEST_VERSION as usize);
                #[expect(clippy::cast_possible_truncation, reason = "the line above")]
                { shapes.len() as u8 - 1 }
            };

            fn read(version: u8, value: &[u8], into: &mut Self) -> Result<(), DecodeError> {
                let readers: &[fn(&[u8], &mut Self) -> Result<(), DecodeError>] = &[$(|value, into| {
                    *into = Self::from(whole::<$shape>(value)?);
                    Ok(())
                }),+];
                let Some(read) = readers.get(usize::from(version)) else {
                    return Err(DecodeError::of_version(version));
                };
                read(value, into)
            }

            #[cfg(test)]
            fn shapes() -> std::vec::Vec<crate::shape::Shape> {
                [$(crate::shape::Shape::of::<$shape>(false)),+].into()
            }
        }
    };
}

type Name = heapless::String<{ crate::NAME_CAPACITY }>;
type Brokers = heapless::Vec<crate::Broker, { crate::BROKERS }>;

versions!(Name: Name);
versions!(crate::Language: crate::Language);
versions!(Brokers: Brokers);
versions!(crate::Session: crate::Session);
versions!(dimmer_topics::Settings: dimmer_topics::Settings);
versions!(crate::Output: crate::Output);
versions!(crate::Probes: crate::probes::ProbesV1, crate::Probes);
versions!(dimmer_phase::Settings: dimmer_phase::Settings);
versions!(dimmer_pool::Settings: dimmer_pool::Settings);
versions!(dimmer_safety::Settings: dimmer_safety::Settings);
versions!(crate::Network: crate::Network);
versions!(crate::Security: crate::Security);

/// No room for the encoded section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncodeError;

impl fmt::Display for EncodeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "the section does not fit the buffer; give it {SECTION_CAPACITY} bytes"
        )
    }
}

impl core::error::Error for EncodeError {}

/// Why stored bytes give no section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeError {
    /// Written by a newer firmware: to be left untouched.
    Newer,
    /// Cut short, overwritten, or never a section.
    Damaged,
}

impl DecodeError {
    /// Of a version that is unknown here.
    const fn of_version(version: u8) -> Self {
        if version <= LARGEST_VERSION {
            Self::Newer
        } else {
            Self::Damaged
        }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Newer => {
                "was stored by a newer firmware; install that one again, or configure anew"
            }
            Self::Damaged => "is damaged in store; configure it anew",
        })
    }
}

impl core::error::Error for DecodeError {}

// Each part by itself, with a stack of its own size: what reads and writes all of them would have the sum of it.
#[inline(never)]
fn write<Part: Versions>(part: &Part, buffer: &mut [u8]) -> Result<usize, EncodeError> {
    let (version, value) = buffer.split_first_mut().ok_or(EncodeError)?;
    *version = Part::NEWEST;
    let used = postcard::to_slice(part, value).map_err(|_| EncodeError)?;
    Ok(used.len().saturating_add(1))
}

#[inline(never)]
fn read<Part: Versions>(into: &mut Part, bytes: &[u8]) -> Result<(), DecodeError> {
    let (version, value) = bytes.split_first().ok_or(DecodeError::Damaged)?;
    Part::read(*version, value, into)
}

impl Section {
    /// Writes this section of a configuration, and returns its length, at most [`SECTION_CAPACITY`] bytes.
    ///
    /// # Errors
    /// [`EncodeError`] when `buffer` is too small.
    pub fn encode(self, config: &Config, buffer: &mut [u8]) -> Result<usize, EncodeError> {
        // Without `..`: a new field does not compile until it is stored.
        let Config {
            name,
            language,
            brokers,
            session,
            topics,
            output,
            probes,
            mains,
            pool,
            safety,
            network,
            security,
        } = config;
        match self {
            Self::Name => write(name, buffer),
            Self::Language => write(language, buffer),
            Self::Brokers => write(brokers, buffer),
            Self::Session => write(session, buffer),
            Self::Topics => write(topics, buffer),
            Self::Output => write(output, buffer),
            Self::Probes => write(probes, buffer),
            Self::Mains => write(mains, buffer),
            Self::Pool => write(pool, buffer),
            Self::Safety => write(safety, buffer),
            Self::Network => write(network, buffer),
            Self::Security => write(security, buffer),
        }
    }

    /// Reads what [`encode`](Self::encode) of this or an older version wrote. Nothing changes on error. The configuration is to be
    /// validated when all sections are read.
    ///
    /// # Errors
    /// [`DecodeError`]; nothing is guessed or repaired.
    pub fn decode(self, config: &mut Config, bytes: &[u8]) -> Result<(), DecodeError> {
        match self {
            Self::Name => read(&mut config.name, bytes),
            Self::Language => read(&mut config.language, bytes),
            Self::Brokers => read(&mut config.brokers, bytes),
            Self::Session => read(&mut config.session, bytes),
            Self::Topics => read(&mut config.topics, bytes),
            Self::Output => read(&mut config.output, bytes),
            Self::Probes => read(&mut config.probes, bytes),
            Self::Mains => read(&mut config.mains, bytes),
            Self::Pool => read(&mut config.pool, bytes),
            Self::Safety => read(&mut config.safety, bytes),
            Self::Network => read(&mut config.network, bytes),
            Self::Security => read(&mut config.security, bytes),
        }
    }

    /// The version in which this section is written, counted from 0.
    #[must_use]
    pub const fn newest_version(self) -> u8 {
        match self {
            Self::Name => Name::NEWEST,
            Self::Language => crate::Language::NEWEST,
            Self::Brokers => Brokers::NEWEST,
            Self::Session => crate::Session::NEWEST,
            Self::Topics => dimmer_topics::Settings::NEWEST,
            Self::Output => crate::Output::NEWEST,
            Self::Probes => crate::Probes::NEWEST,
            Self::Mains => dimmer_phase::Settings::NEWEST,
            Self::Pool => dimmer_pool::Settings::NEWEST,
            Self::Safety => dimmer_safety::Settings::NEWEST,
            Self::Network => crate::Network::NEWEST,
            Self::Security => crate::Security::NEWEST,
        }
    }
}

#[cfg(test)]
impl Section {
    /// What each version of this section looks like.
    fn shapes(self) -> std::vec::Vec<crate::shape::Shape> {
        match self {
            Self::Name => Name::shapes(),
            Self::Language => crate::Language::shapes(),
            Self::Brokers => Brokers::shapes(),
            Self::Session => crate::Session::shapes(),
            Self::Topics => dimmer_topics::Settings::shapes(),
            Self::Output => crate::Output::shapes(),
            Self::Probes => crate::Probes::shapes(),
            Self::Mains => dimmer_phase::Settings::shapes(),
            Self::Pool => dimmer_pool::Settings::shapes(),
            Self::Safety => dimmer_safety::Settings::shapes(),
            Self::Network => crate::Network::shapes(),
            Self::Security => crate::Security::shapes(),
        }
    }
}

#[cfg(test)]
mod frozen;
#[cfg(test)]
mod tests;
