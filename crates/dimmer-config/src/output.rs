//! The section `output`.

use serde::{Deserialize, Serialize};

/// What hangs on the dimmer's output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Output {
    /// The power that the heater takes when it is fully on, watts, 1 to 20 000. From it come the
    /// watts that the dimmer reports and the share that a setpoint in watts asks for.
    pub rated_watts: u32,
}

impl Default for Output {
    fn default() -> Self {
        Self { rated_watts: 2_000 }
    }
}

impl Output {
    /// The first field that cannot be used, as (field, problem, expected).
    pub(crate) fn fault(&self) -> Option<(&'static str, &'static str, &'static str)> {
        (!(1..=20_000).contains(&self.rated_watts)).then_some((
            "rated_watts",
            "is outside 1 to 20000 W",
            "the power on the heater's plate, such as 2000",
        ))
    }
}
