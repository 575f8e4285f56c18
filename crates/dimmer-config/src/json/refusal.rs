//! Why JSON was not taken.

use core::fmt::{self, Write};

use serde::de;

use crate::{Invalid, json::merge::Path};

/// Where the fault stands, what is wrong, and what would be right. What does not fit is cut off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The setting, such as `topics.temperature.water.topic` or `brokers[0].host`; empty for the text as a whole.
    pub path: heapless::String<96>,
    /// What is wrong with it: the rest of a sentence that begins with the setting.
    pub problem: heapless::String<128>,
    /// What would be right.
    pub expected: heapless::String<192>,
}

/// As much of a text as fits.
fn cut<const CAPACITY: usize>(text: impl fmt::Display) -> heapless::String<CAPACITY> {
    struct Cutting<const CAPACITY: usize>(heapless::String<CAPACITY>);
    impl<const CAPACITY: usize> Write for Cutting<CAPACITY> {
        fn write_str(&mut self, part: &str) -> fmt::Result {
            part.chars()
                .try_for_each(|letter| self.0.push(letter).map_err(|_| fmt::Error))
        }
    }
    let mut cutting = Cutting(heapless::String::new());
    // Full is full.
    let _ = write!(cutting, "{text}");
    cutting.0
}

impl Refusal {
    pub(super) fn new(
        path: &Path<'_>,
        problem: fmt::Arguments<'_>,
        expected: fmt::Arguments<'_>,
    ) -> Self {
        Self {
            path: cut(path),
            problem: cut(problem),
            expected: cut(expected),
        }
    }

    /// A type tells what is wrong, and whoever asked it knows where.
    fn somewhere(problem: impl fmt::Display, expected: impl fmt::Display) -> Self {
        Self {
            path: heapless::String::new(),
            problem: cut(problem),
            expected: cut(expected),
        }
    }

    /// Of a type that could not say why.
    pub(super) fn unexplained() -> Self {
        Self::somewhere("cannot be used", "what the schema describes")
    }

    /// A type that has no default lacks one of its fields.
    pub(super) fn lacking(fields: &[&'static str], place: usize) -> Self {
        let field = fields.get(place).copied().unwrap_or_default();
        Self::somewhere(format_args!("lacks `{field}`"), "that setting, too")
    }

    /// A list took no more: `length` is what it would have with the first of those that it has no room for.
    pub(super) fn too_many(length: usize) -> Self {
        let most = length.saturating_sub(1);
        Self::somewhere(
            format_args!("has more than {most} entries"),
            format_args!("{most} at the most"),
        )
    }

    /// Whether it is of the same setting.
    pub(super) fn is_at(&self, invalid: &Invalid) -> bool {
        let below = self.path.strip_prefix(invalid.section);
        below.map(|field| field.strip_prefix('.').unwrap_or(field)) == Some(invalid.field)
    }

    /// The same at this place, unless it knows one further down.
    pub(super) fn at(mut self, path: &Path<'_>) -> Self {
        if self.path.is_empty() {
            self.path = cut(path);
        }
        self
    }
}

impl From<Invalid> for Refusal {
    fn from(invalid: Invalid) -> Self {
        let Invalid {
            section,
            field,
            problem,
            expected,
            ..
        } = invalid;
        let dot = if section.is_empty() { "" } else { "." };
        Self {
            path: cut(format_args!("{section}{dot}{field}")),
            problem: cut(problem),
            expected: cut(expected),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            path,
            problem,
            expected,
        } = self;
        let path = if path.is_empty() { "the text" } else { path };
        write!(formatter, "{path} {problem}; expected: {expected}")
    }
}

impl core::error::Error for Refusal {}

/// What was found, in the words of JSON.
struct Found<'a>(de::Unexpected<'a>);

impl fmt::Display for Found<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            de::Unexpected::Str(_) => formatter.write_str("a text"),
            de::Unexpected::Seq => formatter.write_str("a list"),
            de::Unexpected::Map => formatter.write_str("an object"),
            de::Unexpected::Unit | de::Unexpected::Option => formatter.write_str("null"),
            de::Unexpected::Unsigned(number) => number.fmt(formatter),
            de::Unexpected::Signed(number) => number.fmt(formatter),
            de::Unexpected::Bool(value) => value.fmt(formatter),
            other => other.fmt(formatter),
        }
    }
}

impl de::Error for Refusal {
    fn custom<T: fmt::Display>(message: T) -> Self {
        let whole: heapless::String<256> = cut(message);
        // The pure crates write `what is wrong; what would be right`.
        match whole.split_once("; ") {
            Some((problem, expected)) => Self::somewhere(
                format_args!("cannot be used: {problem}"),
                expected.trim_start_matches("expected: "),
            ),
            None => Self::somewhere(
                format_args!("cannot be used: {whole}"),
                "what the schema describes",
            ),
        }
    }

    fn invalid_type(found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::somewhere(format_args!("is {}", Found(found)), expected)
    }

    fn invalid_value(found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::somewhere(format_args!("is {}", Found(found)), expected)
    }

    fn invalid_length(length: usize, expected: &dyn de::Expected) -> Self {
        Self::somewhere(format_args!("has the length {length}"), expected)
    }

    fn unknown_variant(found: &str, expected: &'static [&'static str]) -> Self {
        Self::somewhere(format_args!("is `{found}`"), OneOf(expected))
    }
}

/// What goes up through the code that serde derives for each type, instead of a [`Refusal`]: that has half a kilobyte, which every step for
/// every field would move on, and the moves alone were tens of kilobytes of code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The refusal was laid down.
    Told,
    /// There are not so many elements.
    Length(usize),
    /// Of another kind. A type that has something to say says it in its visitor, whose words are kept; what `#[serde(try_from)]` says comes
    /// here.
    Unexplained,
}

/// serde asks for it. Nobody reads it: a person is told the [`Refusal`].
impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, formatter)
    }
}

impl core::error::Error for Fault {}

impl de::Error for Fault {
    fn custom<T: fmt::Display>(_message: T) -> Self {
        Self::Unexplained
    }

    fn invalid_type(_found: de::Unexpected<'_>, _expected: &dyn de::Expected) -> Self {
        Self::Unexplained
    }

    fn invalid_length(length: usize, _expected: &dyn de::Expected) -> Self {
        Self::Length(length)
    }
}

/// A choice of words.
pub(super) struct OneOf<'a>(pub(super) &'a [&'static str]);

impl fmt::Display for OneOf<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("one of ")?;
        for (place, word) in self.0.iter().enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            write!(formatter, "{comma}`{word}`")?;
        }
        Ok(())
    }
}
