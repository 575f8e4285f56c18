//! A shared pool where something is wrong, or somebody comes and goes.

mod bench;
mod house;

use bench::at;
use dimmer::{
    Event, Incident, PoolTrouble,
    pool::{Sharing, Standing},
    safety::Language,
    topics::LOG_TEXT_CAPACITY,
};
use house::House;
use serde_json::json;

/// 1, 2 and 3 kW, in this order.
fn three() -> House {
    House::new(&[1_000, 2_000, 3_000], |_, _| {})
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
fn a_trouble_that_shows_as_a_setpoint_comes_is_told_too_and_once() {
    let mut bench = bench::Bench::with(|config| config.pool.sharing = Sharing::Priority);
    let _ = bench.give(Event::Connected { broker: 1 });
    bench.now_ms = 20_000;
    let deaf = Some(Incident::Pool(PoolTrouble::Deaf));
    let effects = bench.send(bench::COMMON, "50");
    assert!(effects.incidents.contains(&deaf), "{effects:?}");
    let effects = bench.send(bench::COMMON, "50");
    assert!(!effects.incidents.contains(&deaf), "{effects:?}");
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
fn who_goes_to_another_pool_takes_nothing_with_it_of_the_one_before() {
    let mut house = three();
    house.asks("50");
    house.pass(1_000);
    assert_eq!(house.totals()["by"], json!("020000000001"));
    let mut config = house.units[0].bench.dimmer.config().clone().into_inner();
    config.topics.pool.name = "annex".try_into().unwrap();
    let now = at(house.now_ms);
    let valid = config.validate().unwrap();
    let _ = house.units[0].bench.dimmer.configure(now, valid).unwrap();
    assert_eq!(house.units[0].standing(), Standing::Waiting);
    // With what of it is said in the session of before, and in one of its own.
    house.pass(2_000);
    assert_eq!(house.announcement(0), None, "it has left the old one");
    assert_eq!(house.units[0].standing(), Standing::Shared);
    assert_eq!(house.watts(), [500, 2_000, 500], "half of 1 kW, and of 5");
    house.connect(0);
    house.pass(1_000);
    assert_eq!(house.watts(), [500, 2_000, 500]);
    let totals = &house.retained["solar-dimmer/pool/annex/totals"];
    let totals: serde_json::Value = serde_json::from_slice(totals).unwrap();
    assert_eq!(totals["announced"], json!(1));
    assert_eq!(totals["rated_watts"], json!(1_000));
    assert_eq!(house.totals()["announced"], json!(2));
    // And back, in the same start.
    let mut config = house.units[0].bench.dimmer.config().clone().into_inner();
    config.topics.pool.name = "main".try_into().unwrap();
    let now = at(house.now_ms);
    let valid = config.validate().unwrap();
    let _ = house.units[0].bench.dimmer.configure(now, valid).unwrap();
    house.connect(0);
    house.pass(6_000);
    assert_eq!(house.watts(), [1_000, 2_000, 0]);
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
fn the_setpoint_that_is_shown_is_of_what_holds_for_all() {
    let mut house = House::new(&[1_000, 1_000], |index, config| {
        config.pool.pool_watts = [4_000, 8_000][index];
    });
    house.asks("{\"watts\":1000}");
    house.pass(1_000);
    assert_eq!(house.errors(1), json!(["pool_watts_overruled"]));
    for unit in &house.units {
        assert_eq!(unit.bench.state()["setpoint"], json!(25));
    }
    let mut alone = bench::Bench::with(|config| {
        config.output.rated_watts = 2_000;
        config.pool.sharing = Sharing::Priority;
    });
    let _ = alone.send(bench::COMMON, "{\"watts\":1000}");
    assert_eq!(alone.state()["setpoint"], json!(50), "nobody is known yet");
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
fn refused_announcements_are_logged_once_of_each_kind_until_a_good_one_comes() {
    let mut house = three();
    house.pass(1_000);
    let good = house.announcement(1).unwrap();
    let topic = "solar-dimmer/pool/main/020000000009";
    let mut lines = |payload: &[u8]| {
        let since = house.now_ms - 1;
        for _ in 0..5 {
            house.publish(topic, payload, false);
            house.pass(2_000);
        }
        house.count("020000000001/log", since)
    };
    assert_eq!(lines(b"{}"), 1);
    assert_eq!(lines(b"{}"), 0);
    assert_eq!(lines(b"42"), 1, "another kind");
    assert_eq!(lines(b"{}"), 0);
    let mut good = good;
    good["boot"] = json!("0badf00d");
    assert_eq!(lines(good.to_string().as_bytes()), 0);
    assert_eq!(lines(b"{}"), 1);
    let state = house.units[0].bench.state();
    assert_eq!(state["messages"]["refused"], json!(25), "each is counted");
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
fn an_announcement_that_could_not_be_sent_goes_out_later_with_a_sequence_of_its_own() {
    let mut house = three();
    house.pass(1_000);
    let before = house.announcement(0).unwrap()["sequence"].as_u64().unwrap();
    let since = house.now_ms;
    house.units[0].refuses_announcements = true;
    house.pass(6_000);
    assert_eq!(house.count("/020000000001", since), 0);
    house.units[0].refuses_announcements = false;
    house.pass(500);
    assert_eq!(
        house.count("/020000000001", since),
        1,
        "at once, not with the next one"
    );
    let after = house.announcement(0).unwrap()["sequence"].as_u64().unwrap();
    assert!(after > before);
    assert_eq!(house.units[0].standing(), Standing::Shared);
}
