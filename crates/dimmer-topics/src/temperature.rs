//! Reading a temperature that somebody else publishes, strictly: what is not exactly a temperature is none.
//!
//! The JSON is read by a scanner of our own. Two libraries without std and alloc were tried: `serde-json-core` gives numbers as
//! floats only, and `picojson` 0.2.3 takes `51,3` for two numbers and `[1}` for a list, which is the garbage that has to be
//! refused here.

use core::str::Chars;

use crate::refusal::{Refusal, RefusalKind, Subject};
use crate::scanner::Scanner;

/// Most bytes in a payload with a temperature.
pub const TEMPERATURE_PAYLOAD_CAPACITY: usize = 1024;

/// Most lists and objects in one another in a payload with a temperature.
pub const TEMPERATURE_DEPTH: usize = 8;

/// What sources say when they have no temperature: Home Assistant, Python and C. Compared without regard to case.
const UNAVAILABLE: [&str; 6] = ["unavailable", "unknown", "none", "null", "nan", "-nan"];

/// Reads a temperature in °C; returns it in 0.001 °C.
///
/// Without a `path` the payload is the temperature: `54.3`, or `"54.3"`. With one it is JSON, and the path leads to the
/// temperature: `temperature` in `{"temperature":54.3}`, `DS18B20.Temperature` in `{"DS18B20":{"Temperature":54.3}}`,
/// `sensors.0.t` in `{"sensors":[{"t":54.3}]}`. A key that has a point in it cannot be reached. At its end there is a number, or
/// text that is one, with or without spaces around it.
///
/// The number has the grammar of JSON (RFC 8259, 6). It is read as decimal digits, never through a float, and rounded to
/// 0.001 °C, halves away from zero. The whole payload must be well formed. A key of the path that is there twice is refused,
/// because readers of JSON differ on which one counts; whether other keys are is not looked at.
///
/// Any number that fits is returned: whether it can be the temperature of this water is for the caller to judge, and so are its
/// age and the retain flag, which is not in the payload. [`Topics::temperatures`](crate::Topics::temperatures) refuses what was
/// retained.
///
/// # Errors
/// Anything else is refused: see [`RefusalKind`].
pub fn parse_temperature(payload: &[u8], path: &str) -> Result<i32, Refusal> {
    millicelsius(payload, path).map_err(|kind| Refusal::about(Subject::Temperature, kind))
}

fn millicelsius(payload: &[u8], path: &str) -> Result<i32, RefusalKind> {
    if payload.len() > TEMPERATURE_PAYLOAD_CAPACITY {
        return Err(RefusalKind::TooLong);
    }
    let text = core::str::from_utf8(payload).map_err(|_| RefusalKind::NotText)?;
    let text = text.trim_matches([' ', '\t', '\n', '\r']);
    if text.is_empty() {
        return Err(RefusalKind::Empty);
    }
    if is_unavailable(text) {
        return Err(RefusalKind::Unavailable);
    }
    let mut search = Search {
        scanner: Scanner::new(text.as_bytes()),
        found: None,
    };
    if !path.is_empty() {
        search.value(Aim::Below(path), 0)?;
    } else if text.starts_with('"') {
        search.value(Aim::Here, 0)?;
    } else if text.starts_with(['{', '[']) {
        return Err(RefusalKind::JsonWithoutPath);
    } else {
        search.found = Some(number(&mut search.scanner, RefusalKind::NotANumber)?);
    }
    search.scanner.skip_whitespace();
    if !search.scanner.is_at_end() {
        return Err(RefusalKind::TrailingText);
    }
    search.found.ok_or(RefusalKind::PathNotFound)
}

/// Takes one JSON value, whatever it is, and leaves what follows it.
pub(crate) fn skip_value<'a>(scanner: &mut Scanner<'a>) -> Result<(), RefusalKind> {
    let mut search = Search {
        scanner: Scanner::new(scanner.rest()),
        found: None,
    };
    // What is skipped stands in an object already.
    let outcome = search.value(Aim::Elsewhere, 1);
    *scanner = search.scanner;
    outcome
}

fn number(scanner: &mut Scanner<'_>, otherwise: RefusalKind) -> Result<i32, RefusalKind> {
    scanner.number(otherwise)?.scaled(3, i32::MAX)
}

fn is_unavailable(text: &str) -> bool {
    UNAVAILABLE
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word))
}

/// Where the value that is being read stands, seen from the path.
#[derive(Clone, Copy)]
enum Aim<'p> {
    /// At its end: this is the temperature.
    Here,
    /// So much of the path is still to go.
    Below(&'p str),
    /// Not on it.
    Elsewhere,
}

impl<'p> Aim<'p> {
    /// The next key or index of the path, and the aim for its value.
    fn step(self) -> Option<(&'p str, Self)> {
        match self {
            Self::Below(path) => Some(match path.split_once('.') {
                Some((key, rest)) => (key, Self::Below(rest)),
                None => (path, Self::Here),
            }),
            Self::Here | Self::Elsewhere => None,
        }
    }
}

struct Search<'a> {
    scanner: Scanner<'a>,
    found: Option<i32>,
}

impl<'a> Search<'a> {
    /// Reads one value. It calls itself for what is inside, at most [`TEMPERATURE_DEPTH`] times.
    fn value(&mut self, aim: Aim<'_>, depth: usize) -> Result<(), RefusalKind> {
        let first = self.scanner.peek();
        let is_container = matches!(first, Some(b'{' | b'['));
        if is_container && matches!(aim, Aim::Here) {
            return Err(RefusalKind::ValueNotANumber);
        }
        if is_container && depth >= TEMPERATURE_DEPTH {
            return Err(RefusalKind::TooDeep);
        }
        match first {
            Some(b'{') => self.object(aim, depth),
            Some(b'[') => self.list(aim, depth),
            Some(b'"') => {
                let text = self.string()?;
                if matches!(aim, Aim::Here) {
                    self.found = Some(number_in_text(text)?);
                }
                Ok(())
            }
            Some(b'a'..=b'z' | b'A'..=b'Z') => self.word(aim),
            Some(b'0'..=b'9' | b'-' | b'+' | b'.') if matches!(aim, Aim::Here) => {
                self.found = Some(number(&mut self.scanner, RefusalKind::ValueNotANumber)?);
                Ok(())
            }
            _ => self
                .scanner
                .number(RefusalKind::MalformedJson)
                .map(|_| ())
                .map_err(|_| RefusalKind::MalformedJson),
        }
    }

    fn object(&mut self, aim: Aim<'_>, depth: usize) -> Result<(), RefusalKind> {
        let step = aim.step();
        let mut passed = false;
        self.scanner.expect(b'{')?;
        self.scanner.skip_whitespace();
        if self.scanner.take(b'}') {
            return Ok(());
        }
        loop {
            let name = self.string()?;
            let inner = match step {
                Some((key, below)) if is_same(name, key) => {
                    if passed {
                        return Err(RefusalKind::DuplicateKey);
                    }
                    passed = true;
                    below
                }
                _ => Aim::Elsewhere,
            };
            self.scanner.skip_whitespace();
            self.scanner.expect(b':')?;
            self.scanner.skip_whitespace();
            self.value(inner, depth.saturating_add(1))?;
            if self.is_last(b'}')? {
                return Ok(());
            }
        }
    }

    fn list(&mut self, aim: Aim<'_>, depth: usize) -> Result<(), RefusalKind> {
        let step = aim.step();
        let index = step.and_then(|(key, below)| Some((key.parse::<usize>().ok()?, below)));
        self.scanner.expect(b'[')?;
        self.scanner.skip_whitespace();
        if self.scanner.take(b']') {
            return Ok(());
        }
        // The payload has fewer places than a usize can count, so the loop ends before the range does.
        for place in 0..usize::MAX {
            let inner = match index {
                Some((wanted, below)) if wanted == place => below,
                _ => Aim::Elsewhere,
            };
            self.value(inner, depth.saturating_add(1))?;
            if self.is_last(b']')? {
                break;
            }
        }
        Ok(())
    }

    /// After a value: whether `end` closes what it stands in, or a comma leads to another one.
    fn is_last(&mut self, end: u8) -> Result<bool, RefusalKind> {
        self.scanner.skip_whitespace();
        if self.scanner.take(end) {
            return Ok(true);
        }
        self.scanner.expect(b',')?;
        self.scanner.skip_whitespace();
        Ok(false)
    }

    /// `true`, `false`, `null`; and what is not JSON, where it stands in place of the temperature and is meant so.
    fn word(&mut self, aim: Aim<'_>) -> Result<(), RefusalKind> {
        let word = self.scanner.take_while(|byte| byte.is_ascii_alphabetic());
        let word = core::str::from_utf8(word).unwrap_or_default();
        match (aim, word) {
            (Aim::Here, _) if is_unavailable(word) => Err(RefusalKind::Unavailable),
            (Aim::Here, "true" | "false") => Err(RefusalKind::ValueNotANumber),
            (_, "true" | "false" | "null") => Ok(()),
            _ => Err(RefusalKind::MalformedJson),
        }
    }

    /// What stands between two quotation marks, its escapes as they were written.
    fn string(&mut self) -> Result<&'a str, RefusalKind> {
        self.scanner.expect(b'"')?;
        let text = self.scanner.in_quotes()?;
        core::str::from_utf8(text).map_err(|_| RefusalKind::NotText)
    }
}

/// A number that somebody published as text.
fn number_in_text(text: &str) -> Result<i32, RefusalKind> {
    let text = text.trim_matches(' ');
    if text.is_empty() || is_unavailable(text) {
        return Err(RefusalKind::Unavailable);
    }
    let mut scanner = Scanner::new(text.as_bytes());
    let value = match number(&mut scanner, RefusalKind::NotANumber) {
        Err(RefusalKind::NotANumber) => Err(RefusalKind::ValueNotANumber),
        other => other,
    }?;
    if scanner.is_at_end() {
        Ok(value)
    } else {
        Err(RefusalKind::TrailingText)
    }
}

/// Whether a key, as it is written, is this one. Python and others write `é` as `\u00e9`.
fn is_same(written: &str, key: &str) -> bool {
    let (mut written, mut key) = (written.chars(), key.chars());
    loop {
        match (character(&mut written), key.next()) {
            (None, None) => return true,
            (Some(one), Some(other)) if one == other => {}
            _ => return false,
        }
    }
}

/// The next character of a string, escapes resolved (RFC 8259, 7).
fn character(written: &mut Chars<'_>) -> Option<char> {
    let first = written.next()?;
    if first != '\\' {
        return Some(first);
    }
    Some(match written.next()? {
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => {
            let unit = code_unit(written)?;
            // The second half of a character beyond U+FFFF is in an escape of its own.
            let mut ahead = written.clone();
            let second = (ahead.next() == Some('\\') && ahead.next() == Some('u'))
                .then(|| code_unit(&mut ahead))
                .flatten();
            let pair = second.and_then(|second| {
                let pair = char::decode_utf16([unit, second]).next()?.ok()?;
                (pair.len_utf16() == 2).then_some(pair)
            });
            if pair.is_some() {
                *written = ahead;
            }
            pair.or_else(|| char::from_u32(u32::from(unit)))
                .unwrap_or(char::REPLACEMENT_CHARACTER)
        }
        other => other,
    })
}

fn code_unit(written: &mut Chars<'_>) -> Option<u16> {
    let mut unit = 0_u16;
    for _ in 0..4 {
        let digit = written.next()?.to_digit(16)?;
        unit = unit
            .checked_mul(16)?
            .checked_add(u16::try_from(digit).ok()?)?;
    }
    Some(unit)
}

#[cfg(test)]
mod tests;
