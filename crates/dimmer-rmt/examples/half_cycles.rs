//! A million half-cycles of a gate on the model of the peripheral: fed early, late, too late or not at all, at frequencies that change, with a processor that hangs now and then.
//! An oracle that knows what was fed, and nothing of how, judges each pulse. At last a bench that must fail: a transmitter that reads further ahead than the gate allows for.
//!
//! The number of half-cycles can be given: `cargo run --release -p dimmer-rmt --example half_cycles 100000`.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    clippy::allow_attributes,
    missing_docs,
    unreachable_pub,
    reason = "it may fail by panicking"
)]

#[path = "../tests/support/mod.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod support;

use dimmer_phase::{Duration, Gate, HalfCycle, Instant, Level, Polarity, Slot};
use dimmer_rmt::{FeedError, READ_AHEAD_WORDS, RmtGate, Transmitters};
use std::collections::VecDeque;
use support::{Bench, Silicon};

const CHANNELS: usize = 2;
const HALF_CYCLES: u64 = 1_000_000;
/// A transmitter's tick; the clock and the transmitters are by one crystal.
const TOLERANCE_US: f64 = 0.5;

/// xorshift64: what is random here is the same on each machine.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }
}

/// A pulse that was taken.
#[derive(Clone, Copy, Debug)]
struct Planned {
    on: u64,
    off: u64,
    /// Of the half-cycle.
    end: u64,
    /// Given up since: it need not come.
    given_up: bool,
}

#[derive(Debug, Default)]
struct Judge {
    planned: [VecDeque<Planned>; CHANNELS],
    up: [Option<(f64, Planned)>; CHANNELS],
    pulses: u64,
    early: u64,
    late: u64,
    in_the_next_half_cycle: u64,
    too_long: u64,
    unplanned: u64,
    missing: u64,
    most_off_us: f64,
    /// The end of the last half-cycle that was fed, and the changes of a pin after it.
    fed_until: u64,
    after_the_last: u64,
    /// Transmissions that could not be begun anew in time.
    stuck: u64,
    /// Half-cycles that were refused as late, and those refused for any other reason.
    refused: u64,
    refused_otherwise: u64,
    /// Pulses that were taken, and stopped when a later half-cycle was found to be late in the middle of being written.
    given_up: u64,
}

impl Judge {
    fn look(&mut self, gate: &RmtGate<Bench<CHANNELS>, CHANNELS>) {
        for (at, channel, on) in gate.transmitters().take_changes_us() {
            self.after_the_last += u64::from(at >= self.fed_until as f64);
            self.see(at, channel, on);
        }
    }

    fn plan(&mut self, half_cycle: &HalfCycle<CHANNELS>) {
        let start = half_cycle.start.as_ticks();
        for (channel, slot) in half_cycle.slots.iter().enumerate() {
            if let Slot::Fire { delay, width } = *slot {
                let on = start + delay.as_ticks();
                self.planned[channel].push_back(Planned {
                    on,
                    off: on + width.as_ticks(),
                    end: start + half_cycle.half_period.as_ticks(),
                    given_up: false,
                });
            }
        }
    }

    /// A half-cycle was not taken. Nothing of it is planned; what waits must be fired nevertheless, unless the gate was found parked.
    fn refuse(&mut self, error: FeedError, gate: &RmtGate<Bench<CHANNELS>, CHANNELS>) {
        match error {
            FeedError::Late => self.refused += 1,
            _ => self.refused_otherwise += 1,
        }
        self.look(gate);
        if (0..CHANNELS).all(|channel| gate.transmitters().is_idle(channel)) {
            self.give_up(gate.transmitters().now().as_ticks());
        }
    }

    /// What has not begun at this moment need not come.
    fn give_up(&mut self, now: u64) {
        for planned in self.planned.iter_mut().flatten() {
            if planned.on >= now && !planned.given_up {
                planned.given_up = true;
                self.given_up += 1;
            }
        }
    }

    /// As the planner does when it comes round.
    fn tend(&mut self, gate: &mut RmtGate<Bench<CHANNELS>, CHANNELS>) {
        if gate.tend().is_err() {
            self.stuck += 1;
            self.look(gate);
            self.give_up(gate.transmitters().now().as_ticks());
        }
    }

    /// How often each thing happened that must not.
    fn faults(&self) -> [(&'static str, u64); 9] {
        [
            ("early", self.early),
            ("late", self.late),
            ("up in the next half-cycle", self.in_the_next_half_cycle),
            ("longer than set", self.too_long),
            ("that nobody planned", self.unplanned),
            ("taken and not fired", self.missing),
            (
                "after the end of the last half-cycle that was taken",
                self.after_the_last,
            ),
            ("begun anew too late", self.stuck),
            (
                "half-cycles refused for another reason than being late",
                self.refused_otherwise,
            ),
        ]
    }

    fn see(&mut self, at: f64, channel: usize, on: bool) {
        if on {
            // Of those that are over none comes any more.
            while let Some(first) = self.planned[channel]
                .front()
                .filter(|first| (first.off as f64) < at)
            {
                self.missing += u64::from(!first.given_up);
                self.planned[channel].pop_front();
            }
            let next = self.planned[channel].pop_front();
            let Some(next) = next.filter(|next| next.on as f64 - at < 1_000.0) else {
                self.unplanned += 1;
                self.planned[channel].extend(next);
                return;
            };
            self.early += u64::from(at < next.on as f64 - TOLERANCE_US);
            self.late += u64::from(at > next.on as f64 + TOLERANCE_US);
            self.most_off_us = self.most_off_us.max((at - next.on as f64).abs());
            self.up[channel] = Some((at, next));
        } else if let Some((since, planned)) = self.up[channel].take() {
            self.pulses += 1;
            let longer = (at - since) - (planned.off - planned.on) as f64;
            self.too_long += u64::from(longer > TOLERANCE_US);
            self.in_the_next_half_cycle += u64::from(at >= planned.end as f64);
        }
    }
}

fn half_cycle(
    random: &mut Random,
    start: u64,
    half_period: u64,
    levels: &[u64; CHANNELS],
) -> HalfCycle<CHANNELS> {
    let width = 5 + random.below(300);
    let room = half_period - 200 - 300 - width;
    HalfCycle {
        start: Instant::from_ticks(start),
        half_period: Duration::from_ticks(half_period),
        polarity: Polarity::Positive,
        levels: [Level::FULL; CHANNELS],
        slots: levels.map(|level| {
            if level == 0 {
                return Slot::Skip;
            }
            // The planner's rounding moves it a little.
            let delay = 200 + (room * (1_000 - level) / 1_000 + random.below(3)).min(room);
            Slot::Fire {
                delay: Duration::from_ticks(delay),
                width: Duration::from_ticks(width),
            }
        }),
    }
}

fn run(silicon: Silicon, half_cycles: u64, seed: u64) -> (Judge, u64, u64) {
    let mut random = Random(seed);
    let mut gate = RmtGate::<_, CHANNELS>::new(Bench::<CHANNELS>::new(silicon));
    let mut judge = Judge::default();
    let (mut taken, mut left_out) = (0, 0);
    let (mut start, mut half_period_thirds) = (20_000_u64, 30_000_u64);
    let mut half_period = half_period_thirds / 3;
    let (mut levels, mut silent_until) = ([500, 900], 0);
    for _ in 0..half_cycles {
        if random.one_in(40) {
            levels = [random.below(1_001), random.below(1_001)];
        }
        // 45 to 65 Hz: mostly a drift, sometimes another frequency from one half-cycle to the next.
        half_period_thirds = match random.below(500) {
            0 => 23_077 + random.below(10_256),
            _ => (half_period_thirds + random.below(41))
                .saturating_sub(20)
                .clamp(23_077, 33_333),
        };
        // One and a half of the shorter half-cycle: the gate holds no more, and a planner knows only those that were.
        let ahead = (half_period_thirds / 3).min(half_period) * 3 / 2;
        half_period = half_period_thirds / 3;
        let half_cycle = half_cycle(&mut random, start, half_period, &levels);
        let earliest = start.saturating_sub(ahead);
        // The edge before it, at which the planner comes round, and the moment at which it feeds: most often soon, sometimes late, sometimes too late.
        let delay = match random.below(100) {
            0 => random.below(2 * half_period),
            1..20 => random.below(half_period * 3 / 2),
            _ => random.below(150),
        };
        if random.one_in(3_000) {
            silent_until = start + random.below(60) * half_period;
        }
        if start < silent_until {
            left_out += 1;
        } else {
            gate.transmitters().run_until(earliest + delay);
            gate.transmitters().run_cycles(random.below(80));
            judge.look(&gate);
            match gate.feed(&half_cycle) {
                Ok(()) => {
                    taken += 1;
                    judge.fed_until = start + half_period;
                    judge.plan(&half_cycle);
                }
                Err(error) => judge.refuse(error, &gate),
            }
            judge.tend(&mut gate);
            // Or at the edge, which comes half a half-cycle later.
            if random.one_in(2) {
                gate.transmitters().run_cycles(80 * half_period / 2);
                judge.tend(&mut gate);
            }
        }
        // The tracker corrects what it foretold.
        start = start + half_period + random.below(7) - 3;
    }
    gate.transmitters().run_until(start + 100_000);
    judge.look(&gate);
    for planned in judge.planned.iter().flatten() {
        judge.missing += u64::from(!planned.given_up);
    }
    (judge, taken, left_out)
}

fn main() {
    let count = std::env::args().nth(1);
    let half_cycles = count.map_or(HALF_CYCLES, |count| count.parse().unwrap());
    let mut well = true;
    let quick = (0..=READ_AHEAD_WORDS).map(|read_ahead| (read_ahead, 0));
    // And code from slow flash.
    let slow = [(0, 25), (READ_AHEAD_WORDS, 25)];
    for (seed, (read_ahead, slowest_us)) in (1..).zip(quick.chain(slow)) {
        let silicon = Silicon {
            read_ahead,
            slowest_us,
            ..Silicon::default()
        };
        let seed = 0x9E37_79B9_7F4A_7C15 + seed;
        let (judge, taken, not_fed) = run(silicon, half_cycles, seed);
        println!(
            "\n{half_cycles} half-cycles of {CHANNELS} outputs; a transmitter that reads {read_ahead} words ahead, a processor that takes up to {slowest_us} µs for each look and word"
        );
        println!(
            "  {taken} taken, {} refused as too late and {} pulses before them given up with them, {not_fed} not fed: {} pulses",
            judge.refused, judge.given_up, judge.pulses
        );
        for (fault, count) in judge.faults() {
            println!("  {count:>9}  {fault}");
            well &= count == 0;
        }
        println!(
            "  {:>6.2} µs  furthest from where it was planned",
            judge.most_off_us
        );
        well &= judge.pulses > half_cycles && judge.refused > 0 && not_fed > 0;
    }
    assert!(well, "a pulse was not as it was fed");

    let too_far = Silicon {
        read_ahead: READ_AHEAD_WORDS + 1,
        ..Silicon::default()
    };
    let (judge, ..) = run(too_far, half_cycles, 0x9E37_79B9_7F4A_7C15);
    println!(
        "\na transmitter that reads {} words ahead, for which the gate is not made: {} taken and not fired",
        too_far.read_ahead, judge.missing
    );
    assert!(judge.missing > 0, "the judge sees nothing");
}
