//! What setpoints and temperatures are made of: the small pieces of JSON, strictly.

use crate::refusal::RefusalKind;

/// A number as it is written.
pub(crate) struct Number<'a> {
    negative: bool,
    integer: &'a [u8],
    fraction: &'a [u8],
    exponent: i32,
}

impl Number<'_> {
    /// The value × 10^`decimals`, rounded.
    pub(crate) fn scaled(&self, decimals: i32, limit: i32) -> Result<i32, RefusalKind> {
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

/// Reads from the front of a text, piece by piece. Each step is bounded by what is left.
pub(crate) struct Scanner<'a> {
    rest: &'a [u8],
}

impl<'a> Scanner<'a> {
    pub(crate) const fn new(text: &'a [u8]) -> Self {
        Self { rest: text }
    }

    /// All that is left.
    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// What comes next, without taking it.
    pub(crate) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    pub(crate) const fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// A number in the grammar of JSON. `otherwise`: the refusal of what does not even look like one.
    pub(crate) fn number(&mut self, otherwise: RefusalKind) -> Result<Number<'a>, RefusalKind> {
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

    pub(crate) fn skip_whitespace(&mut self) {
        self.take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
    }

    pub(crate) fn take_while(&mut self, belongs: impl Fn(u8) -> bool) -> &'a [u8] {
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

    pub(crate) fn take(&mut self, byte: u8) -> bool {
        match self.rest.split_first() {
            Some((first, rest)) if *first == byte => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    /// The rest of a string after its first quotation mark: takes the last one too, returns what is between them. Escapes are
    /// checked and stay as they are (RFC 8259, 7).
    pub(crate) fn in_quotes(&mut self) -> Result<&'a [u8], RefusalKind> {
        const MALFORMED: RefusalKind = RefusalKind::MalformedJson;
        let start = self.rest;
        loop {
            self.take_while(|byte| byte >= b' ' && byte != b'"' && byte != b'\\');
            if self.peek() == Some(b'"') {
                let length = start.len().saturating_sub(self.rest.len());
                self.take(b'"');
                return start.get(..length).ok_or(MALFORMED);
            }
            self.expect(b'\\')?;
            if self.take(b'u') {
                for _ in 0..4 {
                    let digit = self.peek().ok_or(MALFORMED)?;
                    if !digit.is_ascii_hexdigit() {
                        return Err(MALFORMED);
                    }
                    self.take(digit);
                }
            } else {
                let escaped = self.peek().ok_or(MALFORMED)?;
                if !b"\"\\/bfnrt".contains(&escaped) {
                    return Err(MALFORMED);
                }
                self.take(escaped);
            }
        }
    }

    pub(crate) fn expect(&mut self, byte: u8) -> Result<(), RefusalKind> {
        if self.take(byte) {
            Ok(())
        } else {
            Err(RefusalKind::MalformedJson)
        }
    }
}
