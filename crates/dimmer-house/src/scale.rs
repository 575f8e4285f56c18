//! What the common setpoint means to those who follow it.

use dimmer::config::Config;
use dimmer::pool::{NumberIs, PercentOf, Settings};
use dimmer_plant::Speech;

/// How a router that thinks in watts of all heaters together has to speak.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// What its numbers are.
    pub speech: Speech,
    /// How many watts the heaters take more for one percent, or one watt, of setpoint more: where they do so most.
    pub watts_per_unit: f64,
    /// Above this, no heater takes more.
    pub maximum_watts: f64,
}

impl Scale {
    /// What suits these dimmers; a router that would speak in percent speaks in watts where its bare numbers are taken for watts.
    ///
    /// A shared pool takes what it is asked. Thresholds are lines, which may overlap: the steepest part of their sum counts, so that a router
    /// that goes by it is never too fast; where fewer dimmers are on their way to full power it is slower.
    pub fn of<'a>(members: impl Iterator<Item = &'a Config> + Clone, speech: Speech) -> Self {
        let takes_watts = members
            .clone()
            .any(|config| config.pool.number_is == NumberIs::Watts);
        let speech = if takes_watts { Speech::Watts } else { speech };
        let rated_watts = members
            .clone()
            .map(|config| f64::from(config.output.rated_watts))
            .sum();
        match members.clone().next() {
            Some(first) if first.pool.sharing.is_shared() => {
                let pool_watts = f64::from(first.pool.pool_watts);
                let full_watts = if pool_watts > 0.0 {
                    pool_watts
                } else {
                    rated_watts
                };
                Self {
                    speech,
                    watts_per_unit: match speech {
                        Speech::Percent => full_watts / 100.0,
                        Speech::Watts => 1.0,
                    },
                    maximum_watts: rated_watts,
                }
            }
            _ => Self::of_thresholds(members, speech),
        }
    }

    fn of_thresholds<'a>(
        members: impl Iterator<Item = &'a Config> + Clone,
        speech: Speech,
    ) -> Self {
        let lines = members.map(|config| Line::of(&config.pool, config.output.rated_watts, speech));
        let slope_at = |setpoint: f64| -> f64 {
            let rising = lines
                .clone()
                .filter(|line| (line.start..line.full).contains(&setpoint));
            rising.map(|line| line.watts_per_unit).sum()
        };
        let steepest = lines
            .clone()
            .map(|line| slope_at(line.start))
            .fold(0.0, f64::max);
        let highest = lines.clone().map(|line| line.full).fold(0.0, f64::max);
        Self {
            speech,
            watts_per_unit: steepest,
            maximum_watts: steepest * highest,
        }
    }

    /// A setpoint as it is published.
    #[must_use]
    pub fn payload(&self, setpoint_watts: f64) -> String {
        self.speech.payload(setpoint_watts, self.watts_per_unit)
    }
}

/// One dimmer between its thresholds, in percent or in watts of setpoint.
#[derive(Clone, Copy, Debug)]
struct Line {
    start: f64,
    full: f64,
    watts_per_unit: f64,
}

impl Line {
    fn of(pool: &Settings, rated_watts: u32, speech: Speech) -> Self {
        let rated_watts = f64::from(rated_watts);
        let whole_watts = match pool.percent_of {
            PercentOf::Pool => f64::from(pool.pool_watts).max(1.0),
            _ => rated_watts,
        };
        let own_percent = 100.0 * rated_watts / whole_watts;
        let start_percent = f64::from(pool.start_centipercent) / 100.0;
        let full_percent = pool
            .full_centipercent
            .map_or(start_percent + own_percent, |full| f64::from(full) / 100.0);
        let units_per_percent = match speech {
            Speech::Percent => 1.0,
            Speech::Watts => whole_watts / 100.0,
        };
        let (start, full) = (
            start_percent * units_per_percent,
            full_percent * units_per_percent,
        );
        Self {
            start,
            full,
            watts_per_unit: rated_watts / (full - start).max(0.01),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dimmer::pool::Sharing;

    fn scale(members: &[(u32, i32)], speech: Speech, change: impl Fn(&mut Settings)) -> Scale {
        let configs: Vec<Config> = members
            .iter()
            .map(|(rated_watts, start_centipercent)| {
                let mut config = Config::default();
                config.output.rated_watts = *rated_watts;
                config.pool.start_centipercent = *start_centipercent;
                change(&mut config.pool);
                config
            })
            .collect();
        Scale::of(configs.iter(), speech)
    }

    fn assert_is(scale: Scale, watts_per_unit: f64, maximum_watts: f64) {
        assert!(
            (scale.watts_per_unit - watts_per_unit).abs() < 1e-9,
            "{scale:?}"
        );
        assert!(
            (scale.maximum_watts - maximum_watts).abs() < 1e-6,
            "{scale:?}"
        );
    }

    #[test]
    fn one_dimmer_is_its_own_scale() {
        assert_is(scale(&[(2_000, 0)], Speech::Percent, |_| ()), 20.0, 2_000.0);
        assert_is(scale(&[(2_000, 0)], Speech::Watts, |_| ()), 1.0, 2_000.0);
    }

    #[test]
    fn dimmers_one_after_the_other_are_as_steep_as_the_largest_and_together_as_their_sum() {
        let after = [(1_000, 0), (2_000, 10_000)];
        assert_is(scale(&after, Speech::Percent, |_| ()), 20.0, 4_000.0);
        let overlapping = [(2_000, 0), (1_500, 5_000)];
        assert_is(
            scale(&overlapping, Speech::Percent, |_| ()),
            35.0,
            3_500.0 * 1.5,
        );
        let of_the_pool = |pool: &mut Settings| {
            pool.percent_of = PercentOf::Pool;
            pool.pool_watts = 4_000;
        };
        let halves = [(2_000, 0), (2_000, 5_000)];
        assert_is(scale(&halves, Speech::Percent, of_the_pool), 40.0, 4_000.0);
        assert_is(scale(&halves, Speech::Watts, of_the_pool), 1.0, 4_000.0);
    }

    #[test]
    fn a_shared_pool_takes_what_it_is_asked() {
        let members = [(2_000, 0), (1_500, 0), (1_000, 0)];
        let shared = |pool: &mut Settings| pool.sharing = Sharing::Priority;
        let percent = scale(&members, Speech::Percent, shared);
        assert_is(percent, 45.0, 4_500.0);
        assert_eq!(percent.payload(1_234.5), "27.43");
        let larger = |pool: &mut Settings| {
            pool.sharing = Sharing::Weight;
            pool.pool_watts = 10_000;
            pool.number_is = NumberIs::Watts;
        };
        let watts = scale(&members, Speech::Percent, larger);
        assert_is(watts, 1.0, 4_500.0);
        assert_eq!(watts.payload(1_234.5), "{\"watts\":1234}");
    }
}
