//! What became of a command.

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::tunable::{Shown, Tunable, TunableKind};
use super::{Boost, Command, PowerCommand, Setpoint};
use crate::BufferTooSmall;
use crate::decimal::Decimal;
use crate::refusal::Refusal;

/// Which command an [`Answer`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CommandName {
    /// `power/set`, or Domoticz' dimmer.
    Power,
    /// `command/boost`.
    Boost,
    /// `command/switch`.
    Switch,
    /// `command/config/<name>`.
    Config,
    /// `reset/alarm`.
    ResetAlarms,
    /// `command/sync`.
    Sync,
    /// `command/reload`.
    Reload,
    /// `command/restart`.
    Restart,
    /// `command/search_probes`.
    SearchProbes,
    /// A topic below `command/` that is none of these.
    Unknown,
}

impl CommandName {
    /// Every name.
    pub const ALL: [Self; 10] = [
        Self::Power,
        Self::Boost,
        Self::Switch,
        Self::Config,
        Self::ResetAlarms,
        Self::Sync,
        Self::Reload,
        Self::Restart,
        Self::SearchProbes,
        Self::Unknown,
    ];

    /// The name in payloads. It never changes.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Power => "power",
            Self::Boost => "boost",
            Self::Switch => "switch",
            Self::Config => "config",
            Self::ResetAlarms => "reset_alarms",
            Self::Sync => "sync",
            Self::Reload => "reload",
            Self::Restart => "restart",
            Self::SearchProbes => "search_probes",
            Self::Unknown => "unknown",
        }
    }
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// It was done, and there is no more to say.
    Done,
    /// A number, with its unit.
    Number(Decimal, &'static str),
    /// A word.
    Word(&'static str),
}

/// What became of a command: the payload of [`Message::Answer`](crate::Message::Answer).
///
/// Serialized as `{"command":"boost","applied":60,"unit":"min"}`, or with `"refused":{"about":…,"kind":…,"text":…}` in place of
/// `applied`; of a setting with its `key`, and where it was refused with the values that it can have; of a configuration that could
/// not be read with a `detail` ([`Answer::write_with`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Which command.
    pub command: CommandName,
    /// What was done, or why nothing was.
    pub outcome: Result<Applied, Refusal>,
    /// The setting, of [`CommandName::Config`].
    pub tunable: Option<&'static Tunable>,
}

impl Answer {
    /// That a command was carried out as it was given. `tunables`: the table, for the name and the unit of a setting.
    pub fn done(command: Command, tunables: &'static [Tunable]) -> Self {
        let percent = |centipercent| Applied::Number(Decimal::hundredths(centipercent), "%");
        let mut setting = None;
        let applied = match command {
            Command::Power(PowerCommand::Setpoint(Setpoint::Centipercent(value))) => percent(value),
            Command::Power(PowerCommand::Setpoint(Setpoint::Watts(value))) => {
                Applied::Number(Decimal::units(value), "W")
            }
            Command::Power(PowerCommand::On) | Command::Switch(true) => Applied::Word("ON"),
            Command::Power(PowerCommand::Off) | Command::Switch(false) => Applied::Word("OFF"),
            Command::Boost(Boost::Start { minutes, .. }) => {
                Applied::Number(Decimal::units(i32::from(minutes)), "min")
            }
            Command::Boost(Boost::Cancel) => Applied::Word("cancel"),
            Command::Configure { index, value } => {
                setting = tunables.get(usize::from(index));
                setting.map_or(Applied::Done, |tunable| applied(tunable, value))
            }
            Command::ResetAlarms
            | Command::Sync
            | Command::Reload
            | Command::Restart
            | Command::SearchProbes => Applied::Done,
        };
        Self {
            command: command.name(),
            outcome: Ok(applied),
            tunable: setting,
        }
    }

    /// That a command was refused. A setting's own refusal: give the setting, so that the answer says what it can be.
    pub const fn refused(
        command: CommandName,
        refusal: Refusal,
        tunable: Option<&'static Tunable>,
    ) -> Self {
        Self {
            command,
            outcome: Err(refusal),
            tunable,
        }
    }

    /// Writes the answer as JSON into the front of `buffer`; returns how many bytes.
    ///
    /// # Errors
    /// [`BufferTooSmall`]; never with [`PAYLOAD_CAPACITY`](crate::PAYLOAD_CAPACITY) bytes.
    pub fn write(&self, buffer: &mut [u8]) -> Result<usize, BufferTooSmall> {
        serde_json_core::to_slice(self, buffer).map_err(|_| BufferTooSmall)
    }

    /// Writes it as [`write`](Self::write) does, with a `detail` that does not live as long as the answer: what is wrong, and where.
    ///
    /// # Errors
    /// [`BufferTooSmall`]; never with [`PAYLOAD_CAPACITY`](crate::PAYLOAD_CAPACITY) bytes and up to [`DETAIL_CAPACITY`] of detail
    /// without control characters.
    pub fn write_with(&self, detail: &str, buffer: &mut [u8]) -> Result<usize, BufferTooSmall> {
        let detailed = Detailed {
            answer: self,
            detail: Some(detail),
        };
        serde_json_core::to_slice(&detailed, buffer).map_err(|_| BufferTooSmall)
    }
}

/// Most bytes in the detail of an answer.
pub const DETAIL_CAPACITY: usize = 256;

struct Detailed<'a> {
    answer: &'a Answer,
    detail: Option<&'a str>,
}

fn applied(tunable: &Tunable, value: i32) -> Applied {
    let unit = match tunable.kind {
        TunableKind::Number { unit, .. } => unit,
        TunableKind::Choice(_) | TunableKind::Switch => "",
    };
    match tunable.shown(value) {
        Some(Shown::Number(number)) => Applied::Number(number, unit),
        Some(Shown::Word(word)) => Applied::Word(word),
        None => Applied::Done,
    }
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let detailed = Detailed {
            answer: self,
            detail: None,
        };
        detailed.serialize(serializer)
    }
}

impl Serialize for Detailed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { answer, detail } = self;
        let mut object = serializer.serialize_struct("Answer", 8)?;
        object.serialize_field("command", answer.command.as_str())?;
        if let Some(tunable) = answer.tunable {
            object.serialize_field("key", tunable.name)?;
        }
        match answer.outcome {
            Ok(Applied::Done) => object.serialize_field("applied", &true)?,
            Ok(Applied::Word(word)) => object.serialize_field("applied", word)?,
            Ok(Applied::Number(number, unit)) => {
                object.serialize_field("applied", &number)?;
                if !unit.is_empty() {
                    object.serialize_field("unit", unit)?;
                }
            }
            Err(refusal) => {
                object.serialize_field("refused", &refusal)?;
                if let Some(detail) = detail {
                    object.serialize_field("detail", detail)?;
                }
                match answer.tunable.map(|tunable| tunable.kind) {
                    Some(TunableKind::Number {
                        unit,
                        decimals,
                        minimum,
                        maximum,
                        ..
                    }) => {
                        object.serialize_field("minimum", &Decimal::scaled(minimum, decimals))?;
                        object.serialize_field("maximum", &Decimal::scaled(maximum, decimals))?;
                        if !unit.is_empty() {
                            object.serialize_field("unit", unit)?;
                        }
                    }
                    Some(TunableKind::Choice(options)) => {
                        object.serialize_field("options", options)?;
                    }
                    Some(TunableKind::Switch) => {
                        object.serialize_field("options", &["ON", "OFF"])?;
                    }
                    None => {}
                }
            }
        }
        object.end()
    }
}
