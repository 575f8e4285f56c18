//! Choices that are the same for the same seed.

use std::time::Duration;

/// Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8 (14), 2003.
pub struct Moments(u64);

impl Moments {
    pub fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Up to this long.
    pub fn up_to(&mut self, longest: Duration) -> Duration {
        let longest_us = u64::try_from(longest.as_micros()).unwrap();
        Duration::from_micros(self.next() % (longest_us + 1))
    }

    /// From 0 on, less than this.
    pub fn below(&mut self, end: u32) -> u32 {
        u32::try_from(self.next() % u64::from(end)).unwrap()
    }
}
