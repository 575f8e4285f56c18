//! `cargo xtask build` and `flash`: the boards that the project knows.

use crate::esp32c3;
use crate::process::{self, usage};
use crate::rp2040;
use anyhow::Result;
use std::ffi::OsString;
use std::process::ExitCode;

pub(crate) const BUILD_HELP: &str = "\
build BOARD     builds the release firmware of a board

  host           this desktop, with simulated mains and tank
  rp2040-w5500   target-firmware/rp2040-w5500: the ELF and UF2 files, and its size against its budget; the broker may be
                 said at once: DIMMER_BROKER=192.168.1.10:1883 cargo xtask build rp2040-w5500
  esp32c3        target-firmware/esp32c3: the ELF file, the program's image and the whole flash of 4 MB, by espflash, its
                 size against its budget, and whether what must run from RAM does; the network and the broker may be said
                 at once, by DIMMER_WIFI_NAME, DIMMER_WIFI_PASSWORD and DIMMER_BROKER
  ... --features open-eth   the same with an emulator's Ethernet in the radio's place";

pub(crate) const FLASH_HELP: &str = "\
flash BOARD     builds the firmware, and puts it on a board that is connected by USB; what `build` takes from the environment
                (DIMMER_BROKER=…) belongs in front of this, too

  host           has nothing to flash: `cargo xtask sim` runs it
  rp2040-w5500   copies the UF2 file to a board in its boot mode, or writes it by probe-rs where that finds a debug probe
  esp32c3        writes the image by espflash";

/// A board that this desktop is not.
type Chip = Option<&'static str>;

const RP2040: &str = "rp2040-w5500";
const ESP32C3: &str = "esp32c3";

const BOARDS: [(&str, Chip); 3] = [
    ("host", None),
    (RP2040, Some(RP2040)),
    (ESP32C3, Some(ESP32C3)),
];

fn chip(command: &str, args: &[OsString]) -> Result<Chip> {
    let names = BOARDS.map(|(name, _)| name).join(", ");
    let [word] = args else {
        return Err(usage(format!(
            "`{command}` takes one board; the boards are: {names}"
        )));
    };
    let board = BOARDS
        .into_iter()
        .find(|(name, _)| word == name)
        .map(|(_, chip)| chip);
    let word = word.to_string_lossy();
    board.ok_or_else(|| usage(format!("no board `{word}`; the boards are: {names}")))
}

pub(crate) fn build(args: &[OsString]) -> Result<ExitCode> {
    // One board can be built in two ways.
    if let Some((word, options)) = args.split_first()
        && word == ESP32C3
    {
        return esp32c3::build(options);
    }
    if chip("build", args)?.is_some() {
        return rp2040::build();
    }
    process::run(&mut process::command(
        "cargo build --release --package dimmer-host",
    ))?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn flash(args: &[OsString]) -> Result<ExitCode> {
    match chip("flash", args)? {
        Some(RP2040) => return rp2040::flash(),
        Some(_) => return esp32c3::flash(),
        None => {}
    }
    eprintln!(
        "xtask: the host board has nothing to flash; `cargo xtask sim` runs it on this desktop"
    );
    Ok(ExitCode::FAILURE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_board_is_answered_with_the_list_of_boards() {
        assert_eq!(chip("build", &["host".into()]).unwrap(), None);
        let complaint = chip("build", &["esp8266".into()]).unwrap_err().to_string();
        assert!(
            complaint.contains("esp8266") && complaint.contains("rp2040-w5500"),
            "{complaint}"
        );
    }
}
