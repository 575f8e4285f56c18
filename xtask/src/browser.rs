//! A real browser for the tests of the page: Chromium by the system's packages, and what steers it in a folder of its own in the user's cache.

use crate::process::{cache_folder, command, find_program, root, run};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// The tests' own name for the folder of the packages; whoever has it elsewhere says so with the same.
const PLACE: &str = "BROWSER_TESTS";

/// The packages with their versions.
const PACKAGES: &str = "boards/host/tests/browser/package.json";

fn place() -> PathBuf {
    std::env::var_os(PLACE).map_or_else(|| cache_folder().join("browser-tests"), PathBuf::from)
}

/// What this machine has of it, if it has it whole.
pub(crate) fn found() -> Option<String> {
    let chromium = find_program("chromium")?;
    find_program("node")?;
    let wanted = fs::read_to_string(root().join(PACKAGES)).ok()?;
    let place = place();
    let made_of = fs::read_to_string(place.join("package.json")).ok()?;
    let is_whole = ["playwright-core", "axe-core"]
        .iter()
        .all(|name| place.join("node_modules").join(name).is_dir());
    let text = format!("{} and {}", chromium.display(), place.display());
    (made_of == wanted && is_whole).then_some(text)
}

/// Installs the packages with npm, from whatever registry npm is set up for. Neither has dependencies.
pub(crate) fn install() -> Result<()> {
    if find_program("npm").is_none() {
        bail!("no npm here: install Node.js and Chromium the way you install programs");
    }
    let place = place();
    fs::create_dir_all(&place)?;
    let from = root().join(PACKAGES);
    fs::copy(&from, place.join("package.json")).with_context(|| from.display().to_string())?;
    let mut npm = command("npm install --no-audit --no-fund --ignore-scripts --no-package-lock");
    run(npm.current_dir(&place))
}

/// The tests in a browser, apart from the others: they need one, and print figures.
pub(crate) fn tests() -> Command {
    let mut test =
        command("cargo test --quiet --package dimmer-host --test browser -- --ignored --nocapture");
    test.env(PLACE, place());
    if let Some(chromium) = find_program("chromium") {
        test.env("CHROMIUM", chromium);
    }
    test
}
