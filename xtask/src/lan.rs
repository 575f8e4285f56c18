//! Programs of others that talk to the services of a board's network, in a network of their own.

use crate::debian::{self, Fetched};
use crate::process::{cache_folder, command, find_program, output, search_path, succeeds};
use anyhow::{Result, bail};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Each is in the Debian package beside it; the rest of what is needed (unshare, nsenter, ip) is there anyway.
const PROGRAMS: [(&str, &str); 2] = [("dig", "bind9-dnsutils"), ("udhcpc", "udhcpc")];
const ZEROCONF: &str = "python3-zeroconf";
/// Debian's, which has Debian's packages.
const PYTHON: &str = "/usr/bin/python3";

/// Where chronyd is put.
fn place() -> PathBuf {
    cache_folder().join("chrony")
}

/// What chronyd, installed or taken out, says of itself. It is to run: the libraries may be others than when it was taken out.
fn chronyd() -> Result<String> {
    let chronyd = find_program("chronyd").unwrap_or_else(|| place().join("chronyd"));
    output(Command::new(chronyd).arg("--version"))
}

fn has_zeroconf() -> bool {
    let asked = Command::new(PYTHON)
        .args(["-c", "import zeroconf"])
        .stderr(Stdio::null())
        .status();
    asked.is_ok_and(|status| status.success())
}

/// What this machine has of it, if it has it whole, and may have networks of its own.
pub(crate) fn found() -> Option<String> {
    let mut needed = PROGRAMS.iter().map(|(name, _)| *name);
    let is_there = |name: &str| find_program(name).is_some();
    let all = needed.all(is_there) && ["unshare", "nsenter", "ip"].into_iter().all(is_there);
    let works = |line: &str| {
        let mut try_it = command(line);
        succeeds(try_it.stdout(Stdio::null()).stderr(Stdio::null())).unwrap_or(false)
    };
    let may = works("unshare --user --map-root-user --net true");
    (all && chronyd().is_ok() && has_zeroconf() && may)
        .then(|| "dig, udhcpc, chronyd and Python's zeroconf".to_owned())
}

/// Installs what is missing. chronyd alone is taken out of its package: installed, that would take the place of the service that sets this
/// machine's clock.
pub(crate) fn install() -> Result<()> {
    let mut missing: Vec<_> = PROGRAMS
        .iter()
        .filter(|(program, _)| find_program(program).is_none())
        .map(|(_, package)| *package)
        .collect();
    if !has_zeroconf() {
        missing.push(ZEROCONF);
    }
    debian::install(&missing)?;
    let Err(error) = chronyd() else {
        return Ok(());
    };
    if let Some(installed) = find_program("chronyd") {
        bail!(
            "{} hides the one that would be fetched, and does not run: {error:#}",
            installed.display()
        );
    }
    let otherwise = "install chrony the way you install programs";
    let package = Fetched::new("chrony", &place(), otherwise)?;
    debian::install(&package.libraries()?)?;
    package.take_out("usr/sbin/chronyd", &place().join("chronyd"))
}

/// The tests with them, apart from the others. Not by the name of their program: only a whole test builds the example that they run.
pub(crate) fn tests() -> Command {
    let mut test = command("cargo test --quiet --package dimmer-lan -- --ignored");
    let path = search_path();
    let folders = std::env::split_paths(&path).chain([place()]);
    // A folder whose name holds a colon cannot be in it; chronyd is found missing then.
    test.env(
        "PATH",
        std::env::join_paths(folders).unwrap_or_else(|_| OsString::from(&path)),
    );
    test
}
