//! The water heater's tank: one node of water, mixed perfectly.

use crate::SettingsError;

/// Heat capacity of water, J/(kg K), at 20 degC.
const WATER_JOULES_PER_KILOGRAM_KELVIN: f64 = 4_186.0;
/// Kilograms in a litre. Its change with temperature, 4 % up to 95 degC, is left out.
const WATER_KILOGRAMS_PER_LITRE: f64 = 1.0;
const DAY_SECONDS: f64 = 86_400.0;

/// Hot water that is taken from the tank every day; the same amount of cold water takes its place.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DrawOff {
    /// When it starts, seconds since midnight, 0 to 86 399.
    pub start_seconds: f64,
    /// Flow, litres per minute, 0 to 100.
    pub litres_per_minute: f64,
    /// How long it lasts, seconds, 0 to 86 400.
    pub seconds: f64,
}

/// The tank and what surrounds it.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TankSettings {
    /// Volume, litres, 0.1 to 100 000.
    pub litres: f64,
    /// Temperature of the room, degC, -50 to 100.
    pub room_celsius: f64,
    /// Heat lost to the room, watts per kelvin of difference, 0 to 1000. A good 200 litre tank loses about 1.5 W/K.
    pub loss_watts_per_kelvin: f64,
    /// Temperature at the start, degC, -50 to 150.
    pub initial_celsius: f64,
    /// Temperature of the cold water, degC, -50 to 100.
    pub cold_water_celsius: f64,
    /// Time of day at the start, seconds since midnight, 0 to 86 399.
    pub initial_second_of_day: f64,
    /// What is drawn off every day.
    pub draw_offs: Vec<DrawOff>,
}

impl Default for TankSettings {
    /// A household's 200 litres in the morning, without draw-offs.
    fn default() -> Self {
        Self {
            litres: 200.0,
            room_celsius: 18.0,
            loss_watts_per_kelvin: 1.5,
            initial_celsius: 40.0,
            cold_water_celsius: 12.0,
            initial_second_of_day: 8.0 * 3_600.0,
            draw_offs: Vec::new(),
        }
    }
}

impl TankSettings {
    /// # Errors
    /// The first field that is outside its range.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let last_second = DAY_SECONDS - 1.0;
        SettingsError::check_range("tank.litres", self.litres, 0.1, 100_000.0)?;
        SettingsError::check_range("tank.room_celsius", self.room_celsius, -50.0, 100.0)?;
        SettingsError::check_range(
            "tank.loss_watts_per_kelvin",
            self.loss_watts_per_kelvin,
            0.0,
            1_000.0,
        )?;
        SettingsError::check_range("tank.initial_celsius", self.initial_celsius, -50.0, 150.0)?;
        SettingsError::check_range(
            "tank.cold_water_celsius",
            self.cold_water_celsius,
            -50.0,
            100.0,
        )?;
        SettingsError::check_range(
            "tank.initial_second_of_day",
            self.initial_second_of_day,
            0.0,
            last_second,
        )?;
        for draw_off in &self.draw_offs {
            SettingsError::check_range(
                "tank.draw_offs.start_seconds",
                draw_off.start_seconds,
                0.0,
                last_second,
            )?;
            SettingsError::check_range(
                "tank.draw_offs.litres_per_minute",
                draw_off.litres_per_minute,
                0.0,
                100.0,
            )?;
            SettingsError::check_range(
                "tank.draw_offs.seconds",
                draw_off.seconds,
                0.0,
                DAY_SECONDS,
            )?;
        }
        Ok(())
    }
}

/// Where the heat went, joules since the start: `heated - lost - drawn` is what the water has gained.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct HeatBalance {
    /// From the heating element.
    pub heated_joules: f64,
    /// To the room; negative while the room is the warmer one.
    pub lost_joules: f64,
    /// With the water that was drawn off, above the temperature of the cold water that replaced it.
    pub drawn_joules: f64,
}

/// The tank: `C dT/dt = P - G (T - room) - flow c (T - cold)`, solved exactly between the times where the flow changes.
/// Under pressure water does not boil at 100 degC, and nothing here cuts the heater off: that is the dimmer's business.
#[derive(Clone, Debug, PartialEq)]
pub struct Tank {
    settings: TankSettings,
    celsius: f64,
    second_of_day: f64,
    balance: HeatBalance,
}

impl Tank {
    /// The tank at its initial temperature.
    #[must_use]
    pub fn new(settings: TankSettings) -> Self {
        Self {
            celsius: settings.initial_celsius,
            second_of_day: settings.initial_second_of_day,
            settings,
            balance: HeatBalance::default(),
        }
    }

    /// What it is made of, and was at the start.
    #[must_use]
    pub fn settings(&self) -> &TankSettings {
        &self.settings
    }

    /// Temperature of the water, degC.
    #[must_use]
    pub fn celsius(&self) -> f64 {
        self.celsius
    }

    /// Sets the temperature of the water, degC, as if it had been exchanged: the balance does not know of it.
    pub fn set_celsius(&mut self, celsius: f64) {
        self.celsius = celsius;
    }

    /// Time of day, seconds since midnight.
    #[must_use]
    pub fn second_of_day(&self) -> f64 {
        self.second_of_day
    }

    /// Where the heat went.
    #[must_use]
    pub fn balance(&self) -> HeatBalance {
        self.balance
    }

    /// Heat that warms the water by one kelvin, J/K.
    #[must_use]
    pub fn joules_per_kelvin(&self) -> f64 {
        self.settings.litres * WATER_KILOGRAMS_PER_LITRE * WATER_JOULES_PER_KILOGRAM_KELVIN
    }

    /// Lets time pass while the heater gives `joules`, evenly. Seconds that are not above zero are no time at all: their heat
    /// comes at once.
    pub fn advance(&mut self, seconds: f64, joules: f64) {
        self.balance.heated_joules += joules;
        if seconds <= 0.0 {
            self.celsius += joules / self.joules_per_kelvin();
            return;
        }
        let watts = joules / seconds;
        let mut remaining = seconds;
        while remaining > 0.0 {
            let (litres_per_minute, unchanged_seconds) = self.flow();
            let step = remaining.min(unchanged_seconds);
            self.step(step, watts, litres_per_minute);
            self.second_of_day = (self.second_of_day + step).rem_euclid(DAY_SECONDS);
            remaining -= step;
        }
    }

    /// The present flow, litres per minute, and for how many seconds it stays so.
    fn flow(&self) -> (f64, f64) {
        // Boundaries are rounded up to this, so that rounding errors cannot make a step that never ends.
        const SHORTEST_STEP_SECONDS: f64 = 1e-6;
        let mut litres_per_minute = 0.0;
        let mut unchanged_seconds = DAY_SECONDS;
        for draw_off in &self.settings.draw_offs {
            let since_start = (self.second_of_day - draw_off.start_seconds).rem_euclid(DAY_SECONDS);
            let until_change = if since_start < draw_off.seconds {
                litres_per_minute += draw_off.litres_per_minute;
                draw_off.seconds - since_start
            } else {
                DAY_SECONDS - since_start
            };
            unchanged_seconds = unchanged_seconds.min(until_change);
        }
        (
            litres_per_minute,
            unchanged_seconds.max(SHORTEST_STEP_SECONDS),
        )
    }

    fn step(&mut self, seconds: f64, watts: f64, litres_per_minute: f64) {
        let capacity = self.joules_per_kelvin();
        let loss = self.settings.loss_watts_per_kelvin;
        let flow =
            litres_per_minute / 60.0 * WATER_KILOGRAMS_PER_LITRE * WATER_JOULES_PER_KILOGRAM_KELVIN;
        let room = self.settings.room_celsius;
        let cold = self.settings.cold_water_celsius;

        // A linear equation: the slope decays as exp(-decay).
        let slope =
            (watts - loss * (self.celsius - room) - flow * (self.celsius - cold)) / capacity;
        let decay = (loss + flow) / capacity * seconds;
        let (end_weight, mean_weight) = decay_weights(decay);
        let mean = self.celsius + slope * seconds * mean_weight;
        self.celsius += slope * seconds * end_weight;
        self.balance.lost_joules += loss * (mean - room) * seconds;
        self.balance.drawn_joules += flow * (mean - cold) * seconds;
    }
}

/// How far a value gets, and how far it is on average, of what its first slope alone would make it, while that slope decays:
/// `(1 - exp(-x)) / x` and `(1 - that) / x`. Near zero both are differences of nearly equal numbers, so a series takes over.
fn decay_weights(decay: f64) -> (f64, f64) {
    if decay < 1e-3 {
        let mean = 0.5 - decay / 6.0 + decay * decay / 24.0 - decay * decay * decay / 120.0;
        (1.0 - decay * mean, mean)
    } else {
        let end = -(-decay).exp_m1() / decay;
        (end, (1.0 - end) / decay)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn insulated() -> TankSettings {
        TankSettings {
            loss_watts_per_kelvin: 0.0,
            ..TankSettings::default()
        }
    }

    fn gained_joules(tank: &Tank, initial_celsius: f64) -> f64 {
        (tank.celsius() - initial_celsius) * tank.joules_per_kelvin()
    }

    #[test]
    fn one_kilowatt_hour_warms_200_litres_by_4_3_degrees() {
        let mut tank = Tank::new(insulated());
        for _ in 0..3_600 {
            tank.advance(1.0, 1_000.0);
        }
        let expected = 40.0 + 3_600_000.0 / (200.0 * 4_186.0);
        assert!(
            (tank.celsius() - expected).abs() < 1e-9,
            "{}",
            tank.celsius()
        );
    }

    #[test]
    fn no_energy_appears_or_disappears() {
        let mut settings = TankSettings {
            loss_watts_per_kelvin: 3.0,
            initial_celsius: 55.0,
            ..TankSettings::default()
        };
        settings.draw_offs.push(DrawOff {
            start_seconds: 30_000.0,
            litres_per_minute: 8.0,
            seconds: 300.0,
        });
        settings.draw_offs.push(DrawOff {
            start_seconds: 86_300.0,
            litres_per_minute: 4.0,
            seconds: 200.0,
        });
        let mut tank = Tank::new(settings);
        // Steps from a half-cycle to hours, so that boundaries fall within them and both forms of the weights are used.
        for step in 0..20_000 {
            let seconds = [0.01, 1.0, 37.3, 4_000.0][step % 4];
            tank.advance(
                seconds,
                seconds * 1_500.0 * f64::from(u8::from(step % 3 == 0)),
            );
        }
        let balance = tank.balance();
        let kept = balance.heated_joules - balance.lost_joules - balance.drawn_joules;
        let gained = gained_joules(&tank, 55.0);
        assert!(
            (kept - gained).abs() < 1e-9 * balance.heated_joules,
            "{kept} {gained}"
        );
        assert!(balance.lost_joules > 0.0 && balance.drawn_joules > 0.0);
    }

    #[test]
    fn it_cools_to_the_room_exponentially() {
        let settings = TankSettings {
            loss_watts_per_kelvin: 2.0,
            initial_celsius: 60.0,
            ..TankSettings::default()
        };
        let mut tank = Tank::new(settings);
        let time_constant = tank.joules_per_kelvin() / 2.0;
        tank.advance(time_constant, 0.0);
        assert!(
            (tank.celsius() - (18.0 + 42.0 * (-1.0_f64).exp())).abs() < 1e-9,
            "{}",
            tank.celsius()
        );
    }

    #[test]
    fn small_steps_and_large_ones_agree() {
        let settings = TankSettings {
            draw_offs: vec![DrawOff {
                start_seconds: 28_900.0,
                litres_per_minute: 6.0,
                seconds: 120.0,
            }],
            ..TankSettings::default()
        };
        let (mut small, mut large) = (Tank::new(settings.clone()), Tank::new(settings));
        for _ in 0..36_000 {
            small.advance(0.01, 20.0);
        }
        large.advance(360.0, 720_000.0);
        assert!(
            (small.celsius() - large.celsius()).abs() < 1e-6,
            "{} {}",
            small.celsius(),
            large.celsius()
        );
    }

    #[test]
    fn a_draw_off_cools_every_day_by_what_it_takes() {
        let settings = TankSettings {
            draw_offs: vec![DrawOff {
                start_seconds: 9.0 * 3_600.0,
                litres_per_minute: 10.0,
                seconds: 60.0,
            }],
            ..insulated()
        };
        let mut tank = Tank::new(settings);
        tank.advance(3_599.0, 0.0);
        assert_eq!(tank.celsius(), 40.0);
        tank.advance(61.0, 0.0);
        // A twentieth of the volume, mixed: the excess over the cold water falls by exp(-1/20).
        let after_one = 12.0 + 28.0 * (-0.05_f64).exp();
        assert!(
            (tank.celsius() - after_one).abs() < 1e-9,
            "{}",
            tank.celsius()
        );
        tank.advance(86_400.0, 0.0);
        let after_two = 12.0 + 28.0 * (-0.1_f64).exp();
        assert!(
            (tank.celsius() - after_two).abs() < 1e-5,
            "{}",
            tank.celsius()
        );
    }

    #[test]
    fn heat_without_time_comes_at_once() {
        let mut tank = Tank::new(insulated());
        tank.advance(0.0, tank.joules_per_kelvin());
        assert!((tank.celsius() - 41.0).abs() < 1e-9);
    }
}
