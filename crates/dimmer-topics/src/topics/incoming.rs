//! What the dimmer listens to.

use super::{Topics, joined};
use crate::alarm::parse_alarm_reset;
use crate::commands::{
    Command, CommandName, Trigger, parse_boost, parse_power, parse_switch, parse_trigger,
};
use crate::message::AVAILABILITY;
use crate::refusal::{Refusal, RefusalKind, Subject};
use crate::role::Role;
use crate::settings::{POOL, Qos};
use crate::temperature::parse_temperature;
use crate::{DeviceId, ONLINE, Topic};

const POWER_SET: &str = "power/set";
/// Not below `alarm`: a topic with a value has no topics below it.
const ALARM_RESET: &str = "reset/alarm";
const BOOST: &str = "command/boost";
const SWITCH: &str = "command/switch";
const SYNC: &str = "command/sync";
const RELOAD: &str = "command/reload";
const RESTART: &str = "command/restart";
const SEARCH_PROBES: &str = "command/search_probes";
/// Not `config/<name>/set`: the value itself stands on `config/<name>`.
const CONFIGURE: &str = "command/config/";
/// One subscription for all of them.
const COMMANDS: &str = "command/#";

/// Every path that begins here, for the bound on the length of a topic.
pub(super) const COMMAND_PATHS: [&str; 9] = [
    POWER_SET,
    ALARM_RESET,
    BOOST,
    SWITCH,
    SYNC,
    RELOAD,
    RESTART,
    SEARCH_PROBES,
    CONFIGURE,
];

/// What comes in: the meaning of a topic that the dimmer is subscribed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Incoming {
    /// `<prefix>/<id>/power/set`: a power for this dimmer alone. See [`parse_power`](crate::parse_power).
    PowerSet,
    /// The topic in [`Settings::follow`](crate::Settings::follow): a setpoint that this dimmer takes its share of. See
    /// [`parse_setpoint`](crate::parse_setpoint).
    Followed,
    /// A topic in [`Source::topic`](crate::Source::topic): one temperature or several, see [`Topics::temperatures`]. The role is
    /// the first that takes its temperature from this topic.
    Temperature(Role),
    /// `<prefix>/<id>/reset/alarm`: see [`parse_alarm_reset`](crate::parse_alarm_reset).
    AlarmReset,
    /// `<homeassistant.prefix>/status`: see [`home_assistant_started`].
    HomeAssistantStatus,
    /// `<prefix>/<id>/command/boost`: see [`parse_boost`](crate::parse_boost).
    Boost,
    /// `<prefix>/<id>/command/switch`: see [`parse_switch`](crate::parse_switch).
    Switch,
    /// `<prefix>/<id>/command/sync`, `reload`, `restart` or `search_probes`: see [`parse_trigger`](crate::parse_trigger).
    Trigger(Trigger),
    /// `<prefix>/<id>/command/config/<name>`: a value for a setting, by its place in the table. See
    /// [`Tunable::parse`](crate::Tunable::parse).
    Configure(u8),
    /// Another topic below `<prefix>/<id>/command/`: to be refused, so that a misspelt command is noticed.
    UnknownCommand,
    /// [`Domoticz::out_topic`](crate::Domoticz::out_topic): see [`parse_domoticz`](crate::parse_domoticz).
    Domoticz,
    /// `<prefix>/pool/<name>/<id>`: a member of the pool announces itself, or withdraws; this dimmer's own word comes back, too. See
    /// [`parse_announcement`](crate::parse_announcement). A retained one is not refused: see there.
    PoolMember(DeviceId),
    /// `<prefix>/<id>/availability`, in a pool: somebody is connected, or gone. See [`member_is_gone`](crate::member_is_gone).
    MemberAvailability(DeviceId),
}

/// Whether this payload of [`Incoming::HomeAssistantStatus`] says that Home Assistant has started: discovery is then due again,
/// after a random delay so that not every device answers at once. Its other word is `offline`.
pub fn home_assistant_started(payload: &[u8]) -> bool {
    payload == ONLINE.as_bytes()
}

/// A subscription to ask the broker for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// The topic. That of all commands has the wildcard `#`, those of a pool have a `+`.
    pub topic: Topic,
    /// Whether the broker is to deliver what it has retained. Only what the members of a pool say: a member that was there before, and may
    /// be gone, still counts. A command or a setpoint from the past has no age.
    pub retained: bool,
    /// The highest quality of service with which the broker is to deliver.
    pub qos: Qos,
}

/// What there may be to subscribe to.
#[derive(Clone, Copy)]
enum Listened {
    PowerSet,
    Followed,
    Temperature(Role),
    AlarmReset,
    Commands,
    HomeAssistant,
    Domoticz,
    PoolMembers,
    Availabilities,
}

const LISTENED: [Listened; 11] = [
    Listened::PowerSet,
    Listened::Followed,
    Listened::Temperature(Role::Water),
    Listened::Temperature(Role::HeatSink),
    Listened::Temperature(Role::Room),
    Listened::AlarmReset,
    Listened::Commands,
    Listened::HomeAssistant,
    Listened::Domoticz,
    Listened::PoolMembers,
    Listened::Availabilities,
];

impl Topics {
    /// What a session has to subscribe to.
    pub fn subscriptions(&self) -> impl Iterator<Item = Subscription> {
        LISTENED
            .into_iter()
            .filter_map(|listened| self.subscription(listened))
    }

    /// One subscription, if these settings want it. Made one at a time: a topic is large for a small stack.
    fn subscription(&self, listened: Listened) -> Option<Subscription> {
        let settings = &self.settings;
        let homeassistant = &settings.homeassistant;
        let (topic, qos) = match listened {
            // What steers is never delivered late: a broker that kept it for a line that was cut would pass it on as if it were fresh. It
            // is repeated anyway.
            Listened::PowerSet => (self.below(POWER_SET), Qos::AtMostOnce),
            Listened::Followed => (joined(&[&settings.follow]), Qos::AtMostOnce),
            Listened::Temperature(role) => {
                let topic = settings.temperature.source(role).topic.as_str();
                // Of several roles on one topic the first subscribes.
                let is_first = self.roles_on(topic).next() == Some(role);
                (
                    joined(&[if is_first { topic } else { "" }]),
                    Qos::AtMostOnce,
                )
            }
            // Never delivered late: a person sees whether it worked, and the world may be another by then.
            Listened::AlarmReset => (self.below(ALARM_RESET), Qos::AtMostOnce),
            Listened::Commands => (self.below(COMMANDS), Qos::AtMostOnce),
            // Said once, at the start of Home Assistant.
            Listened::HomeAssistant if homeassistant.is_on() => {
                let topic = joined(&[homeassistant.prefix.as_str(), "/status"]);
                (topic, Qos::AtLeastOnce)
            }
            Listened::Domoticz if settings.domoticz.listens() => {
                (joined(&[&settings.domoticz.out_topic]), Qos::AtMostOnce)
            }
            // A client has one will only: that a member is gone is said on its availability. Not delivered late: it may be back by then.
            Listened::PoolMembers if self.in_pool => (self.of_the_pool("+"), Qos::AtMostOnce),
            Listened::Availabilities if self.in_pool => (
                joined(&[&settings.prefix, "/+/", AVAILABILITY]),
                Qos::AtMostOnce,
            ),
            Listened::HomeAssistant
            | Listened::Domoticz
            | Listened::PoolMembers
            | Listened::Availabilities => return None,
        };
        (!topic.is_empty()).then_some(Subscription {
            topic,
            retained: matches!(listened, Listened::PoolMembers | Listened::Availabilities),
            qos,
        })
    }

    /// What a message on this topic means, or `None` if it is not for this dimmer.
    pub fn incoming(&self, topic: &str) -> Option<Incoming> {
        if let Some(path) = self.path_of(topic) {
            return self.own(path);
        }
        let settings = &self.settings;
        if topic.is_empty() {
            None
        } else if topic == settings.follow {
            Some(Incoming::Followed)
        } else if let Some(role) = self.roles_on(topic).next() {
            Some(Incoming::Temperature(role))
        } else if settings.domoticz.listens() && topic == settings.domoticz.out_topic {
            Some(Incoming::Domoticz)
        } else if settings.homeassistant.is_on() && settings.homeassistant.is_status(topic) {
            Some(Incoming::HomeAssistantStatus)
        } else if self.in_pool {
            self.of_a_member(topic)
        } else {
            None
        }
    }

    /// What a topic below the prefix means in a pool. The totals, and whatever else there is, mean nothing.
    fn of_a_member(&self, topic: &str) -> Option<Incoming> {
        let levels = topic
            .strip_prefix(self.settings.prefix.as_str())?
            .strip_prefix('/')?;
        let (first, others) = levels.split_once('/')?;
        if first == POOL {
            let id = others
                .strip_prefix(self.settings.pool.name.as_str())?
                .strip_prefix('/')?;
            lower_case_id(id).map(Incoming::PoolMember)
        } else if others == AVAILABILITY {
            lower_case_id(first).map(Incoming::MemberAvailability)
        } else {
            None
        }
    }

    /// What a path below `<prefix>/<id>/` means.
    fn own(&self, path: &str) -> Option<Incoming> {
        Some(match path {
            POWER_SET => Incoming::PowerSet,
            ALARM_RESET => Incoming::AlarmReset,
            BOOST => Incoming::Boost,
            SWITCH => Incoming::Switch,
            SYNC => Incoming::Trigger(Trigger::Sync),
            RELOAD => Incoming::Trigger(Trigger::Reload),
            RESTART => Incoming::Trigger(Trigger::Restart),
            SEARCH_PROBES => Incoming::Trigger(Trigger::SearchProbes),
            AVAILABILITY if self.in_pool => Incoming::MemberAvailability(self.id),
            _ => {
                path.strip_prefix("command/")?;
                let name = path.strip_prefix(CONFIGURE);
                let place = name.and_then(|name| {
                    let mut names = self.tunables.iter().map(|tunable| tunable.name);
                    names.position(|other| other == name)
                });
                place
                    .and_then(|place| u8::try_from(place).ok())
                    .map_or(Incoming::UnknownCommand, Incoming::Configure)
            }
        })
    }

    /// The topic on which this comes to this dimmer alone; empty for what comes from elsewhere.
    pub fn command_topic(&self, incoming: Incoming) -> Topic {
        let path = match incoming {
            Incoming::PowerSet => POWER_SET,
            Incoming::AlarmReset => ALARM_RESET,
            Incoming::Boost => BOOST,
            Incoming::Switch => SWITCH,
            Incoming::Trigger(Trigger::Sync) => SYNC,
            Incoming::Trigger(Trigger::Reload) => RELOAD,
            Incoming::Trigger(Trigger::Restart) => RESTART,
            Incoming::Trigger(Trigger::SearchProbes) => SEARCH_PROBES,
            Incoming::Configure(index) => {
                let mut topic = self.below(CONFIGURE);
                let name = self.tunable(index).map_or("", |tunable| tunable.name);
                // Fits: see LONGEST_OWN.
                let _ = topic.push_str(name);
                return topic;
            }
            Incoming::Followed
            | Incoming::Temperature(_)
            | Incoming::HomeAssistantStatus
            | Incoming::UnknownCommand
            | Incoming::Domoticz
            | Incoming::PoolMember(_)
            | Incoming::MemberAvailability(_) => return Topic::new(),
        };
        self.below(path)
    }

    /// Reads a message that came in as a command. `None`: it is none (a setpoint to follow, a temperature, a hub's word), or not for
    /// this dimmer.
    ///
    /// `retained`: whether the message has the retain flag. Every retained command is refused.
    pub fn command(
        &self,
        topic: &str,
        payload: &[u8],
        retained: bool,
    ) -> Option<Result<Command, Refusal>> {
        let incoming = self.incoming(topic)?;
        Some(match incoming {
            Incoming::PowerSet => parse_power(payload, retained).map(Command::Power),
            Incoming::AlarmReset => {
                parse_alarm_reset(payload, retained).map(|()| Command::ResetAlarms)
            }
            Incoming::Boost => parse_boost(payload, retained).map(Command::Boost),
            Incoming::Switch => parse_switch(payload, retained).map(Command::Switch),
            Incoming::Trigger(trigger) => {
                parse_trigger(trigger, payload, retained).map(|()| match trigger {
                    Trigger::Sync => Command::Sync,
                    Trigger::Reload => Command::Reload,
                    Trigger::Restart => Command::Restart,
                    Trigger::SearchProbes => Command::SearchProbes,
                })
            }
            Incoming::Configure(index) => {
                let value = self.tunable(index)?.parse(payload, retained);
                value.map(|value| Command::Configure { index, value })
            }
            Incoming::UnknownCommand => Err(Refusal::about(
                Subject::Command,
                RefusalKind::UnknownCommand,
            )),
            Incoming::Followed
            | Incoming::Temperature(_)
            | Incoming::HomeAssistantStatus
            | Incoming::Domoticz
            | Incoming::PoolMember(_)
            | Incoming::MemberAvailability(_) => return None,
        })
    }

    /// The roles that take their temperature from this topic.
    pub(super) fn roles_on<'t>(&'t self, topic: &'t str) -> impl Iterator<Item = Role> + 't {
        Role::ALL.into_iter().filter(move |role| {
            !topic.is_empty() && self.settings.temperature.source(*role).topic == topic
        })
    }

    /// The temperatures in a message on this topic, in 0.001 °C, each with its role. One message may have several: other
    /// programs publish all their probes in one JSON object.
    ///
    /// `retained`: whether the message has the retain flag. Then nobody knows how old it is, and each temperature is refused
    /// with [`RefusalKind::Retained`]: a living source publishes again soon. Any refusal leaves the last temperature as it is, to
    /// grow too old.
    pub fn temperatures<'t>(
        &'t self,
        topic: &'t str,
        payload: &'t [u8],
        retained: bool,
    ) -> impl Iterator<Item = (Role, Result<i32, Refusal>)> + 't {
        self.roles_on(topic).map(move |role| {
            let temperature = if retained {
                Err(Refusal::about(Subject::Temperature, RefusalKind::Retained))
            } else {
                parse_temperature(payload, &self.settings.temperature.source(role).path)
            };
            (role, temperature)
        })
    }
}

/// An id as dimmers write it: one in capital letters is another topic, and nobody's.
fn lower_case_id(level: &str) -> Option<DeviceId> {
    let is_lower = !level.bytes().any(|byte| byte.is_ascii_uppercase());
    level.parse().ok().filter(|_| is_lower)
}

impl Incoming {
    /// The name of the command, for the [`Answer`](crate::Answer) to one that was refused; `None` for what is no command.
    pub const fn command_name(self) -> Option<CommandName> {
        Some(match self {
            Self::PowerSet | Self::Domoticz => CommandName::Power,
            Self::AlarmReset => CommandName::ResetAlarms,
            Self::Boost => CommandName::Boost,
            Self::Switch => CommandName::Switch,
            Self::Trigger(Trigger::Sync) => CommandName::Sync,
            Self::Trigger(Trigger::Reload) => CommandName::Reload,
            Self::Trigger(Trigger::Restart) => CommandName::Restart,
            Self::Trigger(Trigger::SearchProbes) => CommandName::SearchProbes,
            Self::Configure(_) => CommandName::Config,
            Self::UnknownCommand => CommandName::Unknown,
            Self::Followed
            | Self::Temperature(_)
            | Self::HomeAssistantStatus
            | Self::PoolMember(_)
            | Self::MemberAvailability(_) => return None,
        })
    }
}
