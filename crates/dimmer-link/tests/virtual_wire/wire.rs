//! A wire that loses, repeats, delays and overtakes, by a seed.

use std::collections::VecDeque;

/// What the wire does to frames. Chances are in percent, times in microseconds.
#[derive(Clone, Copy, Debug)]
pub struct Faults {
    /// A frame is lost.
    pub loss: u32,
    /// A frame arrives twice.
    pub duplication: u32,
    /// A frame takes up to 20 ms more, and those behind it overtake it.
    pub reordering: u32,
    /// How long every frame takes.
    pub delay: u64,
}

impl Faults {
    pub const NONE: Self = Self {
        loss: 0,
        duplication: 0,
        reordering: 0,
        delay: 500,
    };

    /// A wire that loses so many percent, and does the rest in proportion.
    pub const fn losing(loss: u32) -> Self {
        Self {
            loss,
            duplication: loss / 3,
            reordering: loss / 2,
            delay: 2_000,
        }
    }
}

/// The numbers of a test: the same seed, the same numbers (Marsaglia, "Xorshift RNGs", 2003).
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        let mut dice = Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        // The first numbers of neighbouring seeds are alike.
        for _ in 0..16 {
            dice.below(2);
        }
        dice
    }

    /// A number from 0 to `end` less one.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) % end.max(1)
    }

    pub fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < u64::from(percent)
    }
}

/// A frame on its way.
struct Frame {
    arrives_at: u64,
    to: usize,
    bytes: Vec<u8>,
}

/// The wire between all hosts. The first host is cut from another by that one's place.
pub struct Wire {
    pub faults: Faults,
    dice: Dice,
    /// Which hosts nothing reaches, and from which nothing comes.
    cut: Vec<bool>,
    frames: VecDeque<Frame>,
    /// How many frames were put on it, for a test that wants to be told that something happened.
    pub carried: u64,
}

impl Wire {
    pub fn new(seed: u64, hosts: usize) -> Self {
        Self {
            faults: Faults::NONE,
            dice: Dice::new(seed),
            cut: vec![false; hosts],
            frames: VecDeque::new(),
            carried: 0,
        }
    }

    /// Cuts a host off, or connects it again. What is on its way to it is lost.
    pub fn cut(&mut self, host: usize, cut: bool) {
        self.cut[host] = cut;
        if cut {
            self.frames.retain(|frame| frame.to != host);
        }
    }

    pub fn put(&mut self, now: u64, from: usize, to: usize, bytes: &[u8]) {
        self.carried += 1;
        if self.cut[from] || self.cut[to] {
            return;
        }
        let copies = 1 + usize::from(self.dice.chance(self.faults.duplication));
        for _ in 0..copies {
            if self.dice.chance(self.faults.loss) {
                continue;
            }
            let mut arrives_at = now + self.faults.delay;
            if self.dice.chance(self.faults.reordering) {
                arrives_at += self.dice.below(20_000);
            }
            self.frames.push_back(Frame {
                arrives_at,
                to,
                bytes: bytes.to_vec(),
            });
        }
    }

    /// Takes a frame that has arrived, with the host that it is for.
    pub fn arrived(&mut self, now: u64) -> Option<(usize, Vec<u8>)> {
        let due = |frame: &Frame| frame.arrives_at <= now;
        let place = self.frames.iter().position(due)?;
        let frame = self.frames.remove(place)?;
        Some((frame.to, frame.bytes))
    }

    pub fn next_arrival(&self) -> Option<u64> {
        self.frames.iter().map(|frame| frame.arrives_at).min()
    }
}
