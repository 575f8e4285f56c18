//! Several dimmers that share one setpoint, each with nothing but what it hears.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failed step of a test is a failed test"
)]

mod bench;
mod house;

use bench::at;
use dimmer::{
    Event, Incident, POOL_MEMBERS, PoolTrouble,
    pool::{Member, NumberIs, PercentOf, Sharing, Standing},
    safety::{Language, Reason},
    topics::LOG_TEXT_CAPACITY,
};
use house::House;
use serde_json::json;

/// 1, 2 and 3 kW, in this order.
fn three() -> House {
    House::new(&[1_000, 2_000, 3_000], |_, _| {})
}

#[test]
fn one_after_the_other_takes_what_is_left_and_the_sum_is_what_was_asked() {
    let mut house = three();
    assert_eq!(house.watts(), [0, 0, 0]);
    for (setpoint, watts) in [
        ("10", [600, 0, 0]),
        ("50", [1_000, 2_000, 0]),
        ("75", [1_000, 2_000, 1_500]),
        ("100", [1_000, 2_000, 3_000]),
        ("150", [1_000, 2_000, 3_000]),
        ("{\"watts\":1500}", [1_000, 500, 0]),
        ("0", [0, 0, 0]),
        ("-20", [0, 0, 0]),
    ] {
        house.asks(setpoint);
        assert_eq!(
            house.watts(),
            watts,
            "{setpoint}: at once, by what is known"
        );
        house.pass(1_000);
        assert_eq!(house.watts(), watts, "{setpoint}");
    }
    assert!(
        house
            .units
            .iter()
            .all(|unit| unit.standing() == Standing::Shared)
    );
    let state = house.units[2].bench.state();
    assert_eq!(state["setpoint"], json!(-20));
}

#[test]
fn a_number_alone_is_watts_where_the_settings_say_so() {
    let mut house = House::new(&[1_000, 2_000], |_, config| {
        config.pool.number_is = NumberIs::Watts;
    });
    house.asks("1500");
    assert_eq!(house.watts(), [1_000, 500]);
    let state = house.units[0].bench.state();
    assert_eq!(state["setpoint"], json!(50), "of the 3 kW of all");
    house.asks("{\"power\":50}");
    assert_eq!(house.watts(), [1_000, 500]);
    let own = "solar-dimmer/020000000001/power/set";
    house.publish(own, b"50", false);
    assert_eq!(
        house.watts(),
        [500, 500],
        "for it alone a number is percent"
    );
}

#[test]
fn weights_and_equal_parts_are_divided_at_once() {
    let mut house = House::new(&[2_000, 2_000, 2_000], |index, config| {
        config.pool.sharing = Sharing::Weight;
        config.pool.weight = [100, 200, 300][index];
    });
    house.asks("{\"watts\":1200}");
    assert_eq!(house.watts(), [200, 400, 600]);
    let mut house = House::new(&[2_000, 500, 2_000], |_, config| {
        config.pool.sharing = Sharing::Equal;
    });
    house.asks("{\"watts\":2400}");
    assert_eq!(house.watts(), [950, 500, 950]);
}

#[test]
fn who_gets_hot_hands_its_share_on_and_takes_it_back_when_it_has_cooled() {
    let mut house = three();
    house.asks("50");
    house.units[1].water_millicelsius = 61_000;
    house.pass(4_000);
    assert_eq!(house.units[1].bench.reason(), Reason::WaterTooHot);
    assert_eq!(house.announcement(1).unwrap()["available_watts"], json!(0));
    assert_eq!(house.watts(), [1_000, 0, 2_000]);
    assert_eq!(house.totals()["capacity_watts"], json!(4_000));
    house.asks("100");
    house.pass(6_000);
    assert_eq!(house.watts(), [1_000, 0, 3_000]);
    assert_eq!(house.totals()["shortfall"], json!("capacity_reached"));
    house.asks("50");
    house.units[1].water_millicelsius = 53_000;
    house.pass(4_000);
    assert_eq!(house.watts(), [1_000, 2_000, 0]);
}

#[test]
fn the_others_take_the_share_of_who_is_cut_and_the_setpoint_means_as_much_as_before() {
    let mut house = three();
    house.asks("50");
    house.pass(2_000);
    house.cut(1);
    assert_eq!(house.units[0].watts(), 1_000);
    assert_eq!(house.units[2].watts(), 2_000, "by its will, at once");
    house.pass(60_000);
    assert_eq!(house.watts(), [1_000, 0, 2_000], "3 kW are half of all 6");
    house.connect(1);
    house.pass(2_000);
    assert_eq!(house.watts()[0], 1_000);
    assert_eq!(house.units[1].standing(), Standing::Shared);
    house.pass(5_000);
    assert_eq!(house.watts(), [1_000, 2_000, 0]);
}

#[test]
fn who_falls_silent_without_a_will_is_given_up_after_three_intervals_and_two_seconds() {
    let mut house = three();
    house.asks("50");
    house.pass(2_000);
    house.units[1].is_partitioned = true;
    house.pass(10_000);
    assert_eq!(house.units[2].watts(), 0);
    house.pass(8_000);
    assert_eq!(house.units[2].watts(), 2_000);
    // It heard nothing either: it works by its thresholds with what it was asked last, until that is too old.
    house.pass(5_000);
    assert_eq!(house.units[1].standing(), Standing::Deaf);
    house.pass(60_000);
    assert_eq!(house.units[1].bench.reason(), Reason::SetpointStale);
}

#[test]
fn a_boost_is_not_divided_and_leaves_the_common_setpoint_to_the_others() {
    let mut house = three();
    house.asks("50");
    let boost = "solar-dimmer/020000000001/command/boost";
    house.publish(boost, b"1", false);
    house.pass(1_000);
    assert_eq!(house.announcement(0).unwrap()["available_watts"], json!(0));
    assert_eq!(house.watts(), [1_000, 2_000, 1_000]);
    house.pass(61_000);
    assert_eq!(house.watts(), [1_000, 2_000, 0]);
}

#[test]
fn who_is_switched_off_takes_nothing_and_the_others_take_it() {
    let mut house = three();
    house.asks("50");
    let _ = house.units[0].bench.give(Event::Switched(false));
    house.pass(1_000);
    assert_eq!(house.watts(), [0, 2_000, 1_000]);
}

#[test]
fn a_dimmer_that_does_not_hear_itself_works_by_its_thresholds_and_says_so() {
    let mut house = House::new(&[1_000], |_, _| {});
    house.asks("50");
    house.pass(1_000);
    assert_eq!(house.units[0].standing(), Standing::Shared);
    house.swallows_the_pool = true;
    house.pass(17_000);
    assert_eq!(house.units[0].standing(), Standing::Deaf);
    assert_eq!(house.watts(), [500]);
    assert_eq!(house.errors(0), json!(["pool_deaf"]));
    assert!(house.count("/log", 1_000) > 0);
    house.swallows_the_pool = false;
    house.pass(5_000);
    assert_eq!(house.units[0].standing(), Standing::Shared);
    assert_eq!(house.errors(0), json!([]));
}

#[test]
fn before_it_has_heard_itself_a_member_takes_nothing() {
    let mut house = House::new(&[1_000, 1_000], |_, _| {});
    house.swallows_the_pool = true;
    house.units[1].bench = bench::Bench::named("020000000002", 77, |config| {
        config.pool.sharing = Sharing::Priority;
    });
    house.units[1].bench.firing = bench::firing(dimmer::phase::MainsState::Locked);
    house.units[1].bench.now_ms = house.now_ms;
    house.connect(1);
    house.asks("100");
    house.pass(3_000);
    assert_eq!(house.units[1].standing(), Standing::Waiting);
    assert_eq!(house.units[1].watts(), 0);
    house.pass(20_000);
    assert_eq!(house.units[1].standing(), Standing::Deaf);
    assert_eq!(house.units[1].watts(), 2_000);
}

#[test]
fn two_with_one_id_take_nothing_and_say_so() {
    let mut house = three();
    house.asks("100");
    house.pass(1_000);
    let mut stranger = house.announcement(0).unwrap();
    stranger["boot"] = json!("0badf00d");
    let topic = "solar-dimmer/pool/main/020000000001";
    house.publish(topic, stranger.to_string().as_bytes(), true);
    house.pass(1_000);
    assert_eq!(house.units[0].standing(), Standing::Conflict);
    assert_eq!(house.errors(0), json!(["pool_conflict"]));
    assert_eq!(house.units[0].watts(), 0);
    house.pass(17_000);
    assert_eq!(house.units[0].standing(), Standing::Shared);
    assert_eq!(house.watts(), [1_000, 2_000, 3_000]);
}

#[test]
fn a_share_that_others_make_larger_is_no_younger_setpoint() {
    let mut house = three();
    house.asks("50");
    house.setpoint = None;
    for second in 0..59 {
        // Hot and cold in turn: the shares change again and again.
        house.units[0].water_millicelsius = if second % 6 < 3 { 61_000 } else { 53_000 };
        house.pass(1_000);
    }
    assert!(house.watts()[1..].iter().sum::<u32>() > 0);
    house.pass(1_500);
    assert_eq!(house.watts(), [0, 0, 0]);
    assert_eq!(house.units[2].bench.reason(), Reason::SetpointStale);
    house.pass(6_000);
    assert_eq!(house.totals()["asked_watts"], json!(null));
}

#[test]
fn the_totals_are_told_by_one_and_by_the_next_when_that_one_goes() {
    let mut house = three();
    house.asks("75");
    house.pass(6_000);
    let totals = house.totals();
    assert_eq!(
        totals,
        json!({
            "asked_watts": 4_500, "applied_watts": 4_500, "capacity_watts": 6_000, "rated_watts": 6_000,
            "members": 3, "announced": 3, "sharing": "priority", "shortfall": null, "by": "020000000001",
        })
    );
    let since = house.now_ms;
    house.pass(20_000);
    assert_eq!(
        house.count("/totals", since),
        4,
        "with each announcement of one"
    );
    assert_eq!(house.count("/020000000002", since), 4);
    house.cut(0);
    house.pass(1_000);
    let totals = house.totals();
    assert_eq!(totals["by"], json!("020000000002"));
    assert_eq!(
        (&totals["members"], &totals["announced"]),
        (&json!(2), &json!(3))
    );
    house.connect(0);
    house.pass(1_500);
    assert_eq!(house.totals()["by"], json!("020000000001"));
    assert_eq!(house.totals()["members"], json!(3));
}

#[test]
fn who_leaves_takes_its_announcement_with_it_and_is_no_part_of_100_percent_any_more() {
    let mut house = three();
    house.asks("50");
    house.pass(1_000);
    let mut config = house.units[0].bench.dimmer.config().clone().into_inner();
    config.pool.sharing = Sharing::Thresholds;
    let now = at(house.now_ms);
    let valid = config.validate().unwrap();
    let _ = house.units[0].bench.dimmer.configure(now, valid).unwrap();
    house.pump();
    assert_eq!(house.announcement(0), None);
    house.pass(2_000);
    assert_eq!(
        house.watts(),
        [500, 2_000, 500],
        "half of 1 kW, and half of 5"
    );
    assert_eq!(house.totals()["by"], json!("020000000002"));
    assert_eq!(house.totals()["announced"], json!(2));
    // And back again.
    let mut config = house.units[0].bench.dimmer.config().clone().into_inner();
    config.pool.sharing = Sharing::Priority;
    let now = at(house.now_ms);
    let valid = config.validate().unwrap();
    let _ = house.units[0].bench.dimmer.configure(now, valid).unwrap();
    house.connect(0);
    house.pass(6_000);
    assert_eq!(house.watts(), [1_000, 2_000, 0]);
    // The last one leaves nothing at all.
    for index in 0..3 {
        let mut config = house.units[index]
            .bench
            .dimmer
            .config()
            .clone()
            .into_inner();
        config.pool.sharing = Sharing::Thresholds;
        let now = at(house.now_ms);
        let valid = config.validate().unwrap();
        let _ = house.units[index]
            .bench
            .dimmer
            .configure(now, valid)
            .unwrap();
        house.pump();
    }
    house.pass(2_000);
    assert!(house.retained.keys().all(|topic| !topic.contains("/pool/")));
}

#[test]
fn who_comes_later_counts_those_that_are_gone_by_what_the_broker_kept() {
    let mut house = three();
    house.cut(0);
    house.cut(1);
    house.pass(1_000);
    let late = bench::Bench::named("020000000004", 9, |config| {
        config.output.rated_watts = 4_000;
        config.pool.sharing = Sharing::Priority;
    });
    house.units[1].bench = late;
    house.units[1].bench.firing = bench::firing(dimmer::phase::MainsState::Locked);
    house.units[1].bench.now_ms = house.now_ms;
    house.connect(1);
    house.pass(3_000);
    house.asks("20");
    assert_eq!(house.units[1].standing(), Standing::Shared);
    // 20 % of 10 kW, of which 3 are gone; of the two that are there the third has the lower number.
    assert_eq!(house.units[2].watts(), 2_000);
    house.asks("50");
    assert_eq!(
        (house.units[2].watts(), house.units[1].watts()),
        (3_000, 2_000)
    );
}

#[test]
fn turns_are_taken_by_day_and_without_a_day_it_is_said_that_there_are_none() {
    let mut house = House::new(&[1_000, 1_000, 1_000], |_, config| {
        config.pool.sharing = Sharing::Rotating;
    });
    house.asks("{\"watts\":1000}");
    house.pass(1_000);
    assert_eq!(house.watts(), [1_000, 0, 0]);
    assert_eq!(house.errors(0), json!(["pool_no_day"]));
    let mut first = Vec::new();
    for day in 20_400..20_403 {
        for unit in &mut house.units {
            let _ = unit.bench.give(Event::Day(day));
        }
        house.pass(2_000);
        let watts = house.watts();
        assert_eq!(watts.iter().sum::<u32>(), 1_000);
        first.push(watts.iter().position(|watts| *watts == 1_000).unwrap());
    }
    first.sort_unstable();
    assert_eq!(first, [0, 1, 2], "each has its turn");
    assert_eq!(house.errors(0), json!([]));
}

#[test]
fn other_settings_than_those_of_the_first_do_not_hold_and_are_stated() {
    let mut house = House::new(&[1_000, 1_000], |index, config| {
        if index == 1 {
            config.pool.sharing = Sharing::Equal;
        }
    });
    house.asks("50");
    house.pass(1_000);
    assert_eq!(house.watts(), [1_000, 0]);
    assert_eq!(house.errors(0), json!([]));
    assert_eq!(house.errors(1), json!(["pool_sharing_overruled"]));
}

#[test]
fn thresholds_on_the_scale_of_the_pool_know_nobody() {
    let mut house = House::new(&[1_000, 2_000], |index, config| {
        config.pool.sharing = Sharing::Thresholds;
        config.pool.percent_of = PercentOf::Pool;
        config.pool.pool_watts = 4_000;
        config.pool.start_centipercent = [0, 2_500][index];
    });
    house.asks("50");
    assert_eq!(house.watts(), [1_000, 1_000]);
    house.asks("{\"watts\":1500}");
    assert_eq!(house.watts(), [1_000, 500]);
    assert!(house.retained.keys().all(|topic| !topic.contains("/pool/")));
}

#[test]
fn a_share_rises_as_fast_as_it_may_and_falls_at_once() {
    let mut house = House::new(&[1_000], |_, config| {
        config.pool.ramp_centipercent_per_s = 1_000;
    });
    house.asks("100");
    house.pass(5_000);
    let watts = house.watts()[0];
    assert!((450..=550).contains(&watts), "{watts} W after 5 s");
    house.pass(6_000);
    assert_eq!(house.watts(), [1_000]);
    house.asks("10");
    assert_eq!(house.watts(), [100]);
    house.publish("solar-dimmer/020000000001/power/set", b"100", false);
    assert_eq!(house.watts(), [1_000], "commands know no ramp");
}

#[test]
fn garbage_on_the_topics_of_the_pool_is_refused_and_changes_nothing() {
    let mut house = three();
    house.asks("50");
    house.pass(1_000);
    let before = house.watts();
    let now = at(house.now_ms);
    for payload in [&b"{}"[..], b"\xff", b"42", b"{\"boot\":1}"] {
        let effects = house.units[0].bench.dimmer.handle(
            now,
            Event::Message {
                topic: "solar-dimmer/pool/main/020000000002",
                payload,
                retained: false,
            },
        );
        assert!(matches!(effects.incidents[0], Some(Incident::Refused(_))));
    }
    house.pass(1_000);
    assert_eq!(house.watts(), before);
}

#[test]
fn every_trouble_has_a_name_and_a_sentence_in_both_languages_that_fits_the_log() {
    for trouble in PoolTrouble::ALL {
        assert!(trouble.as_str().starts_with("pool_"));
        let [english, french] = [Language::English, Language::French].map(|it| trouble.text(it));
        assert_ne!(english, french);
        assert!(english.len().max(french.len()) <= LOG_TEXT_CAPACITY);
    }
}

#[test]
fn the_list_of_members_costs_what_is_said() {
    let bytes = size_of::<Member<POOL_MEMBERS>>();
    println!("{bytes} bytes for {POOL_MEMBERS} members");
    assert!(bytes <= 8 * 1024, "{bytes}");
}
