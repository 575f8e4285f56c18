//! What a board or its user can set.

use crate::Curve;

/// The settings of a dimmer's phase control. All can be changed while it fires.
///
/// Stored and edited as data (serde); every field has a default, unknown fields are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// From the middle of the detector's pulse (or from its only edge) to the true crossing, in µs,
    /// -5000 to 5000; positive when the detector is early. No tracker can see a constant offset: it
    /// is a property of the detector, to be calibrated. Default 0.
    pub offset_us: i32,
    /// The earliest gate pulse after a crossing, in µs, 20 to 320: the voltage must be high enough
    /// for the triac to latch (10 V of 230 V mains after 98 µs at 50 Hz), and the crossing is known
    /// only to the detector's jitter. Above 320 µs full power would be less than 99.95 % at 65 Hz.
    /// Default 200.
    pub minimum_delay_us: u16,
    /// How long a gate pulse is up, in µs, 5 to 1000. Default 100.
    pub gate_pulse_us: u16,
    /// No pulse is up within this time before the next crossing, in µs, 50 to 2000: one that is
    /// would latch a whole unwanted half-cycle. Default 300.
    pub end_margin_us: u16,
    /// How many half-cycles in a row may pass without a detector pulse before the mains counts as
    /// lost, 0 to 50. Default 4.
    ///
    /// They are fired all the same (of a half-wave detector's pulses one may be missing) while the detector is new or
    /// known to miss pulses, the mains was not seen to come back at another phase, and the pin does not show that there
    /// is no voltage. A detector that is silent without mains, and misses pulses besides, cannot be told from mains that
    /// went away and came back at another phase within a half-cycle: for it, set 0. Then no half-cycle is fired unless
    /// its own pulse has begun, where the pulse begins some 200 µs before the earliest firing: full power behind a detector
    /// that is later (an offset below -200) is decided before its mark can be there.
    pub coast_half_cycles: u8,
    /// From level to delay. Default [`Curve::Resistive`].
    pub curve: Curve,
    /// How fast a level may rise, in centipercent of full power per second (10 000 is from off to
    /// full in one second); 0 is no limit. Falling is never delayed. After a second without mains it
    /// begins anew. Default 0.
    pub ramp_centipercent_per_second: u32,
    /// After a half-cycle without a pulse, whatever the reason (nothing was ordered, an order ran out, the gate refused or was
    /// parked), this many half-cycles are given half the power at most, 0 to 100; 0 is no soft start. The first pulse after a
    /// fault is then never a full half-cycle: what ended the pause may not have settled, and an element that was off is cold. An
    /// even number loads both polarities alike. Default 2.
    pub soft_start_half_cycles: u8,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            offset_us: 0,
            minimum_delay_us: 200,
            gate_pulse_us: 100,
            end_margin_us: 300,
            coast_half_cycles: 4,
            curve: Curve::Resistive,
            ramp_centipercent_per_second: 0,
            soft_start_half_cycles: 2,
        }
    }
}

impl Settings {
    /// Checks every field against its range.
    ///
    /// Code that is given settings which fail this never panics and never breaks the margins that
    /// they state, but may not fire at all.
    ///
    /// # Errors
    /// The first field that is out of its range.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let checks = [
            (
                "offset_us",
                (-5_000..=5_000).contains(&self.offset_us),
                "-5000 to 5000 µs",
            ),
            (
                "minimum_delay_us",
                (20..=320).contains(&self.minimum_delay_us),
                "20 to 320 µs",
            ),
            (
                "gate_pulse_us",
                (5..=1_000).contains(&self.gate_pulse_us),
                "5 to 1000 µs",
            ),
            (
                "end_margin_us",
                (50..=2_000).contains(&self.end_margin_us),
                "50 to 2000 µs",
            ),
            (
                "coast_half_cycles",
                self.coast_half_cycles <= 50,
                "0 to 50 half-cycles",
            ),
            (
                "ramp_centipercent_per_second",
                self.ramp_centipercent_per_second <= 1_000_000,
                "0 (no ramp) to 1000000 centipercent per second",
            ),
            (
                "soft_start_half_cycles",
                self.soft_start_half_cycles <= 100,
                "0 (no soft start) to 100 half-cycles",
            ),
        ];
        for (field, holds, expected) in checks {
            if !holds {
                return Err(SettingsError { field, expected });
            }
        }
        Ok(())
    }
}

/// A setting that is out of its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettingsError {
    /// The field's name in [`Settings`].
    pub field: &'static str,
    /// What would be right.
    pub expected: &'static str,
}

impl core::fmt::Display for SettingsError {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(
            formatter,
            "{} is out of range; expected {}",
            self.field, self.expected
        )
    }
}

impl core::error::Error for SettingsError {}
