//! The table of members: who shares one setpoint, in a file that people write.

use anyhow::{Result, anyhow, bail};
use serde::Deserialize;
use toml::{Table, Value};

/// A table of members as it is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    /// As in the configuration, for all members.
    #[serde(default)]
    pool: Table,
    member: Vec<WrittenMember>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenMember {
    name: String,
    id: Option<String>,
    rated_watts: u32,
    litres: Option<f64>,
    water_celsius: Option<f64>,
    #[serde(default)]
    pool: Table,
}

/// A table of members, each as the part of a configuration in which it differs from the others.
///
/// ```toml
/// [pool]                    # for all, as in the configuration
///
/// [[member]]
/// name = "Cellar"
/// rated_watts = 2000
/// litres = 200              # of its tank, and how warm its water is at the start
/// water_celsius = 30
/// pool.start_centipercent = 0
/// ```
#[derive(Clone, Debug)]
pub struct PoolFile(Vec<Table>);

impl PoolFile {
    /// Reads it.
    ///
    /// # Errors
    /// Where something is wrong, and what.
    pub fn read(text: &str) -> Result<Self> {
        Self::from_table(text.parse().map_err(|error| anyhow!("{error}"))?)
    }

    /// The same from a file that was parsed.
    ///
    /// # Errors
    /// As [`read`](Self::read), in one line.
    pub fn from_table(table: Table) -> Result<Self> {
        Self::new(typed("", table.into())?)
    }

    fn new(written: Written) -> Result<Self> {
        if written.member.is_empty() {
            bail!("no [[member]] stands in it; expected: at least one");
        }
        let common = written.pool;
        let members = written.member.into_iter();
        Ok(Self(members.map(|member| part(member, &common)).collect()))
    }

    /// How many members it names.
    #[must_use]
    pub fn members(&self) -> usize {
        self.0.len()
    }

    /// So many parts of a configuration: `name`, `id`, `output`, `pool` and `plant`. More than there are members begin with the first
    /// again, without its id and with a number behind its name.
    #[must_use]
    pub fn dimmers(&self, count: usize) -> Vec<Table> {
        let numbered = self.0.iter().cycle().take(count).enumerate();
        numbered
            .map(|(index, member)| {
                let mut member = member.clone();
                let round = index / self.0.len();
                if round > 0 {
                    member.remove("id");
                    if let Some(Value::String(name)) = member.get_mut("name") {
                        *name = format!("{name} {}", round + 1);
                    }
                }
                member
            })
            .collect()
    }
}

fn part(member: WrittenMember, common: &Table) -> Table {
    let mut part = Table::new();
    part.insert("name".to_owned(), member.name.into());
    if let Some(id) = member.id {
        part.insert("id".to_owned(), id.into());
    }
    let output = [(
        "rated_watts".to_owned(),
        i64::from(member.rated_watts).into(),
    )];
    part.insert("output".to_owned(), Table::from_iter(output).into());
    let mut pool = common.clone();
    merge(&mut pool, &member.pool);
    part.insert("pool".to_owned(), pool.into());
    let tank = [
        ("litres", member.litres),
        ("initial_celsius", member.water_celsius),
    ];
    let tank: Table = tank
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), value?.into())))
        .collect();
    let plant = [("tank".to_owned(), tank.into())];
    part.insert("plant".to_owned(), Table::from_iter(plant).into());
    part
}

/// Lays `own` over `common`, section by section.
pub fn merge(common: &mut Table, own: &Table) {
    for (key, value) in own {
        match (common.get_mut(key), value) {
            (Some(Value::Table(common)), Value::Table(own)) => merge(common, own),
            _ => {
                common.insert(key.clone(), value.clone());
            }
        }
    }
}

/// Reads a part of a configuration as what it is to be; a refusal is one line that begins with the place of the setting.
pub(crate) fn typed<T: serde::de::DeserializeOwned>(section: &str, value: Value) -> Result<T> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let dot = if section.is_empty() { "" } else { "." };
        anyhow!(
            "{section}{dot}{}: {}",
            error.path(),
            error.inner().message()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = "
        [pool]
        start_hysteresis_centipercent = 100
        [[member]]
        name = 'Cellar'
        id = 'a1b2c3d4e5f6'
        rated_watts = 2000
        litres = 200.0
        [[member]]
        name = 'Attic'
        rated_watts = 1500
        water_celsius = 30
        pool.start_centipercent = 5000
    ";

    #[test]
    fn a_table_of_members_is_a_part_of_a_configuration_for_each() {
        let file = PoolFile::read(TWO).unwrap();
        assert_eq!(file.members(), 2);
        let dimmers = file.dimmers(3);
        let [cellar, attic, again] = &dimmers[..] else {
            panic!("three")
        };
        assert_eq!(cellar["output"]["rated_watts"].as_integer(), Some(2_000));
        assert_eq!(cellar["plant"]["tank"]["litres"].as_float(), Some(200.0));
        assert_eq!(cellar["id"].as_str(), Some("a1b2c3d4e5f6"));
        assert!(cellar["plant"]["tank"].get("initial_celsius").is_none());
        assert_eq!(
            attic["plant"]["tank"]["initial_celsius"].as_float(),
            Some(30.0)
        );
        assert_eq!(
            attic["pool"]["start_centipercent"].as_integer(),
            Some(5_000)
        );
        assert_eq!(
            attic["pool"]["start_hysteresis_centipercent"].as_integer(),
            Some(100)
        );
        assert_eq!(again["name"].as_str(), Some("Cellar 2"));
        assert!(again.get("id").is_none());
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, words) in [
            ("", "missing field `member`"),
            ("member = []", "no [[member]]"),
            (
                "[[member]]\nname = 'A'",
                "member[0]: missing field `rated_watts`",
            ),
            (
                "[[member]]\nname = 'A'\nrated_watts = 1\nliters = 5",
                "liters",
            ),
        ] {
            let error = PoolFile::read(text).unwrap_err().to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
