//! From the command line, the environment and a file to the configuration of each dimmer.

use std::{
    path::{Path, PathBuf},
    rc::Rc,
};

use anyhow::{Context, Result, anyhow, bail};
use dimmer_app::dimmer::{
    config::{BROKERS, Broker, Config, Valid},
    topics::{DeviceId, Qos},
};
use dimmer_plant::PlantSettings;
use dimmer_store::Origin;
use serde::de::DeserializeOwned;

use crate::{options::Options, store::StoreFile};

/// One dimmer to be run.
#[derive(Clone, Debug)]
pub struct Unit {
    /// Who it is.
    pub id: DeviceId,
    /// Its settings.
    pub config: Valid,
    /// The brokers of its settings, before the command line and the simulator put others in their place: these are what is stored.
    pub own_brokers: Brokers,
    /// Its flash; nothing where nothing outlives the program.
    pub store: Option<Rc<StoreFile>>,
}

/// The brokers of a dimmer.
pub type Brokers = Vec<Broker>;

/// Everything a simulation needs to know.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// The dimmers, at least one.
    pub units: Vec<Unit>,
    /// The simulated hardware, the same for all but for the heater's rated power.
    pub plant: PlantSettings,
}

impl Configuration {
    /// Puts together what the file, the environment and the command line say; the later overrules
    /// the earlier.
    ///
    /// # Errors
    /// What was wrong, where, and what would be right.
    pub fn new(options: &Options) -> Result<Self> {
        let mut file = match &options.config {
            Some(path) => read("configuration", path)?,
            None => toml::Table::new(),
        };
        let in_file = |error| located(error, options.config.as_deref());
        let plant = plant(options, &mut file).map_err(in_file)?;
        let own: Vec<toml::Table> = take(&mut file, "dimmer")
            .map_err(in_file)?
            .unwrap_or_default();
        let count = options
            .count
            .unwrap_or(1)
            .max(own.len())
            .max(options.starts.len());
        if options.count.is_some_and(|wanted| wanted < count) {
            bail!(
                "--count is less than the {count} dimmers that --starts or the configuration file describe; leave it out"
            );
        }
        let units = (0..count)
            .map(|index| {
                let mut table = file.clone();
                if let Some(own) = own.get(index) {
                    merge(&mut table, own);
                }
                unit(options, table, index, count).map_err(in_file)
            })
            .collect::<Result<Vec<_>>>()?;
        let mut ids: Vec<_> = units.iter().map(|unit| unit.id.mac()).collect();
        ids.sort_unstable();
        if let Some([twin, _]) = ids.array_windows::<2>().find(|[one, other]| one == other) {
            bail!(in_file(anyhow!(
                "two dimmers have the id {}; give each its own",
                DeviceId::new(*twin)
            )));
        }
        Ok(Self { units, plant })
    }
}

/// Reads a file of this kind as TOML.
pub(crate) fn read(kind: &str, path: &Path) -> Result<toml::Table> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| anyhow!("the {kind} file {} cannot be read: {error}", path.display()))?;
    // The message is a picture of several lines; the first says where, the last what.
    text.parse::<toml::Table>()
        .map_err(|error| located(anyhow!("{}", one_line(&error)), Some(path)))
}

/// An error with the file in which it is.
pub(crate) fn located(error: anyhow::Error, path: Option<&Path>) -> anyhow::Error {
    match path {
        Some(path) => error.context(format!("in {}", path.display())),
        None => error,
    }
}

fn one_line(error: &toml::de::Error) -> String {
    let text = error.to_string();
    let first = text.lines().next().unwrap_or_default();
    match first.strip_prefix("TOML parse error ") {
        Some(place) => format!("{place}: {}", error.message()),
        None => error.message().to_owned(),
    }
}

/// Takes a section out of the file, if it is there.
fn take<T: DeserializeOwned>(table: &mut toml::Table, section: &str) -> Result<Option<T>> {
    let value = table.remove(section);
    value
        .map(|value| typed(value).map_err(|error| anyhow!("{section}.{error}")))
        .transpose()
}

/// Reads a value as what it is to be; a refusal begins with the path of the setting.
pub(crate) fn typed<T: DeserializeOwned>(value: toml::Value) -> Result<T> {
    serde_path_to_error::deserialize(value)
        .map_err(|error| anyhow!("{}: {}", error.path(), one_line(error.inner())))
}

/// The simulated hardware. Water starts at 40 °C where the file does not say otherwise: warm enough to be a tank, cold enough to
/// be heated.
fn plant(options: &Options, file: &mut toml::Table) -> Result<PlantSettings> {
    let starts_at = |table: &toml::Table| {
        table
            .get("tank")
            .is_some_and(|tank| tank.get("initial_celsius").is_some())
    };
    let has_start =
        matches!(file.get("plant"), Some(toml::Value::Table(table)) if starts_at(table));
    let mut plant: PlantSettings = take(file, "plant")?.unwrap_or_default();
    if let Some(celsius) = options.water.or((!has_start).then_some(40.0)) {
        plant.tank.initial_celsius = celsius;
    }
    if let Some(frequency) = &options.mains {
        plant.mains.frequency_hz = frequency.parse().context("--mains")?;
    }
    if let Some(speed) = options.speed {
        plant.speed = speed;
    }
    plant.validate()?;
    Ok(plant)
}

/// Lays `own` over `common`, section by section.
fn merge(common: &mut toml::Table, own: &toml::Table) {
    for (key, value) in own {
        match (common.get_mut(key), value) {
            (Some(toml::Value::Table(common)), toml::Value::Table(own)) => merge(common, own),
            _ => {
                common.insert(key.clone(), value.clone());
            }
        }
    }
}

fn unit(options: &Options, mut table: toml::Table, index: usize, count: usize) -> Result<Unit> {
    let id = match table.remove("id") {
        Some(toml::Value::String(id)) => id.parse().with_context(|| format!("id {id:?}"))?,
        Some(_) => {
            bail!("id is not a text; expected: 12 hex digits in quotes, such as \"a1b2c3d4e5f6\"")
        }
        None => nth_id(options.id, index),
    };
    let store = match &options.store {
        Some(path) => Some(Rc::new(StoreFile::open(&store_path(path, id, count))?)),
        None => None,
    };
    let stored = store.as_ref().map(|store| store.loaded());
    let stored = stored.filter(|loaded| loaded.origin != Origin::Nothing);
    let named = table.contains_key("name") || stored.is_some();
    // The file is checked all the same.
    let in_file: Config = typed(toml::Value::Table(table))?;
    let mut config = match stored {
        Some(loaded) => loaded.config.clone().into_inner(),
        None => in_file,
    };
    if !named {
        config.name = fit(
            "name",
            &if count == 1 {
                "Solar dimmer".to_owned()
            } else {
                format!("Solar dimmer {}", index + 1)
            },
        )?;
    }
    let own_brokers = config.brokers.to_vec();
    brokers(options, &mut config)?;
    if let Some(prefix) = &options.topic_prefix {
        config.topics.prefix = fit("--topic-prefix", prefix)?;
    }
    if let Some(follow) = &options.follow {
        config.topics.follow = fit("--follow", follow)?;
    } else if config.topics.follow.is_empty() && count > 1 {
        config.topics.follow = fit(
            "--topic-prefix",
            &format!("{}/all/power/set", config.topics.prefix),
        )?;
    }
    match options.qos {
        Some(0) => config.topics.qos = Qos::AtMostOnce,
        Some(1) => config.topics.qos = Qos::AtLeastOnce,
        Some(_) => config.topics.qos = Qos::ExactlyOnce,
        None => {}
    }
    if let Some(retain) = options.retain {
        config.topics.retain = retain;
    }
    if let Some(load) = options.load {
        config.output.rated_watts = load;
    }
    if let Some(start) = options.starts.get(index) {
        config.pool.start_centipercent = *start;
    }
    Ok(Unit {
        id,
        config: config.validate()?,
        own_brokers,
        store,
    })
}

/// The flash of one dimmer: the file that was named, with the id of the dimmer if there are several.
fn store_path(path: &Path, id: DeviceId, count: usize) -> PathBuf {
    if count == 1 {
        return path.to_owned();
    }
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{id}"));
    name.into()
}

/// The brokers that the command line and the environment name take the place of those in the file. Each keeps the other settings of
/// the one whose place it takes.
fn brokers(options: &Options, config: &mut Config) -> Result<()> {
    if let Some(host) = &options.mqtt_host {
        let port = options.mqtt_port.unwrap_or(1883);
        replace(config, "MQTT_HOST", &[(host, port)])?;
    } else if let (Some(port), Some(first)) = (options.mqtt_port, config.brokers.first_mut()) {
        first.port = port;
    }
    let named: Vec<_> = options
        .brokers
        .iter()
        .map(|broker| (broker.host.as_str(), broker.port))
        .collect();
    if !named.is_empty() {
        replace(config, "--broker", &named)?;
    }
    if options.listen.is_some() {
        config.brokers.clear();
    }
    for broker in &mut config.brokers {
        if let Some(username) = &options.username {
            broker.username = fit("--username", username)?;
        }
        if let Some(password) = &options.password {
            broker.password = fit("--password", password)?.into();
        }
    }
    Ok(())
}

fn replace<Host: AsRef<str>>(
    config: &mut Config,
    what: &str,
    brokers: &[(Host, u16)],
) -> Result<()> {
    config.brokers.truncate(brokers.len());
    for (place, (host, port)) in brokers.iter().enumerate() {
        if place == config.brokers.len() && config.brokers.push(Broker::default()).is_err() {
            bail!("{what} names more than {BROKERS} brokers");
        }
        if let Some(broker) = config.brokers.get_mut(place) {
            broker.host = fit(what, host.as_ref())?;
            broker.port = *port;
        }
    }
    Ok(())
}

/// A text as a setting, if it is short enough.
fn fit<const CAPACITY: usize>(what: &str, text: &str) -> Result<dimmer_app::link::Text<CAPACITY>> {
    dimmer_app::link::Text::try_from(text)
        .map_err(|_| anyhow!("{what} is longer than {CAPACITY} bytes"))
}

/// The id `index` places after `first`; after the last one it goes on with the first.
fn nth_id(first: DeviceId, index: usize) -> DeviceId {
    let number = first
        .mac()
        .iter()
        .fold(0u64, |number, byte| number << 8 | u64::from(*byte));
    let number = number.wrapping_add(u64::try_from(index).unwrap_or(0));
    let [_, _, mac @ ..] = number.to_be_bytes();
    DeviceId::new(mac)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    fn configuration(file: &str, arguments: &[&str]) -> Result<Configuration> {
        let directory = tempfile::tempdir()?;
        let path = directory.path().join("sim.toml");
        std::fs::write(&path, file)?;
        let config = ["sim", "--config", path.to_str().unwrap()];
        Configuration::new(&Options::try_parse_from(config.iter().chain(arguments))?)
    }

    fn refusal(file: &str, arguments: &[&str]) -> String {
        let message = format!("{:#}", configuration(file, arguments).unwrap_err());
        assert_eq!(message.lines().count(), 1, "one clear line: {message}");
        message
    }

    #[test]
    fn the_customers_two_dimmers_need_one_option() {
        let units = configuration("", &["--starts", "0,50"]).unwrap().units;
        let starts: Vec<_> = units
            .iter()
            .map(|unit| unit.config.pool.start_centipercent)
            .collect();
        assert_eq!(starts, [0, 5_000]);
        assert!(
            units
                .iter()
                .all(|unit| unit.config.topics.follow == "solar-dimmer/all/power/set")
        );
        let ids: Vec<_> = units.iter().map(|unit| unit.id.to_string()).collect();
        assert_eq!(ids, ["020000000001", "020000000002"]);
    }

    #[test]
    fn a_file_describes_what_is_common_and_what_differs() {
        let file = "
            [topics]
            follow = 'router/power'
            [output]
            rated_watts = 1500
            [plant]
            tank.litres = 100.0
            [[dimmer]]
            name = 'Cellar'
            id = 'A1B2C3D4E5F6'
            [[dimmer]]
            pool.start_centipercent = 5000
            output.rated_watts = 3000
        ";
        let configuration = configuration(file, &[]).unwrap();
        let [cellar, second] = &configuration.units[..] else {
            panic!("two dimmers")
        };
        assert_eq!(
            (cellar.config.name.as_str(), cellar.id.to_string().as_str()),
            ("Cellar", "a1b2c3d4e5f6")
        );
        assert_eq!(
            (
                cellar.config.output.rated_watts,
                second.config.output.rated_watts
            ),
            (1_500, 3_000)
        );
        assert_eq!(
            (
                cellar.config.pool.start_centipercent,
                second.config.pool.start_centipercent
            ),
            (0, 5_000)
        );
        assert_eq!(second.config.topics.follow, "router/power");
        assert!((configuration.plant.tank.litres - 100.0).abs() < 1e-9);
    }

    #[test]
    fn the_command_line_overrules_the_file() {
        let file = "[output]\nrated_watts = 1500\n[[brokers]]\nhost = 'in.file'\nport = 1\nkeep_alive_s = 60\n[[brokers]]\nhost = 'other'";
        let units = configuration(file, &["--broker", "on.line:2", "--load", "900"])
            .unwrap()
            .units;
        let [broker] = &units[0].config.brokers[..] else {
            panic!("one broker")
        };
        assert_eq!(
            (
                broker.host.as_str(),
                broker.port,
                broker.keep_alive_s,
                units[0].config.output.rated_watts
            ),
            ("on.line", 2, 60, 900)
        );
    }

    #[test]
    fn several_brokers_come_from_the_file_or_from_the_command_line_with_one_user_for_all() {
        let hosts = |configuration: Configuration| -> Vec<String> {
            let brokers = configuration.units[0].config.brokers.iter();
            brokers
                .map(|broker| format!("{}@{}:{}", broker.username, broker.host, broker.port))
                .collect()
        };
        let file = "[[brokers]]\nhost = 'first'\n[[brokers]]\nhost = 'second'\nport = 1884";
        let of_file = configuration(file, &["--username", "me"]).unwrap();
        assert_eq!(hosts(of_file), ["me@first:1883", "me@second:1884"]);
        let twice = ["--broker", "a", "--broker", "b:2"];
        assert_eq!(
            hosts(configuration("", &twice).unwrap()),
            ["@a:1883", "@b:2"]
        );
        let five = ["--broker", "a"].repeat(5);
        assert!(refusal("", &five).contains("more than 4 brokers"));
        assert!(
            refusal("[[brokers]]\nhost = 'a'\n[[brokers]]\nport = 1", &[])
                .contains("brokers[1].host is empty")
        );
    }

    #[test]
    fn a_bad_file_is_one_line_that_says_where_and_what() {
        assert!(refusal("[pool\n", &[]).contains("sim.toml: at line 1"));
        assert!(refusal("[pool]\nstrat = 5", &[]).contains("unknown field `strat`"));
        assert!(
            refusal("[output]\nrated_watts = 'much'", &[])
                .contains("output.rated_watts: invalid type")
        );
        assert!(
            refusal("[output]\nrated_watts = 0", &[])
                .contains("output.rated_watts is outside 1 to 20000 W")
        );
        assert!(
            refusal("[plant]\nlitre = 1.0", &[]).contains("plant.litre: unknown field `litre`")
        );
        assert!(
            refusal("[topics.temperature.water]\ntopic = 'home/tank'", &[]).contains(
                "probes.water is true, and topics.temperature.water names a topic; expected: one source for a temperature"
            )
        );
        assert!(refusal("language = 'de'", &[]).contains("expected `en` or `fr`"));
        assert!(refusal("[[dimmer]]\nid = 'xyz'", &[]).contains("id \"xyz\""));
        assert!(
            refusal("[[dimmer]]\n[[dimmer]]", &["--count", "1"])
                .contains("--count is less than the 2 dimmers")
        );
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let options = Options::try_parse_from(["sim", "--config", "nowhere.toml"]).unwrap();
        let message = format!("{:#}", Configuration::new(&options).unwrap_err());
        assert!(message.contains("nowhere.toml cannot be read"), "{message}");
    }
}
