//! JSON for people and pages: all of it or a section out, all of it or a part in.
#![expect(
    clippy::result_large_err,
    reason = "a refusal carries its sentence, and there is no allocator to box it"
)]

mod export;
mod merge;
mod refusal;
mod text;

use serde::de::IntoDeserializer;

use crate::{Config, Section, Valid};

pub use export::{Export, Secrets, SectionExport};
pub use refusal::Refusal;

use merge::{Merge, Path};
use text::Text;

/// Enough for the JSON of any section; a test holds it.
pub const JSON_CAPACITY: usize = 4096;

/// A configuration that came from JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// It is valid as a whole.
    pub config: Valid,
    /// So many passwords were `null`, and are not known either: of a broker with another host or user than before. They are empty now.
    pub forgotten_passwords: usize,
}

impl Valid {
    /// This configuration with what the JSON says: an object of sections, each an object of settings, as
    /// [`SCHEMA`](crate::SCHEMA) describes them. What is not mentioned stays. A list replaces the list. A password that is `null` stays that of the
    /// broker with the same host and user.
    ///
    /// `scratch` is to have [`JSON_CAPACITY`] bytes.
    ///
    /// # Errors
    /// [`Refusal`] says where, what is wrong and what would be right. This configuration is as it was.
    pub fn merged(&self, json: &[u8], scratch: &mut [u8]) -> Result<Imported, Refusal> {
        apply((**self).clone(), self, json, scratch)
    }

    /// The configuration that the JSON describes, as [`Config::export`] writes it: what is not mentioned has its default. A password that
    /// is `null` is that of the broker here with the same host and user.
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
    for section in Section::ALL {
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
            read(section, &mut config, Merge::new(before, value, &path))?;
        }
    }
    let forgotten_passwords = look_up_passwords(&mut config, present);
    let config = config.validate()?;
    Ok(Imported {
        config,
        forgotten_passwords,
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

fn read(section: Section, config: &mut Config, json: Merge<'_, '_>) -> Result<(), Refusal> {
    fn one<'de, Part: serde::Deserialize<'de>>(
        into: &mut Part,
        json: Merge<'de, '_>,
    ) -> Result<(), Refusal> {
        *into = Part::deserialize(json.into_deserializer())?;
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
    }
}

/// Puts the passwords that are known in the place of those that were not told, and counts those that are not. They are not given to
/// another host, which would then learn them.
fn look_up_passwords(config: &mut Config, present: &Config) -> usize {
    let mut forgotten = 0;
    for broker in &mut config.brokers {
        if !broker.password.is_withheld() {
            continue;
        }
        let mut known = present.brokers.iter();
        let known =
            known.find(|known| known.host == broker.host && known.username == broker.username);
        broker.password = known
            .map(|known| known.password.clone())
            .unwrap_or_default();
        // Without a user there is none.
        forgotten += usize::from(known.is_none() && !broker.username.is_empty());
    }
    forgotten
}

#[cfg(test)]
mod tests;
