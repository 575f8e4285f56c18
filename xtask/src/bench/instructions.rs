//! How many instructions phase control takes on a Cortex-M0, counted by an emulator.

use crate::firmware::Toolchain;
use crate::process::{self, find_program, root};
use anyhow::{Result, bail};
use std::path::PathBuf;
use std::process::Command;

/// What `--only` calls it.
pub(super) const PART: &str = "instructions";

const TARGET: &str = "thumbv6m-none-eabi";
/// The script's exit code when it has said how to install the emulator.
const NO_EMULATOR: i32 = 3;
const FOLDER: &str = "crates/dimmer-phase/benches/thumb";
const TARGET_FOLDER: &str = "target-firmware";
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
    process::run(&mut toolchain.build_image(TARGET, FOLDER, TARGET_FOLDER))?;
    let image = root()
        .join(TARGET_FOLDER)
        .join(TARGET)
        .join("release")
        .join(IMAGE);
    let script = root().join(FOLDER).join("count.py");
    let status = Command::new(python).arg(script).arg(image).status()?;
    match status.code() {
        Some(0 | NO_EMULATOR) => Ok(()),
        _ => bail!("the count of instructions failed"),
    }
}

/// The Python of the emulator's own environment if there is one, else the machine's.
fn python() -> Option<PathBuf> {
    let own = root().join("target/emulator/bin/python3");
    Some(own)
        .filter(|python| python.exists())
        .or_else(|| find_program("python3"))
}
