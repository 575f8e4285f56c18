//! The transmitters of the remote control peripheral, by the ESP32-C3 Technical Reference Manual, beside a clock by the same crystal.

use dimmer_phase::Instant;
use dimmer_rmt::{MEMORY_WORDS, Transmitters};
use std::cell::RefCell;
use std::collections::VecDeque;

/// Cycles of the peripheral's clock in a tick, and in a microsecond of the clock.
pub const PER_MICROSECOND: u64 = 80;

/// What the manual leaves open, and what goes wrong.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silicon {
    /// Words that are read before it is their turn.
    pub read_ahead: usize,
    /// Cycles that each entry takes beyond its ticks.
    pub cycles_more: u64,
    /// Transmitters never send anything.
    pub dead: bool,
    /// Each look at the clock and each word takes up to so many microseconds, at random, as code does that comes from slow flash.
    pub slowest_us: u64,
    /// Once in so many looks and words, one of them takes this long besides: a cache that is cold.
    pub cold: Option<(u64, u64)>,
}

/// A change of a pin: at which cycle, which channel's, and whether it went on.
pub type Change = (u64, usize, bool);

pub struct Bench<const CHANNELS: usize>(RefCell<State<CHANNELS>>);

struct State<const CHANNELS: usize> {
    silicon: Silicon,
    cycles: u64,
    channels: [Channel; CHANNELS],
    changes: Vec<Change>,
    random: u64,
}

/// One transmitter.
struct Channel {
    memory: [u32; MEMORY_WORDS],
    /// The words that were read and not sent, and the next place to read.
    read: VecDeque<u32>,
    place: usize,
    /// The entries of the word that is sent, and when the present one is over.
    entries: VecDeque<u16>,
    until: u64,
    sends: bool,
    pin: bool,
}

impl Channel {
    fn new() -> Self {
        Self {
            // What was there at power-on is anything.
            memory: [0xFFFF_FFFF; MEMORY_WORDS],
            read: VecDeque::new(),
            place: 0,
            entries: VecDeque::new(),
            until: 0,
            sends: false,
            pin: false,
        }
    }

    fn start(&mut self, cycle: u64) {
        assert!(!self.sends, "started while it sends");
        self.read.clear();
        self.entries.clear();
        self.place = 0;
        self.until = cycle;
        self.sends = true;
    }

    /// Reads until so many words wait.
    fn fetch(&mut self, words: usize) {
        while self.read.len() < words {
            self.read.push_back(self.memory[self.place]);
            self.place = (self.place + 1) % MEMORY_WORDS;
        }
    }

    /// Goes on to the next entry: its level, or nothing at the end.
    fn next(&mut self, silicon: Silicon) -> Option<bool> {
        if self.entries.is_empty() {
            self.fetch(1);
            let word = self.read.pop_front().unwrap();
            self.fetch(silicon.read_ahead);
            let half = |bits: u32| u16::try_from(bits & 0xFFFF).unwrap();
            self.entries.extend([half(word), half(word >> 16)]);
        }
        let entry = self.entries.pop_front().unwrap();
        let ticks = u64::from(entry & 0x7FFF);
        if ticks == 0 {
            self.sends = false;
            return None;
        }
        self.until += ticks * PER_MICROSECOND + silicon.cycles_more;
        Some(entry & 0x8000 != 0)
    }
}

impl<const CHANNELS: usize> State<CHANNELS> {
    /// xorshift64.
    fn below(&mut self, limit: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 11) % limit
    }

    /// What the processor takes for a look or a word.
    fn spend(&mut self, cycles: u64) {
        let mut spent = cycles;
        if self.silicon.slowest_us > 0 {
            spent += self.below(self.silicon.slowest_us * PER_MICROSECOND);
        }
        if let Some((one_in, cold_us)) = self.silicon.cold
            && self.below(one_in) == 0
        {
            spent += cold_us * PER_MICROSECOND;
        }
        self.run_until(self.cycles + spent);
    }

    fn run_until(&mut self, cycles: u64) {
        for channel in 0..CHANNELS {
            while self.channels[channel].sends
                && self.channels[channel].until <= cycles
                && !self.silicon.dead
            {
                let at = self.channels[channel].until;
                // At the end, the idle level.
                let level = self.channels[channel].next(self.silicon).unwrap_or(false);
                self.set(at, channel, level);
            }
        }
        self.cycles = self.cycles.max(cycles);
    }

    fn set(&mut self, at: u64, channel: usize, level: bool) {
        if self.channels[channel].pin != level {
            self.channels[channel].pin = level;
            self.changes.push((at, channel, level));
        }
    }
}

impl<const CHANNELS: usize> Bench<CHANNELS> {
    pub fn new(silicon: Silicon) -> Self {
        Self(RefCell::new(State {
            silicon,
            cycles: 0,
            channels: std::array::from_fn(|_| Channel::new()),
            changes: Vec::new(),
            random: 0x9E37_79B9_7F4A_7C15,
        }))
    }

    pub fn run_until(&self, at_us: u64) {
        self.0.borrow_mut().run_until(at_us * PER_MICROSECOND);
    }

    /// Some cycles that are no whole microseconds.
    pub fn run_cycles(&self, cycles: u64) {
        let until = self.0.borrow().cycles + cycles;
        self.0.borrow_mut().run_until(until);
    }

    /// The changes since this was last asked, in time order.
    pub fn take_changes(&self) -> Vec<Change> {
        let mut changes = std::mem::take(&mut self.0.borrow_mut().changes);
        changes.sort_by_key(|change| change.0);
        changes
    }

    /// The same, in microseconds: when, which channel's, whether it went on.
    pub fn take_changes_us(&self) -> Vec<(f64, usize, bool)> {
        let in_microseconds = |cycle: u64| cycle as f64 / PER_MICROSECOND as f64;
        self.take_changes()
            .into_iter()
            .map(|(at, channel, on)| (in_microseconds(at), channel, on))
            .collect()
    }

    /// From now on a transmitter that sends goes on with the present entry for ever.
    pub fn hang(&self) {
        self.0.borrow_mut().silicon.dead = true;
    }
}

impl<const CHANNELS: usize> Transmitters for Bench<CHANNELS> {
    fn now(&self) -> Instant {
        // Nothing takes no time.
        self.0.borrow_mut().spend(7);
        Instant::from_ticks(self.0.borrow().cycles / PER_MICROSECOND)
    }

    fn wait_until(&self, at: Instant) {
        let now = self.now();
        self.run_until(at.max(now).as_ticks());
    }

    fn is_idle(&self, channel: usize) -> bool {
        !self.0.borrow().channels[channel].sends
    }

    fn write(&mut self, channel: usize, place: usize, word: u32) {
        self.0.borrow_mut().spend(9);
        self.0.borrow_mut().channels[channel].memory[place] = word;
    }

    fn start_at(&mut self, channel: usize, at: Instant) -> bool {
        let in_time = self.now() < at;
        if in_time {
            self.run_until(at.as_ticks());
            let state = &mut *self.0.borrow_mut();
            let cycles = state.cycles;
            state.channels[channel].start(cycles);
            state.run_until(cycles);
        }
        in_time
    }

    fn halt(&mut self, channel: usize) {
        let state = &mut *self.0.borrow_mut();
        let at = state.cycles;
        state.channels[channel].sends = false;
        state.set(at, channel, false);
    }

    fn uninterrupted<R>(&mut self, work: impl FnOnce(&mut Self) -> R) -> R {
        work(self)
    }
}
