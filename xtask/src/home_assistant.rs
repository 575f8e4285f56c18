//! A real Home Assistant for the tests: installed once, in a virtual environment of its own in the user's cache.

use crate::process::{cache_folder, command, find_program, output, root, run};
use anyhow::{Context, Result, bail};
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// The tests' own name for the folder in which they look for it; whoever has it elsewhere says so with the same.
pub(crate) const PLACE: &str = "HOME_ASSISTANT_VENV";

/// Every package with its version, Home Assistant among them. What Home Assistant pins is pinned, so that it is the one that its authors
/// tested; what its front end and its radios need is left out.
const REQUIREMENTS: &str = "boards/host/tests/home_assistant/requirements.txt";

/// The one Python that those versions are made for.
const PYTHON: (u32, u32) = (3, 13);

/// Written last, with the text of the requirements: what is there is whole, and of these versions.
const STAMP: &str = "made-of";

/// Instead of 215 MB of web pages that no test opens. Home Assistant asks the package where they are.
const FRONT_END: &str =
    "from pathlib import Path\n\n\ndef where():\n    return Path(__file__).parent\n";

/// The folder of the virtual environment, whether it is there or not.
pub(crate) fn place() -> PathBuf {
    std::env::var_os(PLACE).map_or_else(|| cache_folder().join("home-assistant"), PathBuf::from)
}

/// What this machine has of it, if it has it whole.
pub(crate) fn found() -> Option<String> {
    let wanted = requirements().ok()?;
    let made_of = fs::read_to_string(place().join(STAMP)).ok()?;
    (made_of == wanted).then(|| format!("{} in {}", version(&wanted), place().display()))
}

fn requirements() -> Result<String> {
    let file = root().join(REQUIREMENTS);
    fs::read_to_string(&file).with_context(|| file.display().to_string())
}

/// `2025.4.4` of `homeassistant==2025.4.4`.
fn version(requirements: &str) -> &str {
    let mut lines = requirements.lines();
    lines
        .find_map(|line| line.strip_prefix("homeassistant=="))
        .unwrap_or("?")
}

/// Installs it with pip, from whatever index pip is set up for.
pub(crate) fn install() -> Result<()> {
    let wanted = requirements()?;
    let place = place();
    let python = python()?;
    println!("  with {} into {} ...", python.display(), place.display());
    if place.join("pyvenv.cfg").exists() {
        // Of another version, or of a run that was interrupted.
        fs::remove_dir_all(&place)?;
    } else if fs::read_dir(&place).is_ok_and(|mut entries| entries.next().is_some()) {
        bail!(
            "{} is not empty, and no virtual environment: let {PLACE} name another folder",
            place.display()
        );
    }
    run(Command::new(&python).args(["-m", "venv"]).arg(&place))?;
    install_packages(&place, &wanted)?;
    let folder = output(Command::new(place.join("bin/python")).args([
        "-c",
        "import sysconfig; print(sysconfig.get_paths()['purelib'])",
    ]))?;
    let front_end = Path::new(&folder).join("hass_frontend");
    fs::create_dir_all(&front_end)?;
    fs::write(front_end.join("__init__.py"), FRONT_END)?;
    fs::write(place.join(STAMP), wanted)?;
    Ok(())
}

/// pip tells a line for each package that it fetches; every tenth is told on.
fn install_packages(place: &Path, wanted: &str) -> Result<()> {
    let packages = wanted.lines().count();
    println!("  {packages} packages, two or three minutes ...");
    let started = Instant::now();
    // What Home Assistant needs is listed, and checked by no resolver: some pins contradict each other. Only what is used is
    // compiled, at the first start.
    let mut pip = Command::new(place.join("bin/python"));
    pip.args([
        "-m",
        "pip",
        "install",
        "--no-deps",
        "--no-compile",
        "--no-input",
    ])
    .args([
        "--disable-pip-version-check",
        "--progress-bar",
        "off",
        "--requirement",
    ])
    .arg(root().join(REQUIREMENTS));
    let mut child = pip.stdout(Stdio::piped()).spawn()?;
    let lines = BufReader::new(child.stdout.take().context("no pipe")?).lines();
    let mut collected = 0;
    let mut last = String::new();
    for line in lines.map_while(Result::ok) {
        let seconds = started.elapsed().as_secs();
        if line.starts_with("Collecting ") {
            collected += 1;
            if collected % 10 == 0 {
                println!("  {collected} of {packages} fetched, {seconds} s");
            }
        } else if line.starts_with("Installing collected packages") {
            println!("  all fetched, {seconds} s; unpacking ...");
        }
        last = line;
    }
    if !child.wait()?.success() {
        bail!("pip could not install all of {REQUIREMENTS}: {last}");
    }
    println!("  installed in {} s", started.elapsed().as_secs());
    Ok(())
}

/// A Python of the wanted version: the one that `PYTHON` names, one in the search path, or one of pyenv's.
fn python() -> Result<PathBuf> {
    let (major, minor) = PYTHON;
    let named = std::env::var_os("PYTHON").map(PathBuf::from);
    let in_path = [
        format!("python{major}.{minor}"),
        "python3".into(),
        "python".into(),
    ];
    let in_path = in_path.iter().filter_map(|name| find_program(name));
    let mut others = Vec::new();
    for candidate in named.into_iter().chain(in_path).chain(of_pyenv()) {
        match version_of(&candidate) {
            Some(version) if version == PYTHON => return Ok(candidate),
            Some((major, minor)) => {
                others.push(format!("{} is {major}.{minor}", candidate.display()))
            }
            // A shim without a program behind it.
            None => {}
        }
    }
    let found = if others.is_empty() {
        "there is none".to_owned()
    } else {
        others.join(", ")
    };
    bail!(
        "Home Assistant needs Python {major}.{minor} with the module venv; {found}. \
         Get it with `pyenv install {major}.{minor}` or `uv python install {major}.{minor}`, on Debian 13 or Ubuntu 25.04 \
         with `apt-get install python{major}.{minor}-venv`; then `PYTHON=/path/to/python{major}.{minor} cargo xtask setup`"
    )
}

/// pyenv keeps each version in a folder of its own, and offers only the chosen one in the search path.
fn of_pyenv() -> Vec<PathBuf> {
    let root = std::env::var_os("PYENV_ROOT").map(PathBuf::from);
    let root = root.or_else(|| std::env::home_dir().map(|home| home.join(".pyenv")));
    let entries = root.and_then(|root| fs::read_dir(root.join("versions")).ok());
    let start = format!("{}.{}.", PYTHON.0, PYTHON.1);
    let is_wanted = |name: &OsString| name.to_string_lossy().starts_with(&start);
    let mut found: Vec<PathBuf> = entries
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok().filter(|entry| is_wanted(&entry.file_name())))
        .map(|entry| entry.path().join("bin/python3"))
        .collect();
    found.sort_unstable();
    found
}

/// Its version, if it runs and can make virtual environments with pip in them.
fn version_of(python: &Path) -> Option<(u32, u32)> {
    let question = "import sys, venv, ensurepip; print(*sys.version_info[:2])";
    // A shim that finds nothing complains at length.
    let mut ask = Command::new(python);
    let text = output(ask.args(["-c", question])).ok()?;
    let (major, minor) = text.split_once(' ')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// The tests with Home Assistant, apart from the others: they need it, and print figures.
pub(crate) fn tests() -> Command {
    let mut test = command(
        "cargo test --quiet --package dimmer-host --test home_assistant -- --ignored --nocapture",
    );
    test.env(PLACE, place());
    test
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_package_is_pinned_and_home_assistant_is_one_of_them() {
        let requirements = requirements().unwrap();
        assert_eq!(version(&requirements), "2025.4.4");
        let loose = requirements
            .lines()
            .find(|line| line.split("==").count() != 2);
        assert_eq!(loose, None);
    }
}
