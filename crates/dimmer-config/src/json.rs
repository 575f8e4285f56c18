//! JSON for people and pages: all of it or a section out, all of it or a part in.
#![expect(
    clippy::result_large_err,
    reason = "a refusal carries its sentence, and there is no allocator to box it"
)]

mod export;
mod merge;
mod refusal;
mod text;

use core::{cell::Cell, fmt};

use crate::{Config, Section, Valid};

pub use export::{Export, Secrets, SectionExport};
pub use refusal::Refusal;

use merge::{Merge, Path};
use refusal::Fault;
use text::Text;

/// Enough for the JSON of any section; a test holds it.
pub const JSON_CAPACITY: usize = 4096;

/// A configuration that came from JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// It is valid as a whole.
    pub config: Valid,
    /// So many passwords were `null`, and are not known either: of a broker with another host or user than before, or of another Wi-Fi
    /// network. They are empty now.
    pub forgotten_passwords: usize,
    /// The first of them.
    pub first_forgotten: Option<Forgotten>,
}

/// A password that was not told, and is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forgotten {
    /// Of the broker at this place of the list, from 0.
    Broker(usize),
    /// Of the Wi-Fi network.
    Wifi,
}

/// The path of the setting.
impl fmt::Display for Forgotten {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broker(place) => write!(formatter, "brokers[{place}].password"),
            Self::Wifi => formatter.write_str("network.wifi.password"),
        }
    }
}

impl Valid {
    /// This configuration with what the JSON says: an object of sections, each an object of settings, as
    /// [`SCHEMA`](crate::SCHEMA) describes them. What is not mentioned stays. A list replaces the list. A password that is `null` stays that of the
    /// broker with the same host, port and user (with another port only if that host and user stand there once), or of the Wi-Fi network of
    /// that name.
    ///
    /// `scratch` is to have [`JSON_CAPACITY`] bytes.
    ///
    /// # Errors
    /// [`Refusal`] says where, what is wrong and what would be right. This configuration is as it was.
    pub fn merged(&self, json: &[u8], scratch: &mut [u8]) -> Result<Imported, Refusal> {
        apply((**self).clone(), self, json, scratch)
    }

    /// The configuration that the JSON describes, as [`Config::export`] writes it: what is not mentioned has its default. A password that
    /// is `null` is looked up here as by [`merged`](Self::merged).
    ///
    /// `scratch` is to have [`JSON_CAPACITY`] bytes.
    ///
    /// # Errors
    /// As [`merged`](Self::merged).
    pub fn imported(&self, json: &[u8], scratch: &mut [u8]) -> Result<Imported, Refusal> {
        apply(Config::default(), self, json, scratch)
    }
}

fn apply(
    mut config: Config,
    present: &Config,
    json: &[u8],
    scratch: &mut [u8],
) -> Result<Imported, Refusal> {
    let whole = Text::whole(json)?;
    let path = Path::ROOT;
    whole.check_keys(&path, &NAMES)?;
    let mut beyond = None;
    for section in Section::ALL {
        let told = Cell::new(None);
        if let Some(value) = whole.member(section.as_str()) {
            let export = config.export_section(section, Secrets::LeftOut);
            let length = serde_json_core::to_slice(&export, scratch).map_err(|_| {
                Refusal::new(
                    &Path::ROOT,
                    format_args!("cannot be read: the buffer is too small"),
                    format_args!("{JSON_CAPACITY} bytes of scratch"),
                )
            })?;
            let before = Text::trusted(scratch.get(..length).unwrap_or_default());
            let path = Path::below(&path, section.as_str());
            read(
                section,
                &mut config,
                Merge::new(before, value, &path, &told),
            )
            .map_err(|_| told.take().unwrap_or_else(Refusal::unexplained).at(&path))?;
        }
        beyond = beyond.or(told.take());
    }
    let (forgotten_passwords, first_forgotten) = look_up_passwords(&mut config, present);
    // Not `validate`, whose result would be one more copy on the stack.
    let checked = config.check();
    // What the section says of a number says more than the range of its type.
    if let Some(beyond) = beyond
        && !checked.is_err_and(|invalid| beyond.is_at(&invalid))
    {
        return Err(beyond);
    }
    checked?;
    Ok(Imported {
        config: Valid::of_checked(config),
        forgotten_passwords,
        first_forgotten,
    })
}

/// The names of the sections, in their order.
const NAMES: [&str; Section::ALL.len()] = {
    let mut names = [""; Section::ALL.len()];
    let mut place = 0;
    while place < names.len() {
        #[expect(clippy::indexing_slicing, reason = "computed by the compiler")]
        {
            names[place] = Section::ALL[place].as_str();
        }
        place += 1;
    }
    names
};

fn read(section: Section, config: &mut Config, json: Merge<'_, '_>) -> Result<(), Fault> {
    // Each part by itself: the stack is to have room for the largest, and not for the sum of all.
    #[inline(never)]
    fn one<'de, Part: serde::Deserialize<'de>>(
        into: &mut Part,
        json: Merge<'de, '_>,
    ) -> Result<(), Fault> {
        *into = Part::deserialize(json)?;
        Ok(())
    }
    match section {
        Section::Name => one(&mut config.name, json),
        Section::Language => one(&mut config.language, json),
        Section::Brokers => one(&mut config.brokers, json),
        Section::Session => one(&mut config.session, json),
        Section::Topics => one(&mut config.topics, json),
        Section::Output => one(&mut config.output, json),
        Section::Probes => one(&mut config.probes, json),
        Section::Mains => one(&mut config.mains, json),
        Section::Pool => one(&mut config.pool, json),
        Section::Safety => one(&mut config.safety, json),
        Section::Network => one(&mut config.network, json),
        Section::Security => one(&mut config.security, json),
    }
}

/// Puts the passwords that are known in the place of those that were not told, and counts those that are not. They are not given to
/// another host, which would then learn them.
fn look_up_passwords(config: &mut Config, present: &Config) -> (usize, Option<Forgotten>) {
    let (mut count, mut first) = (0, None);
    let mut forget = |what| {
        count += 1;
        first.get_or_insert(what);
    };
    let told = config.brokers.clone();
    for (place, broker) in config.brokers.iter_mut().enumerate() {
        if !broker.password.is_withheld() {
            continue;
        }
        let is_of_the_user = |known: &&crate::Broker| {
            known.is_at_the_host_of(broker) && known.username == broker.username
        };
        let mut present = present.brokers.iter().filter(is_of_the_user);
        // Another port may be another broker: its password is meant only where there is no other, neither before nor now.
        let is_alone =
            told.iter().filter(is_of_the_user).count() == 1 && present.clone().count() == 1;
        let same = present.clone().find(|known| known.port == broker.port);
        let known = same.or_else(|| present.next().filter(|_| is_alone));
        broker.password = known
            .map(|known| known.password.clone())
            .unwrap_or_default();
        // Without a user there is none.
        if known.is_none() && !broker.username.is_empty() {
            forget(Forgotten::Broker(place));
        }
    }
    let (wifi, known) = (&mut config.network.wifi, &present.network.wifi);
    if wifi.password.is_withheld() {
        let is_same = wifi.ssid == known.ssid;
        wifi.password = if is_same {
            known.password.clone()
        } else {
            crate::Secret::new()
        };
        if !is_same && !wifi.ssid.is_empty() {
            forget(Forgotten::Wifi);
        }
    }
    (count, first)
}

#[cfg(test)]
mod tests;
