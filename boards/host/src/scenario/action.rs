//! One thing that is done to the simulated hardware, in words.

use std::{fmt, str::FromStr};

use dimmer_plant::{Interrupts, Plant, WireFault};

/// Flips of a noisy wire, percent of the slots, where nothing else is said: nearly every reading fails.
const NOISY_PERCENT: f64 = 1.0;
/// How many times too long a slow conversion takes, where nothing else is said: longer than the driver waits.
const SLOW_TIMES: f64 = 3.0;
/// How long interrupts take, microseconds, where nothing else is said.
const INTERRUPT_US: f64 = 50.0;
/// How often interrupts come: a zero cross and a gate pulse in each half-cycle of 50 Hz.
const INTERRUPTS_PER_SECOND: f64 = 200.0;

/// Something that is done to the hardware of a dimmer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Action {
    /// Something is wrong with the probe, besides what is wrong already.
    Probe(WireFault),
    /// Nothing is wrong with the probe any more.
    ProbeBack,
    /// All of the tank's water has this temperature, degC.
    Water(f64),
    /// The mains' switch is closed, or open.
    Mains(bool),
}

/// What the words after `probe` may be.
const PROBE: &str = "unplugged, shorted, swapped, noisy [PERCENT], slow [TIMES], restarted, interrupted [MICROSECONDS] or back";

impl Action {
    /// Does it.
    pub fn apply(self, plant: &mut Plant) {
        match self {
            Self::Probe(fault) => plant.wire().apply(fault),
            Self::ProbeBack => plant.wire().mend(),
            Self::Water(celsius) => plant.set_tank_celsius(celsius),
            Self::Mains(on) => plant.switch_mains(on),
        }
    }

    /// What is done to the probe, in words such as `unplugged`, `noisy 5` or `back`.
    ///
    /// # Errors
    /// What the words may be.
    pub fn probe(text: &str) -> Result<Self, ActionError> {
        let (word, number) = split(text);
        let with = |default: f64, minimum: f64, maximum: f64| {
            if number.is_empty() {
                return Ok(default);
            }
            let value = number.parse().ok();
            value
                .filter(|value| (minimum..=maximum).contains(value))
                .ok_or_else(|| ActionError::Number {
                    word: word.to_owned(),
                    given: number.to_owned(),
                    minimum,
                    maximum,
                })
        };
        let fault = match word {
            "noisy" => WireFault::Noisy(with(NOISY_PERCENT, 0.0, 100.0)? / 100.0),
            "slow" => WireFault::Slow(with(SLOW_TIMES, 0.01, 100.0)?),
            "interrupted" => WireFault::Interrupted(Interrupts {
                per_second: INTERRUPTS_PER_SECOND,
                microseconds: whole(with(INTERRUPT_US, 1.0, 100_000.0)?),
            }),
            _ if !number.is_empty() => return Err(ActionError::Probe(text.to_owned())),
            "unplugged" | "unplug" => WireFault::Unplugged,
            "shorted" | "short" => WireFault::Shorted,
            "swapped" | "swap" => WireFault::Swapped,
            "restarted" | "restart" => WireFault::Restarted,
            "back" => return Ok(Self::ProbeBack),
            _ => return Err(ActionError::Probe(text.to_owned())),
        };
        Ok(Self::Probe(fault))
    }

    /// What is done to the mains: `lost` or `back`.
    ///
    /// # Errors
    /// It is neither.
    pub fn mains(text: &str) -> Result<Self, ActionError> {
        match text {
            "lost" => Ok(Self::Mains(false)),
            "back" => Ok(Self::Mains(true)),
            _ => Err(ActionError::Mains(text.to_owned())),
        }
    }

    /// The temperature of the water, degC.
    ///
    /// # Errors
    /// It is none that water in a tank has.
    pub fn water(celsius: f64) -> Result<Self, ActionError> {
        if (-50.0..=150.0).contains(&celsius) {
            Ok(Self::Water(celsius))
        } else {
            Err(ActionError::Water(celsius.to_string()))
        }
    }
}

impl FromStr for Action {
    type Err = ActionError;

    fn from_str(text: &str) -> Result<Self, ActionError> {
        let (word, rest) = split(text);
        match word {
            "probe" => Self::probe(rest),
            "mains" => Self::mains(rest),
            "water" => match rest.parse() {
                Ok(celsius) => Self::water(celsius),
                Err(_) => Err(ActionError::Water(rest.to_owned())),
            },
            _ => Err(ActionError::Unknown(text.trim().to_owned())),
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Probe(WireFault::Unplugged) => formatter.write_str("probe unplugged"),
            Self::Probe(WireFault::Shorted) => formatter.write_str("probe shorted"),
            Self::Probe(WireFault::Swapped) => formatter.write_str("probe swapped"),
            Self::Probe(WireFault::Restarted) => formatter.write_str("probe restarted"),
            Self::Probe(WireFault::Noisy(probability)) => {
                write!(formatter, "probe noisy {}", probability * 100.0)
            }
            Self::Probe(WireFault::Slow(times)) => write!(formatter, "probe slow {times}"),
            Self::Probe(WireFault::Interrupted(interrupts)) => {
                write!(formatter, "probe interrupted {}", interrupts.microseconds)
            }
            Self::ProbeBack => formatter.write_str("probe back"),
            Self::Water(celsius) => write!(formatter, "water {celsius}"),
            Self::Mains(on) => {
                write!(formatter, "mains {}", if *on { "back" } else { "lost" })
            }
        }
    }
}

/// Words that are no action.
#[derive(Clone, Debug, PartialEq)]
pub enum ActionError {
    /// Neither probe, water nor mains.
    Unknown(String),
    /// Not a state of a probe.
    Probe(String),
    /// Not a state of the mains.
    Mains(String),
    /// Not a temperature of water.
    Water(String),
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
                "`{given}` is nothing that can be done; use `probe ...`, `water CELSIUS` or `mains lost|back`"
            ),
            Self::Probe(given) => write!(formatter, "a probe is not `{given}`; it is {PROBE}"),
            Self::Mains(given) => {
                write!(formatter, "mains are not `{given}`; they are lost or back")
            }
            Self::Water(given) => write!(
                formatter,
                "water is not `{given}`; give its temperature, from -50 to 150 °C"
            ),
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

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 1 and 100000, as checked before"
)]
fn whole(number: f64) -> u32 {
    number.round() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_is_read_as_it_is_written() {
        for text in [
            "probe unplugged",
            "probe shorted",
            "probe swapped",
            "probe restarted",
            "probe noisy 5",
            "probe slow 1.5",
            "probe interrupted 60",
            "probe back",
            "water 55.5",
            "water -5",
            "mains lost",
            "mains back",
        ] {
            assert_eq!(text.parse::<Action>().unwrap().to_string(), text);
        }
        for (typed, meant) in [
            ("  probe   unplug ", "probe unplugged"),
            ("probe noisy", "probe noisy 1"),
            ("probe slow", "probe slow 3"),
            ("probe interrupted", "probe interrupted 50"),
        ] {
            assert_eq!(typed.parse::<Action>(), meant.parse(), "{typed}");
        }
    }

    #[test]
    fn what_is_wrong_says_what_would_be_right() {
        for (text, words) in [
            ("", "use `probe ...`"),
            ("tank 5", "use `probe ...`"),
            ("probe", "it is unplugged, shorted"),
            ("probe gone", "it is unplugged, shorted"),
            ("probe unplugged 5", "it is unplugged, shorted"),
            ("probe noisy much", "from 0 to 100, not `much`"),
            ("probe noisy 101", "from 0 to 100"),
            ("probe slow 0", "from 0.01 to 100"),
            ("water", "from -50 to 150 °C"),
            ("water hot", "from -50 to 150 °C"),
            ("water NaN", "from -50 to 150 °C"),
            ("mains", "lost or back"),
            ("mains on", "lost or back"),
        ] {
            let error = text.parse::<Action>().unwrap_err().to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
