//! Debian's packages: installed whole, or fetched and one program taken out.

use crate::firmware;
use crate::process::{command, find_program, output, run, succeeds};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// Waits for whoever else installs something.
const APT: &str = "env DEBIAN_FRONTEND=noninteractive apt-get -qq --option=DPkg::Lock::Timeout=300";

/// Installs the packages of these that are not installed, or says what to do on another system.
pub(crate) fn install(names: &[impl AsRef<str>]) -> Result<()> {
    let names: Vec<_> = names.iter().map(AsRef::as_ref).collect();
    if names.is_empty() {
        return Ok(());
    }
    if !Path::new("/etc/debian_version").exists() {
        bail!(
            "only Debian's packages are installed from here. By hand: `brew install mosquitto` (macOS), \
             `sudo dnf install mosquitto` (Fedora), `sudo pacman -S mosquitto` (Arch); \
             and with a connection to rustup's server `rustup target add {}`",
            firmware::TARGETS.join(" ")
        );
    }
    let native = output(&mut command("dpkg --print-architecture"))?;
    let missing: Vec<_> = names
        .into_iter()
        .filter(|name| !is_installed(name, &native))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    println!("  apt-get install {} ...", missing.join(" "));
    update();
    // --no-remove: Debian's compilers conflict with each other, and nobody's own may be thrown out.
    let options = "install --no-install-recommends --no-remove --no-upgrade";
    let mut simulation = command(&format!("{APT} {options} --simulate"));
    let plan = output(simulation.args(&missing)).unwrap_or_default();
    let upgraded = upgraded_by(&plan);
    if !upgraded.is_empty() {
        println!("  they need newer versions of {}", upgraded.join(", "));
    }
    let mut install = as_root(&format!("{APT} {options}"))?;
    run(install.args(missing).stdout(Stdio::null()))
}

fn is_installed(name: &str, native: &str) -> bool {
    let mut query = command("dpkg-query --show");
    query.args(["--showformat=${Architecture} ${db:Status-Status}\n", name]);
    output(&mut query).is_ok_and(|versions| is_among(&versions, native))
}

/// Whether one of these, each with its architecture, is installed and runs here: a library may be there for another architecture, too.
fn is_among(versions: &str, native: &str) -> bool {
    let words = versions.lines().filter_map(|line| line.split_once(' '));
    words
        .filter(|(architecture, _)| [native, "all"].contains(architecture))
        .any(|(_, status)| status == "installed")
}

/// The packages that a simulation of apt-get replaces by newer ones: behind their names it has the versions that are installed.
fn upgraded_by(plan: &str) -> Vec<&str> {
    let lines = plan.lines().filter_map(|line| line.strip_prefix("Inst "));
    let names = lines.filter_map(|line| {
        let (name, rest) = line.split_once(' ')?;
        rest.starts_with('[').then_some(name)
    });
    names.collect()
}

/// Fetches the lists of packages, once: one repository that does not answer is no reason to stop, as another may have what is needed.
fn update() {
    static UPDATED: OnceLock<()> = OnceLock::new();
    UPDATED.get_or_init(|| {
        let update = as_root(&format!("{APT} update"));
        let updated = update.and_then(|mut update| succeeds(update.stdout(Stdio::null())));
        if !updated.unwrap_or(false) {
            eprintln!("xtask: apt-get update failed; going on with the lists that are there");
        }
    });
}

/// `line` as a command of the super-user.
pub(crate) fn as_root(line: &str) -> Result<Command> {
    if output(&mut command("id -u")).is_ok_and(|id| id == "0") {
        return Ok(command(line));
    }
    if find_program("sudo").is_none() {
        bail!("this needs root, and there is no sudo: run `{line}` as root");
    }
    Ok(command(&format!("sudo {line}")))
}

/// A package that was fetched and unpacked, not installed: no service of it starts, and nothing has to make way for it. Its files go with it.
pub(crate) struct Fetched {
    folder: PathBuf,
    package: PathBuf,
}

impl Fetched {
    /// Fetches the package `name` as who is calling, into a folder of its own in `place`.
    ///
    /// # Errors
    /// `otherwise` says what to do where there are no such packages.
    pub(crate) fn new(name: &str, place: &Path, otherwise: &str) -> Result<Self> {
        if find_program("apt-get").is_none() || find_program("dpkg-deb").is_none() {
            bail!(
                "it is fetched with apt-get and dpkg-deb, which are not here. By hand: {otherwise}"
            );
        }
        let folder = place.join("work");
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        println!("  apt-get download {name} ...");
        update();
        // Where the super-user calls, it tells at length that it is the super-user who writes the file.
        let download = "apt-get -qq --option=APT::Sandbox::User=root download";
        run(command(download).arg(name).current_dir(&folder))?;
        let package = fs::read_dir(&folder)?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .find(|file| file.extension().is_some_and(|kind| kind == "deb"));
        let package = package.context("apt-get downloaded no package")?;
        run(command("dpkg-deb --extract").arg(&package).arg(&folder))?;
        Ok(Self { folder, package })
    }

    /// Moves one of its programs, such as `usr/bin/promtool`, to `file`.
    pub(crate) fn take_out(&self, program: &str, file: &Path) -> Result<()> {
        let from = self.folder.join(program);
        fs::rename(&from, file).with_context(|| format!("the package has no {program}"))
    }

    /// The libraries that its programs need.
    pub(crate) fn libraries(&self) -> Result<Vec<String>> {
        let mut field = command("dpkg-deb --field");
        let depends = output(field.arg(&self.package).arg("Depends"))?;
        Ok(libraries_in(&depends))
    }
}

impl Drop for Fetched {
    fn drop(&mut self) {
        // What is left there is overwritten the next time.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The libraries in the field `Depends` of a package: of alternatives the first, without their versions.
fn libraries_in(depends: &str) -> Vec<String> {
    let names = depends
        .split(',')
        .filter_map(|one| one.split_whitespace().next());
    names
        .filter(|name| name.starts_with("lib"))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_upgraded_is_told_from_what_is_new() {
        let plan = "Reading package lists...\n\
            Inst libmosquitto1 [2.0.11-1.2+deb12u1] (2.0.11-1.2+deb12u2 Debian:12.15/oldstable [amd64])\n\
            Inst mosquitto-clients (2.0.11-1.2+deb12u2 Debian:12.15/oldstable [amd64])\n\
            Conf libmosquitto1 (2.0.11-1.2+deb12u2 Debian:12.15/oldstable [amd64])\n";
        assert_eq!(upgraded_by(plan), ["libmosquitto1"]);
    }

    #[test]
    fn a_package_is_installed_where_it_is_for_this_architecture() {
        let both = "amd64 installed\ni386 installed";
        assert!(is_among(both, "amd64"));
        assert!(is_among("all installed", "amd64"));
        assert!(!is_among("amd64 config-files\ni386 installed", "amd64"));
        assert!(!is_among("", "amd64"));
    }

    #[test]
    fn libraries_are_known_by_their_names() {
        let depends = "adduser, iproute2, libc6 (>= 2.36), libcap2 (>= 1:2.10) | libcap3, ucf";
        assert_eq!(libraries_in(depends), ["libc6", "libcap2"]);
        assert!(libraries_in("").is_empty());
    }
}
