//! `cargo xtask size`: how large the host program and each crate's own machine code are, and what phase control takes of a chip.

pub(crate) mod budget;
pub(crate) mod crates;
pub(crate) mod phase;

use crate::firmware::{self, TARGETS, Toolchain};
use crate::process::{self, unknown_word};
use anyhow::{Context, Result};
use object::read::archive::ArchiveFile;
use object::{Object as _, ObjectSection as _, SectionKind};
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

pub(crate) const HELP: &str = "\
size [phase]    shows how large the code is: of the host program, of each crate on each chip, and of phase control in an image

A crate's figure is the machine code and constants of its own library, before the linker removes what a board does not
call: an upper bound of what it adds. Generic code is counted where it is used, not where it is written.

What dimmer-phase really takes is measured in linked images, against a budget that `cargo xtask test` enforces; `size phase`
shows that alone.";

/// Bytes of code and of constants: both end up in a device's flash.
type Bytes = (u64, u64);

fn add_sections(bytes: &mut Bytes, data: &[u8]) {
    // An rlib also holds a member with metadata, which is no object file.
    let Ok(file) = object::File::parse(data) else {
        return;
    };
    for section in file.sections() {
        match section.kind() {
            SectionKind::Text => bytes.0 += section.size(),
            SectionKind::ReadOnlyData
            | SectionKind::ReadOnlyString
            | SectionKind::ReadOnlyDataWithRel => bytes.1 += section.size(),
            _ => {}
        }
    }
}

fn bytes_of_library(file: &Path) -> Result<Bytes> {
    let data = fs::read(file).with_context(|| file.display().to_string())?;
    let mut bytes = Bytes::default();
    for member in ArchiveFile::parse(&*data)?.members() {
        add_sections(&mut bytes, member?.data(&*data)?);
    }
    Ok(bytes)
}

pub(crate) fn run(args: &[OsString]) -> Result<ExitCode> {
    let only_phase = match args {
        [] => false,
        [word] if word == "phase" => true,
        [.., word] => return Err(unknown_word("size", word)),
    };
    let toolchain = Toolchain::find().context("no Rust for the chips; cargo xtask setup")?;
    if only_phase {
        phase::print(&toolchain)?;
        return Ok(ExitCode::SUCCESS);
    }
    println!(
        "{:<16} {:<28} {:>8} {:>10} {:>8}",
        "crate", "target", "code", "constants", "sum"
    );
    for target in TARGETS {
        for package in firmware::carried_crates()? {
            process::run(&mut toolchain.build_crate(target, &package))?;
            let (code, constants) = bytes_of_library(&firmware::library(target, &package))?;
            let sum = code + constants;
            println!("{package:<16} {target:<28} {code:>8} {constants:>10} {sum:>8}");
        }
    }
    println!("\nBytes before the linker removes what a board does not call: see --help.\n");
    phase::print(&toolchain)?;

    println!("\nNow the host program, as a release: this takes some minutes the first time ...");
    process::run(&mut process::command(
        "cargo build --release --package dimmer-host",
    ))?;
    // This program lies in target/debug, the other in target/release.
    let program = std::env::current_exe()?;
    let folder = program
        .parent()
        .and_then(Path::parent)
        .context("no target directory")?;
    let name = format!("dimmer-host{}", std::env::consts::EXE_SUFFIX);
    let data = fs::read(folder.join("release").join(&name)).with_context(|| name.clone())?;
    let mut host = Bytes::default();
    add_sections(&mut host, &data);
    println!(
        "\n{name} (release): {} bytes, of them code {}, constants {}",
        data.len(),
        host.0,
        host.1
    );
    Ok(ExitCode::SUCCESS)
}
