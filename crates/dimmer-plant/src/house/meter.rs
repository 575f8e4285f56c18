//! The meter between the house and the grid, as a router sees it.

use std::collections::VecDeque;

use crate::SettingsError;

/// What a meter is like.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MeterSettings {
    /// How often it gives a reading, which is the mean since the one before, seconds, 0.1 to 60.
    pub interval_s: f64,
    /// How old a reading is when the router has it, seconds, 0 to 60.
    pub lag_s: f64,
}

impl Default for MeterSettings {
    /// A reading each second that takes half a second to arrive.
    fn default() -> Self {
        Self {
            interval_s: 1.0,
            lag_s: 0.5,
        }
    }
}

impl MeterSettings {
    /// # Errors
    /// The first field that is outside its range.
    pub fn validate(&self) -> Result<(), SettingsError> {
        SettingsError::check_range("house.meter.interval_s", self.interval_s, 0.1, 60.0)?;
        SettingsError::check_range("house.meter.lag_s", self.lag_s, 0.0, 60.0)
    }
}

/// Gives the mean power at the grid, each interval, after its lag. Its time is the router's: that of the mains.
#[derive(Clone, Debug)]
pub struct Meter {
    settings: MeterSettings,
    now_s: f64,
    /// The interval that runs: until when, and what passed in it.
    until_s: f64,
    joules: f64,
    /// Readings that are on their way, each with the time at which it arrives.
    on_their_way: VecDeque<(f64, f64)>,
}

impl Meter {
    /// A meter at time zero.
    #[must_use]
    pub fn new(settings: MeterSettings) -> Self {
        Self {
            settings,
            now_s: 0.0,
            until_s: settings.interval_s,
            joules: 0.0,
            on_their_way: VecDeque::new(),
        }
    }

    /// Lets time pass with this power at the grid, watts, below zero when it is given to it.
    pub fn pass(&mut self, seconds: f64, grid_watts: f64) {
        let end_s = self.now_s + seconds.max(0.0);
        while self.until_s <= end_s {
            self.joules += grid_watts * (self.until_s - self.now_s);
            let mean_watts = self.joules / self.settings.interval_s;
            let arrives_s = self.until_s + self.settings.lag_s;
            self.on_their_way.push_back((arrives_s, mean_watts));
            self.joules = 0.0;
            self.now_s = self.until_s;
            self.until_s += self.settings.interval_s;
        }
        self.joules += grid_watts * (end_s - self.now_s);
        self.now_s = end_s;
    }

    /// The oldest reading that has arrived and was not taken, watts.
    pub fn take(&mut self) -> Option<f64> {
        let (arrives_s, watts) = *self.on_their_way.front()?;
        if arrives_s > self.now_s {
            return None;
        }
        self.on_their_way.pop_front();
        Some(watts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_is_the_mean_of_its_interval_and_comes_late() {
        let mut meter = Meter::new(MeterSettings {
            interval_s: 1.0,
            lag_s: 0.5,
        });
        meter.pass(0.25, 400.0);
        meter.pass(0.75, -400.0);
        assert_eq!(meter.take(), None);
        meter.pass(0.5, 1_000.0);
        assert_eq!(meter.take(), Some(-200.0));
        assert_eq!(meter.take(), None);
        // Several intervals at once are so many readings.
        meter.pass(3.0, 1_000.0);
        assert_eq!(
            std::iter::from_fn(|| meter.take()).collect::<Vec<_>>(),
            [1_000.0; 3]
        );
    }

    #[test]
    fn small_steps_and_large_ones_agree() {
        let settings = MeterSettings::default();
        let (mut small, mut large) = (Meter::new(settings), Meter::new(settings));
        for _ in 0..100 {
            small.pass(0.125, 300.0);
        }
        large.pass(12.5, 300.0);
        let readings = |meter: &mut Meter| std::iter::from_fn(|| meter.take()).count();
        assert_eq!((readings(&mut small), readings(&mut large)), (12, 12));
    }
}
