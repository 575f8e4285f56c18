//! Every scenario under `scenarios/`, each a test with its name; and some runs of the campaign.
#![expect(
    clippy::unwrap_used,
    reason = "a file that cannot be read fails its test"
)]

use dimmer_faults::{Campaign, Scenario, generate, run, shrink};

fn play(name: &str) {
    let path = format!("{}/scenarios/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap();
    let scenario = Scenario::read(&text).unwrap();
    assert_eq!(run(&scenario), None, "{}", scenario.about);
}

macro_rules! scenarios {
    ($($name:ident)*) => {
        $(#[test] fn $name() { play(stringify!($name)); })*

        const NAMES: &[&str] = &[$(stringify!($name)),*];
    };
}

scenarios! {
    found_1_no_probe_is_not_zero_degrees
    found_2_a_constant_setpoint_stays_alive
    found_3_a_dead_publisher_expires
    regression_a_report_of_a_clock_that_went_back_is_forgotten
    regression_an_order_that_ran_out_begins_softly
    regression_it_goes_on_telling_after_the_clock_went_back
    wish_14_a_reset_alarm_lets_it_heat_again
    wish_15_it_says_why_it_is_off
    wish_16_the_minimum_temperature_survives_the_router
    wish_1_the_limit_really_holds
    wish_2_nothing_before_the_first_reading
    wish_3_impossible_readings_decide_nothing
    wish_4_a_flaky_probe_is_told_and_stops_the_heater
    wish_5_it_is_there_again_after_the_broker_was_gone
}

#[test]
fn every_file_is_a_test() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios");
    let mut found: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    found.sort();
    assert_eq!(found, NAMES);
}

#[test]
fn a_few_hundred_random_runs_break_no_invariant() {
    let campaign = Campaign {
        seed: 1,
        runs: 400,
        threads: 2,
    };
    let found = campaign.run(|_| {});
    assert_eq!(found.seed, None);
    assert_eq!(found.progress.runs, 400);
    assert!(found.progress.exact > 10, "some on the whole plant");
}

#[test]
fn a_run_is_the_same_when_it_is_written_and_read() {
    for seed in 0..200 {
        let scenario = generate(seed);
        let read = Scenario::read(&scenario.write()).unwrap();
        assert_eq!(read.steps, scenario.steps, "seed {seed}");
        assert_eq!(read, scenario, "seed {seed}");
    }
}

#[test]
fn what_is_expected_and_not_seen_is_a_violation() {
    let text =
        "[[step]]\nat_s = 0\nsetpoint_percent = 50\n[[expect]]\nat_s = 5\nreason = 'switched_off'";
    let violation = run(&Scenario::read(text).unwrap()).unwrap();
    assert_eq!((violation.invariant, violation.at_ms), ("E", 5_000));
    assert!(violation.what.contains("following"), "{}", violation.what);
}

#[test]
fn what_is_wrong_in_a_file_is_told() {
    for (text, words) in [
        (
            "[[step]]\nsetpoint_percent = 5",
            "step 1 in line 1: there is no at_s; write when",
        ),
        (
            "[[step]]\nat_s = 'soon'",
            "at_s is \"soon\"; write when, in seconds from 0 to 86400",
        ),
        (
            "\n[[step]]\nat_s = 1",
            "step 1 in line 2: nothing is done; write what",
        ),
        (
            "[[step]]\nat_s = 9\nboost = 'cancel'\n\n[[step]]\nat_s = 99\nperson = 'off'",
            "step 2 in line 5: it is at 99000 ms, after the end",
        ),
        (
            "about = 'x'\n[[expect]]\nat_s = 9\nuntil_s = 8",
            "expect 1 in line 2: until_s is before at_s",
        ),
        (
            "[[expect]]\nat_s = 99",
            "expect 1 in line 1: it looks at 99 s, after the end",
        ),
        ("[surroundings]\nseeds = 1", "line 2, column 1"),
        ("[[step]]\nat_s = 1\nprobe = 'gone'", "not `gone`"),
        (
            "[[step]]\nat_s = 1\ntea = 'hot'",
            "nothing is known by the name of `tea`; a step has probe, heat_sink_probe",
        ),
        (
            "[config.safety]\nwater_limit_millicelsius = 1",
            "config.safety.water_limit_millicelsius",
        ),
        ("[[expect]]\nreason = 'following'", "at_s"),
    ] {
        let error = format!("{:#}", Scenario::read(text).unwrap_err());
        assert!(error.contains(words), "{text}: {error}");
    }
}

#[test]
fn the_example_in_the_readme_is_a_scenario() {
    let manual = include_str!("../README.md");
    let (_, example) = manual.split_once("```toml\n").unwrap();
    let (example, _) = example.split_once("```").unwrap();
    assert_eq!(run(&Scenario::read(example).unwrap()), None);
}

#[test]
fn a_violation_is_shrunk_to_what_brings_it_about() {
    let text = "
        [config.safety]
        maximum_centipercent = 7000
        [surroundings]
        duration_ms = 20000
        [[step]]
        at_s = 1.234
        setpoint_percent = 50
        [[step]]
        at_s = 2
        flood = 20
        [[step]]
        at_s = 3
        mains = 'lost'
        [[step]]
        at_s = 4.2
        mains = 'back'
        [[expect]]
        at_s = 1
        until_s = 20
        reason = 'setpoint_missing'";
    let (short, violation) = shrink(&Scenario::read(text).unwrap()).unwrap();
    assert_eq!((short.steps.len(), violation.invariant), (1, "E"));
    assert_eq!(short.config.safety, Scenario::default().config.safety);
    assert!(short.surroundings.duration_ms < 2_000, "{violation:?}");
    assert_eq!(run(&short), Some(violation));
}
