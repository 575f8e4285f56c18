//! An hour around noon with three tanks.
#![expect(clippy::unwrap_used, reason = "a failed step of a test fails it")]

use dimmer_house::{PoolFile, World};
use dimmer_plant::{House, HouseSettings, Sky};

const THREE_TANKS: &str = include_str!("../../../examples/three-tanks.toml");

fn starting(start_hour: f64, sky: Sky) -> HouseSettings {
    HouseSettings {
        sky,
        start_hour,
        ..HouseSettings::default()
    }
}

fn run(settings: &HouseSettings, seconds: f64) -> World {
    let mut world = World::new(settings, &PoolFile::read(THREE_TANKS).unwrap()).unwrap();
    world.run_until(seconds);
    world
}

/// Equal but for the rounding of sums.
fn assert_equal(one: f64, other: f64, what: &str) {
    assert!(
        (one - other).abs() < 1e-9 * one.abs().max(1.0),
        "{what}: {one} and {other}"
    );
}

#[test]
fn in_an_hour_around_noon_no_energy_is_lost_between_the_roof_the_tanks_and_the_grid() {
    let settings = starting(11.5, Sky::Cloudy);
    let mut world = run(&settings, 3_600.0);
    let balance = world.balance();
    assert_equal(
        balance.produced_joules + balance.imported_joules,
        balance.used_joules + balance.diverted_joules + balance.exported_joules,
        "what came in and what went out",
    );
    // What the balance says was diverted is what warmed the water, and what it says of the house is what the model gives.
    let heated: f64 = world
        .members()
        .iter_mut()
        .map(|member| member.plant().tank().balance().heated_joules)
        .sum();
    assert_equal(balance.diverted_joules, heated, "diverted and heated");
    let house = House::new(settings).unwrap();
    let at = |step: u32| house.power(11.5 * 3_600.0 + f64::from(step) * 0.1 + 0.05);
    let produced: f64 = (0..36_000).map(|step| at(step).produced_watts * 0.1).sum();
    let used: f64 = (0..36_000).map(|step| at(step).used_watts * 0.1).sum();
    assert_equal(balance.produced_joules, produced, "produced");
    assert_equal(balance.used_joules, used, "used");
    assert_eq!(world.half_cycles(), 3 * 360_000);

    // Clouds, and a hob that is switched on and off, cost something but not much.
    let share = balance.surplus_joules / world.ideal().diverted_joules();
    assert!((0.85..1.0).contains(&share), "{share}");
}

#[test]
fn what_a_clear_sky_leaves_over_goes_into_the_tanks() {
    let world = run(&starting(13.5, Sky::Clear), 300.0);
    let (balance, ideal) = (world.balance(), world.ideal().diverted_joules());
    // The first seconds, in which the dimmers find the mains and the router its setpoint, are part of it.
    let share = balance.surplus_joules / ideal;
    assert!((0.95..=1.0).contains(&share), "{share}");
    let standing = world.standing();
    let grid_watts = standing.power.grid_watts(standing.diverted_watts);
    assert!(grid_watts.abs() < 10.0, "{grid_watts} W at the grid");
}

#[test]
fn the_same_minutes_are_the_same_again() {
    let settings = starting(10.0, Sky::Cloudy);
    let minutes = |settings: &HouseSettings| run(settings, 240.0);
    let (mut one, mut other) = (minutes(&settings), minutes(&settings));
    assert_eq!(one.balance(), other.balance());
    assert_eq!(one.messages(), other.messages());
    let temperatures = |world: &mut World| -> Vec<f64> {
        let members = world.members().iter_mut();
        members
            .map(|member| member.plant().tank().celsius())
            .collect()
    };
    assert_eq!(temperatures(&mut one), temperatures(&mut other));
    let another = minutes(&HouseSettings {
        seed: 2,
        ..settings
    });
    assert_ne!(one.balance(), another.balance());
}

#[test]
fn at_night_nothing_is_heated() {
    let mut world = run(&starting(23.5, Sky::Clear), 60.0);
    assert_eq!(world.balance().diverted_joules, 0.0);
    for member in world.members() {
        assert_eq!(member.overview().applied_centipercent, 0);
    }
}

#[test]
fn with_thresholds_the_tanks_know_nothing_of_each_other_and_share_all_the_same() {
    let after_each_other = "
        [[member]]
        name = 'Cellar'
        rated_watts = 2000
        [[member]]
        name = 'Attic'
        rated_watts = 1500
        pool.start_centipercent = 10000
    ";
    let pool = PoolFile::read(after_each_other).unwrap();
    let mut world = World::new(&starting(13.5, Sky::Clear), &pool).unwrap();
    world.run_until(120.0);
    let applied: Vec<u16> = world
        .members()
        .iter()
        .map(|member| member.overview().applied_centipercent)
        .collect();
    // The first is full, the second has the rest of the surplus.
    assert_eq!(applied[0], 10_000);
    assert!((1..10_000).contains(&applied[1]), "{applied:?}");
    let standing = world.standing();
    let grid_watts = standing.power.grid_watts(standing.diverted_watts);
    assert!(grid_watts.abs() < 20.0, "{grid_watts} W at the grid");
}
