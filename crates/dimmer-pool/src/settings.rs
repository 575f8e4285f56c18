//! Where on the common setpoint one dimmer works, and within which powers.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::FULL_CENTIPERCENT;

/// The highest start and full accepted, in centipercent: 100 000 %, room for a thousand dimmers one after the other.
pub const SETPOINT_LIMIT_CENTIPERCENT: i32 = 10_000_000;

/// Where on the common setpoint this dimmer works, and within which powers.
///
/// In TOML, the customer's second dimmer ("starts above 50 %") is one line:
///
/// ```toml
/// start_centipercent = 5000
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The setpoint that this dimmer starts from, in centipercent: 0 to [`SETPOINT_LIMIT_CENTIPERCENT`].
    /// At this setpoint it is still off; its power grows from here. Default 0.
    pub start_centipercent: i32,
    /// The setpoint at which this dimmer is at full power, in centipercent: above the start, up to
    /// [`SETPOINT_LIMIT_CENTIPERCENT`]. Left out (the default), it is 100 % above the start, so that 1 % more setpoint
    /// is 1 % more of this dimmer, and moving the start moves both.
    pub full_centipercent: Option<i32>,
    /// How far above the point where it stops the setpoint must be before the dimmer starts again, in centipercent of
    /// setpoint. Once on, it follows the setpoint all the way down. Default 0: none.
    ///
    /// The point where it stops is the start, or with a minimum the setpoint that gives the minimum.
    pub start_hysteresis_centipercent: u16,
    /// The lowest power, in centipercent of this dimmer, 0 to the maximum; a share below it is off. Default 0: none.
    pub minimum_centipercent: u16,
    /// The highest power, in centipercent of this dimmer, 1 to 10 000; a share above it is held to it. Default 10 000.
    pub maximum_centipercent: u16,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            start_centipercent: 0,
            full_centipercent: None,
            start_hysteresis_centipercent: 0,
            minimum_centipercent: 0,
            maximum_centipercent: FULL_CENTIPERCENT,
        }
    }
}

impl Settings {
    /// The setpoint at which this dimmer is at full power, in centipercent: what was set, or 100 % above the start.
    #[must_use]
    pub fn full_setpoint_centipercent(&self) -> i32 {
        self.full_centipercent.unwrap_or(
            self.start_centipercent
                .saturating_add(i32::from(FULL_CENTIPERCENT)),
        )
    }

    /// Whether a dimmer can work with these settings.
    ///
    /// # Errors
    /// The first field found outside its range, or at odds with another; a person can mend it.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let wrong = |field, problem, expected| {
            Err(SettingsError {
                field,
                problem,
                expected,
                other: None,
            })
        };
        // The default full is 100 % above the start, so a start near the limit is allowed to pass it.
        if !(0..=SETPOINT_LIMIT_CENTIPERCENT).contains(&self.start_centipercent) {
            return wrong(
                "start_centipercent",
                "is outside 0 to 10000000",
                "0 for the dimmer that starts first, 5000 for one that starts above 50 %",
            );
        }
        if let Some(full) = self.full_centipercent {
            if full <= self.start_centipercent {
                return wrong(
                    "full_centipercent",
                    "is not above start_centipercent",
                    "a setpoint above the start; leave it out for 100 % above the start",
                );
            }
            if full > SETPOINT_LIMIT_CENTIPERCENT {
                return wrong(
                    "full_centipercent",
                    "is above 10000000",
                    "at most 10000000; leave it out for 100 % above the start",
                );
            }
        }
        if self.maximum_centipercent == 0 || self.maximum_centipercent > FULL_CENTIPERCENT {
            return wrong(
                "maximum_centipercent",
                "is outside 1 to 10000",
                "10000 for full power, 5000 for half",
            );
        }
        if self.minimum_centipercent > self.maximum_centipercent {
            return Err(SettingsError {
                field: "minimum_centipercent",
                problem: "is above maximum_centipercent",
                expected: "0 for no minimum, at most the maximum",
                other: Some("maximum_centipercent"),
            });
        }
        // A dimmer that does not start even at its own full setpoint would never be seen to work.
        let full_less_hysteresis = i64::from(self.full_setpoint_centipercent())
            - i64::from(self.start_hysteresis_centipercent);
        if self.reach_centipercent(full_less_hysteresis) < self.lowest_centipercent() {
            return wrong(
                "start_hysteresis_centipercent",
                "is so large that the dimmer would not start at its full setpoint",
                "0 for none, a few hundred where the setpoint wavers",
            );
        }
        Ok(())
    }

    /// The power, 0 to 10 000 centipercent, that the line from start to full gives at a setpoint; rounded down, so that a
    /// dimmer never takes more than it was asked.
    pub(crate) fn reach_centipercent(&self, setpoint_centipercent: i64) -> u16 {
        let start = i64::from(self.start_centipercent);
        // At least 1: settings that do not validate must not divide by zero here.
        let span = (i64::from(self.full_setpoint_centipercent()) - start).max(1);
        let above_start = setpoint_centipercent.saturating_sub(start).clamp(0, span);
        let full = i64::from(FULL_CENTIPERCENT);
        u16::try_from(above_start.saturating_mul(full) / span).unwrap_or(0)
    }

    /// The lowest power that counts as on.
    pub(crate) fn lowest_centipercent(&self) -> u16 {
        self.minimum_centipercent.max(1)
    }
}

/// Settings that a dimmer cannot work with: which field, what is wrong with it, and what would be right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SettingsError {
    /// The name of the field, as it is written in TOML.
    pub field: &'static str,
    /// What is wrong with it.
    pub problem: &'static str,
    /// What would be right.
    pub expected: &'static str,
    /// The other field of a rule between two.
    pub other: Option<&'static str>,
}

impl fmt::Display for SettingsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} {}; expected: {}",
            self.field, self.problem, self.expected
        )
    }
}

impl core::error::Error for SettingsError {}
