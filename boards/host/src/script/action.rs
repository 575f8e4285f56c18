//! One thing that is done while the simulation runs, in the words in which it is typed.

use std::{fmt, str::FromStr};

use super::{PlantAction, plant_action::PROBE};

/// Something that is done to a dimmer, or to what surrounds it.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Something happens to the plant.
    Plant(PlantAction),
    /// Somebody publishes this on the dimmer's topic for setpoints, once.
    Set(String),
    /// A person switches the dimmer on or off.
    Switch(bool),
    /// A person looked, and resets the latched alarms.
    ResetAlarms,
}

impl FromStr for Action {
    type Err = ActionError;

    fn from_str(text: &str) -> Result<Self, ActionError> {
        match split(text) {
            ("set", "") => Err(ActionError::Set),
            ("set", payload) => Ok(Self::Set(payload.to_owned())),
            ("switch", "on") => Ok(Self::Switch(true)),
            ("switch", "off") => Ok(Self::Switch(false)),
            ("switch", other) => Err(ActionError::Switch(other.to_owned())),
            ("alarm", "reset") => Ok(Self::ResetAlarms),
            ("alarm", other) => Err(ActionError::Alarm(other.to_owned())),
            _ => text.parse().map(Self::Plant),
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plant(action) => action.fmt(formatter),
            Self::Set(payload) => write!(formatter, "set {payload}"),
            Self::Switch(on) => {
                write!(formatter, "switch {}", if *on { "on" } else { "off" })
            }
            Self::ResetAlarms => formatter.write_str("alarm reset"),
        }
    }
}

/// Words that are no action.
#[derive(Clone, Debug, PartialEq)]
pub enum ActionError {
    /// The first word is none of those that are known.
    Unknown(String),
    /// Not a state of a probe.
    Probe(String),
    /// Not a state of the mains.
    Mains(String),
    /// Not a temperature of water.
    Water(String),
    /// No setpoint.
    Set,
    /// Not a position of the switch.
    Switch(String),
    /// Not what is done to an alarm.
    Alarm(String),
    /// Not the number that this word takes.
    Number {
        /// The word.
        word: String,
        /// What came after it.
        given: String,
        /// The least that would do.
        minimum: f64,
        /// The most that would do.
        maximum: f64,
    },
}

impl fmt::Display for ActionError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(given) => write!(
                formatter,
                "`{given}` is nothing that can be done; use `probe ...`, `water CELSIUS`, `mains lost|back`, `set PAYLOAD`, `switch on|off` or `alarm reset`"
            ),
            Self::Probe(given) => write!(formatter, "a probe is not `{given}`; it is {PROBE}"),
            Self::Mains(given) => {
                write!(formatter, "mains are not `{given}`; they are lost or back")
            }
            Self::Water(given) => write!(
                formatter,
                "water is not `{given}`; give its temperature, from -50 to 150 °C"
            ),
            Self::Set => formatter.write_str(
                "`set` takes what is published as the setpoint, such as 42.5 or {\"watts\":900}",
            ),
            Self::Switch(given) => {
                write!(formatter, "a switch is not `{given}`; it is on or off")
            }
            Self::Alarm(given) => {
                write!(formatter, "after `alarm` comes `reset`, not `{given}`")
            }
            Self::Number {
                word,
                given,
                minimum,
                maximum,
            } => write!(
                formatter,
                "`{word}` takes a number from {minimum} to {maximum}, not `{given}`"
            ),
        }
    }
}

impl std::error::Error for ActionError {}

/// The dimmer to whom it is done, counted from 1; all if none is named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Target(pub Option<usize>);

impl Target {
    /// Whether there is such a dimmer among so many.
    ///
    /// # Errors
    /// What would be right.
    pub fn check(self, dimmers: usize) -> Result<(), String> {
        if (0..dimmers).any(|index| self.includes(index)) {
            Ok(())
        } else {
            Err(format!(
                "dimmer must be from 1 to {dimmers}, or be left out for all"
            ))
        }
    }

    /// Whether the dimmer with this index, counted from 0, is meant.
    #[must_use]
    pub fn includes(self, index: usize) -> bool {
        self.0.is_none_or(|number| number == index + 1)
    }
}

/// The first word and the rest.
pub(super) fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (word, rest.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_does_is_read_as_it_is_written() {
        for text in [
            "set 42.5",
            "set {\"watts\": 900}",
            "switch on",
            "switch off",
            "alarm reset",
            "mains lost",
        ] {
            assert_eq!(text.parse::<Action>().unwrap().to_string(), text);
        }
        // Whether it is a setpoint is for the dimmer to judge.
        assert_eq!("set  half ".parse(), Ok(Action::Set("half".to_owned())));
    }

    #[test]
    fn what_is_wrong_says_what_would_be_right() {
        for (text, words) in [
            ("", "use `probe ...`"),
            ("tank 5", "`switch on|off` or `alarm reset`"),
            ("set", "such as 42.5"),
            ("switch", "on or off"),
            ("switch over", "a switch is not `over`"),
            ("alarm", "after `alarm` comes `reset`"),
            ("alarm clear", "after `alarm` comes `reset`"),
        ] {
            let error = text.parse::<Action>().unwrap_err().to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
