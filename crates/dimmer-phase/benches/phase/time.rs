//! Time for each call, on this machine.

use std::hint::black_box;
use std::time::Instant as Clock;

use dimmer_phase::{Edge, Instant, Level, Order, Scheduler};

use crate::delivery::{build, calibrated};
use crate::random::Random;
use crate::scenario::SCENARIOS;

/// The edges of each half-cycle, and a moment in its middle.
fn trace(name: &str, half_cycles: usize) -> (Vec<(Vec<Edge>, Instant)>, dimmer_phase::Settings) {
    let scenario = SCENARIOS.iter().find(|scenario| scenario.name == name);
    let world = scenario.unwrap_or(&SCENARIOS[0]).world;
    let world = world(&mut Random::new(1, 0));
    let (mut pin, _) = build(&world, 1);
    let trace = (0..half_cycles)
        .map(|index| {
            let until = 5_000.0 + 10_000.0 * index as f64;
            let edges = std::iter::from_fn(|| pin.next_edge(until)).collect();
            (edges, Instant::from_ticks(until as u64))
        })
        .collect();
    (trace, calibrated(&world))
}

fn measure<const CHANNELS: usize>(name: &str) {
    let (trace, settings) = trace(name, 20_000);
    let edges: usize = trace.iter().map(|(edges, _)| edges.len()).sum();
    // What reading the clock costs.
    let started = Clock::now();
    let mut reading = 0;
    for _ in 0..trace.len() {
        let clock = Clock::now();
        reading += black_box(clock).elapsed().as_nanos();
    }
    black_box((started, reading));
    let mut best = (f64::MAX, f64::MAX);
    for _ in 0..5 {
        let mut scheduler = Scheduler::<CHANNELS>::new(settings);
        for channel in 0..CHANNELS {
            let level = Level::saturating_from_centipercent(3_000 + 1_500 * channel as u16);
            let valid_until = Instant::from_ticks(u64::MAX);
            let ordered = scheduler.order(channel, Order { level, valid_until });
            black_box(ordered.is_ok());
        }
        let (mut in_edge, mut in_plan) = (0, 0);
        for (edges, now) in &trace {
            let clock = Clock::now();
            for edge in edges {
                black_box(&mut scheduler).edge(*edge);
            }
            in_edge += clock.elapsed().as_nanos();
            let clock = Clock::now();
            while let Some(half_cycle) = black_box(&mut scheduler).plan(*now) {
                black_box(&half_cycle);
            }
            in_plan += clock.elapsed().as_nanos();
            black_box(scheduler.must_park());
        }
        best.0 = best.0.min(in_edge.saturating_sub(reading) as f64);
        best.1 = best.1.min(in_plan.saturating_sub(reading) as f64);
    }
    println!(
        "   scenario {name}, {CHANNELS} channels: edge() {:.0} ns ({:.1} edges in a half-cycle), plan() until it has no more {:.0} ns",
        best.0 / edges as f64,
        edges as f64 / trace.len() as f64,
        best.1 / trace.len() as f64
    );
}

pub(crate) fn print() {
    println!("\n6. Time for each call on this machine (best of 5 runs of 20,000 half-cycles)");
    measure::<1>("a");
    measure::<3>("a");
    measure::<1>("m");
    measure::<3>("m");
}
