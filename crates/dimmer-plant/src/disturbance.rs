//! What a wire and a processor suffer from: bits that flip, and interrupts that lengthen a busy wait. Seeded, so that it can be had again.

use std::collections::{BTreeMap, BTreeSet};

/// Interrupts that come at random.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interrupts {
    /// How many of them in a second, on the average.
    pub per_second: f64,
    /// How long each keeps the processor, microseconds.
    pub microseconds: u32,
}

/// What is going to happen, and what did.
#[derive(Clone, Debug)]
pub(crate) struct Disturbance {
    state: u64,
    /// The probability that a slot is looked at wrongly.
    flips: f64,
    flipped_slots: BTreeSet<u64>,
    interrupts: Option<(Interrupts, u64)>,
    lengthened_delays: BTreeMap<u64, u64>,
}

impl Disturbance {
    pub(crate) fn new() -> Self {
        Self {
            state: 0x9E37_79B9_7F4A_7C15,
            flips: 0.0,
            flipped_slots: BTreeSet::new(),
            interrupts: None,
            lengthened_delays: BTreeMap::new(),
        }
    }

    pub(crate) fn seed(&mut self, seed: u64) {
        // Zero is the one state that a shift register does not leave.
        self.state = seed ^ 0x9E37_79B9_7F4A_7C15 | 1;
    }

    pub(crate) fn set_flips(&mut self, probability: f64) {
        self.flips = probability;
    }

    pub(crate) fn flip_slot(&mut self, slot: u64) {
        self.flipped_slots.insert(slot);
    }

    pub(crate) fn set_interrupts(&mut self, interrupts: Option<Interrupts>, now_ns: u64) {
        self.interrupts = interrupts.map(|interrupts| (interrupts, now_ns));
        if let Some((interrupts, _)) = self.interrupts {
            let first_ns = now_ns + self.pause_ns(interrupts);
            self.interrupts = Some((interrupts, first_ns));
        }
    }

    pub(crate) fn lengthen_delay(&mut self, delay: u64, by_ns: u64) {
        self.lengthened_delays.insert(delay, by_ns);
    }

    /// Whether this slot is looked at wrongly.
    pub(crate) fn flips(&mut self, slot: u64) -> bool {
        let chosen = self.flipped_slots.remove(&slot);
        let by_chance = self.flips > 0.0 && self.uniform() < self.flips;
        chosen || by_chance
    }

    /// How much longer this busy wait takes than it was meant to.
    pub(crate) fn lengthens_ns(&mut self, delay: u64, now_ns: u64, ns: u64) -> u64 {
        let mut by_ns = self.lengthened_delays.remove(&delay).unwrap_or(0);
        while let Some((interrupts, at_ns)) = self.interrupts
            && at_ns < now_ns + ns + by_ns
        {
            // One that came while nobody waited was over before.
            if at_ns >= now_ns {
                by_ns += u64::from(interrupts.microseconds) * 1_000;
            }
            let next_ns = at_ns.max(now_ns) + self.pause_ns(interrupts);
            self.interrupts = Some((interrupts, next_ns));
        }
        by_ns
    }

    /// Time to the next interrupt: exponentially distributed, as what comes independently is.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the cast saturates, and the time is not negative"
    )]
    fn pause_ns(&mut self, interrupts: Interrupts) -> u64 {
        let seconds = -(1.0 - self.uniform()).ln() / interrupts.per_second;
        (seconds * 1e9) as u64 + 1
    }

    /// From 0 to 1, without 1: xorshift64*, of which the upper 53 bits are taken.
    fn uniform(&mut self) -> f64 {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        let bits = self.state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11;
        bits as f64 / (1_u64 << 53) as f64
    }
}
