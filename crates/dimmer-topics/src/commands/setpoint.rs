//! Reading a setpoint, strictly: what is not exactly a setpoint changes nothing.

use crate::refusal::{Refusal, RefusalKind};
use crate::scanner::{Number, Scanner};

/// Largest power that is accepted for one dimmer alone, either way, in centipercent: 1000 %.
pub const POWER_LIMIT_CENTIPERCENT: i32 = 100_000;

/// Largest power that is accepted for one dimmer alone, either way, in watts: 100 kW, above any load.
pub const WATTS_LIMIT: i32 = 100_000;

/// Largest power that is accepted for all, either way, in centipercent: 100 000 %. More than 100 % is normal on a topic that a pool of
/// dimmers shares, of which a thousand may start one after the other.
pub const COMMON_POWER_LIMIT_CENTIPERCENT: i32 = 10_000_000;

/// Largest power that is accepted for all, either way, in watts: what a large pool is rated.
pub const COMMON_WATTS_LIMIT: i32 = 10_000_000;

/// Most bytes in a setpoint's payload.
pub const SETPOINT_PAYLOAD_CAPACITY: usize = 128;

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setpoint {
    /// Share of the rated load, in 0.01 %: ±[`COMMON_POWER_LIMIT_CENTIPERCENT`]. Negative: the house draws from the grid.
    Centipercent(i32),
    /// Power in watts: ±[`COMMON_WATTS_LIMIT`].
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
/// through a float, and rounded to 0.01 % or 1 W, halves away from zero. It is for one dimmer alone, and so within
/// ±[`POWER_LIMIT_CENTIPERCENT`] or ±[`WATTS_LIMIT`]: what is larger is a mistake.
///
/// # Errors
/// Anything else is refused: see [`RefusalKind`].
pub fn parse_setpoint(payload: &[u8]) -> Result<Setpoint, Refusal> {
    let limits = Limits {
        centipercent: POWER_LIMIT_CENTIPERCENT,
        watts: WATTS_LIMIT,
    };
    parse(payload, SetpointUnit::Percent, limits)
}

/// Reads a setpoint as [`parse_setpoint`] does, but for the number alone, which is of this unit: on a topic that many follow, the router
/// has the word. `{"power":42.5}` and `{"watts":900}` are always what they say. It is for all together: within
/// ±[`COMMON_POWER_LIMIT_CENTIPERCENT`] or ±[`COMMON_WATTS_LIMIT`].
///
/// # Errors
/// As [`parse_setpoint`].
pub fn parse_common_setpoint(payload: &[u8], unit: SetpointUnit) -> Result<Setpoint, Refusal> {
    let limits = Limits {
        centipercent: COMMON_POWER_LIMIT_CENTIPERCENT,
        watts: COMMON_WATTS_LIMIT,
    };
    parse(payload, unit, limits)
}

fn parse(payload: &[u8], unit: SetpointUnit, limits: Limits) -> Result<Setpoint, Refusal> {
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
    let scanner = Scanner::new(payload);
    Ok(Reader { scanner, limits }.setpoint(alone)?)
}

/// Largest numbers, either way.
#[derive(Clone, Copy)]
struct Limits {
    centipercent: i32,
    watts: i32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    Power,
    Watts,
}

impl Key {
    fn setpoint(self, number: &Number<'_>, limits: Limits) -> Result<Setpoint, RefusalKind> {
        Ok(match self {
            Self::Power => Setpoint::Centipercent(number.scaled(2, limits.centipercent)?),
            Self::Watts => Setpoint::Watts(number.scaled(0, limits.watts)?),
        })
    }
}

/// A setpoint in what is read.
struct Reader<'a> {
    scanner: Scanner<'a>,
    limits: Limits,
}

impl Reader<'_> {
    /// `alone`: what a number without a key is.
    fn setpoint(&mut self, alone: Key) -> Result<Setpoint, RefusalKind> {
        self.scanner.skip_whitespace();
        let setpoint = match self.scanner.peek() {
            None => return Err(RefusalKind::Empty),
            Some(b'{') => self.object()?,
            Some(_) => {
                let number = self.scanner.number(RefusalKind::NotANumber)?;
                alone.setpoint(&number, self.limits)?
            }
        };
        self.scanner.skip_whitespace();
        if self.scanner.is_at_end() {
            Ok(setpoint)
        } else {
            Err(RefusalKind::TrailingText)
        }
    }

    fn object(&mut self) -> Result<Setpoint, RefusalKind> {
        self.scanner.expect(b'{')?;
        self.scanner.skip_whitespace();
        if self.scanner.take(b'}') {
            return Err(RefusalKind::MissingKey);
        }
        let key = self.key()?;
        self.scanner.skip_whitespace();
        self.scanner.expect(b':')?;
        self.scanner.skip_whitespace();
        let number = self.scanner.number(RefusalKind::ValueNotANumber)?;
        self.scanner.skip_whitespace();
        if self.scanner.take(b',') {
            self.scanner.skip_whitespace();
            return Err(if self.key()? == key {
                RefusalKind::DuplicateKey
            } else {
                RefusalKind::PowerAndWatts
            });
        }
        self.scanner.expect(b'}')?;
        key.setpoint(&number, self.limits)
    }

    /// A key with an escape in it is unknown: nobody writes `power` in that way.
    fn key(&mut self) -> Result<Key, RefusalKind> {
        self.scanner.expect(b'"')?;
        let name = self.scanner.take_while(|byte| byte != b'"');
        self.scanner.expect(b'"')?;
        match name {
            b"power" => Ok(Key::Power),
            b"watts" => Ok(Key::Watts),
            _ => Err(RefusalKind::UnknownKey),
        }
    }
}

#[cfg(test)]
mod tests;
