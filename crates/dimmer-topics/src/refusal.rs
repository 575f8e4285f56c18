//! Why what came in was refused.

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
}

impl Subject {
    /// Every subject.
    pub const ALL: [Self; 3] = [Self::Setpoint, Self::Temperature, Self::AlarmReset];

    /// The name of the subject in payloads and metrics. It never changes.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Setpoint => "setpoint",
            Self::Temperature => "temperature",
            Self::AlarmReset => "alarm_reset",
        }
    }
}

/// The kinds of [`Refusal`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefusalKind {
    /// Nothing but whitespace.
    Empty,
    /// Longer than [`SETPOINT_PAYLOAD_CAPACITY`](crate::SETPOINT_PAYLOAD_CAPACITY) or
    /// [`TEMPERATURE_PAYLOAD_CAPACITY`](crate::TEMPERATURE_PAYLOAD_CAPACITY).
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
    /// A key that is neither `power` nor `watts`.
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
}

impl RefusalKind {
    /// Every kind.
    pub const ALL: [Self; 20] = [
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
        }
    }

    const fn of_a_setpoint(self) -> &'static str {
        match self {
            Self::Empty => "the setpoint is empty; send a number in percent, such as 42.5",
            Self::TooLong => {
                "the setpoint is longer than 128 bytes; send a number alone, such as 42.5"
            }
            Self::NotText => "the setpoint is not UTF-8 text; send a number, such as 42.5",
            Self::MalformedNumber => {
                "the number is not written as in JSON; write it with a point, such as 42.5"
            }
            Self::OutOfRange => {
                "the setpoint is out of range; send -1000 to 1000 percent, or -100000 to 100000 watts"
            }
            Self::TrailingText => {
                "something follows the setpoint; send the number or the object alone, without a unit"
            }
            Self::MalformedJson => {
                "the JSON object is malformed; send {\"power\":42.5} or {\"watts\":900}"
            }
            Self::MissingKey => {
                "the JSON object has no key; send {\"power\":42.5} or {\"watts\":900}"
            }
            Self::UnknownKey => {
                "the JSON object has an unknown key; the only keys are power and watts"
            }
            Self::DuplicateKey => "the JSON object has a key twice; send it once",
            Self::PowerAndWatts => "the JSON object has both power and watts; send one of the two",
            Self::ValueNotANumber => {
                "the value is not a number; send it without quotation marks, such as {\"power\":42.5}"
            }
            Self::Retained => {
                "a retained setpoint has no known age; publish setpoints without the retain flag"
            }
            // The others are of no setpoint.
            _ => "the setpoint is not a number; send 42.5, {\"power\":42.5} or {\"watts\":900}",
        }
    }

    const fn of_a_temperature(self) -> &'static str {
        match self {
            Self::Empty => "the temperature is empty; publish a number in °C, such as 54.3",
            Self::TooLong => {
                "the payload is longer than 1024 bytes; publish the temperature on a topic of its own"
            }
            Self::NotText => "the payload is not UTF-8 text; publish a number in °C, such as 54.3",
            Self::MalformedNumber => {
                "the number is not written as in JSON; write it with a point, such as 54.3"
            }
            Self::OutOfRange => {
                "the number is too large; publish a temperature in °C, such as 54.3"
            }
            Self::TrailingText => {
                "something follows the temperature; publish the number or the JSON alone, without a unit"
            }
            Self::MalformedJson => {
                "the JSON is malformed; publish one whole JSON object, such as {\"temperature\":54.3}"
            }
            Self::DuplicateKey => "a key on the path is there twice; publish it once",
            Self::ValueNotANumber => {
                "the value is not a number; set the path to a number, or to text that is one, such as 54.3"
            }
            Self::Retained => {
                "a retained temperature has no known age; publish temperatures again and again, without the retain flag"
            }
            Self::JsonWithoutPath => {
                "the payload is JSON; set the path to the temperature in it, such as DS18B20.Temperature"
            }
            Self::PathNotFound => {
                "the path leads to nothing; set it to where the temperature stands, such as DS18B20.Temperature"
            }
            Self::TooDeep => {
                "the JSON is more than 8 levels deep; publish the temperature nearer to the top"
            }
            Self::Unavailable => {
                "the source says that it has no temperature; see that its sensor is connected and works"
            }
            // The others are of no temperature.
            _ => "the temperature is not a number; publish a number in °C alone, such as 54.3",
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

    /// What was wrong and what would be right, in one sentence: what `Display` writes.
    pub const fn text(self) -> &'static str {
        match (self.about, self.kind) {
            (Subject::Setpoint, kind) => kind.of_a_setpoint(),
            (Subject::Temperature, kind) => kind.of_a_temperature(),
            (Subject::AlarmReset, RefusalKind::Retained) => {
                "a retained reset was meant for another alarm; send it without the retain flag"
            }
            (Subject::AlarmReset, RefusalKind::CauseLasts) => {
                "the cause of the alarm lasts, or nobody can tell yet that it is gone; mend it, then reset again"
            }
            (Subject::AlarmReset, _) => "the payload is no reset; send reset or PRESS, exactly so",
        }
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
