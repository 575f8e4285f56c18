//! The command line.

use crate::scenario::SCENARIOS;

pub(crate) const HELP: &str = "\
cargo bench -p dimmer-phase --bench phase -- [OPTIONS]

  --seeds N        seeds of each scenario and level (50)
  --other-seeds N  seeds for the methods of others (4)
  --starts N       cold starts of each scenario (1000)
  --mixtures N     half-cycles of random mixtures (10000000)
  --first-seed N   the first seed (0)
  --threads N      at the same time (1)
  --scenario NAME  only this scenario
  --only PART      only this part: curve, scenarios, others, starts, mixtures or time (of the xtask also: instructions)";

const PARTS: [&str; 6] = ["curve", "scenarios", "others", "starts", "mixtures", "time"];

#[derive(Clone)]
pub(crate) struct Options {
    pub(crate) seeds: u64,
    pub(crate) other_seeds: u64,
    pub(crate) starts: u64,
    pub(crate) mixtures: u64,
    pub(crate) first_seed: u64,
    pub(crate) threads: u64,
    pub(crate) scenario: Option<String>,
    pub(crate) only: Option<String>,
}

impl Options {
    /// # Errors
    /// What was not understood.
    pub(crate) fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            seeds: 50,
            other_seeds: 4,
            starts: 1_000,
            mixtures: 10_000_000,
            first_seed: 0,
            threads: 1,
            scenario: None,
            only: None,
        };
        while let Some(word) = words.next() {
            // What cargo says to every bench.
            if word == "--bench" {
                continue;
            }
            let value = words
                .next()
                .filter(|value| !value.starts_with("--"))
                .ok_or_else(|| format!("`{word}` is unknown, or needs a value"))?;
            let number = || {
                let digits = value.replace('_', "");
                digits
                    .parse::<u64>()
                    .map_err(|_| format!("`{word} {value}`: not a whole number"))
            };
            match word.as_str() {
                "--seeds" => options.seeds = number()?,
                "--other-seeds" => options.other_seeds = number()?,
                "--starts" => options.starts = number()?,
                "--mixtures" => options.mixtures = number()?,
                "--first-seed" => options.first_seed = number()?,
                "--threads" => options.threads = number()?.max(1),
                "--scenario" if SCENARIOS.iter().any(|scenario| scenario.name == value) => {
                    options.scenario = Some(value);
                }
                "--scenario" => {
                    let names: Vec<&str> = SCENARIOS.iter().map(|scenario| scenario.name).collect();
                    return Err(format!(
                        "`{value}` is no scenario; they are {}",
                        names.join(", ")
                    ));
                }
                "--only" if PARTS.contains(&value.as_str()) => options.only = Some(value),
                "--only" => {
                    return Err(format!(
                        "`{value}` is no part; they are {}",
                        PARTS.join(", ")
                    ));
                }
                _ => return Err(format!("`{word}` is unknown")),
            }
        }
        if options.seeds == 0 || options.starts == 0 || options.mixtures == 0 {
            return Err("a count of 0 would measure nothing".to_owned());
        }
        Ok(options)
    }

    pub(crate) fn wants(&self, part: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only == part)
    }

    pub(crate) fn wants_scenario(&self, name: &str) -> bool {
        self.scenario.as_ref().is_none_or(|only| only == name)
    }

    /// Does `work` for the seeds from `--first-seed` on, on `--threads` threads, and joins what comes of each
    /// in the order of the seeds.
    pub(crate) fn over_seeds<T: Send>(&self, count: u64, work: impl Fn(u64) -> T + Sync) -> Vec<T> {
        let (threads, first) = (self.threads, self.first_seed);
        let work = &work;
        let mut done: Vec<(u64, T)> = std::thread::scope(|scope| {
            let each = |thread: u64| {
                scope.spawn(move || {
                    let seeds = (thread..count).step_by(threads as usize);
                    seeds
                        .map(|seed| (seed, work(first + seed)))
                        .collect::<Vec<_>>()
                })
            };
            let workers: Vec<_> = (0..threads).map(each).collect();
            let joined = workers.into_iter().map(|worker| worker.join());
            joined
                .flat_map(|result| result.expect("a run has panicked"))
                .collect()
        });
        done.sort_by_key(|(seed, _)| *seed);
        done.into_iter().map(|(_, result)| result).collect()
    }
}
