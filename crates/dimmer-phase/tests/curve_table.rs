//! Curves of the user's own, of any shape.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    clippy::allow_attributes,
    reason = "a test may fail by panicking"
)]

use dimmer_phase::{CurveTable, CurveTableError, Duration, Level, Settings, Slot};
use proptest::prelude::*;

fn level(centipercent: u16) -> Level {
    Level::from_centipercent(centipercent).unwrap()
}

/// Falling delays, in any number of points that the tests below use.
fn falling<const POINTS: usize>() -> impl Strategy<Value = [u16; POINTS]> {
    let delay = prop_oneof![8 => any::<u16>(), 1 => Just(0), 1 => Just(u16::MAX)];
    prop::collection::vec(delay, POINTS).prop_map(|mut delays| {
        delays.sort_unstable_by(|left, right| right.cmp(left));
        delays.try_into().unwrap()
    })
}

/// Never rises, stays within the half-period, and goes through each of the points to the microsecond.
fn check<const POINTS: usize>(delays: [u16; POINTS], half_period_us: u64) {
    let table = CurveTable::new(delays).unwrap();
    let half_period = Duration::from_ticks(half_period_us);
    let at = |centipercent| {
        let delay = table.delay(level(centipercent), half_period).unwrap();
        delay.as_ticks()
    };
    let mut before = half_period_us;
    for centipercent in 1..=10_000 {
        let delay = at(centipercent);
        assert!(delay <= before, "{centipercent}: {delay} after {before}");
        before = delay;
    }
    let steps = u32::try_from(POINTS).unwrap() - 1;
    for (index, delay) in (0..).zip(delays) {
        let exact = (half_period_us * u64::from(delay) + 32_768) / 65_536;
        let centipercent = index * 10_000 / steps;
        if centipercent > 0 && index * 10_000 % steps == 0 {
            let found = at(u16::try_from(centipercent).unwrap());
            assert!(
                found.abs_diff(exact) <= 1,
                "point {index}: {found}, {exact}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn more_level_is_never_a_longer_delay(
        two in falling::<2>(),
        three in falling::<3>(),
        nine in falling::<9>(),
        many in falling::<101>(),
        half_period_us in 7_000_u64..12_000,
    ) {
        check(two, half_period_us);
        check(three, half_period_us);
        check(nine, half_period_us);
        check(many, half_period_us);
    }

    #[test]
    fn the_first_delay_that_is_longer_than_the_one_before_is_named(
        mut delays in falling::<17>(),
        point in 1_usize..17,
        more in 1_u16..1_000,
    ) {
        prop_assume!(delays[point - 1] <= u16::MAX - more);
        delays[point] = delays[point - 1] + more;
        let refused = CurveTableError::Longer {
            point,
            delay: delays[point],
            before: delays[point - 1],
        };
        prop_assert_eq!(CurveTable::new(delays), Err(refused));
    }

    #[test]
    fn the_margins_hold_for_every_table_level_and_setting(
        delays in falling::<5>(),
        centipercent in 0_u16..=10_000,
        half_period_us in prop_oneof![7_600_u64..11_400, any::<u64>()],
        minimum_delay_us in any::<u16>(),
        gate_pulse_us in any::<u16>(),
        end_margin_us in any::<u16>(),
    ) {
        let settings = Settings {
            minimum_delay_us,
            gate_pulse_us,
            end_margin_us,
            ..Settings::default()
        };
        let table = CurveTable::new(delays).unwrap();
        let half_period = Duration::from_ticks(half_period_us);
        if let Slot::Fire { delay, width } = table.slot(&settings, level(centipercent), half_period) {
            prop_assert!(centipercent > 0 && gate_pulse_us > 0);
            prop_assert!(delay.as_ticks() >= u64::from(minimum_delay_us));
            prop_assert_eq!(width.as_ticks(), u64::from(gate_pulse_us));
            let end = delay.as_ticks() + width.as_ticks() + u64::from(end_margin_us);
            prop_assert!(end <= half_period_us);
        }
    }
}
