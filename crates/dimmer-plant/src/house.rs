//! A house around the dimmers: what its roof produces, what its household uses, and what its meter and its router make of it.

mod energy;
mod household;
mod meter;
mod random;
mod router;
mod settings;
mod sky;
mod sun;

pub use energy::{EnergyBalance, HousePower};
pub use meter::{Meter, MeterSettings};
pub use router::{Router, RouterSettings, Speech};
pub use settings::{HouseSettings, Sky};
pub use sun::{clear_sky_irradiance, cosine_of_zenith};

use std::cell::RefCell;

use crate::SettingsError;
use household::Household;
use random::Random;
use sky::Clouds;
use sun::roof_watts;

const DAY_SECONDS: f64 = 86_400.0;

/// A house whose day is the same for the same settings: production and consumption by the time.
///
/// It keeps nothing but the plan of the day that was asked about last; any time may be asked about, in any order.
#[derive(Clone, Debug)]
pub struct House {
    settings: HouseSettings,
    plan: RefCell<Plan>,
}

/// What clouds and people do on one day.
#[derive(Clone, Debug)]
struct Plan {
    /// Days since the first one.
    day: u32,
    clouds: Clouds,
    household: Household,
}

impl Plan {
    fn new(settings: &HouseSettings, day: u32) -> Self {
        let seed = settings.seed.wrapping_add(u64::from(day) << 32);
        Self {
            day,
            clouds: match settings.sky {
                Sky::Clear => Clouds::none(),
                Sky::Cloudy => Clouds::of_a_day(&mut Random::new(seed ^ 0xC10D)),
            },
            household: Household::of_a_day(settings.base_watts, &mut Random::new(seed)),
        }
    }
}

impl House {
    /// # Errors
    /// The first setting that is outside its range.
    pub fn new(settings: HouseSettings) -> Result<Self, SettingsError> {
        settings.validate()?;
        let plan = RefCell::new(Plan::new(&settings, 0));
        Ok(Self { settings, plan })
    }

    /// What it is made of.
    #[must_use]
    pub fn settings(&self) -> &HouseSettings {
        &self.settings
    }

    /// What the roof produces and the household uses, so many seconds after the first day's midnight. Before it, as at midnight.
    #[must_use]
    pub fn power(&self, seconds: f64) -> HousePower {
        let (day, second_of_day) = day_and_second(seconds);
        let mut plan = self.plan.borrow_mut();
        if plan.day != day {
            *plan = Plan::new(&self.settings, day);
        }
        let clear_watts = roof_watts(&self.settings, day, second_of_day);
        HousePower {
            produced_watts: clear_watts * plan.clouds.transmission(second_of_day),
            used_watts: plan.household.watts(second_of_day),
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates, after eleven million years"
)]
fn day_and_second(seconds: f64) -> (u32, f64) {
    let seconds = seconds.max(0.0);
    let day = (seconds / DAY_SECONDS).floor();
    (day as u32, seconds - day * DAY_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(sky: Sky, seed: u64) -> EnergyBalance {
        let house = House::new(HouseSettings {
            sky,
            seed,
            ..HouseSettings::default()
        })
        .unwrap();
        let mut balance = EnergyBalance::default();
        for second in 0..86_400 {
            balance.add(1.0, house.power(f64::from(second)), 0.0);
        }
        balance
    }

    #[test]
    fn a_clear_day_in_april_and_a_household_are_of_a_plausible_size() {
        let clear = day(Sky::Clear, 1);
        let (produced, used) = (clear.produced_joules / 3.6e6, clear.used_joules / 3.6e6);
        // 5 kWp that lie flat at 45 degrees north: some 6 kWh/m2 on a clear day in April, of which 86 % come out.
        assert!((24.0..29.0).contains(&produced), "{produced} kWh");
        assert!((6.0..14.0).contains(&used), "{used} kWh");
    }

    #[test]
    fn clouds_take_a_part_of_the_day_and_differ_by_seed() {
        let clear = day(Sky::Clear, 1).produced_joules;
        let cloudy = [1, 2, 3].map(|seed| day(Sky::Cloudy, seed).produced_joules);
        for produced in cloudy {
            assert!((0.4..0.9).contains(&(produced / clear)), "{cloudy:?}");
        }
        assert!(cloudy[0] != cloudy[1] && cloudy[1] != cloudy[2]);
        assert_eq!(day(Sky::Cloudy, 2).produced_joules, cloudy[1]);
    }

    #[test]
    fn any_time_may_be_asked_about_in_any_order() {
        let house = House::new(HouseSettings {
            sky: Sky::Cloudy,
            ..HouseSettings::default()
        })
        .unwrap();
        let first = house.power(40_000.0);
        let next_day = house.power(40_000.0 + DAY_SECONDS);
        assert_ne!(first, next_day);
        assert_eq!(house.power(40_000.0), first);
        assert_eq!(house.power(-5.0), house.power(0.0));
        assert_eq!(house.power(0.0).produced_watts, 0.0);
    }

    #[test]
    fn a_house_that_cannot_be_is_refused() {
        let settings = HouseSettings {
            latitude_degrees: 91.0,
            ..HouseSettings::default()
        };
        assert_eq!(
            House::new(settings).unwrap_err().to_string(),
            "house.latitude_degrees is 91; it must be between -90 and 90"
        );
    }
}
