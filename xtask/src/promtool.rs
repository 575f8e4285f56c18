//! Prometheus' own checker of metrics: out of Debian's package, without the server that the package would start.

use crate::debian::Fetched;
use crate::process::{cache_folder, command, find_program, output};
use anyhow::Result;
use std::path::PathBuf;
use std::process::Command;

/// The tests' own name for the program; whoever has it elsewhere says so with the same.
const PROGRAM: &str = "PROMTOOL";

/// Where it is put.
fn place() -> PathBuf {
    cache_folder().join("promtool")
}

fn program() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os(PROGRAM) {
        return Some(named.into());
    }
    find_program("promtool")
        .or_else(|| Some(place().join("promtool")).filter(|file| file.is_file()))
}

/// What this machine has of it, if it runs.
pub(crate) fn found() -> Option<String> {
    let program = program()?;
    let about = output(Command::new(&program).arg("--version")).ok()?;
    let version = about.lines().next()?.to_owned();
    Some(format!("{version} in {}", program.display()))
}

/// Fetches Debian's package and takes the one program out of it: installed, it would start a server and bring a dozen others along.
pub(crate) fn install() -> Result<()> {
    let place = place();
    let otherwise = format!(
        "`brew install prometheus` (macOS), or a release of Prometheus; {PROGRAM} names the program"
    );
    let package = Fetched::new("prometheus", &place, &otherwise)?;
    package.take_out("usr/bin/promtool", &place.join("promtool"))
}

/// The tests with it, apart from the others: they need it.
pub(crate) fn tests() -> Command {
    let mut test =
        command("cargo test --quiet --package dimmer-host --test metrics -- --ignored --nocapture");
    if let Some(program) = program() {
        test.env(PROGRAM, program);
    }
    test
}
