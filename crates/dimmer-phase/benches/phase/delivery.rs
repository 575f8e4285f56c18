//! One run: the scheduler and a gate on a world, and the judge's verdict.

use dimmer_phase::{Instant, Level, Order, Scheduler, Settings, Slot};

use crate::detector::{Latency, Pin};
use crate::judge::{self, Pulse, Verdict, judge};
use crate::random::Random;
use crate::scenario::World;
use crate::wave::{Outages, Wave};

/// The triac's gate, driven by a timeline that is fed ahead: by hardware to the microsecond, or by a
/// timer's interrupts, of which both the one that begins a pulse and the one that ends it come late.
pub(crate) struct Gate {
    latency: Latency,
    random: Random,
    pub(crate) pulses: Vec<Pulse>,
    /// Those before it have begun.
    begun: usize,
}

impl Gate {
    pub(crate) fn new(latency: Latency, random: Random) -> Self {
        Self {
            latency,
            random,
            pulses: Vec::new(),
            begun: 0,
        }
    }

    pub(crate) fn feed(&mut self, at: f64, width: f64) {
        let on = at + self.latency.draw(&mut self.random);
        let off = on + width + self.latency.draw(&mut self.random);
        self.pulses.push((on, off));
    }

    /// Drops what has not begun, and ends what has.
    pub(crate) fn park(&mut self, now: f64) {
        self.pulses.truncate(self.begun);
        if let Some(last) = self.pulses.last_mut() {
            last.1 = last.1.min(now.max(last.0));
        }
    }

    /// When the next pulse begins.
    pub(crate) fn next(&self) -> f64 {
        self.pulses
            .get(self.begun)
            .map_or(f64::MAX, |pulse| pulse.0)
    }

    pub(crate) fn begin(&mut self) {
        self.begun += 1;
    }
}

/// The world's pin and gate for one seed, with streams of chance that do not depend on each other.
pub(crate) fn build(world: &World, seed: u64) -> (Pin, Gate) {
    let stream = |number| Random::new(seed, number);
    let wave = Wave::new(world.frequency, world.outages, stream(1));
    let pin = Pin::new(wave, world.detector, world.latency, stream(2));
    (pin, Gate::new(world.latency, stream(3)))
}

/// A calibrated user's settings: what is constant in the detector's and the interrupts' delay is known.
pub(crate) fn calibrated(world: &World) -> Settings {
    let late = world.detector.late + 2.0 * world.latency.mean();
    let default = Settings::default();
    let coast = if world.outages != Outages::None && world.detector.silent {
        0
    } else {
        default.coast_half_cycles
    };
    Settings {
        offset_us: -late.round() as i32,
        coast_half_cycles: coast,
        // The limits are of the tracker: what a soft start keeps back on purpose is no error of its.
        soft_start_half_cycles: 0,
        ..default
    }
}

/// Runs the scheduler for the world's seconds at one level, from its cold start on.
pub(crate) fn deliver(world: &World, level: u16, seed: u64) -> Verdict {
    let (mut pin, mut gate) = build(world, seed);
    let mut interrupts = Random::new(seed, 4);
    let mut scheduler = Scheduler::<1>::new(calibrated(world));
    let order = Order {
        level: Level::saturating_from_centipercent(level),
        valid_until: Instant::from_ticks(u64::MAX),
    };
    if scheduler.order(0, order).is_err() {
        return Verdict::default();
    }
    let end = world.seconds * 1e6;
    let mut now = 0.0_f64;
    let mut deadline = scheduler.next_deadline(Instant::from_ticks(0));
    let mut served_at = deadline.as_ticks() as f64;
    while now < end {
        let firing = gate.next();
        let edge = pin.next_edge(firing.min(served_at));
        if let Some(edge) = edge {
            now = now.max(edge.at.as_ticks() as f64);
            scheduler.edge(edge);
        } else if firing <= served_at {
            gate.begin();
            pin.fired(firing);
            continue;
        } else {
            now = now.max(served_at);
            while let Some(half_cycle) = scheduler.plan(Instant::from_ticks(now as u64)) {
                if let Slot::Fire { delay, width } = half_cycle.slots[0] {
                    let at = (half_cycle.start + delay).as_ticks() as f64;
                    gate.feed(at, width.as_ticks() as f64);
                }
            }
        }
        if scheduler.must_park() {
            gate.park(now);
        }
        let next = scheduler.next_deadline(Instant::from_ticks(now as u64));
        if next != deadline || edge.is_none() {
            deadline = next;
            served_at = deadline.as_ticks() as f64 + world.latency.draw(&mut interrupts);
        }
    }
    judge(
        &pin.halves,
        world,
        &gate.pulses,
        judge::Order::exact(f64::from(level) / 1e4),
    )
}
