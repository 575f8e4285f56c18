//! The house around the dimmers, while it runs: roof, household, meter and router.

mod router;

use std::{cell::RefCell, fmt};

use anyhow::Result;
use dimmer_app::dimmer::Instant;
use dimmer_house::Scale;
use dimmer_plant::{EnergyBalance, House, HousePower, HouseSettings, Meter, Router};
use tokio::sync::watch;

use crate::configuration::Unit;

const DAY_SECONDS: f64 = 86_400.0;
const JOULES_PER_KWH: f64 = 3.6e6;

/// What the house does, and what it did since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct HouseFigures {
    /// Its time of day, seconds since midnight.
    pub second_of_day: f64,
    /// Roof and household.
    pub power: HousePower,
    /// What all heaters took over the last step, watts.
    pub diverted_watts: f64,
    /// What the router asks for, watts.
    pub setpoint_watts: f64,
    /// Energy since the start, in the house's time.
    pub balance: EnergyBalance,
}

impl HouseFigures {
    /// What is taken from the grid, watts; below zero, what is given to it.
    #[must_use]
    pub fn grid_watts(&self) -> f64 {
        self.power.grid_watts(self.diverted_watts)
    }

    /// The time of day, for people.
    #[must_use]
    pub fn time_of_day(&self) -> String {
        let minutes = (self.second_of_day / 60.0).floor();
        format!("{:02.0}:{:02.0}", (minutes / 60.0).floor(), minutes % 60.0)
    }

    /// The energies with their names, kWh.
    #[must_use]
    pub fn energies_kwh(&self) -> [(&'static str, f64); 5] {
        let balance = self.balance;
        [
            ("produced", balance.produced_joules),
            ("used", balance.used_joules),
            ("diverted", balance.diverted_joules),
            ("exported", balance.exported_joules),
            ("imported", balance.imported_joules),
        ]
        .map(|(name, joules)| (name, joules / JOULES_PER_KWH))
    }
}

/// One line, for people.
impl fmt::Display for HouseFigures {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "house {}  roof {:.0}W  household {:.0}W  heaters {:.0}W  grid {:+.0}W ",
            self.time_of_day(),
            self.power.produced_watts,
            self.power.used_watts,
            self.diverted_watts,
            self.grid_watts()
        )?;
        for (name, kwh) in self.energies_kwh() {
            write!(formatter, " {name} {kwh:.2}")?;
        }
        formatter.write_str(" kWh")
    }
}

#[derive(Debug)]
struct State {
    meter: Meter,
    router: Router,
    /// Until when the house has run.
    now: Option<Instant>,
    figures: HouseFigures,
}

/// A house that runs: its time, the tanks' and the sun's, at the speed of the plant; its meter and its router in that of the mains, as the
/// dimmers.
#[derive(Debug)]
pub struct RunningHouse {
    house: House,
    speed: f64,
    scale: Scale,
    state: RefCell<State>,
    /// What the router publishes next.
    setpoint: watch::Sender<String>,
}

impl RunningHouse {
    /// A house at the start of its day, around these dimmers.
    ///
    /// # Errors
    /// The first setting that is outside its range.
    pub fn new(settings: HouseSettings, units: &[Unit]) -> Result<Self> {
        let speed = units.first().map_or(1.0, |unit| unit.plant.speed);
        let configs = units.iter().map(|unit| &*unit.config);
        let scale = Scale::of(configs, settings.router.speaks);
        let state = State {
            meter: Meter::new(settings.meter),
            router: Router::new(
                settings.router,
                settings.meter.interval_s,
                scale.maximum_watts,
            ),
            now: None,
            figures: HouseFigures {
                second_of_day: settings.start_hour * 3_600.0,
                ..HouseFigures::default()
            },
        };
        Ok(Self {
            speed,
            scale,
            house: House::new(settings)?,
            state: RefCell::new(state),
            setpoint: watch::Sender::new(String::new()),
        })
    }

    /// What it is made of.
    #[must_use]
    pub fn settings(&self) -> &HouseSettings {
        self.house.settings()
    }

    /// How many times faster its time runs than that of the mains.
    #[must_use]
    pub fn speed(&self) -> f64 {
        self.speed
    }

    /// What it does, and did.
    #[must_use]
    pub fn figures(&self) -> HouseFigures {
        self.state.borrow().figures
    }

    /// Runs until `until`; the heaters took so much since the last time.
    pub fn pass(&self, until: Instant, diverted_joules: f64) {
        let mut state = self.state.borrow_mut();
        let since = state.now.replace(until).unwrap_or(until);
        let passed = until.checked_duration_since(since);
        let seconds = passed.map_or(0.0, |passed| passed.as_ticks() as f64 / 1e6);
        if seconds <= 0.0 {
            return;
        }
        let start_seconds = self.settings().start_hour * 3_600.0;
        let house_seconds = start_seconds + until.as_ticks() as f64 / 1e6 * self.speed;
        let power = self.house.power(house_seconds);
        let diverted_watts = diverted_joules / seconds;
        state.meter.pass(seconds, power.grid_watts(diverted_watts));
        // After the desktop was held up there are several; a router would have missed all but the last.
        if let Some(reading) = std::iter::from_fn(|| state.meter.take()).last() {
            let setpoint_watts = state.router.reading(reading);
            self.setpoint
                .send_replace(self.scale.payload(setpoint_watts));
        }
        let setpoint_watts = state.router.setpoint_watts();
        let figures = &mut state.figures;
        // In the house's time all that is energy takes so much longer.
        let house_step = seconds * self.speed;
        figures
            .balance
            .add(house_step, power, diverted_joules * self.speed);
        figures.second_of_day = house_seconds.rem_euclid(DAY_SECONDS);
        figures.power = power;
        figures.diverted_watts = diverted_watts;
        figures.setpoint_watts = setpoint_watts;
    }

    /// The router heard what the pool can take now, watts.
    fn heard_capacity(&self, watts: f64) {
        let maximum_watts = watts.min(self.scale.maximum_watts);
        self.state
            .borrow_mut()
            .router
            .set_maximum_watts(maximum_watts);
    }

    /// The router publishes its setpoint for the dimmer that this is, and all that follow the same topic, for ever.
    pub async fn route(&self, unit: &Unit, say: impl Fn(String)) {
        router::publish(self, unit, say).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_one_line_for_people() {
        let mut figures = HouseFigures {
            second_of_day: 45_296.0,
            power: HousePower {
                produced_watts: 3_000.4,
                used_watts: 240.0,
            },
            diverted_watts: 2_800.0,
            ..HouseFigures::default()
        };
        figures
            .balance
            .add(3_600.0, figures.power, 2_800.0 * 3_600.0);
        assert_eq!(
            figures.to_string(),
            "house 12:34  roof 3000W  household 240W  heaters 2800W  grid +40W  produced 3.00 used 0.24 diverted 2.80 exported 0.00 imported 0.04 kWh"
        );
    }
}
