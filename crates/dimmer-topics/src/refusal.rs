//! Why what came in was refused.

mod texts;

use core::fmt;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

/// Why what came in was refused: nothing changes, the refusal is counted and shown.
///
/// The text is fixed for each subject and kind. It repeats nothing of what was received, so it can go into a log, a page or
/// JSON. Serialized as `{"about":"setpoint","kind":"out_of_range","text":"..."}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    about: Subject,
    kind: RefusalKind,
}

/// What was expected where something was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Subject {
    /// A setpoint: [`parse_setpoint`](crate::parse_setpoint).
    Setpoint,
    /// A temperature: [`parse_temperature`](crate::parse_temperature).
    Temperature,
    /// The reset of the alarms: [`parse_alarm_reset`](crate::parse_alarm_reset).
    AlarmReset,
    /// A boost: [`parse_boost`](crate::parse_boost).
    Boost,
    /// A person's switch: [`parse_switch`](crate::parse_switch).
    Switch,
    /// The value of a setting: [`Tunable::parse`](crate::Tunable::parse).
    Config,
    /// What is done once: [`parse_trigger`](crate::parse_trigger).
    Trigger,
    /// A device of Domoticz: [`parse_domoticz`](crate::parse_domoticz).
    Domoticz,
    /// A topic below `command/` that nobody knows: [`Topics::command`](crate::Topics::command).
    Command,
    /// The announcement of a member of a pool: [`parse_announcement`](crate::parse_announcement).
    PoolMember,
}

impl Subject {
    /// Every subject.
    pub const ALL: [Self; 10] = [
        Self::Setpoint,
        Self::Temperature,
        Self::AlarmReset,
        Self::Boost,
        Self::Switch,
        Self::Config,
        Self::Trigger,
        Self::Domoticz,
        Self::Command,
        Self::PoolMember,
    ];

    /// The name of the subject in payloads and metrics. It never changes.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Setpoint => "setpoint",
            Self::Temperature => "temperature",
            Self::AlarmReset => "alarm_reset",
            Self::Boost => "boost",
            Self::Switch => "switch",
            Self::Config => "config",
            Self::Trigger => "trigger",
            Self::Domoticz => "domoticz",
            Self::Command => "command",
            Self::PoolMember => "pool_member",
        }
    }
}

/// The kinds of [`Refusal`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefusalKind {
    /// Nothing but whitespace.
    Empty,
    /// Longer than [`SETPOINT_PAYLOAD_CAPACITY`](crate::SETPOINT_PAYLOAD_CAPACITY),
    /// [`TEMPERATURE_PAYLOAD_CAPACITY`](crate::TEMPERATURE_PAYLOAD_CAPACITY),
    /// [`COMMAND_PAYLOAD_CAPACITY`](crate::COMMAND_PAYLOAD_CAPACITY),
    /// [`ANNOUNCEMENT_PAYLOAD_CAPACITY`](crate::ANNOUNCEMENT_PAYLOAD_CAPACITY) or
    /// [`DOMOTICZ_PAYLOAD_CAPACITY`](crate::DOMOTICZ_PAYLOAD_CAPACITY).
    TooLong,
    /// Not UTF-8.
    NotText,
    /// Not a number, nor a JSON object where one may stand.
    NotANumber,
    /// Starts like a number, and is not one in the grammar of JSON (RFC 8259, 6): `007`, `+5`, `.5`, `5.`, `42,5`.
    MalformedNumber,
    /// A number with a value outside the limits.
    OutOfRange,
    /// Something follows the number or the object.
    TrailingText,
    /// Starts like JSON, and is not.
    MalformedJson,
    /// An object without a key.
    MissingKey,
    /// A key that may not stand there.
    UnknownKey,
    /// The same key twice: in a setpoint, or on the path to a temperature.
    DuplicateKey,
    /// `power` and `watts` in one object.
    PowerAndWatts,
    /// The value of the key, or at the end of the path, is not a number: text, `true`, a list, another object.
    ValueNotANumber,
    /// The broker had kept the message: nobody knows how old it is. Only the client sees this; see [`Refusal::about`].
    Retained,
    /// JSON where a number alone was expected, because no path is set.
    JsonWithoutPath,
    /// The path leads to nothing.
    PathNotFound,
    /// Lists and objects in one another, more than [`TEMPERATURE_DEPTH`](crate::TEMPERATURE_DEPTH) of them.
    TooDeep,
    /// The source says that it has no temperature: `null`, `unavailable`, `unknown`, `nan`.
    Unavailable,
    /// Another word than the two that reset alarms.
    NotAReset,
    /// A reset while the cause of a latched alarm lasts. Only the dimmer sees this; see [`Refusal::about`].
    CauseLasts,
    /// A word that is none of those that may stand there.
    UnknownWord,
    /// A topic below `command/` that is no command.
    UnknownCommand,
    /// A value in its range that does not fit the other settings. Only the dimmer sees this.
    Conflict,
    /// A command that this dimmer cannot carry out, or not at this moment. Only the dimmer sees this.
    NotNow,
    /// A device of Domoticz that has no level and is not switched on and off.
    WrongDevice,
}

impl RefusalKind {
    /// Every kind.
    pub const ALL: [Self; 25] = [
        Self::Empty,
        Self::TooLong,
        Self::NotText,
        Self::NotANumber,
        Self::MalformedNumber,
        Self::OutOfRange,
        Self::TrailingText,
        Self::MalformedJson,
        Self::MissingKey,
        Self::UnknownKey,
        Self::DuplicateKey,
        Self::PowerAndWatts,
        Self::ValueNotANumber,
        Self::Retained,
        Self::JsonWithoutPath,
        Self::PathNotFound,
        Self::TooDeep,
        Self::Unavailable,
        Self::NotAReset,
        Self::CauseLasts,
        Self::UnknownWord,
        Self::UnknownCommand,
        Self::Conflict,
        Self::NotNow,
        Self::WrongDevice,
    ];

    /// The name of the kind in payloads and metrics. It never changes.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLong => "too_long",
            Self::NotText => "not_text",
            Self::NotANumber => "not_a_number",
            Self::MalformedNumber => "malformed_number",
            Self::OutOfRange => "out_of_range",
            Self::TrailingText => "trailing_text",
            Self::MalformedJson => "malformed_json",
            Self::MissingKey => "missing_key",
            Self::UnknownKey => "unknown_key",
            Self::DuplicateKey => "duplicate_key",
            Self::PowerAndWatts => "power_and_watts",
            Self::ValueNotANumber => "value_not_a_number",
            Self::Retained => "retained",
            Self::JsonWithoutPath => "json_without_path",
            Self::PathNotFound => "path_not_found",
            Self::TooDeep => "too_deep",
            Self::Unavailable => "unavailable",
            Self::NotAReset => "not_a_reset",
            Self::CauseLasts => "cause_lasts",
            Self::UnknownWord => "unknown_word",
            Self::UnknownCommand => "unknown_command",
            Self::Conflict => "conflict",
            Self::NotNow => "not_now",
            Self::WrongDevice => "wrong_device",
        }
    }
}

impl Refusal {
    /// The refusal of a setpoint. The caller makes [`RefusalKind::Retained`] itself: the retain flag is not in the payload.
    pub const fn new(kind: RefusalKind) -> Self {
        Self::about(Subject::Setpoint, kind)
    }

    /// The refusal of what was expected to be `subject`. The caller makes [`RefusalKind::Retained`] itself: the retain flag is
    /// not in the payload.
    pub const fn about(subject: Subject, kind: RefusalKind) -> Self {
        Self {
            about: subject,
            kind,
        }
    }

    /// What was expected.
    pub const fn subject(self) -> Subject {
        self.about
    }

    /// Why.
    pub const fn kind(self) -> RefusalKind {
        self.kind
    }
}

impl From<RefusalKind> for Refusal {
    fn from(kind: RefusalKind) -> Self {
        Self::new(kind)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.text())
    }
}

impl core::error::Error for Refusal {}

impl Serialize for Refusal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Refusal", 3)?;
        object.serialize_field("about", self.about.as_str())?;
        object.serialize_field("kind", self.kind.as_str())?;
        object.serialize_field("text", self.text())?;
        object.end()
    }
}
