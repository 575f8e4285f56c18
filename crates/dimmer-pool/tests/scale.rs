//! Thresholds on the scale of a pool, whose power is known though its members are not.

use dimmer_pool::{PercentOf, Setpoint, Settings, Thresholds};

fn shares(dimmer: &mut Thresholds, setpoints: &[i32]) -> Vec<u16> {
    let shares = setpoints.iter().map(|setpoint| {
        let share = dimmer.share(Setpoint::Centipercent(*setpoint));
        share.centipercent()
    });
    shares.collect()
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
