//! Curves and filters that others have published, re-stated as plain formulas, each with the simplest
//! firing: an accepted rising edge starts the delay.
//!
//! So that only the formula is compared, each is given what its author could have known: the
//! detector's offset, half its pulse's width, the latencies' means, and our margins.

use std::f64::consts::PI;

use crate::delivery::build;
use crate::judge::{Order, Verdict, judge};
use crate::scenario::World;
use crate::wave::{Shape, exact_delay};
use dimmer_phase::EdgeKind;

pub(crate) struct Method {
    pub(crate) name: &'static str,
    /// From the power to the delay's share of the half-period.
    curve: fn(f64) -> f64,
    /// The delay's resolution in µs.
    step: f64,
    /// Edges within this time of the latest that was accepted are ignored, in µs.
    ignores: f64,
}

pub(crate) const METHODS: [Method; 5] = [
    Method {
        name: "linear in time",
        curve: |power| 1.0 - power,
        step: 1.0,
        ignores: 0.0,
    },
    Method {
        name: "acos(1-2s)",
        curve: |power| 1.0 - (1.0 - 2.0 * power).acos() / PI,
        step: 1.0,
        ignores: 0.0,
    },
    Method {
        name: "100 µs steps",
        curve: exact_delay,
        step: 100.0,
        ignores: 0.0,
    },
    Method {
        name: "5 ms lock-out",
        curve: exact_delay,
        step: 1.0,
        ignores: 5_000.0,
    },
    Method {
        name: "3 ms noise gate",
        curve: exact_delay,
        step: 1.0,
        ignores: 3_000.0,
    },
];

/// As [`deliver`](crate::delivery::deliver), with one of the others.
pub(crate) fn deliver(method: &Method, world: &World, level: u16, seed: u64) -> Verdict {
    let (mut pin, mut gate) = build(world, seed);
    let end = world.seconds * 1e6;
    let power = f64::from(level) / 1e4;
    let share = (method.curve)(power);
    let middle = world.detector.width / 2.0 - world.detector.late - 2.0 * world.latency.mean();
    let mut half_period = 0.5e6 / world.nominal_hertz;
    let mut accepted = f64::MIN;
    loop {
        let firing = gate.next();
        let Some(edge) = pin.next_edge(firing.min(end)) else {
            if firing >= end {
                break;
            }
            gate.begin();
            pin.fired(firing);
            continue;
        };
        let at = edge.at.as_ticks() as f64;
        if edge.kind != EdgeKind::Rising || at - accepted < method.ignores {
            continue;
        }
        if (7_600.0..=11_300.0).contains(&(at - accepted)) {
            half_period = at - accepted;
        }
        accepted = at;
        let delay = (share * half_period / method.step).round() * method.step;
        let delay = delay.max(200.0);
        // The timer that was running is started anew.
        gate.park(f64::MAX);
        if delay + 100.0 <= half_period - 300.0 {
            gate.feed((at + middle + delay).max(at), 100.0);
        }
    }
    let intended = Shape::default().energy_from(PI * share);
    judge(&pin.halves, world, &gate.pulses, Order { power, intended })
}
