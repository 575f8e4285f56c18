//! The command line of `cargo xtask faults`. What makes no sense is refused, not bent into something that does.

use anyhow::{Context as _, Result, bail};
use dimmer_faults::Campaign;

/// So many threads at most.
const MOST_THREADS: u64 = 256;
const OPTIONS: [&str; 5] = ["--runs", "--seed", "--threads", "--scenario", "--show"];

/// What is wanted.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Wanted {
    /// Random runs.
    Campaign(Campaign),
    /// One scenario, from a file with this name.
    Play(String),
    /// The run of this seed, as a scenario.
    Show(u64),
}

/// Reads the words after the program's name; `threads` is how many there are if nothing is said.
///
/// # Errors
/// What is wrong, and what would be right.
pub(crate) fn read(words: impl IntoIterator<Item = String>, threads: usize) -> Result<Wanted> {
    let mut campaign = Campaign {
        seed: 1,
        runs: 10_000,
        threads,
    };
    let (mut alone, mut given) = (None, Vec::new());
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        if !OPTIONS.contains(&word.as_str()) {
            bail!("`{word}` is not known; there are {}", OPTIONS.join(", "));
        }
        if given.contains(&word) {
            bail!("{word} is given twice");
        }
        let value = words
            .next()
            .with_context(|| format!("{word} takes a value"))?;
        let number = |least: u64, most: u64| {
            let number: Option<u64> = value.replace('_', "").parse().ok();
            number
                .filter(|number| (least..=most).contains(number))
                .with_context(|| {
                    format!("{word} takes a whole number from {least} to {most}, not `{value}`")
                })
        };
        match word.as_str() {
            // None would prove nothing.
            "--runs" => campaign.runs = number(1, u64::MAX)?,
            "--seed" => campaign.seed = number(0, u64::MAX)?,
            "--threads" => campaign.threads = usize::try_from(number(1, MOST_THREADS)?)?,
            "--show" => alone = Some(Wanted::Show(number(0, u64::MAX)?)),
            _ => alone = Some(Wanted::Play(value)),
        }
        given.push(word);
    }
    match alone {
        Some(_) if given.len() > 1 => bail!(
            "{} do not go together: --show and --scenario are each about one run, and stand alone",
            given.join(" and ")
        ),
        Some(wanted) => Ok(wanted),
        None if campaign.seed.checked_add(campaign.runs - 1).is_none() => bail!(
            "the last run's seed would be above {}: take a smaller --seed, or fewer --runs",
            u64::MAX
        ),
        None => Ok(Wanted::Campaign(campaign)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> Result<Wanted> {
        read(line.split_whitespace().map(str::to_owned), 3)
    }

    #[test]
    fn a_campaign_has_defaults_and_takes_its_numbers() {
        let usual = Campaign {
            seed: 1,
            runs: 10_000,
            threads: 3,
        };
        assert_eq!(of("").unwrap(), Wanted::Campaign(usual));
        let given = Campaign {
            seed: 7,
            runs: 1_000_000,
            threads: 256,
        };
        let line = "--threads 256 --runs 1_000_000 --seed 7";
        assert_eq!(of(line).unwrap(), Wanted::Campaign(given));
        assert_eq!(of("--show 5").unwrap(), Wanted::Show(5));
        let file = "some.toml".to_owned();
        assert_eq!(of("--scenario some.toml").unwrap(), Wanted::Play(file));
        // The very last run there is.
        assert!(of("--runs 1 --seed 18446744073709551615").is_ok());
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_what_would_be_right() {
        for (line, words) in [
            (
                "--threads 0",
                "--threads takes a whole number from 1 to 256, not `0`",
            ),
            ("--threads 257", "from 1 to 256"),
            ("--runs 0", "--runs takes a whole number from 1 to"),
            ("--runs many", "not `many`"),
            ("--seed -1", "not `-1`"),
            (
                "--seed 18446744073709551616",
                "from 0 to 18446744073709551615",
            ),
            (
                "--runs 2 --seed 18446744073709551615",
                "take a smaller --seed",
            ),
            ("--show 5 --runs 10", "--show and --runs do not go together"),
            ("--runs 10 --show 5", "--runs and --show do not go together"),
            ("--scenario some.toml --seed 5", "do not go together"),
            ("--scenario some.toml --show 5", "do not go together"),
            ("--seed 1 --seed 2", "--seed is given twice"),
            ("--seed", "--seed takes a value"),
            ("--sed 1", "`--sed` is not known; there are --runs, --seed"),
            ("10", "`10` is not known"),
        ] {
            let error = of(line).unwrap_err().to_string();
            assert!(error.contains(words), "{line}: {error}");
        }
    }
}
