//! The board rp2040-w5500 in an emulator: for a person to play with, measured, and tested. What it does there is in `boards/rp2040-w5500/emulator`.

use crate::firmware::Toolchain;
use crate::process::{self, command, find_program, root, search_path, succeeds, usage};
use crate::rp2040;
use crate::test::{Outcome, StepWork};
use anyhow::{Result, bail};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

const EMULATOR: &str = "boards/rp2040-w5500/emulator";

pub(crate) const EMULATE_HELP: &str = "\
emulate BOARD [measure [short] [50] [60] | measure slow | cuts [slow] [COUNT [SEED]] | page | probes | alone | faults [SEED]]   runs a board's image in an emulator

  rp2040-w5500   the UF2 file in rp2040js, with mains, a probe and Ethernet attached, bridged to a mosquitto in a network
                 namespace of its own: type a number to publish a setpoint, anything else goes to the serial port
  ... measure    delivered power at 20 setpoints by way of mosquitto, at 50 and 60 Hz; 100 publishes; 10,000 pulses under each of
                 ten loads: some ten minutes for each. It fails when a figure is not as promised. `short` is what the tests run,
                 `slow` saves settings, with a flash that takes as long as its data sheet allows
  ... cuts       the power goes away while settings are saved, 200 times or COUNT; SEED, a number from 1 on, chooses the moments,
                 as it does for `faults`
  ... page       the page, its password, and another address and another broker by it
  ... probes     a second probe on the wire is found, chosen, and read
  ... alone      it starts without its W5500, goes by its local rules, and comes online when the chip is there
  ... faults     a panic, a fault, a stack that is too deep, and what hangs, each in the middle of a pulse of three outputs

It needs Linux with unshare, setpriv and /dev/net/tun, Python 3, mosquitto, Node 20 and npm (cargo xtask setup).";

/// The scripts by their words, and the one without.
const SCRIPTS: [(&str, &str); 6] = [
    ("measure", "measure.mjs"),
    ("cuts", "cuts.mjs"),
    ("page", "page.mjs"),
    ("probes", "probes.mjs"),
    ("alone", "alone.mjs"),
    ("faults", "faults.mjs"),
];
const PLAY: &str = "run.mjs";

pub(crate) fn emulate(args: &[OsString]) -> Result<ExitCode> {
    let (board, rest) = args
        .split_first()
        .ok_or_else(|| usage("`emulate` takes a board: rp2040-w5500".to_owned()))?;
    if board != "rp2040-w5500" {
        let board = board.to_string_lossy();
        return Err(usage(format!(
            "no emulator for `{board}`; there is one for rp2040-w5500"
        )));
    }
    let (script, rest) = match rest.split_first() {
        None => (PLAY, rest),
        Some((word, rest)) => match SCRIPTS.iter().find(|(name, _)| word == name) {
            Some((_, script)) => (*script, rest),
            None => return Err(process::unknown_word("emulate", word)),
        },
    };
    if let Some(word) = unknown_to(script, rest) {
        return Err(process::unknown_word("emulate", word));
    }
    if let Some(missing) = missing() {
        bail!("{missing}");
    }
    let image = rp2040::image(&rp2040::toolchain()?)?;
    let well = succeeds(in_namespace(script, &image.uf2).args(rest))?;
    Ok(ExitCode::from(u8::from(!well)))
}

/// The first of these words that the script does not know: it would try nothing then, and find nothing wrong.
fn unknown_to<'a>(script: &str, words: &'a [OsString]) -> Option<&'a OsString> {
    let number = |word: &OsString| word.to_str().and_then(|word| word.parse::<u32>().ok());
    // How many words come first that are no number, and how many numbers may follow.
    let (options, numbers) = match (script, words.first().and_then(|word| word.to_str())) {
        ("measure.mjs", Some("slow")) => (1, 0),
        ("measure.mjs", Some("short")) => (1, usize::MAX),
        ("measure.mjs", _) => (0, usize::MAX),
        ("cuts.mjs", Some("slow")) => (1, 2),
        ("cuts.mjs", _) => (0, 2),
        ("faults.mjs", _) => (0, 1),
        _ => (0, 0),
    };
    let (_, words) = words.split_at(options);
    let is_known = |word: &OsString| match script {
        "measure.mjs" => word == "50" || word == "60",
        _ => number(word).is_some_and(|number| number > 0),
    };
    let (first, more) = words.split_at(words.len().min(numbers));
    first.iter().find(|word| !is_known(word)).or(more.first())
}

/// What it needs and is not here, in words; nothing when it can run.
fn missing() -> Option<String> {
    let programs = [
        "node",
        "unshare",
        "setpriv",
        "ip",
        "python3",
        "mosquitto",
        "mosquitto_pub",
    ];
    if let Some(program) = programs
        .into_iter()
        .find(|name| find_program(name).is_none())
    {
        return Some(format!(
            "{program} is missing; cargo xtask setup brings what it can"
        ));
    }
    if installed().is_none() {
        return Some("the emulator is not installed; cargo xtask setup".to_owned());
    }
    let mut namespace = command("unshare");
    let namespace = namespace.args(NAMESPACE).arg("true");
    let well = namespace.stderr(Stdio::null()).status();
    if !well.is_ok_and(|status| status.success()) {
        return Some("this user may not make network namespaces".to_owned());
    }
    (!Path::new("/dev/net/tun").exists()).then(|| "/dev/net/tun is missing".to_owned())
}

/// A network of its own, of which nothing is seen outside, and processes that all end with the first one, and that with `unshare`.
const NAMESPACE: [&str; 5] = [
    "--net",
    "--map-root-user",
    "--pid",
    "--fork",
    "--kill-child",
];

fn in_namespace(script: &str, uf2: &Path) -> Command {
    // By setpriv, `unshare` ends with this program, whatever ends it: the first process of a namespace does not see most signals.
    let mut run = command("setpriv --pdeathsig KILL unshare");
    run.args(NAMESPACE)
        .args(["sh", "-c", "ip link set lo up && exec node \"$@\"", "sh"])
        .arg(root().join(EMULATOR).join(script))
        .arg(uf2)
        .env("PATH", search_path());
    run
}

/// The steps of `cargo xtask test` that run the image.
pub(crate) const STEPS: [(&str, StepWork); 8] = [
    ("rp2040's emulator itself", own_tests),
    ("rp2040's image under loads", under_loads),
    ("rp2040's image, slow flash", slow_flash),
    ("rp2040's image, power cut", power_cuts),
    ("rp2040's image, its page", page),
    ("rp2040's image, its probes", probes),
    ("rp2040's image, alone", alone),
    ("rp2040's image, its faults", faults),
];

/// Its own tests, which take some seconds.
const OWN_TESTS: [&str; 5] = [
    "flash.test.mjs",
    "hard-fault.test.mjs",
    "probe.test.mjs",
    "state-machines.test.mjs",
    "translate.test.mjs",
];

/// What the emulator adds to rp2040js, by itself.
fn own_tests(_: &Toolchain) -> Result<Outcome> {
    let Some(version) = installed() else {
        let remedy = "the emulator is missing; cargo xtask setup";
        return Ok(Outcome::Skipped(remedy.to_owned()));
    };
    let mut node = Command::new("node");
    node.args(["--test", "--test-reporter=dot"])
        .args(OWN_TESTS)
        .current_dir(root().join(EMULATOR));
    outcome(&mut node, version)
}

fn under_loads(toolchain: &Toolchain) -> Result<Outcome> {
    image_test(toolchain, "measure.mjs", &["short"])
}

fn slow_flash(toolchain: &Toolchain) -> Result<Outcome> {
    image_test(toolchain, "measure.mjs", &["slow"])
}

fn power_cuts(toolchain: &Toolchain) -> Result<Outcome> {
    image_test(toolchain, "cuts.mjs", &["10"])
}

fn page(toolchain: &Toolchain) -> Result<Outcome> {
    image_test(toolchain, "page.mjs", &[])
}

fn probes(toolchain: &Toolchain) -> Result<Outcome> {
    image_test(toolchain, "probes.mjs", &[])
}

fn alone(toolchain: &Toolchain) -> Result<Outcome> {
    image_test(toolchain, "alone.mjs", &[])
}

fn faults(toolchain: &Toolchain) -> Result<Outcome> {
    image_test(toolchain, "faults.mjs", &[])
}

fn image_test(toolchain: &Toolchain, script: &str, words: &[&str]) -> Result<Outcome> {
    if let Some(missing) = missing() {
        return Ok(Outcome::Skipped(missing));
    }
    let image = rp2040::image(toolchain)?;
    outcome(in_namespace(script, &image.uf2).args(words), String::new())
}

fn outcome(run: &mut Command, remark: String) -> Result<Outcome> {
    Ok(match succeeds(run)? {
        true => Outcome::Passed(remark),
        false => Outcome::Failed("see above".to_owned()),
    })
}

/// What is installed of the emulator, if it is what the lock file says.
pub(crate) fn installed() -> Option<String> {
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
    fn only_a_board_with_an_emulator_is_emulated() {
        for words in [&["host"][..], &["rp2040-w5500", "play"]] {
            let args: Vec<OsString> = words.iter().map(OsString::from).collect();
            assert!(emulate(&args).is_err());
        }
    }

    #[test]
    fn words_that_a_script_does_not_know_are_refused() {
        let unknown = |script: &str, words: &[&str]| {
            let words: Vec<OsString> = words.iter().map(OsString::from).collect();
            unknown_to(script, &words).map(|word| word.to_string_lossy().into_owned())
        };
        for (script, words) in [
            ("measure.mjs", &[][..]),
            ("measure.mjs", &["slow"]),
            ("measure.mjs", &["short", "60", "50"]),
            ("cuts.mjs", &["slow", "200", "7"]),
            ("faults.mjs", &["3"]),
            ("page.mjs", &[]),
        ] {
            assert_eq!(unknown(script, words), None, "{script} {words:?}");
        }
        for (script, words, told) in [
            ("measure.mjs", &["55"][..], "55"),
            ("measure.mjs", &["050"], "050"),
            ("faults.mjs", &[""], ""),
            ("measure.mjs", &["slow", "50"], "50"),
            ("measure.mjs", &["short", "x"], "x"),
            ("cuts.mjs", &["0"], "0"),
            ("cuts.mjs", &["-3"], "-3"),
            ("cuts.mjs", &["1", "x"], "x"),
            ("cuts.mjs", &["1", "2", "3"], "3"),
            ("faults.mjs", &["x"], "x"),
            ("page.mjs", &["1"], "1"),
            ("run.mjs", &["1"], "1"),
        ] {
            assert_eq!(unknown(script, words).as_deref(), Some(told), "{script}");
        }
    }

    #[test]
    fn every_script_that_is_named_is_there() {
        let folder = root().join(EMULATOR);
        let scripts = SCRIPTS.iter().map(|(_, script)| *script);
        for script in scripts.chain([PLAY]).chain(OWN_TESTS) {
            assert!(folder.join(script).exists(), "{script}");
        }
    }
}
