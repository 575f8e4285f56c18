//! From the command line, the environment and a file to the configuration of each dimmer.

mod file;
#[cfg(test)]
mod tests;

use std::{
    path::{Path, PathBuf},
    rc::Rc,
};

use anyhow::{Context, Result, anyhow, bail};
use dimmer_app::dimmer::{
    config::{BROKERS, Broker, Config, Valid},
    topics::{DeviceId, Qos},
};
use dimmer_app::{
    http::{SETTINGS_CAPACITY, fits_the_page},
    probe::one_wire::Choice,
};
use dimmer_house::{PoolFile, merge};
use dimmer_plant::{HouseSettings, PlantSettings, Sky};

pub(crate) use file::{located, parse, read_text};

use crate::{options::Options, store::StoreFile};
use file::{read, settings, take};

/// One dimmer to be run.
#[derive(Clone, Debug)]
pub struct Unit {
    /// Who it is.
    pub id: DeviceId,
    /// Its settings.
    pub config: Valid,
    /// Its simulated hardware.
    pub plant: PlantSettings,
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
    /// What is around them, if anything is.
    pub house: Option<HouseSettings>,
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
        let house = house(options, &mut file).map_err(in_file)?;
        let mut own: Vec<toml::Table> = take(&mut file, "dimmer")
            .map_err(in_file)?
            .unwrap_or_default();
        if let Some(path) = &options.pool {
            if !own.is_empty() {
                bail!(in_file(anyhow!(
                    "[[dimmer]] stands in it, and --pool names members, too; leave one of them out"
                )));
            }
            own = members(path, options.count)?;
        }
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
                unit(options, table, index, count, house.as_ref()).map_err(in_file)
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
        let mut speeds = units.iter().map(|unit| unit.plant.speed);
        let first = speeds.next();
        if house.is_some() && speeds.any(|speed| Some(speed) != first) {
            bail!(in_file(anyhow!(
                "plant.speed differs among the dimmers; in one house there is one time"
            )));
        }
        Ok(Self { units, house })
    }
}

/// The parts of the configuration in which the members of a table differ.
fn members(path: &Path, count: Option<usize>) -> Result<Vec<toml::Table>> {
    let pool = PoolFile::from_table(read("pool", path)?);
    let pool = pool.map_err(|error| located(error, Some(path)))?;
    Ok(pool.dimmers(count.unwrap_or(pool.members())))
}

/// The house, if the file describes one or the command line asks for one.
fn house(options: &Options, file: &mut toml::Table) -> Result<Option<HouseSettings>> {
    let written: Option<HouseSettings> = take(file, "house")?;
    let asked = options.house
        || options.house_seed.is_some()
        || options.house_sky.is_some()
        || options.house_start.is_some();
    if written.is_none() && !asked {
        return Ok(None);
    }
    let mut house = written.unwrap_or_default();
    if let Some(seed) = options.house_seed {
        house.seed = seed;
    }
    match options.house_sky.as_deref() {
        Some("cloudy") => house.sky = Sky::Cloudy,
        Some(_) => house.sky = Sky::Clear,
        None => {}
    }
    if let Some(hour) = options.house_start {
        house.start_hour = hour;
    }
    house.validate()?;
    Ok(Some(house))
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

fn unit(
    options: &Options,
    mut table: toml::Table,
    index: usize,
    count: usize,
    house: Option<&HouseSettings>,
) -> Result<Unit> {
    let mut plant = plant(options, &mut table)?;
    if let Some(house) = house {
        // One time of day for the sun and for whoever takes a shower.
        plant.tank.initial_second_of_day = house.start_hour * 3_600.0;
    }
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
    let stored = stored.filter(|loaded| loaded.has_settings());
    let of_store = if stored.is_some() { "stored " } else { "" };
    let named = table.contains_key("name") || stored.is_some();
    // The file is checked all the same.
    let in_file = settings(&table)?;
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
    } else if config.topics.follow.is_empty() && (count > 1 || house.is_some()) {
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
    match options.probe {
        Some(Choice::Any) => config.probes.water_address.clear(),
        Some(Choice::Address(address)) => {
            config.probes.water_address = fit("--probe", &address.to_string())?;
        }
        None => {}
    }
    if let Some(load) = options.load {
        config.output.rated_watts = load;
    }
    if let Some(start) = options.starts.get(index) {
        config.pool.start_centipercent = *start;
    }
    plant.load.rated_watts = f64::from(config.output.rated_watts);
    let config = config.validate()?;
    // Also of what is stored: a message, an option or a run without a page may have made it longer.
    if options.http.is_some() {
        fits_the_page(&config, &mut [0; SETTINGS_CAPACITY]).map_err(|failure| {
            let (problem, expected) = (failure.problem, failure.expected);
            anyhow!("the {of_store}configuration {problem}; expected: {expected}, or no --http")
        })?;
    }
    Ok(Unit {
        id,
        config,
        plant,
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
