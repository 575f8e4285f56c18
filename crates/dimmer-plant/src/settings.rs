//! What a plant is made of.

use std::fmt;

use crate::detector::DetectorSettings;
use crate::mains::MainsSettings;
use crate::tank::TankSettings;
use crate::triac::{Load, Triac};

/// Everything about the simulated plant that can be chosen.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PlantSettings {
    /// Voltage and frequency.
    pub mains: MainsSettings,
    /// The zero-cross detector's pulse.
    pub detector: DetectorSettings,
    /// The triac.
    pub triac: Triac,
    /// The heating element.
    pub load: Load,
    /// The tank.
    pub tank: TankSettings,
    /// How many times faster than the mains the tank's time runs (heat, losses and draw-offs alike), 0.001 to 100 000.
    pub speed: f64,
}

impl Default for PlantSettings {
    fn default() -> Self {
        Self {
            mains: MainsSettings::default(),
            detector: DetectorSettings::default(),
            triac: Triac::default(),
            load: Load::default(),
            tank: TankSettings::default(),
            speed: 1.0,
        }
    }
}

impl PlantSettings {
    /// # Errors
    /// The first field that is outside its range.
    pub fn validate(&self) -> Result<(), SettingsError> {
        self.mains.validate()?;
        self.detector.validate()?;
        self.triac.validate()?;
        self.load.validate()?;
        self.tank.validate()?;
        SettingsError::check_range("speed", self.speed, 0.001, 100_000.0)
    }
}

/// A setting that cannot be simulated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SettingsError {
    /// The field, with its path.
    pub field: &'static str,
    /// What was asked for.
    pub value: f64,
    /// The least that would do.
    pub minimum: f64,
    /// The most that would do.
    pub maximum: f64,
}

impl SettingsError {
    pub(crate) fn check_range(
        field: &'static str,
        value: f64,
        minimum: f64,
        maximum: f64,
    ) -> Result<(), Self> {
        // Not a number is in no range.
        if (minimum..=maximum).contains(&value) {
            Ok(())
        } else {
            Err(Self {
                field,
                value,
                minimum,
                maximum,
            })
        }
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            field,
            value,
            minimum,
            maximum,
        } = self;
        write!(
            formatter,
            "{field} is {value}; it must be between {minimum} and {maximum}"
        )
    }
}

impl std::error::Error for SettingsError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid() {
        assert_eq!(PlantSettings::default().validate(), Ok(()));
    }

    #[test]
    fn a_setting_out_of_range_is_named_with_what_would_be_right() {
        let mut settings = PlantSettings::default();
        settings.load.rated_watts = 0.0;
        assert_eq!(
            settings.validate().unwrap_err().to_string(),
            "load.rated_watts is 0; it must be between 1 and 100000"
        );
        settings = PlantSettings {
            speed: f64::NAN,
            ..PlantSettings::default()
        };
        assert_eq!(settings.validate().unwrap_err().field, "speed");
    }
}
