//! Reading a setpoint, strictly: what is not exactly a setpoint changes nothing.

use crate::refusal::{Refusal, RefusalKind};

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

/// Reads a setpoint: `42`, `42.5`, `{"power":42.5}` (percent) or `{"watts":900}`, with whitespace around any part of it.
///
/// The number has the grammar of JSON (RFC 8259, 6), with or without an object around it. It is read as decimal digits, never
/// through a float, and rounded to 0.01 % or 1 W, halves away from zero.
///
/// # Errors
/// Anything else is refused: see [`RefusalKind`].
pub fn parse_setpoint(payload: &[u8]) -> Result<Setpoint, Refusal> {
    if payload.len() > SETPOINT_PAYLOAD_CAPACITY {
        return Err(RefusalKind::TooLong.into());
    }
    if core::str::from_utf8(payload).is_err() {
        return Err(RefusalKind::NotText.into());
    }
    let mut reader = Reader { rest: payload };
    Ok(reader.setpoint()?)
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

/// A number as it is written.
struct Number<'a> {
    negative: bool,
    integer: &'a [u8],
    fraction: &'a [u8],
    exponent: i32,
}

impl Number<'_> {
    /// The value × 10^`decimals`, rounded.
    fn scaled(&self, decimals: i32, limit: i32) -> Result<i32, RefusalKind> {
        const OUT: RefusalKind = RefusalKind::OutOfRange;
        let limit = limit.unsigned_abs();
        let length = i32::try_from(self.integer.len()).map_err(|_| OUT)?;
        // So many of the digits stand before the point once it is moved; there may be fewer digits than that.
        let mut kept = length
            .saturating_add(self.exponent)
            .saturating_add(decimals);
        let (mut value, mut round, mut dropped) = (0_u32, 0, false);
        for digit in self.integer.iter().chain(self.fraction) {
            let digit = u32::from(digit.wrapping_sub(b'0'));
            if kept > 0 {
                value = value
                    .checked_mul(10)
                    .and_then(|value| value.checked_add(digit))
                    .ok_or(OUT)?;
            } else {
                if kept == 0 && digit >= 5 {
                    round = 1;
                }
                dropped |= digit != 0;
            }
            kept = kept.saturating_sub(1);
        }
        // Ends at once for zero, and after ten rounds at most for anything else.
        while kept > 0 && value > 0 {
            value = value.checked_mul(10).ok_or(OUT)?;
            kept -= 1;
        }
        if value > limit || (value == limit && dropped) {
            return Err(OUT);
        }
        let magnitude = i32::try_from(value + round).map_err(|_| OUT)?;
        Ok(if self.negative { -magnitude } else { magnitude })
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn setpoint(&mut self) -> Result<Setpoint, RefusalKind> {
        self.skip_whitespace();
        let setpoint = match self.rest.first() {
            None => return Err(RefusalKind::Empty),
            Some(b'{') => self.object()?,
            Some(_) => {
                let number = self.number(RefusalKind::NotANumber)?;
                Key::Power.setpoint(&number)?
            }
        };
        self.skip_whitespace();
        if self.rest.is_empty() {
            Ok(setpoint)
        } else {
            Err(RefusalKind::TrailingText)
        }
    }

    fn object(&mut self) -> Result<Setpoint, RefusalKind> {
        self.expect(b'{')?;
        self.skip_whitespace();
        if self.take(b'}') {
            return Err(RefusalKind::MissingKey);
        }
        let key = self.key()?;
        self.skip_whitespace();
        self.expect(b':')?;
        self.skip_whitespace();
        let number = self.number(RefusalKind::ValueNotANumber)?;
        self.skip_whitespace();
        if self.take(b',') {
            self.skip_whitespace();
            return Err(if self.key()? == key {
                RefusalKind::DuplicateKey
            } else {
                RefusalKind::PowerAndWatts
            });
        }
        self.expect(b'}')?;
        key.setpoint(&number)
    }

    /// A key with an escape in it is unknown: nobody writes `power` in that way.
    fn key(&mut self) -> Result<Key, RefusalKind> {
        self.expect(b'"')?;
        let name = self.take_while(|byte| byte != b'"');
        self.expect(b'"')?;
        match name {
            b"power" => Ok(Key::Power),
            b"watts" => Ok(Key::Watts),
            _ => Err(RefusalKind::UnknownKey),
        }
    }

    /// A number in the grammar of JSON. `otherwise`: the refusal of what does not even look like one.
    fn number(&mut self, otherwise: RefusalKind) -> Result<Number<'a>, RefusalKind> {
        const MALFORMED: RefusalKind = RefusalKind::MalformedNumber;
        match self.rest.first() {
            Some(b'0'..=b'9' | b'-') => {}
            Some(b'+' | b'.' | b',') => return Err(MALFORMED),
            _ => return Err(otherwise),
        }
        let negative = self.take(b'-');
        let integer = self.digits()?;
        if integer.len() > 1 && integer.starts_with(b"0") {
            return Err(MALFORMED);
        }
        let fraction = if self.take(b'.') { self.digits()? } else { &[] };
        let exponent = if self.take(b'e') || self.take(b'E') {
            let negative = self.take(b'-');
            if !negative {
                self.take(b'+');
            }
            let magnitude = self.digits()?.iter().fold(0_i32, |magnitude, digit| {
                magnitude
                    .saturating_mul(10)
                    .saturating_add(i32::from(digit.wrapping_sub(b'0')))
            });
            if negative { -magnitude } else { magnitude }
        } else {
            0
        };
        // A decimal comma, a second point: part of the number as it was meant, so say that the number is wrong. A comma
        // inside an object may separate two keys.
        let comma = otherwise == RefusalKind::NotANumber;
        match self.rest.first() {
            Some(b'.') => Err(MALFORMED),
            Some(b',') if comma => Err(MALFORMED),
            _ => Ok(Number {
                negative,
                integer,
                fraction,
                exponent,
            }),
        }
    }

    /// One digit or more.
    fn digits(&mut self) -> Result<&'a [u8], RefusalKind> {
        let digits = self.take_while(|byte| byte.is_ascii_digit());
        if digits.is_empty() {
            Err(RefusalKind::MalformedNumber)
        } else {
            Ok(digits)
        }
    }

    fn skip_whitespace(&mut self) {
        self.take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
    }

    fn take_while(&mut self, belongs: impl Fn(u8) -> bool) -> &'a [u8] {
        let length = self
            .rest
            .iter()
            .position(|byte| !belongs(*byte))
            .unwrap_or(self.rest.len());
        // The length is within the slice, so the second arm is never taken; this way it needs no panic.
        let (taken, rest) = self
            .rest
            .split_at_checked(length)
            .unwrap_or((self.rest, &[]));
        self.rest = rest;
        taken
    }

    fn take(&mut self, byte: u8) -> bool {
        match self.rest.split_first() {
            Some((first, rest)) if *first == byte => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    fn expect(&mut self, byte: u8) -> Result<(), RefusalKind> {
        if self.take(byte) {
            Ok(())
        } else {
            Err(RefusalKind::MalformedJson)
        }
    }
}

#[cfg(test)]
mod tests;
