//! A [`Gate`] on transmitters that send what stands in their memory, and stop at its end.

use dimmer_phase::{Gate, HalfCycle, Instant, Slot};

use crate::{
    run::{PULSES_OF_A_RUN, Pulse, Run, later, place_after, tail_places},
    word::{END, LONGEST, MOST_AHEAD_US, PULSE_WORDS, TAIL, pulse},
};

/// From the look at the clock to the first word written and the start, in microseconds. All else has been written before that: the code in between is some ten instructions. It may come
/// from slow flash through a cold cache; where that takes longer, it is tried again, warm.
const PREPARE_US: u64 = 60;

/// So often a start is tried: the first attempt may wait for the flash, the second has its code in the cache.
const ATTEMPTS: usize = 3;

/// The end is replaced until this long before the pulse in front of it is over, in microseconds. What took longer nevertheless is seen afterwards, and made good.
const APPEND_US: u64 = 40;

/// After its end, in microseconds, a transmission is surely over.
const SETTLE_US: u64 = 5;

/// A transmission is begun anew only when no pulse begins for so long, in microseconds: time for each attempt, and for what is written before.
const QUIET_US: u64 = 2 * (ATTEMPTS as u64 + 1) * PREPARE_US;

/// The transmitters of a gate, one for each channel, and the clock. A board implements it on its registers, a test on a model of the peripheral.
///
/// A transmitter sends its memory from the first word on, each word's lower half first, goes round at the memory's end, and stops at an entry without a
/// duration. Its tick is a microsecond, by the oscillator of the clock. While it does not send, its pin is low.
pub trait Transmitters {
    /// The clock, in microseconds. Edges are stamped and half-cycles planned by it.
    fn now(&self) -> Instant;

    /// Waits, busily, until the clock shows this moment. One that has passed is no wait.
    fn wait_until(&self, at: Instant);

    /// Whether the transmitter came to its end, was halted or never started.
    fn is_idle(&self, channel: usize) -> bool;

    /// Writes a word of the memory, whole, whether the transmitter sends or not. The place is below [`MEMORY_WORDS`](crate::MEMORY_WORDS).
    fn write(&mut self, channel: usize, place: usize, word: u32);

    /// Waits, busily, until the clock comes to show this moment, and at once starts the transmitter, which is idle, at its first word. From the clock's tick to the
    /// first of its own it always takes the same time. `false`, and nothing is started, when the clock shows that moment already.
    fn start_at(&mut self, channel: usize, at: Instant) -> bool;

    /// Stops the transmitter at once, whatever it sends: its pin is low then.
    fn halt(&mut self, channel: usize);

    /// Does something that nothing else of the processor interrupts: a tenth of a millisecond for each channel at the most, and twice that where the first attempt at a start came too late.
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
    /// A pulse begins more than [`MOST_AHEAD_US`] from now, or has no width.
    OutOfRange,
    /// Three pulses wait.
    Full,
    /// A transmitter does not do what it was fed. All of them were halted.
    Stuck,
}

impl core::fmt::Display for FeedError {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str(match self {
            Self::Late => "the half-cycle has begun; feed it before its start",
            Self::OutOfOrder => "the half-cycle begins before one that was fed ends; feed each once, in order",
            Self::NotWithin => "a pulse would be up at the next crossing; plan it to end before",
            Self::OutOfRange => "a pulse is too far ahead or has no width; feed one and a half half-cycles ahead, and pulses of 5 µs to 1 ms",
            Self::Full => "three pulses wait; feed at most one and a half half-cycles ahead",
            Self::Stuck => "a transmitter does not follow what it was fed; its clock or its set-up is wrong",
        })
    }
}

impl core::error::Error for FeedError {}

/// A [`Gate`] on [`Transmitters`].
///
/// A pulse is fed as words behind those that wait: low until it begins, high for its width, low for a moment, the end. An idle transmitter is started
/// at a tick of the clock. A transmitter that nobody feeds comes to the end and stops.
#[derive(Debug)]
pub struct RmtGate<T, const CHANNELS: usize> {
    transmitters: T,
    runs: [Option<Run>; CHANNELS],
    /// The end of the last half-cycle that was fed.
    fed_until: Option<Instant>,
}

impl<T: Transmitters, const CHANNELS: usize> RmtGate<T, CHANNELS> {
    /// Switches every pin off, and waits to be fed.
    pub fn new(transmitters: T) -> Self {
        let mut gate = Self {
            transmitters,
            runs: [None; CHANNELS],
            fed_until: None,
        };
        gate.park();
        gate
    }

    /// The transmitters.
    #[must_use]
    pub const fn transmitters(&self) -> &T {
        &self.transmitters
    }

    /// The transmitters, for a simulation to run them.
    pub const fn transmitters_mut(&mut self) -> &mut T {
        &mut self.transmitters
    }

    /// Begins a transmission that has gone on for long anew, with the pulses that wait, if the moment is a quiet one. To be called whenever the planner comes
    /// round, at edges as well as when it feeds: one of both is quiet.
    ///
    /// # Errors
    /// [`FeedError::Stuck`], with the gate parked, when what waited could not be started again in time.
    pub fn tend(&mut self) -> Result<(), FeedError> {
        for (channel, run) in self.runs.iter_mut().enumerate() {
            let Some(long) = run.as_mut().filter(|run| run.pulses >= PULSES_OF_A_RUN) else {
                continue;
            };
            let transmitters = &mut self.transmitters;
            let renewed =
                transmitters.uninterrupted(|transmitters| renew(transmitters, channel, long));
            if renewed.is_err() {
                self.park();
                return Err(FeedError::Stuck);
            }
        }
        Ok(())
    }

    /// Looks whether the half-cycle can be fired at all, before anything of it is written.
    fn check(&self, half_cycle: &HalfCycle<CHANNELS>) -> Result<(), FeedError> {
        let now = self.transmitters.now();
        if half_cycle.start <= now {
            return Err(FeedError::Late);
        }
        // Predictions of one crossing move a little from plan to plan: half a half-cycle is no other half-cycle.
        let half_us = half_cycle.half_period.as_ticks() / 2;
        if self
            .fed_until
            .is_some_and(|end| later(half_cycle.start, half_us) < end)
        {
            return Err(FeedError::OutOfOrder);
        }
        for slot in &half_cycle.slots {
            if let Slot::Fire { delay, width } = *slot {
                let on = later(half_cycle.start, delay.as_ticks());
                let end = later(half_cycle.start, half_cycle.half_period.as_ticks());
                if later(on, width.as_ticks()) >= end {
                    return Err(FeedError::NotWithin);
                }
                let ahead = on.checked_duration_since(now);
                let near = ahead.is_some_and(|ahead| ahead.as_ticks() <= MOST_AHEAD_US);
                if !near || !(1..=LONGEST).contains(&width.as_ticks()) {
                    return Err(FeedError::OutOfRange);
                }
            }
        }
        Ok(())
    }
}

impl<T: Transmitters, const CHANNELS: usize> Gate<CHANNELS> for RmtGate<T, CHANNELS> {
    type Error = FeedError;

    fn feed(&mut self, half_cycle: &HalfCycle<CHANNELS>) -> Result<(), FeedError> {
        self.check(half_cycle)?;
        let slots = half_cycle.slots.iter().zip(&mut self.runs);
        for (channel, (slot, run)) in slots.enumerate() {
            let Slot::Fire { delay, width } = *slot else {
                continue;
            };
            let on = later(half_cycle.start, delay.as_ticks());
            let off = later(on, width.as_ticks());
            let fed = self
                .transmitters
                .uninterrupted(|transmitters| add(transmitters, channel, run, Pulse { on, off }));
            if let Err(error) = fed {
                // Half a half-cycle is none: nothing of it is fired, and after what is stuck nothing at all.
                self.park();
                return Err(error);
            }
        }
        self.fed_until = Some(later(half_cycle.start, half_cycle.half_period.as_ticks()));
        Ok(())
    }

    fn park(&mut self) {
        for (channel, run) in self.runs.iter_mut().enumerate() {
            self.transmitters.halt(channel);
            *run = None;
        }
        self.fed_until = None;
    }
}

/// Adds a pulse to what a channel sends, or begins with it.
fn add<T: Transmitters>(
    transmitters: &mut T,
    channel: usize,
    run: &mut Option<Run>,
    pulse: Pulse,
) -> Result<(), FeedError> {
    if let Some(running) = run {
        if append(transmitters, channel, running, pulse)? {
            return Ok(());
        }
        // The end may have been read: it is waited for.
        transmitters.wait_until(later(running.last.tail_end(), SETTLE_US));
        if !transmitters.is_idle(channel) {
            return Err(FeedError::Stuck);
        }
    }
    *run = None;
    write_waiting(transmitters, channel, [pulse].into_iter())?;
    start(transmitters, channel, pulse.on, pulse)?;
    *run = Some(Run::new(pulse));
    Ok(())
}

/// Writes a pulse behind the last one: its word comes into the end's place when everything behind that is there. `false`, and nothing of it is sent, where the end may have been read before.
fn append<T: Transmitters>(
    transmitters: &mut T,
    channel: usize,
    run: &mut Run,
    next: Pulse,
) -> Result<bool, FeedError> {
    let now = transmitters.now();
    run.forget(now);
    if later(now, APPEND_US) >= run.last.off {
        return Ok(false);
    }
    if !run.has_room() {
        return Err(FeedError::Full);
    }
    let word = word_after(run.last.tail_end(), next)?;
    write_behind(transmitters, channel, run.end_place);
    let is_idle = transmitters.is_idle(channel);
    // Again: what was done since may have waited for the flash, and the end come meanwhile.
    if later(transmitters.now(), APPEND_US) >= run.last.off {
        return Ok(false);
    }
    if is_idle {
        // It stopped in front of a pulse.
        return Err(FeedError::Stuck);
    }
    transmitters.write(channel, run.end_place, word);
    if transmitters.now() >= run.last.off {
        // The transmitter may have come to the end before the word was there. Whether it did is seen when it is over, or would be.
        transmitters.wait_until(later(run.last.tail_end(), SETTLE_US));
        if transmitters.is_idle(channel) {
            return Ok(false);
        }
    }
    run.push(next);
    Ok(true)
}

/// Writes these pulses from the memory's first place on, all but the word of the first one, which depends on the moment of the start.
fn write_waiting<T: Transmitters>(
    transmitters: &mut T,
    channel: usize,
    pulses: impl Iterator<Item = Pulse>,
) -> Result<Option<Run>, FeedError> {
    let mut written: Option<Run> = None;
    for next in pulses {
        let Some(run) = &mut written else {
            write_behind(transmitters, channel, 0);
            written = Some(Run::new(next));
            continue;
        };
        let word = word_after(run.last.tail_end(), next)?;
        write_behind(transmitters, channel, run.end_place);
        transmitters.write(channel, run.end_place, word);
        run.push(next);
    }
    Ok(written)
}

/// Starts a transmitter with what is written, and this pulse as the first one. One that still sends is halted just before, and left alone where it is too late: the start is before `latest`.
fn start<T: Transmitters>(
    transmitters: &mut T,
    channel: usize,
    latest: Instant,
    first: Pulse,
) -> Result<(), FeedError> {
    for _ in 0..ATTEMPTS {
        let tick = later(transmitters.now(), PREPARE_US);
        if tick >= latest {
            break;
        }
        let word = word_after(tick, first)?;
        if !transmitters.is_idle(channel) {
            transmitters.halt(channel);
        }
        transmitters.write(channel, 0, word);
        if transmitters.start_at(channel, tick) {
            return Ok(());
        }
    }
    Err(FeedError::Late)
}

/// Stops a transmission in a quiet moment and begins another one with what waits. Until that is written the old one goes on, and for good where the moment has passed meanwhile.
fn renew<T: Transmitters>(
    transmitters: &mut T,
    channel: usize,
    run: &mut Run,
) -> Result<(), FeedError> {
    let quiet = |run: &Run, now| {
        let next = run.waiting().next();
        next.filter(|next| next.on > later(now, QUIET_US))
    };
    run.forget(transmitters.now());
    if quiet(run, transmitters.now()).is_none() || !run.is_clear_of_the_first_places() {
        return Ok(());
    }
    let written = write_waiting(transmitters, channel, run.waiting())?;
    let first = quiet(run, transmitters.now());
    if let (Some(written), Some(first)) = (written, first) {
        start(transmitters, channel, first.on, first)?;
        *run = written;
    }
    Ok(())
}

/// The tail and the end behind a pulse's word.
fn write_behind<T: Transmitters>(transmitters: &mut T, channel: usize, place: usize) {
    transmitters.write(channel, place_after(place, PULSE_WORDS), END);
    for tail in tail_places(place) {
        transmitters.write(channel, tail, TAIL);
    }
}

fn word_after(from: Instant, next: Pulse) -> Result<u32, FeedError> {
    let wait = next.on.checked_duration_since(from);
    let wait_us = wait.map_or(0, |wait| wait.as_ticks());
    if wait_us == 0 {
        // Its time passed while it was waited for the transmitter.
        return Err(FeedError::Late);
    }
    pulse(wait_us, next.width_us()).ok_or(FeedError::OutOfRange)
}
