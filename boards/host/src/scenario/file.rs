//! A scenario as a person writes it: a list of steps in TOML.

use std::{path::Path, time::Duration};

use anyhow::{Result, anyhow, bail};
use serde::Deserialize;

use super::{Action, Target};
use crate::configuration::{located, read, typed};

/// What is done at one time.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Since the program started, as in the trace.
    pub at: Duration,
    /// To whom.
    pub target: Target,
    /// What, in this order.
    pub actions: Vec<Action>,
}

/// Steps, in the order of their times.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scenario {
    /// The steps.
    pub steps: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenScenario {
    #[serde(default)]
    step: Vec<WrittenStep>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenStep {
    at_s: f64,
    dimmer: Option<usize>,
    probe: Option<String>,
    water_celsius: Option<f64>,
    mains: Option<String>,
}

impl Scenario {
    /// Reads a file for a simulation of so many dimmers.
    ///
    /// # Errors
    /// In one line: where, what is wrong, and what would be right.
    pub fn read(path: &Path, dimmers: usize) -> Result<Self> {
        let table = read("scenario", path)?;
        let scenario = typed(toml::Value::Table(table)).and_then(|written| steps(written, dimmers));
        let mut steps = scenario.map_err(|error| located(error, Some(path)))?;
        steps.sort_by_key(|step| step.at);
        Ok(Self { steps })
    }
}

fn steps(written: WrittenScenario, dimmers: usize) -> Result<Vec<Step>> {
    if written.step.is_empty() {
        bail!("there is no step; write [[step]] and below it at_s = 10 and probe = \"unplugged\"");
    }
    let numbered = (1..).zip(written.step);
    numbered
        .map(|(number, written)| {
            step(&written, dimmers).map_err(|error| anyhow!("step {number}: {error}"))
        })
        .collect()
}

fn step(written: &WrittenStep, dimmers: usize) -> Result<Step> {
    const YEAR_S: f64 = 31_536_000.0;
    if !(0.0..=YEAR_S).contains(&written.at_s) {
        bail!(
            "at_s is {}; it must be from 0 to {YEAR_S} seconds",
            written.at_s
        );
    }
    let target = Target(written.dimmer);
    if !(0..dimmers).any(|index| target.includes(index)) {
        bail!("dimmer must be from 1 to {dimmers}, or be left out for all");
    }
    let probe = written.probe.as_deref().map(Action::probe);
    let water = written.water_celsius.map(Action::water);
    let mains = written.mains.as_deref().map(Action::mains);
    let actions = [probe, water, mains]
        .into_iter()
        .flatten()
        .collect::<Result<Vec<_>, _>>()?;
    if actions.is_empty() {
        bail!("nothing is done; give probe, water_celsius or mains");
    }
    Ok(Step {
        at: Duration::from_secs_f64(written.at_s),
        target,
        actions,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use dimmer_plant::WireFault;

    fn scenario(text: &str) -> Result<Scenario> {
        let directory = tempfile::tempdir()?;
        let path = directory.path().join("scenario.toml");
        std::fs::write(&path, text)?;
        Scenario::read(&path, 2)
    }

    #[test]
    fn steps_are_sorted_by_their_time() {
        let text = "
            [[step]]
            at_s = 20.5
            probe = 'back'
            [[step]]
            at_s = 3
            dimmer = 2
            mains = 'lost'
            water_celsius = 55
            probe = 'unplugged'
        ";
        let steps = scenario(text).unwrap().steps;
        assert_eq!(
            steps,
            [
                Step {
                    at: Duration::from_secs(3),
                    target: Target(Some(2)),
                    actions: vec![
                        Action::Probe(WireFault::Unplugged),
                        Action::Water(55.0),
                        Action::Mains(false)
                    ],
                },
                Step {
                    at: Duration::from_millis(20_500),
                    target: Target(None),
                    actions: vec![Action::ProbeBack],
                }
            ]
        );
        assert!(!steps[0].target.includes(0) && steps[0].target.includes(1));
    }

    #[test]
    fn the_manuals_example_is_a_scenario() {
        let manual = include_str!("../../../../docs/simulator.md");
        let mut examples = manual.split("```toml\n").skip(1);
        let example = examples.find(|text| text.starts_with("[[step]]")).unwrap();
        let (example, _) = example.split_once("```").unwrap();
        assert_eq!(scenario(example).unwrap().steps.len(), 3);
    }

    #[test]
    fn a_file_that_cannot_be_read_is_one_line_that_says_where_and_what() {
        for (text, words) in [
            ("", "there is no step"),
            ("[[step]]\nat_s = 1", "step 1: nothing is done"),
            ("[[step]]\nprobe = 'back'", "missing field `at_s`"),
            ("[[step]]\nat_s = -1\nprobe = 'back'", "step 1: at_s is -1"),
            (
                "[[step]]\nat_s = 1\nprobe = 'gone'",
                "step 1: a probe is not `gone`",
            ),
            ("[[step]]\nat_s = 1\nwater = 5", "unknown field `water`"),
            (
                "[[step]]\nat_s = 1\nmains = 'lost'\ndimmer = 3",
                "from 1 to 2",
            ),
            (
                "[[step]]\nat_s = 1\nmains = 'lost'\ndimmer = 0",
                "from 1 to 2",
            ),
            ("[[step]\n", "at line 1"),
        ] {
            let error = format!("{:#}", scenario(text).unwrap_err());
            assert!(error.contains(words), "{text}: {error}");
            assert!(error.contains("scenario.toml"), "{error}");
            assert_eq!(error.lines().count(), 1, "{error}");
        }
    }
}
