//! How many instructions phase control takes on a Cortex-M0, counted by an emulator.

use crate::firmware::Toolchain;
use crate::process::{self, command, find_program, root};
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What `--only` calls it.
pub(super) const PART: &str = "instructions";

const TARGET: &str = "thumbv6m-none-eabi";
/// The script's exit code when it has said how to install the emulator.
const NO_EMULATOR: i32 = 3;
const IMAGE: &str = "dimmer-phase-thumb";

/// Builds the image, runs it in the emulator and prints the counts. What is missing on this machine is said, and is no
/// failure: all other figures are printed by then.
pub(super) fn print() -> Result<()> {
    println!("\n7. Instructions on {TARGET} (Cortex-M0, profile `firmware`), emulated");
    let Some(toolchain) = Toolchain::find() else {
        println!("   not counted: no Rust for the chips; cargo xtask setup");
        return Ok(());
    };
    let Some(python) = python() else {
        println!("   not counted: no python3");
        return Ok(());
    };
    let folder = root().join("crates/dimmer-phase/benches/thumb");
    let target_folder = root().join("target-firmware");
    process::run(&mut build(&toolchain, &folder, &target_folder))?;
    let image = target_folder.join(TARGET).join("release").join(IMAGE);
    let mut count = Command::new(python);
    let status = count.arg(folder.join("count.py")).arg(image).status()?;
    match status.code() {
        Some(0 | NO_EMULATOR) => Ok(()),
        _ => bail!("the count of instructions failed"),
    }
}

fn build(toolchain: &Toolchain, folder: &Path, target_folder: &Path) -> Command {
    let arguments = format!("build --quiet --release --target {TARGET}");
    let mut build = match toolchain {
        Toolchain::InUse => command(&format!("cargo {arguments}")),
        Toolchain::Debian(sysroot) => {
            let mut build = command(&format!("/usr/bin/cargo {arguments}"));
            // `cargo run` puts the other compiler's libraries before this one's.
            build.env_remove("LD_LIBRARY_PATH");
            build.env("RUSTC", sysroot.join("bin/rustc"));
            build
        }
    };
    build
        .arg("--manifest-path")
        .arg(folder.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(target_folder);
    build
}

/// The Python of the emulator's own environment if there is one, else the machine's.
fn python() -> Option<PathBuf> {
    let own = root().join("target/emulator/bin/python3");
    Some(own)
        .filter(|python| python.exists())
        .or_else(|| find_program("python3"))
}
