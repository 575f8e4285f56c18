//! A [`Gate`] on state machines that run [`GATE`](crate::GATE).

use dimmer_phase::{Duration, Gate, HalfCycle, Instant, Slot};

use crate::GATE_HERTZ;

/// Cycles of the program in a microsecond.
const PER_MICROSECOND: u64 = (GATE_HERTZ / 1_000_000) as u64;

/// From the cycle in which the machine takes a word to the pin's rise, with a delay of zero.
const TO_RISE: u64 = 4;
/// From the pin's fall to the cycle in which the next word is taken.
const TO_NEXT: u64 = 1;
/// Microseconds of a pulse whose width is zero.
const LEAST_WIDTH_US: u64 = 2;

const DELAY_BITS: u32 = 20;
const MOST_DELAY: u64 = (1 << DELAY_BITS) - 1;
const MOST_WIDTH: u64 = (1 << (32 - DELAY_BITS)) - 1;

/// A pulse can be fed this long before it begins, in microseconds: what a word's delay holds.
pub const MOST_AHEAD_US: u64 = 100_000;

/// What it takes from a look at the clock to the word that was prepared with it, in microseconds, on a processor that fetches its code from slow flash. Where that takes longer, as through
/// a cold cache, it is tried again, warm, or found out afterwards.
const PREPARE_US: u64 = 25;

/// So often a word for an idle machine is tried.
const ATTEMPTS: usize = 3;

/// After its end, in microseconds, a pulse is surely over.
const SETTLE_US: u64 = 5;

/// When so little is left of a pulse, in microseconds, no word is put behind it: its end is waited for. Time for the word, and for the look at the clock that follows it.
const APPEND_US: u64 = 2 * PREPARE_US + SETTLE_US;

/// The machines of a gate, one for each channel, and the clock. A board implements it on its registers, a test on a simulation.
///
/// All run [`GATE`](crate::GATE), by the same oscillator as the clock: otherwise the two drift apart.
pub trait GateMachines {
    /// The clock, in microseconds. Edges are stamped and half-cycles planned by it.
    fn now(&self) -> Instant;

    /// Waits, busily, until the clock shows this moment. One that has passed is no wait.
    fn wait_until(&self, at: Instant);

    /// Whether the machine waits for a word: none is in its queue, and the last one's pulse is over.
    fn is_idle(&self, channel: usize) -> bool;

    /// Puts a word into the machine's queue; `false` when it is full.
    fn push(&mut self, channel: usize, word: u32) -> bool;

    /// Waits, busily, until the clock comes to show this moment, and at once puts the word into the queue of the machine, which is idle. From the clock's tick
    /// to the queue it always takes the same time. `false`, without a word, when the clock shows that moment already.
    fn push_at(&mut self, channel: usize, at: Instant, word: u32) -> bool;

    /// Empties the queue, switches the pin off whatever it is, and lets the machine wait for a word.
    fn halt(&mut self, channel: usize);

    /// Does something that nothing else of the processor interrupts: 25 µs for each word and for each attempt at one, and 60 µs more where a pulse is ending.
    fn uninterrupted<R>(&mut self, work: impl FnOnce(&mut Self) -> R) -> R;
}

/// Why a half-cycle was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FeedError {
    /// It has begun already.
    Late,
    /// It begins before the end of one that was fed, or is fed for the second time.
    OutOfOrder,
    /// A pulse would end at or after the half-cycle's end, and latch the next one.
    NotWithin,
    /// A pulse begins more than [`MOST_AHEAD_US`] from now, or is shorter than 2 µs or longer than 4 ms.
    OutOfRange,
    /// The machine's queue is full.
    Full,
    /// A machine does not do what it was fed. All of them were halted.
    Stuck,
}

impl core::fmt::Display for FeedError {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str(match self {
            Self::Late => "the half-cycle has begun; feed it before its start",
            Self::OutOfOrder => "the half-cycle begins before one that was fed ends; feed each once, in order",
            Self::NotWithin => "a pulse would be up at the next crossing; plan it to end before",
            Self::OutOfRange => "a pulse is too far ahead, too short or too long; feed one and a half half-cycles ahead, and pulses of 5 µs to 1 ms",
            Self::Full => "the queue is full; feed at most one and a half half-cycles ahead",
            Self::Stuck => "a state machine does not follow what it was fed; its clock or its program is wrong",
        })
    }
}

impl core::error::Error for FeedError {}

/// A [`Gate`] on [`GateMachines`].
///
/// A word says how long the machine waits before its pulse. A machine that is idle takes it at once, so the wait is counted from the clock's tick at which it is pushed; one that
/// has a pulse to fire takes it at that one's end, which is known to the cycle, so the wait is counted from there. Neither depends on when the processor
/// comes to do anything afterwards. Behind each pulse stands no other unless it was fed.
#[derive(Debug)]
pub struct PioGate<M, const CHANNELS: usize> {
    machines: M,
    /// Cycles from the clock's tick to the one in which an idle machine takes the word that was pushed then.
    push_cycles: u64,
    /// When the last pulse that was fed ends.
    last_off: [Option<Instant>; CHANNELS],
    /// The end of the last half-cycle that was fed.
    fed_until: Option<Instant>,
}

impl<M: GateMachines, const CHANNELS: usize> PioGate<M, CHANNELS> {
    /// Switches every pin off, and waits to be fed. `push_cycles` is what it takes to push a word after a tick of the clock, in cycles of
    /// [`GATE_HERTZ`]: a property of the board, which shifts all pulses alike.
    pub fn new(machines: M, push_cycles: u8) -> Self {
        let mut gate = Self {
            machines,
            push_cycles: u64::from(push_cycles),
            last_off: [None; CHANNELS],
            fed_until: None,
        };
        gate.park();
        gate
    }

    /// The machines.
    #[must_use]
    pub const fn machines(&self) -> &M {
        &self.machines
    }

    /// The machines, for a simulation to run them.
    pub const fn machines_mut(&mut self) -> &mut M {
        &mut self.machines
    }

    /// Looks whether the half-cycle can be fired at all, before anything of it is pushed.
    fn check(&self, half_cycle: &HalfCycle<CHANNELS>) -> Result<(), FeedError> {
        let now = self.machines.now();
        if half_cycle.start <= now {
            return Err(FeedError::Late);
        }
        // Predictions of one crossing move a little from plan to plan: half a half-cycle is no other half-cycle.
        let half = Duration::from_ticks(half_cycle.half_period.as_ticks() / 2);
        if self
            .fed_until
            .is_some_and(|end| later(half_cycle.start, half) < end)
        {
            return Err(FeedError::OutOfOrder);
        }
        for slot in &half_cycle.slots {
            if let Slot::Fire { delay, width } = *slot {
                let on = later(half_cycle.start, delay);
                if later(on, width) >= later(half_cycle.start, half_cycle.half_period) {
                    return Err(FeedError::NotWithin);
                }
                let ahead = on.checked_duration_since(now);
                let near = ahead.is_some_and(|ahead| ahead.as_ticks() <= MOST_AHEAD_US);
                let width_us = width.as_ticks();
                if !near || width_us < LEAST_WIDTH_US || width_us - LEAST_WIDTH_US > MOST_WIDTH {
                    return Err(FeedError::OutOfRange);
                }
            }
        }
        Ok(())
    }

    fn feed_channel(
        &mut self,
        channel: usize,
        on: Instant,
        width: Duration,
    ) -> Result<(), FeedError> {
        let last_off = self.last_off.get(channel).copied().flatten();
        let push_cycles = self.push_cycles;
        let width_us = width.as_ticks().saturating_sub(LEAST_WIDTH_US);
        let outcome = self.machines.uninterrupted(|machines| {
            if let Some(off) = is_behind(machines, channel, last_off)? {
                let cycles = between(off, on, TO_NEXT + TO_RISE).ok_or(FeedError::Late)?;
                let word = word(cycles, width_us).ok_or(FeedError::OutOfRange)?;
                if !machines.push(channel, word) {
                    return Err(FeedError::Full);
                }
                // A machine that had come to its pulse's end before would count from when the word was there.
                let is_before_the_end = machines.now() < off;
                return is_before_the_end.then_some(()).ok_or(FeedError::Late);
            }
            for _ in 0..ATTEMPTS {
                let tick = later(machines.now(), Duration::from_ticks(PREPARE_US));
                // Its time may have passed while it was waited for the machine.
                let cycles = between(tick, on, push_cycles + TO_RISE).ok_or(FeedError::Late)?;
                let word = word(cycles, width_us).ok_or(FeedError::OutOfRange)?;
                if machines.push_at(channel, tick, word) {
                    return Ok(());
                }
            }
            Err(FeedError::Late)
        });
        if outcome.is_ok()
            && let Some(last_off) = self.last_off.get_mut(channel)
        {
            *last_off = Some(later(on, width));
        }
        outcome
    }
}

impl<M: GateMachines, const CHANNELS: usize> Gate<CHANNELS> for PioGate<M, CHANNELS> {
    type Error = FeedError;

    fn feed(&mut self, half_cycle: &HalfCycle<CHANNELS>) -> Result<(), FeedError> {
        self.check(half_cycle)?;
        for (channel, slot) in half_cycle.slots.iter().enumerate() {
            let Slot::Fire { delay, width } = *slot else {
                continue;
            };
            let fed = self.feed_channel(channel, later(half_cycle.start, delay), width);
            if let Err(error) = fed {
                // Half a half-cycle is none: nothing of it is fired, and after what is stuck nothing at all.
                self.park();
                return Err(error);
            }
        }
        self.fed_until = Some(later(half_cycle.start, half_cycle.half_period));
        Ok(())
    }

    fn park(&mut self) {
        for channel in 0..CHANNELS {
            self.machines.halt(channel);
        }
        self.last_off = [None; CHANNELS];
        self.fed_until = None;
    }
}

/// The end of the pulse behind which a word pushed now would be taken; nothing when the machine is idle.
fn is_behind<M: GateMachines>(
    machines: &M,
    channel: usize,
    last_off: Option<Instant>,
) -> Result<Option<Instant>, FeedError> {
    if machines.is_idle(channel) {
        return Ok(None);
    }
    // It has something that it was not fed.
    let off = last_off.ok_or(FeedError::Stuck)?;
    if later(machines.now(), Duration::from_ticks(APPEND_US)) < off {
        return Ok(Some(off));
    }
    machines.wait_until(later(off, Duration::from_ticks(SETTLE_US)));
    if machines.is_idle(channel) {
        Ok(None)
    } else {
        Err(FeedError::Stuck)
    }
}

/// Cycles from one moment to another, less `overhead`.
fn between(from: Instant, to: Instant, overhead: u64) -> Option<u64> {
    let microseconds = to.checked_duration_since(from)?.as_ticks();
    microseconds
        .saturating_mul(PER_MICROSECOND)
        .checked_sub(overhead)
}

/// What the program takes: the delay in cycles below, the width in microseconds above.
fn word(delay_cycles: u64, width_us: u64) -> Option<u32> {
    if delay_cycles > MOST_DELAY || width_us > MOST_WIDTH {
        return None;
    }
    let word = (width_us << DELAY_BITS) | delay_cycles;
    u32::try_from(word).ok()
}

fn later(at: Instant, by: Duration) -> Instant {
    at.checked_add_duration(by)
        .unwrap_or(Instant::from_ticks(u64::MAX))
}
