//! Bursts under settings, levels and polarities that change at any moment.

use dimmer_phase::{Burst, BurstSettings, BurstUnit};
use proptest::prelude::*;

use crate::{Judge, ONE, level, polarity};

fn any_settings() -> impl Strategy<Value = BurstSettings> {
    let unit = prop_oneof![Just(BurstUnit::HalfCycle), Just(BurstUnit::WholeCycle)];
    let minimum = prop_oneof![0_u16..6, 6_u16..40, Just(60_000), Just(u16::MAX)];
    (unit, minimum).prop_map(|(unit, minimum_on_half_cycles)| BurstSettings {
        unit,
        minimum_on_half_cycles,
    })
}

/// Levels, each for some half-cycles: among them off, full, and the least.
fn any_levels(longest: u32) -> impl Strategy<Value = Vec<(u16, u32)>> {
    let level = prop_oneof![90 => 1_u16..=10_000, 5 => Just(0), 50 => Just(10_000), 50 => Just(1)];
    prop::collection::vec((level, 1..longest), 1..60)
}

proptest! {
    #[test]
    fn levels_that_change_keep_the_balance_and_the_energy(
        steps in prop::collection::vec((1_u16..=10_000, 1_u32..40), 1..60),
        first in 0_u32..2,
    ) {
        let mut burst = Burst::new(BurstSettings::default());
        let mut judge = Judge::default();
        let mut index = first;
        let mut worst = 0;
        for (centipercent, half_cycles) in steps {
            for _ in 0..half_cycles {
                let fires = burst.next(level(centipercent), polarity(index));
                judge.count(level(centipercent), polarity(index), fires);
                index += 1;
            }
            worst = worst.max(judge.worst_window());
        }
        prop_assert!(judge.largest_difference <= 1);
        prop_assert!(worst <= 3 * ONE, "{worst}");
    }

    #[test]
    fn whatever_polarities_come_they_are_never_apart_by_more_than_one(
        polarities in prop::collection::vec(0_u32..2, 1..300),
        centipercent in 0_u16..=10_000,
        settings in any_settings(),
    ) {
        let mut burst = Burst::new(settings);
        let mut judge = Judge::default();
        for index in polarities {
            let fires = burst.next(level(centipercent), polarity(index));
            judge.count(level(centipercent), polarity(index), fires);
        }
        prop_assert!(judge.largest_difference <= 1);
    }

    /// Off switches off at once; nothing else, whatever the level does, makes a run shorter than the minimum.
    #[test]
    fn a_relay_keeps_its_minimum_whenever_the_level_changes(
        steps in any_levels(30),
        unit in prop_oneof![Just(BurstUnit::HalfCycle), Just(BurstUnit::WholeCycle)],
        minimum in 2_u16..20,
    ) {
        let mut burst = Burst::new(BurstSettings { unit, minimum_on_half_cycles: minimum });
        let mut judge = Judge::default();
        // It may be off since long ago.
        let (mut run, mut previous, mut index) = (u32::from(minimum), false, 0);
        let is_never_off = steps.iter().all(|(centipercent, _)| *centipercent > 0);
        for (centipercent, half_cycles) in steps {
            for _ in 0..half_cycles {
                let fires = burst.next(level(centipercent), polarity(index));
                judge.count(level(centipercent), polarity(index), fires);
                prop_assert!(!fires || centipercent > 0);
                if fires == previous {
                    run += 1;
                } else {
                    let must_be_off = previous && centipercent == 0;
                    prop_assert!(must_be_off || run >= u32::from(minimum), "{fires} after {run}");
                    (run, previous) = (1, fires);
                }
                index += 1;
            }
        }
        prop_assert!(judge.largest_difference <= 1);
        let within = (i64::from(minimum) + 3) * ONE;
        prop_assert!(!is_never_off || judge.worst_window() <= within, "{}", judge.worst_window());
    }

    /// Whatever was done to it, from then on it gives what is asked for: no state is one that it cannot leave.
    #[test]
    fn after_any_history_the_energy_follows_the_level(
        before in any_settings(),
        steps in any_levels(30),
        stumbles in prop::collection::vec(0_u32..40, 1..20),
        settings in any_settings(),
        centipercent in 1_u16..=10_000,
    ) {
        let settings = BurstSettings {
            minimum_on_half_cycles: settings.minimum_on_half_cycles.min(100),
            ..settings
        };
        let mut burst = Burst::new(before);
        let mut judge = Judge::default();
        let mut stumbles = stumbles.into_iter().cycle();
        let mut index = 0;
        for (centipercent, half_cycles) in steps {
            for _ in 0..half_cycles {
                let mut fires = burst.next(level(centipercent), polarity(index));
                let stumble = stumbles.next().unwrap();
                if fires && stumble == 0 {
                    burst.take_back(polarity(index));
                    fires = false;
                }
                judge.count(level(centipercent), polarity(index), fires);
                // Now and then the same polarity comes twice.
                index += if stumble == 1 { 2 } else { 1 };
            }
        }
        burst.set_settings(settings);
        let mut judge = Judge { difference: judge.difference, ..Judge::default() };
        for _ in 0..20_000 {
            let fires = burst.next(level(centipercent), polarity(index));
            judge.count(level(centipercent), polarity(index), fires);
            index += 1;
        }
        let minimum = i64::from(settings.minimum_on_half_cycles);
        prop_assert!(judge.largest_difference <= 1);
        prop_assert!(judge.worst_window() <= (minimum + 6) * ONE, "{}", judge.worst_window());
    }
}
