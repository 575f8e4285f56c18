//! Settings that can be changed by a message: a table that the caller gives, one topic for each.

use super::boost::{COMMAND_PAYLOAD_CAPACITY, scaled};
use super::words::on_or_off;
use crate::decimal::Decimal;
use crate::refusal::{Refusal, RefusalKind, Subject};
use crate::settings::SettingsError;

/// Most entries in the table.
pub const TUNABLES_CAPACITY: usize = 16;

/// Most bytes in [`Tunable::name`].
pub const TUNABLE_NAME_CAPACITY: usize = 24;

/// Most bytes in [`Tunable::label`].
pub const TUNABLE_LABEL_CAPACITY: usize = 40;

/// Most bytes in the options of a choice together, each counted with three more for the marks around it in JSON.
pub const TUNABLE_OPTIONS_CAPACITY: usize = 96;

/// A setting that can be changed by a message, and is shown as a number, a choice or a switch.
///
/// Its state is published on `config/<name>`, and it is set on `command/config/<name>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tunable {
    /// The level of its topics: `a` to `z`, digits and `_`. Up to [`TUNABLE_NAME_CAPACITY`] bytes.
    pub name: &'static str,
    /// What a person reads. Up to [`TUNABLE_LABEL_CAPACITY`] bytes.
    pub label: &'static str,
    /// What it can be.
    pub kind: TunableKind,
}

/// What a [`Tunable`] can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TunableKind {
    /// A number. Its value, its range and its step are × 10^`decimals`.
    Number {
        /// As Home Assistant writes it: `°C`, `%`, `W`, `s`. Empty: none. Up to 8 bytes.
        unit: &'static str,
        /// So many decimals, 0 to 3: 3 for a value in 0.001 °C.
        decimals: u8,
        /// The smallest value.
        minimum: i32,
        /// The largest value.
        maximum: i32,
        /// Values are the minimum and so many times this: at least 1. What lies between is rounded to the nearest.
        step: i32,
    },
    /// One of several words: its value is the place in the list.
    Choice(&'static [&'static str]),
    /// On (1) or off (0).
    Switch,
}

impl Tunable {
    /// Reads what stands on `command/config/<name>`: a number as JSON writes it, a word of the list, or `ON` or `OFF`. Returns the
    /// value × 10^decimals, the place in the list, or 1 or 0.
    ///
    /// # Errors
    /// Anything else is refused, and so is a retained one, which would undo what a person set since.
    pub fn parse(&self, payload: &[u8], retained: bool) -> Result<i32, Refusal> {
        self.read(payload, retained)
            .map_err(|kind| Refusal::about(Subject::Config, kind))
    }

    fn read(&self, payload: &[u8], retained: bool) -> Result<i32, RefusalKind> {
        if retained {
            return Err(RefusalKind::Retained);
        }
        if payload.len() > COMMAND_PAYLOAD_CAPACITY {
            return Err(RefusalKind::TooLong);
        }
        let text = core::str::from_utf8(payload).map_err(|_| RefusalKind::NotText)?;
        let text = text.trim_matches([' ', '\t', '\n', '\r']);
        if text.is_empty() {
            return Err(RefusalKind::Empty);
        }
        match self.kind {
            TunableKind::Number {
                decimals,
                minimum,
                maximum,
                step,
                ..
            } => {
                let decimals = i32::from(decimals);
                let value = scaled(text.as_bytes(), RefusalKind::NotANumber, decimals)?;
                if !(minimum..=maximum).contains(&value) {
                    return Err(RefusalKind::OutOfRange);
                }
                Ok(rounded(value, minimum, maximum, step))
            }
            TunableKind::Choice(options) => {
                let place = options.iter().position(|option| *option == text);
                place
                    .and_then(|place| i32::try_from(place).ok())
                    .ok_or(RefusalKind::UnknownWord)
            }
            TunableKind::Switch => on_or_off(text.as_bytes())
                .map(i32::from)
                .ok_or(RefusalKind::UnknownWord),
        }
    }

    /// The value as it is published: a number, or a word. `None` for a place that is not in the list.
    pub(crate) fn shown(&self, value: i32) -> Option<Shown> {
        match self.kind {
            TunableKind::Number { decimals, .. } => {
                Some(Shown::Number(Decimal::scaled(value, decimals)))
            }
            TunableKind::Choice(options) => {
                let place = usize::try_from(value).ok()?;
                options.get(place).map(|word| Shown::Word(word))
            }
            TunableKind::Switch => Some(Shown::Word(if value == 0 { "OFF" } else { "ON" })),
        }
    }

    /// Whether topics and discovery can be made of it.
    pub(crate) fn validate(&self) -> Result<(), SettingsError> {
        let named = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let is_name = |name: &str, capacity| {
            !name.is_empty() && name.len() <= capacity && name.bytes().all(named)
        };
        let is_text = |text: &str, capacity| {
            text.len() <= capacity
                && !text.contains(|c: char| c.is_control() || c == '"' || c == '\\')
        };
        let (problem, expected) = if !is_name(self.name, TUNABLE_NAME_CAPACITY) {
            (
                "has a name that is no level of a topic",
                "name it in a to z, 0 to 9 and _, up to 24 bytes, such as water_limit",
            )
        } else if self.label.trim().is_empty() || !is_text(self.label, TUNABLE_LABEL_CAPACITY) {
            (
                "has no label, or one that is too long or has marks in it",
                "write up to 40 bytes, without quotation marks",
            )
        } else if !self.has_good_values(is_text) {
            (
                "has no values",
                "give a number a range with a step of 1 or more and up to 3 decimals, or a choice two options or more, 96 bytes with three more for each",
            )
        } else {
            return Ok(());
        };
        Err(SettingsError {
            field: "tunable",
            problem,
            expected,
        })
    }

    fn has_good_values(&self, is_text: impl Fn(&str, usize) -> bool) -> bool {
        match self.kind {
            TunableKind::Number {
                unit,
                decimals,
                minimum,
                maximum,
                step,
            } => minimum < maximum && step >= 1 && decimals <= 3 && is_text(unit, 8),
            TunableKind::Choice(options) => {
                let length: usize = options.iter().map(|option| option.len() + 3).sum();
                let is_word = |option: &&str| {
                    !option.is_empty()
                        && option.trim() == *option
                        && is_text(option, TUNABLE_OPTIONS_CAPACITY)
                };
                options.len() >= 2
                    && length <= TUNABLE_OPTIONS_CAPACITY
                    && options.iter().all(is_word)
            }
            TunableKind::Switch => true,
        }
    }
}

/// A value as it is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    Number(Decimal),
    Word(&'static str),
}

/// The value of the grid next to this one, which lies in the range.
fn rounded(value: i32, minimum: i32, maximum: i32, step: i32) -> i32 {
    // In 64 bits: a range from one end of an i32 to the other has room.
    let (value, minimum, step) = (i64::from(value), i64::from(minimum), i64::from(step.max(1)));
    let above = value - minimum;
    let steps = (above + step / 2) / step;
    let nearest = minimum + steps * step;
    let inside = if nearest > i64::from(maximum) {
        nearest - step
    } else {
        nearest
    };
    i32::try_from(inside).unwrap_or(maximum)
}

#[cfg(test)]
mod tests;
