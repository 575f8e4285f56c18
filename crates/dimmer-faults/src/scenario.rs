//! A run as a person can read and write it.

use crate::action::Action;
use anyhow::{Context, Result, anyhow, ensure};
use dimmer::config::Config;
use serde::{Deserialize, Serialize};
use toml::{Spanned, Table, Value};

/// How exactly the firing path and the mains are simulated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Firing {
    /// The real scheduler on the simulated plant, half-cycle by half-cycle.
    #[default]
    Plant,
    /// Levels only: what is ordered is fed while the mains is followed and the order holds.
    Levels,
}

/// What surrounds the dimmer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Surroundings {
    /// For what is left to chance: noise.
    pub seed: u64,
    /// How long it runs, in milliseconds.
    pub duration_ms: u64,
    /// How the firing path is simulated.
    pub firing: Firing,
    /// From reading to reading of each probe, in milliseconds.
    pub probe_every_ms: u64,
    /// From message to message of the router, in milliseconds.
    pub router_every_ms: u64,
    /// How often the control loop looks at what the firing path reports, in milliseconds.
    pub look_every_ms: u64,
    /// How long a message waits for the session, in milliseconds.
    pub session_delay_ms: u64,
    /// The water at the start, in millicelsius.
    pub water_millicelsius: i32,
    /// How fast the water warms at full power, in millicelsius per second.
    pub warming_millicelsius_per_s: u32,
}

impl Default for Surroundings {
    fn default() -> Self {
        Self {
            seed: 0,
            duration_ms: 20_000,
            firing: Firing::Plant,
            probe_every_ms: 2_000,
            router_every_ms: 1_000,
            look_every_ms: 100,
            session_delay_ms: 20,
            water_millicelsius: 40_000,
            warming_millicelsius_per_s: 10,
        }
    }
}

/// Something that is done at one time.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Milliseconds from the start.
    pub at_ms: u64,
    /// What.
    pub action: Action,
}

/// What must be seen, at one time or all the time between two.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// Seconds from the start.
    pub at_s: f64,
    /// Until then it must stay so.
    pub until_s: Option<f64>,
    /// The reason.
    pub reason: Option<String>,
    /// Whether there is power: `on` or `off`, as the firing path feeds it.
    pub power: Option<String>,
    /// No more power than this, percent.
    pub maximum_percent: Option<f64>,
    /// A warning that stands; empty: none does.
    pub warning: Option<String>,
    /// A critical alarm that stands; empty: none does.
    pub critical: Option<String>,
    /// What stands on a topic of this dimmer.
    #[serde(default)]
    pub published: std::collections::BTreeMap<String, String>,
}

/// A run: what there is, what is done, and what must be seen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scenario {
    /// What it shows, for people.
    pub about: String,
    /// The dimmer's configuration.
    pub config: Config,
    /// What surrounds the dimmer.
    pub surroundings: Surroundings,
    /// What is done, in the order of time.
    pub steps: Vec<Step>,
    /// What must be seen besides the invariants.
    pub expectations: Vec<Expectation>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    about: String,
    #[serde(default)]
    config: Config,
    #[serde(default)]
    surroundings: Surroundings,
    #[serde(default)]
    step: Vec<Spanned<Table>>,
    #[serde(default)]
    expect: Vec<Spanned<Expectation>>,
}

/// The line in which something begins, for people.
fn line_of<T>(text: &str, spanned: &Spanned<T>) -> usize {
    let before = text.get(..spanned.span().start).unwrap_or(text);
    1 + before.matches('\n').count()
}

impl Scenario {
    /// Reads a scenario.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub fn read(text: &str) -> Result<Self> {
        let written: Written = toml::from_str(text)?;
        let end_ms = written.surroundings.duration_ms;
        let mut steps = Vec::new();
        for (number, table) in (1..).zip(&written.step) {
            let line = line_of(text, table);
            let within = || format!("step {number} in line {line}");
            let read = read_step(table.get_ref(), end_ms).with_context(within)?;
            steps.extend(read);
        }
        for (number, expected) in (1..).zip(&written.expect) {
            let line = line_of(text, expected);
            check_expectation(expected.get_ref(), end_ms)
                .with_context(|| format!("expect {number} in line {line}"))?;
        }
        steps.sort_by_key(|step| step.at_ms);
        let scenario = Self {
            about: written.about,
            config: written.config,
            surroundings: written.surroundings,
            steps,
            expectations: written
                .expect
                .into_iter()
                .map(Spanned::into_inner)
                .collect(),
        };
        scenario
            .config
            .clone()
            .validate()
            .map_err(|invalid| anyhow!("config.{invalid}"))?;
        let Surroundings {
            probe_every_ms,
            router_every_ms,
            look_every_ms,
            ..
        } = scenario.surroundings;
        ensure!(
            probe_every_ms > 0 && router_every_ms > 0 && look_every_ms > 0,
            "surroundings: a time between two is at least 1 ms"
        );
        Ok(scenario)
    }

    /// Writes it so that [`read`](Self::read) gives the same. What is as it comes is left out; so are expectations.
    #[must_use]
    pub fn write(&self) -> String {
        let mut top = Table::new();
        top.insert("about".to_owned(), Value::String(self.about.clone()));
        let table = |of: Result<Value, _>| of.unwrap_or(Value::Table(Table::new()));
        let config = difference(
            &table(Value::try_from(&self.config)),
            &table(Value::try_from(Config::default())),
        );
        let surroundings = difference(
            &table(Value::try_from(&self.surroundings)),
            &table(Value::try_from(Surroundings::default())),
        );
        top.extend(config.map(|value| ("config".to_owned(), value)));
        top.extend(surroundings.map(|value| ("surroundings".to_owned(), value)));
        let mut text = top.to_string();
        for step in &self.steps {
            let (key, value) = step.action.written();
            text += &format!(
                "\n[[step]]\nat_s = {:?}\n{key} = {value}\n",
                step.at_ms as f64 / 1_000.0
            );
        }
        text
    }
}

/// What a step does. What nobody would look at proves nothing.
fn read_step(table: &Table, end_ms: u64) -> Result<Vec<Step>> {
    const WHEN: &str = "write when, in seconds from 0 to 86400, such as at_s = 2.5";
    let at_s = table
        .get("at_s")
        .with_context(|| format!("there is no at_s; {WHEN}"))?;
    let at_s = at_s
        .as_float()
        .or(at_s.as_integer().map(|whole| whole as f64))
        .filter(|at_s| (0.0..=86_400.0).contains(at_s))
        .with_context(|| format!("at_s is {at_s}; {WHEN}"))?;
    let at_ms = milliseconds(at_s);
    ensure!(
        at_ms <= end_ms,
        "it is at {at_ms} ms, after the end: make surroundings.duration_ms, which is {end_ms}, larger"
    );
    ensure!(
        table.len() > 1,
        "nothing is done; write what, such as probe = \"unplugged\""
    );
    let actions = table.iter().filter(|(key, _)| *key != "at_s");
    actions
        .map(|(key, value)| {
            let action = Action::read(key, value)?;
            Ok(Step { at_ms, action })
        })
        .collect()
}

fn check_expectation(expected: &Expectation, end_ms: u64) -> Result<()> {
    let until_s = expected.until_s.unwrap_or(expected.at_s);
    ensure!(
        until_s >= expected.at_s,
        "until_s is before at_s; leave it out for one moment"
    );
    ensure!(
        milliseconds(until_s) <= end_ms,
        "it looks at {until_s} s, after the end: make surroundings.duration_ms, which is {end_ms}, larger"
    );
    Ok(())
}

/// A configuration with some of its settings changed, by section.
pub(crate) fn with_settings(config: &Config, changes: &Table) -> Result<Config> {
    let mut table = Table::try_from(config)?;
    for (section, changes) in changes {
        let changes = changes
            .as_table()
            .with_context(|| format!("settings.{section} takes a table"))?;
        let section = table
            .entry(section.clone())
            .or_insert_with(|| Value::Table(Table::new()));
        if let Some(section) = section.as_table_mut() {
            section.extend(changes.clone());
        }
    }
    let config: Config = table.try_into()?;
    let valid = config
        .validate()
        .map_err(|error| anyhow!("settings: {error}"))?;
    Ok(valid.into_inner())
}

/// What of the one is not as in the other.
fn difference(of: &Value, from: &Value) -> Option<Value> {
    match (of, from) {
        (Value::Table(of), Value::Table(from)) => {
            let table: Table = of
                .iter()
                .filter_map(|(key, value)| {
                    let different = match from.get(key) {
                        Some(other) => difference(value, other),
                        None => Some(value.clone()),
                    };
                    Some((key.clone(), different?))
                })
                .collect();
            (!table.is_empty()).then_some(Value::Table(table))
        }
        _ => (of != from).then(|| of.clone()),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "at most a day, as checked before"
)]
fn milliseconds(seconds: f64) -> u64 {
    (seconds * 1_000.0).round() as u64
}
