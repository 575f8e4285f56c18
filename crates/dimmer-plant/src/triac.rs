//! The triac and the heater behind it: when the gate makes it conduct, and the energy that passes.

use dimmer_phase::{Instant, Level};

use crate::SettingsError;
use crate::gate::Pulse;
use crate::mains::TrueHalfCycle;
use crate::time::microseconds;

/// The heating element.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Load {
    /// Power at the rated voltage, watts, 1 to 100 000.
    pub rated_watts: f64,
    /// Voltage at which it takes that power, volts, 1 to 1000.
    pub rated_volts: f64,
}

impl Default for Load {
    fn default() -> Self {
        Self {
            rated_watts: 2_000.0,
            rated_volts: 230.0,
        }
    }
}

impl Load {
    /// Its resistance, ohms: `U^2 / P`. A heating element's hardly changes with temperature, so it is constant here.
    #[must_use]
    pub fn resistance_ohms(&self) -> f64 {
        self.rated_volts * self.rated_volts / self.rated_watts
    }

    /// # Errors
    /// The first field that is outside its range.
    pub fn validate(&self) -> Result<(), SettingsError> {
        SettingsError::check_range("load.rated_watts", self.rated_watts, 1.0, 100_000.0)?;
        SettingsError::check_range("load.rated_volts", self.rated_volts, 1.0, 1_000.0)
    }
}

/// The switch between mains and load.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Triac {
    /// Below this voltage a gate pulse does not make it latch, volts, 0 to 100.
    pub latching_volts: f64,
}

impl Default for Triac {
    fn default() -> Self {
        Self {
            latching_volts: 10.0,
        }
    }
}

/// When and why the triac latched in a half-cycle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Latched {
    /// True time, microseconds since the start of time.
    pub(crate) at_us: f64,
    /// By a pulse that was meant for an earlier half-cycle and was still up past its end: nearly the whole half-cycle is
    /// conducted, although nobody asked for it.
    pub(crate) mistaken: bool,
}

impl Triac {
    /// # Errors
    /// The first field that is outside its range.
    pub fn validate(&self) -> Result<(), SettingsError> {
        SettingsError::check_range("triac.latching_volts", self.latching_volts, 0.0, 100.0)
    }

    /// When it latches in a half-cycle of a sine with this peak, if it does. From then on it conducts until the current's zero,
    /// which with a resistive load is the half-cycle's end; each half-cycle starts unlatched. Pulses come in time order.
    pub(crate) fn latches<'a>(
        &self,
        half_cycle: &TrueHalfCycle,
        peak_volts: f64,
        pulses: impl Iterator<Item = &'a Pulse>,
    ) -> Option<Latched> {
        if !half_cycle.live || self.latching_volts >= peak_volts {
            return None;
        }
        let first_angle = (self.latching_volts / peak_volts).asin();
        let able_from_us = half_cycle.time_us(first_angle);
        let able_until_us = half_cycle.time_us(std::f64::consts::PI - first_angle);
        pulses
            .map(|pulse| {
                let at_us = microseconds(pulse.up).max(able_from_us);
                (pulse, at_us)
            })
            .find(|(pulse, at_us)| *at_us < microseconds(pulse.down).min(able_until_us))
            .map(|(pulse, at_us)| Latched {
                at_us,
                mistaken: pulse.meant_for_middle_us < half_cycle.start_us,
            })
    }
}

/// The share of a half-cycle's energy that lies between two angles, each 0 to pi radians: the integral of `sin^2` over the
/// interval, divided by that over the whole. From an angle to pi it is the well-known `1 - a/pi + sin(2a)/(2 pi)`.
#[must_use]
pub fn energy_fraction(from_angle: f64, to_angle: f64) -> f64 {
    let double_angles = (2.0 * to_angle).sin() - (2.0 * from_angle).sin();
    (to_angle - from_angle - double_angles / 2.0) / std::f64::consts::PI
}

/// What the load took in one half-cycle, integrated from the waveform.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Delivered {
    /// Number of the half-cycle, from 0 at time zero.
    pub index: u64,
    /// Its true start, seconds since the start of time.
    pub start_s: f64,
    /// Its start in whole microseconds.
    pub start: Instant,
    /// Its end in whole microseconds.
    pub end: Instant,
    /// Whether the voltage within it is above zero.
    pub positive: bool,
    /// Whether there was any voltage.
    pub live: bool,
    /// What it took, of what it would have taken fully on: 0 to 1.
    pub fraction: f64,
    /// What it took, joules.
    pub joules: f64,
    /// The level of the half-cycle that was fed to the gate for it, matched by time; `None` if nothing was fed.
    pub planned_level: Option<Level>,
    /// True time at which the triac latched, seconds since the start of time; `None` if it did not.
    pub latched_at_s: Option<f64>,
    /// It latched by a pulse of the half-cycle before, which was still up at the crossing.
    pub mistaken_full: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;

    fn half_cycle() -> TrueHalfCycle {
        TrueHalfCycle {
            start_us: 10_000.0,
            end_us: 20_000.0,
            positive: false,
            live: true,
        }
    }

    fn pulse(up: u64, down: u64) -> Pulse {
        Pulse {
            up: Instant::from_ticks(up),
            down: Instant::from_ticks(down),
            meant_for_middle_us: 15_000.0,
        }
    }

    fn latches(pulses: &[Pulse]) -> Option<Latched> {
        Triac::default().latches(&half_cycle(), 325.0, pulses.iter())
    }

    #[test]
    fn the_energy_follows_the_known_formula() {
        for step in 0..=1_000 {
            let angle = PI * f64::from(step) / 1_000.0;
            let formula = 1.0 - angle / PI + (2.0 * angle).sin() / (2.0 * PI);
            assert!(
                (energy_fraction(angle, PI) - formula).abs() < 1e-12,
                "at {angle}"
            );
        }
    }

    #[test]
    fn the_parts_of_a_half_cycle_sum_up_to_the_whole() {
        let parts =
            energy_fraction(0.0, 0.7) + energy_fraction(0.7, 2.2) + energy_fraction(2.2, PI);
        assert!((parts - 1.0).abs() < 1e-12);
    }

    #[test]
    fn the_energy_is_that_of_a_numeric_integral() {
        let slices = 100_000;
        let (from, width) = (0.9, (2.9 - 0.9) / f64::from(slices));
        let sum: f64 = (0..slices)
            .map(|slice| (from + (f64::from(slice) + 0.5) * width).sin().powi(2) * width)
            .sum();
        assert!((energy_fraction(0.9, 2.9) - sum / (PI / 2.0)).abs() < 1e-9);
    }

    #[test]
    fn it_latches_when_the_gate_goes_up() {
        assert_eq!(
            latches(&[pulse(15_000, 15_100)]),
            Some(Latched {
                at_us: 15_000.0,
                mistaken: false
            })
        );
    }

    #[test]
    fn a_short_pulse_below_the_latching_voltage_does_nothing() {
        // 10 V of 325 V are reached 98 us after the crossing.
        assert_eq!(latches(&[pulse(10_010, 10_060)]), None);
        assert_eq!(latches(&[pulse(19_950, 19_990)]), None);
    }

    #[test]
    fn a_longer_pulse_latches_once_the_voltage_is_there() {
        let latched = latches(&[pulse(10_010, 10_200)]).unwrap();
        assert!((latched.at_us - 10_097.96).abs() < 0.01, "{latched:?}");
    }

    #[test]
    fn the_first_pulse_that_can_is_the_one_that_latches() {
        let latched = latches(&[
            pulse(10_010, 10_060),
            pulse(12_000, 12_050),
            pulse(14_000, 14_050),
        ])
        .unwrap();
        assert_eq!(latched.at_us, 12_000.0);
    }

    #[test]
    fn a_pulse_meant_for_the_half_cycle_before_makes_a_mistaken_one() {
        let mut straddling = pulse(9_900, 10_200);
        straddling.meant_for_middle_us = 5_000.0;
        let latched = latches(&[straddling]).unwrap();
        assert!(latched.mistaken);
        assert!((latched.at_us - 10_097.96).abs() < 0.01);
    }

    #[test]
    fn a_pulse_for_full_power_may_begin_before_the_crossing() {
        assert!(!latches(&[pulse(9_990, 10_200)]).unwrap().mistaken);
    }

    #[test]
    fn dead_mains_latch_nothing() {
        let dead = TrueHalfCycle {
            live: false,
            ..half_cycle()
        };
        assert_eq!(
            Triac::default().latches(&dead, 325.0, [pulse(15_000, 15_100)].iter()),
            None
        );
    }
}
