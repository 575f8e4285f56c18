//! Images that do not tell where they were built: the first thing that it takes to build the same one elsewhere.
//!
//! A panic names its file. Where the sources lie differs from machine to machine, and so would images that tell it; without the folders they are smaller by
//! some kilobytes, too.

use crate::process::{output, root};
use anyhow::{Context, Result, bail};
use object::{Object as _, ObjectSection as _};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// By these cargo is told of flags for every build, instead of those of its configuration. The first that is set counts.
pub(crate) const FLAG_VARIABLES: [&str; 2] = ["CARGO_ENCODED_RUSTFLAGS", "RUSTFLAGS"];

/// The flags that have `rustc` leave out where things lie on this machine, and behind them those of [`FLAG_VARIABLES`], each as a string of
/// TOML. Registries are to be fetched already.
pub(crate) fn flags(rustc: impl Fn() -> Command) -> Result<Vec<String>> {
    let mut prefixes = vec![(root().display().to_string(), String::new())];
    if let Ok(registries) = fs::read_dir(cargo_home()?.join("registry").join("src")) {
        for registry in registries {
            prefixes.push((registry?.path().display().to_string(), String::new()));
        }
    }
    prefixes.extend(sources_of_rust(&rustc)?);
    let remapping = prefixes.into_iter().map(|(from, to)| {
        let flag = format!("--remap-path-prefix={from}={to}");
        quoted(&flag, "use a folder without one")
    });
    let [encoded, plain] = FLAG_VARIABLES.map(|name| std::env::var(name).ok());
    let wanted = wanted_flags(encoded.as_deref(), plain.as_deref()).into_iter();
    let wanted = wanted.map(|flag| quoted(&flag, "leave it out of RUSTFLAGS"));
    remapping.chain(wanted).collect()
}

/// The flags in these two variables, as cargo reads them.
fn wanted_flags(encoded: Option<&str>, plain: Option<&str>) -> Vec<String> {
    let flags: Vec<_> = match (encoded, plain) {
        (Some(encoded), _) => encoded.split('\x1f').collect(),
        (None, Some(plain)) => plain.split_whitespace().collect(),
        (None, None) => Vec::new(),
    };
    let flags = flags.into_iter().filter(|flag| !flag.is_empty());
    flags.map(str::to_owned).collect()
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
    let rustup_home = std::env::var_os("RUSTUP_HOME").map(PathBuf::from);
    let folders = folders(
        &root(),
        &cargo_home()?,
        std::env::home_dir().as_deref(),
        rustup_home.as_deref(),
    );
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

/// What no image is to name, each with the slash behind it: a short name may be a word of the firmware's own. Only what lies in these folders is looked
/// for, as a repository or somebody's home may be `/src`, and most names of sources hold that.
fn folders(
    root: &Path,
    cargo_home: &Path,
    home: Option<&Path>,
    rustup_home: Option<&Path>,
) -> Vec<String> {
    let sources = ["boards", "crates", "target-firmware"].map(|folder| root.join(folder));
    let caches = ["git", "registry"].map(|folder| cargo_home.join(folder));
    let homes = home.map(|home| [".cargo", ".rustup"].map(|folder| home.join(folder)));
    let toolchains = rustup_home.map(|home| home.join("toolchains"));
    let all = sources.into_iter().chain(caches);
    all.chain(homes.into_iter().flatten())
        .chain(toolchains)
        .filter(|folder| folder.is_absolute() && folder.parent().is_some())
        .map(|folder| folder.join("").display().to_string())
        .collect()
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
fn quoted(text: &str, otherwise: &str) -> Result<String> {
    if text.contains('\'') {
        bail!("there is an apostrophe in {text}, which cargo's --config cannot take; {otherwise}");
    }
    Ok(format!("'{text}'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_may_name_files_as_all_do_and_none_of_this_machine() {
        let folders = folders(
            Path::new("/src"),
            Path::new("/home/somebody/.cargo"),
            Some(Path::new("/src")),
            Some(Path::new("/usr/local/rustup")),
        );
        let is_refused = |name: &str| {
            let data = format!("before{name}behind");
            let mut found = folders
                .iter()
                .filter(|folder| holds(data.as_bytes(), folder.as_bytes()));
            found.next().is_some()
        };
        for name in [
            "/rustc/abc/library/core/src/str/mod.rs",
            "crates/dimmer/src/lib.rs",
            "/s",
        ] {
            assert!(!is_refused(name), "{name}");
        }
        for name in [
            "/src/crates/dimmer/src/lib.rs",
            "/src/target-firmware/x/out/words.rs",
            "/home/somebody/.cargo/registry/src/index/heapless-0.9.3/src/vec.rs",
            "/src/.rustup/toolchains/stable/lib/rustlib/src/rust/library/core/src/str/mod.rs",
            "/usr/local/rustup/toolchains/stable/lib/rustlib/src/rust/library/core/src/str/mod.rs",
        ] {
            assert!(is_refused(name), "{name}");
        }
    }

    #[test]
    fn the_flags_of_a_user_are_read_as_cargo_reads_them() {
        assert_eq!(
            wanted_flags(None, Some(" -C a=b  -g ")),
            ["-C", "a=b", "-g"]
        );
        assert_eq!(wanted_flags(Some("-C\x1fa b"), Some("-g")), ["-C", "a b"]);
        assert!(wanted_flags(None, None).is_empty());
        assert!(wanted_flags(Some(""), Some("-g")).is_empty());
    }

    #[test]
    fn a_flag_is_one_word_of_the_configuration() {
        assert_eq!(quoted("a\\b c", "").unwrap(), "'a\\b c'");
        let refusal = quoted("it's", "use another").unwrap_err().to_string();
        assert!(refusal.ends_with("cannot take; use another"), "{refusal}");
    }
}
