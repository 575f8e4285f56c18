//! The limits that the one decision is made with.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::{Duration, FULL_CENTIPERCENT};

/// What the water temperature counts for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ProbeUse {
    /// No power without a fresh and plausible reading below the limit.
    #[default]
    Required,
    /// No probe is fitted: readings decide nothing, and the tank's own thermostat is the only protection.
    Absent,
}

/// The limits that the one decision is made with. All of them hold at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Whether a water temperature is required. Default: required.
    pub water_probe: ProbeUse,
    /// At or above this the output is off, in millicelsius: 5 000 to 95 000, below the plausible maximum.
    /// Default 60 000.
    pub water_limit_millicelsius: i32,
    /// After the limit was reached the output stays off until the water is at or below this, in millicelsius: at least
    /// 500 (half a degree) below the limit, above the plausible minimum. Default 54 000.
    pub water_resume_millicelsius: i32,
    /// A reading below this is not a water temperature, in millicelsius: -55 000 or more. Default -10 000.
    pub plausible_minimum_millicelsius: i32,
    /// A reading above this is not a water temperature, in millicelsius: 125 000 or less. Default 110 000.
    pub plausible_maximum_millicelsius: i32,
    /// A water temperature this old is as good as none, in seconds: 1 to 3 600. Default 30.
    pub water_maximum_age_s: u32,
    /// A setpoint this old is as good as none, in seconds: 1 to 86 400. Repeats count. Default 60.
    pub setpoint_maximum_age_s: u32,
    /// The highest power permitted, in centipercent: 1 to 10 000. Default 10 000.
    pub maximum_centipercent: u16,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            water_probe: ProbeUse::Required,
            water_limit_millicelsius: 60_000,
            water_resume_millicelsius: 54_000,
            plausible_minimum_millicelsius: -10_000,
            plausible_maximum_millicelsius: 110_000,
            water_maximum_age_s: 30,
            setpoint_maximum_age_s: 60,
            maximum_centipercent: FULL_CENTIPERCENT,
        }
    }
}

impl Settings {
    /// Whether a decision can be made with these settings.
    ///
    /// # Errors
    /// The first field found outside its range, or at odds with another; a person can mend it.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let wrong = |field, problem, expected| {
            Err(SettingsError {
                field,
                problem,
                expected,
            })
        };
        // The range that common probes measure: nothing outside it can be a reading.
        if self.plausible_minimum_millicelsius < -55_000 {
            return wrong(
                "plausible_minimum_millicelsius",
                "is below -55000",
                "-10000, the coldest that a water tank is ever near",
            );
        }
        if self.plausible_maximum_millicelsius > 125_000 {
            return wrong(
                "plausible_maximum_millicelsius",
                "is above 125000",
                "110000, hotter than a water tank ever is",
            );
        }
        if !(5_000..=95_000).contains(&self.water_limit_millicelsius) {
            return wrong(
                "water_limit_millicelsius",
                "is outside 5000 to 95000",
                "60000 for a domestic water heater",
            );
        }
        if self.water_limit_millicelsius >= self.plausible_maximum_millicelsius {
            return wrong(
                "water_limit_millicelsius",
                "is not below plausible_maximum_millicelsius",
                "a limit that a plausible reading can reach",
            );
        }
        // Closer together, one step of a coarse probe would switch the heater on and off for ever.
        if self.water_resume_millicelsius > self.water_limit_millicelsius - 500 {
            return wrong(
                "water_resume_millicelsius",
                "is less than 500 below water_limit_millicelsius",
                "a few degrees below the limit, 54000 for a limit of 60000",
            );
        }
        if self.water_resume_millicelsius <= self.plausible_minimum_millicelsius {
            return wrong(
                "water_resume_millicelsius",
                "is not above plausible_minimum_millicelsius",
                "a temperature that a plausible reading can fall to",
            );
        }
        if !(1..=3_600).contains(&self.water_maximum_age_s) {
            return wrong(
                "water_maximum_age_s",
                "is outside 1 to 3600",
                "30, several times the interval of the readings",
            );
        }
        if !(1..=86_400).contains(&self.setpoint_maximum_age_s) {
            return wrong(
                "setpoint_maximum_age_s",
                "is outside 1 to 86400",
                "60, several times the interval of the router's messages",
            );
        }
        if !(1..=FULL_CENTIPERCENT).contains(&self.maximum_centipercent) {
            return wrong(
                "maximum_centipercent",
                "is outside 1 to 10000",
                "10000 for full power, 5000 for half; to switch off, use the switch",
            );
        }
        Ok(())
    }

    pub(crate) fn water_maximum_age(&self) -> Duration {
        seconds(self.water_maximum_age_s)
    }

    pub(crate) fn setpoint_maximum_age(&self) -> Duration {
        seconds(self.setpoint_maximum_age_s)
    }

    pub(crate) fn is_plausible(&self, millicelsius: i32) -> bool {
        (self.plausible_minimum_millicelsius..=self.plausible_maximum_millicelsius)
            .contains(&millicelsius)
    }
}

/// Whole seconds as microseconds; a `u32` of seconds always fits.
fn seconds(seconds: u32) -> Duration {
    Duration::from_ticks(u64::from(seconds) * 1_000_000)
}

/// Settings that no decision can be made with: which field, what is wrong with it, and what would be right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SettingsError {
    /// The name of the field, as it is written in TOML.
    pub field: &'static str,
    /// What is wrong with it.
    pub problem: &'static str,
    /// What would be right.
    pub expected: &'static str,
}

impl fmt::Display for SettingsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} {}; expected: {}",
            self.field, self.problem, self.expected
        )
    }
}

impl core::error::Error for SettingsError {}
