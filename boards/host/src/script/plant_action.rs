//! One thing that is done to the simulated plant, in words.

use std::{fmt, str::FromStr};

use dimmer_plant::{Interrupts, Plant, WireFault};

use super::action::{ActionError, split};

/// Flips on a garbled wire, percent of the slots, where nothing else is said: nearly every reading fails.
const GARBLED_PERCENT: f64 = 1.0;
/// How many times too long a slow conversion takes, where nothing else is said: longer than the driver waits.
const SLOW_TIMES: f64 = 3.0;
/// How long interrupts take, microseconds, where nothing else is said.
const INTERRUPT_US: f64 = 50.0;
/// How often interrupts come: a zero cross and a gate pulse in each half-cycle of 50 Hz.
const INTERRUPTS_PER_SECOND: f64 = 200.0;

/// Something that is done to what surrounds a dimmer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PlantAction {
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
pub(super) const PROBE: &str = "unplugged, shorted, swapped, garbled [PERCENT], slow [TIMES], restarted, interrupted [MICROSECONDS] or back";

impl PlantAction {
    /// Does it.
    pub fn apply(self, plant: &mut Plant) {
        match self {
            Self::Probe(fault) => plant.wire().apply(fault),
            Self::ProbeBack => plant.wire().mend(),
            Self::Water(celsius) => plant.set_tank_celsius(celsius),
            Self::Mains(on) => plant.switch_mains(on),
        }
    }

    /// What is done to the probe, in words such as `unplugged`, `garbled 5` or `back`.
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
            "garbled" => WireFault::Noisy(with(GARBLED_PERCENT, 0.0, 100.0)? / 100.0),
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

impl FromStr for PlantAction {
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

impl fmt::Display for PlantAction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Probe(WireFault::Unplugged) => formatter.write_str("probe unplugged"),
            Self::Probe(WireFault::Shorted) => formatter.write_str("probe shorted"),
            Self::Probe(WireFault::Swapped) => formatter.write_str("probe swapped"),
            Self::Probe(WireFault::Restarted) => formatter.write_str("probe restarted"),
            Self::Probe(WireFault::Noisy(probability)) => {
                write!(formatter, "probe garbled {}", probability * 100.0)
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
            "probe garbled 5",
            "probe slow 1.5",
            "probe interrupted 60",
            "probe back",
            "water 55.5",
            "water -5",
            "mains lost",
            "mains back",
        ] {
            assert_eq!(text.parse::<PlantAction>().unwrap().to_string(), text);
        }
        for (typed, meant) in [
            ("  probe   unplug ", "probe unplugged"),
            ("probe garbled", "probe garbled 1"),
            ("probe slow", "probe slow 3"),
            ("probe interrupted", "probe interrupted 50"),
        ] {
            assert_eq!(typed.parse::<PlantAction>(), meant.parse(), "{typed}");
        }
    }

    #[test]
    fn what_is_wrong_says_what_would_be_right() {
        for (text, words) in [
            ("probe", "it is unplugged, shorted"),
            ("probe gone", "it is unplugged, shorted"),
            ("probe unplugged 5", "it is unplugged, shorted"),
            ("probe garbled much", "from 0 to 100, not `much`"),
            ("probe garbled 101", "from 0 to 100"),
            ("probe slow 0", "from 0.01 to 100"),
            ("water", "from -50 to 150 °C"),
            ("water hot", "from -50 to 150 °C"),
            ("water NaN", "from -50 to 150 °C"),
            ("mains", "lost or back"),
            ("mains on", "lost or back"),
        ] {
            let error = text.parse::<PlantAction>().unwrap_err().to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
