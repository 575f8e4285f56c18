//! The way out.

use serde::{
    Serialize, Serializer,
    ser::{SerializeSeq, SerializeStruct},
};

use crate::{Broker, Config, Network, Section, Wifi};

/// Whether passwords are among what is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Secrets {
    /// `null` stands in their place.
    #[default]
    LeftOut,
    /// They stand there in plain text: for a backup that its owner asked for.
    Shown,
}

/// A configuration as one JSON object, as [`Valid::imported`](crate::Valid::imported) reads it.
#[derive(Clone, Copy, Debug)]
pub struct Export<'a> {
    config: &'a Config,
    secrets: Secrets,
}

/// One section of it.
#[derive(Clone, Copy, Debug)]
pub struct SectionExport<'a> {
    whole: Export<'a>,
    section: Section,
}

impl Config {
    /// The whole, to be serialized.
    #[must_use]
    pub const fn export(&self, secrets: Secrets) -> Export<'_> {
        Export {
            config: self,
            secrets,
        }
    }

    /// One section, to be serialized.
    #[must_use]
    pub const fn export_section(&self, section: Section, secrets: Secrets) -> SectionExport<'_> {
        SectionExport {
            whole: self.export(secrets),
            section,
        }
    }
}

impl Serialize for Export<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Config", Section::ALL.len())?;
        for section in Section::ALL {
            let part = self.config.export_section(section, self.secrets);
            object.serialize_field(section.as_str(), &part)?;
        }
        object.end()
    }
}

impl Serialize for SectionExport<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let config = self.whole.config;
        match self.section {
            Section::Name => config.name.serialize(serializer),
            Section::Language => config.language.serialize(serializer),
            Section::Brokers => Brokers(self.whole).serialize(serializer),
            Section::Session => config.session.serialize(serializer),
            Section::Topics => config.topics.serialize(serializer),
            Section::Output => config.output.serialize(serializer),
            Section::Probes => config.probes.serialize(serializer),
            Section::Mains => config.mains.serialize(serializer),
            Section::Pool => config.pool.serialize(serializer),
            Section::Safety => config.safety.serialize(serializer),
            Section::Network => match self.whole.secrets {
                Secrets::LeftOut => config.network.serialize(serializer),
                Secrets::Shown => WithWifiPassword(&config.network).serialize(serializer),
            },
            Section::Security => config.security.serialize(serializer),
        }
    }
}

struct Brokers<'a>(Export<'a>);

impl Serialize for Brokers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Export { config, secrets } = self.0;
        let mut list = serializer.serialize_seq(Some(config.brokers.len()))?;
        for broker in &config.brokers {
            match secrets {
                Secrets::LeftOut => list.serialize_element(broker)?,
                Secrets::Shown => list.serialize_element(&WithPassword(broker))?,
            }
        }
        list.end()
    }
}

struct WithPassword<'a>(&'a Broker);

impl Serialize for WithPassword<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Without `..`: a new field does not compile until it is written.
        let Broker {
            host,
            port,
            username,
            password,
            client_id,
            keep_alive_s,
        } = self.0;
        let mut object = serializer.serialize_struct("Broker", 6)?;
        object.serialize_field("host", host)?;
        object.serialize_field("port", port)?;
        object.serialize_field("username", username)?;
        object.serialize_field("password", password.reveal())?;
        object.serialize_field("client_id", client_id)?;
        object.serialize_field("keep_alive_s", keep_alive_s)?;
        object.end()
    }
}

struct WithWifiPassword<'a>(&'a Network);

impl Serialize for WithWifiPassword<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // As above.
        let Network {
            hostname,
            mdns,
            address,
            time_server,
            wifi,
        } = self.0;
        let mut object = serializer.serialize_struct("Network", 5)?;
        object.serialize_field("hostname", hostname)?;
        object.serialize_field("mdns", mdns)?;
        object.serialize_field("address", address)?;
        object.serialize_field("time_server", time_server)?;
        object.serialize_field("wifi", &RevealedWifi(wifi))?;
        object.end()
    }
}

struct RevealedWifi<'a>(&'a Wifi);

impl Serialize for RevealedWifi<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Wifi { ssid, password } = self.0;
        let mut object = serializer.serialize_struct("Wifi", 2)?;
        object.serialize_field("ssid", ssid)?;
        object.serialize_field("password", password.reveal())?;
        object.end()
    }
}
