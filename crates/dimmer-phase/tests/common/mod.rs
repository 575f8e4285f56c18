//! A simulated mains with a detector, and a judge behind a triac that integrates the power
//! delivered to a resistive load.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::allow_attributes,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail by panicking, and judges in f64; each test file uses a part of this one"
)]

use std::collections::VecDeque;
use std::f64::consts::{PI, TAU};

use dimmer_phase::{
    Edge, EdgeKind, HalfCycle, Instant, Level, MainsState, Order, Scheduler, Settings, Slot,
};

pub const LEVELS: [u16; 9] = [100, 500, 1_000, 2_500, 5_000, 7_500, 9_000, 9_500, 9_900];
pub const PEAK_VOLTS: f64 = 325.27;
const LATCH_VOLTS: f64 = 10.0;

/// A small generator that repeats exactly.
#[derive(Clone)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        // Mixed, so that neighbouring seeds are not neighbouring parts of one sequence.
        let mut random = Self(seed ^ 0x1234_5678_9ABC_DEF1);
        random.0 = random.next() ^ seed.rotate_left(32);
        random.0 = random.next();
        random
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Between 0 and 1.
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + self.unit() * (high - low)
    }

    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    pub fn gauss(&mut self) -> f64 {
        (-2.0 * self.unit().max(1e-12).ln()).sqrt() * (TAU * self.unit()).cos()
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Detector {
    /// A pulse at every crossing.
    FullWave,
    /// A pulse at every second crossing.
    HalfWave,
    /// High in one half, low in the other.
    Square,
    /// As `FullWave`, of which only the rising edges are seen.
    OneEdge,
}

/// What happens on the mains and in the detector. Times in microseconds.
#[derive(Clone)]
pub struct World {
    pub seed: u64,
    pub seconds: f64,
    /// Frequency in Hz at a time in seconds.
    pub frequency: fn(f64) -> f64,
    pub detector: Detector,
    pub width: f64,
    pub width_jitter: f64,
    /// The pulse's middle less the crossing.
    pub offset: f64,
    pub jitter: f64,
    pub bounce: bool,
    pub missing: f64,
    pub spurious: f64,
    /// Chance that a firing makes a spike, 50 to 750 µs after it.
    pub spikes: f64,
    /// Edges are time-stamped this much late at most, and in one of a hundred up to eight times as
    /// much.
    pub latency: f64,
    /// Even marks are this much late and odd ones as much early.
    pub asymmetry: f64,
    /// Without mains the pin stays down, as that of a detector that makes its pulses itself. An optocoupler across the
    /// mains is up whenever there is little voltage, and so all the while that there is none.
    pub silent: bool,
    /// Spans of half-cycles (first, count) without mains; the phase jumps by this share of a
    /// half-cycle after it.
    pub outages: Vec<(usize, usize, f64)>,
}

impl Default for World {
    fn default() -> Self {
        Self {
            seed: 1,
            seconds: 10.0,
            frequency: |_| 50.0,
            detector: Detector::FullWave,
            width: 120.0,
            width_jitter: 0.0,
            offset: 0.0,
            jitter: 0.0,
            bounce: false,
            missing: 0.0,
            spurious: 0.0,
            spikes: 0.0,
            latency: 0.0,
            asymmetry: 0.0,
            silent: false,
            outages: Vec::new(),
        }
    }
}

/// Any mixture of the disturbances, with outages after which the phase is another.
pub fn mixture(seed: u64) -> World {
    let mut random = Random::new(seed ^ 0x3117);
    let mut maybe = |value: f64| {
        if random.chance(0.5) {
            value * random.unit()
        } else {
            0.0
        }
    };
    let mut world = World {
        seed,
        seconds: 30.0,
        jitter: maybe(20.0),
        missing: maybe(0.02),
        spurious: maybe(0.02),
        spikes: maybe(0.05),
        latency: maybe(15.0),
        asymmetry: maybe(150.0),
        ..World::default()
    };
    world.silent = random.chance(0.25);
    if random.chance(0.5) {
        (world.width, world.width_jitter, world.bounce) = (1_150.0, 30.0, true);
    }
    let frequencies: [fn(f64) -> f64; 5] = [
        |_| 50.0,
        |_| 60.0,
        |_| 47.3,
        |t| 49.5 + 0.02 * t,
        |t| 50.0 + 3.0 * (t / 3.0).sin(),
    ];
    world.frequency = frequencies[(random.next() % 5) as usize];
    if random.chance(0.5) {
        let jumps = random.chance(0.5);
        let mut first = 60;
        while first < 3_000 {
            first += 150 + (random.next() % 700) as usize;
            let count = 1 + (random.next() % 50) as usize;
            let jump = if jumps { random.unit() } else { 0.0 };
            world.outages.push((first, count, jump));
        }
    }
    world
}

/// The true half-cycles and what the detector made of them.
pub struct Trace {
    /// (start, end, powered).
    pub halves: Vec<(f64, f64, bool)>,
    pub edges: Vec<Edge>,
}

impl World {
    pub fn trace(&self) -> Trace {
        let mut random = Random::new(self.seed);
        // Any phase of the mains, and any phase of the microsecond counter.
        let mut at = 1_000.0 + random.between(0.0, 20_000.0);
        let first_odd = usize::from(random.chance(0.5));
        let mut halves = Vec::new();
        while at < self.seconds * 1e6 {
            let index = halves.len();
            let powered = !self
                .outages
                .iter()
                .any(|&(first, count, _)| (first..first + count).contains(&index));
            let jump: f64 = self
                .outages
                .iter()
                .filter(|&&(first, count, _)| index + 1 == first + count)
                .map(|outage| outage.2)
                .sum();
            let half = 0.5e6 / (self.frequency)(at / 1e6);
            // A jump lengthens the last half-cycle without mains.
            let end = at + half * (1.0 + jump);
            halves.push((at, end, powered));
            at = end;
        }
        let mut pin = Pin::default();
        let mut before = true;
        let mut away_since = None;
        let shows_outages =
            !self.silent && matches!(self.detector, Detector::FullWave | Detector::HalfWave);
        for (index, &(start, end, powered)) in halves.iter().enumerate() {
            let odd = (index + first_odd) % 2 == 1;
            // A crossing is seen when the mains is there before and after it.
            let seen = powered && before;
            if shows_outages && powered != before {
                if powered {
                    let from = away_since.take().unwrap_or(0.0);
                    pin.up(from, start + self.offset + self.width / 2.0);
                } else {
                    away_since = Some(start + self.offset - self.width / 2.0);
                }
            }
            before = powered;
            if seen && !random.chance(self.missing) {
                let lag = if odd { -self.asymmetry } else { self.asymmetry };
                let centre = start + self.offset + lag + self.jitter * random.gauss();
                let half_width = (self.width + self.width_jitter * random.gauss()).max(20.0) / 2.0;
                let (from, to) = match self.detector {
                    Detector::Square => (centre, end + self.offset - self.asymmetry),
                    Detector::OneEdge => (centre, centre + 2.0 * half_width),
                    _ => (centre - half_width, centre + half_width),
                };
                let marked = self.detector == Detector::FullWave
                    || self.detector == Detector::OneEdge
                    || !odd;
                if marked {
                    let from = self.bounces(&mut pin, &mut random, from, 1);
                    let to = self.bounces(&mut pin, &mut random, to, -1);
                    pin.up(from, to);
                }
            }
            if random.chance(self.spurious) {
                let at = random.between(start, end);
                pin.up(at, at + random.between(20.0, 150.0));
            }
        }
        if let Some(from) = away_since {
            pin.up(from, f64::MAX);
        }
        let mut latest = 0.0_f64;
        let edges = pin.edges();
        let edges = edges
            .into_iter()
            .filter(|(_, kind)| self.detector != Detector::OneEdge || *kind == EdgeKind::Rising)
            .map(|(at, kind)| {
                let longest = self.latency * if random.chance(0.01) { 8.0 } else { 1.0 };
                latest = latest.max(at + random.between(0.0, longest));
                let at = Instant::from_ticks(latest.max(0.0) as u64);
                Edge { at, kind }
            })
            .collect();
        Trace { halves, edges }
    }

    /// A few short changes within 100 µs of an edge, up or down; gives the edge itself.
    fn bounces(&self, pin: &mut Pin, random: &mut Random, at: f64, change: i32) -> f64 {
        if !self.bounce || self.detector == Detector::OneEdge {
            return at;
        }
        let bounces = 1 + random.next() % 2;
        let mut times: Vec<f64> = (0..2 * bounces)
            .map(|_| at + random.between(2.0, 100.0))
            .collect();
        times.sort_by(f64::total_cmp);
        for pair in times.chunks(2) {
            if change > 0 {
                // Up from `at`, but for these.
                pin.change(pair[0], -1);
                pin.change(pair[1], 1);
            } else {
                pin.up(pair[0], pair[1]);
            }
        }
        at
    }
}

/// The pin is up while any of its causes holds it up.
#[derive(Default)]
struct Pin {
    changes: Vec<(f64, i32)>,
}

impl Pin {
    fn up(&mut self, from: f64, to: f64) {
        self.change(from, 1);
        self.change(to, -1);
    }

    fn change(&mut self, at: f64, change: i32) {
        self.changes.push((at, change));
    }

    fn edges(mut self) -> Vec<(f64, EdgeKind)> {
        self.changes.sort_by(|one, other| one.0.total_cmp(&other.0));
        let mut causes = 0;
        let mut edges = Vec::new();
        for (at, change) in self.changes {
            let was_up = causes > 0;
            causes += change;
            match (was_up, causes > 0) {
                (false, true) => edges.push((at, EdgeKind::Rising)),
                (true, false) if at < f64::MAX => edges.push((at, EdgeKind::Falling)),
                _ => {}
            }
        }
        edges
    }
}

/// For a detector that says nothing of an outage the owner is told to set that nothing is fired without its mark.
pub fn advised(world: &World) -> Settings {
    let default = Settings::default();
    let coast_half_cycles = if world.silent {
        0
    } else {
        default.coast_half_cycles
    };
    Settings {
        coast_half_cycles,
        ..default
    }
}

/// What came of a run, over all levels.
#[derive(Debug, Default, Clone)]
pub struct Outcome {
    /// When the tracker locked first, in µs after the first edge.
    pub locked_after: Option<f64>,
    /// Frequency at that moment, mHz.
    pub first_frequency: Option<u32>,
    /// Largest |mean delivered - ordered| of any level, in points of full power.
    pub mean_error: f64,
    /// |mean delivered - ordered|, averaged over the levels.
    pub level_mean: f64,
    /// Largest error of one half-cycle.
    pub worst: f64,
    /// Half-cycles of much more power than ordered, and of none.
    pub mistaken_full: usize,
    pub missed: usize,
    /// Largest difference between the two polarities' mean power, in points.
    pub dc: f64,
    pub half_cycles: usize,
    pub status: Option<dimmer_phase::MainsStatus>,
    /// Locks lost after the first.
    pub parks: usize,
    pub plans: Vec<HalfCycle<9>>,
}

/// A short pulse where the pin is down and stays so.
fn insert(edges: &mut VecDeque<Edge>, [from, to]: [u64; 2]) {
    let index = edges.partition_point(|edge| edge.at.as_ticks() <= from);
    let next = edges
        .get(index)
        .filter(|edge| edge.kind == EdgeKind::Rising);
    if next.is_none_or(|next| next.at.as_ticks() <= to) {
        return;
    }
    for (at, kind) in [(to, EdgeKind::Falling), (from, EdgeKind::Rising)] {
        let at = Instant::from_ticks(at);
        edges.insert(index, Edge { at, kind });
    }
}

/// Runs a scheduler against a world, at nine levels at once.
pub fn run(settings: Settings, world: &World) -> Outcome {
    run_levels(settings, world, LEVELS)
}

pub fn run_levels(settings: Settings, world: &World, levels: [u16; 9]) -> Outcome {
    let trace = world.trace();
    // What is compared with the level that was ordered is where the tracker puts the pulses; a soft start gives less on purpose.
    let mut scheduler = Scheduler::<9>::new(Settings {
        soft_start_half_cycles: 0,
        ..settings
    });
    for (channel, level) in levels.into_iter().enumerate() {
        let level = Level::from_centipercent(level).unwrap();
        scheduler
            .order(
                channel,
                Order {
                    level,
                    valid_until: Instant::from_ticks(u64::MAX),
                },
            )
            .unwrap();
    }
    let mut outcome = Outcome::default();
    let mut pulses: Vec<HalfCycle<9>> = Vec::new();
    let mut edges: VecDeque<Edge> = trace.edges.iter().copied().collect();
    let mut random = Random::new(world.seed ^ 0x5EED);
    let first_edge = trace.edges.first().map_or(0, |edge| edge.at.as_ticks());
    let end = Instant::from_ticks((world.seconds * 1e6) as u64);
    let mut now = Instant::from_ticks(0);
    let mut parked = false;
    while now < end {
        let deadline = scheduler.next_deadline(now);
        assert!(deadline > now);
        if let Some(edge) = edges.front().copied().filter(|edge| edge.at <= deadline) {
            edges.pop_front();
            now = now.max(edge.at);
            scheduler.edge(edge);
        } else {
            now = deadline;
        }
        while let Some(half_cycle) = scheduler.plan(now) {
            assert!(half_cycle.start > now);
            // After parking, another grid may begin anywhere.
            if let Some(last) = pulses.last().filter(|_| !parked) {
                assert!(half_cycle.start > last.start + last.half_period / 2);
            }
            parked = false;
            pulses.push(half_cycle);
            if random.chance(world.spikes) {
                let channel = (random.next() % 9) as usize;
                if let Slot::Fire { delay, .. } = half_cycle.slots[channel] {
                    let at =
                        (half_cycle.start + delay).as_ticks() + random.between(50.0, 750.0) as u64;
                    let spike = [at, at + random.between(10.0, 100.0) as u64];
                    insert(&mut edges, spike);
                }
            }
        }
        let status = scheduler.mains().status();
        if outcome.locked_after.is_none() && status.state == MainsState::Locked {
            outcome.locked_after = Some((now.as_ticks() - first_edge) as f64);
            outcome.first_frequency = status.frequency_millihertz;
        }
        if scheduler.must_park() {
            parked = true;
            // Parking forgets what has not been fired, also of the half-cycle that is under way.
            let mut forgotten = false;
            while pulses.pop_if(|half_cycle| half_cycle.start > now).is_some() {
                forgotten = true;
            }
            for half_cycle in pulses.iter_mut().rev().take(4) {
                let start = half_cycle.start;
                for slot in &mut half_cycle.slots {
                    if matches!(slot, Slot::Fire { delay, .. } if start + *delay > now) {
                        *slot = Slot::Skip;
                        forgotten = true;
                    }
                }
            }
            outcome.parks += usize::from(forgotten && outcome.locked_after.is_some());
        }
    }
    outcome.status = Some(scheduler.mains().status());
    judge(&trace, &pulses, levels, &mut outcome);
    outcome.plans = pulses;
    outcome
}

/// Share of a half-cycle's energy from `at` (0 to 1) to its end.
pub fn power_from(at: f64) -> f64 {
    1.0 - at + (TAU * at).sin() / TAU
}

fn judge(trace: &Trace, plans: &[HalfCycle<9>], levels: [u16; 9], outcome: &mut Outcome) {
    let Some(first) = plans.first().map(|plan| plan.start.as_ticks() as f64) else {
        return;
    };
    for (channel, level) in levels.into_iter().enumerate() {
        let pulses: Vec<(f64, f64)> = plans
            .iter()
            .filter_map(|plan| match plan.slots[channel] {
                Slot::Fire { delay, width } => {
                    let start = (plan.start + delay).as_ticks() as f64;
                    Some((start, start + width.as_ticks() as f64))
                }
                Slot::Skip => None,
            })
            .collect();
        let ordered = f64::from(level) / 10_000.0;
        let mut next = 0;
        let (mut sum, mut count, mut by_half, mut counts) = (0.0, 0, [0.0; 2], [0_usize; 2]);
        let mut before = true;
        for (index, &(start, end, powered)) in trace.halves.iter().enumerate() {
            let whole = before && powered;
            before = powered;
            if start < first - 2_000.0 || end > outcome_end(trace) {
                continue;
            }
            let length = end - start;
            let latchable = (LATCH_VOLTS / PEAK_VOLTS).asin() / PI * length;
            while next < pulses.len() && pulses[next].1 < start + latchable {
                next += 1;
            }
            let latch = pulses
                .get(next)
                .filter(|pulse| pulse.0 < end - latchable && powered)
                .map(|pulse| (pulse.0.max(start + latchable) - start) / length);
            let delivered = latch.map_or(0.0, power_from);
            // A half-cycle in which the mains returns is not one that could have been planned for.
            if !whole {
                continue;
            }
            let error = (delivered - ordered) * 100.0;
            // Over half of what is between the order and full power, and more than tracking can be off just after a jump of
            // a generator: that is an error like others.
            if error > (0.5 * (1.0 - ordered) * 100.0).max(7.0) {
                outcome.mistaken_full += 1;
            }
            if latch.is_none() {
                outcome.missed += usize::from(ordered > 0.001);
            } else {
                outcome.worst = outcome.worst.max(error.abs());
                by_half[index % 2] += delivered;
                counts[index % 2] += 1;
                sum += delivered;
                count += 1;
            }
        }
        if count > 0 {
            let error = (sum / count as f64 - ordered).abs() * 100.0;
            outcome.mean_error = outcome.mean_error.max(error);
            outcome.level_mean += error / levels.len() as f64;
            let halves = [
                by_half[0] / counts[0].max(1) as f64,
                by_half[1] / counts[1].max(1) as f64,
            ];
            outcome.dc = outcome.dc.max((halves[0] - halves[1]).abs() * 100.0);
            outcome.half_cycles += count;
        }
    }
}

/// Half-cycles near the end of the run were not planned any more.
fn outcome_end(trace: &Trace) -> f64 {
    trace.halves.last().map_or(0.0, |half| half.1) - 40_000.0
}
