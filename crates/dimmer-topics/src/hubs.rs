//! Hubs that know devices by a number.

mod domoticz;
mod jeedom;

pub use domoticz::{DOMOTICZ_PAYLOAD_CAPACITY, DomoticzDevice, DomoticzEcho, parse_domoticz};
pub use jeedom::JeedomValue;
