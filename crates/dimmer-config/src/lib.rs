#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

mod broker;
mod ip_address;
mod ipv4;
mod json;
mod language;
mod network;
mod output;
mod probes;
#[cfg(test)]
mod schema;
mod secret;
mod section;
mod security;
#[cfg(test)]
mod shape;
mod stored;
mod tunables;
mod validation;

pub use broker::{BROKERS, Broker, CREDENTIAL_CAPACITY, HOST_CAPACITY, Session};
pub use ip_address::IpAddress;
pub use ipv4::Ipv4;
pub use json::{Export, Forgotten, Imported, JSON_CAPACITY, Refusal, Secrets, SectionExport};
pub use language::Language;
pub use network::{
    Address, AddressSource, HOSTNAME_CAPACITY, Network, SSID_CAPACITY, WIFI_PASSWORD_CAPACITY, Wifi,
};
pub use output::{Output, TRIACS};
pub use probes::{
    PROBE_ADDRESS_LENGTH, PROBE_NAME_CAPACITY, PROBE_NAMES, ProbeAddress, ProbeName, Probes,
};
pub use secret::Secret;
pub use section::{Faults, Section};
pub use security::{Compatibility, HOSTS, Hosts, Security, is_host_name};
pub use stored::{DecodeError, ENCODED_CAPACITY, EncodeError, SECTION_CAPACITY};
pub use tunables::{TUNABLES, TUNABLES_COUNT};
pub use validation::{Invalid, Valid};

use serde::{Deserialize, Serialize};

/// The JSON Schema of a configuration, for pages and editors: every setting with its default, range, unit and an explanation in English and French.
pub const SCHEMA: &str = include_str!("../schema.json");

/// The longest name that a user may give a dimmer, bytes of UTF-8.
pub const NAME_CAPACITY: usize = 32;

/// Every setting of a dimmer, by section.
///
/// A configuration as it was written or read; only [`Config::validate`] makes it one that a dimmer
/// takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// What people call this dimmer. A label only: no topic and no identifier contains it.
    pub name: heapless::String<NAME_CAPACITY>,
    /// The language of its sentences: `en` (the default) or `fr`.
    pub language: Language,
    /// The MQTT brokers, the preferred first; none: the dimmer stays off the network.
    pub brokers: heapless::Vec<Broker, BROKERS>,
    /// How the session with them is kept.
    pub session: Session,
    /// Under which topics the dimmer speaks and listens.
    pub topics: dimmer_topics::Settings,
    /// What hangs on the output.
    pub output: Output,
    /// Which temperatures this dimmer measures itself, and with which probe.
    pub probes: Probes,
    /// The zero-cross detector, and how the triac is fired.
    pub mains: dimmer_phase::Settings,
    /// The share of a common setpoint that this dimmer takes.
    pub pool: dimmer_pool::Settings,
    /// Limits, and how old an input may be.
    pub safety: dimmer_safety::Settings,
    /// What the board is called in its network, and how it comes into it.
    pub network: Network,
    /// By which names the page may be called, and the way in for solar routers.
    pub security: Security,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            name: heapless::String::try_from("Solar dimmer").unwrap_or_default(),
            language: Language::default(),
            brokers: heapless::Vec::new(),
            session: Session::default(),
            topics: dimmer_topics::Settings::default(),
            output: Output::default(),
            probes: Probes::default(),
            mains: dimmer_phase::Settings::default(),
            pool: dimmer_pool::Settings::default(),
            safety: dimmer_safety::Settings::default(),
            network: Network::default(),
            security: Security::default(),
        }
    }
}
