//! Setpoints of more than the load has: obeyed as all of it, and told, but not each.

use dimmer_safety::Language;

use crate::{Duration, Instant};

/// Not told again sooner, whatever came between.
const PAUSE: Duration = Duration::from_ticks(60_000_000);

/// Who asks for too much does so every few seconds: of a row the first is told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Excess {
    is_in_row: bool,
    told_at: Option<Instant>,
    /// It is to be told of.
    due: bool,
}

impl Excess {
    pub(crate) const NONE: Self = Self {
        is_in_row: false,
        told_at: None,
        due: false,
    };

    /// A setpoint for this dimmer alone came.
    pub(crate) fn asked(&mut self, now: Instant, is_excess: bool) {
        let is_first = is_excess && !self.is_in_row;
        self.is_in_row = is_excess;
        // A clock that went back has not been told anything.
        let is_too_soon = self
            .told_at
            .and_then(|at| now.checked_duration_since(at))
            .is_some_and(|age| age < PAUSE);
        if is_first && !is_too_soon {
            self.told_at = Some(now);
            self.due = true;
        }
    }

    /// What is to be told now.
    pub(crate) fn take(&mut self) -> Option<Exceeded> {
        core::mem::take(&mut self.due).then_some(Exceeded)
    }
}

/// A setpoint for this dimmer alone was more than its load can take, and counts as all of that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exceeded;

impl Exceeded {
    /// What a person reads: what is so, and what to do.
    #[must_use]
    pub const fn text(self, language: Language) -> &'static str {
        match language {
            Language::French => {
                "la consigne dépasse ce que la charge peut prendre et vaut 100 % ; celle de plusieurs gradateurs va sur leur topic commun"
            }
            _ => {
                "the setpoint is more than the load can take, and counts as 100 %; one for several dimmers belongs on their common topic"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_row_the_first_is_told_and_of_many_rows_one_in_a_minute() {
        let mut excess = Excess::NONE;
        let mut asked = |second: u64, is_excess| {
            excess.asked(Instant::from_ticks(second * 1_000_000), is_excess);
            excess.take().is_some()
        };
        assert!(!asked(0, false));
        assert!(asked(1, true));
        // For as long as it goes on, nothing.
        assert!(!asked(5, true) && !asked(500, true));
        assert!(!asked(501, false));
        assert!(asked(502, true));
        // Around the limit.
        assert!(!asked(510, false) && !asked(514, true) && !asked(561, false));
        assert!(asked(562, true));
        assert!(!asked(600, false));
        // The clock went back.
        assert!(asked(3, true));
    }
}
