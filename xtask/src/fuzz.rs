//! `cargo xtask fuzz`: what reads bytes from outside, against inputs that a fuzzer makes up. The targets are in `xtask/fuzz`.

mod report;
mod seeds;

use crate::process::{self, command, find_program, output, root, unknown_word, usage};
use anyhow::{Context, Result, bail};
use report::Row;
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::{Mutex, PoisonError};

pub(crate) const HELP: &str = "\
fuzz [OPTIONS] [TARGET ...]  puts what reads bytes from outside to inputs that a fuzzer makes up

  --seconds N    for how long each target runs, 60 if not given; 0 runs the seeds and the corpus only
  --jobs J       how many targets at once, 1 if not given
  --list         the targets, and what each checks
  --input FILE   one input again, as a finding was saved, against one target

Without a target, all of them. It is libFuzzer, built with the Rust in use (stable) and a C++ compiler; what it learns stays in
target-fuzz/corpus. A finding is saved in target-fuzz/findings, printed with the command that repeats it, and is exit code 1.";

/// What `cargo fuzz` gives to the compiler, without a sanitizer: those are for unstable Rust, and for code that is not safe.
const COUNTERS: [&str; 6] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    // A comparison that is folded into another one is not seen.
    "-Cllvm-args=-simplifycfg-branch-fold-threshold=0",
];

/// An input that takes longer hangs, seconds.
const LONGEST_INPUT_S: u32 = 10;

#[derive(Debug, PartialEq, Eq)]
struct Options {
    seconds: u32,
    jobs: usize,
    list: bool,
    input: Option<PathBuf>,
    targets: Vec<String>,
}

impl Options {
    fn read(args: &[OsString]) -> Result<Self> {
        let mut options = Self {
            seconds: 60,
            jobs: 1,
            list: false,
            input: None,
            targets: Vec::new(),
        };
        let mut words = args.iter();
        while let Some(word) = words.next() {
            let option = word.to_str().with_context(|| unknown_word("fuzz", word))?;
            let mut value = || {
                let value = words.next();
                value.ok_or_else(|| usage(format!("`{option}` wants a value behind it")))
            };
            match option {
                "--seconds" => options.seconds = number(option, value()?)?,
                "--jobs" => options.jobs = number(option, value()?)?,
                "--list" => options.list = true,
                "--input" => options.input = Some(value()?.into()),
                _ if option.starts_with('-') => return Err(unknown_word("fuzz", word)),
                _ => options.targets.push(option.to_owned()),
            }
        }
        if options.jobs == 0 {
            return Err(usage("`--jobs` is at least 1".to_owned()));
        }
        if options.input.is_some() && options.targets.len() != 1 {
            return Err(usage("`--input` wants one target beside it".to_owned()));
        }
        Ok(options)
    }

    /// The targets that are meant, all of them if none is named.
    fn choose(&self, known: &[(String, String)]) -> Result<Vec<String>> {
        let names: Vec<&str> = known.iter().map(|(name, _)| name.as_str()).collect();
        for target in &self.targets {
            if !names.contains(&target.as_str()) {
                let names = names.join(", ");
                return Err(usage(format!(
                    "no target `{target}`; the targets are: {names}"
                )));
            }
        }
        Ok(if self.targets.is_empty() {
            names.into_iter().map(str::to_owned).collect()
        } else {
            self.targets.clone()
        })
    }
}

fn number<N: std::str::FromStr>(option: &str, value: &OsString) -> Result<N> {
    let parsed = value.to_str().and_then(|text| text.parse().ok());
    parsed.ok_or_else(|| usage(format!("`{option}` wants a whole number behind it")))
}

pub(crate) fn run(args: &[OsString]) -> Result<ExitCode> {
    let options = Options::read(args)?;
    let known = seeds::targets()?;
    let chosen = options.choose(&known)?;
    if options.list {
        let listed = known.iter().filter(|(name, _)| chosen.contains(name));
        listed.for_each(|(name, purpose)| println!("{name:<14} {purpose}"));
        return Ok(ExitCode::SUCCESS);
    }
    if let (Some(input), [target]) = (&options.input, chosen.as_slice()) {
        let input = std::path::absolute(input)?;
        if !input.is_file() {
            bail!("no file {}", input.display());
        }
        // libFuzzer tells how it went.
        let well = process::succeeds(fuzzer(&build()?, target).arg(input))?;
        return Ok(ExitCode::from(u8::from(!well)));
    }
    let rows = fuzz(&chosen, options.seconds, options.jobs)?;
    Ok(ExitCode::from(u8::from(rows.iter().any(Row::is_finding))))
}

/// All targets for so many seconds each, as many at once as there are processors: for `cargo xtask test`. Executions, and
/// the targets with a finding.
pub(crate) fn briefly(seconds: u32) -> Result<(u64, Vec<String>)> {
    let targets = seeds::targets()?.into_iter().map(|(name, _)| name);
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let rows = fuzz(&targets.collect::<Vec<_>>(), seconds, processors)?;
    let findings = rows.iter().filter(|row| row.is_finding());
    let names = findings.map(|row| row.target.clone()).collect();
    Ok((rows.iter().map(|row| row.executions).sum(), names))
}

/// Whether libFuzzer, which is C++, can be compiled here.
pub(crate) fn compiler() -> Option<String> {
    let chosen = std::env::var("CXX").ok();
    // As in `CXX="ccache g++"`.
    let words = chosen.as_deref().unwrap_or("c++");
    let program = words.split_whitespace().next()?;
    Some(find_program(program)?.display().to_string())
}

fn folder() -> PathBuf {
    root().join("target-fuzz")
}

/// Builds the program with all targets in it; where it is then.
fn build() -> Result<PathBuf> {
    if compiler().is_none() {
        bail!(
            "no C++ compiler, which libFuzzer is compiled with. `cargo xtask setup` installs it on Debian; by hand: \
             `sudo apt-get install g++` (Debian), `sudo dnf install gcc-c++` (Fedora), `sudo pacman -S gcc` (Arch), \
             `xcode-select --install` (macOS). Another one than `c++` is named by the variable CXX"
        );
    }
    let about = output(&mut command("rustc -vV"))?;
    let host = about.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.context("rustc -vV names no host")?;
    println!("building the targets; libFuzzer takes some minutes the first time ...");
    let mut build = command(
        "cargo build --quiet --release --locked --manifest-path xtask/fuzz/Cargo.toml --target-dir target-fuzz",
    );
    // With the target named, the flags reach what runs on it, and no build script.
    build.args(["--target", host]);
    build.env("CARGO_ENCODED_RUSTFLAGS", COUNTERS.join("\u{1f}"));
    process::run(&mut build)?;
    let program = format!("release/fuzz{}", std::env::consts::EXE_SUFFIX);
    Ok(folder().join(host).join(program))
}

fn fuzzer(program: &Path, target: &str) -> Command {
    let mut fuzzer = Command::new(program);
    fuzzer.current_dir(root()).env("FUZZ_TARGET", target);
    fuzzer.arg(format!("-timeout={LONGEST_INPUT_S}"));
    fuzzer
}

/// Runs the targets and prints a row for each as it ends, then the findings.
fn fuzz(targets: &[String], seconds: u32, jobs: usize) -> Result<Vec<Row>> {
    let program = build()?;
    println!("{}", report::HEADING);
    let waiting = Mutex::new(targets.iter());
    let next = || {
        let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.next()
    };
    let work = || -> Result<Vec<Row>> {
        let mut rows = Vec::new();
        while let Some(target) = next() {
            let row = fuzz_one(&program, target, seconds).with_context(|| target.clone())?;
            println!("{row}");
            rows.push(row);
        }
        Ok(rows)
    };
    let mut rows = Vec::new();
    std::thread::scope(|scope| -> Result<()> {
        let workers: Vec<_> = (0..jobs.min(targets.len()))
            .map(|_| scope.spawn(work))
            .collect();
        for worker in workers {
            let ended = worker.join();
            rows.extend(ended.map_err(|_| anyhow::anyhow!("a thread panicked"))??);
        }
        Ok(())
    })?;
    for row in rows.iter().filter(|row| row.is_finding()) {
        print!("\n{}", row.explain()?);
    }
    Ok(rows)
}

fn fuzz_one(program: &Path, target: &str, seconds: u32) -> Result<Row> {
    let [corpus, inputs, findings, logs] =
        ["corpus", "seeds", "findings", "logs"].map(|name| folder().join(name));
    let (corpus, inputs) = (corpus.join(target), inputs.join(target));
    for needed in [&corpus, &findings, &logs] {
        fs::create_dir_all(needed)?;
    }
    seeds::unpack(target, &inputs)?;
    let log = logs.join(format!("{target}.txt"));
    let mut fuzzer = fuzzer(program, target);
    // To libFuzzer, no seconds are for ever.
    fuzzer.arg(match seconds {
        0 => "-runs=0".to_owned(),
        seconds => format!("-max_total_time={seconds}"),
    });
    let prefix = findings.join(format!("{target}-"));
    fuzzer.arg(format!("-artifact_prefix={}", prefix.display()));
    fuzzer.args(["-print_final_stats=1", "-rss_limit_mb=1024"]);
    // What is new goes into the first folder.
    fuzzer.args([&corpus, &inputs]);
    fuzzer.stdout(Stdio::null()).stderr(File::create(&log)?);
    let well = fuzzer.status().context("could not start")?.success();
    // What a panic says may hold any byte.
    let said = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
    Ok(Row::new(target, &said, well, log))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Options> {
        let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        Options::read(&words)
    }

    #[test]
    fn options_and_targets_are_read_in_any_order() {
        let options = read("setpoint --seconds 5 topics --jobs 2").unwrap();
        assert_eq!((options.seconds, options.jobs), (5, 2));
        assert_eq!(options.targets, ["setpoint", "topics"]);
    }

    #[test]
    fn a_wrong_call_says_what_would_be_right() {
        for (line, says) in [
            ("--seconds", "`--seconds` wants a value"),
            ("--seconds soon", "whole number"),
            ("--jobs 0", "at least 1"),
            ("--jbos 2", "does not know `--jbos`"),
            ("--input x", "one target beside it"),
        ] {
            let complaint = read(line).unwrap_err();
            assert!(complaint.to_string().contains(says), "{complaint}");
            assert!(complaint.is::<process::UsageError>());
        }
        let known = [("setpoint".to_owned(), String::new())];
        let complaint = read("setpiont").unwrap().choose(&known).unwrap_err();
        assert_eq!(
            complaint.to_string(),
            "no target `setpiont`; the targets are: setpoint"
        );
        assert_eq!(read("").unwrap().choose(&known).unwrap(), ["setpoint"]);
    }
}
