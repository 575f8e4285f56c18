//! What a program says before it ends, in memory that outlives the reset.

use core::fmt::{self, Write};

use dimmer_app::dimmer::{Health, LAST_WORDS_CAPACITY};

/// Bytes of memory that the words take.
const BYTES: usize = 160;
/// What was never written has it by chance once in 2^32.
const MARK: [u8; 4] = *b"last";
const TEXT: usize = MARK.len() + 1;

/// The words, as bytes: a mark, how many there are, and they themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastWords([u8; BYTES]);

impl LastWords {
    /// Bytes of memory that they take.
    pub const BYTES: usize = BYTES;
    /// Nothing was said.
    pub const NONE: Self = Self([0; BYTES]);

    /// These words. What does not fit is left out.
    #[must_use]
    pub fn new(words: fmt::Arguments<'_>) -> Self {
        let mut said = Self::NONE;
        for (place, byte) in said.0.iter_mut().zip(MARK) {
            *place = byte;
        }
        // Cut where it is longer.
        let _ = said.write_fmt(words);
        said
    }

    /// What stands in memory, whatever it is.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; BYTES]) -> Self {
        Self(bytes)
    }

    /// What is to stand in memory.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; BYTES] {
        self.0
    }

    /// Whether somebody said something: not after power-on.
    #[must_use]
    pub fn are_some(&self) -> bool {
        self.0.starts_with(&MARK) && TEXT + self.length() <= BYTES
    }

    /// As the dimmer publishes them; empty where nobody said anything.
    #[must_use]
    pub fn published(&self) -> heapless::String<LAST_WORDS_CAPACITY> {
        let mut text = heapless::String::<BYTES>::new();
        // They fit.
        let _ = write!(text, "{self}");
        Health::words(&text)
    }

    fn length(&self) -> usize {
        self.0.get(TEXT - 1).copied().unwrap_or_default().into()
    }
}

impl Write for LastWords {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            let length = self.length();
            let place = self.0.get_mut(TEXT + length).ok_or(fmt::Error)?;
            *place = byte;
            if let Some(place) = self.0.get_mut(TEXT - 1) {
                *place = place.saturating_add(1);
            }
        }
        Ok(())
    }
}

/// Nothing where nobody said anything.
impl fmt::Display for LastWords {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.are_some() {
            return Ok(());
        }
        let text = self.0.get(TEXT..TEXT + self.length()).unwrap_or_default();
        for chunk in text.utf8_chunks() {
            formatter.write_str(chunk.valid())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use std::{format, string::ToString};

    #[test]
    fn words_come_back_from_their_bytes_and_are_cut_where_they_are_longer() {
        let said = LastWords::new(format_args!("index {} out of range", 7));
        let back = LastWords::from_bytes(said.to_bytes());
        assert_eq!(back.to_string(), "index 7 out of range");
        assert_eq!(back.published(), "index 7 out of range");
        let long = "ü".repeat(BYTES);
        let back = LastWords::from_bytes(LastWords::new(format_args!("{long}")).to_bytes());
        assert_eq!(back.to_string(), "ü".repeat((BYTES - TEXT) / 2));
    }

    #[test]
    fn what_was_never_written_are_no_words_whatever_it_is() {
        for byte in 0..=255 {
            let words = LastWords::from_bytes([byte; BYTES]);
            assert!(!words.are_some());
            assert_eq!(format!("{words}"), "");
        }
        let mut bytes = LastWords::new(format_args!("x")).to_bytes();
        bytes[TEXT - 1] = 255;
        assert!(!LastWords::from_bytes(bytes).are_some());
    }
}
