//! The mains: when its half-cycles are, what shape they have, and when it is away.
//!
//! All times are microseconds of the microcontroller's clock. That clock's own error is a part of
//! the frequency that it sees.

use std::f64::consts::{PI, TAU};

use crate::random::Random;

pub(crate) const PEAK_VOLTS: f64 = 325.27;

/// Frequency in Hz over the time in seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Frequency {
    Constant(f64),
    /// From the first, by so many Hz per second, turning back at the second.
    Drift(f64, f64, f64),
    /// A generator: between the two, always at so many Hz per second, turning at random.
    Swing(f64, f64, f64),
}

/// What the mains does besides.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Outages {
    None,
    /// Away for 1 to 50 half-cycles, from and to any moment; the grid goes on meanwhile.
    GridGoesOn,
    /// As before, and each return is at any phase.
    AnyPhase,
}

/// The voltage over the angle: sin x + a·sin 3x + b·sin 5x. The crossings stay where they are.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Shape {
    pub(crate) third: f64,
    pub(crate) fifth: f64,
}

impl Shape {
    /// The angle from which on a gate current can latch the triac, in radians.
    pub(crate) fn latch_angle(self, volts: f64) -> f64 {
        (volts / PEAK_VOLTS).asin() / (1.0 + 3.0 * self.third + 5.0 * self.fifth)
    }

    fn voltage(self, x: f64) -> f64 {
        x.sin() + self.third * (3.0 * x).sin() + self.fifth * (5.0 * x).sin()
    }

    /// The largest difference between [`energy_from`](Self::energy_from) and a sum over 10,000 slices of the wave,
    /// with and without harmonics: a check of the judge itself.
    pub(crate) fn largest_integration_error() -> f64 {
        const SLICES: u32 = 10_000;
        let mut largest = 0.0_f64;
        for (third, fifth) in [(0.0, 0.0), (0.05, 0.03), (0.05, -0.03), (-0.05, 0.03)] {
            let shape = Self { third, fifth };
            let slice = PI / f64::from(SLICES);
            let squares = |from: u32| -> f64 {
                let middles = (from..SLICES).map(|index| (f64::from(index) + 0.5) * slice);
                middles.map(|x| shape.voltage(x).powi(2)).sum()
            };
            for from in (0..SLICES).step_by(500) {
                let integrated = shape.energy_from(f64::from(from) * slice);
                largest = largest.max((integrated - squares(from) / squares(0)).abs());
            }
        }
        largest
    }

    /// The share of a half-cycle's energy that is delivered from the angle `x` on.
    pub(crate) fn energy_from(self, x: f64) -> f64 {
        // ∫ sin(mt)·sin(nt) dt from x to π = [sin((m+n)x)/(m+n) - sin((m-n)x)/(m-n)] / 2 for m ≠ n.
        let square = |amplitude: f64, n: f64| {
            amplitude * amplitude * ((PI - x) / 2.0 + (2.0 * n * x).sin() / (4.0 * n))
        };
        let cross = |amplitude: f64, m: f64, n: f64| {
            if amplitude == 0.0 {
                return 0.0;
            }
            amplitude * (((m + n) * x).sin() / (m + n) - ((m - n) * x).sin() / (m - n))
        };
        let whole = PI / 2.0 * (1.0 + self.third * self.third + self.fifth * self.fifth);
        let mut energy = square(1.0, 1.0);
        if self.third != 0.0 || self.fifth != 0.0 {
            energy += square(self.third, 3.0)
                + square(self.fifth, 5.0)
                + cross(self.third, 3.0, 1.0)
                + cross(self.fifth, 5.0, 1.0)
                + cross(self.third * self.fifth, 5.0, 3.0);
        }
        energy / whole
    }
}

/// One half-cycle as it truly was.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Half {
    pub(crate) start: f64,
    pub(crate) end: f64,
    /// When in it there was voltage: all of it, a part of it, or nothing.
    pub(crate) powered: (f64, f64),
    /// Whether the crossing at its start can show: there was voltage before it for longer than half of the detector's
    /// pulse.
    pub(crate) begins_shown: bool,
    pub(crate) odd: bool,
    /// Half-cycles since the latest jump of the phase; large when there was none.
    pub(crate) since_jump: u32,
}

impl Half {
    /// Whether there was voltage all the time, and a crossing that showed it.
    pub(crate) fn is_whole(&self) -> bool {
        self.begins_shown && self.powered == (self.start, self.end)
    }

    /// Whether there is voltage just after the start, and just before the end.
    pub(crate) fn ends_powered(&self) -> (bool, bool) {
        let (from, to) = self.powered;
        let any = to > from;
        (any && from <= self.start, any && to >= self.end)
    }
}

/// Gives one half-cycle after the other.
pub(crate) struct Wave {
    frequency: Frequency,
    outages: Outages,
    random: Random,
    at: f64,
    odd: bool,
    hertz: f64,
    rising: bool,
    /// The clock's error.
    clock: f64,
    /// The outage to come, or under way.
    outage: (f64, f64),
    since_jump: u32,
}

impl Wave {
    /// Begins at any phase, with a clock that is wrong by up to 30 ppm, as crystals are.
    pub(crate) fn new(frequency: Frequency, outages: Outages, mut random: Random) -> Self {
        let (hertz, rising) = match frequency {
            Frequency::Constant(hertz) => (hertz, true),
            Frequency::Drift(from, ..) => (from, true),
            Frequency::Swing(low, high, _) => (random.between(low, high), random.chance(0.5)),
        };
        let mut wave = Self {
            frequency,
            outages,
            at: 1_000.0 + random.between(0.0, 20_000.0),
            odd: random.chance(0.5),
            hertz,
            rising,
            clock: 1.0 + random.between(-30e-6, 30e-6),
            outage: (f64::MAX, f64::MAX),
            since_jump: u32::MAX,
            random,
        };
        if outages != Outages::None {
            wave.next_outage();
        }
        wave
    }

    /// The true frequency now, in Hz of the microcontroller's clock.
    pub(crate) fn hertz(&self) -> f64 {
        self.hertz * self.clock
    }

    pub(crate) fn next(&mut self) -> Half {
        let length = 0.5e6 / self.hertz();
        let (mut start, mut end) = (self.at, self.at + length);
        let (from, to) = self.outage;
        let mut powered = (start, end);
        if from < end {
            powered = (start, from.max(start));
            if to < end {
                if self.outages == Outages::AnyPhase {
                    // Another grid: of its first half-cycle only a part is left.
                    end = to + length * self.random.unit();
                    start = end - length;
                    self.odd = self.random.chance(0.5);
                    self.since_jump = 0;
                }
                powered = (to, end);
                self.next_outage();
            }
        }
        let half = Half {
            start,
            end,
            powered,
            begins_shown: true,
            odd: self.odd,
            since_jump: self.since_jump,
        };
        self.since_jump = self.since_jump.saturating_add(1);
        self.at = end;
        self.odd = !self.odd;
        self.advance_frequency(length);
        half
    }

    fn next_outage(&mut self) {
        // One in about ten seconds.
        let from = self.at + self.random.between(2e6, 16e6);
        let half_cycles = self.random.whole(1, 50) as f64;
        self.outage = (from, from + half_cycles * 0.5e6 / self.hertz());
    }

    fn advance_frequency(&mut self, elapsed_us: f64) {
        let seconds = elapsed_us / 1e6;
        match self.frequency {
            Frequency::Constant(_) => {}
            Frequency::Drift(from, rate, to) => {
                let (low, high) = (from.min(to), from.max(to));
                self.turn(seconds * rate, low, high);
            }
            Frequency::Swing(low, high, rate) => {
                if self.random.chance(seconds / 4.0) {
                    self.rising = !self.rising;
                }
                self.turn(seconds * rate, low, high);
            }
        }
    }

    fn turn(&mut self, step: f64, low: f64, high: f64) {
        self.hertz += if self.rising { step } else { -step };
        if self.hertz >= high {
            self.rising = false;
        } else if self.hertz <= low {
            self.rising = true;
        }
    }
}

/// The phase's angle in a half-cycle at `t`, 0 to π.
pub(crate) fn angle(half: &Half, t: f64) -> f64 {
    PI * (t - half.start) / (half.end - half.start)
}

/// Where the power law P = 1 - a/π + sin(2a)/(2π) gives the share `power`, as a share of the half-cycle.
pub(crate) fn exact_delay(power: f64) -> f64 {
    let (mut low, mut high) = (0.0_f64, 1.0_f64);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if 1.0 - middle + (TAU * middle).sin() / TAU > power {
            low = middle;
        } else {
            high = middle;
        }
    }
    (low + high) / 2.0
}
