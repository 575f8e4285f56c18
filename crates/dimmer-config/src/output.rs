//! The section `output`.

use serde::{Deserialize, Serialize};

/// What hangs on the dimmer's output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Output {
    /// The power that the heater takes when it is fully on, watts, 1 to 20 000. From it come the
    /// watts that the dimmer reports and the share that a setpoint in watts asks for.
    pub rated_watts: u32,
    /// How many outputs of the board fire, the first ones, 1 (the default) to 3: each with a triac and an element of the same heater,
    /// on the same phase, and all with the same pulses. The rated power is that of all elements together. The outputs that a board
    /// does not have fire nothing.
    pub triacs: u8,
}

/// The most outputs of one dimmer.
pub const TRIACS: u8 = 3;

impl Default for Output {
    fn default() -> Self {
        Self {
            rated_watts: 2_000,
            triacs: 1,
        }
    }
}

impl Output {
    /// The first field that cannot be used, as (field, problem, expected).
    pub(crate) fn fault(&self) -> Option<(&'static str, &'static str, &'static str)> {
        if !(1..=20_000).contains(&self.rated_watts) {
            Some((
                "rated_watts",
                "is outside 1 to 20000 W",
                "the power on the heater's plate, such as 2000",
            ))
        } else if !(1..=TRIACS).contains(&self.triacs) {
            Some((
                "triacs",
                "is outside 1 to 3",
                "how many triacs the elements of this heater hang on, usually 1",
            ))
        } else {
            None
        }
    }
}
