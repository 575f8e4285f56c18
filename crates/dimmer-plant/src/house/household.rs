//! What a household uses.
//!
//! Powers are those on the rating plates of common appliances, and times are those at which people eat; both were chosen, not measured.

use super::{DAY_SECONDS, random::Random};

const HOUR_SECONDS: f64 = 3_600.0;
/// A fridge's compressor: its power, how long it runs, and how long it rests, seconds.
const FRIDGE_WATTS: f64 = 90.0;
const FRIDGE_RUNS_SECONDS: (f64, f64) = (700.0, 1_100.0);
const FRIDGE_RESTS_SECONDS: (f64, f64) = (1_500.0, 2_200.0);
/// A kettle.
const KETTLE_WATTS: f64 = 2_000.0;
const KETTLE_SECONDS: (f64, f64) = (90.0, 200.0);
/// A hob, whose thermostat switches it on and off.
const HOB_WATTS: f64 = 1_800.0;
const HOB_ON_SECONDS: (f64, f64) = (8.0, 25.0);
const HOB_OFF_SECONDS: (f64, f64) = (5.0, 30.0);
/// An oven, the same but slower.
const OVEN_WATTS: f64 = 2_400.0;
const OVEN_ON_SECONDS: (f64, f64) = (60.0, 180.0);
const OVEN_OFF_SECONDS: (f64, f64) = (90.0, 240.0);
/// Light and screens in the evening.
const EVENING_WATTS: f64 = 220.0;

/// Something that is on for a while.
#[derive(Clone, Copy, Debug)]
struct Run {
    start_seconds: f64,
    end_seconds: f64,
    watts: f64,
}

/// One day of a household.
#[derive(Clone, Debug)]
pub(super) struct Household {
    base_watts: f64,
    /// What is used from each of these times on, until the next one, besides the base.
    changes: Vec<(f64, f64)>,
}

impl Household {
    pub(super) fn of_a_day(base_watts: f64, random: &mut Random) -> Self {
        let mut runs = Vec::new();
        let rest = random.between(0.0, FRIDGE_RESTS_SECONDS.1);
        switching(
            &mut runs,
            random,
            FRIDGE_WATTS,
            (rest, DAY_SECONDS),
            (FRIDGE_RUNS_SECONDS, FRIDGE_RESTS_SECONDS),
        );
        for hour in [6.8, 7.3, 10.2, 15.8] {
            let start_seconds = around(random, hour);
            let lasts = random.between(KETTLE_SECONDS.0, KETTLE_SECONDS.1);
            runs.push(Run {
                start_seconds,
                end_seconds: start_seconds + lasts,
                watts: KETTLE_WATTS,
            });
        }
        for (hour, minutes) in [(11.8, (20.0, 40.0)), (18.8, (15.0, 35.0))] {
            let start = around(random, hour);
            let end = start + random.between(minutes.0, minutes.1) * 60.0;
            let pulses = (HOB_ON_SECONDS, HOB_OFF_SECONDS);
            switching(&mut runs, random, HOB_WATTS, (start, end), pulses);
        }
        let start = around(random, 18.5);
        let end = start + random.between(40.0, 70.0) * 60.0;
        let pulses = (OVEN_ON_SECONDS, OVEN_OFF_SECONDS);
        switching(&mut runs, random, OVEN_WATTS, (start, end), pulses);
        let start_seconds = around(random, 18.0);
        runs.push(Run {
            start_seconds,
            end_seconds: around(random, 22.8),
            watts: EVENING_WATTS,
        });
        Self {
            base_watts,
            changes: changes(&runs),
        }
    }

    /// What is used now, watts.
    pub(super) fn watts(&self, second_of_day: f64) -> f64 {
        let next = self
            .changes
            .partition_point(|(second, _)| *second <= second_of_day);
        let last = next.checked_sub(1).and_then(|last| self.changes.get(last));
        self.base_watts + last.map_or(0.0, |(_, watts)| *watts)
    }
}

/// A time within a quarter of an hour of this one, in seconds of the day.
fn around(random: &mut Random, hour: f64) -> f64 {
    random.between(hour - 0.25, hour + 0.25) * HOUR_SECONDS
}

/// Something that its thermostat switches on and off within a time.
fn switching(
    runs: &mut Vec<Run>,
    random: &mut Random,
    watts: f64,
    (start, end): (f64, f64),
    (on, off): ((f64, f64), (f64, f64)),
) {
    let mut second = start;
    while second < end {
        let end_seconds = (second + random.between(on.0, on.1)).min(end);
        runs.push(Run {
            start_seconds: second,
            end_seconds,
            watts,
        });
        second = end_seconds + random.between(off.0, off.1);
    }
}

/// The sum of all that is on, from each time at which something changes.
fn changes(runs: &[Run]) -> Vec<(f64, f64)> {
    let mut steps: Vec<(f64, f64)> = runs
        .iter()
        .flat_map(|run| {
            [
                (run.start_seconds, run.watts),
                (run.end_seconds, -run.watts),
            ]
        })
        .collect();
    steps.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut sum = 0.0;
    for (_, watts) in &mut steps {
        sum += *watts;
        *watts = sum;
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_a_base_a_fridge_and_meals_and_never_less_than_the_base() {
        let household = Household::of_a_day(150.0, &mut Random::new(3));
        let watts: Vec<f64> = (0..86_400_u32)
            .map(|second| household.watts(second.into()))
            .collect();
        let (lowest, highest) = watts
            .iter()
            .fold((f64::MAX, 0.0_f64), |(low, high), watts| {
                (low.min(*watts), high.max(*watts))
            });
        assert!((lowest - 150.0).abs() < 1e-6, "{lowest}");
        assert!((4_000.0..7_500.0).contains(&highest), "{highest}");
        // At night nothing but the fridge comes and goes.
        let night = &watts[3_600..18_000];
        let (base, fridge) = (150.0_f64, 240.0);
        assert!(
            night
                .iter()
                .all(|watts| (watts - base).abs() < 1e-6 || (watts - fridge).abs() < 1e-6)
        );
        assert!(night.iter().any(|watts| *watts > 200.0));
    }
}
