//! A script as a person writes it: what would be typed, and when, in TOML.

use std::{path::Path, time::Duration};

use anyhow::{Result, anyhow, bail};
use serde::Deserialize;
use toml::Spanned;

use super::{Action, Command, Target};
use crate::configuration::{located, parse, read_text};

/// What is done at one time.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Since the program started, as in the trace.
    pub at: Duration,
    /// To whom, and what, in this order.
    pub actions: Vec<(Target, Action)>,
}

/// Steps, in the order of their times.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Script {
    /// The steps.
    pub steps: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenScript {
    #[serde(default)]
    step: Vec<Spanned<WrittenStep>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenStep {
    at_s: f64,
    #[serde(rename = "do")]
    commands: Vec<String>,
}

/// What only a scenario of `cargo xtask faults` has.
const OF_A_SCENARIO: [&str; 4] = ["about", "config", "expect", "surroundings"];

impl Script {
    /// Reads a file for a simulation of so many dimmers.
    ///
    /// # Errors
    /// In one line: where, what is wrong, and what would be right.
    pub fn read(path: &Path, dimmers: usize) -> Result<Self> {
        let text = read_text("script", path)?;
        let script = script(&text, dimmers);
        let mut steps = script.map_err(|error| located(error, Some(path)))?;
        steps.sort_by_key(|step| step.at);
        Ok(Self { steps })
    }
}

fn script(text: &str, dimmers: usize) -> Result<Vec<Step>> {
    let table = parse::<toml::Table>(text)?;
    if let Some(key) = OF_A_SCENARIO.iter().find(|key| table.contains_key(**key)) {
        bail!(
            "`{key}` is of a scenario, which `cargo xtask faults --scenario` plays; a script has [[step]] with at_s and do"
        );
    }
    let written: WrittenScript = parse(text)?;
    if written.step.is_empty() {
        bail!(
            "there is no step; write [[step]] and below it at_s = 10 and do = [\"probe unplugged\"]"
        );
    }
    let numbered = (1..).zip(written.step);
    numbered
        .map(|(number, written)| {
            let before = text.get(..written.span().start).unwrap_or(text);
            let line = 1 + before.matches('\n').count();
            step(written.get_ref(), dimmers)
                .map_err(|error| anyhow!("step {number} in line {line}: {error}"))
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
    if written.commands.is_empty() {
        bail!("nothing is done; write what would be typed, such as do = [\"probe unplugged\"]");
    }
    let actions = written.commands.iter().map(|text| action(text, dimmers));
    Ok(Step {
        at: Duration::from_secs_f64(written.at_s),
        actions: actions.collect::<Result<_>>()?,
    })
}

fn action(text: &str, dimmers: usize) -> Result<(Target, Action)> {
    match text.parse::<Command>() {
        Ok(Command::Do(target, action)) => {
            target.check(dimmers).map_err(|error| anyhow!(error))?;
            Ok((target, action))
        }
        Ok(_) => bail!("`{text}` does nothing to a dimmer; it is for whoever types"),
        Err(error) => bail!(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::PlantAction;
    use dimmer_plant::WireFault;

    fn script(text: &str) -> Result<Script> {
        let directory = tempfile::tempdir()?;
        let path = directory.path().join("script.toml");
        std::fs::write(&path, text)?;
        Script::read(&path, 2)
    }

    #[test]
    fn steps_are_sorted_by_their_time() {
        let text = "
            [[step]]
            at_s = 20.5
            do = ['probe back']
            [[step]]
            at_s = 3
            do = ['dimmer 2 probe unplugged', 'set 50', 'switch off', 'dimmer 1 alarm reset']
        ";
        let steps = script(text).unwrap().steps;
        let unplugged = Action::Plant(PlantAction::Probe(WireFault::Unplugged));
        assert_eq!(
            steps,
            [
                Step {
                    at: Duration::from_secs(3),
                    actions: vec![
                        (Target(Some(2)), unplugged),
                        (Target(None), Action::Set("50".to_owned())),
                        (Target(None), Action::Switch(false)),
                        (Target(Some(1)), Action::ResetAlarms),
                    ],
                },
                Step {
                    at: Duration::from_millis(20_500),
                    actions: vec![(Target(None), Action::Plant(PlantAction::ProbeBack))],
                }
            ]
        );
        assert!(!Target(Some(2)).includes(0) && Target(Some(2)).includes(1));
    }

    #[test]
    fn the_manuals_examples_are_scripts() {
        let manual = include_str!("../../../../docs/simulator.md");
        let examples = manual.split("```toml\n").skip(1);
        let steps = examples
            .filter(|text| text.starts_with("[[step]]"))
            .map(|text| {
                let (example, _) = text.split_once("```").unwrap();
                script(example).unwrap().steps.len()
            });
        assert_eq!(steps.collect::<Vec<_>>(), [3, 4]);
    }

    #[test]
    fn a_file_that_cannot_be_read_is_one_line_that_says_where_and_what() {
        for (text, words) in [
            ("", "there is no step"),
            (
                "[[step]]\nat_s = 1\ndo = []",
                "step 1 in line 1: nothing is done",
            ),
            (
                "\n[[step]]\nat_s = 1",
                "at line 2, column 1: missing field `do`",
            ),
            ("[[step]]\ndo = ['probe back']", "missing field `at_s`"),
            (
                "[[step]]\nat_s = -1\ndo = ['probe back']",
                "step 1 in line 1: at_s is -1",
            ),
            (
                "[[step]]\nat_s = 1\ndo = ['probe back']\n\n[[step]]\nat_s = 2\ndo = ['probe gone']",
                "step 2 in line 5: a probe is not `gone`",
            ),
            (
                "[[step]]\nat_s = 1\nprobe = 'unplugged'",
                "at line 3, column 1: unknown field `probe`, expected `at_s` or `do`",
            ),
            (
                "[[step]]\nat_s = 1\ndo = ['status']",
                "`status` does nothing to a dimmer",
            ),
            (
                "[[step]]\nat_s = 1\ndo = ['dimmer 3 mains lost']",
                "from 1 to 2",
            ),
            (
                "[[step]]\nat_s = 1\ndo = ['dimmer 0 mains lost']",
                "from 1 to 2",
            ),
            (
                "about = 'Wish 1'\n[[step]]\nat_s = 1\nprobe = 'back'",
                "`about` is of a scenario, which `cargo xtask faults --scenario` plays",
            ),
            ("[[step]\n", "at line 1"),
        ] {
            let error = format!("{:#}", script(text).unwrap_err());
            assert!(error.contains(words), "{text}: {error}");
            assert!(error.contains("script.toml"), "{error}");
            assert_eq!(error.lines().count(), 1, "{error}");
        }
    }
}
