//! What is said once: a line of the log, and how the last round of publishing went.

use serde::ser::{SerializeSeq, SerializeStruct};
use serde::{Serialize, Serializer};

use crate::BufferTooSmall;
use crate::alarm::AlarmState;

/// Most bytes in [`LogLine::text`], as JSON writes it, for which [`PAYLOAD_CAPACITY`](crate::PAYLOAD_CAPACITY) is promised.
pub const LOG_TEXT_CAPACITY: usize = 512;

/// Most entries in [`Status::errors`].
pub const ERRORS_CAPACITY: usize = 4;

/// How bad a line of the log is. Less than a warning is not published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// Something did not go as it should, and the dimmer goes on.
    Warning,
    /// Something does not work.
    Error,
}

impl LogLevel {
    /// The name of the level in payloads. It never changes.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A line of the log, for people.
///
/// Serialized as `{"level":"warning","text":"…","uptime":123}`: the payload of [`Message::Log`](crate::Message::Log).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogLine<'a> {
    /// How bad it is.
    pub level: LogLevel,
    /// What a person reads: up to [`LOG_TEXT_CAPACITY`] bytes.
    pub text: &'a str,
    /// When it was, in seconds since the start.
    pub uptime_s: u32,
}

impl LogLine<'_> {
    /// Writes the line as JSON into the front of `buffer`; returns how many bytes. For a text that does not live as long as
    /// [`State::log`](crate::State::log) asks for.
    ///
    /// # Errors
    /// [`BufferTooSmall`]; never with [`PAYLOAD_CAPACITY`](crate::PAYLOAD_CAPACITY) bytes and a text of [`LOG_TEXT_CAPACITY`].
    pub fn write(&self, buffer: &mut [u8]) -> Result<usize, BufferTooSmall> {
        serde_json_core::to_slice(self, buffer).map_err(|_| BufferTooSmall)
    }
}

impl Serialize for LogLine<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("LogLine", 3)?;
        object.serialize_field("level", self.level.as_str())?;
        object.serialize_field("text", self.text)?;
        object.serialize_field("uptime", &self.uptime_s)?;
        object.end()
    }
}

/// When everything was published last, and what is wrong now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// When everything was published last, in seconds since the start: after a connection, or a `command/sync`.
    pub synced_at_s: Option<u32>,
    /// The same in seconds since 1970, where the time is known.
    pub synced_at_unix_s: Option<u32>,
    /// What is wrong besides the alarms: names that never change. Up to [`STATE_NAME_CAPACITY`](crate::STATE_NAME_CAPACITY)
    /// bytes each.
    pub errors: [Option<&'static str>; ERRORS_CAPACITY],
}

impl Status {
    /// Everything is well, and nothing was published yet.
    pub const NONE: Self = Self {
        synced_at_s: None,
        synced_at_unix_s: None,
        errors: [None; ERRORS_CAPACITY],
    };

    /// Writes `{"sync":{"uptime":123,"unix":null},"errors":["probe_lost"]}`, the names of the alarms among the errors.
    pub(crate) fn write(
        &self,
        alarms: &AlarmState,
        buffer: &mut [u8],
    ) -> Result<usize, BufferTooSmall> {
        let whole = Whole {
            sync: Sync {
                uptime: self.synced_at_s,
                unix: self.synced_at_unix_s,
            },
            errors: Errors(self, alarms),
        };
        serde_json_core::to_slice(&whole, buffer).map_err(|_| BufferTooSmall)
    }
}

#[derive(Serialize)]
struct Whole<'a> {
    sync: Sync,
    errors: Errors<'a>,
}

#[derive(Serialize)]
struct Sync {
    uptime: Option<u32>,
    unix: Option<u32>,
}

struct Errors<'a>(&'a Status, &'a AlarmState);

impl Serialize for Errors<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for alarm in self.1.iter() {
            list.serialize_element(alarm.name)?;
        }
        for error in self.0.errors.iter().flatten() {
            list.serialize_element(error)?;
        }
        list.end()
    }
}
