//! `cargo xtask sim`: a dimmer on the desktop. Every argument goes to the host board's program as it is.

use crate::process;
use anyhow::{Context, Result};
use std::ffi::OsString;
use std::fs;
use std::process::{Command, ExitCode};

pub(crate) const HELP: &str = "sim [OPTIONS]   runs a dimmer on this desktop, with real sockets";

pub(crate) fn run(args: &[OsString]) -> Result<ExitCode> {
    // The same cargo settings that built this program build the host board, so the two lie side by side.
    let name = format!("dimmer-host{}", std::env::consts::EXE_SUFFIX);
    let program = std::env::current_exe()?.with_file_name(name);
    if !program.exists() && args.iter().any(|word| word == "--help" || word == "-h") {
        // It explains itself, but not before it is built: nobody waits minutes for a page of text that the manual has, too.
        let manual = process::root().join("docs/simulator.md");
        let manual = fs::read_to_string(&manual).with_context(|| manual.display().to_string())?;
        println!("cargo xtask {HELP}\n\n{}", options(&manual));
        return Ok(ExitCode::SUCCESS);
    }
    if !program.exists() {
        eprintln!("The first build takes several minutes: it compiles an MQTT broker too.");
    }
    process::run(&mut process::command(
        "cargo build --package dimmer-host --bin dimmer-host",
    ))?;
    let mut dimmer = Command::new(&program);
    become_program(dimmer.args(args)).with_context(|| format!("cannot run {}", program.display()))
}

/// What the manual says of the options.
fn options(manual: &str) -> &str {
    let (_, section) = manual.split_once("\n## Options\n").unwrap_or_default();
    let (section, _) = section.split_once("\n## ").unwrap_or((section, ""));
    section.trim()
}

/// Ctrl-C and a `kill` must reach the dimmer itself, which ends cleanly: so it takes this process's place.
#[cfg(unix)]
fn become_program(command: &mut Command) -> Result<ExitCode> {
    use std::os::unix::process::CommandExt as _;
    Err(command.exec().into())
}

#[cfg(not(unix))]
fn become_program(command: &mut Command) -> Result<ExitCode> {
    let code = command.status()?.code().unwrap_or(1);
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)))
}

#[cfg(test)]
mod tests {
    use super::options;

    #[test]
    fn the_manual_says_the_options_and_ends_before_the_next_section() {
        let manual = include_str!("../../docs/simulator.md");
        let options = options(manual);
        assert!(options.contains("| `--broker HOST:PORT` |"), "{options}");
        assert!(!options.contains("\n## "), "{options}");
        assert!(options.lines().count() < 60, "{options}");
    }
}
