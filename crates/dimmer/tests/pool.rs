//! Several dimmers that share one setpoint, each with nothing but what it hears.

mod bench;
mod house;

use dimmer::{
    Event, FiringFault, POOL_MEMBERS,
    phase::Level,
    pool::{Member, NumberIs, PercentOf, Sharing, Standing},
    safety::Reason,
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
    assert_eq!(house.totals()["asked_watts"], json!(null));
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
fn who_has_a_gate_that_fails_hands_its_share_on_until_it_has_been_well_for_ten_seconds() {
    let mut house = three();
    house.asks("50");
    house.pass(1_000);
    assert_eq!(house.watts(), [1_000, 2_000, 0]);
    house.units[1].bench.firing.fault = Some(FiringFault::Gate);
    house.units[1].bench.firing.fed = Level::OFF;
    house.pass(1_000);
    assert_eq!(house.announcement(1).unwrap()["available_watts"], json!(0));
    assert_eq!(house.watts(), [1_000, 0, 2_000]);
    house.units[1].bench.firing.fault = None;
    house.pass(9_000);
    assert_eq!(house.announcement(1).unwrap()["available_watts"], json!(0));
    assert_eq!(house.watts(), [1_000, 0, 2_000]);
    house.pass(2_000);
    assert_eq!(house.watts(), [1_000, 2_000, 0]);
}

#[test]
fn who_is_asked_alone_leaves_the_common_setpoint_to_the_others_until_it_comes_again() {
    let mut house = three();
    house.asks("50");
    house.pass(1_000);
    assert_eq!(house.watts(), [1_000, 2_000, 0]);
    house.publish("solar-dimmer/020000000002/power/set", b"25", false);
    house.pass(1_000);
    assert_eq!(house.announcement(1).unwrap()["available_watts"], json!(0));
    assert_eq!(house.watts(), [1_000, 500, 2_000]);
    house.pass(5_000);
    let announcement = house.announcement(1).unwrap();
    assert_eq!(announcement["available_watts"], json!(2_000));
    assert_eq!(house.watts(), [1_000, 2_000, 0]);
    // One that is too old binds nobody any more.
    house.setpoint = None;
    house.publish("solar-dimmer/020000000002/power/set", b"25", false);
    house.pass(61_000);
    let announcement = house.announcement(1).unwrap();
    assert_eq!(announcement["available_watts"], json!(2_000));
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
fn the_list_of_members_costs_what_is_said() {
    let bytes = size_of::<Member<POOL_MEMBERS>>();
    println!("{bytes} bytes for {POOL_MEMBERS} members");
    assert!(bytes <= 5 * 1024, "{bytes}");
}
