//! How fast the simulated plant, the tracker, the plan and the dimmer run when no clock holds them back.
//!
//! `cargo xtask bench plant`
#![expect(clippy::unwrap_used, reason = "a failed step of a bench ends it")]

use std::time::Instant as WallClock;

use dimmer_app::dimmer::{
    Dimmer, Event, FiringReport, Identity, Instant,
    config::Config,
    phase::{Gate, Level, Order, Scheduler},
    safety::Role,
};
use dimmer_plant::{Plant, PlantSettings};

const SECONDS: u64 = 3_600;
const CONTROL_STEP_US: u64 = 250_000;
const TOPIC: &str = "solar-dimmer/020000000001/power/set";

fn main() {
    println!("One dimmer, one thread, {SECONDS} simulated seconds of 50 Hz mains.");
    let always = Order {
        level: Level::saturating_from_centipercent(4_250),
        valid_until: Instant::from_ticks(u64::MAX),
    };
    run("plant, tracker and plan", |_, _| always);

    let identity = Identity {
        id: "020000000001".parse().unwrap(),
        model: "Bench",
        version: "0",
        boot: 1,
    };
    let mut dimmer = Dimmer::new(
        identity,
        Config::default().validate().unwrap(),
        Instant::from_ticks(0),
    )
    .unwrap();
    run(
        "the same, and the dimmer with a setpoint, a temperature and the mains every 250 ms",
        |now, report| {
            let _ = dimmer.handle(now, Event::Firing(report));
            let water = Event::Temperature {
                role: Role::Water,
                reading: Ok(40_000),
            };
            let _ = dimmer.handle(now, water);
            dimmer
                .handle(
                    now,
                    Event::Message {
                        topic: TOPIC,
                        payload: b"42.5",
                        retained: false,
                    },
                )
                .order
        },
    );
}

/// Runs the plant and its firing path on a virtual clock; `control` gives an order every 250 ms.
fn run(what: &str, mut control: impl FnMut(Instant, FiringReport) -> Order) {
    let mut plant = Plant::new(PlantSettings::default()).unwrap();
    let mut scheduler = Scheduler::<1>::new(dimmer_app::dimmer::phase::Settings::default());
    let (mut half_cycles, mut delivered) = (0u32, 0.0);
    let mut deadline = Instant::from_ticks(0);
    let mut fed = Level::OFF;
    let start = WallClock::now();
    for step in 1..=SECONDS * 1_000_000 / CONTROL_STEP_US {
        let until = Instant::from_ticks(step * CONTROL_STEP_US);
        loop {
            let turn = deadline.min(until);
            let edge = plant.next_edge(turn);
            if let Some(edge) = edge {
                scheduler.edge(edge);
            }
            let now = edge.map_or(turn, |edge| edge.at);
            while let Some(half_cycle) = scheduler.plan(now) {
                let _ = plant.gate().feed(&half_cycle);
                [fed] = half_cycle.levels;
            }
            if scheduler.must_park() {
                plant.gate().park();
            }
            deadline = scheduler.next_deadline(now);
            if edge.is_none() && turn >= until {
                break;
            }
        }
        let report = FiringReport {
            mains: scheduler.mains().status(),
            fed,
            ..FiringReport::UNKNOWN
        };
        scheduler.order(0, control(until, report)).unwrap();
        for half_cycle in plant.drain_delivered() {
            half_cycles += 1;
            delivered += half_cycle.fraction;
        }
    }
    let wall_s = start.elapsed().as_secs_f64();
    println!(
        "{what}: {half_cycles} half-cycles in {wall_s:.3} s, {:.0} half-cycles per wall second; delivered {:.2} % for 42.5 %",
        f64::from(half_cycles) / wall_s,
        delivered / f64::from(half_cycles) * 100.0
    );
}
