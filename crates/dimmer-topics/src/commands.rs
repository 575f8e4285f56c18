//! What a dimmer can be told to do, read strictly into types.

mod answer;
mod boost;
mod object;
mod power;
mod setpoint;
mod tunable;
mod words;

pub use answer::{Answer, Applied, CommandName, DETAIL_CAPACITY};
pub use boost::{BOOST_LIMIT_MINUTES, Boost, COMMAND_PAYLOAD_CAPACITY, parse_boost};
pub(crate) use object::fields;
pub use power::{PowerCommand, parse_power};
pub use setpoint::{
    COMMON_POWER_LIMIT_CENTIPERCENT, COMMON_WATTS_LIMIT, POWER_LIMIT_CENTIPERCENT,
    SETPOINT_PAYLOAD_CAPACITY, Setpoint, SetpointUnit, WATTS_LIMIT, parse_common_setpoint,
    parse_setpoint,
};
pub(crate) use tunable::Shown;
pub use tunable::{
    TUNABLE_LABEL_CAPACITY, TUNABLE_NAME_CAPACITY, TUNABLE_OPTIONS_CAPACITY, TUNABLES_CAPACITY,
    Tunable, TunableKind,
};
pub use words::{Trigger, parse_switch, parse_trigger};

/// A command, read and found right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Command {
    /// A power for this dimmer alone.
    Power(PowerCommand),
    /// A boost begins or ends.
    Boost(Boost),
    /// A person switches the dimmer on or off: the word above all setpoints.
    Switch(bool),
    /// A setting gets a value: the place in the table of [`Tunable`]s, and the value in its smallest unit, or the place of the
    /// choice.
    Configure {
        /// Its place in the table.
        index: u8,
        /// The value × 10^decimals, or the place of the choice.
        value: i32,
    },
    /// Somebody looked: latched alarms may end.
    ResetAlarms,
    /// Publish everything again.
    Sync,
    /// Read the stored configuration again.
    Reload,
    /// Start again.
    Restart,
    /// Look for probes anew.
    SearchProbes,
}

impl Command {
    /// Its name, for the [`Answer`].
    pub const fn name(self) -> CommandName {
        match self {
            Self::Power(_) => CommandName::Power,
            Self::Boost(_) => CommandName::Boost,
            Self::Switch(_) => CommandName::Switch,
            Self::Configure { .. } => CommandName::Config,
            Self::ResetAlarms => CommandName::ResetAlarms,
            Self::Sync => CommandName::Sync,
            Self::Reload => CommandName::Reload,
            Self::Restart => CommandName::Restart,
            Self::SearchProbes => CommandName::SearchProbes,
        }
    }
}
