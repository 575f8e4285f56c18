//! How long to wait before the next attempt.

use embassy_time::Duration;

/// Waiting times that double from one second to thirty, each shortened at random by up to a
/// quarter, so that a house full of dimmers does not return to a restarted broker all at once.
#[derive(Clone, Debug)]
pub struct Backoff {
    attempt: u32,
    random: u32,
}

const FIRST_MS: u32 = 1_000;
const LAST_MS: u32 = 30_000;

impl Backoff {
    /// Starts at the shortest wait. `seed` should differ between devices.
    #[must_use]
    pub fn new(seed: u32) -> Self {
        // A xorshift generator must not start at zero.
        Self {
            attempt: 0,
            random: seed | 1,
        }
    }

    /// The next attempt follows the shortest wait again.
    pub fn reset(&mut self) {
        self.attempt = 0;
    }

    /// The time to wait now, 750 ms to 30 s; each call lengthens the next one.
    pub fn next_delay(&mut self) -> Duration {
        let full_ms = FIRST_MS
            .checked_shl(self.attempt)
            .unwrap_or(LAST_MS)
            .min(LAST_MS);
        self.attempt = self.attempt.saturating_add(1).min(5);
        // Marsaglia, "Xorshift RNGs", 2003: enough to spread devices, not a secret.
        self.random ^= self.random << 13;
        self.random ^= self.random >> 17;
        self.random ^= self.random << 5;
        let shortened_ms = self.random % (full_ms / 4 + 1);
        Duration::from_millis(u64::from(full_ms - shortened_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_thirty_seconds_and_start_again_after_a_reset() {
        let mut backoff = Backoff::new(7);
        for full_ms in [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000] {
            let delay_ms = backoff.next_delay().as_millis();
            assert!(
                delay_ms <= full_ms && delay_ms >= full_ms * 3 / 4,
                "{delay_ms} of {full_ms}"
            );
        }
        backoff.reset();
        assert!(backoff.next_delay().as_millis() <= 1_000);
    }

    #[test]
    fn two_devices_do_not_return_at_the_same_moments() {
        let (mut one, mut other) = (Backoff::new(1), Backoff::new(0xDEAD_BEEF));
        let same = (0..100)
            .filter(|_| one.next_delay() == other.next_delay())
            .count();
        assert!(same < 10, "{same} of 100 waits were equal");
    }
}
