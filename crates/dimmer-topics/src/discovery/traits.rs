//! What tells one entity from another.

use super::entity::Entity;
use crate::commands::Trigger;
use crate::message::Message;
use crate::topics::Incoming;

/// What tells one entity from another, as far as it is known when this is compiled.
#[derive(Clone, Copy)]
pub(super) struct Traits {
    pub(super) component: &'static str,
    pub(super) name: &'static str,
    pub(super) unit: Option<&'static str>,
    pub(super) device_class: Option<&'static str>,
    pub(super) state_class: Option<&'static str>,
    /// How many decimals are shown at first.
    pub(super) decimals: Option<u8>,
    /// The message that has the state alone; a button has none.
    pub(super) state: Option<Message>,
    /// From that message to the state.
    pub(super) template: Option<&'static str>,
    /// From the JSON on `state` to the state, if it stands there.
    pub(super) json_template: Option<&'static str>,
    pub(super) category: Option<&'static str>,
    /// What comes in when it is used.
    pub(super) command: Option<Incoming>,
    /// What a button sends.
    pub(super) press: Option<&'static str>,
    /// Smallest and largest value of what can be commanded, and the step in tenths.
    pub(super) range: Option<(u16, u16, u8)>,
}

/// Home Assistant ignores an empty payload, and would go on showing a value that is no longer known; it takes `None` for
/// unknown. Domoticz uses templates for JSON payloads only, and these are none.
const UNKNOWN_IF_EMPTY: &str = "{{ value or 'None' }}";

/// As [`UNKNOWN_IF_EMPTY`]; and Home Assistant reports an error for a number out of its range, which the setpoint of a pool
/// often is.
const SETPOINT_IN_RANGE: &str = "{{ [0,[value|float(0),100]|min]|max if value else 'None' }}";
const JSON_SETPOINT_IN_RANGE: &str = "{{ [0,[value_json.setpoint|float(0),100]|min]|max if value_json.setpoint is not none else 'None' }}";

const MEASUREMENT: Option<&str> = Some("measurement");
const TOTAL: Option<&str> = Some("total_increasing");
const DIAGNOSTIC: Option<&str> = Some("diagnostic");
const CONFIG: Option<&str> = Some("config");
const PRESS: Option<&str> = Some("PRESS");

impl Traits {
    /// A sensor without anything.
    const SENSOR: Self = Self {
        component: "sensor",
        name: "",
        unit: None,
        device_class: None,
        state_class: None,
        decimals: None,
        state: None,
        template: None,
        json_template: None,
        category: None,
        command: None,
        press: None,
        range: None,
    };

    const DIAGNOSTIC: Self = Self {
        category: DIAGNOSTIC,
        ..Self::SENSOR
    };

    const fn temperature(name: &'static str, state: Message, json_template: &'static str) -> Self {
        Self {
            name,
            unit: Some("°C"),
            device_class: Some("temperature"),
            state_class: MEASUREMENT,
            decimals: Some(1),
            state: Some(state),
            template: Some(UNKNOWN_IF_EMPTY),
            json_template: Some(json_template),
            ..Self::SENSOR
        }
    }

    const fn button(name: &'static str, command: Incoming, press: Option<&'static str>) -> Self {
        Self {
            component: "button",
            name,
            command: Some(command),
            press,
            ..Self::SENSOR
        }
    }
}

impl Entity {
    /// The component of Home Assistant that it belongs to; of a setting that is no number, its kind says more.
    pub const fn component(self) -> &'static str {
        self.traits().component
    }

    pub(crate) const fn longest_component() -> usize {
        let mut longest = 0;
        let mut rest: &[Self] = &Self::ALL;
        while let [first, others @ ..] = rest {
            if first.component().len() > longest {
                longest = first.component().len();
            }
            rest = others;
        }
        longest
    }

    pub(super) const fn traits(self) -> Traits {
        match self {
            Self::Power | Self::Light | Self::Applied | Self::Watts | Self::Energy => {
                self.power_traits()
            }
            Self::AlarmReset => Traits::button("Reset alarm", Incoming::AlarmReset, PRESS),
            Self::BoostCancel => Traits::button("Cancel boost", Incoming::Boost, Some("cancel")),
            Self::Sync => Traits {
                category: DIAGNOSTIC,
                ..Traits::button("Publish again", Incoming::Trigger(Trigger::Sync), PRESS)
            },
            Self::Restart => Traits {
                category: CONFIG,
                device_class: Some("restart"),
                ..Traits::button("Restart", Incoming::Trigger(Trigger::Restart), PRESS)
            },
            Self::Switch => Traits {
                component: "switch",
                name: "Enabled",
                state: Some(Message::Switch),
                json_template: Some("{{ value_json.switch }}"),
                command: Some(Incoming::Switch),
                ..Traits::SENSOR
            },
            Self::Boost => Traits {
                component: "number",
                name: "Boost",
                unit: Some("min"),
                device_class: Some("duration"),
                state: Some(Message::Boost),
                json_template: Some("{{ value_json.boost }}"),
                command: Some(Incoming::Boost),
                range: Some((0, crate::BOOST_LIMIT_MINUTES, 10)),
                ..Traits::SENSOR
            },
            Self::WaterTemperature => Traits::temperature(
                "Water temperature",
                Message::WaterTemperature,
                "{{ value_json.temperature.water }}",
            ),
            Self::HeatSinkTemperature => Traits::temperature(
                "Heat sink temperature",
                Message::HeatSinkTemperature,
                "{{ value_json.temperature.heat_sink }}",
            ),
            Self::RoomTemperature => Traits::temperature(
                "Room temperature",
                Message::RoomTemperature,
                "{{ value_json.temperature.room }}",
            ),
            Self::Reason => Traits {
                name: "Reason",
                state: Some(Message::Reason),
                json_template: Some("{{ value_json.reason }}"),
                ..Traits::DIAGNOSTIC
            },
            Self::Alarm => Traits {
                component: "binary_sensor",
                name: "Alarm",
                device_class: Some("problem"),
                state: Some(Message::Alarm),
                template: Some("{{ value_json.problem }}"),
                ..Traits::SENSOR
            },
            Self::Frequency
            | Self::Missed
            | Self::Uptime
            | Self::FreeMemory
            | Self::SignalStrength
            | Self::ResetReason
            | Self::Refused => self.diagnostic_traits(),
            // The table says the rest.
            Self::Tunable(index) => Traits {
                component: "number",
                state: Some(Message::Tunable(index)),
                template: Some(UNKNOWN_IF_EMPTY),
                category: CONFIG,
                command: Some(Incoming::Configure(index)),
                ..Traits::SENSOR
            },
        }
    }

    const fn power_traits(self) -> Traits {
        match self {
            Self::Power => Traits {
                component: "number",
                name: "Setpoint",
                unit: Some("%"),
                state: Some(Message::Setpoint),
                template: Some(SETPOINT_IN_RANGE),
                json_template: Some(JSON_SETPOINT_IN_RANGE),
                command: Some(Incoming::PowerSet),
                range: Some((0, 100, 1)),
                ..Traits::SENSOR
            },
            Self::Light => Traits {
                component: "light",
                name: "Heater",
                state: Some(Message::Applied),
                template: Some("{{ 'ON' if value|float(0)>0 else 'OFF' }}"),
                json_template: Some("{{ 'ON' if value_json.applied>0 else 'OFF' }}"),
                command: Some(Incoming::PowerSet),
                ..Traits::SENSOR
            },
            Self::Watts => Traits {
                name: "Power",
                unit: Some("W"),
                device_class: Some("power"),
                state_class: MEASUREMENT,
                decimals: Some(0),
                state: Some(Message::Watts),
                json_template: Some("{{ value_json.watts }}"),
                ..Traits::SENSOR
            },
            Self::Energy => Traits {
                name: "Energy",
                unit: Some("Wh"),
                device_class: Some("energy"),
                state_class: TOTAL,
                decimals: Some(0),
                state: Some(Message::Energy),
                template: Some(UNKNOWN_IF_EMPTY),
                json_template: Some("{{ value_json.energy }}"),
                ..Traits::SENSOR
            },
            _ => Traits {
                name: "Applied power",
                unit: Some("%"),
                state_class: MEASUREMENT,
                decimals: Some(1),
                state: Some(Message::Applied),
                json_template: Some("{{ value_json.applied }}"),
                ..Traits::SENSOR
            },
        }
    }

    const fn diagnostic_traits(self) -> Traits {
        match self {
            Self::Frequency => Traits {
                name: "Mains frequency",
                unit: Some("Hz"),
                device_class: Some("frequency"),
                state_class: MEASUREMENT,
                decimals: Some(2),
                state: Some(Message::Frequency),
                template: Some(UNKNOWN_IF_EMPTY),
                json_template: Some("{{ value_json.mains.frequency }}"),
                ..Traits::DIAGNOSTIC
            },
            Self::Missed => Traits {
                name: "Missed zero crossings",
                state_class: TOTAL,
                state: Some(Message::Missed),
                json_template: Some("{{ value_json.mains.missed }}"),
                ..Traits::DIAGNOSTIC
            },
            Self::Uptime => Traits {
                name: "Uptime",
                unit: Some("s"),
                device_class: Some("duration"),
                state_class: TOTAL,
                state: Some(Message::Uptime),
                json_template: Some("{{ value_json.uptime }}"),
                ..Traits::DIAGNOSTIC
            },
            Self::FreeMemory => Traits {
                name: "Free memory",
                unit: Some("B"),
                device_class: Some("data_size"),
                state_class: MEASUREMENT,
                state: Some(Message::FreeMemory),
                template: Some(UNKNOWN_IF_EMPTY),
                json_template: Some("{{ value_json.memory }}"),
                ..Traits::DIAGNOSTIC
            },
            Self::SignalStrength => Traits {
                name: "Signal strength",
                unit: Some("dBm"),
                device_class: Some("signal_strength"),
                state_class: MEASUREMENT,
                state: Some(Message::SignalStrength),
                template: Some(UNKNOWN_IF_EMPTY),
                json_template: Some("{{ value_json.rssi }}"),
                ..Traits::DIAGNOSTIC
            },
            Self::ResetReason => Traits {
                name: "Reset reason",
                state: Some(Message::ResetReason),
                template: Some(UNKNOWN_IF_EMPTY),
                json_template: Some("{{ value_json.reset_reason }}"),
                ..Traits::DIAGNOSTIC
            },
            _ => Traits {
                name: "Refused messages",
                state_class: TOTAL,
                state: Some(Message::Refused),
                json_template: Some("{{ value_json.messages.refused }}"),
                ..Traits::DIAGNOSTIC
            },
        }
    }
}
