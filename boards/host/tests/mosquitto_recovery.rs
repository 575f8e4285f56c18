//! A real mosquitto that is killed, and dimmers that come back. `cargo xtask bench recovery` does the same a hundred times.

mod support;

use std::time::Duration;

use support::recovery::{Plan, run};

#[test]
fn a_broker_that_is_killed_at_random_moments_finds_the_dimmers_back_and_nothing_twice() {
    let plan = Plan {
        rounds: 5,
        longest_up: Duration::from_millis(1_500),
        longest_down: Duration::from_millis(500),
        seed: 5,
    };
    let recovered = run(plan);
    assert_eq!(recovered.times.len(), 10);
    assert!(recovered.announcements >= 16, "{recovered:?}");
}
