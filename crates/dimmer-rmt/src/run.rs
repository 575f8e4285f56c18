//! One transmission of a channel, from its start to its end: what was written, and when it is sent.

use dimmer_phase::{Duration, Instant};

use crate::word::{MEMORY_WORDS, PULSE_WORDS, TAIL_US, TAIL_WORDS};

/// The pulses of a channel that can wait: one and a half half-cycles ahead are two, and one is under way.
pub const MOST_WAITING: usize = 3;

// With the end behind them.
const _: () = assert!(MOST_WAITING * PULSE_WORDS < MEMORY_WORDS);

/// After so many pulses a transmission is begun anew in a quiet moment. What its ticks gain or lose against the clock, if they do, is then no more than
/// that of as many.
pub const PULSES_OF_A_RUN: u32 = 8;

/// A pulse as moments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pulse {
    pub(crate) on: Instant,
    pub(crate) off: Instant,
}

impl Pulse {
    pub(crate) fn width_us(self) -> u64 {
        let width = self.off.checked_duration_since(self.on);
        width.map_or(0, |width| width.as_ticks())
    }

    /// When the words behind it have been sent, too.
    pub(crate) fn tail_end(self) -> Instant {
        later(self.off, TAIL_US)
    }
}

/// What a channel is sending.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    /// Those that are not over, the earliest first.
    waiting: [Option<Pulse>; MOST_WAITING],
    /// The pulse behind which the end stands.
    pub(crate) last: Pulse,
    /// Where the end stands.
    pub(crate) end_place: usize,
    /// How many pulses it has been given.
    pub(crate) pulses: u32,
}

impl Run {
    /// A transmission with this pulse, written from the memory's first place on.
    pub(crate) fn new(pulse: Pulse) -> Self {
        let mut waiting = [None; MOST_WAITING];
        if let Some(first) = waiting.first_mut() {
            *first = Some(pulse);
        }
        Self {
            waiting,
            last: pulse,
            end_place: PULSE_WORDS,
            pulses: 1,
        }
    }

    /// The pulses that are not over, the earliest first.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = Pulse> {
        self.waiting.into_iter().flatten()
    }

    /// Forgets the pulses that are over at `now`.
    pub(crate) fn forget(&mut self, now: Instant) {
        let mut kept = [None; MOST_WAITING];
        let left = self.waiting().filter(|pulse| pulse.tail_end() > now);
        for (place, pulse) in kept.iter_mut().zip(left) {
            *place = Some(pulse);
        }
        self.waiting = kept;
    }

    /// Whether there is room for another pulse.
    pub(crate) fn has_room(&self) -> bool {
        self.waiting.iter().any(Option::is_none)
    }

    /// Whether nothing that it may still send stands where another transmission begins: that one can be written while this one goes on.
    pub(crate) const fn is_clear_of_the_first_places(&self) -> bool {
        // As many places as the pulses that can wait, and the end. Those that wait stand before this end.
        const PLACES: usize = MOST_WAITING * PULSE_WORDS + 1;
        self.end_place >= PLACES + MOST_WAITING * PULSE_WORDS
    }

    /// Takes note of a pulse that is written behind the last one.
    pub(crate) fn push(&mut self, pulse: Pulse) {
        if let Some(place) = self.waiting.iter_mut().find(|place| place.is_none()) {
            *place = Some(pulse);
        }
        self.last = pulse;
        self.end_place = place_after(self.end_place, PULSE_WORDS);
        self.pulses = self.pulses.saturating_add(1);
    }
}

/// The place so many words after another, on a memory that goes round.
pub(crate) fn place_after(place: usize, words: usize) -> usize {
    (place + words) % MEMORY_WORDS
}

/// The places of a tail behind a pulse's word.
pub(crate) fn tail_places(pulse_place: usize) -> impl Iterator<Item = usize> {
    (1..=TAIL_WORDS).map(move |word| place_after(pulse_place, word))
}

pub(crate) fn later(at: Instant, by_us: u64) -> Instant {
    at.checked_add_duration(Duration::from_ticks(by_us))
        .unwrap_or(Instant::from_ticks(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pulse(on: u64) -> Pulse {
        Pulse {
            on: Instant::from_ticks(on),
            off: Instant::from_ticks(on + 100),
        }
    }

    #[test]
    fn pulses_wait_until_they_and_their_tails_are_over() {
        let mut run = Run::new(pulse(1_000));
        run.push(pulse(11_000));
        run.push(pulse(21_000));
        assert!(!run.has_room());
        run.forget(Instant::from_ticks(1_105));
        assert!(!run.has_room());
        run.forget(Instant::from_ticks(1_106));
        assert!(run.waiting().eq([pulse(11_000), pulse(21_000)]));
        assert!(run.has_room());
    }

    #[test]
    fn a_run_that_has_gone_on_for_long_is_clear_of_the_first_places_until_its_end_goes_round() {
        let mut run = Run::new(pulse(1_000));
        let mut clear = [false; 13];
        for (count, clear) in (1_u64..).zip(&mut clear) {
            *clear = run.is_clear_of_the_first_places();
            run.forget(Instant::from_ticks(u64::MAX));
            run.push(pulse(count * 10_000));
        }
        let [
            short @ ..,
            seventh,
            eighth,
            ninth,
            tenth,
            eleventh,
            round,
            next,
        ] = clear;
        assert_eq!(short, [false; 6]);
        assert_eq!([seventh, eighth, ninth, tenth, eleventh], [true; 5]);
        assert_eq!([round, next], [false; 2]);
    }

    #[test]
    fn the_end_goes_round_the_memory() {
        let mut run = Run::new(pulse(1_000));
        for count in 1..=11_usize {
            assert_eq!(run.end_place, count * PULSE_WORDS);
            run.forget(Instant::from_ticks(u64::MAX));
            run.push(pulse(count as u64 * 10_000));
            if count == 11 {
                assert_eq!(run.end_place, 0);
            }
        }
    }
}
