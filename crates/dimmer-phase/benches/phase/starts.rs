//! The cold start, over many seeds: how long until the lock, and whether it is a right one.

use dimmer_phase::{Instant, Mains, MainsState};

use crate::delivery::{build, calibrated};
use crate::options::Options;
use crate::random::Random;
use crate::report::verdict;
use crate::scenario::{MakeWorld, SCENARIOS, World};
use crate::wave::Frequency;

const LIMIT_US: f64 = 400_000.0;

struct Start {
    /// From the first edge.
    locked_after_us: f64,
    frequency_error: f64,
    phase_error_us: f64,
}

/// `None` when there is no lock within two seconds.
fn start(world: &World, seed: u64) -> Option<Start> {
    let (mut pin, _) = build(world, seed);
    let mut mains = Mains::new(&calibrated(world));
    let mut first = None;
    let mut now = 0.0;
    while now < 2e6 {
        if let Some(edge) = pin.next_edge(now) {
            first.get_or_insert(edge.at.as_ticks() as f64);
            mains.edge(edge);
            continue;
        }
        mains.advance(Instant::from_ticks(now as u64));
        let status = mains.status();
        if status.state == MainsState::Locked {
            let instant = Instant::from_ticks(now as u64);
            let crossing = mains.crossing_after(instant)?.at.as_ticks() as f64;
            // The half-cycle in which it will be has to be known.
            while pin.next_edge(crossing + 30_000.0).is_some() {}
            let distance = |start: f64| (start + world.latency.mean() - crossing).abs();
            let distances = pin.halves.iter().map(|half| distance(half.start));
            let hertz = f64::from(status.frequency_millihertz?) / 1e3;
            return Some(Start {
                locked_after_us: now - first?,
                frequency_error: (hertz / pin.hertz() - 1.0).abs() * 100.0,
                phase_error_us: distances.fold(f64::MAX, f64::min),
            });
        }
        now += 1_000.0;
    }
    None
}

pub(crate) fn print(options: &Options) {
    println!(
        "\n4. Cold start: {} seeds each, at any phase. Right: the frequency within 1 % of the true one (a wrong lock is off by 2 % and more)",
        options.starts
    );
    println!(
        "   scenario   lock, ms: median  99 %  slowest  limit 400   frequency wrong  largest error, %   phase: 99 %, µs  largest"
    );
    let mut worlds: Vec<(&str, MakeWorld)> = SCENARIOS
        .iter()
        .filter(|scenario| options.wants_scenario(scenario.name))
        .map(|scenario| (scenario.name, scenario.world))
        .collect();
    if options.scenario.is_none() {
        worlds.push(("45-65 Hz", |random| World {
            frequency: Frequency::Constant(random.between(45.01, 64.99)),
            ..(SCENARIOS[0].world)(random)
        }));
    }
    for (number, (name, world)) in worlds.into_iter().enumerate() {
        let starts = options.over_seeds(options.starts, |seed| {
            let run = (1 << 60) | ((number as u64) << 48) | seed;
            let world = world(&mut Random::new(run, 0));
            start(&world, run)
        });
        let sorted = |value: fn(&Start) -> f64| {
            let values = starts
                .iter()
                .map(|start| start.as_ref().map_or(f64::INFINITY, value));
            let mut values: Vec<f64> = values.collect();
            values.sort_by(f64::total_cmp);
            values
        };
        let at = |values: &[f64], share: f64| {
            let index = (share * values.len() as f64) as usize;
            values
                .get(index.min(values.len().saturating_sub(1)))
                .copied()
                .unwrap_or(f64::NAN)
        };
        let times = sorted(|start| start.locked_after_us / 1e3);
        let late = times.iter().filter(|ms| **ms > LIMIT_US / 1e3).count();
        let errors = sorted(|start| start.frequency_error);
        let wrong = errors.iter().filter(|error| **error > 1.0).count();
        let phases = sorted(|start| start.phase_error_us);
        println!(
            "   {name:<9}  {:16.0} {:5.0} {:8.0}  {:4} later {}  {wrong:8} {}  {:16.4}  {:15.1}  {:7.1}",
            at(&times, 0.5),
            at(&times, 0.99),
            at(&times, 1.0),
            late,
            verdict(late == 0),
            verdict(wrong == 0),
            at(&errors, 1.0),
            at(&phases, 0.99),
            at(&phases, 1.0),
        );
    }
}
