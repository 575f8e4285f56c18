//! A whole day of the house with three tanks, for clear and cloudy skies: where the energy went, and how far that is from the best.
//!
//! `cargo xtask bench house`
#![expect(clippy::unwrap_used, reason = "a failed step of a bench ends it")]

use std::time::Instant as WallClock;

use dimmer_house::{PoolFile, World};
use dimmer_plant::{HouseSettings, Sky};

const DAY_SECONDS: f64 = 86_400.0;
const THREE_TANKS: &str = include_str!("../../../examples/three-tanks.toml");

fn main() {
    let pool = PoolFile::read(THREE_TANKS).unwrap();
    println!("One day from midnight, examples/three-tanks.toml, one thread; energy in kWh.");
    println!(
        "sky     seed  produced   used  diverted  of it surplus  exported  imported  best possible  share of it  half-cycles  per wall second"
    );
    let days = [
        (Sky::Clear, 1),
        (Sky::Cloudy, 1),
        (Sky::Cloudy, 2),
        (Sky::Cloudy, 3),
    ];
    let mut tanks = Vec::new();
    for (sky, seed) in days {
        let settings = HouseSettings {
            sky,
            seed,
            start_hour: 0.0,
            ..HouseSettings::default()
        };
        let mut world = World::new(&settings, &pool).unwrap();
        let start = WallClock::now();
        world.run_until(DAY_SECONDS);
        let wall_s = start.elapsed().as_secs_f64();
        let (balance, ideal) = (world.balance(), world.ideal().diverted_joules());
        let kwh = |joules: f64| joules / 3.6e6;
        let half_cycles = world.half_cycles();
        println!(
            "{:6}  {seed:4}  {:8.2}  {:5.2}  {:8.2}  {:13.2}  {:8.2}  {:8.2}  {:13.2}  {:9.2} %  {half_cycles:11}  {:15.0}",
            name(sky),
            kwh(balance.produced_joules),
            kwh(balance.used_joules),
            kwh(balance.diverted_joules),
            kwh(balance.surplus_joules),
            kwh(balance.exported_joules),
            kwh(balance.imported_joules),
            kwh(ideal),
            balance.surplus_joules / ideal * 100.0,
            half_cycles as f64 / wall_s,
        );
        let each: Vec<String> = world
            .members()
            .iter_mut()
            .map(|member| {
                let celsius = member.plant().tank().celsius();
                let name = member.config().name.clone();
                format!(
                    "{name} {:.2} kWh, {celsius:.1} °C",
                    kwh(member.diverted_joules())
                )
            })
            .collect();
        tanks.push(format!("{:6}  {seed:4}  {}", name(sky), each.join("; ")));
    }
    println!("\nThe tanks at midnight:");
    for line in tanks {
        println!("{line}");
    }
}

fn name(sky: Sky) -> &'static str {
    match sky {
        Sky::Clear => "clear",
        Sky::Cloudy => "cloudy",
    }
}
