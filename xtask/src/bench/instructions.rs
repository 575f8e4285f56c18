//! How many instructions phase control takes on a Cortex-M0, counted by an emulator.

use crate::firmware::Toolchain;
use crate::process::{self, find_program, root};
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What `--only` calls it.
pub(super) const PART: &str = "instructions";

const TARGET: &str = "thumbv6m-none-eabi";
/// The script's exit code when it has said how to install the emulator.
const NO_EMULATOR: i32 = 3;
const FOLDER: &str = "crates/dimmer-phase/benches/thumb";
const TARGET_FOLDER: &str = "target-firmware";
const IMAGE: &str = "dimmer-phase-thumb";
const EMULATOR: &str = "unicorn==2.1.4";
const EMULATOR_FOLDER: &str = "target/emulator";

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

/// A Python with the emulator, installed where it was not; else the machine's, which then says what is missing.
fn python() -> Option<PathBuf> {
    let machines = find_program("python3")?;
    let folder = root().join(EMULATOR_FOLDER);
    let own = folder.join("bin/python3");
    if !has_emulator(&own) && !has_emulator(&machines) {
        println!("   installing the emulator ({EMULATOR}) into {EMULATOR_FOLDER}");
        let venv = Command::new(&machines)
            .args(["-m", "venv"])
            .arg(&folder)
            .status();
        if venv.is_ok_and(|status| status.success()) {
            // Its failure shows when the script does not find the emulator.
            let _ = Command::new(&own)
                .args(["-m", "pip", "install", "--quiet", EMULATOR])
                .status();
        }
    }
    Some(if has_emulator(&own) { own } else { machines })
}

fn has_emulator(python: &Path) -> bool {
    let mut import = Command::new(python);
    import.args(["-c", "import unicorn"]).stderr(Stdio::null());
    import.status().is_ok_and(|status| status.success())
}
