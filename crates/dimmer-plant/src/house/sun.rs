//! The sun on a flat roof.

use super::HouseSettings;

/// The share of the peak power that comes out of the inverter at 1000 W/m²: the usual losses (dirt, mismatch, wiring, ageing and
/// more) are 14 % in NREL's PVWatts (Dobos: PVWatts Version 5 Manual, 2014).
const PERFORMANCE: f64 = 0.86;
/// Standard test conditions, W/m².
const STANDARD_IRRADIANCE: f64 = 1_000.0;

/// The cosine of the angle between the sun and straight up; below zero, the sun is below the horizon.
///
/// The declination is Cooper's: `23.45° sin(360° (284 + day) / 365)` (Solar Energy 12, 1969). The second of the day is solar time:
/// at 43 200 the sun is at its highest.
#[must_use]
pub fn cosine_of_zenith(latitude_degrees: f64, day_of_year: u32, second_of_day: f64) -> f64 {
    let turn = (284.0 + f64::from(day_of_year)) / 365.0 * std::f64::consts::TAU;
    let declination = 23.45_f64.to_radians() * turn.sin();
    let hour_angle = (second_of_day / 43_200.0 - 1.0) * std::f64::consts::PI;
    let latitude = latitude_degrees.to_radians();
    latitude.sin() * declination.sin() + latitude.cos() * declination.cos() * hour_angle.cos()
}

/// What a clear sky gives a horizontal square metre, W/m², by the cosine of the zenith angle: Haurwitz's
/// `1098 cos z exp(-0.059 / cos z)` (Journal of Meteorology 2, 1945), the best of those that need nothing else in Reno, Hansen and
/// Stein, Global Horizontal Irradiance Clear Sky Models, SAND2012-2389, 2012.
#[must_use]
pub fn clear_sky_irradiance(cosine_of_zenith: f64) -> f64 {
    if cosine_of_zenith <= 0.0 {
        return 0.0;
    }
    1_098.0 * cosine_of_zenith * (-0.059 / cosine_of_zenith).exp()
}

/// What the roof gives under a clear sky, so many days after the first one, watts.
pub(super) fn roof_watts(settings: &HouseSettings, day: u32, second_of_day: f64) -> f64 {
    let day_of_year = (settings.day_of_year.saturating_sub(1).saturating_add(day)) % 365 + 1;
    let cosine = cosine_of_zenith(settings.latitude_degrees, day_of_year, second_of_day);
    settings.peak_watts * PERFORMANCE * clear_sky_irradiance(cosine) / STANDARD_IRRADIANCE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sun_is_highest_at_noon_and_as_high_as_the_season_says() {
        let height = |latitude, day, hour: f64| {
            let cosine = cosine_of_zenith(latitude, day, hour * 3_600.0);
            90.0 - cosine.acos().to_degrees()
        };
        // At the solstices 90 - 45 +- 23.45 degrees; at the equinox half of the day.
        assert!((height(45.0, 172, 12.0) - 68.45).abs() < 0.01);
        assert!((height(45.0, 355, 12.0) - 21.55).abs() < 0.01);
        assert!(height(45.0, 81, 6.0).abs() < 0.01);
        assert!((height(45.0, 100, 9.0) - height(45.0, 100, 15.0)).abs() < 1e-9);
        assert!(height(45.0, 100, 0.0) < 0.0);
    }

    #[test]
    fn a_clear_sky_gives_what_the_formula_says_and_nothing_at_night() {
        assert!((clear_sky_irradiance(1.0) - 1_098.0 * 0.942_706_769).abs() < 1e-3);
        assert!((clear_sky_irradiance(0.5) - 549.0 * 0.888_696_052).abs() < 1e-3);
        assert_eq!(clear_sky_irradiance(0.0), 0.0);
        assert_eq!(clear_sky_irradiance(-0.5), 0.0);
    }
}
