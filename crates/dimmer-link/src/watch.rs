//! Two things that no error tells: messages that are swallowed, and messages that are too many.

use core::fmt::Write;

use embassy_time::{Duration, Instant};

use crate::Text;

/// From one word to the next, while they come back.
const EVERY: Duration = Duration::from_secs(60);
/// The same while they do not.
const EVERY_WHILE_MISSED: Duration = Duration::from_secs(20);
/// How long a word may take.
const BACK_WITHIN: Duration = Duration::from_secs(10);
/// So many missing in a row are no accident: a broker may drop one of QoS 0.
const MISSED_IN_A_ROW: u32 = 2;

/// Whether what this client says to itself comes back.
pub(crate) struct Echo {
    /// The last word; each is another.
    word: u32,
    /// Until when it is to be back, if it is awaited.
    awaited_until: Option<Instant>,
    next_at: Instant,
    missed: u32,
    came_back: bool,
}

impl Echo {
    /// The first word is due at once. `seed` should differ between devices.
    pub(crate) fn new(seed: u32) -> Self {
        Self {
            word: seed,
            awaited_until: None,
            next_at: Instant::now(),
            missed: 0,
            came_back: false,
        }
    }

    /// When something is to be done.
    pub(crate) fn deadline(&self) -> Instant {
        self.awaited_until.unwrap_or(self.next_at)
    }

    /// Goes with the time. The word that is to be sent now, if one is.
    pub(crate) fn due(&mut self, now: Instant) -> Option<Text<8>> {
        if self.awaited_until.is_some_and(|until| until <= now) {
            self.awaited_until = None;
            self.missed = self.missed.saturating_add(1);
            self.next_at = if self.is_swallowed() {
                now + EVERY_WHILE_MISSED
            } else {
                now
            };
        }
        if self.awaited_until.is_some() || self.next_at > now {
            return None;
        }
        self.word = self.word.wrapping_add(1);
        self.awaited_until = Some(now + BACK_WITHIN);
        Some(self.spelt())
    }

    /// Something came on the echo's topic.
    pub(crate) fn heard(&mut self, payload: &[u8], now: Instant) {
        if self.awaited_until.is_some() && payload == self.spelt().as_bytes() {
            self.awaited_until = None;
            self.missed = 0;
            self.came_back = true;
            self.next_at = now + EVERY;
        }
    }

    /// There was no room for the word.
    pub(crate) fn was_not_sent(&mut self) {
        self.awaited_until = None;
        self.next_at = Instant::now() + WINDOW;
    }

    /// Whether a word has ever come back.
    pub(crate) fn has_come_back(&self) -> bool {
        self.came_back
    }

    /// Whether the broker passes on nothing.
    pub(crate) fn is_swallowed(&self) -> bool {
        self.missed >= MISSED_IN_A_ROW
    }

    fn spelt(&self) -> Text<8> {
        let mut text = Text::new();
        // Eight digits of the capacity's eight.
        let _ = write!(text, "{:08x}", self.word);
        text
    }
}

/// Most members of a shared pool that a dimmer listens to. At a change each may announce itself twice within a second, as nobody publishes one
/// message more often than every half a second.
const POOL_MEMBERS: u32 = 64;
/// More messages in one second than a house has reason to send, and with them a pool.
const FLOOD: u32 = 100 + 2 * POOL_MEMBERS;
const WINDOW: Duration = Duration::from_secs(1);

/// Whether messages come faster than anybody needs.
pub(crate) struct Flood {
    began: Instant,
    count: u32,
    is_on: bool,
}

impl Flood {
    pub(crate) fn new() -> Self {
        Self {
            began: Instant::now(),
            count: 0,
            is_on: false,
        }
    }

    /// A message came.
    pub(crate) fn message(&mut self, now: Instant) {
        self.advance(now);
        self.count = self.count.saturating_add(1);
        self.is_on |= self.count > FLOOD;
    }

    /// Goes with the time.
    pub(crate) fn advance(&mut self, now: Instant) {
        if now >= self.began + WINDOW {
            self.is_on = self.count > FLOOD && now < self.began + 2 * WINDOW;
            self.began = now;
            self.count = 0;
        }
    }

    /// When a flood may turn out to be over.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.is_on.then(|| self.began + WINDOW)
    }

    pub(crate) fn is_on(&self) -> bool {
        self.is_on
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Instant {
        Instant::from_secs(seconds)
    }

    fn echo() -> Echo {
        Echo {
            next_at: at(0),
            ..Echo::new(7)
        }
    }

    #[test]
    fn a_word_that_comes_back_is_followed_by_another_after_a_minute() {
        let mut echo = echo();
        let first = echo.due(at(0)).unwrap();
        assert_eq!(first, "00000008");
        echo.heard(b"another client's", at(1));
        assert!(!echo.has_come_back());
        echo.heard(first.as_bytes(), at(1));
        assert!(echo.has_come_back());
        assert_eq!(echo.deadline(), at(61));
        assert_eq!(echo.due(at(60)), None);
        assert_ne!(echo.due(at(61)), Some(first));
    }

    #[test]
    fn two_missing_words_are_no_accident_and_one_that_comes_back_ends_it() {
        let mut echo = echo();
        assert!(echo.due(at(0)).is_some());
        assert!(echo.due(at(10)).is_some() && !echo.is_swallowed());
        assert_eq!(echo.due(at(20)), None);
        assert!(echo.is_swallowed());
        assert_eq!(echo.deadline(), at(40));
        let third = echo.due(at(40)).unwrap();
        echo.heard(b"another client's", at(41));
        assert!(echo.is_swallowed());
        echo.heard(third.as_bytes(), at(42));
        assert!(!echo.is_swallowed());
    }

    #[test]
    fn a_flood_is_more_than_a_house_and_a_full_pool_say_in_a_second_and_is_over_after_a_calm_one() {
        let mut flood = Flood {
            began: at(0),
            ..Flood::new()
        };
        for _ in 0..2 * 64 {
            flood.message(at(0));
        }
        assert!(!flood.is_on(), "a healthy pool");
        for _ in 0..100 {
            flood.message(at(0));
        }
        assert!(!flood.is_on());
        flood.message(at(0));
        assert!(flood.is_on());
        flood.advance(at(1));
        assert!(flood.is_on(), "the second that ended had too many");
        flood.message(at(1));
        flood.advance(at(2));
        assert!(!flood.is_on());
        assert_eq!(flood.deadline(), None);
    }
}
