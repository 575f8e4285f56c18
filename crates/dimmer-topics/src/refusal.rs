//! Why a setpoint was refused.

use core::fmt;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

/// Why a setpoint was refused: nothing changes, the refusal is counted and shown.
///
/// The text is fixed for each kind. It repeats nothing of what was received, so it can go into a log, a page or JSON.
/// Serialized as `{"kind":"out_of_range","text":"..."}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    kind: RefusalKind,
}

/// The kinds of [`Refusal`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefusalKind {
    /// Nothing but whitespace.
    Empty,
    /// Longer than [`SETPOINT_PAYLOAD_CAPACITY`](crate::SETPOINT_PAYLOAD_CAPACITY).
    TooLong,
    /// Not UTF-8.
    NotText,
    /// Neither a number nor a JSON object.
    NotANumber,
    /// Starts like a number, and is not one in the grammar of JSON (RFC 8259, 6): `007`, `+5`, `.5`, `5.`, `42,5`.
    MalformedNumber,
    /// A number with a value outside the limits.
    OutOfRange,
    /// Something follows the number or the object.
    TrailingText,
    /// Starts like a JSON object, and is not one.
    MalformedJson,
    /// An object without a key.
    MissingKey,
    /// A key that is neither `power` nor `watts`.
    UnknownKey,
    /// The same key twice.
    DuplicateKey,
    /// `power` and `watts` in one object.
    PowerAndWatts,
    /// The value of the key is not a number: text, `null`, a list, another object.
    ValueNotANumber,
    /// The broker had kept the setpoint: nobody knows how old it is. Only the client sees this; see [`Refusal::new`].
    Retained,
}

impl RefusalKind {
    /// Every kind.
    pub const ALL: [Self; 14] = [
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
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::Empty => "the setpoint is empty; send a number in percent, such as 42.5",
            Self::TooLong => {
                "the setpoint is longer than 128 bytes; send a number alone, such as 42.5"
            }
            Self::NotText => "the setpoint is not UTF-8 text; send a number, such as 42.5",
            Self::NotANumber => {
                "the setpoint is not a number; send 42.5, {\"power\":42.5} or {\"watts\":900}"
            }
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
        }
    }
}

impl Refusal {
    /// A refusal of this kind. The caller makes [`RefusalKind::Retained`] itself: the retain flag is not in the payload.
    pub const fn new(kind: RefusalKind) -> Self {
        Self { kind }
    }

    /// Why.
    pub const fn kind(self) -> RefusalKind {
        self.kind
    }

    /// What was wrong and what would be right, in one sentence: what `Display` writes.
    pub const fn text(self) -> &'static str {
        self.kind.text()
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
        let mut object = serializer.serialize_struct("Refusal", 2)?;
        object.serialize_field("kind", self.kind.as_str())?;
        object.serialize_field("text", self.text())?;
        object.end()
    }
}
