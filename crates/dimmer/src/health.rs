//! How the board fares that the dimmer runs on.

use dimmer_topics::Topics;
use heapless::String;

/// Most bytes of last words; what is longer is cut.
pub const LAST_WORDS_CAPACITY: usize = 160;

/// Why a board started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResetReason {
    /// It got its supply.
    Power,
    /// Its reset pin, or the reset button.
    Pin,
    /// The program wanted it: a command, or another firmware.
    Software,
    /// The watchdog bit: the control loop hung.
    Watchdog,
    /// The supply was too low for a moment.
    BrownOut,
    /// The program ended with a panic or a fault; its last words say which.
    Panic,
    /// Something else.
    Other,
}

impl ResetReason {
    /// Every reason.
    pub const ALL: [Self; 7] = [
        Self::Power,
        Self::Pin,
        Self::Software,
        Self::Watchdog,
        Self::BrownOut,
        Self::Panic,
        Self::Other,
    ];

    /// The name in payloads. It never changes.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Power => "power",
            Self::Pin => "pin",
            Self::Software => "software",
            Self::Watchdog => "watchdog",
            Self::BrownOut => "brown_out",
            Self::Panic => "panic",
            Self::Other => "other",
        }
    }

    /// Whether nobody wanted it: somebody should look.
    #[must_use]
    pub const fn is_unexpected(self) -> bool {
        !matches!(self, Self::Power | Self::Pin | Self::Software)
    }

    /// One sentence for the log.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Power => "it started because it got its supply",
            Self::Pin => "it started because somebody reset it",
            Self::Software => "it started because it was told to",
            Self::Watchdog => "it started because the program hung, and the watchdog noticed",
            Self::BrownOut => "it started because its supply was too low for a moment; check it",
            Self::Panic => "it started because the program ended with an error",
            Self::Other => "it started, and does not know why",
        }
    }
}

/// What a board knows of itself; what it does not know is nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Why it started last.
    pub reset_reason: Option<ResetReason>,
    /// What the program said when it ended the last time, such as a panic's message; empty: it said nothing. Nothing on a board that does
    /// not keep it.
    pub last_words: Option<String<LAST_WORDS_CAPACITY>>,
    /// Memory that is free, in bytes.
    pub free_memory_bytes: Option<u32>,
    /// What of the stack was never used since the start, in bytes.
    pub least_free_stack_bytes: Option<u32>,
    /// How strong the radio signal is, in dBm; nothing on a wire, or while there is none.
    pub signal_dbm: Option<i16>,
}

impl Health {
    /// Nothing is known.
    pub(crate) const UNKNOWN: Self = Self {
        reset_reason: None,
        last_words: None,
        free_memory_bytes: None,
        least_free_stack_bytes: None,
        signal_dbm: None,
    };

    /// Last words as text of any kind: what is no text, or does not fit, is left out.
    #[must_use]
    pub fn words(text: &str) -> String<LAST_WORDS_CAPACITY> {
        let mut words = String::new();
        for letter in text.chars() {
            let letter = if letter.is_control() { ' ' } else { letter };
            if words.push(letter).is_err() {
                break;
            }
        }
        words
    }

    /// Whether the program said something when it ended.
    #[must_use]
    pub fn has_words(&self) -> bool {
        self.last_words
            .as_ref()
            .is_some_and(|words| !words.is_empty())
    }

    /// Why the board started, if that is new and somebody should look: nobody wanted it, or the program ended with words.
    #[must_use]
    pub fn alert(&self, before: &Self) -> Option<ResetReason> {
        let is_new =
            self.reset_reason != before.reset_reason || self.last_words != before.last_words;
        let reason = self.reset_reason.unwrap_or(ResetReason::Other);
        let is_unexpected = self.reset_reason.is_some_and(ResetReason::is_unexpected);
        (is_new && (is_unexpected || self.has_words())).then_some(reason)
    }

    /// Whether it differs so much from what was told that people want to know now, and not within a minute.
    pub(crate) fn is_news(&self, told: &Self) -> bool {
        let halved = |now: Option<u32>, told: Option<u32>| match (now, told) {
            (Some(now), Some(told)) => now < told / 2,
            (now, told) => now.is_some() != told.is_some(),
        };
        let moved = |now: Option<i16>, told: Option<i16>| match (now, told) {
            (Some(now), Some(told)) => now.abs_diff(told) >= SIGNAL_STEP_DECIBEL,
            (now, told) => now.is_some() != told.is_some(),
        };
        self.reset_reason != told.reset_reason
            || self.last_words != told.last_words
            || halved(self.free_memory_bytes, told.free_memory_bytes)
            || halved(self.least_free_stack_bytes, told.least_free_stack_bytes)
            || moved(self.signal_dbm, told.signal_dbm)
    }
}

/// A signal that moved less is no news.
const SIGNAL_STEP_DECIBEL: u16 = 10;

/// What a board has ever told of itself: it has topics of their own from then on, also while a value is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    memory: bool,
    stack: bool,
    radio: bool,
    reason: bool,
    words: bool,
}

impl Told {
    pub(crate) fn and(self, health: &Health) -> Self {
        Self {
            memory: self.memory || health.free_memory_bytes.is_some(),
            stack: self.stack || health.least_free_stack_bytes.is_some(),
            radio: self.radio || health.signal_dbm.is_some(),
            reason: self.reason || health.reset_reason.is_some(),
            words: self.words || health.last_words.is_some(),
        }
    }

    pub(crate) fn with(self, mut topics: Topics) -> Topics {
        if self.memory {
            topics = topics.with_free_memory();
        }
        if self.stack {
            topics = topics.with_free_stack();
        }
        if self.radio {
            topics = topics.with_radio();
        }
        if self.reason {
            topics = topics.with_reset_reason();
        }
        if self.words {
            topics = topics.with_last_words();
        }
        topics
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_words_are_cut_at_a_letter_and_have_no_control_characters() {
        let words = Health::words("at\nthe\tend");
        assert_eq!(words, "at the end");
        let long: std::string::String = core::iter::repeat_n('é', 200).collect();
        assert_eq!(
            Health::words(&long).chars().count(),
            LAST_WORDS_CAPACITY / 2
        );
    }

    #[test]
    fn what_changes_little_is_no_news() {
        let told = Health {
            free_memory_bytes: Some(60_000),
            signal_dbm: Some(-60),
            ..Health::UNKNOWN
        };
        for (memory, signal, is_news) in [
            (Some(59_000), Some(-69), false),
            (Some(90_000), Some(-60), false),
            (Some(29_999), Some(-60), true),
            (Some(60_000), Some(-70), true),
            (Some(60_000), None, true),
        ] {
            let now = Health {
                free_memory_bytes: memory,
                signal_dbm: signal,
                ..Health::UNKNOWN
            };
            assert_eq!(now.is_news(&told), is_news, "{now:?}");
        }
    }
}
