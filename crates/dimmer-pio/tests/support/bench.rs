//! A gate's machines beside a clock that ticks every ten of their cycles.

use super::Machine;
use dimmer_phase::Instant;
use dimmer_pio::{GATE, GateMachines, SET_PIN_LOW};
use std::cell::RefCell;

const PER_MICROSECOND: u64 = 10;

pub struct Bench<const CHANNELS: usize>(RefCell<State<CHANNELS>>);

struct State<const CHANNELS: usize> {
    cycles: u64,
    machines: [Machine; CHANNELS],
    /// When (in cycles), which channel's pin, and whether it went on.
    changes: Vec<(u64, usize, bool)>,
    /// The pins, as they were last.
    pins: [bool; CHANNELS],
    /// A machine that does nothing any more.
    hangs: bool,
    processor: Processor,
    random: u64,
}

/// How slow the processor is.
#[derive(Clone, Copy, Default)]
pub struct Processor {
    /// Each look and each word takes up to so many microseconds, at random, as code does that comes from slow flash.
    pub slowest_us: u64,
    /// Once in so many looks and words, one of them takes this long besides: a cache that is cold.
    pub cold: Option<(u64, u64)>,
}

impl<const CHANNELS: usize> Bench<CHANNELS> {
    /// With a processor for which nothing takes any time.
    pub fn new() -> Self {
        Self::with(Processor::default())
    }

    pub fn with(processor: Processor) -> Self {
        Self(RefCell::new(State {
            cycles: 0,
            machines: std::array::from_fn(|_| Machine::new(&GATE)),
            changes: Vec::new(),
            pins: [false; CHANNELS],
            hangs: false,
            processor,
            random: 0x9E37_79B9_7F4A_7C15,
        }))
    }

    pub fn run_until(&self, at_us: u64) {
        self.0.borrow_mut().run_until(at_us * PER_MICROSECOND);
    }

    /// Some cycles that are no whole microseconds.
    pub fn run_cycles(&self, cycles: u64) {
        let mut state = self.0.borrow_mut();
        let until = state.cycles + cycles;
        state.run_until(until);
    }

    pub fn changes(&self) -> Vec<(u64, usize, bool)> {
        self.0.borrow().changes.clone()
    }

    pub fn hang(&self) {
        self.0.borrow_mut().hangs = true;
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
    fn spend(&mut self) {
        let mut cycles = 0;
        if self.processor.slowest_us > 0 {
            cycles += self.below(self.processor.slowest_us * PER_MICROSECOND);
        }
        if let Some((one_in, cold_us)) = self.processor.cold
            && self.below(one_in) == 0
        {
            cycles += cold_us * PER_MICROSECOND;
        }
        self.run_until(self.cycles + cycles);
    }

    fn run_until(&mut self, cycles: u64) {
        while self.cycles < cycles {
            // Machines that wait go on waiting.
            if self
                .machines
                .iter()
                .all(|machine| machine.is_idle() && !machine.pin)
            {
                self.cycles = cycles;
                break;
            }
            for channel in 0..CHANNELS {
                if !self.hangs {
                    self.machines[channel].cycle();
                }
                self.note(channel);
            }
            self.cycles += 1;
        }
    }

    fn note(&mut self, channel: usize) {
        let is = self.machines[channel].pin;
        if self.pins[channel] != is {
            self.pins[channel] = is;
            self.changes.push((self.cycles, channel, is));
        }
    }
}

impl<const CHANNELS: usize> GateMachines for Bench<CHANNELS> {
    fn now(&self) -> Instant {
        self.0.borrow_mut().spend();
        Instant::from_ticks(self.0.borrow().cycles / PER_MICROSECOND)
    }

    fn wait_until(&self, at: Instant) {
        self.run_until(at.as_ticks());
    }

    fn is_idle(&self, channel: usize) -> bool {
        self.0.borrow().machines[channel].is_idle()
    }

    fn push(&mut self, channel: usize, word: u32) -> bool {
        self.0.borrow_mut().spend();
        self.0.borrow_mut().machines[channel].push(word)
    }

    fn push_at(&mut self, channel: usize, at: Instant, word: u32) -> bool {
        let in_time = self.now() < at;
        if in_time {
            self.run_until(at.as_ticks());
            // It waits for the tick in RAM: nothing is slow here.
            let machine = &mut self.0.borrow_mut().machines[channel];
            assert!(machine.is_idle() && machine.push(word));
        }
        in_time
    }

    fn halt(&mut self, channel: usize) {
        let state = &mut *self.0.borrow_mut();
        let mut fresh = Machine::new(&GATE);
        fresh.pin = state.machines[channel].pin;
        fresh.run(SET_PIN_LOW);
        fresh.address = 0;
        state.machines[channel] = fresh;
        state.note(channel);
    }

    fn uninterrupted<R>(&mut self, work: impl FnOnce(&mut Self) -> R) -> R {
        work(self)
    }
}
