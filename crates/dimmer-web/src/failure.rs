//! Why a request was not carried out, for programs and people.

use core::fmt::Write;

use dimmer::{
    config::{self, Invalid},
    topics::{Refusal, SettingsError},
};
use serde::{Serialize, Serializer, ser::SerializeStruct};

/// The longest path of a setting, bytes; a longer one is cut.
pub const PATH_CAPACITY: usize = 64;

/// Why a request was not carried out: what, what was wrong with it, what would be right. Nothing has changed then.
///
/// Serialized as `{"error":{"path":"output.rated_watts","problem":"...","expected":"..."}}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The status of HTTP (RFC 9110, 15).
    pub status: u16,
    /// Which setting, or which part of the request; empty: the whole.
    pub path: heapless::String<PATH_CAPACITY>,
    /// What was wrong.
    pub problem: &'static str,
    /// What would be right.
    pub expected: &'static str,
}

impl Failure {
    /// A failure of the part `path`.
    #[must_use]
    pub fn new(status: u16, path: &str, problem: &'static str, expected: &'static str) -> Self {
        let mut failure = Self {
            status,
            path: heapless::String::new(),
            problem,
            expected,
        };
        for character in path.chars() {
            if failure.path.push(character).is_err() {
                break;
            }
        }
        failure
    }

    /// What does not fit the buffer.
    pub(crate) fn too_large() -> Self {
        Self::new(
            500,
            "",
            "the answer is too long for this board",
            "report it: it should not happen",
        )
    }
}

impl From<Invalid> for Failure {
    fn from(invalid: Invalid) -> Self {
        let mut failure = Self::new(422, invalid.section, invalid.problem, invalid.expected);
        let dot = if invalid.section.is_empty() { "" } else { "." };
        // The longest section and field are shorter than the capacity.
        let _ = write!(failure.path, "{dot}{}", invalid.field);
        failure
    }
}

impl From<SettingsError> for Failure {
    fn from(error: SettingsError) -> Self {
        let mut failure = Self::new(422, "topics.", error.problem, error.expected);
        let _ = failure.path.push_str(error.field);
        failure
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::new(
            422,
            "",
            refusal.text(),
            "see the topics of commands in the manual",
        )
    }
}

#[derive(Serialize)]
struct Inner<'a> {
    path: &'a str,
    problem: &'a str,
    expected: &'a str,
}

impl Inner<'_> {
    fn as_error<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Failure", 1)?;
        object.serialize_field("error", self)?;
        object.end()
    }
}

impl Serialize for Failure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let inner = Inner {
            path: &self.path,
            problem: self.problem,
            expected: self.expected,
        };
        inner.as_error(serializer)
    }
}

/// Settings that were not taken, as a [`Failure`] is told.
pub(crate) struct NotTaken(pub(crate) config::Refusal);

impl Serialize for NotTaken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let inner = Inner {
            path: &self.0.path,
            problem: &self.0.problem,
            expected: &self.0.expected,
        };
        inner.as_error(serializer)
    }
}

/// A request whose body does not fit behind its head, as a [`Failure`] is told.
pub(crate) struct TooLong {
    /// As many bytes of a body as would.
    pub(crate) room: usize,
}

impl Serialize for TooLong {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut expected = heapless::String::<64>::new();
        // The longest number fits.
        let _ = write!(
            expected,
            "{} bytes at the most, behind this head",
            self.room
        );
        let inner = Inner {
            path: "",
            problem: "is longer than fits",
            expected: &expected,
        };
        inner.as_error(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_where_what_and_what_would_be_right() {
        let mut config = config::Config::default();
        config.output.rated_watts = 0;
        let failure = Failure::from(config.validate().unwrap_err());
        assert_eq!(
            serde_json::to_string(&failure).unwrap(),
            r#"{"error":{"path":"output.rated_watts","problem":"is outside 1 to 20000 W","expected":"the power on the heater's plate, such as 2000"}}"#
        );
    }

    #[test]
    fn a_long_path_is_cut() {
        assert_eq!(Failure::new(404, &"é".repeat(99), "", "").path.len(), 64);
    }
}
