//! `cargo xtask sim`: a dimmer on the desktop. Every argument goes to the host board's program as it is.

use crate::process;
use anyhow::{Context, Result};
use std::ffi::OsString;
use std::process::{Command, ExitCode};

pub(crate) const HELP: &str = "sim [OPTIONS]   runs a dimmer on this desktop, with real sockets";

pub(crate) fn run(args: &[OsString]) -> Result<ExitCode> {
    // The same cargo settings that built this program build the host board, so the two lie side by side.
    let name = format!("dimmer-host{}", std::env::consts::EXE_SUFFIX);
    let program = std::env::current_exe()?.with_file_name(name);
    if !program.exists() {
        eprintln!("The first build takes several minutes: it compiles an MQTT broker too.");
    }
    process::run(&mut process::command(
        "cargo build --package dimmer-host --bin dimmer-host",
    ))?;
    let mut dimmer = Command::new(&program);
    become_program(dimmer.args(args)).with_context(|| format!("cannot run {}", program.display()))
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
