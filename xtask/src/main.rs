//! The project's build tool: `cargo xtask <command>`. One file for each concern; this one holds the table of commands.

mod bench;
mod boards;
mod browser;
mod built;
mod checks;
mod debian;
mod disk;
mod emulator;
mod esp32c3;
mod faults;
mod firmware;
mod fuzz;
mod home_assistant;
mod lan;
mod process;
mod promtool;
mod reproducible;
mod rp2040;
mod setup;
mod sim;
mod size;
mod summary;
mod test;
mod uf2;

use anyhow::Result;
use std::ffi::OsString;
use std::process::ExitCode;

/// A word, its help (whose first line is also its line in the list), and what it does with the words after it.
type Command = (
    &'static str,
    &'static str,
    fn(&[OsString]) -> Result<ExitCode>,
);

const COMMANDS: [Command; 10] = [
    ("sim", sim::HELP, sim::run),
    ("test", test::HELP, test::run),
    ("build", boards::BUILD_HELP, boards::build),
    ("flash", boards::FLASH_HELP, boards::flash),
    ("emulate", emulator::EMULATE_HELP, emulator::emulate),
    ("size", size::HELP, size::run),
    ("setup", setup::HELP, setup::run),
    ("bench", bench::HELP, bench::run),
    ("faults", faults::HELP, faults::run),
    ("fuzz", fuzz::HELP, fuzz::run),
];

fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().skip(1).collect();
    match dispatch(&args) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            // 2 is what a shell expects for "you called it wrongly"; 1 is for work that failed.
            let wrongly_called = error.is::<process::UsageError>();
            ExitCode::from(if wrongly_called { 2 } else { 1 })
        }
    }
}

fn dispatch(args: &[OsString]) -> Result<ExitCode> {
    let asks_for_help = |word: &OsString| word == "--help" || word == "-h";
    let (word, rest) = match args.split_first() {
        Some((word, rest)) if word != "help" && !asks_for_help(word) => (word, rest),
        // `help WORD` is `WORD --help`.
        Some((word, [command])) if word == "help" => {
            return dispatch(&[command.clone(), "--help".into()]);
        }
        _ => {
            println!("cargo xtask <command> [--help]\n");
            for (_, help, _) in COMMANDS {
                println!("  {}", help.lines().next().unwrap_or_default());
            }
            return Ok(ExitCode::SUCCESS);
        }
    };
    let Some((name, help, run)) = COMMANDS.into_iter().find(|(name, ..)| word == name) else {
        let names = COMMANDS.map(|(name, ..)| name).join(", ");
        let word = word.to_string_lossy();
        return Err(process::usage(format!(
            "no command `{word}`; use one of: {names}"
        )));
    };
    // The simulator explains itself, if it is built; and what stands behind `--` is for another program.
    if name != "sim"
        && rest
            .iter()
            .take_while(|word| *word != "--")
            .any(asks_for_help)
    {
        println!("cargo xtask {help}");
        return Ok(ExitCode::SUCCESS);
    }
    run(rest)
}
