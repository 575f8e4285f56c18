//! The seam between a dimmer and whatever measures its water.

use core::convert::Infallible;
use core::fmt;

use crate::Diagnostics;
use crate::one_wire::{Choice, RomAddress};

/// Something that measures a temperature.
///
/// One reading at a time, with its own retries inside; what is not certainly a temperature is an error.
///
/// Nothing here needs 1-Wire: a thermistor (NTC) on an analogue input fits as well. Its `read` would take an odd number of
/// conversions, keep their median, and compute the temperature from the divider's ratio and the B value. An open input
/// (ratio near one) is [`Absent`](ProbeError::Absent), one near zero [`Shorted`](ProbeError::Shorted), a failing
/// converter [`Bus`](ProbeError::Bus), and a temperature outside the thermistor's table
/// [`OutOfRange`](ProbeError::OutOfRange).
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

    /// What was given and rejected since the start, to be published. A probe that does not count says nothing.
    fn diagnostics(&self) -> Diagnostics {
        Diagnostics::default()
    }

    /// Which device is read from now on, where devices have addresses; nothing: none is read for now. Said again before each reading; a
    /// probe that is the only one of its kind need not listen.
    fn choose(&mut self, _choice: Option<Choice>) {}

    /// The address of the device in use, once it was found; of one without an address there is none.
    fn address(&self) -> Option<RomAddress> {
        None
    }
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
    /// Another probe answers than the one that was chosen, or was there at the start.
    Swapped,
    /// Readings jumped, and measuring again confirmed none of them.
    Unsteady,
    /// Several probes answer and none was chosen.
    Several,
    /// The probe did not begin to measure, or did not come to an end: it is not supplied by a wire of its own, or is broken.
    Conversion,
}

impl ProbeError {
    /// All of them, in the order of their declaration.
    pub const ALL: [Self; 11] = [
        Self::Absent,
        Self::Shorted,
        Self::Checksum,
        Self::PowerOnValue,
        Self::OutOfRange,
        Self::Unrecognised,
        Self::Bus,
        Self::Swapped,
        Self::Unsteady,
        Self::Several,
        Self::Conversion,
    ];

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
            Self::Swapped => "swapped",
            Self::Unsteady => "unsteady",
            Self::Several => "several",
            Self::Conversion => "conversion",
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
            Self::Swapped => {
                "the probe that was chosen, or was there first, does not answer, and another one does; check its cable, or choose the other by its address"
            }
            Self::Unsteady => {
                "the temperature jumps and no reading confirms another; check the probe and its cable"
            }
            Self::Several => "several probes answer, or one is to measure twice; choose each by its address",
            Self::Conversion => {
                "the probe does not measure in its time; check that its supply has a wire of its own"
            }
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
