//! The board rp2040-w5500: its image, the file to flash, its size against the budget, and the emulator.

use crate::firmware::Toolchain;
use crate::process::{self, command, find_program, root, search_path, succeeds, usage};
use crate::size::budget::{self, Figures};
use crate::uf2;
use anyhow::{Context, Result, bail};
use object::{Object as _, ObjectSection as _};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

const PACKAGE: &str = "dimmer-rp2040-w5500";
const TARGET: &str = "thumbv6m-none-eabi";
const FOLDER: &str = "target-firmware/rp2040-w5500";
const BUDGET: &str = "boards/rp2040-w5500/size-budget.toml";
const SECTION: &str = "rp2040-w5500";
const EMULATOR: &str = "boards/rp2040-w5500/emulator";
/// Where RAM begins; flash is below.
const RAM: u64 = 0x2000_0000;

pub(crate) const EMULATE_HELP: &str = "\
emulate BOARD [measure [HERTZ ...]]   runs a board's image in an emulator

  rp2040-w5500   the UF2 file in rp2040js, with mains, a probe and Ethernet attached, bridged to a mosquitto in a network
                 namespace of its own: type a number to publish a setpoint, anything else goes to the serial port
  ... measure    delivered power at 20 setpoints by way of mosquitto, at 50 and 60 Hz, jitter, latency, lost mains,
                 a restarted broker; several minutes, and it fails when a figure is not as promised

It needs Linux with unshare and /dev/net/tun, Python 3, mosquitto, Node 20 and npm (cargo xtask setup).";

/// The files of a built image.
struct Image {
    elf: PathBuf,
    uf2: PathBuf,
}

/// Builds the image, and beside it the file to flash.
fn image(toolchain: &Toolchain) -> Result<Image> {
    process::run(&mut toolchain.build_board(TARGET, PACKAGE))?;
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

/// The size of what is loaded, section by section, beside the budget. What is beyond it, one sentence each.
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
    let figures = figures(&data)?;
    let limits = budget::read(BUDGET)?;
    let limits = limits.get(SECTION).cloned().unwrap_or_default();
    println!("\n{:<16} {:>10} {:>8}", "sum", "bytes", "budget");
    for (name, bytes) in &figures {
        let limit = limits.get(name).map_or("none".to_owned(), u64::to_string);
        println!("{name:<16} {bytes:>10} {limit:>8}");
    }
    Ok(budget::compare(BUDGET, SECTION, &figures, &limits))
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

fn toolchain() -> Result<Toolchain> {
    Toolchain::find().context("no Rust for the chips; cargo xtask setup")
}

/// Copies the image to a board in its boot mode.
pub(crate) fn flash() -> Result<ExitCode> {
    let image = image(&toolchain()?)?;
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

pub(crate) fn emulate(args: &[OsString]) -> Result<ExitCode> {
    let (board, rest) = args
        .split_first()
        .context("`emulate` takes a board: rp2040-w5500")?;
    if board != "rp2040-w5500" {
        let board = board.to_string_lossy();
        return Err(usage(format!(
            "no emulator for `{board}`; there is one for rp2040-w5500"
        )));
    }
    let (script, rest) = match rest.split_first() {
        None => ("run.mjs", rest),
        Some((word, rest)) if word == "measure" => ("measure.mjs", rest),
        Some((word, _)) => return Err(process::unknown_word("emulate", word)),
    };
    for program in ["node", "unshare", "ip", "python3", "mosquitto"] {
        if find_program(program).is_none() {
            bail!("{program} is missing; cargo xtask setup brings what it can");
        }
    }
    if emulator().is_none() {
        bail!("the emulator is not installed; cargo xtask setup");
    }
    let image = image(&toolchain()?)?;
    // A network of its own: nothing of it is seen outside, and it ends with the program.
    let namespace = "--net --map-root-user";
    let mut run = command(&format!("unshare {namespace} sh -c"));
    run.arg("ip link set lo up && exec node \"$@\"").arg("sh");
    run.arg(root().join(EMULATOR).join(script));
    run.arg(&image.uf2).args(rest);
    let well = succeeds(run.env("PATH", search_path()))?;
    Ok(ExitCode::from(u8::from(!well)))
}

/// What is installed of the emulator, if it is what the lock file says.
pub(crate) fn emulator() -> Option<String> {
    let folder = root().join(EMULATOR);
    let version = |file: PathBuf, after: &str| {
        let text = fs::read_to_string(file).ok()?;
        let rest = text.get(text.find(after)? + after.len()..)?;
        let rest = rest.get(rest.find("\"version\": \"")? + 12..)?;
        rest.split('"').next().map(str::to_owned)
    };
    let installed = version(folder.join("node_modules/rp2040js/package.json"), "{")?;
    let locked = version(folder.join("package-lock.json"), "node_modules/rp2040js")?;
    (installed == locked).then(|| format!("rp2040js {installed}"))
}

/// Runs its own tests, which take a second.
pub(crate) fn test_emulator() -> Result<bool> {
    let mut node = Command::new("node");
    node.args(["--test", "--test-reporter=dot", "state-machines.test.mjs"])
        .current_dir(root().join(EMULATOR));
    succeeds(&mut node)
}

/// Installs it by npm, exactly as the lock file says.
pub(crate) fn install_emulator() -> Result<()> {
    if find_program("npm").is_none() {
        bail!("no npm here: install Node 20 or later");
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"])
        .current_dir(root().join(EMULATOR));
    process::run(&mut npm)
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
    fn only_a_board_with_an_emulator_is_emulated() {
        for words in [&["host"][..], &["rp2040-w5500", "play"]] {
            let args: Vec<OsString> = words.iter().map(OsString::from).collect();
            assert!(emulate(&args).is_err());
        }
    }
}
