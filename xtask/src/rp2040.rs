//! The board rp2040-w5500: its image, the file to flash, its size against the budget, and the emulator.

use crate::built;
use crate::firmware::Toolchain;
use crate::process::{self, command, find_program, root, succeeds};
use crate::reproducible;
use crate::size::budget::{self, Figures};
use crate::size::crates;
use crate::uf2;
use anyhow::{Context, Result, bail};
use object::{Object as _, ObjectSection as _};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const PACKAGE: &str = "dimmer-rp2040-w5500";
const TARGET: &str = "thumbv6m-none-eabi";
const FOLDER: &str = "target-firmware/rp2040-w5500";
const BUDGET: &str = "boards/rp2040-w5500/size-budget.toml";
const SECTION: &str = "rp2040-w5500";
/// Where RAM begins; flash is below.
const RAM: u64 = 0x2000_0000;

/// The files of a built image.
pub(crate) struct Image {
    elf: PathBuf,
    pub(crate) uf2: PathBuf,
}

/// Builds the image, and beside it the file to flash.
pub(crate) fn image(toolchain: &Toolchain) -> Result<Image> {
    built::check(built::BY_WIRE)?;
    process::run(&mut toolchain.build_board(TARGET, PACKAGE)?)?;
    let built = root()
        .join("target-firmware")
        .join(TARGET)
        .join("firmware")
        .join(PACKAGE);
    let data = fs::read(&built).with_context(|| built.display().to_string())?;
    let folder = root().join(FOLDER);
    fs::create_dir_all(&folder)?;
    let elf = folder.join(format!("{PACKAGE}.elf"));
    let uf2 = folder.join(format!("{PACKAGE}.uf2"));
    fs::write(&elf, &data)?;
    fs::write(&uf2, uf2::from_elf(&data)?)?;
    Ok(Image { elf, uf2 })
}

/// Flash, and the RAM that is taken from the start: what is left of it is the stack's.
fn figures(data: &[u8]) -> Result<Figures> {
    let image = object::File::parse(data)?;
    let in_ram = image
        .sections()
        .filter(|section| section.address() >= RAM)
        .map(|section| section.size())
        .sum();
    Ok(Figures::from([
        ("flash".to_owned(), uf2::flash_bytes(data)?),
        ("static_ram".to_owned(), in_ram),
    ]))
}

/// The size of what is loaded, section by section and crate by crate, beside the budget. What is beyond it, an allocator, or a folder of this machine, one sentence each.
fn show_size(elf: &Path) -> Result<Vec<String>> {
    let data = fs::read(elf).with_context(|| elf.display().to_string())?;
    println!("{:<16} {:>10} {:>8}", "section", "address", "bytes");
    let image = object::File::parse(&*data)?;
    for section in image.sections() {
        if section.size() > 0 && section.address() > 0 {
            let (name, address) = (section.name()?, section.address());
            println!("{name:<16} {address:>#10x} {:>8}", section.size());
        }
    }
    crates::print(&data, RAM)?;
    let figures = figures(&data)?;
    let limits = budget::read(BUDGET)?;
    let limits = limits.get(SECTION).cloned().unwrap_or_default();
    println!("\n{:<16} {:>10} {:>8}", "sum", "bytes", "budget");
    for (name, bytes) in &figures {
        let limit = limits.get(name).map_or("none".to_owned(), u64::to_string);
        println!("{name:<16} {bytes:>10} {limit:>8}");
    }
    let mut wrong = budget::compare(BUDGET, SECTION, &figures, &limits);
    if let [first, ..] = crates::allocators(&data)?.as_slice() {
        wrong.push(format!(
            "an allocator is linked ({first}): nothing on the board may allocate"
        ));
    }
    wrong.extend(reproducible::problems(&data)?);
    Ok(wrong)
}

/// Builds the image and shows its size; `None` when it is within the budget.
pub(crate) fn build_within_budget(toolchain: &Toolchain) -> Result<Option<String>> {
    let image = image(toolchain)?;
    let over = show_size(&image.elf)?;
    for file in [&image.elf, &image.uf2] {
        let file = file.strip_prefix(root()).unwrap_or(file);
        println!("{}", file.display());
    }
    Ok((!over.is_empty()).then(|| over.join("; ")))
}

/// Whether clippy finds nothing in the program's part for the chip.
pub(crate) fn lints(toolchain: &Toolchain) -> Result<bool> {
    match toolchain.lint_board(TARGET, PACKAGE) {
        Some(mut lint) => succeeds(&mut lint),
        None => Ok(true),
    }
}

pub(crate) fn build() -> Result<ExitCode> {
    match build_within_budget(&toolchain()?)? {
        None => Ok(ExitCode::SUCCESS),
        Some(over) => bail!("{over}"),
    }
}

pub(crate) fn toolchain() -> Result<Toolchain> {
    Toolchain::find().context("no Rust for the chips; cargo xtask setup")
}

/// Writes the image by a debug probe if there is one, else copies it to a board in its boot mode.
pub(crate) fn flash() -> Result<ExitCode> {
    let image = image(&toolchain()?)?;
    if find_program("probe-rs").is_some() {
        let list = process::output(&mut command("probe-rs list"))?;
        if names_a_probe(&list) {
            println!(
                "by probe-rs, with the debug probe that it found; THE MAINS MUST BE UNPLUGGED"
            );
            let mut download = command("probe-rs download --chip RP2040 --verify");
            process::run(download.arg(&image.elf))?;
            process::run(&mut command("probe-rs reset --chip RP2040"))?;
            return Ok(ExitCode::SUCCESS);
        }
        println!("probe-rs is here and finds no debug probe: by the boot mode, then");
    }
    let disks = disks(&MOUNTS.map(PathBuf::from));
    let [disk] = disks.as_slice() else {
        let found = match disks.len() {
            0 => "no RP2040 in its boot mode is there".to_owned(),
            count => format!("{count} of them are there, and it is not told which is meant"),
        };
        bail!(
            "{found}. UNPLUG THE MAINS, then hold the button BOOTSEL while the board's USB cable is plugged in: a disk called RPI-RP2 comes, \
             perhaps to be mounted by hand. Or copy the file there yourself: {}",
            image.uf2.display()
        );
    };
    let to = disk.join(format!("{PACKAGE}.uf2"));
    fs::copy(&image.uf2, &to).with_context(|| to.display().to_string())?;
    println!("copied to {}; the board starts by itself", disk.display());
    Ok(ExitCode::SUCCESS)
}

/// Whether `probe-rs list` names a debug probe: each has a line with its number in brackets.
fn names_a_probe(list: &str) -> bool {
    list.lines().any(|line| line.trim_start().starts_with('['))
}

/// Where desktops mount disks: below, by user or not, each under its name.
const MOUNTS: [&str; 4] = ["/media", "/run/media", "/Volumes", "/mnt"];

/// The disks that are an RP2040's boot ROM, by the file that it shows.
fn disks(mounts: &[PathBuf]) -> Vec<PathBuf> {
    let below = |folder: &PathBuf| {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect::<Vec<_>>()
    };
    let first: Vec<PathBuf> = mounts.iter().flat_map(below).collect();
    let second: Vec<PathBuf> = first.iter().flat_map(below).collect();
    let mut disks: Vec<PathBuf> = first.into_iter().chain(second).collect();
    disks.retain(|disk| {
        let text = fs::read_to_string(disk.join("INFO_UF2.TXT")).unwrap_or_default();
        text.lines().any(|line| line.trim() == "Board-ID: RPI-RP2")
    });
    disks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_boot_roms_disk_is_known_by_its_file_wherever_desktops_mount_it() {
        let folder = std::env::temp_dir().join(format!("xtask-disks-{}", std::process::id()));
        let info = |disk: &str, text: &str| {
            let disk = folder.join(disk);
            fs::create_dir_all(&disk).unwrap();
            fs::write(disk.join("INFO_UF2.TXT"), text).unwrap();
            disk
        };
        let mine = "UF2 Bootloader v3.0\r\nModel: Raspberry Pi RP2\r\nBoard-ID: RPI-RP2\r\n";
        let by_name = info("RPI-RP2", mine);
        let by_user = info("user/RPI-RP2", mine);
        info("user/OTHER", "UF2 Bootloader\r\nBoard-ID: SAMD21\r\n");
        fs::create_dir_all(folder.join("user/empty")).unwrap();
        let mut found = disks(std::slice::from_ref(&folder));
        found.sort();
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(found, [by_name, by_user]);
    }

    #[test]
    fn a_debug_probe_is_known_by_its_line_in_the_list() {
        let list = "The following debug probes were found:\n[0]: Debug Probe (CMSIS-DAP) -- 2e8a:000c:E6614 (CMSIS-DAP)\n";
        assert!(names_a_probe(list));
        assert!(!names_a_probe("No debug probes were found.\n"));
    }
}
