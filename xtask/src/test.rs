//! `cargo xtask test`: everything that this machine can check, step by step, and a table at the end.

use crate::browser;
use crate::checks;
use crate::disk::Room;
use crate::emulator;
use crate::esp32c3;
use crate::firmware::{self, Toolchain};
use crate::fuzz;
use crate::home_assistant;
use crate::lan;
use crate::process::{command, output, root, search_path, succeeds, unknown_word};
use crate::promtool;
use crate::rp2040;
use crate::setup::{mosquitto, version};
use crate::size;
use crate::summary::Counts;
use anyhow::{Context, Result};
use std::ffi::OsString;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

pub(crate) const HELP: &str = "\
test [--all]    runs everything that this machine can check

It goes on after a failure and ends with a table. What cannot run here is skipped, and the table says how to get it.

  --all              a skipped step is a failure (for continuous integration)
  -- NEXTEST_ARGS    go to cargo nextest run, as in: cargo xtask test -- --package dimmer-phase";

/// How a step ended, with a remark.
pub(crate) enum Outcome {
    Passed(String),
    Failed(String),
    Skipped(String),
}

use Outcome::{Failed, Passed, Skipped};

#[derive(Default)]
struct Report {
    /// The lines of the table.
    table: Vec<String>,
    failed: usize,
    skipped: usize,
    /// nextest's last line.
    summary: Option<String>,
}

impl Report {
    /// Announces a step, runs it, and tells how it ended. An error of ours fails the step, not the others.
    fn step(&mut self, name: &str, work: impl FnOnce() -> Result<Outcome>) {
        println!("\n== {name} ==");
        let started = Instant::now();
        let (word, remark) = match work().unwrap_or_else(|error| Failed(format!("{error:#}"))) {
            Passed(remark) => ("ok", remark),
            Failed(remark) => {
                self.failed += 1;
                ("FAILED", remark)
            }
            Skipped(remark) => {
                self.skipped += 1;
                ("skipped", remark)
            }
        };
        let seconds = started.elapsed().as_secs_f32();
        self.table
            .push(format!("{name:<28} {word:<8} {seconds:>6.1} s  {remark}"));
        println!("{name}: {word} in {seconds:.1} s");
    }

    /// A step that is one command.
    fn command(&mut self, name: &str, line: &str) {
        self.step(name, || Ok(ended(succeeds(&mut command(line))?)));
    }

    fn finish(&self, all: bool, time: Duration) -> ExitCode {
        println!("\n== summary ==\n{}", self.table.join("\n"));
        let verdict = match (self.failed, self.skipped) {
            (0, 0) => "everything ran and passed",
            (0, _) if all => "with --all, a skipped step is a failure",
            (0, _) => "what ran passed",
            _ => "something failed",
        };
        if let Some(room) = Room::now() {
            println!("{room}");
            if self.failed > 0 && room.is_full() {
                println!("the disk is full: what failed may have failed for that");
            }
        }
        let (failed, skipped) = (self.failed, self.skipped);
        let (steps, seconds) = (self.table.len(), time.as_secs_f32());
        println!("{steps} steps, {failed} failed, {skipped} skipped, {seconds:.0} s: {verdict}");
        let counted = self
            .summary
            .as_ref()
            .and_then(|line| Some((line, Counts::from_nextest(line)?)));
        match counted {
            Some((line, counts)) => println!("{line}\n{counts}"),
            None => println!("no count of tests: nextest is missing, or could not build them"),
        }
        ExitCode::from(u8::from(failed > 0 || (all && skipped > 0)))
    }
}

fn ended(well: bool) -> Outcome {
    if well {
        Passed(String::new())
    } else {
        Failed("see above".to_owned())
    }
}

pub(crate) fn run(args: &[OsString]) -> Result<ExitCode> {
    let split = args
        .iter()
        .position(|word| word == "--")
        .unwrap_or(args.len());
    let (own, nextest_args) = args.split_at(split);
    let all = match own {
        [] => false,
        [word] if word == "--all" => true,
        [.., word] => return Err(unknown_word("test", word)),
    };
    let started = Instant::now();
    if let Some(room) = Room::scarce() {
        println!("{}", room.warning());
    }
    let mut report = Report::default();
    report.command("format", "cargo fmt --all --check");
    report.command(
        "clippy",
        "cargo clippy --quiet --all-targets -- -D warnings",
    );
    let nextest_args = nextest_args.get(1..).unwrap_or_default();
    run_tests(&mut report, nextest_args);
    // Whoever chooses tests of their own does not want these.
    if nextest_args.is_empty() {
        with_home_assistant(&mut report);
        in_a_browser(&mut report);
        with_promtool(&mut report);
        in_a_network(&mut report);
    }
    report.command("documentation examples", "cargo test --quiet --doc");
    report.step("documentation", || {
        let mut doc = command("cargo doc --quiet --no-deps");
        Ok(ended(succeeds(doc.env("RUSTDOCFLAGS", "-D warnings"))?))
    });
    report.command("examples", "cargo build --quiet --examples");
    report.command(
        "transmitters, at length",
        "cargo run --quiet --package dimmer-rmt --example half_cycles -- 100000",
    );
    report.step("rules of the house", || {
        let problems = checks::problems()?;
        problems.iter().for_each(|problem| println!("{problem}"));
        Ok(ended(problems.is_empty()))
    });
    match version("deny") {
        // No advisories: their database comes over the network, and a new entry would fail an unchanged commit.
        Some(_) => report.command(
            "licences and versions",
            "cargo deny --log-level error check licenses bans sources",
        ),
        None => skip(
            &mut report,
            "licences and versions",
            "cargo-deny is missing",
        ),
    }
    match fuzz::compiler() {
        Some(_) => report.step("fuzzing, briefly", fuzzing),
        None => skip(&mut report, "fuzzing, briefly", "a C++ compiler is missing"),
    }
    let toolchain = Toolchain::find();
    for target in firmware::TARGETS {
        match &toolchain {
            Some(toolchain) => report.step(target, || firmware_crates(toolchain, target)),
            None => skip(&mut report, target, "no Rust for this target"),
        }
    }
    for (name, work) in IMAGES.into_iter().chain(emulator::STEPS) {
        match &toolchain {
            Some(toolchain) => report.step(name, || work(toolchain)),
            None => skip(&mut report, name, "no Rust for the chips"),
        }
    }
    report.step("oldest Rust", oldest_rust);
    Ok(report.finish(all, started.elapsed()))
}

/// A step for whose need `cargo xtask setup` cares.
fn skip(report: &mut Report, name: &str, reason: &str) {
    report.step(name, || Ok(Skipped(format!("{reason}; cargo xtask setup"))));
}

/// The test programs that do without mosquitto.
const WITHOUT_BROKER: &str =
    "not (package(=dimmer-host) and binary(/^(mosquitto.*|probe|temperatures_and_alarms)$/))";

/// The tests, by nextest or else by cargo test, and among them those that steer the dimmer through a real broker.
fn run_tests(report: &mut Report, nextest_args: &[OsString]) {
    let has_broker_tests = root().join("boards/host/tests/mosquitto.rs").exists();
    let without_broker = has_broker_tests && mosquitto().is_none();
    if version("nextest").is_some() {
        let mut nextest = command("cargo nextest run --cargo-quiet --no-tests=pass");
        // It refuses a filter that names no test program, and a choice of the user's own may leave this one out anyway.
        if without_broker && nextest_args.is_empty() {
            nextest.args(["--filterset", WITHOUT_BROKER]);
        }
        let mut summary = None;
        report.step("tests", || {
            let well = succeeds_read(nextest.args(nextest_args), |line| {
                if line.starts_with("Summary [") {
                    summary = Some(line.to_owned());
                }
            })?;
            let counts = summary.as_deref().and_then(Counts::from_nextest);
            let remark = counts.map_or("did not build".to_owned(), |counts| counts.to_string());
            Ok(if well { Passed(remark) } else { Failed(remark) })
        });
        report.summary = summary;
    } else {
        // It cannot leave out a single test program, so without a broker it leaves out all that stand in tests/.
        let programs = if without_broker {
            "--lib --bins"
        } else {
            "--tests"
        };
        report.step("tests (cargo test)", || {
            let mut test = command(&format!("cargo test --quiet --no-fail-fast {programs}"));
            Ok(ended(succeeds(test.env("PATH", search_path()))?))
        });
        skip(report, "tests with nextest", "cargo-nextest is missing");
    }
    if without_broker {
        skip(
            report,
            "tests with mosquitto",
            "mosquitto or one of its clients is missing",
        );
    }
}

/// The dimmer in a real Home Assistant.
fn with_home_assistant(report: &mut Report) {
    let name = "tests with Home Assistant";
    if home_assistant::found().is_none() {
        skip(
            report,
            name,
            "Home Assistant is missing, or another version",
        );
    } else if mosquitto().is_none() {
        skip(report, name, "mosquitto or one of its clients is missing");
    } else {
        report.step(name, || Ok(ended(succeeds(&mut home_assistant::tests())?)));
    }
}

/// The page in a real browser.
fn in_a_browser(report: &mut Report) {
    let name = "tests in a browser";
    if browser::found().is_none() {
        skip(report, name, "Chromium, Node or their packages are missing");
    } else if mosquitto().is_none() {
        skip(report, name, "mosquitto or one of its clients is missing");
    } else {
        report.step(name, || Ok(ended(succeeds(&mut browser::tests())?)));
    }
}

/// The metrics, judged by Prometheus' own checker.
fn with_promtool(report: &mut Report) {
    let name = "metrics by promtool";
    if promtool::found().is_none() {
        skip(report, name, "promtool is missing");
    } else if mosquitto().is_none() {
        skip(report, name, "mosquitto or one of its clients is missing");
    } else {
        report.step(name, || Ok(ended(succeeds(&mut promtool::tests())?)));
    }
}

/// The services of a board's network, and programs of others.
fn in_a_network(report: &mut Report) {
    let name = "tests in a network";
    if lan::found().is_none() {
        let reason = "dig, udhcpc, chrony or Python's zeroconf is missing, or networks of one's own are not allowed";
        skip(report, name, reason);
    } else {
        report.step(name, || Ok(ended(succeeds(&mut lan::tests())?)));
    }
}

/// Runs `command`, shows what it complains as it comes, and gives each line of that to `read`; whether it ended well.
fn succeeds_read(command: &mut Command, mut read: impl FnMut(&str)) -> Result<bool> {
    let mut child = command
        .env("PATH", search_path())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut lines = BufReader::new(child.stderr.take().context("no pipe")?);
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line)? > 0 {
        let text = String::from_utf8_lossy(&line);
        eprint!("{text}");
        read(text.trim());
        line.clear();
    }
    Ok(child.wait()?.success())
}

/// One by one, so that no crate lives on features that only another one asks for.
fn firmware_crates(toolchain: &Toolchain, target: &str) -> Result<Outcome> {
    println!("{}", toolchain.describe());
    let mut failed = Vec::new();
    let crates = firmware::carried_crates()?;
    for name in &crates {
        if !succeeds(&mut toolchain.build_crate(target, name))? {
            failed.push(name.as_str());
        }
    }
    let well = Passed(format!("{} crates", crates.len()));
    Ok(if failed.is_empty() {
        well
    } else {
        Failed(failed.join(", "))
    })
}

/// A step that builds images for chips.
pub(crate) type StepWork = fn(&Toolchain) -> Result<Outcome>;
type ImageStep = (&'static str, StepWork);

const IMAGES: [ImageStep; 5] = [
    ("board rp2040-w5500", rp2040_board),
    ("board esp32c3", esp32c3_board),
    ("phase control cannot panic", no_panic),
    ("phase control's flash, RAM", phase_size),
    ("example stm32g0-lamp", stm32g0_lamp),
];

fn no_panic(toolchain: &Toolchain) -> Result<Outcome> {
    let mut test =
        command("cargo test --quiet --package dimmer-phase --test no_panic -- --ignored");
    toolchain.tell(&mut test);
    Ok(ended(succeeds(&mut test)?))
}

fn phase_size(toolchain: &Toolchain) -> Result<Outcome> {
    let over = size::phase::over_budget(toolchain)?;
    over.iter().for_each(|line| println!("{line}"));
    Ok(match over.len() {
        0 => Passed("within the budget".to_owned()),
        count => Failed(format!("{count} figures beyond the budget")),
    })
}

/// The image that people flash, within its budget.
fn rp2040_board(toolchain: &Toolchain) -> Result<Outcome> {
    let lints = rp2040::lints(toolchain)?;
    Ok(match rp2040::build_within_budget(toolchain)? {
        None if !lints => Failed("see above".to_owned()),
        None => Passed("within the budget".to_owned()),
        Some(over) => Failed(over),
    })
}

/// The images with Wi-Fi and with an emulator's Ethernet, within their budgets. No emulator of the chip is to be had.
fn esp32c3_board(toolchain: &Toolchain) -> Result<Outcome> {
    if esp32c3::espflash().is_none() {
        return Ok(Skipped("espflash is missing; cargo xtask setup".to_owned()));
    }
    let lints = esp32c3::lints(toolchain)?;
    Ok(match esp32c3::build_within_budget(toolchain)? {
        None if !lints => Failed("see above".to_owned()),
        None => Passed("both images within the budget".to_owned()),
        Some(over) => Failed(over),
    })
}

/// Another author's design on another chip: a workspace of its own, which the desktop's builds know nothing of.
fn stm32g0_lamp(toolchain: &Toolchain) -> Result<Outcome> {
    let mut build = toolchain.build_image(
        "thumbv6m-none-eabi",
        "examples/stm32g0-lamp",
        "target-firmware/stm32g0-lamp",
    );
    Ok(ended(succeeds(&mut build)?))
}

/// The seeds, what the corpus has, and a few seconds of something new. `cargo xtask fuzz` takes longer.
fn fuzzing() -> Result<Outcome> {
    let (executions, findings) = fuzz::briefly(5)?;
    Ok(if findings.is_empty() {
        Passed(format!("{executions} executions"))
    } else {
        Failed(format!("findings in {}", findings.join(", ")))
    })
}

/// The oldest Rust that the workspace promises.
fn oldest_rust() -> Result<Outcome> {
    let promised = env!("CARGO_PKG_RUST_VERSION");
    let is_promised =
        |version: &str| version == promised || version.starts_with(&format!("{promised}."));
    let in_use = output(&mut command("rustc -vV"))?;
    let release = in_use
        .lines()
        .find_map(|line| line.strip_prefix("release: "))
        .unwrap_or_default();
    if is_promised(release) {
        return Ok(Passed(format!(
            "{release}, in use for all of the above, is the oldest"
        )));
    }
    // No rustup, no other toolchains.
    let list = output(&mut command("rustup toolchain list --quiet")).unwrap_or_default();
    let oldest = list
        .lines()
        .find(|name| name.split('-').next().is_some_and(is_promised));
    let Some(toolchain) = oldest else {
        let remedy = format!("rustup toolchain install {promised} --profile minimal");
        return Ok(Skipped(format!("this is {release}; {remedy}")));
    };
    let check = "cargo check --quiet --all-targets --target-dir target-oldest";
    Ok(ended(succeeds(&mut command(&format!(
        "rustup run {toolchain} {check}"
    )))?))
}
