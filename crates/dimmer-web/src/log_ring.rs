//! The last events, for people.

use core::fmt::{self, Write};

use serde::Serialize;

/// As many events are kept.
pub const LOG_ENTRIES: usize = 24;
/// The longest text, bytes of UTF-8; a longer one is cut at the end of a character.
pub const LOG_TEXT_CAPACITY: usize = 192;

/// How bad an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    /// As it should be.
    Info,
    /// Something did not go as it should, and the dimmer goes on.
    Warning,
    /// Something does not work.
    Error,
}

/// An event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogEntry {
    /// Counts on since the start: who has seen one asks for those after it.
    pub number: u32,
    /// When it was, seconds since the start.
    pub uptime_s: u32,
    /// How bad it is.
    pub level: LogLevel,
    /// How often it came in a row, the last time at `uptime_s`.
    pub times: u16,
    /// What a person reads.
    pub text: heapless::String<LOG_TEXT_CAPACITY>,
}

/// The last [`LOG_ENTRIES`] events. The same again only counts: what repeats does not push out everything else.
#[derive(Clone, Debug, Default)]
pub struct LogRing {
    entries: heapless::Deque<LogEntry, LOG_ENTRIES>,
    next: u32,
}

impl LogRing {
    /// Nothing has happened.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            entries: heapless::Deque::new(),
            next: 0,
        }
    }

    /// Notes an event.
    pub fn push(&mut self, uptime_s: u32, level: LogLevel, what: impl fmt::Display) {
        let mut text = Cut(heapless::String::new());
        // A text that does not fit is cut.
        let _ = write!(text, "{what}");
        let number = self.next;
        self.next = self.next.wrapping_add(1);
        if let Some(last) = self.entries.back_mut()
            && last.level == level
            && last.text == text.0
        {
            last.times = last.times.saturating_add(1);
            last.uptime_s = uptime_s;
            last.number = number;
            return;
        }
        if self.entries.is_full() {
            self.entries.pop_front();
        }
        // There is room.
        let _ = self.entries.push_back(LogEntry {
            number,
            uptime_s,
            level,
            times: 1,
            text: text.0,
        });
    }

    /// What is kept, the oldest first.
    pub fn entries(&self) -> impl Iterator<Item = &LogEntry> {
        self.entries.iter()
    }
}

/// Takes what fits.
struct Cut(heapless::String<LOG_TEXT_CAPACITY>);

impl Write for Cut {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            self.0.push(character).map_err(|_| fmt::Error)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_same_again_only_counts() {
        let mut ring = LogRing::new();
        ring.push(1, LogLevel::Info, "a");
        ring.push(2, LogLevel::Info, "a");
        ring.push(3, LogLevel::Warning, "a");
        let kept: std::vec::Vec<_> = ring
            .entries()
            .map(|entry| (entry.number, entry.uptime_s, entry.times))
            .collect();
        assert_eq!(kept, [(1, 2, 2), (2, 3, 1)]);
    }

    #[test]
    fn a_long_text_is_cut_at_the_end_of_a_character() {
        let mut ring = LogRing::new();
        ring.push(0, LogLevel::Info, std::format!("x{}", "é".repeat(200)));
        let text = &ring.entries().next().unwrap().text;
        assert_eq!(text.len(), LOG_TEXT_CAPACITY - 1);
        assert!(text.ends_with('é'));
    }

    proptest! {
        #[test]
        fn it_keeps_the_last_ones_in_order(events in proptest::collection::vec("[ab]{0,2}", 0..100)) {
            let mut ring = LogRing::new();
            for event in &events {
                ring.push(0, LogLevel::Info, event);
            }
            let mut expected = events.clone();
            expected.dedup();
            let from = expected.len().saturating_sub(LOG_ENTRIES);
            let kept: std::vec::Vec<_> = ring.entries().map(|entry| entry.text.as_str()).collect();
            prop_assert_eq!(kept, &expected[from..]);
            let counted: usize = ring.entries().map(|entry| usize::from(entry.times)).sum();
            prop_assert!(counted <= events.len());
        }
    }
}
