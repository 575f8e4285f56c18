//! What a house is made of.

use super::{MeterSettings, RouterSettings};
use crate::SettingsError;

/// What is above the roof.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sky {
    /// Not a cloud.
    #[default]
    Clear,
    /// Clouds that pass, other ones for each seed and each day.
    Cloudy,
}

/// Everything about the house that can be chosen.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HouseSettings {
    /// Another seed is another day: other clouds, and other times at which things are switched on.
    pub seed: u64,
    /// Whether clouds pass.
    pub sky: Sky,
    /// Where it stands, degrees north of the equator, -90 to 90.
    pub latitude_degrees: f64,
    /// The first day, counted from 1 January as 1, 1 to 366.
    pub day_of_year: u32,
    /// Peak power of the roof (at 1000 W/m² and 25 °C), watts, 0 to 1 000 000.
    pub peak_watts: f64,
    /// What the household always uses, watts, 0 to 100 000.
    pub base_watts: f64,
    /// Time of day at the start, hours, 0 up to but not including 24. Noon is when the sun is in the south: no time zone, no summer
    /// time.
    pub start_hour: f64,
    /// The meter at the house's connection to the grid.
    pub meter: MeterSettings,
    /// Who steers the heaters.
    pub router: RouterSettings,
}

impl Default for HouseSettings {
    /// 5 kWp at 45 degrees north on 10 April, from eight in the morning.
    fn default() -> Self {
        Self {
            seed: 1,
            sky: Sky::Clear,
            latitude_degrees: 45.0,
            day_of_year: 100,
            peak_watts: 5_000.0,
            base_watts: 150.0,
            start_hour: 8.0,
            meter: MeterSettings::default(),
            router: RouterSettings::default(),
        }
    }
}

impl HouseSettings {
    /// # Errors
    /// The first field that is outside its range.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let in_range = SettingsError::check_range;
        in_range("house.latitude_degrees", self.latitude_degrees, -90.0, 90.0)?;
        in_range("house.day_of_year", self.day_of_year.into(), 1.0, 366.0)?;
        in_range("house.peak_watts", self.peak_watts, 0.0, 1e6)?;
        in_range("house.base_watts", self.base_watts, 0.0, 1e5)?;
        in_range("house.start_hour", self.start_hour, 0.0, 23.999)?;
        self.meter.validate()?;
        self.router.validate()
    }
}
