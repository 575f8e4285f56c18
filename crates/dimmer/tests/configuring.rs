//! Another configuration, while the dimmer runs.
#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test is a failed test"
)]

mod bench;

use bench::{Bench, COMMON, OWN, at, published, water};
use dimmer::{
    Effects, Event, Sending,
    config::Config,
    safety::{AlarmKind, AlarmSet, ProbeFault, Reason, Role},
    topics::{Discovery, Entity, Message, SettingsError},
};

fn configure(
    bench: &mut Bench,
    change: impl FnOnce(&mut Config),
) -> Result<Effects, SettingsError> {
    let mut config = bench.dimmer.config().clone().into_inner();
    change(&mut config);
    let now = at(bench.now_ms);
    bench.dimmer.configure(now, config.validate().unwrap())
}

#[test]
fn a_new_limit_holds_at_once() {
    let mut bench = Bench::new();
    let _ = bench.send(OWN, "100");
    assert_eq!(bench.permitted(), 10_000);
    let effects = configure(&mut bench, |config| {
        config.safety.water_limit_millicelsius = 39_000;
        config.safety.water_resume_millicelsius = 35_000;
    })
    .unwrap();
    assert_eq!(effects.order.level.centipercent(), 0);
    assert_eq!(bench.reason(), Reason::WaterTooHot);
}

#[test]
fn changed_settings_of_the_dimmer_make_no_input_fresher() {
    let mut bench = Bench::with(|config| config.safety.setpoint_maximum_age_s = 10);
    let _ = bench.send(OWN, "100");
    let _ = bench.pass(9_000);
    let _ = configure(&mut bench, |config| {
        config.pool.maximum_centipercent = 6_000
    })
    .unwrap();
    assert_eq!(bench.permitted(), 6_000, "the share is the new one at once");
    let _ = bench.pass(1_001);
    assert_eq!(bench.reason(), Reason::SetpointStale);
    let _ = configure(&mut bench, |config| {
        config.safety.setpoint_maximum_age_s = 600
    })
    .unwrap();
    assert_eq!(bench.reason(), Reason::SetpointStale);
    bench.now_ms += 31_000;
    let _ = bench.report();
    assert_eq!(bench.reason(), Reason::ProbeStale);
    let _ = configure(&mut bench, |config| config.safety.water_maximum_age_s = 600).unwrap();
    assert_eq!(bench.reason(), Reason::ProbeStale);
}

#[test]
fn a_share_of_the_common_setpoint_follows_its_new_thresholds() {
    let mut bench = Bench::new();
    let _ = bench.send(COMMON, "80");
    assert_eq!(bench.permitted(), 8_000);
    let _ = configure(&mut bench, |config| {
        config.pool.start_centipercent = 5_000;
        config.pool.full_centipercent = Some(15_000);
    })
    .unwrap();
    assert_eq!(bench.permitted(), 3_000);
}

#[test]
fn a_latched_alarm_stays_whatever_the_settings_become() {
    let mut bench = Bench::new();
    let latched = AlarmSet::EMPTY.with(AlarmKind::WaterOverTemperature);
    bench.dimmer.restore_alarms(latched);
    let _ = bench.send(OWN, "100");
    let _ = configure(&mut bench, |config| {
        config.safety.water_limit_millicelsius = 80_000;
        config.safety.water_resume_millicelsius = 74_000;
    })
    .unwrap();
    assert_eq!(bench.reason(), Reason::AlarmLatched);
}

#[test]
fn what_is_refused_changes_nothing() {
    let mut bench = Bench::new();
    let _ = bench.send(OWN, "100");
    let error = configure(&mut bench, |config| {
        config.topics.follow = OWN.try_into().unwrap();
        config.safety.maximum_centipercent = 1_000;
    })
    .unwrap_err();
    assert_eq!(error.field, "follow");
    assert_eq!(bench.dimmer.config().topics.follow, COMMON);
    assert_eq!(bench.permitted(), 10_000);
}

#[test]
fn a_topic_that_is_followed_no_longer_steers_no_longer() {
    let mut bench = Bench::new();
    let _ = bench.send(COMMON, "80");
    let _ = configure(&mut bench, |config| {
        config.topics.follow = "another/router".try_into().unwrap();
    })
    .unwrap();
    assert_eq!(bench.reason(), Reason::SetpointMissing);
    let _ = bench.send(COMMON, "80");
    assert_eq!(bench.permitted(), 0);
    let _ = bench.send("another/router", "70");
    assert_eq!(bench.permitted(), 7_000);
}

#[test]
fn a_temperature_from_another_source_is_awaited_anew() {
    let mut bench = Bench::new();
    let _ = bench.send(OWN, "100");
    let _ = configure(&mut bench, |config| {
        config.probes.water = false;
        config.topics.temperature.water.topic = "home/tank".try_into().unwrap();
    })
    .unwrap();
    assert_eq!(bench.reason(), Reason::ProbeStale);
    let _ = bench.give(water(Ok(41_000)));
    assert_eq!(
        bench.reason(),
        Reason::ProbeStale,
        "the probe counts no longer"
    );
    let _ = bench.send("home/tank", "42");
    assert_eq!(bench.permitted(), 10_000);
    let now = at(bench.now_ms);
    assert_eq!(bench.dimmer.overview(now).water_millicelsius, Some(42_000));
}

#[test]
fn what_the_own_probe_measured_is_still_shared_when_another_source_changes() {
    let share = |config: &mut Config| {
        config.topics.temperature.share.topic = "home/shared".try_into().unwrap();
    };
    let mut bench = Bench::with(share);
    assert_eq!(bench.payload(Message::SharedTemperature), "40");
    let _ = configure(&mut bench, |config| config.probes.heat_sink = true).unwrap();
    assert_eq!(bench.payload(Message::SharedTemperature), "40");
}

#[test]
fn other_topics_are_announced_and_other_limits_are_not() {
    let mut bench = Bench::new();
    let _ = bench.give(Event::Connected { broker: 1 });
    let _ = bench.sent();
    let _ = bench.pass(2_000);
    let _ = bench.sent();
    let effects = configure(&mut bench, |config| {
        config.name = "Cellar".try_into().unwrap();
    })
    .unwrap();
    assert!(effects.to_send);
    assert_eq!(bench.sent(), published());
    let _ = configure(&mut bench, |config| {
        config.safety.maximum_centipercent = 900
    })
    .unwrap();
    let _ = bench.pass(1_000);
    let sent = bench.sent();
    assert!(sent.contains(&Message::State) && !sent.contains(&Message::Availability));
}

/// A dimmer that is online, and has said all.
fn spoken() -> Bench {
    let mut bench = Bench::new();
    let _ = bench.give(Event::Connected { broker: 1 });
    let _ = bench.sent();
    bench
}

fn prefix(bench: &mut Bench, prefix: &str) {
    let _ = configure(bench, |config| {
        config.topics.prefix = prefix.try_into().unwrap();
    })
    .unwrap();
}

/// What is taken off the topics of before, with where that is.
fn farewells(bench: &mut Bench) -> Vec<(Sending, String)> {
    let all = std::iter::from_fn(|| bench.dimmer.take_farewell());
    let all: Vec<_> = all.collect();
    all.into_iter()
        .map(|sending| (sending, bench.dimmer.topic(sending).to_string()))
        .collect()
}

fn under(prefix: &str, farewells: &[(Sending, String)]) -> usize {
    let start = format!("{prefix}/");
    let all = farewells.iter();
    all.filter(|(_, topic)| topic.starts_with(&start)).count()
}

#[test]
fn two_changes_of_the_prefix_within_one_delivery_leave_nothing_on_either() {
    let mut bench = spoken();
    prefix(&mut bench, "second");
    let first = farewells(&mut bench);
    assert!(first.len() > 20 && under("solar-dimmer", &first) == first.len());
    let (undelivered, delivered) = first.split_at(7);
    for (sending, _) in delivered {
        bench.dimmer.answered(*sending);
    }
    // The next session has said something already.
    assert!(bench.sent().contains(&Message::Availability));
    prefix(&mut bench, "third");
    for (sending, topic) in undelivered {
        assert_eq!(bench.dimmer.topic(*sending), topic.as_str());
        bench.dimmer.give_back(*sending);
    }
    let both = farewells(&mut bench);
    for (_, topic) in undelivered {
        assert!(both.iter().any(|(_, other)| other == topic), "{topic}");
    }
    assert_eq!(under("second", &both), first.len());
    assert_eq!(under("third", &both), 0);
    for (sending, _) in both {
        bench.dimmer.answered(sending);
    }
    // Delivered, it is over.
    let _ = bench.sent();
    prefix(&mut bench, "fourth");
    let last = farewells(&mut bench);
    assert_eq!(under("third", &last), last.len());
}

#[test]
fn a_second_change_before_the_first_farewell_begins_leaves_nothing_either() {
    let mut bench = spoken();
    prefix(&mut bench, "second");
    let one = bench.dimmer.take().unwrap();
    assert!(matches!(one, Sending::LeaveBehind { .. }));
    prefix(&mut bench, "third");
    let count = under("solar-dimmer", &farewells(&mut bench));
    assert!(count > 20);
    // Nothing was said on the second.
    prefix(&mut bench, "fourth");
    let again = farewells(&mut bench);
    assert_eq!(under("second", &again) + under("third", &again), 0);
}

#[test]
fn what_is_in_force_again_is_not_taken_off() {
    let mut bench = spoken();
    prefix(&mut bench, "second");
    let first = farewells(&mut bench);
    prefix(&mut bench, "solar-dimmer");
    for (sending, _) in &first {
        bench.dimmer.give_back(*sending);
    }
    assert_eq!(farewells(&mut bench), []);
    // It has been spoken on, in the first place.
    prefix(&mut bench, "third");
    assert_eq!(under("solar-dimmer", &farewells(&mut bench)), first.len());
}

#[test]
fn what_was_obsolete_and_is_announced_now_is_not_taken_off_again() {
    let mut bench = Bench::with(|config| config.topics.homeassistant.discovery = Discovery::Off);
    let _ = bench.give(Event::Connected { broker: 1 });
    let message = Message::Discovery(Entity::Energy);
    let one = Sending::Withdraw(message);
    assert!(std::iter::from_fn(|| bench.dimmer.take()).any(|taken| taken == one));
    let _ = configure(&mut bench, |config| {
        config.topics.homeassistant.discovery = Discovery::PerComponent;
    })
    .unwrap();
    bench.dimmer.give_back(one);
    let all: Vec<_> = std::iter::from_fn(|| bench.dimmer.take()).collect();
    assert!(!all.contains(&one));
    assert!(all.contains(&Sending::Say(message)));
}

#[test]
fn the_new_interval_counts_from_now() {
    let mut bench = Bench::with(|config| config.topics.interval_s = 600);
    let _ = bench.give(Event::Connected { broker: 1 });
    let _ = bench.pass(5_000);
    let _ = configure(&mut bench, |config| config.topics.interval_s = 10).unwrap();
    let _ = bench.pass(2_000);
    let _ = bench.sent();
    let _ = bench.pass(10_500);
    assert!(bench.sent().contains(&Message::Frequency));
}

#[test]
fn a_probe_that_is_lost_stays_lost_and_a_role_that_is_new_is_required_at_once() {
    let mut bench = Bench::new();
    let _ = bench.send(OWN, "100");
    let _ = configure(&mut bench, |config| {
        config.probes.heat_sink = true;
        config.safety.heat_sink_probe = dimmer::safety::ProbeUse::Required;
    })
    .unwrap();
    assert_eq!(bench.reason(), Reason::HeatSinkProbeLost);
    let _ = bench.give(Event::Temperature {
        role: Role::HeatSink,
        reading: Err(ProbeFault::Absent),
    });
    assert_eq!(bench.reason(), Reason::HeatSinkProbeLost);
    let _ = bench.give(Event::Temperature {
        role: Role::HeatSink,
        reading: Ok(30_000),
    });
    assert_eq!(bench.permitted(), 10_000);
}

#[test]
fn another_probe_that_reads_warmer_is_no_heater_that_warms_while_off() {
    let mut bench = Bench::with(|config| config.safety.off_rise_millicelsius = 5_000);
    bench.go_to(1_000);
    let _ = bench.pass(200_000);
    let _ = configure(&mut bench, |config| {
        config.probes.water = false;
        config.topics.temperature.water.topic = "home/tank".try_into().unwrap();
    })
    .unwrap();
    let _ = bench.send("home/tank", "52");
    let overview = bench.dimmer.overview(at(bench.now_ms));
    assert_eq!(overview.critical, AlarmSet::EMPTY);
    assert_eq!(overview.water_millicelsius, Some(52_000));
}

#[test]
fn a_changed_setting_does_not_hide_that_the_water_is_far_too_hot() {
    let mut bench = Bench::with(|config| {
        config.safety.water_maximum_rate_millicelsius_per_minute = 0;
    });
    bench.go_to(2_000);
    let _ = bench.give(water(Ok(70_000)));
    let _ = configure(&mut bench, |config| {
        config.safety.maximum_centipercent = 900
    })
    .unwrap();
    bench.go_to(4_000);
    let _ = bench.give(water(Ok(70_000)));
    let critical = bench.dimmer.overview(at(bench.now_ms)).critical;
    assert!(critical.contains(AlarmKind::WaterOverTemperature));
}
