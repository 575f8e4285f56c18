//! Images that do not tell where they were built: the first thing that it takes to build the same one elsewhere.
//!
//! A panic names its file. Where the sources lie differs from machine to machine, and so would images that tell it; without the folders they are smaller by
//! some kilobytes, too.

use crate::process::{output, root};
use anyhow::{Context, Result, bail};
use object::{Object as _, ObjectSection as _};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// The flags that have `rustc` leave out where things lie on this machine, each as a string of TOML. Registries are to be fetched already.
pub(crate) fn flags(rustc: impl Fn() -> Command) -> Result<Vec<String>> {
    let mut prefixes = vec![(root().display().to_string(), String::new())];
    if let Ok(registries) = fs::read_dir(cargo_home()?.join("registry").join("src")) {
        for registry in registries {
            prefixes.push((registry?.path().display().to_string(), String::new()));
        }
    }
    prefixes.extend(sources_of_rust(&rustc)?);
    prefixes
        .into_iter()
        .map(|(from, to)| quoted(&format!("--remap-path-prefix={from}={to}")))
        .collect()
}

/// Where Rust's own sources are installed, it names their files there; elsewhere by the commit that they are of.
fn sources_of_rust(rustc: &impl Fn() -> Command) -> Result<Option<(String, String)>> {
    let sysroot = output(rustc().args(["--print", "sysroot"]))?;
    let version = output(rustc().arg("-vV"))?;
    let commit = version
        .lines()
        .find_map(|line| line.strip_prefix("commit-hash: "))
        .filter(|commit| *commit != "unknown");
    Ok(commit.map(|commit| {
        let installed = format!("{sysroot}/lib/rustlib/src/rust");
        (installed, format!("/rustc/{commit}"))
    }))
}

/// What of the image still tells where it was built, one sentence each.
pub(crate) fn problems(elf: &[u8]) -> Result<Vec<String>> {
    // Toolchains and caches are in the home folder.
    let folders = [Some(root()), Some(cargo_home()?), std::env::home_dir()];
    let folders: Vec<_> = folders
        .into_iter()
        .flatten()
        .filter(|folder| folder.is_absolute() && folder.parent().is_some())
        // With what follows it: a short name may be a word of the firmware's own.
        .map(|folder| folder.join("").display().to_string())
        .collect();
    let mut problems = Vec::new();
    for section in object::File::parse(elf)?.sections() {
        // What is loaded: debug information may tell it.
        if section.address() == 0 {
            continue;
        }
        let (name, data) = (section.name()?, section.data()?);
        for folder in &folders {
            if holds(data, folder.as_bytes()) {
                problems.push(format!(
                    "{name} holds a path in {folder}: built elsewhere it would be another image"
                ));
            }
        }
    }
    Ok(problems)
}

fn holds(data: &[u8], text: &[u8]) -> bool {
    data.windows(text.len()).any(|window| window == text)
}

fn cargo_home() -> Result<PathBuf> {
    let set = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let set = set.filter(|folder| folder.is_absolute());
    let usual = || std::env::home_dir().map(|home| home.join(".cargo"));
    set.or_else(usual)
        .context("neither CARGO_HOME nor a home folder is set")
}

/// As it is, backslashes too.
fn quoted(text: &str) -> Result<String> {
    if text.contains('\'') {
        bail!(
            "there is an apostrophe in {text}, which cargo's --config cannot take; use a folder without one"
        );
    }
    Ok(format!("'{text}'"))
}
