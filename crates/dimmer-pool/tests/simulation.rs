//! Whole pools on an unreliable bus, on a virtual clock: after the last disturbance and one age limit the sum is right again.
#![allow(
    clippy::allow_attributes,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test"
)]

mod common;

use common::{Bus, Chance, Node, Weather, id};
use dimmer_pool::{MemberId, PercentOf, Setpoint, Settings, Sharing, Shortfall, Standing};
use proptest::prelude::*;

/// Three intervals and two seconds, and as long as the last message from before may have been on its way, and the one that says so.
const CALM_S: u64 = 17 + 2;

fn shared(sharing: Sharing) -> Settings {
    Settings {
        sharing,
        ..Settings::default()
    }
}

/// All that run agree on who takes how much.
fn agree<const MEMBERS: usize>(bus: &Bus<MEMBERS>) -> bool {
    let now = common::at(bus.now_ms);
    let mut views = bus.nodes.iter().filter(|node| node.is_running).map(|node| {
        let shares = node.member.pool().share(now, bus.setpoint);
        shares.map(|shares| shares.each().collect::<Vec<(MemberId, u64)>>())
    });
    let first = views.next();
    first.is_none_or(|first| views.all(|view| view == first))
}

/// What the running members are to take together, in watts: what is asked, or all that they can. Where minima leave a gap that nobody
/// can fill, what they agree on; how wide a gap may be is a property of the division.
fn wanted<const MEMBERS: usize>(bus: &Bus<MEMBERS>, asked: f64) -> f64 {
    let mut running = bus.nodes.iter().filter(|node| node.is_running);
    let now = common::at(bus.now_ms);
    let first = running.clone().next();
    let agreed = first.and_then(|node| node.member.pool().share(now, bus.setpoint));
    if let Some(shares) = agreed
        && shares.outcome.shortfall == Some(Shortfall::BelowMinimum)
    {
        let milliwatts = u32::try_from(shares.outcome.milliwatts).unwrap();
        return f64::from(milliwatts) / 1_000.0;
    }
    let can = |node: &Node<MEMBERS>| {
        let parts = u32::from(node.settings.minimum_centipercent) * node.rated_watts;
        let minimum = parts.div_ceil(10_000);
        if node.possible_watts >= minimum {
            f64::from(node.possible_watts)
        } else {
            0.0
        }
    };
    let capacity = running.by_ref().map(can).sum();
    asked.min(capacity)
}

fn assert_right<const MEMBERS: usize>(bus: &Bus<MEMBERS>, asked: f64, what: &str) {
    let (total, wanted) = (bus.total_watts(), wanted(bus, asked));
    let off_by = (total - wanted).abs();
    assert!(
        off_by <= bus.largest_watts() / 100.0,
        "{what}: {total} W of {wanted} W at {} ms",
        bus.now_ms
    );
    assert!(agree(bus), "{what}: they do not agree");
}

fn disturb<const MEMBERS: usize>(bus: &mut Bus<MEMBERS>, chance: &mut Chance) {
    let count = u64::try_from(bus.nodes.len()).unwrap();
    let index = usize::try_from(chance.below(count)).unwrap();
    let will = chance.percent(70);
    let rated = u64::from(bus.nodes[index].rated_watts);
    match chance.below(6) {
        0 => bus.kill(index, will),
        1 if !bus.nodes[index].is_running => bus.start(index),
        2 => bus.cut(index, will),
        3 if bus.nodes[index].is_running && !bus.nodes[index].in_session => bus.connect(index),
        4 => bus.nodes[index].possible_watts = u32::try_from(chance.below(rated + 1)).unwrap(),
        5 => bus.nodes[index].possible_watts = 0,
        _ => bus.setpoint = Setpoint::Watts(i32::try_from(chance.below(14_000)).unwrap()),
    }
}

fn storm<const MEMBERS: usize>(
    sharing: Sharing,
    count: u8,
    minimum_centipercent: u16,
    seed: u64,
    seconds: u64,
) {
    let mut chance = Chance::new(seed);
    let mut bus: Bus<MEMBERS> = Bus::new(seed ^ 0x5555);
    for number in 0..count {
        let settings = Settings {
            priority: number % 3,
            weight: 50 + 100 * u16::from(number % 4),
            minimum_centipercent: minimum_centipercent * u16::from(number % 2),
            start_hysteresis_centipercent: minimum_centipercent / 2,
            ..shared(sharing)
        };
        let rated_watts = 500 + 500 * u32::try_from(chance.below(7)).unwrap();
        let index = bus.add(id(number), settings, rated_watts);
        bus.nodes[index].day = (number % 2 == 0).then_some(20_000 + u32::from(number % 3));
    }
    bus.setpoint = Setpoint::Watts(3_000);
    // Each hears each once: who dies before that is unknown to some until their next session, which the README tells.
    bus.run(1);
    bus.weather = Weather {
        lost_percent: 20,
        doubled_percent: 20,
        delay_ms: 1_500,
    };
    for _ in 0..seconds {
        bus.run(1);
        if chance.percent(40) {
            disturb(&mut bus, &mut chance);
        }
    }
    // The last disturbance: whoever works is connected again, and from now on nothing is lost.
    bus.weather = Weather::default();
    for index in 0..bus.nodes.len() {
        if bus.nodes[index].is_running && !bus.nodes[index].in_session {
            bus.connect(index);
        }
    }
    let asked = 200 + i32::try_from(chance.below(9_000)).unwrap();
    bus.setpoint = Setpoint::Watts(asked);
    bus.run(CALM_S);
    for _ in 0..100 {
        bus.step();
        assert_right(
            &bus,
            f64::from(asked),
            &format!("{sharing}, seed {seed}, {count} members"),
        );
    }
    // The first that is alive tells the totals.
    let first = bus
        .nodes
        .iter()
        .filter(|node| node.is_running)
        .map(|node| node.id)
        .min();
    if first.is_some() {
        assert_eq!(bus.totals_by.last().copied(), first, "seed {seed}");
    }
}

#[test]
fn after_any_disturbance_and_one_age_limit_the_sum_is_right_again() {
    for sharing in [
        Sharing::Priority,
        Sharing::Weight,
        Sharing::Equal,
        Sharing::Rotating,
    ] {
        for seed in 1..=2 {
            storm::<16>(sharing, 7, 0, seed * 7_919, 40);
            // Each second one takes a fifth of its load or nothing.
            storm::<16>(sharing, 7, 2_000, seed * 104_729, 40);
        }
    }
}

#[test]
fn sixty_four_members_are_no_other_matter() {
    storm::<64>(Sharing::Priority, 64, 0, 11, 5);
}

#[test]
fn a_member_that_dies_without_a_word_is_replaced_after_its_age_limit_and_with_a_will_at_once() {
    for (will, seconds) in [(false, 17), (true, 1)] {
        let mut bus: Bus<16> = Bus::new(5);
        for number in 0..3 {
            bus.add(id(number), shared(Sharing::Priority), 2_000);
        }
        // Percent, and of the pool: 50 % stays 3 000 W when one dies.
        bus.setpoint = Setpoint::Centipercent(5_000);
        bus.run(3);
        assert_right(&bus, 3_000.0, "before");
        assert_eq!(bus.nodes[0].share_centipercent, 10_000);
        bus.kill(0, will);
        bus.run(seconds);
        assert_right(&bus, 3_000.0, "after");
    }
}

#[test]
fn who_is_hot_hands_its_share_to_the_next_and_gets_it_back() {
    let mut bus: Bus<16> = Bus::new(6);
    for number in 0..3 {
        bus.add(id(number), shared(Sharing::Priority), 2_000);
    }
    bus.setpoint = Setpoint::Watts(2_500);
    bus.run(3);
    bus.nodes[0].possible_watts = 0;
    bus.run(1);
    assert_right(&bus, 2_500.0, "hot");
    assert_eq!(bus.nodes[0].share_centipercent, 0);
    bus.nodes[0].possible_watts = 2_000;
    bus.run(1);
    assert_right(&bus, 2_500.0, "cool");
    assert_eq!(bus.nodes[0].share_centipercent, 10_000);
}

#[test]
fn two_devices_with_one_id_take_nothing_and_the_others_take_their_share() {
    let mut bus: Bus<16> = Bus::new(7);
    for number in [1, 2, 3] {
        bus.add(id(number), shared(Sharing::Priority), 2_000);
    }
    let twin = bus.add(id(1), shared(Sharing::Priority), 2_000);
    bus.setpoint = Setpoint::Watts(3_000);
    bus.run(10);
    for index in [0, twin] {
        let now = common::at(bus.now_ms);
        assert_eq!(bus.nodes[index].member.standing(now), Standing::Conflict);
        assert_eq!(bus.nodes[index].share_centipercent, 0);
    }
    assert!((bus.total_watts() - 3_000.0).abs() <= 20.0);
    // One is unplugged: the other is alone with its name again.
    bus.kill(twin, true);
    bus.run(CALM_S);
    assert_right(&bus, 3_000.0, "alone again");
    assert_eq!(bus.nodes[0].share_centipercent, 10_000);
}

#[test]
fn clocks_that_differ_give_one_order_and_a_new_day_another_first() {
    let mut bus: Bus<16> = Bus::new(8);
    for (number, day) in [
        (0, Some(19_998)),
        (1, Some(19_998)),
        (2, Some(3)),
        (3, None),
        (4, Some(19_999)),
    ] {
        let index = bus.add(id(number), shared(Sharing::Rotating), 1_000);
        bus.nodes[index].day = day;
    }
    bus.setpoint = Setpoint::Watts(1_500);
    bus.run(3);
    assert_right(&bus, 1_500.0, "day");
    // The lower median of 3, 19 998, 19 998, 19 999 is 19 998, and that modulo 5 is 3.
    let shares = |bus: &Bus<16>| {
        bus.nodes
            .iter()
            .map(|node| node.share_centipercent)
            .collect::<Vec<_>>()
    };
    assert_eq!(shares(&bus), [0, 0, 0, 10_000, 5_000]);
    for node in &mut bus.nodes {
        node.day = node.day.map(|day| day + 1);
    }
    bus.run(2);
    assert_right(&bus, 1_500.0, "the day after");
    assert_eq!(shares(&bus), [5_000, 0, 0, 0, 10_000]);
}

#[test]
fn the_totals_are_told_by_the_first_and_when_it_goes_by_the_next() {
    let mut bus: Bus<16> = Bus::new(9);
    for number in [3, 1, 2] {
        bus.add(id(number), shared(Sharing::Weight), 2_000);
    }
    bus.setpoint = Setpoint::Watts(3_000);
    bus.run(12);
    let totals = bus.totals.unwrap();
    assert_eq!((totals.by, totals.members, totals.announced), (id(1), 3, 3));
    assert_eq!(
        (
            totals.asked_watts,
            totals.capacity_watts,
            totals.rated_watts
        ),
        (3_000, 6_000, 6_000)
    );
    assert!(totals.applied_watts.abs_diff(3_000) <= 3 && totals.shortfall.is_none());
    bus.totals_by.clear();
    bus.kill(1, true);
    bus.run(12);
    let totals = bus.totals.unwrap();
    assert_eq!((totals.by, totals.members, totals.announced), (id(2), 2, 3));
    assert_eq!((totals.capacity_watts, totals.rated_watts), (4_000, 6_000));
    assert!(bus.totals_by.iter().all(|by| *by == id(2)));
    // With each announcement, and once more at the change.
    assert!(
        (3..=5).contains(&bus.totals_by.len()),
        "{:?}",
        bus.totals_by
    );
    bus.take_off(0);
    bus.run(1);
    assert_eq!(bus.totals.unwrap().announced, 2);
}

#[test]
fn who_hears_nothing_works_by_its_thresholds_and_comes_back() {
    let mut bus: Bus<16> = Bus::new(10);
    for number in 0..3 {
        let settings = Settings {
            start_centipercent: 10_000 * i32::from(number) / 3,
            percent_of: PercentOf::Pool,
            pool_watts: 6_000,
            ..shared(Sharing::Equal)
        };
        bus.add(id(number), settings, 2_000);
    }
    bus.setpoint = Setpoint::Watts(3_000);
    bus.run(3);
    assert_eq!(bus.nodes[2].share_centipercent, 5_000);
    // All have a session, and none hears anything in it.
    bus.weather = Weather {
        lost_percent: 100,
        ..Weather::default()
    };
    bus.run(CALM_S);
    let shares: Vec<u16> = bus
        .nodes
        .iter()
        .map(|node| node.share_centipercent)
        .collect();
    // Start and full one after the other on the scale of the pool (a third of it is 33.33 %): the fallback takes the same sum, without hearing anybody.
    assert_eq!(shares, [10_000, 5_001, 0]);
    bus.weather = Weather::default();
    bus.run(6);
    assert_right(&bus, 3_000.0, "back");
    assert_eq!(bus.nodes[2].share_centipercent, 5_000);
}

#[test]
fn a_broker_that_is_gone_and_comes_back_empty_moves_nobody() {
    let mut bus: Bus<16> = Bus::new(12);
    for number in 0..3 {
        bus.add(id(number), shared(Sharing::Priority), 2_000);
        // None says anything in the same moment as another.
        bus.run(2);
    }
    bus.setpoint = Setpoint::Watts(3_000);
    bus.run(8);
    assert_right(&bus, 3_000.0, "before");
    for index in 0..3 {
        bus.cut(index, false);
    }
    for _ in 0..40 {
        bus.run(1);
        assert_right(&bus, 3_000.0, "without a broker");
    }
    bus.forget_kept();
    // The last in the order is the first to be back.
    for index in [2, 1, 0] {
        bus.connect(index);
        for _ in 0..5 {
            bus.run(1);
            assert_right(&bus, 3_000.0, "one after the other");
        }
    }
}

#[test]
fn messages_grow_with_the_members_and_not_faster() {
    let published = |count: u8| {
        let mut bus: Bus<64> = Bus::new(11);
        for number in 0..count {
            bus.add(id(number), shared(Sharing::Priority), 2_000);
        }
        bus.setpoint = Setpoint::Watts(1_500);
        bus.run(5);
        bus.messages = 0;
        bus.run(20);
        // Each is delivered to each: so many are published.
        bus.messages / u64::from(count)
    };
    assert_eq!(published(4), 16);
    assert_eq!(published(16), 64);
}

#[test]
fn the_last_message_of_a_member_that_died_counts_for_one_age_from_its_arrival() {
    // Delayed to the very end of the storm.
    storm::<16>(Sharing::Weight, 5, 0, 3_009_264_220_184_552_154, 30);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn any_seed_of_disturbances_ends_well(seed: u64, count in 1_u8..6, sharing in 1_usize..5, minimum in 0_u16..3_000) {
        storm::<16>(Sharing::ALL[sharing], count, minimum, seed, 30);
    }
}
