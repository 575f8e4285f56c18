//! Clouds.

use super::{DAY_SECONDS, random::Random};

/// How long the sun shines between two clouds on the average, and how long a cloud lasts, seconds. These and the next were chosen to
/// trouble a router, as fair-weather clouds do; they are no measurement.
const MEAN_GAP_SECONDS: f64 = 240.0;
const MEAN_CLOUD_SECONDS: f64 = 300.0;
/// How long a cloud's edge takes to cross the roof, seconds.
const EDGE_SECONDS: (f64, f64) = (5.0, 40.0);
/// What a cloud lets through.
const TRANSMISSION: (f64, f64) = (0.15, 0.7);

#[derive(Clone, Copy, Debug)]
struct Cloud {
    start_seconds: f64,
    end_seconds: f64,
    edge_seconds: f64,
    transmission: f64,
}

/// The clouds of one day, in the order of the time; they do not overlap.
#[derive(Clone, Debug)]
pub(super) struct Clouds(Vec<Cloud>);

impl Clouds {
    pub(super) fn none() -> Self {
        Self(Vec::new())
    }

    pub(super) fn of_a_day(random: &mut Random) -> Self {
        let mut clouds = Vec::new();
        let mut second = 0.0;
        while second < DAY_SECONDS {
            let start_seconds = second + random.exponential(MEAN_GAP_SECONDS);
            let edge_seconds = random.between(EDGE_SECONDS.0, EDGE_SECONDS.1);
            // Both of its edges are part of it.
            let lasts_seconds = 2.0 * edge_seconds + random.exponential(MEAN_CLOUD_SECONDS);
            second = start_seconds + lasts_seconds;
            clouds.push(Cloud {
                start_seconds,
                end_seconds: second,
                edge_seconds,
                transmission: random.between(TRANSMISSION.0, TRANSMISSION.1),
            });
        }
        Self(clouds)
    }

    /// The share of the clear sky's light that arrives, 0 to 1.
    pub(super) fn transmission(&self, second_of_day: f64) -> f64 {
        let next = self
            .0
            .partition_point(|cloud| cloud.end_seconds <= second_of_day);
        let Some(cloud) = self.0.get(next) else {
            return 1.0;
        };
        let from_edge =
            (second_of_day - cloud.start_seconds).min(cloud.end_seconds - second_of_day);
        let covered = (from_edge / cloud.edge_seconds).clamp(0.0, 1.0);
        1.0 - covered * (1.0 - cloud.transmission)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn light_neither_jumps_nor_leaves_its_range() {
        let clouds = Clouds::of_a_day(&mut Random::new(7));
        let at = |step: u32| clouds.transmission(f64::from(step) / 10.0);
        let mut covered = 0;
        for step in 1..864_000 {
            let (before, now) = (at(step - 1), at(step));
            assert!((0.15..=1.0).contains(&now), "{now} at {step}");
            // The steepest edge: from all to the least in 5 s.
            assert!((now - before).abs() <= 0.85 / 50.0 + 1e-9, "at {step}");
            covered += u32::from(now < 0.75);
        }
        assert!((300_000..700_000).contains(&covered), "{covered}");
    }
}
