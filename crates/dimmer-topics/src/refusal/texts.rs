//! What was wrong and what would be right, in one sentence for each subject and kind.

use super::{Refusal, RefusalKind, Subject};

impl Refusal {
    /// What was wrong and what would be right, in one sentence. `Display` writes it, and of a
    /// conflict the other setting after it.
    pub const fn text(self) -> &'static str {
        match (self.about, self.kind) {
            (Subject::Setpoint, kind) => kind.of_a_setpoint(),
            (Subject::Temperature, kind) => kind.of_a_temperature(),
            (Subject::Boost, kind) => kind.of_a_boost(),
            (Subject::Config, kind) => kind.of_a_setting(),
            (Subject::Domoticz, kind) => kind.of_domoticz(),
            (Subject::PoolMember, kind) => kind.of_a_pool_member(),
            (Subject::AlarmReset, RefusalKind::Retained) => {
                "a retained reset was meant for another alarm; send it without the retain flag"
            }
            (Subject::AlarmReset, RefusalKind::CauseLasts) => {
                "the cause of the alarm lasts, or nobody can tell yet that it is gone; mend it, then reset again"
            }
            (Subject::AlarmReset, _) => "the payload is no reset; send reset or PRESS, exactly so",
            (Subject::Switch | Subject::Trigger, RefusalKind::Retained) => {
                "a retained command would be carried out at each connection; send it without the retain flag"
            }
            (Subject::Switch, _) => "the payload is no switch; send ON or OFF, exactly so",
            (Subject::Trigger, RefusalKind::NotNow) => {
                "this cannot be done here or now; see the log of the dimmer"
            }
            (Subject::Trigger, _) => {
                "the payload does not name the command; send the last word of its topic, or PRESS, exactly so"
            }
            (Subject::Command, _) => {
                "there is no such command; send it to command/boost, switch, sync, reload, restart, search_probes or config/ and the name of a setting"
            }
        }
    }
}

impl RefusalKind {
    const fn of_a_setpoint(self) -> &'static str {
        match self {
            Self::Empty => "the setpoint is empty; send a number in percent, such as 42.5",
            Self::TooLong => {
                "the setpoint is longer than 128 bytes; send a number alone, such as 42.5"
            }
            Self::NotText => "the setpoint is not UTF-8 text; send a number, such as 42.5",
            Self::MalformedNumber => {
                "the number is not written as in JSON; write it with a point, such as 42.5"
            }
            Self::OutOfRange => {
                "the setpoint is out of range; send up to 1000 percent or 100 kW, 100 times that on a common topic"
            }
            Self::TrailingText => {
                "something follows the setpoint; send the number or the object alone, without a unit"
            }
            Self::MalformedJson => {
                "the JSON object is malformed; send {\"power\":42.5} or {\"watts\":900}"
            }
            Self::MissingKey => {
                "the JSON object has no key; send {\"power\":42.5} or {\"watts\":900}"
            }
            Self::UnknownKey => {
                "the JSON object has an unknown key; the only keys are power and watts"
            }
            Self::DuplicateKey => "the JSON object has a key twice; send it once",
            Self::PowerAndWatts => "the JSON object has both power and watts; send one of the two",
            Self::ValueNotANumber => {
                "the value is not a number; send it without quotation marks, such as {\"power\":42.5}"
            }
            Self::Retained => {
                "a retained setpoint has no known age; publish setpoints without the retain flag"
            }
            // The others are of no setpoint.
            _ => {
                "the setpoint is not a number; send 42.5 or {\"watts\":900}, to one dimmer also ON or OFF, unquoted"
            }
        }
    }

    const fn of_a_temperature(self) -> &'static str {
        match self {
            Self::Empty => "the temperature is empty; publish a number in °C, such as 54.3",
            Self::TooLong => {
                "the payload is longer than 1024 bytes; publish the temperature on a topic of its own"
            }
            Self::NotText => "the payload is not UTF-8 text; publish a number in °C, such as 54.3",
            Self::MalformedNumber => {
                "the number is not written as in JSON; write it with a point, such as 54.3"
            }
            Self::OutOfRange => {
                "the number is too large; publish a temperature in °C, such as 54.3"
            }
            Self::TrailingText => {
                "something follows the temperature; publish the number or the JSON alone, without a unit"
            }
            Self::MalformedJson => {
                "the JSON is malformed; publish one whole JSON object, such as {\"temperature\":54.3}"
            }
            Self::DuplicateKey => "a key on the path is there twice; publish it once",
            Self::ValueNotANumber => {
                "the value is not a number; set the path to a number, or to text that is one, such as 54.3"
            }
            Self::Retained => {
                "a retained temperature has no known age; publish temperatures again and again, without the retain flag"
            }
            Self::JsonWithoutPath => {
                "the payload is JSON; set the path to the temperature in it, such as DS18B20.Temperature"
            }
            Self::PathNotFound => {
                "the path leads to nothing; set it to where the temperature stands, such as DS18B20.Temperature"
            }
            Self::TooDeep => {
                "the JSON is more than 8 levels deep; publish the temperature nearer to the top"
            }
            Self::Unavailable => {
                "the source says that it has no temperature; see that its sensor is connected and works"
            }
            // The others are of no temperature.
            _ => "the temperature is not a number; publish a number in °C alone, such as 54.3",
        }
    }

    const fn of_a_boost(self) -> &'static str {
        match self {
            Self::Empty => "the boost is empty; send minutes, such as 60, or cancel",
            Self::TooLong => "the boost is longer than 128 bytes; send minutes alone, such as 60",
            Self::NotText => "the boost is not UTF-8 text; send minutes, such as 60",
            Self::OutOfRange => {
                "the boost is out of range; send 1 to 1440 minutes, and a power above 0 up to 100 percent"
            }
            Self::TrailingText => {
                "something follows the boost; send the minutes or the object alone, without a unit"
            }
            Self::MalformedJson | Self::TooDeep => {
                "the JSON object is malformed; send {\"minutes\":60} or {\"minutes\":60,\"power\":50}"
            }
            Self::MissingKey => "the boost has no time; send {\"minutes\":60}",
            Self::UnknownKey => {
                "the JSON object has an unknown key; the only keys are minutes and power"
            }
            Self::DuplicateKey => "the JSON object has a key twice; send it once",
            Self::MalformedNumber => {
                "the number is not written as in JSON; write it as 60, or the power as 42.5"
            }
            Self::ValueNotANumber => {
                "the value is not a number; send it without quotation marks, such as {\"minutes\":60}"
            }
            Self::Retained => {
                "a retained boost would begin again with each connection; send it without the retain flag"
            }
            // The others are of no boost.
            _ => "the boost is not a number of minutes; send 60, {\"minutes\":60} or cancel",
        }
    }

    const fn of_a_setting(self) -> &'static str {
        match self {
            Self::Empty => "the value is empty; send a number, a word of the list, ON or OFF",
            Self::TooLong => "the value is longer than 128 bytes; send it alone",
            Self::NotText => {
                "the value is not UTF-8 text; send a number, a word of the list, ON or OFF"
            }
            Self::OutOfRange => {
                "the value is out of range; send one from the minimum to the maximum that the answer names"
            }
            Self::Conflict => "the value does not fit another setting; change that first",
            Self::BadConfiguration => {
                "the stored configuration cannot be used, and nothing has changed; mend what the answer to the command names"
            }
            Self::TrailingText => "something follows the value; send it alone, without a unit",
            Self::MalformedNumber => {
                "the number is not written as in JSON; write it with a point, such as 42.5"
            }
            Self::UnknownWord => {
                "the value is none of the words of this setting; send one that the answer names, exactly so"
            }
            Self::Retained => {
                "a retained value would undo what was set since; send it without the retain flag"
            }
            // The others are of no setting.
            _ => "the value is not a number; send it alone, such as 42.5",
        }
    }

    const fn of_a_pool_member(self) -> &'static str {
        match self {
            Self::TooLong => {
                "the announcement of a pool member is longer than 512 bytes; see who publishes on its topic"
            }
            Self::NotText => {
                "the announcement of a pool member is not UTF-8 text; see who publishes on its topic"
            }
            Self::OutOfRange => {
                "a number in the announcement of a pool member is out of range, or a power is above the rated one; give all members the same firmware"
            }
            Self::MissingKey | Self::UnknownKey => {
                "the announcement of a pool member has a key too few or too many; give all members the same firmware"
            }
            Self::UnknownWord => {
                "the announcement of a pool member has a word that nobody knows; give all members the same firmware"
            }
            // The others are faults of the JSON.
            _ => {
                "the announcement of a pool member is malformed; see who publishes on its topic, and publish nothing there to remove it"
            }
        }
    }

    const fn of_domoticz(self) -> &'static str {
        match self {
            Self::TooLong => {
                "the message of Domoticz is longer than 1024 bytes; shorten the description of the device"
            }
            Self::MissingKey => {
                "the message of Domoticz has no nvalue, or a level that is not 0 to 100; take a dimmer or a switch for this idx"
            }
            Self::WrongDevice => {
                "the device of this idx is no dimmer and no switch; write the idx of one into domoticz.dimmer_idx"
            }
            Self::Retained => {
                "a retained message has no known age; switch the retain flag off in Domoticz' MQTT gateway"
            }
            // The others are faults of the JSON.
            _ => "the message of Domoticz is malformed; see which program publishes on this topic",
        }
    }
}
