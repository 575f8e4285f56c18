//! `cargo xtask build` and `flash`: the boards that the project knows.

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
  esp32c3        not there yet";

pub(crate) const FLASH_HELP: &str = "\
flash BOARD     puts the firmware on a board that is connected by USB

  host           has nothing to flash: `cargo xtask sim` runs it
  rp2040-w5500   copies the UF2 file to a board in its boot mode
  esp32c3        not there yet";

/// A board that this desktop is not, and the target of its chip.
type Chip = Option<(&'static str, &'static str)>;

const RP2040: &str = "rp2040-w5500";

const BOARDS: [(&str, Chip); 3] = [
    ("host", None),
    (RP2040, Some((RP2040, "thumbv6m-none-eabi"))),
    ("esp32c3", Some(("esp32c3", "riscv32imc-unknown-none-elf"))),
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

fn not_there_yet((board, target): (&str, &str)) -> ExitCode {
    eprintln!(
        "xtask: the board {board} is not there yet. What works today: every crate under crates/ builds for its \
         chip ({target}; `cargo xtask test` checks it), and `cargo xtask sim` runs the same code on this desktop."
    );
    ExitCode::FAILURE
}

pub(crate) fn build(args: &[OsString]) -> Result<ExitCode> {
    match chip("build", args)? {
        Some((RP2040, _)) => return rp2040::build(),
        Some(chip) => return Ok(not_there_yet(chip)),
        None => {}
    }
    process::run(&mut process::command(
        "cargo build --release --package dimmer-host",
    ))?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn flash(args: &[OsString]) -> Result<ExitCode> {
    match chip("flash", args)? {
        Some((RP2040, _)) => return rp2040::flash(),
        Some(chip) => return Ok(not_there_yet(chip)),
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
