//! Random numbers from a ring oscillator.
//!
//! The RP2040 has no generator of random numbers, but a ring oscillator whose state can be read, bit by bit (data sheet, section 2.17.5, which says that it is not
//! for secrets as it is). The bits are biased, and bits that are read at once are much the same. So none of them is used as it is: for each 32 bytes that are given out, 4,096 are read, of which one
//! in sixteen may be a good one, and hashed (SHA-256) together with all that was read before, the time to the microsecond and a number that never comes twice. What is
//! given out is another hash, which does not tell what is kept.

use sha2::{Digest, Sha256};

/// Raw bytes for each block.
const RAW_BYTES: usize = 512;
const BLOCK: usize = 32;
/// An oscillator of which so many bytes have fewer values than this stands still, or swings with the processor.
const LEAST_VALUES: usize = 32;

/// Whether a source of raw bytes lives: what it gives has many values, as a stuck bit or a short period has not.
pub fn is_alive(mut raw: impl FnMut() -> u8) -> bool {
    let mut seen = [false; 256];
    for _ in 0..RAW_BYTES {
        if let Some(place) = seen.get_mut(usize::from(raw())) {
            *place = true;
        }
    }
    seen.iter().filter(|seen| **seen).count() >= LEAST_VALUES
}

/// What is known of all that was read.
#[derive(Clone)]
pub struct Randomness {
    state: [u8; BLOCK],
    count: u64,
}

/// Without its bytes: who knows them knows what comes next.
impl core::fmt::Debug for Randomness {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("Randomness").finish_non_exhaustive()
    }
}

impl Randomness {
    /// Begins with something that differs between boards.
    #[must_use]
    pub fn new(own: &[u8]) -> Self {
        Self {
            state: Sha256::digest(own).into(),
            count: 0,
        }
    }

    /// Fills `bytes`, with raw bytes from the source.
    pub fn fill(&mut self, now_us: u64, mut raw: impl FnMut() -> u8, bytes: &mut [u8]) {
        for block in bytes.chunks_mut(BLOCK) {
            self.count = self.count.wrapping_add(1);
            let mut hash = Sha256::new();
            hash.update(b"keep");
            hash.update(self.state);
            hash.update(self.count.to_le_bytes());
            hash.update(now_us.to_le_bytes());
            for _ in 0..RAW_BYTES / BLOCK {
                let read: [u8; BLOCK] = core::array::from_fn(|_| raw());
                hash.update(read);
            }
            self.state = hash.finalize().into();
            let mut hash = Sha256::new();
            hash.update(b"give");
            hash.update(self.state);
            for (byte, given) in block.iter_mut().zip(hash.finalize()) {
                *byte = given;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use std::{collections::BTreeSet, vec::Vec};

    #[test]
    fn an_oscillator_that_stands_still_or_swings_with_the_processor_is_no_source() {
        assert!(!is_alive(|| 0xFF));
        assert!(!is_alive(|| 0));
        let mut bit = 0;
        assert!(!is_alive(|| {
            bit ^= 0xFF;
            bit
        }));
        // xorshift, for one that does neither.
        let mut word = 0x1234_5678_u32;
        assert!(is_alive(|| {
            word ^= word << 13;
            word ^= word >> 17;
            word ^= word << 5;
            word.to_le_bytes()[0]
        }));
    }

    #[test]
    fn blocks_never_come_twice_even_from_a_source_that_stands_still() {
        let mut randomness = Randomness::new(b"board");
        let mut blocks = BTreeSet::new();
        for _ in 0..1_000 {
            let mut bytes = [0; 2 * BLOCK];
            randomness.fill(7, || 0xFF, &mut bytes);
            for block in bytes.chunks(BLOCK) {
                assert!(blocks.insert(block.to_vec()));
            }
        }
    }

    #[test]
    fn one_raw_bit_the_time_and_the_board_each_make_another_block() {
        let block = |own: &[u8], now_us, last| {
            let mut left = RAW_BYTES;
            let raw = || {
                left -= 1;
                if left == 0 { last } else { 0 }
            };
            let mut bytes = [0; BLOCK];
            Randomness::new(own).fill(now_us, raw, &mut bytes);
            bytes
        };
        let all = [
            block(b"a", 1, 0),
            block(b"b", 1, 0),
            block(b"a", 2, 0),
            block(b"a", 1, 1),
        ];
        assert_eq!(all.into_iter().collect::<BTreeSet<_>>().len(), 4);
    }

    #[test]
    fn what_is_not_asked_for_is_not_touched_and_what_is_asked_for_is_filled() {
        let mut bytes: Vec<u8> = std::vec![0; 100];
        Randomness::new(b"board").fill(0, || 0, &mut bytes[..77]);
        assert!(bytes[..77].iter().filter(|byte| **byte == 0).count() < 8);
        assert!(bytes[77..].iter().all(|byte| *byte == 0));
    }
}
