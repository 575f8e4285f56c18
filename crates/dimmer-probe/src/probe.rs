//! The seam between a dimmer and whatever measures its water.

use core::convert::Infallible;
use core::fmt;

/// Something that measures a temperature.
///
/// One reading at a time, with its own retries inside; what is not certainly a temperature is an error.
#[expect(
    async_fn_in_trait,
    reason = "one executor thread on a board: no caller needs the future to be Send"
)]
pub trait TemperatureProbe {
    /// One reading, in millicelsius.
    ///
    /// # Errors
    /// Why there is no reading; the next call tries afresh.
    async fn read(&mut self) -> Result<i32, ProbeError>;
}

/// Why a probe gave no temperature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProbeError {
    /// Nothing answers: check the cable, the supply and the pull-up resistor.
    Absent,
    /// The wire is held low: a short circuit, or the probe is connected the wrong way round.
    Shorted,
    /// What was read was damaged on the way: a long or noisy cable.
    Checksum,
    /// The probe has just started and gave its power-on value: its supply may be failing.
    PowerOnValue,
    /// An undamaged value that the probe cannot measure.
    OutOfRange,
    /// Something answers, but not the device that was expected.
    Unrecognised,
    /// The pin or the driver failed.
    Bus,
}

impl ProbeError {
    /// The stable name, in snake case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Shorted => "shorted",
            Self::Checksum => "checksum",
            Self::PowerOnValue => "power_on_value",
            Self::OutOfRange => "out_of_range",
            Self::Unrecognised => "unrecognised",
            Self::Bus => "bus",
        }
    }
}

impl fmt::Display for ProbeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Absent => {
                "no probe answers; check the cable, the supply and the pull-up resistor"
            }
            Self::Shorted => {
                "the probe's wire is held low; check for a short circuit or swapped wires"
            }
            Self::Checksum => {
                "the reading was damaged on the way; check the cable's length and routing"
            }
            Self::PowerOnValue => {
                "the probe has just started and has not measured yet; check its supply"
            }
            Self::OutOfRange => "the probe gave a value that it cannot measure; replace it",
            Self::Unrecognised => {
                "the device that answers is not the probe expected; check its type"
            }
            Self::Bus => "the probe's pin or driver failed; check the board's wiring",
        })
    }
}

impl core::error::Error for ProbeError {}

/// For sources that cannot fail, such as simulated ones.
impl From<Infallible> for ProbeError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}
