//! The mains: a sine, its true zero crossings, and a switch.

use dimmer_phase::Instant;

use crate::SettingsError;
use crate::time::microseconds;

/// Voltage and frequency of the mains.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MainsSettings {
    /// Effective voltage, volts, above 0.
    pub rms_volts: f64,
    /// Frequency, hertz, 40 to 100.
    pub frequency_hz: f64,
}

impl Default for MainsSettings {
    fn default() -> Self {
        Self {
            rms_volts: 230.0,
            frequency_hz: 50.0,
        }
    }
}

impl MainsSettings {
    /// # Errors
    /// The first field that is outside its range.
    pub fn validate(&self) -> Result<(), SettingsError> {
        SettingsError::check_range(
            "mains.rms_volts",
            self.rms_volts,
            f64::MIN_POSITIVE,
            1_000.0,
        )?;
        SettingsError::check_range("mains.frequency_hz", self.frequency_hz, 40.0, 100.0)
    }
}

/// A half-cycle as it truly is: its ends are known better than any timer could tell them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrueHalfCycle {
    /// True crossing at its start, microseconds since the start of time.
    pub start_us: f64,
    /// True crossing at its end, microseconds since the start of time.
    pub end_us: f64,
    /// Whether the voltage within it is above zero. (A zero-cross detector cannot tell.)
    pub positive: bool,
    /// Whether there is any voltage. The grid's phase runs on behind an open switch.
    pub live: bool,
}

impl TrueHalfCycle {
    /// Its length in microseconds.
    #[must_use]
    pub fn length_us(&self) -> f64 {
        self.end_us - self.start_us
    }

    /// Its middle, where the voltage peaks, microseconds since the start of time.
    #[must_use]
    pub fn middle_us(&self) -> f64 {
        f64::midpoint(self.start_us, self.end_us)
    }

    /// The angle of a time within it, radians from 0 to pi; times outside count as its nearer end.
    #[must_use]
    pub fn angle(&self, time_us: f64) -> f64 {
        ((time_us - self.start_us) / self.length_us()).clamp(0.0, 1.0) * std::f64::consts::PI
    }

    /// The time of an angle within it, microseconds since the start of time.
    #[must_use]
    pub fn time_us(&self, angle: f64) -> f64 {
        self.start_us + self.length_us() * angle / std::f64::consts::PI
    }
}

/// The supply voltage as a function of time: `sqrt(2) * rms * sin(2 pi f t)`, with a crossing at time zero.
///
/// The crossing number `k` is computed as `anchor + k * half_period` and never summed up, so that 60 Hz, whose half-period is
/// not a whole number of anything, does not drift. After ten days a crossing is known to about 0.1 ns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mains {
    settings: MainsSettings,
    /// The crossing at which the present frequency began, its number, and the half-period before it.
    anchor_us: f64,
    anchor_index: u64,
    half_period_before_us: f64,
    /// The half-cycle from which on the present switch position holds, and the position before it.
    switched_at: u64,
    on: bool,
    on_before: bool,
}

impl Mains {
    /// Live mains with a crossing at time zero, after which the voltage is positive.
    #[must_use]
    pub fn new(settings: MainsSettings) -> Self {
        Self {
            settings,
            anchor_us: 0.0,
            anchor_index: 0,
            half_period_before_us: half_period_us(settings),
            switched_at: 0,
            on: true,
            on_before: true,
        }
    }

    /// What it was made of.
    #[must_use]
    pub fn settings(&self) -> MainsSettings {
        self.settings
    }

    /// Length of a half-cycle, microseconds.
    #[must_use]
    pub fn half_period_us(&self) -> f64 {
        half_period_us(self.settings)
    }

    /// Peak voltage, volts.
    #[must_use]
    pub fn peak_volts(&self) -> f64 {
        self.settings.rms_volts * std::f64::consts::SQRT_2
    }

    /// The true time of a crossing, microseconds; half-cycle `index` starts there. Right for crossings since the last change of
    /// frequency but one.
    #[must_use]
    pub fn crossing_us(&self, index: u64) -> f64 {
        // Both numbers stay far below 2^53: the conversions are exact.
        if index >= self.anchor_index {
            self.anchor_us + (index - self.anchor_index) as f64 * self.half_period_us()
        } else {
            self.anchor_us - (self.anchor_index - index) as f64 * self.half_period_before_us
        }
    }

    /// The half-cycle number `index`, counted from 0 at time zero.
    #[must_use]
    pub fn half_cycle(&self, index: u64) -> TrueHalfCycle {
        TrueHalfCycle {
            start_us: self.crossing_us(index),
            end_us: self.crossing_us(index + 1),
            positive: index.is_multiple_of(2),
            live: self.is_live(index),
        }
    }

    /// Whether there is voltage in half-cycle number `index`.
    #[must_use]
    pub fn is_live(&self, index: u64) -> bool {
        if index >= self.switched_at {
            self.on
        } else {
            self.on_before
        }
    }

    /// Whether the switch is closed.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.on
    }

    /// Opens or closes the supply's switch from half-cycle number `index` on.
    pub(crate) fn switch(&mut self, index: u64, on: bool) {
        self.on_before = self.is_live(index.saturating_sub(1));
        self.switched_at = index;
        self.on = on;
    }

    /// Changes the frequency from half-cycle number `index` on.
    pub(crate) fn set_frequency(&mut self, index: u64, frequency_hz: f64) {
        self.anchor_us = self.crossing_us(index);
        self.anchor_index = index;
        self.half_period_before_us = self.half_period_us();
        self.settings.frequency_hz = frequency_hz;
    }

    /// The instantaneous voltage, volts, at a time in half-cycle number `index`.
    #[must_use]
    pub fn volts(&self, index: u64, at: Instant) -> f64 {
        let half_cycle = self.half_cycle(index);
        if !half_cycle.live {
            return 0.0;
        }
        let magnitude = self.peak_volts() * half_cycle.angle(microseconds(at)).sin();
        if half_cycle.positive {
            magnitude
        } else {
            -magnitude
        }
    }
}

fn half_period_us(settings: MainsSettings) -> f64 {
    500_000.0 / settings.frequency_hz
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mains(frequency_hz: f64) -> Mains {
        Mains::new(MainsSettings {
            frequency_hz,
            ..MainsSettings::default()
        })
    }

    #[test]
    fn sixty_hertz_crossings_do_not_drift_in_a_million_half_cycles() {
        let mains = mains(60.0);
        // 1_000_000 half-cycles of 1/120 s, in whole nanoseconds.
        let exact_us = 1_000_000_000_000.0 / 120.0;
        assert!((mains.crossing_us(1_000_000) - exact_us).abs() < 1e-5);
        // Every third crossing is a whole number of microseconds: 25 ms.
        assert_eq!(mains.crossing_us(3_000_000).round(), 25_000_000_000.0);
    }

    #[test]
    fn the_voltage_is_a_sine_of_the_right_height_and_sign() {
        let mains = mains(50.0);
        assert!((mains.volts(0, Instant::from_ticks(5_000)) - 325.269).abs() < 0.001);
        assert!((mains.volts(1, Instant::from_ticks(15_000)) + 325.269).abs() < 0.001);
        assert!((mains.volts(0, Instant::from_ticks(2_500)) - 230.0).abs() < 1e-9);
    }

    #[test]
    fn a_changed_frequency_leaves_the_crossings_before_it_where_they_were() {
        let mut mains = mains(50.0);
        mains.set_frequency(10, 60.0);
        assert_eq!(mains.crossing_us(10), 100_000.0);
        assert!((mains.crossing_us(13) - 125_000.0).abs() < 1e-6);
        assert_eq!(mains.crossing_us(9), 90_000.0);
        assert!(mains.half_cycle(10).positive);
    }

    #[test]
    fn the_switch_acts_from_the_crossing_it_is_told() {
        let mut mains = mains(50.0);
        mains.switch(5, false);
        assert!(mains.is_live(4) && !mains.is_live(5));
        mains.switch(9, true);
        assert!(!mains.is_live(8) && mains.is_live(9));
    }
}
