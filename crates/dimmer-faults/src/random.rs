//! Numbers from a seed: the same on every machine and in every version, so that a seed is a run.

/// SplitMix64 (Steele, Lea, Flood 2014).
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From `low` to `high`, both possible.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low + 1)
    }

    /// As [`between`](Self::between), for what is a temperature or a power.
    pub(crate) fn whole(&mut self, low: i32, high: i32) -> i32 {
        let span = u64::from(high.abs_diff(low));
        i32::try_from(i64::from(low) + i64::try_from(self.between(0, span)).unwrap_or(0))
            .unwrap_or(high)
    }

    /// For small numbers in settings.
    pub(crate) fn small(&mut self, low: u32, high: u32) -> u32 {
        u32::try_from(self.between(low.into(), high.into())).unwrap_or(high)
    }

    /// Once in `of`.
    pub(crate) fn once_in(&mut self, of: u64) -> bool {
        self.next().is_multiple_of(of)
    }

    /// One of several.
    pub(crate) fn pick<T: Copy>(&mut self, several: &[T], otherwise: T) -> T {
        let index = usize::try_from(self.next() % several.len().max(1) as u64).unwrap_or(0);
        several.get(index).copied().unwrap_or(otherwise)
    }
}
