//! The share of a common setpoint: the customer's example, the settings' meaning, and what holds for any setpoint.

use dimmer_pool::{PercentOf, SETPOINT_LIMIT_CENTIPERCENT, Setpoint, Settings, Share, Thresholds};
use proptest::prelude::*;

fn member(settings: Settings) -> Thresholds {
    assert_eq!(settings.validate(), Ok(()));
    Thresholds::new(settings, 2_000)
}

fn starting_at(start_centipercent: i32) -> Thresholds {
    member(Settings {
        start_centipercent,
        ..Settings::default()
    })
}

fn shares(member: &mut Thresholds, setpoints: &[i32]) -> Vec<u16> {
    setpoints
        .iter()
        .map(|&setpoint| {
            member
                .share(Setpoint::Centipercent(setpoint))
                .centipercent()
        })
        .collect()
}

#[test]
fn the_first_runs_from_0_and_the_second_from_50() {
    let mut first = starting_at(0);
    let mut second = starting_at(5_000);
    let table = [
        (0, 0, 0),
        (2_500, 2_500, 0),
        (5_000, 5_000, 0),
        (7_500, 7_500, 2_500),
        (10_000, 10_000, 5_000),
        (15_000, 10_000, 10_000),
    ];
    for (setpoint, of_first, of_second) in table {
        assert_eq!(shares(&mut first, &[setpoint]), [of_first], "{setpoint}");
        assert_eq!(shares(&mut second, &[setpoint]), [of_second], "{setpoint}");
    }
}

#[test]
fn in_watts_the_whole_setpoint_is_the_rated_power_of_this_dimmer() {
    let mut first = starting_at(0);
    let mut second = starting_at(5_000);
    for (watts, of_first, of_second) in [
        (0, 0, 0),
        (900, 4_500, 0),
        (1_000, 5_000, 0),
        (1_500, 7_500, 2_500),
        (3_000, 10_000, 10_000),
    ] {
        assert_eq!(first.share(Setpoint::Watts(watts)).centipercent(), of_first);
        assert_eq!(
            second.share(Setpoint::Watts(watts)).centipercent(),
            of_second
        );
    }
}

/// On the scale of a pool of 10 kW.
fn of_a_pool(settings: Settings, rated_watts: u32) -> Thresholds {
    let settings = Settings {
        percent_of: PercentOf::Pool,
        pool_watts: 10_000,
        ..settings
    };
    assert_eq!(settings.validate(), Ok(()));
    Thresholds::new(settings, rated_watts)
}

#[test]
fn percent_of_the_pool_makes_the_line_as_long_as_this_dimmer_is_of_it() {
    let settings = Settings {
        start_centipercent: 2_000,
        ..Settings::default()
    };
    let mut second = of_a_pool(settings, 3_000);
    assert_eq!(
        shares(&mut second, &[2_000, 2_300, 3_500, 5_000, 9_000]),
        [0, 1_000, 5_000, 10_000, 10_000]
    );
    // A full of its own is a point on the same scale.
    let mut flat = of_a_pool(
        Settings {
            full_centipercent: Some(10_000),
            ..settings
        },
        3_000,
    );
    assert_eq!(shares(&mut flat, &[6_000, 10_000]), [5_000, 10_000]);
}

#[test]
fn on_the_scale_of_the_pool_watts_are_exact_to_the_watt_for_a_small_dimmer() {
    let mut small = of_a_pool(
        Settings {
            start_centipercent: 5_000,
            ..Settings::default()
        },
        200,
    );
    // A hundredth of a percent of the pool is a watt; of this dimmer, that is half a percent.
    for (watts, share) in [(5_000, 0), (5_001, 50), (5_100, 5_000), (5_200, 10_000)] {
        assert_eq!(small.share(Setpoint::Watts(watts)).centipercent(), share);
    }
    assert!(small.share(Setpoint::Watts(-1)).is_off());
    assert!(
        of_a_pool(Settings::default(), 0)
            .share(Setpoint::Watts(9_000))
            .is_off()
    );
}

#[test]
fn however_wide_its_hysteresis_a_small_dimmer_of_a_large_pool_works_at_its_full_setpoint() {
    let mut small = of_a_pool(
        Settings {
            start_hysteresis_centipercent: 1_000,
            ..Settings::default()
        },
        200,
    );
    assert_eq!(
        shares(&mut small, &[199, 200, 100, 0, 100]),
        [0, 10_000, 5_000, 0, 0]
    );
}

#[test]
fn dimmers_of_any_size_one_after_the_other_take_the_whole_setpoint_of_their_pool() {
    let mut start_centipercent = 0;
    let mut line: Vec<Thresholds> = [2_000, 1_000, 3_000, 1_500, 2_500]
        .into_iter()
        .map(|rated_watts| {
            let settings = Settings {
                start_centipercent,
                ..Settings::default()
            };
            start_centipercent += i32::try_from(rated_watts).unwrap();
            of_a_pool(settings, rated_watts)
        })
        .collect();
    for watts in (0..=10_000).step_by(250) {
        let taken: u32 = line
            .iter_mut()
            .map(|dimmer| {
                let share = dimmer.share(Setpoint::Watts(watts));
                share.watts(dimmer.rated_watts())
            })
            .sum();
        assert!(
            taken.abs_diff(u32::try_from(watts).unwrap()) <= 1,
            "{taken} of {watts} W"
        );
    }
}

#[test]
fn watts_for_a_load_of_unknown_power_are_off() {
    let mut unknown = Thresholds::new(Settings::default(), 0);
    assert!(unknown.share(Setpoint::Watts(2_000)).is_off());
    assert!(unknown.direct(Setpoint::Watts(2_000)).is_off());
    assert_eq!(
        unknown.share(Setpoint::Centipercent(100)).centipercent(),
        100
    );
    unknown.set_rated_watts(1_000);
    assert_eq!(unknown.rated_watts(), 1_000);
    assert_eq!(unknown.share(Setpoint::Watts(250)).centipercent(), 2_500);
}

#[test]
fn a_third_of_the_load_is_rounded_down() {
    let mut third = Thresholds::new(Settings::default(), 3_000);
    let share = third.share(Setpoint::Watts(1_000));
    assert_eq!(share.centipercent(), 3_333);
    assert_eq!(share.watts(3_000), 999);
}

#[test]
fn a_negative_setpoint_is_off() {
    let mut first = starting_at(0);
    for setpoint in [-1, -10_000, i32::MIN] {
        assert!(first.share(Setpoint::Centipercent(setpoint)).is_off());
        assert!(first.share(Setpoint::Watts(setpoint)).is_off());
        assert!(first.direct(Setpoint::Centipercent(setpoint)).is_off());
        assert!(first.direct(Setpoint::Watts(setpoint)).is_off());
    }
}

#[test]
fn a_full_of_its_own_makes_the_line_steeper_or_flatter() {
    let mut steep = member(Settings {
        start_centipercent: 2_000,
        full_centipercent: Some(4_000),
        ..Settings::default()
    });
    assert_eq!(
        shares(&mut steep, &[2_000, 2_500, 3_000, 4_000, 9_000]),
        [0, 2_500, 5_000, 10_000, 10_000]
    );
    let mut flat = member(Settings {
        full_centipercent: Some(40_000),
        ..Settings::default()
    });
    assert_eq!(
        shares(&mut flat, &[0, 10_000, 20_000, 40_000]),
        [0, 2_500, 5_000, 10_000]
    );
}

#[test]
fn below_the_minimum_is_off_and_above_the_maximum_is_held() {
    let mut bounded = member(Settings {
        minimum_centipercent: 1_000,
        maximum_centipercent: 8_000,
        ..Settings::default()
    });
    assert_eq!(
        shares(&mut bounded, &[1, 999, 1_000, 7_999, 8_000, 8_001, 10_000]),
        [0, 0, 1_000, 7_999, 8_000, 8_000, 8_000]
    );
}

#[test]
fn with_hysteresis_it_starts_late_and_follows_down_to_its_start() {
    let mut second = member(Settings {
        start_centipercent: 5_000,
        start_hysteresis_centipercent: 300,
        ..Settings::default()
    });
    assert_eq!(
        shares(
            &mut second,
            &[5_001, 5_300, 5_301, 5_150, 5_001, 5_000, 5_300, 5_301]
        ),
        [0, 0, 301, 150, 1, 0, 0, 301]
    );
}

#[test]
fn the_hysteresis_holds_at_the_minimum_too() {
    let mut first = member(Settings {
        minimum_centipercent: 1_000,
        start_hysteresis_centipercent: 200,
        ..Settings::default()
    });
    assert_eq!(
        shares(&mut first, &[1_199, 1_200, 1_000, 999, 1_100, 1_200]),
        [0, 1_200, 1_000, 0, 0, 1_200]
    );
}

#[test]
fn a_direct_command_knows_no_threshold_but_minimum_and_maximum() {
    let member = member(Settings {
        start_centipercent: 5_000,
        start_hysteresis_centipercent: 300,
        minimum_centipercent: 1_000,
        maximum_centipercent: 8_000,
        ..Settings::default()
    });
    for (asked, given) in [
        (0, 0),
        (999, 0),
        (1_000, 1_000),
        (4_250, 4_250),
        (9_000, 8_000),
        (i32::MAX, 8_000),
    ] {
        assert_eq!(
            member.direct(Setpoint::Centipercent(asked)).centipercent(),
            given
        );
    }
    assert_eq!(member.direct(Setpoint::Watts(900)).centipercent(), 4_500);
}

#[test]
fn changed_settings_hold_from_the_next_setpoint_and_a_running_dimmer_goes_on() {
    let mut dimmer = starting_at(0);
    assert_eq!(shares(&mut dimmer, &[5_100]), [5_100]);
    let settings = Settings {
        start_centipercent: 5_000,
        start_hysteresis_centipercent: 300,
        ..Settings::default()
    };
    dimmer.set_settings(settings);
    assert_eq!(*dimmer.settings(), settings);
    assert_eq!(shares(&mut dimmer, &[5_100]), [100]);
}

#[test]
fn invalid_settings_keep_it_off() {
    let invalid = Settings {
        start_centipercent: 5_000,
        full_centipercent: Some(5_000),
        ..Settings::default()
    };
    let mut dimmer = Thresholds::new(invalid, 2_000);
    assert!(dimmer.share(Setpoint::Centipercent(i32::MAX)).is_off());
    assert!(dimmer.direct(Setpoint::Centipercent(10_000)).is_off());
    dimmer.set_settings(Settings::default());
    assert_eq!(shares(&mut dimmer, &[4_200]), [4_200]);
    dimmer.set_settings(invalid);
    assert_eq!(shares(&mut dimmer, &[4_200]), [0]);
    // It was off, so it starts as one that is off.
    dimmer.set_settings(Settings {
        start_hysteresis_centipercent: 300,
        ..Settings::default()
    });
    assert_eq!(shares(&mut dimmer, &[200, 301]), [0, 301]);
}

#[test]
fn a_share_in_watts_never_exceeds_the_load() {
    assert_eq!(Share::OFF.watts(u32::MAX), 0);
    assert_eq!(Share::FULL.watts(u32::MAX), u32::MAX);
    assert_eq!(Share::FULL.watts(2_200), 2_200);
}

fn settings() -> impl Strategy<Value = Settings> {
    (
        0..=SETPOINT_LIMIT_CENTIPERCENT,
        prop::option::of(1..=SETPOINT_LIMIT_CENTIPERCENT),
        0_u16..=2_000,
        0_u16..=10_000,
        1_u16..=10_000,
    )
        .prop_map(|(start, span, hysteresis, minimum, maximum)| Settings {
            start_centipercent: start,
            full_centipercent: span.map(|span| start.saturating_add(span)),
            start_hysteresis_centipercent: hysteresis,
            minimum_centipercent: minimum,
            maximum_centipercent: maximum,
            ..Settings::default()
        })
        .prop_filter("valid", |settings| settings.validate().is_ok())
}

/// Settings near the setpoints that people use, so that the interesting points are hit.
fn common_settings() -> impl Strategy<Value = Settings> {
    (0..=20_000, 1_000..=20_000, 0_u16..=1_000, 0_u16..=3_000)
        .prop_map(|(start, span, hysteresis, minimum)| Settings {
            start_centipercent: start,
            full_centipercent: Some(start + span),
            start_hysteresis_centipercent: hysteresis,
            minimum_centipercent: minimum,
            ..Settings::default()
        })
        .prop_filter("valid", |settings| settings.validate().is_ok())
}

fn setpoint() -> impl Strategy<Value = Setpoint> {
    prop_oneof![
        any::<i32>().prop_map(Setpoint::Centipercent),
        any::<i32>().prop_map(Setpoint::Watts),
        (0..40_000).prop_map(Setpoint::Centipercent),
    ]
}

proptest! {
    #[test]
    fn a_share_is_off_or_within_minimum_and_maximum(
        settings in settings(),
        rated_watts: u32,
        setpoints in prop::collection::vec(setpoint(), 1..20),
    ) {
        let mut member = Thresholds::new(settings, rated_watts);
        for setpoint in setpoints {
            for share in [member.share(setpoint), member.direct(setpoint)] {
                prop_assert!(
                    share.is_off()
                        || (settings.minimum_centipercent..=settings.maximum_centipercent)
                            .contains(&share.centipercent())
                );
            }
        }
    }

    #[test]
    fn any_settings_and_setpoint_at_all_are_survived(
        start: i32, full: Option<i32>, hysteresis: u16, minimum: u16, maximum: u16,
        rated_watts: u32, setpoint in setpoint(),
    ) {
        let settings = Settings {
            start_centipercent: start,
            full_centipercent: full,
            start_hysteresis_centipercent: hysteresis,
            minimum_centipercent: minimum,
            maximum_centipercent: maximum,
            ..Settings::default()
        };
        let mut member = Thresholds::new(settings, rated_watts);
        prop_assert!(member.share(setpoint).centipercent() <= 10_000);
        prop_assert!(member.direct(setpoint).centipercent() <= 10_000);
    }

    #[test]
    fn more_setpoint_is_never_less_share(
        settings in settings(), rated_watts: u32, low: i32, high: i32, watts: bool, before in setpoint(),
    ) {
        let (low, high) = (low.min(high), low.max(high));
        let wrap = if watts { Setpoint::Watts } else { Setpoint::Centipercent };
        let mut member = Thresholds::new(settings, rated_watts);
        let _ = member.share(before);
        let mut same = member.clone();
        prop_assert!(member.share(wrap(low)) <= same.share(wrap(high)));
        prop_assert!(member.direct(wrap(low)) <= member.direct(wrap(high)));
        // And from one to the other, up and down.
        let at_low = member.share(wrap(low));
        let at_high = member.share(wrap(high));
        prop_assert!(at_low <= at_high);
        prop_assert!(member.share(wrap(low)) <= at_high);
    }

    #[test]
    fn a_dimmer_without_a_maximum_is_full_at_its_full_setpoint(settings in settings()) {
        let mut member = Thresholds::new(Settings { maximum_centipercent: 10_000, ..settings }, 1_000);
        let full = Setpoint::Centipercent(settings.full_setpoint_centipercent());
        prop_assert_eq!(member.share(full), Share::FULL);
        let start = Setpoint::Centipercent(settings.start_centipercent);
        prop_assert_eq!(member.share(start), Share::OFF);
    }

    #[test]
    fn a_setpoint_that_wavers_less_than_the_hysteresis_switches_at_most_once(
        settings in common_settings(),
        middle in 0..40_000,
        wavers in prop::collection::vec(0.0..1.0, 2..50),
    ) {
        let band = f64::from(settings.start_hysteresis_centipercent);
        let mut member = member(settings);
        let on: Vec<bool> = wavers
            .iter()
            .map(|waver| {
                // Strictly less than the hysteresis from lowest to highest.
                #[expect(clippy::cast_possible_truncation, reason = "0 to 1 000")]
                let offset = (waver * band) as i32;
                !member.share(Setpoint::Centipercent(middle + offset)).is_off()
            })
            .collect();
        let switched = on.windows(2).filter(|pair| pair[0] != pair[1]).count();
        prop_assert!(switched <= 1, "{:?}", on);
    }

    #[test]
    fn dimmers_one_after_the_other_take_the_whole_setpoint(setpoint in 0..=50_000) {
        let taken: i32 = (0..5)
            .map(|place| {
                let mut member = starting_at(place * 10_000);
                i32::from(member.share(Setpoint::Centipercent(setpoint)).centipercent())
            })
            .sum();
        prop_assert_eq!(taken, setpoint);
    }
}
