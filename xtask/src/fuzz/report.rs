//! What libFuzzer printed about a target, as a row of a table and as a finding.

use super::seeds;
use crate::process::root;
use anyhow::{Context, Result};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

pub(super) const HEADING: &str =
    "target           executions   a second  coverage  corpus  findings";

/// How a target went.
pub(super) struct Row {
    pub(super) target: String,
    pub(super) executions: u64,
    per_second: u64,
    /// Edges of the program that were reached.
    coverage: u64,
    /// Inputs that reach them.
    corpus: u64,
    /// It did not end well.
    failed: bool,
    /// The input that it did not survive.
    finding: Option<PathBuf>,
    /// What it complained: the panic, or libFuzzer's own line.
    complaint: String,
    log: PathBuf,
}

impl Row {
    pub(super) fn new(target: &str, said: &str, well: bool, log: PathBuf) -> Self {
        let statistic = |name: &str| {
            let line = said.lines().rev().find_map(|line| line.strip_prefix(name));
            line.and_then(|rest| rest.trim().parse().ok()).unwrap_or(0)
        };
        let progress = |name: &str| {
            let word = said.lines().rev().find_map(|line| {
                let mut words = line.split_whitespace();
                words.find(|word| *word == name)?;
                words.next()
            });
            // The corpus is written as inputs/bytes.
            let count = word.and_then(|word| word.split('/').next());
            count.and_then(|count| count.parse().ok()).unwrap_or(0)
        };
        let finding = said
            .lines()
            .rev()
            .find_map(|line| line.split_once("Test unit written to "))
            .map(|(_, path)| path.trim().into());
        Self {
            target: target.to_owned(),
            executions: statistic("stat::number_of_executed_units:"),
            per_second: statistic("stat::average_exec_per_sec:"),
            coverage: progress("cov:"),
            corpus: progress("corp:"),
            failed: !well,
            finding,
            complaint: complaint(said),
            log,
        }
    }

    pub(super) const fn is_finding(&self) -> bool {
        self.failed
    }

    /// What was found, how to repeat it, and how to keep it.
    pub(super) fn explain(&self) -> Result<String> {
        let Self {
            target, complaint, ..
        } = self;
        let log = shown(&self.log);
        let Some(file) = &self.finding else {
            return Ok(format!(
                "{target} failed: {complaint}\n  what it printed: {log}\n"
            ));
        };
        let input = fs::read(file).with_context(|| file.display().to_string())?;
        Ok(format!(
            "finding in {target}: {complaint}\n  what it printed: {log}\n  \
             again:   cargo xtask fuzz {target} --input {}\n  \
             to keep: add this line to {}\n{}\n",
            shown(file),
            shown(&seeds::file(target)),
            seeds::line(&input),
        ))
    }
}

/// A path as one writes it at the top of the tree.
fn shown(path: &Path) -> String {
    let short = path.strip_prefix(root()).unwrap_or(path);
    short.display().to_string()
}

/// The place and the words of the panic; else what libFuzzer calls it.
fn complaint(said: &str) -> String {
    let mut lines = said.lines();
    let panicked = lines.find(|line| line.starts_with("thread ") && line.contains(" panicked at "));
    let panicked = panicked.and_then(|line| line.split_once(" panicked at "));
    if let Some((_, place)) = panicked {
        let after = ["note: ", "stack backtrace:", "=="];
        let words: Vec<&str> = lines
            .take_while(|line| !after.iter().any(|start| line.starts_with(start)))
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect();
        return format!("{place} {}", words.join(" "));
    }
    let error = said.lines().find_map(|line| line.split_once("ERROR: "));
    error.map_or_else(
        || said.lines().last().unwrap_or("it said nothing").to_owned(),
        |(_, error)| error.to_owned(),
    )
}

impl fmt::Display for Row {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            target,
            executions,
            per_second,
            coverage,
            corpus,
            ..
        } = self;
        let findings = u8::from(self.failed);
        write!(
            formatter,
            "{target:<14} {executions:>12} {per_second:>10} {coverage:>9} {corpus:>7} {findings:>9}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WELL: &str = "\
INFO: Seed: 1
#2\tINITED cov: 3 ft: 4 corp: 1/1b exec/s: 0 rss: 40Mb
#4096\tDONE   cov: 311 ft: 712 corp: 98/1200b lim: 128 exec/s: 2048 rss: 45Mb
Done 4096 runs in 2 second(s)
stat::number_of_executed_units: 4096
stat::average_exec_per_sec:     2048
stat::new_units_added:          97
";

    const BADLY: &str = "\
#77\tNEW    cov: 30 ft: 40 corp: 9/70b lim: 4 exec/s: 0 rss: 40Mb

thread '<unnamed>' (1) panicked at src/setpoint.rs:24:13:
out of range: 3
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
==1== ERROR: libFuzzer: deadly signal
artifact_prefix='/x/'; Test unit written to /x/setpoint-crash-ab
stat::number_of_executed_units: 80
stat::average_exec_per_sec:     0
";

    #[test]
    fn a_row_has_what_libfuzzer_counted() {
        let row = Row::new("setpoint", WELL, true, PathBuf::new());
        assert!(!row.is_finding() && row.finding.is_none());
        let words: Vec<_> = row
            .to_string()
            .split_whitespace()
            .map(str::to_owned)
            .collect();
        assert_eq!(words, ["setpoint", "4096", "2048", "311", "98", "0"]);
        assert_eq!(row.to_string().len(), HEADING.len());
    }

    #[test]
    fn a_finding_is_told_by_its_panic_and_its_file() {
        let row = Row::new("setpoint", BADLY, false, PathBuf::new());
        assert!(row.is_finding());
        assert_eq!(row.finding, Some(PathBuf::from("/x/setpoint-crash-ab")));
        assert_eq!(row.complaint, "src/setpoint.rs:24:13: out of range: 3");
        assert_eq!((row.executions, row.coverage, row.corpus), (80, 30, 9));
    }

    #[test]
    fn without_a_panic_it_is_told_by_libfuzzer_or_the_last_word() {
        let hangs = "==7== ERROR: libFuzzer: timeout after 10 seconds\n#1 0x0 in f\n";
        assert_eq!(complaint(hangs), "libFuzzer: timeout after 10 seconds");
        assert_eq!(complaint("no target `x`"), "no target `x`");
    }
}
