//! The division: exact sums, ranges, and what hysteresis and minima do to them.

use dimmer_pool::{Claim, Outcome, Sharing, Shortfall, divide};
use proptest::prelude::*;

fn claim(available_watts: u32) -> Claim {
    Claim {
        available_watts,
        weight: 100,
        ..Claim::default()
    }
}

fn with_minimum(available_watts: u32, minimum_watts: u32, hysteresis_watts: u32) -> Claim {
    Claim {
        minimum_watts,
        hysteresis_watts,
        ..claim(available_watts)
    }
}

fn watts(asked: u64, sharing: Sharing, claims: &mut [Claim]) -> Vec<u64> {
    let outcome = divide(asked * 1_000, sharing, claims);
    assert_eq!(outcome.milliwatts, sum(claims));
    claims
        .iter()
        .map(|claim| claim.milliwatts / 1_000)
        .collect()
}

fn sum(claims: &[Claim]) -> u64 {
    claims.iter().map(|claim| claim.milliwatts).sum()
}

/// Divides, and lets the next division know who takes something, as announcements do.
fn settle(asked: u64, sharing: Sharing, claims: &mut [Claim]) -> Vec<u64> {
    let shares = watts(asked, sharing, claims);
    for claim in claims {
        claim.taking = claim.milliwatts > 0;
    }
    shares
}

#[test]
fn one_after_the_other_is_filled() {
    let mut claims = [claim(1_000), claim(500), claim(2_000)];
    for (asked, shares) in [
        (0, [0, 0, 0]),
        (400, [400, 0, 0]),
        (1_200, [1_000, 200, 0]),
        (3_000, [1_000, 500, 1_500]),
        (9_000, [1_000, 500, 2_000]),
    ] {
        assert_eq!(watts(asked, Sharing::Priority, &mut claims), shares);
        assert_eq!(watts(asked, Sharing::Rotating, &mut claims), shares);
    }
}

#[test]
fn by_weight_each_takes_its_part_until_it_is_full() {
    let mut claims = [claim(2_000), claim(2_000)];
    claims[1].weight = 300;
    assert_eq!(watts(1_000, Sharing::Weight, &mut claims), [250, 750]);
    assert_eq!(watts(3_000, Sharing::Weight, &mut claims), [1_000, 2_000]);
    assert_eq!(watts(1_000, Sharing::Equal, &mut claims), [500, 500]);
}

#[test]
fn what_rounding_leaves_goes_to_the_first() {
    let mut claims = [claim(1_000); 3];
    let outcome = divide(1_000, Sharing::Equal, &mut claims);
    assert_eq!(outcome.milliwatts, 1_000);
    assert_eq!(claims.map(|claim| claim.milliwatts), [334, 333, 333]);
}

#[test]
fn who_cannot_take_anything_is_passed_over() {
    let mut claims = [claim(0), with_minimum(400, 500, 0), claim(700)];
    assert_eq!(watts(600, Sharing::Priority, &mut claims), [0, 0, 600]);
    assert_eq!(watts(600, Sharing::Equal, &mut claims), [0, 0, 600]);
}

#[test]
fn the_reason_of_a_shortfall_is_told() {
    let reason = |asked: u64, claims: &mut [Claim]| {
        divide(asked * 1_000, Sharing::Priority, claims).shortfall
    };
    assert_eq!(reason(1, &mut []), Some(Shortfall::NobodyAble));
    assert_eq!(reason(1, &mut [claim(0)]), Some(Shortfall::NobodyAble));
    assert_eq!(
        reason(501, &mut [claim(500)]),
        Some(Shortfall::CapacityReached)
    );
    assert_eq!(
        reason(499, &mut [with_minimum(800, 500, 0)]),
        Some(Shortfall::BelowMinimum)
    );
    assert_eq!(reason(500, &mut [claim(500)]), None);
    assert_eq!(reason(0, &mut [claim(0)]), None);
}

#[test]
fn a_minimum_that_does_not_fit_leaves_its_place_to_the_next() {
    let mut claims = [with_minimum(2_000, 500, 0), claim(1_000)];
    assert_eq!(watts(400, Sharing::Priority, &mut claims), [0, 400]);
    assert_eq!(watts(500, Sharing::Priority, &mut claims), [500, 0]);
}

#[test]
fn the_first_gives_way_so_that_the_second_has_its_minimum() {
    let mut claims = [claim(1_000), with_minimum(1_000, 400, 0)];
    assert_eq!(watts(1_001, Sharing::Priority, &mut claims), [601, 400]);
    assert_eq!(watts(1_000, Sharing::Priority, &mut claims), [1_000, 0]);
}

#[test]
fn hysteresis_holds_the_second_at_its_minimum_and_costs_nothing() {
    let mut claims = [claim(1_000), with_minimum(1_000, 400, 100)];
    for (asked, shares) in [
        (1_000, [1_000, 0]),
        (1_001, [601, 400]),
        (950, [550, 400]),
        (901, [501, 400]),
        (900, [900, 0]),
        (999, [999, 0]),
        (1_001, [601, 400]),
    ] {
        assert_eq!(
            settle(asked, Sharing::Priority, &mut claims),
            shares,
            "{asked}"
        );
    }
}

#[test]
fn at_its_own_minimum_a_member_waits_for_the_hysteresis() {
    for sharing in [Sharing::Priority, Sharing::Weight] {
        let mut claims = [with_minimum(1_000, 400, 100)];
        for (asked, share) in [(499, 0), (500, 500), (400, 400), (399, 0), (450, 0)] {
            assert_eq!(settle(asked, sharing, &mut claims), [share], "{asked}");
        }
    }
}

#[test]
fn by_weight_a_member_with_a_minimum_comes_in_when_its_part_is_enough_and_goes_when_it_is_not() {
    let mut claims = [with_minimum(2_000, 500, 100), with_minimum(2_000, 500, 100)];
    for (asked, shares) in [
        (600, [600, 0]),
        (1_199, [1_199, 0]),
        (1_200, [600, 600]),
        (1_000, [500, 500]),
        (999, [999, 0]),
        (1_100, [1_100, 0]),
    ] {
        assert_eq!(
            settle(asked, Sharing::Equal, &mut claims),
            shares,
            "{asked}"
        );
    }
}

#[test]
fn by_weight_a_member_with_a_minimum_comes_in_when_the_others_cannot_take_it_all() {
    let mut claims = [claim(500), with_minimum(2_000, 800, 0)];
    assert_eq!(watts(500, Sharing::Equal, &mut claims), [500, 0]);
    assert_eq!(watts(801, Sharing::Equal, &mut claims), [1, 800]);
}

fn sharing() -> impl Strategy<Value = Sharing> {
    prop::sample::select(vec![
        Sharing::Priority,
        Sharing::Rotating,
        Sharing::Weight,
        Sharing::Equal,
    ])
}

prop_compose! {
    fn any_claim()(
        rated in 1_u32..5_000,
        available in 0_u32..5_000,
        minimum in prop_oneof![Just(0_u32), 1_u32..5_000],
        hysteresis in prop_oneof![Just(0_u32), 1_u32..1_000],
        weight in 1_u16..=1_000,
        taking: bool,
    ) -> Claim {
        Claim {
            available_watts: available.min(rated),
            minimum_watts: minimum.min(rated),
            hysteresis_watts: hysteresis.min(rated),
            weight,
            taking,
            milliwatts: 0,
        }
    }
}

fn claims(most: usize) -> impl Strategy<Value = Vec<Claim>> {
    prop::collection::vec(any_claim(), 0..=most)
}

fn without_minima(mut claims: Vec<Claim>) -> Vec<Claim> {
    for claim in &mut claims {
        claim.minimum_watts = 0;
    }
    claims
}

fn asked() -> impl Strategy<Value = u64> {
    prop_oneof![
        0_u64..60_000_000,
        0_u64..4_000_000,
        0_u64..1_000,
        any::<u64>()
    ]
}

fn is_able(claim: &Claim) -> bool {
    claim.available_watts > 0 && claim.available_watts >= claim.minimum_watts
}

fn capacity(claims: &[Claim]) -> u64 {
    let able = claims.iter().filter(|claim| is_able(claim));
    able.map(|claim| u64::from(claim.available_watts) * 1_000)
        .sum()
}

proptest! {
    #[test]
    fn without_minima_the_sum_is_what_is_asked_or_the_capacity(
        claims in claims(64), asked in asked(), sharing in sharing(),
    ) {
        let mut claims = without_minima(claims);
        let outcome = divide(asked, sharing, &mut claims);
        prop_assert_eq!(sum(&claims), asked.min(capacity(&claims)));
        prop_assert_eq!(outcome.milliwatts, sum(&claims));
        prop_assert_eq!(outcome.capacity_watts, capacity(&claims) / 1_000);
        prop_assert_eq!(outcome.shortfall.is_some(), asked > capacity(&claims));
    }

    #[test]
    fn nobody_takes_more_than_it_can_nor_less_than_it_must(
        mut claims in claims(64), asked in asked(), sharing in sharing(),
    ) {
        let outcome = divide(asked, sharing, &mut claims);
        prop_assert_eq!(outcome.milliwatts, sum(&claims));
        prop_assert!(sum(&claims) <= asked);
        for claim in &claims {
            let range = u64::from(claim.minimum_watts) * 1_000..=u64::from(claim.available_watts) * 1_000;
            prop_assert!(claim.milliwatts == 0 || range.contains(&claim.milliwatts), "{:?}", claim);
            prop_assert!(claim.milliwatts == 0 || is_able(claim));
        }
    }

    #[test]
    fn a_shortfall_is_less_than_the_minimum_of_each_member_left_out(
        mut claims in claims(16), asked in asked(), sharing in sharing(),
    ) {
        let Outcome { milliwatts, shortfall, .. } = divide(asked, sharing, &mut claims);
        let missing = asked - milliwatts;
        prop_assert_eq!(shortfall.is_some(), missing > 0);
        if missing > 0 {
            for claim in claims.iter().filter(|claim| is_able(claim)) {
                let most = u64::from(claim.available_watts) * 1_000;
                let hysteresis = if claim.taking { 0 } else { claim.hysteresis_watts };
                let entry = u64::from(claim.minimum_watts + hysteresis) * 1_000;
                prop_assert!(claim.milliwatts == most || (claim.milliwatts == 0 && missing < entry), "{:?}", claim);
            }
        }
    }

    #[test]
    fn more_asked_is_never_less_in_sum(
        mut claims in claims(16), asked in 0_u64..60_000_000, more in 0_u64..3_000_000, sharing in sharing(),
    ) {
        let largest = claims.iter().map(|claim| claim.hysteresis_watts).max().unwrap_or(0);
        let first = divide(asked, sharing, &mut claims).milliwatts;
        let second = divide(asked + more, sharing, &mut claims).milliwatts;
        // Who comes in only with its hysteresis on top leaves as much unused until then.
        prop_assert!(second + u64::from(largest) * 1_000 >= first, "{} {}", first, second);
        for claim in &mut claims {
            claim.hysteresis_watts = 0;
        }
        let first = divide(asked, sharing, &mut claims).milliwatts;
        let second = divide(asked + more, sharing, &mut claims).milliwatts;
        prop_assert!(second >= first, "{} {}", first, second);
    }

    #[test]
    fn without_minima_more_asked_is_never_less_for_anybody(
        claims in claims(16), asked in 0_u64..60_000_000, more in 0_u64..3_000_000, sharing in sharing(),
    ) {
        let mut first = without_minima(claims);
        let mut second = first.clone();
        let _ = divide(asked, sharing, &mut first);
        let _ = divide(asked + more, sharing, &mut second);
        for (first, second) in first.iter().zip(&second) {
            // What rounding leaves, less than a milliwatt for each, goes to the first.
            prop_assert!(second.milliwatts + 16 >= first.milliwatts, "{:?} {:?}", first, second);
        }
    }

    #[test]
    fn by_weight_two_that_are_within_their_ranges_take_as_their_weights_say(
        claims in claims(16), asked in asked(),
    ) {
        let mut claims = without_minima(claims);
        let _ = divide(asked, Sharing::Weight, &mut claims);
        let within: Vec<&Claim> = claims
            .iter()
            .filter(|claim| claim.milliwatts < u64::from(claim.available_watts) * 1_000)
            .collect();
        for pair in within.windows(2) {
            let [left, right] = pair else { unreachable!() };
            let across = left.milliwatts * u64::from(right.weight);
            let back = right.milliwatts * u64::from(left.weight);
            prop_assert!(across.abs_diff(back) <= 17 * 1_000, "{:?} {:?}", left, right);
        }
    }

    #[test]
    fn anything_at_all_is_survived(
        raw in prop::collection::vec(any::<(u32, u32, u32, u16, bool, u64)>(), 0..70),
        asked: u64,
        sharing in sharing(),
    ) {
        let mut claims: Vec<Claim> = raw
            .into_iter()
            .map(|(available_watts, minimum_watts, hysteresis_watts, weight, taking, milliwatts)| Claim {
                available_watts, minimum_watts, hysteresis_watts, weight, taking, milliwatts,
            })
            .collect();
        let outcome = divide(asked, sharing, &mut claims);
        prop_assert!(outcome.milliwatts <= asked);
    }

    #[test]
    fn a_setpoint_that_wavers_less_than_the_hysteresis_switches_each_member_at_most_twice(
        mut claims in claims(6),
        middle in 0_u64..12_000_000,
        wavers in prop::collection::vec(0.0..1.0, 2..60),
        sharing in sharing(),
    ) {
        for claim in &mut claims {
            claim.hysteresis_watts = 300;
        }
        let mut switched = vec![0; claims.len()];
        for waver in wavers {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 300 000")]
            let offset = (waver * 300_000.0) as u64;
            let before: Vec<bool> = claims.iter().map(|claim| claim.taking).collect();
            let _ = divide(middle + offset, sharing, &mut claims);
            for ((claim, before), switched) in claims.iter_mut().zip(before).zip(&mut switched) {
                claim.taking = claim.milliwatts > 0;
                // Without a minimum there is no step to take.
                *switched += u32::from(claim.taking != before && claim.minimum_watts > 0);
            }
        }
        prop_assert!(switched.iter().all(|switched| *switched <= 2), "{:?} {:?}", switched, claims);
    }
}
