//! What the common setpoint means to those who follow it.

use dimmer::config::Config;

/// How many watts 100 % of the common setpoint are, and how many are asked for at the most.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// What one percent more makes the heaters take, at the most, times a hundred.
    pub full_watts: f64,
    /// Above this, no heater takes more.
    pub maximum_watts: f64,
}

impl Scale {
    /// The scale of dimmers with thresholds: the steepest part of the sum of their lines, so that a router that goes by it is never too
    /// fast; where fewer dimmers are on their way to full power it is slower.
    pub fn of<'a>(members: impl Iterator<Item = &'a Config> + Clone) -> Self {
        let lines = members.map(|config| {
            let start = f64::from(config.pool.start_centipercent);
            let full = f64::from(config.pool.full_setpoint_centipercent());
            let watts_per_centipercent =
                f64::from(config.output.rated_watts) / (full - start).max(1.0);
            (start, full, watts_per_centipercent)
        });
        let slope_at = |centipercent: f64| -> f64 {
            let rising = lines
                .clone()
                .filter(|(start, full, _)| (*start..*full).contains(&centipercent));
            rising.map(|(_, _, slope)| slope).sum()
        };
        let steepest = lines
            .clone()
            .map(|(start, _, _)| slope_at(start))
            .fold(0.0, f64::max);
        let highest = lines.clone().map(|(_, full, _)| full).fold(0.0, f64::max);
        Self {
            full_watts: steepest * 10_000.0,
            maximum_watts: steepest * highest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scale(members: &[(u32, i32)]) -> Scale {
        let configs: Vec<Config> = members
            .iter()
            .map(|(rated_watts, start_centipercent)| {
                let mut config = Config::default();
                config.output.rated_watts = *rated_watts;
                config.pool.start_centipercent = *start_centipercent;
                config
            })
            .collect();
        Scale::of(configs.iter())
    }

    #[test]
    fn one_dimmer_is_its_own_scale() {
        let expected = Scale {
            full_watts: 2_000.0,
            maximum_watts: 2_000.0,
        };
        assert_eq!(scale(&[(2_000, 0)]), expected);
    }

    #[test]
    fn dimmers_one_after_the_other_are_as_steep_as_the_largest_and_together_as_their_sum() {
        let after = scale(&[(1_000, 0), (2_000, 10_000)]);
        assert!((after.full_watts - 2_000.0).abs() < 1e-9);
        assert!((after.maximum_watts - 4_000.0).abs() < 1e-9);
        let overlapping = scale(&[(2_000, 0), (1_500, 5_000)]);
        assert!((overlapping.full_watts - 3_500.0).abs() < 1e-9);
        assert!((overlapping.maximum_watts - 3_500.0 * 1.5).abs() < 1e-9);
    }
}
