//! Reading a setpoint, strictly: what is not exactly a setpoint changes nothing.

use crate::refusal::{Refusal, RefusalKind};
use crate::scanner::{Number, Scanner};

/// Largest power that is accepted, either way, in centipercent: 1000 %. More than 100 % is normal on a topic that a pool of
/// dimmers shares.
pub const POWER_LIMIT_CENTIPERCENT: i32 = 100_000;

/// Largest power that is accepted, either way, in watts.
pub const WATTS_LIMIT: i32 = 100_000;

/// Most bytes in a setpoint's payload.
pub const SETPOINT_PAYLOAD_CAPACITY: usize = 128;

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setpoint {
    /// Share of the rated load, in 0.01 %: ±[`POWER_LIMIT_CENTIPERCENT`]. Negative: the house draws from the grid.
    Centipercent(i32),
    /// Power in watts: ±[`WATTS_LIMIT`].
    Watts(i32),
}

/// What a number alone means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SetpointUnit {
    /// Percent.
    #[default]
    Percent,
    /// Watts.
    Watts,
}

/// Reads a setpoint: `42`, `42.5`, `{"power":42.5}` (percent) or `{"watts":900}`, with whitespace around any part of it.
///
/// The number has the grammar of JSON (RFC 8259, 6), with or without an object around it. It is read as decimal digits, never
/// through a float, and rounded to 0.01 % or 1 W, halves away from zero.
///
/// # Errors
/// Anything else is refused: see [`RefusalKind`].
pub fn parse_setpoint(payload: &[u8]) -> Result<Setpoint, Refusal> {
    parse_common_setpoint(payload, SetpointUnit::Percent)
}

/// Reads a setpoint as [`parse_setpoint`] does, but for the number alone, which is of this unit: on a topic that many follow, the router
/// has the word. `{"power":42.5}` and `{"watts":900}` are always what they say.
///
/// # Errors
/// As [`parse_setpoint`].
pub fn parse_common_setpoint(payload: &[u8], unit: SetpointUnit) -> Result<Setpoint, Refusal> {
    if payload.len() > SETPOINT_PAYLOAD_CAPACITY {
        return Err(RefusalKind::TooLong.into());
    }
    if core::str::from_utf8(payload).is_err() {
        return Err(RefusalKind::NotText.into());
    }
    let alone = match unit {
        SetpointUnit::Percent => Key::Power,
        SetpointUnit::Watts => Key::Watts,
    };
    Ok(Reader(Scanner::new(payload)).setpoint(alone)?)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    Power,
    Watts,
}

impl Key {
    fn setpoint(self, number: &Number<'_>) -> Result<Setpoint, RefusalKind> {
        Ok(match self {
            Self::Power => Setpoint::Centipercent(number.scaled(2, POWER_LIMIT_CENTIPERCENT)?),
            Self::Watts => Setpoint::Watts(number.scaled(0, WATTS_LIMIT)?),
        })
    }
}

/// A setpoint in what is read.
struct Reader<'a>(Scanner<'a>);

impl Reader<'_> {
    /// `alone`: what a number without a key is.
    fn setpoint(&mut self, alone: Key) -> Result<Setpoint, RefusalKind> {
        self.0.skip_whitespace();
        let setpoint = match self.0.peek() {
            None => return Err(RefusalKind::Empty),
            Some(b'{') => self.object()?,
            Some(_) => {
                let number = self.0.number(RefusalKind::NotANumber)?;
                alone.setpoint(&number)?
            }
        };
        self.0.skip_whitespace();
        if self.0.is_at_end() {
            Ok(setpoint)
        } else {
            Err(RefusalKind::TrailingText)
        }
    }

    fn object(&mut self) -> Result<Setpoint, RefusalKind> {
        self.0.expect(b'{')?;
        self.0.skip_whitespace();
        if self.0.take(b'}') {
            return Err(RefusalKind::MissingKey);
        }
        let key = self.key()?;
        self.0.skip_whitespace();
        self.0.expect(b':')?;
        self.0.skip_whitespace();
        let number = self.0.number(RefusalKind::ValueNotANumber)?;
        self.0.skip_whitespace();
        if self.0.take(b',') {
            self.0.skip_whitespace();
            return Err(if self.key()? == key {
                RefusalKind::DuplicateKey
            } else {
                RefusalKind::PowerAndWatts
            });
        }
        self.0.expect(b'}')?;
        key.setpoint(&number)
    }

    /// A key with an escape in it is unknown: nobody writes `power` in that way.
    fn key(&mut self) -> Result<Key, RefusalKind> {
        self.0.expect(b'"')?;
        let name = self.0.take_while(|byte| byte != b'"');
        self.0.expect(b'"')?;
        match name {
            b"power" => Ok(Key::Power),
            b"watts" => Ok(Key::Watts),
            _ => Err(RefusalKind::UnknownKey),
        }
    }
}

#[cfg(test)]
mod tests;
