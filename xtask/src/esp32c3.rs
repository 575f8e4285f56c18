//! The board esp32c3: its image by espflash, its size against the budget, what of it runs from RAM, and flashing.

mod ram;

use crate::built;
use crate::firmware::Toolchain;
use crate::process::{self, command, root, search_path, succeeds, usage};
use crate::reproducible;
use crate::size::budget::{self, Figures};
use anyhow::{Context, Result, bail};
use object::{Object as _, ObjectSection as _};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

const PACKAGE: &str = "dimmer-esp32c3";
const TARGET: &str = "riscv32imc-unknown-none-elf";
const FOLDER: &str = "target-firmware/esp32c3";
const BOARD: &str = "boards/esp32c3";
/// The version that `cargo xtask setup` installs.
pub(crate) const ESPFLASH: &str = "4.7.0";

/// RAM as the data bus sees it, where a section of no content stands for the code that the instruction bus sees; and the memory of the real-time controller.
const RAM: [std::ops::Range<u64>; 2] = [0x3FC8_0000..0x3FCE_0000, 0x5000_0000..0x5000_2000];
/// Of RAM, what is left of it when everything else has been placed.
const STACK: &str = ".stack";

/// The radio's driver alone is a third of a megabyte: everything else is made as small as it goes, and this processor is fast enough for that.
const SMALLEST: (&str, &str) = ("CARGO_PROFILE_FIRMWARE_OPT_LEVEL", "z");
/// The radio's driver drops an event for which there is no room; by itself it has room for two.
const EVENTS: (&str, &str) = ("ESP_RADIO_CONFIG_EVENT_CHANNEL_CAPACITY", "16");
/// How the flash is read, in the header that the boot loader goes by: two data wires, which every module has connected, at the highest frequency. Code that is fetched slowly is code
/// that is late.
const FLASH: [&str; 6] = [
    "--flash-size",
    "4mb",
    "--flash-mode",
    "dio",
    "--flash-freq",
    "80mhz",
];

/// The images that there are: what sets the network apart, its features, and its section in the budget.
const IMAGES: [(&str, &[&str]); 2] = [("wifi", &[]), ("open-eth", &["open-eth"])];

/// The files of a built image.
struct Image {
    elf: PathBuf,
    /// What stands in the partition of the program.
    app: PathBuf,
    /// The boot loader, the partition table and the program, as the flash holds them.
    merged: PathBuf,
}

/// espflash, if it is installed in the version that is known to work.
pub(crate) fn espflash() -> Option<String> {
    let version = process::output(espflash_command().arg("--version")).ok()?;
    (version == format!("espflash {ESPFLASH}")).then_some(version)
}

/// Nobody's own is replaced: it may be there for another project.
pub(crate) fn refuse_another_espflash() -> Result<()> {
    if let Ok(version) = process::output(espflash_command().arg("--version")) {
        bail!(
            "{version} is here, and {ESPFLASH} is the version that is known to make the image. To have that in its place: \
             cargo install --locked --force espflash --version {ESPFLASH}"
        );
    }
    Ok(())
}

fn espflash_command() -> Command {
    let mut espflash = command("espflash");
    // It asks the network for a newer version of itself otherwise.
    espflash
        .env("PATH", search_path())
        .env("ESPFLASH_SKIP_UPDATE_CHECK", "true");
    espflash
}

fn build_image(toolchain: &Toolchain, name: &str, features: &[&str]) -> Result<Image> {
    if espflash().is_none() {
        bail!("espflash {ESPFLASH} is missing; cargo xtask setup");
    }
    built::check(built::BY_WIFI)?;
    let mut build = toolchain.build_board(TARGET, PACKAGE)?;
    build.envs([SMALLEST, EVENTS]);
    process::run(build.args(features.iter().flat_map(|feature| ["--features", feature])))?;
    let built = root()
        .join("target-firmware")
        .join(TARGET)
        .join("firmware")
        .join(PACKAGE);
    let folder = root().join(FOLDER);
    fs::create_dir_all(&folder)?;
    let file = |end: &str| folder.join(format!("{PACKAGE}-{name}{end}"));
    let image = Image {
        elf: file(".elf"),
        app: file("-app.bin"),
        merged: file("-4mb.bin"),
    };
    fs::copy(&built, &image.elf).with_context(|| built.display().to_string())?;
    let save = |options: &str, to: &Path| {
        let line = format!("save-image --chip esp32c3 {options}");
        let mut save = espflash_command();
        save.args(line.split_whitespace())
            .args(FLASH)
            .arg("--partition-table")
            .arg(root().join(BOARD).join("partitions.csv"))
            .arg(&image.elf)
            .arg(to);
        process::output(&mut save).map(|_| ())
    };
    save("", &image.app)?;
    save("--merge", &image.merged)?;
    Ok(image)
}

/// The program's image, and RAM: what is taken of it from the start, heap included.
fn figures(image: &Image) -> Result<Figures> {
    let data = fs::read(&image.elf).with_context(|| image.elf.display().to_string())?;
    let elf = object::File::parse(&*data)?;
    let mut static_ram = 0;
    for section in elf.sections() {
        let is_ram = RAM.iter().any(|ram| ram.contains(&section.address()));
        if is_ram && section.name()? != STACK {
            static_ram += section.size();
        }
    }
    Ok(Figures::from([
        ("app_image".to_owned(), fs::metadata(&image.app)?.len()),
        ("static_ram".to_owned(), static_ram),
    ]))
}

/// Section by section, then the sums beside the budget. What is beyond it, one sentence each.
fn show_size(name: &str, image: &Image) -> Result<Vec<String>> {
    let data = fs::read(&image.elf).with_context(|| image.elf.display().to_string())?;
    println!("{:<20} {:>10} {:>8}", "section", "address", "bytes");
    for section in object::File::parse(&*data)?.sections() {
        if section.size() > 0 && section.address() > 0 {
            let (name, address) = (section.name()?, section.address());
            println!("{name:<20} {address:>#10x} {:>8}", section.size());
        }
    }
    let figures = figures(image)?;
    let file = format!("{BOARD}/size-budget.toml");
    let limits = budget::read(&file)?;
    let limits = limits.get(name).cloned().unwrap_or_default();
    println!("\n{:<20} {:>10} {:>8}", "sum", "bytes", "budget");
    for (name, bytes) in &figures {
        let limit = limits.get(name).map_or("none".to_owned(), u64::to_string);
        println!("{name:<20} {bytes:>10} {limit:>8}");
    }
    Ok(budget::compare(&file, name, &figures, &limits))
}

/// Builds one image and shows its size; `None` when it is within the budget, what must run from RAM does, and no folder of this machine is in it.
fn build_one(toolchain: &Toolchain, name: &str, features: &[&str]) -> Result<Option<String>> {
    let image = build_image(toolchain, name, features)?;
    let mut over = show_size(name, &image)?;
    let elf = fs::read(&image.elf)?;
    over.extend(ram::problems(&elf)?);
    over.extend(reproducible::problems(&elf)?);
    for file in [&image.elf, &image.app, &image.merged] {
        let file = file.strip_prefix(root()).unwrap_or(file);
        println!("{}", file.display());
    }
    Ok((!over.is_empty()).then(|| over.join("; ")))
}

/// Builds both images; `None` when they are within the budget.
pub(crate) fn build_within_budget(toolchain: &Toolchain) -> Result<Option<String>> {
    let mut over = Vec::new();
    for (name, features) in IMAGES {
        println!("\n{name}");
        over.extend(build_one(toolchain, name, features)?);
    }
    Ok((!over.is_empty()).then(|| over.join("; ")))
}

/// Whether clippy finds nothing in the program's parts for the chip.
pub(crate) fn lints(toolchain: &Toolchain) -> Result<bool> {
    let mut well = true;
    for (_, features) in IMAGES {
        if let Some(mut lint) = toolchain.lint_board_with(TARGET, PACKAGE, features) {
            well &= succeeds(lint.envs([SMALLEST, EVENTS]))?;
        }
    }
    Ok(well)
}

/// Which image is meant by the words behind the board's name.
fn chosen(args: &[OsString]) -> Result<(&'static str, &'static [&'static str])> {
    let [wifi, open_eth] = IMAGES;
    match args {
        [] => Ok(wifi),
        [option, name] if option == "--features" && name == "open-eth" => Ok(open_eth),
        _ => Err(usage(
            "the ESP32-C3 has one feature: `cargo xtask build esp32c3 --features open-eth`, for an emulator".to_owned(),
        )),
    }
}

pub(crate) fn build(args: &[OsString]) -> Result<ExitCode> {
    let (name, features) = chosen(args)?;
    match build_one(&toolchain()?, name, features)? {
        None => Ok(ExitCode::SUCCESS),
        Some(over) => bail!("{over}"),
    }
}

fn toolchain() -> Result<Toolchain> {
    Toolchain::find().context("no Rust for the chips; cargo xtask setup")
}

/// Writes the image to the board on a USB cable.
pub(crate) fn flash() -> Result<ExitCode> {
    let image = build_image(&toolchain()?, "wifi", &[])?;
    println!("THE MAINS MUST BE UNPLUGGED while the board is on a USB cable.");
    let mut flash = espflash_command();
    flash
        .args(["flash", "--chip", "esp32c3"])
        .args(FLASH)
        .arg("--partition-table")
        .arg(root().join(BOARD).join("partitions.csv"))
        .arg(&image.elf);
    if !succeeds(&mut flash)? {
        bail!(
            "the board was not flashed. Is it the only one on a USB cable, and a cable that carries data? Hold its button BOOT while it is plugged in, and try \
             again; on Linux your user must be in the group `dialout`. By hand: espflash write-bin 0x0 {}",
            image.merged.display()
        );
    }
    println!("flashed; the board starts by itself, and says what it does: espflash monitor");
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_feature_is_known_and_any_other_word_is_answered_with_it() {
        let words = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        assert_eq!(chosen(&[]).unwrap().0, "wifi");
        let open_eth = chosen(&words(&["--features", "open-eth"])).unwrap();
        assert_eq!(open_eth, ("open-eth", &["open-eth"][..]));
        for wrong in [&["--features"][..], &["--features", "wifi"], &["play"]] {
            assert!(
                chosen(&words(wrong))
                    .unwrap_err()
                    .to_string()
                    .contains("open-eth")
            );
        }
    }

    #[test]
    fn the_partitions_of_the_board_fit_its_flash_and_each_other() {
        let file = root().join(BOARD).join("partitions.csv");
        let text = fs::read_to_string(file).unwrap();
        let number = |text: &str| u64::from_str_radix(text.trim_start_matches("0x"), 16).unwrap();
        let mut end = 0x9000;
        let mut store = 0;
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let fields: Vec<&str> = line.split(',').collect();
            let (start, length) = (number(fields[3]), number(fields[4]));
            assert!(start >= end, "{line}");
            assert_eq!(start % 0x1000, 0);
            end = start + length;
            if fields[0] == "store" {
                store = length;
            }
        }
        assert!(end <= 4 * 1024 * 1024);
        assert_eq!(store, 16 * 1024, "what dimmer-store needs");
    }
}
