//! A solar router: turns what its meter says into the common setpoint.

#[cfg(test)]
mod tests;

use crate::SettingsError;

/// What the numbers are that the router publishes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Speech {
    /// Percent, with two decimals.
    #[default]
    Percent,
    /// Watts, as `{"watts":1234}`.
    Watts,
}

/// What a router is like.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RouterSettings {
    /// From a new setpoint to the moment at which the heaters follow it and the meter has said so, without the meter's own interval,
    /// seconds, 0 to 60: its lag, the way to the dimmers and back, and theirs to the heaters. Too long a time makes the router slower;
    /// too short a one makes it swing.
    pub dead_time_s: f64,
    /// What it leaves to the grid, watts, -100 000 to 100 000: above zero a little is always exported.
    pub leave_watts: f64,
    /// What its numbers are.
    pub speaks: Speech,
    /// Whether it listens to what the pool says that it can take, and never asks for more.
    pub listens: bool,
}

impl Default for RouterSettings {
    fn default() -> Self {
        Self {
            dead_time_s: 1.0,
            leave_watts: 0.0,
            speaks: Speech::default(),
            listens: true,
        }
    }
}

impl RouterSettings {
    /// # Errors
    /// The first field that is outside its range.
    pub fn validate(&self) -> Result<(), SettingsError> {
        SettingsError::check_range("house.router.dead_time_s", self.dead_time_s, 0.0, 60.0)?;
        SettingsError::check_range("house.router.leave_watts", self.leave_watts, -1e5, 1e5)
    }
}

impl Speech {
    /// A setpoint as it is published, where one percent, or one watt, of it is so many watts.
    #[must_use]
    pub fn payload(self, setpoint_watts: f64, watts_per_unit: f64) -> String {
        let setpoint = setpoint_watts / watts_per_unit.max(1e-3);
        match self {
            Self::Percent => format!("{setpoint:.2}"),
            Self::Watts => format!("{{\"watts\":{setpoint:.0}}}"),
        }
    }
}

/// Steers the power at the grid to zero by a setpoint in watts: an integral controller, one step with each reading of the meter.
///
/// Each reading adds `gain` times the surplus it shows. A setpoint is seen in the readings `d` steps later, where `d` is the dead time in
/// intervals, rounded up. With heaters that take what they are asked, the error obeys `e[n+1] = e[n] - gain e[n-d]`. Its slowest modes
/// meet in one real one, without any swing, when
///
/// `gain = d^d / (d + 1)^(d + 1)`: 1 for `d` = 0, 1/4 for 1, 4/27 for 2,
///
/// which is what is used (the double root of `z^(d+1) - z^d + gain` at `d / (d + 1)`). Heaters that give less than they are asked, and a
/// dead time that is shorter than said, make it slower but no less steady. It would swing for ever from `2 sin(pi / (4 d + 2))` on: 4 times
/// this gain or more.
#[derive(Clone, Debug)]
pub struct Router {
    gain: f64,
    leave_watts: f64,
    maximum_watts: f64,
    setpoint_watts: f64,
}

impl Router {
    /// A router that asks for nothing yet, and never for more than `maximum_watts`: with more in hand than heaters can take, it would
    /// be so much longer in coming back when a cloud comes.
    #[must_use]
    pub fn new(settings: RouterSettings, interval_s: f64, maximum_watts: f64) -> Self {
        Self {
            gain: gain(settings.dead_time_s, interval_s),
            leave_watts: settings.leave_watts,
            maximum_watts: maximum_watts.max(0.0),
            setpoint_watts: 0.0,
        }
    }

    /// Takes a reading of the power at the grid, watts, below zero when it is given to it; gives the new setpoint, watts, from zero to
    /// the maximum. A reading that is no number changes nothing.
    pub fn reading(&mut self, grid_watts: f64) -> f64 {
        if grid_watts.is_finite() {
            let surplus_watts = -grid_watts - self.leave_watts;
            let wanted_watts = self.setpoint_watts + self.gain * surplus_watts;
            self.setpoint_watts = wanted_watts.clamp(0.0, self.maximum_watts);
        }
        self.setpoint_watts
    }

    /// More than this is not asked for from the next reading on, watts.
    pub fn set_maximum_watts(&mut self, maximum_watts: f64) {
        self.maximum_watts = maximum_watts.max(0.0);
    }

    /// The setpoint, watts.
    #[must_use]
    pub fn setpoint_watts(&self) -> f64 {
        self.setpoint_watts
    }
}

/// The largest gain that does not swing.
fn gain(dead_time_s: f64, interval_s: f64) -> f64 {
    // A little less than a whole interval more is none.
    let steps = (dead_time_s / interval_s - 1e-9).ceil().max(0.0);
    if steps == 0.0 {
        // One step would do without noise; half of the error each time rides over what the meter has not seen yet.
        return 0.5;
    }
    (steps / (steps + 1.0)).powf(steps) / (steps + 1.0)
}
