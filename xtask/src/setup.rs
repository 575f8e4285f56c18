//! `cargo xtask setup`: what `cargo xtask test --all` needs beyond stable Rust and a C compiler.

use crate::browser;
use crate::debian;
use crate::emulator;
use crate::esp32c3;
use crate::firmware::{self, Toolchain};
use crate::fuzz;
use crate::home_assistant;
use crate::lan;
use crate::process::{self, command, find_program, output, unknown_word};
use crate::promtool;
use anyhow::{Result, bail};
use std::ffi::OsString;
use std::path::Path;
use std::process::{ExitCode, Stdio};

pub(crate) const HELP: &str = "\
setup [--check] installs what `test --all` needs

  rustfmt, clippy            by rustup
  cargo-nextest, cargo-deny  by cargo install, a few minutes each when missing
  mosquitto and its clients  by apt-get on Debian
  dig, udhcpc and zeroconf   by apt-get on Debian; the services of a board's network are tested with them, in network namespaces
  of Python
  chronyd                    out of Debian's package chrony, which is fetched and not installed (it would take the place of what sets
                             this machine's clock), in the user's cache
  a C++ compiler             by apt-get on Debian; libFuzzer is compiled with it
  targets of the chips       by rustup; where it cannot, or where CHIP_RUST_FROM_DEBIAN is set, made from Debian's packages in about
                             two minutes
  espflash                   by cargo install, ten minutes when missing: it makes the ESP32-C3's image, and flashes it
  emulator of the RP2040     by npm, as its lock file says, into boards/rp2040-w5500/emulator; Node 20 by apt-get on Debian
  Home Assistant             by pip, in a virtual environment of its own in the user's cache (HOME_ASSISTANT_VENV names
                             another folder), two or three minutes and half a gigabyte; needs Python 3.13 (PYTHON names it)
  Chromium, Node             by apt-get on Debian; two packages that steer it by npm, in the user's cache (BROWSER_TESTS names
                             another folder)
  promtool                   out of Debian's package prometheus, which is fetched and not installed, in the user's cache (PROMTOOL names
                             another program)

--check installs nothing, says what is missing, and fails if anything is.";

/// One thing that the tests need: its name, what this machine has of it if it has it whole, and how to get it.
type Item = (&'static str, fn() -> Option<String>, fn() -> Result<()>);

const ITEMS: [Item; 13] = [
    ("rustfmt", || version("fmt"), || add_component("rustfmt")),
    ("clippy", || version("clippy"), || add_component("clippy")),
    (
        "cargo-nextest",
        || version("nextest"),
        || install_tool("cargo-nextest", "0.9.143", ""),
    ),
    (
        "cargo-deny",
        || version("deny"),
        || install_tool("cargo-deny", "0.20.2", ""),
    ),
    ("mosquitto", mosquitto, install_mosquitto),
    ("network programs", lan::found, lan::install),
    ("C++ compiler", fuzz::compiler, || debian::install(&["g++"])),
    (
        "chips' targets",
        || Some(Toolchain::find()?.describe()),
        install_targets,
    ),
    ("espflash", esp32c3::espflash, || {
        esp32c3::refuse_another_espflash()?;
        install_tool(
            "espflash",
            esp32c3::ESPFLASH,
            "--no-default-features --features cli",
        )
    }),
    ("emulator", emulator::installed, install_emulator),
    (
        "Home Assistant",
        home_assistant::found,
        home_assistant::install,
    ),
    ("browser", browser::found, || {
        let chromium = find_program("chromium").is_none().then_some("chromium");
        let needed: Vec<_> = chromium.into_iter().chain(node()).collect();
        debian::install(&needed)?;
        browser::install()
    }),
    ("promtool", promtool::found, promtool::install),
];

pub(crate) fn run(args: &[OsString]) -> Result<ExitCode> {
    let check = match args {
        [] => false,
        [word] if word == "--check" => true,
        [.., word] => return Err(unknown_word("setup", word)),
    };
    let mut missing = Vec::new();
    for (name, present, install) in ITEMS {
        if present().is_none() && !check {
            println!("install   {name}");
            if let Err(error) = install() {
                eprintln!("xtask: {name}: {error:#}");
            }
        }
        match present() {
            Some(found) => println!("there     {name:<16} {found}"),
            None => {
                println!("missing   {name}");
                missing.push(name);
            }
        }
    }
    if !missing.is_empty() {
        let remedy = if check {
            "`cargo xtask setup` installs it"
        } else {
            "see above"
        };
        println!("missing: {}; {remedy}", missing.join(", "));
        return Ok(ExitCode::FAILURE);
    }
    println!("everything is there: `cargo xtask test --all`");
    Ok(ExitCode::SUCCESS)
}

/// The version of a cargo sub-command, if it is installed.
pub(crate) fn version(name: &str) -> Option<String> {
    let text = output(&mut command(&format!("cargo {name} --version"))).ok()?;
    text.lines().next().map(str::to_owned)
}

/// Where the broker is, if its two clients are there too.
pub(crate) fn mosquitto() -> Option<String> {
    find_program("mosquitto_pub").and(find_program("mosquitto_sub"))?;
    Some(find_program("mosquitto")?.display().to_string())
}

fn add_component(name: &str) -> Result<()> {
    if find_program("rustup").is_none() {
        bail!("no rustup here: install {name} the way you installed Rust");
    }
    process::run(command("rustup component add").arg(name))
}

/// A pinned version, with the dependencies that its authors tested, but without their optimisation: cargo-deny then takes
/// two minutes of processor time to compile instead of five and a half, and three seconds longer to run.
fn install_tool(name: &str, version: &str, options: &str) -> Result<()> {
    println!("  compiling {name} {version}, a few minutes ...");
    let line = format!("cargo install --quiet --locked {name} --version {version} {options}");
    let mut install = command(&line);
    for (setting, value) in [("LTO", "off"), ("CODEGEN_UNITS", "16"), ("OPT_LEVEL", "0")] {
        install.env(format!("CARGO_PROFILE_RELEASE_{setting}"), value);
    }
    process::run(&mut install)
}

fn install_mosquitto() -> Result<()> {
    if find_program("mosquitto_pub").is_none() || find_program("mosquitto_sub").is_none() {
        debian::install(&["mosquitto-clients"])?;
    }
    if find_program("mosquitto").is_some() {
        return Ok(());
    }
    let installed = debian::install(&["mosquitto"]);
    // Debian starts a new service at once, on the port where people run their own broker. The tests start one themselves.
    if find_program("mosquitto").is_some() {
        let has_systemd = Path::new("/run/systemd/system").exists();
        let by_systemd = "systemctl --quiet disable --now mosquitto";
        let stop = if has_systemd {
            by_systemd
        } else {
            "service mosquitto stop"
        };
        let stopped =
            debian::as_root(stop).and_then(|mut stop| process::run(stop.stdout(Stdio::null())));
        match stopped {
            Ok(()) => println!("  its service is stopped: the tests start a broker themselves"),
            Err(error) => eprintln!(
                "xtask: {error:#}\nxtask: a broker may be running on port 1883 that nobody asked for; as root: {stop}"
            ),
        }
    }
    installed
}

fn install_emulator() -> Result<()> {
    debian::install(&node())?;
    emulator::install_emulator()
}

/// The packages of Node, unless it is there: Debian's npm conflicts with a Node from elsewhere, which has its own.
fn node() -> Vec<&'static str> {
    if find_program("npm").is_some() {
        Vec::new()
    } else {
        vec!["nodejs", "npm"]
    }
}

fn install_targets() -> Result<()> {
    if !firmware::prefers_debian() && find_program("rustup").is_some() {
        if firmware::add_by_rustup()? {
            return Ok(());
        }
        println!("  rustup could not (no connection?); Debian's packages can:");
    }
    debian::install(&firmware::DEBIAN_PACKAGES)?;
    firmware::make_from_debian()
}
