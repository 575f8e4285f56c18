//! The zero-cross detector: what its pin shows of the wave, with its faults, and when the
//! microcontroller learns of it.
//!
//! The pin is up while any of its causes holds it up: a pulse at a crossing and each of its bounces,
//! a spurious pulse, a spike of the triac. Edges are where the whole of that changes.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use dimmer_phase::{Edge, EdgeKind, Instant};

use crate::random::Random;
use crate::wave::{Half, Wave};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    /// A pulse at every crossing.
    FullWave,
    /// A pulse at every second crossing.
    HalfWave,
    /// Up in one half, down in the other.
    Square,
}

/// The detector and its faults. Times in µs, chances for each half-cycle (spikes: for each firing).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Detector {
    pub(crate) kind: Kind,
    pub(crate) width: f64,
    /// Standard deviation of the width; the centre stays.
    pub(crate) width_jitter: f64,
    /// Standard deviation of each edge's place.
    pub(crate) edge_jitter: f64,
    /// The pulse's centre is so much late.
    pub(crate) late: f64,
    /// Standard deviation of the whole pulse's place.
    pub(crate) jitter: f64,
    /// Each edge bounces 2 to 5 times within 100 µs.
    pub(crate) bounces: bool,
    pub(crate) missing: f64,
    pub(crate) spurious: f64,
    /// The triac's switching makes a pulse 50 to 750 µs after the firing.
    pub(crate) spikes: f64,
    /// Even crossings are shown so much late, odd ones as much early.
    pub(crate) asymmetry: f64,
    /// Without mains the pin stays down, as that of a detector that makes its pulses itself. An optocoupler across the
    /// mains is up whenever there is little voltage, and so all the while that there is none.
    pub(crate) silent: bool,
}

impl Detector {
    /// 120 µs at each crossing.
    pub(crate) const IDEAL: Self = Self {
        kind: Kind::FullWave,
        width: 120.0,
        width_jitter: 0.0,
        edge_jitter: 0.0,
        late: 0.0,
        jitter: 0.0,
        bounces: false,
        missing: 0.0,
        spurious: 0.0,
        spikes: 0.0,
        asymmetry: 0.0,
        silent: false,
    };
    /// The optocoupler of RobotDyn's boards: wide, late, and slow enough to bounce.
    pub(crate) const ROBOTDYN: Self = Self {
        width: 1_150.0,
        width_jitter: 30.0,
        late: 150.0,
        bounces: true,
        ..Self::IDEAL
    };
}

/// How late an interrupt is served: 0 to 15 µs, in one of a hundred up to 120 µs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Latency {
    None,
    Interrupt,
}

impl Latency {
    /// What a user would measure and put into the offset.
    pub(crate) fn mean(self) -> f64 {
        match self {
            Self::None => 0.0,
            Self::Interrupt => 0.99 * 7.5 + 0.01 * 60.0,
        }
    }

    pub(crate) fn draw(self, random: &mut Random) -> f64 {
        match self {
            Self::None => 0.0,
            Self::Interrupt => {
                let longest = if random.chance(0.01) { 120.0 } else { 15.0 };
                random.between(0.0, longest)
            }
        }
    }
}

/// The pin's level has a cause more (1) or less (-1), at a time in ns, and the interrupt's latency in µs.
type Event = Reverse<(u64, i8, u32)>;

/// The wave and the pin, as time goes on.
pub(crate) struct Pin {
    wave: Wave,
    detector: Detector,
    latency: Latency,
    random: Random,
    pub(crate) halves: Vec<Half>,
    events: BinaryHeap<Event>,
    causes: i32,
    /// When the latest edge was served.
    latest: f64,
    before: bool,
    /// There is no voltage, and the pin shows it.
    away: bool,
}

impl Pin {
    pub(crate) fn new(wave: Wave, detector: Detector, latency: Latency, random: Random) -> Self {
        Self {
            wave,
            detector,
            latency,
            random,
            halves: Vec::new(),
            events: BinaryHeap::new(),
            causes: 0,
            latest: 0.0,
            before: true,
            away: false,
        }
    }

    /// The mains' frequency now, by the microcontroller's clock.
    pub(crate) fn hertz(&self) -> f64 {
        self.wave.hertz()
    }

    /// The triac has fired.
    pub(crate) fn fired(&mut self, at: f64) {
        if self.random.chance(self.detector.spikes) {
            let from = at + self.random.between(50.0, 750.0);
            let width = self.random.between(10.0, 100.0);
            self.up(from, from + width);
        }
    }

    /// The next edge that is served at or before `until`, with its time stamp.
    pub(crate) fn next_edge(&mut self, until: f64) -> Option<Edge> {
        while self
            .halves
            .last()
            .is_none_or(|half| half.end < until + 5_000.0)
        {
            self.next_half();
        }
        while let Some(Reverse((ns, change, latency_ns))) = self.events.peek().copied() {
            let served = (ns as f64 + f64::from(latency_ns)) / 1e3;
            let served = served.max(self.latest);
            if served > until {
                return None;
            }
            self.events.pop();
            let was_up = self.causes > 0;
            self.causes += i32::from(change);
            let is_up = self.causes > 0;
            if was_up != is_up {
                self.latest = served;
                let kind = if is_up {
                    EdgeKind::Rising
                } else {
                    EdgeKind::Falling
                };
                let at = Instant::from_ticks(served as u64);
                return Some(Edge { at, kind });
            }
        }
        None
    }

    fn next_half(&mut self) {
        let mut half = self.wave.next();
        let (from_start, to_end) = half.ends_powered();
        let detector = self.detector;
        // A crossing shows when there is voltage before and after it.
        half.begins_shown = self.before;
        let seen = from_start && self.before;
        self.before = to_end && half.end - half.powered.0 > detector.width / 2.0 - detector.late;
        self.halves.push(half);
        if !detector.silent {
            self.show_outage(&half);
        }
        if seen && !self.random.chance(detector.missing) {
            let sign = if half.odd { -1.0 } else { 1.0 };
            let centre = half.start
                + detector.late
                + sign * detector.asymmetry
                + detector.jitter * self.random.gauss();
            let spread = detector.width_jitter * self.random.gauss();
            let half_width = (detector.width + spread).max(20.0) / 2.0;
            match detector.kind {
                Kind::HalfWave if half.odd => {}
                Kind::FullWave | Kind::HalfWave => {
                    let [first, second] =
                        [0, 1].map(|_| detector.edge_jitter * self.random.gauss());
                    self.pulse(centre - half_width + first, centre + half_width + second);
                }
                Kind::Square if half.odd => {}
                Kind::Square => {
                    let second =
                        detector.late - detector.asymmetry + detector.jitter * self.random.gauss();
                    let ends = if to_end { half.end } else { half.powered.1 };
                    self.pulse(centre, ends + second);
                }
            }
        }
        if self.random.chance(detector.spurious) {
            let at = self.random.between(half.start, half.end);
            let width = self.random.between(20.0, 150.0);
            self.up(at, at + width);
        }
    }

    /// An optocoupler's pin is up while there is no voltage; that of a square wave's is down.
    fn show_outage(&mut self, half: &Half) {
        let late = self.detector.late;
        let (from, to) = half.powered;
        if self.detector.kind == Kind::Square {
            if to > from && from > half.start && !half.odd {
                self.up(from + late, half.end + late);
            }
            return;
        }
        if self.away && to > from {
            self.change(from + late, -1);
            self.away = false;
        }
        if !self.away && to < half.end {
            self.change(to + late, 1);
            self.away = true;
        }
    }

    /// Up from one moment to the other, but for the bounces of its first edge, and after its second.
    fn pulse(&mut self, from: f64, to: f64) {
        if !self.detector.bounces {
            self.up(from, to);
            return;
        }
        let mut up_from = from;
        for (down, up) in self.bounces(from) {
            self.up(up_from, down);
            up_from = up;
        }
        self.up(up_from, to);
        for (up, down) in self.bounces(to) {
            self.up(up, down);
        }
    }

    /// 2 to 5 short changes within 100 µs.
    fn bounces(&mut self, after: f64) -> Vec<(f64, f64)> {
        let count = self.random.whole(2, 5);
        let mut times: Vec<f64> = (0..2 * count)
            .map(|_| after + self.random.between(2.0, 100.0))
            .collect();
        times.sort_by(f64::total_cmp);
        times.chunks(2).map(|pair| (pair[0], pair[1])).collect()
    }

    fn up(&mut self, from: f64, to: f64) {
        self.change(from, 1);
        self.change(to, -1);
    }

    fn change(&mut self, at: f64, change: i8) {
        let latency = self.latency.draw(&mut self.random) * 1e3;
        self.events.push(Reverse((
            (at.max(0.0) * 1e3) as u64,
            change,
            latency as u32,
        )));
    }
}
