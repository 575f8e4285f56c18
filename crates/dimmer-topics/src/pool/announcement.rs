//! A member of a shared pool announces itself: one JSON object, of which what is known is read strictly.

use core::fmt::Write;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::Sharing;
use crate::BufferTooSmall;
use crate::commands::fields;
use crate::refusal::{Refusal, RefusalKind, Subject};
use crate::scanner::Scanner;

/// Most bytes in the payload of an announcement.
pub const ANNOUNCEMENT_PAYLOAD_CAPACITY: usize = 512;

/// Most watts of one member, and of what it says of itself.
const MEMBER_LIMIT_WATTS: u32 = 1_000_000;

/// Most watts of a whole pool.
const POOL_LIMIT_WATTS: u32 = 10_000_000;

/// What a member of a shared pool says of itself: the payload of [`Message::PoolMember`](crate::Message::PoolMember).
///
/// Serialized as `{"boot":"1a2b3c4d","sequence":7,"rated_watts":2000,…}`, without `day` where nobody knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// A number of its own for each start. Eight hexadecimal digits.
    pub boot: u32,
    /// Larger with each announcement since that start.
    pub sequence: u32,
    /// The rated power of its load, in watts: 1 to 1 000 000.
    pub rated_watts: u32,
    /// What it could take now, were all of it given to it, in watts: up to its rated power.
    pub available_watts: u32,
    /// The least that it takes, in watts: up to its rated power.
    pub minimum_watts: u32,
    /// How much more must be asked before it begins to take, in watts: up to its rated power.
    pub hysteresis_watts: u32,
    /// Its place in the order: lower first.
    pub priority: u8,
    /// Its part of what is divided by weight: 1 to 1000.
    pub weight: u16,
    /// How it divides.
    pub sharing: Sharing,
    /// What 100 % of the pool is, in watts, up to 10 000 000; 0: what all announced members are rated.
    pub pool_watts: u32,
    /// What it lets through, in watts: up to its rated power.
    pub applied_watts: u32,
    /// Whether its last share was above 0.
    pub taking: bool,
    /// It announces itself at least this often, in seconds: 1 to 60.
    pub interval_s: u8,
    /// The day that it believes in: days since 1970-01-01, UTC.
    pub day: Option<u32>,
}

impl Announcement {
    /// Writes the announcement as JSON into the front of `buffer`; returns how many bytes.
    ///
    /// # Errors
    /// [`BufferTooSmall`]; never with [`ANNOUNCEMENT_PAYLOAD_CAPACITY`] bytes.
    pub fn write(&self, buffer: &mut [u8]) -> Result<usize, BufferTooSmall> {
        serde_json_core::to_slice(self, buffer).map_err(|_| BufferTooSmall)
    }
}

impl Serialize for Announcement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut boot = heapless::String::<8>::new();
        // Eight digits, always.
        let _ = write!(boot, "{:08x}", self.boot);
        let mut object = serializer.serialize_struct("Announcement", 14)?;
        object.serialize_field("boot", boot.as_str())?;
        object.serialize_field("sequence", &self.sequence)?;
        object.serialize_field("rated_watts", &self.rated_watts)?;
        object.serialize_field("available_watts", &self.available_watts)?;
        object.serialize_field("minimum_watts", &self.minimum_watts)?;
        object.serialize_field("hysteresis_watts", &self.hysteresis_watts)?;
        object.serialize_field("priority", &self.priority)?;
        object.serialize_field("weight", &self.weight)?;
        object.serialize_field("sharing", self.sharing.as_str())?;
        object.serialize_field("pool_watts", &self.pool_watts)?;
        object.serialize_field("applied_watts", &self.applied_watts)?;
        object.serialize_field("taking", &self.taking)?;
        object.serialize_field("interval_s", &self.interval_s)?;
        if let Some(day) = self.day {
            object.serialize_field("day", &day)?;
        }
        object.end()
    }
}

/// Reads an announcement. `None`: an empty payload, by which a member leaves the pool.
///
/// A key that is not known is skipped, whatever its value: a later version may say more, and still is to be understood.
///
/// A retained one is as good as any here: it is how those that came before are known. That its age is unknown is the reader's affair.
///
/// # Errors
/// Anything else is refused: a key that is missing or there twice, a number that is not whole or outside its limits, a power above the
/// rated one, a way to share that is not known: who does not know how the others divide cannot divide as they do.
pub fn parse_announcement(payload: &[u8]) -> Result<Option<Announcement>, Refusal> {
    if payload.is_empty() {
        return Ok(None);
    }
    announcement(payload)
        .map(Some)
        .map_err(|kind| Refusal::about(Subject::PoolMember, kind))
}

/// What was read so far.
#[derive(Default)]
struct Read {
    boot: Option<u32>,
    sequence: Option<u32>,
    rated_watts: Option<u32>,
    available_watts: Option<u32>,
    minimum_watts: Option<u32>,
    hysteresis_watts: Option<u32>,
    priority: Option<u32>,
    weight: Option<u32>,
    sharing: Option<Sharing>,
    pool_watts: Option<u32>,
    applied_watts: Option<u32>,
    taking: Option<bool>,
    interval_s: Option<u32>,
    day: Option<u32>,
}

fn announcement(payload: &[u8]) -> Result<Announcement, RefusalKind> {
    if payload.len() > ANNOUNCEMENT_PAYLOAD_CAPACITY {
        return Err(RefusalKind::TooLong);
    }
    core::str::from_utf8(payload).map_err(|_| RefusalKind::NotText)?;
    let mut read = Read::default();
    fields(payload, &mut |key, value| read.field(key, value))?;
    read.whole()
}

impl Read {
    fn field(&mut self, key: &[u8], value: &[u8]) -> Result<(), RefusalKind> {
        let (place, range) = match key {
            b"boot" => return once(&mut self.boot, boot(value)?),
            b"sharing" => return once(&mut self.sharing, sharing(value)?),
            b"taking" => return once(&mut self.taking, taking(value)?),
            b"sequence" => (&mut self.sequence, 0..=u32::MAX),
            b"rated_watts" => (&mut self.rated_watts, 1..=MEMBER_LIMIT_WATTS),
            b"available_watts" => (&mut self.available_watts, 0..=MEMBER_LIMIT_WATTS),
            b"minimum_watts" => (&mut self.minimum_watts, 0..=MEMBER_LIMIT_WATTS),
            b"hysteresis_watts" => (&mut self.hysteresis_watts, 0..=MEMBER_LIMIT_WATTS),
            b"priority" => (&mut self.priority, 0..=255),
            b"weight" => (&mut self.weight, 1..=1000),
            b"pool_watts" => (&mut self.pool_watts, 0..=POOL_LIMIT_WATTS),
            b"applied_watts" => (&mut self.applied_watts, 0..=MEMBER_LIMIT_WATTS),
            b"interval_s" => (&mut self.interval_s, 1..=60),
            b"day" => (&mut self.day, 0..=u32::MAX),
            // Of a later version.
            _ => return Ok(()),
        };
        let number = whole(value)?;
        if range.contains(&number) {
            once(place, number)
        } else {
            Err(RefusalKind::OutOfRange)
        }
    }

    fn whole(self) -> Result<Announcement, RefusalKind> {
        const MISSING: RefusalKind = RefusalKind::MissingKey;
        const OUT: RefusalKind = RefusalKind::OutOfRange;
        let rated_watts = self.rated_watts.ok_or(MISSING)?;
        let of_the_load = |watts: Option<u32>| {
            let watts = watts.ok_or(MISSING)?;
            if watts <= rated_watts {
                Ok(watts)
            } else {
                Err(OUT)
            }
        };
        Ok(Announcement {
            boot: self.boot.ok_or(MISSING)?,
            sequence: self.sequence.ok_or(MISSING)?,
            rated_watts,
            available_watts: of_the_load(self.available_watts)?,
            minimum_watts: of_the_load(self.minimum_watts)?,
            hysteresis_watts: of_the_load(self.hysteresis_watts)?,
            priority: self.priority.ok_or(MISSING)?.try_into().map_err(|_| OUT)?,
            weight: self.weight.ok_or(MISSING)?.try_into().map_err(|_| OUT)?,
            sharing: self.sharing.ok_or(MISSING)?,
            pool_watts: self.pool_watts.ok_or(MISSING)?,
            applied_watts: of_the_load(self.applied_watts)?,
            taking: self.taking.ok_or(MISSING)?,
            interval_s: self
                .interval_s
                .ok_or(MISSING)?
                .try_into()
                .map_err(|_| OUT)?,
            day: self.day,
        })
    }
}

fn once<T>(place: &mut Option<T>, value: T) -> Result<(), RefusalKind> {
    if place.replace(value).is_some() {
        return Err(RefusalKind::DuplicateKey);
    }
    Ok(())
}

/// A whole number that is not negative: digits, and nothing else.
fn whole(text: &[u8]) -> Result<u32, RefusalKind> {
    let mut scanner = Scanner::new(text);
    // What is a number at all is judged as everywhere.
    scanner.number(RefusalKind::ValueNotANumber)?;
    let is_digits = text.iter().all(u8::is_ascii_digit);
    core::str::from_utf8(text)
        .ok()
        .filter(|_| is_digits)
        .and_then(|text| text.parse().ok())
        .ok_or(RefusalKind::OutOfRange)
}

fn boot(text: &[u8]) -> Result<u32, RefusalKind> {
    let digits = match text {
        [b'"', digits @ .., b'"'] if digits.len() == 8 => digits,
        _ => return Err(RefusalKind::UnknownWord),
    };
    digits.iter().try_fold(0, |boot: u32, digit| {
        let digit = char::from(*digit).to_digit(16);
        Ok(boot << 4 | digit.ok_or(RefusalKind::UnknownWord)?)
    })
}

fn sharing(text: &[u8]) -> Result<Sharing, RefusalKind> {
    Sharing::ALL
        .into_iter()
        .find(|sharing| {
            let word = text
                .strip_prefix(b"\"")
                .and_then(|text| text.strip_suffix(b"\""));
            word == Some(sharing.as_str().as_bytes())
        })
        .ok_or(RefusalKind::UnknownWord)
}

fn taking(text: &[u8]) -> Result<bool, RefusalKind> {
    match text {
        b"true" => Ok(true),
        b"false" => Ok(false),
        _ => Err(RefusalKind::UnknownWord),
    }
}

#[cfg(test)]
mod tests;
