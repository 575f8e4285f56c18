use super::*;
use proptest::prelude::*;
use std::collections::VecDeque;

/// Runs a router at heaters that take a share of what they are asked, so many readings later. Gives what they take, for each reading.
fn steered(
    settings: RouterSettings,
    dead_steps: usize,
    share: f64,
    surplus_watts: impl Fn(usize) -> f64,
    readings: usize,
) -> Vec<f64> {
    let mut router = Router::new(settings, 1.0, 6_000.0);
    let mut on_their_way: VecDeque<f64> = vec![0.0; dead_steps].into();
    let mut taken = Vec::new();
    for reading in 0..readings {
        on_their_way.push_back(router.setpoint_watts());
        let heaters_watts = on_their_way.pop_front().unwrap() * share;
        let setpoint = router.reading(heaters_watts - surplus_watts(reading));
        assert!((0.0..=6_000.0).contains(&setpoint), "{setpoint}");
        taken.push(heaters_watts);
    }
    taken
}

fn with_dead_time(dead_time_s: f64) -> RouterSettings {
    RouterSettings {
        dead_time_s,
        ..RouterSettings::default()
    }
}

#[test]
fn the_gain_is_the_largest_that_does_not_swing() {
    assert_eq!(gain(1.0, 1.0), 0.25);
    assert!((gain(2.0, 1.0) - 4.0 / 27.0).abs() < 1e-12);
    assert!((gain(0.8, 1.0) - 0.25).abs() < 1e-12);
    assert_eq!(gain(0.0, 1.0), 0.5);
    assert!((gain(30.0, 10.0) - 27.0 / 256.0).abs() < 1e-12);
}

#[test]
fn a_gain_of_twice_as_much_would_swing() {
    // So that the tests below are known to see it.
    let mut error = vec![1.0, 1.0];
    for step in 1..40 {
        error.push(error[step] - 0.5 * error[step - 1]);
    }
    assert!(error.iter().any(|error| *error < -0.01));
}

#[test]
fn it_takes_a_step_of_the_sun_without_overshoot_in_a_dozen_readings() {
    let taken = steered(with_dead_time(1.0), 1, 1.0, |_| 3_000.0, 40);
    assert!(taken.iter().all(|watts| *watts <= 3_000.0 + 1e-6));
    assert!(taken[12] > 0.98 * 3_000.0, "{taken:?}");
}

#[test]
fn what_it_leaves_to_the_grid_stays_there() {
    let settings = RouterSettings {
        leave_watts: 50.0,
        ..RouterSettings::default()
    };
    let taken = steered(settings, 1, 1.0, |_| 1_000.0, 60);
    assert!((taken[59] - 950.0).abs() < 0.01, "{}", taken[59]);
}

#[test]
fn readings_that_are_no_numbers_change_nothing() {
    let mut router = Router::new(RouterSettings::default(), 1.0, 2_000.0);
    let setpoint = router.reading(-1_000.0);
    assert!(setpoint > 0.0);
    assert_eq!(router.reading(f64::NAN), setpoint);
    assert_eq!(router.reading(f64::INFINITY), setpoint);
}

#[test]
fn a_setpoint_is_published_in_percent_or_in_watts() {
    assert_eq!(Speech::Percent.payload(1_234.5, 45.0), "27.43");
    assert_eq!(Speech::Watts.payload(2_469.0, 2.0), "{\"watts\":1234}");
    assert_eq!(Speech::Percent.payload(0.0, 0.0), "0.00");
}

#[test]
fn a_pool_that_can_take_less_is_not_asked_for_more() {
    let mut router = Router::new(RouterSettings::default(), 1.0, 2_000.0);
    for _ in 0..20 {
        router.reading(-2_000.0);
    }
    assert_eq!(router.setpoint_watts(), 2_000.0);
    router.set_maximum_watts(700.0);
    assert_eq!(router.reading(-2_000.0), 700.0);
    router.set_maximum_watts(-1.0);
    assert_eq!(router.reading(-2_000.0), 0.0);
}

proptest! {
    /// Whatever the dead time, if the router knows it or overrates it, and whatever share of the asked power is really taken.
    #[test]
    fn it_settles_at_the_surplus_and_does_not_swing(
        dead_steps in 0_usize..=6,
        overrated_s in 0.0_f64..4.0,
        share in 0.3_f64..=1.0,
        surplus_watts in 10.0_f64..1_700.0,
    ) {
        let settings = with_dead_time(dead_steps as f64 + overrated_s);
        let taken = steered(settings, dead_steps, share, |_| surplus_watts, 1_500);
        for pair in taken.windows(2) {
            prop_assert!(pair[1] >= pair[0] - 1e-6, "it swings: {taken:?}");
        }
        let last = taken[1_499];
        prop_assert!((last - surplus_watts).abs() < 0.01 * surplus_watts, "{last} for {surplus_watts}");
    }

    /// However the day was, at night nothing is asked for, and soon.
    #[test]
    fn it_is_zero_at_night(
        dead_steps in 0_usize..=4,
        day in proptest::collection::vec(-3_000.0_f64..6_000.0, 1..200),
    ) {
        let dusk = day.len();
        let surplus = |reading| day.get(reading).copied().unwrap_or(-200.0);
        let taken = steered(with_dead_time(dead_steps as f64), dead_steps, 1.0, surplus, dusk + 1_000);
        prop_assert!(taken[dusk + 300..].iter().all(|watts| *watts == 0.0), "{:?}", &taken[dusk..]);
    }
}
