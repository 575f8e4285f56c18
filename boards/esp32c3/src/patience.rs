//! When the board tries to join the Wi-Fi again.

use dimmer::Duration;

/// The first pause, and the longest.
const FIRST: Duration = Duration::from_ticks(1_000_000);
const LONGEST: Duration = Duration::from_ticks(30_000_000);

/// Pauses between attempts: each twice as long as the one before, up to half a minute, for ever. Nobody who restarts their router waits longer for the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    next: Duration,
}

impl Patience {
    /// No attempt has failed.
    #[must_use]
    pub const fn new() -> Self {
        Self { next: FIRST }
    }

    /// An attempt failed: how long to wait before the next one.
    pub fn failed(&mut self) -> Duration {
        let pause = self.next;
        self.next = (pause * 2).min(LONGEST);
        pause
    }

    /// One succeeded.
    pub const fn succeeded(&mut self) {
        *self = Self::new();
    }
}

impl Default for Patience {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_half_a_minute_and_never_end() {
        let mut patience = Patience::new();
        let mut seconds = |count: usize| -> [u64; 7] {
            let mut pauses = [0; 7];
            for pause in pauses.iter_mut().take(count) {
                *pause = patience.failed().as_ticks() / 1_000_000;
            }
            pauses
        };
        assert_eq!(seconds(7), [1, 2, 4, 8, 16, 30, 30]);
        for _ in 0..100_000 {
            assert_eq!(patience.failed(), LONGEST);
        }
        patience.succeeded();
        assert_eq!(patience.failed(), FIRST);
    }
}
