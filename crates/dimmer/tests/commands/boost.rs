//! Boosts: how long, how much, and what ends them.

use super::*;

#[test]
fn a_boost_gives_its_power_until_it_ends_and_nobody_repeats_it() {
    let mut bench = connected();
    let _ = bench.send(&command("boost"), r#"{"minutes":2,"power":60}"#);
    assert_eq!(
        (bench.permitted(), bench.reason()),
        (6_000, Reason::Boosting)
    );
    assert_eq!(
        said(&mut bench, Message::Answer),
        [json!({"command":"boost","applied":2,"unit":"min"})]
    );
    assert_eq!(bench.state()["boost"], 2);
    let _ = bench.pass(61_000);
    assert_eq!(
        (bench.permitted(), &bench.state()["boost"]),
        (6_000, &json!(1))
    );
    let _ = bench.pass(58_900);
    assert_eq!(bench.permitted(), 6_000);
    let _ = bench.pass(200);
    assert_eq!(bench.reason(), Reason::SetpointMissing);
    assert_eq!(bench.state()["boost"], 0);
}

#[test]
fn a_boost_ends_with_its_last_minute_to_the_microsecond() {
    let mut bench = connected();
    let _ = bench.send(&command("boost"), "1");
    bench.go_to(59_999);
    let _ = bench.give(water(Ok(40_000)));
    assert_eq!(
        (bench.permitted(), &bench.state()["boost"]),
        (10_000, &json!(1))
    );
    bench.go_to(60_000);
    assert_eq!((bench.permitted(), &bench.state()["boost"]), (0, &json!(0)));
}

#[test]
fn a_boost_obeys_every_limit_and_is_cancelled() {
    let mut bench = connected();
    let _ = bench.send(&command("boost"), "60");
    assert_eq!(bench.permitted(), 10_000);
    bench.go_to(1_000);
    let _ = bench.give(water(Ok(60_000)));
    assert_eq!(bench.permitted(), 0);
    let _ = bench.send(&command("boost"), "cancel");
    bench.go_to(2_000);
    let _ = bench.give(water(Ok(50_000)));
    assert_eq!(bench.reason(), Reason::ProbeImplausible, "it fell too fast");
    bench.go_to(10_000);
    let _ = bench.give(water(Ok(50_000)));
    assert_eq!(bench.reason(), Reason::SetpointMissing);
}

#[test]
fn a_clock_that_goes_back_ends_a_boost() {
    let mut bench = connected();
    bench.go_to(600_000);
    let _ = bench.give(water(Ok(40_000)));
    let _ = bench.send(&command("boost"), "60");
    assert_eq!(bench.permitted(), 10_000);
    bench.go_to(1_000);
    let _ = bench.give(water(Ok(40_000)));
    assert_eq!(bench.reason(), Reason::SetpointMissing);
}

#[test]
fn a_boost_is_held_to_the_highest_power_and_ends_with_off() {
    let mut bench = Bench::with(|config| config.pool.maximum_centipercent = 5_000);
    let _ = bench.send(&command("boost"), "60");
    assert_eq!(bench.permitted(), 5_000);
    let _ = bench.send(OWN, "OFF");
    assert_eq!((bench.permitted(), &bench.state()["boost"]), (0, &json!(0)));
}
