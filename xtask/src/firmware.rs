//! A toolchain for the microcontrollers: the one in use when it has the targets, else one made from Debian's packages.

use crate::process::{cache_folder, command, output, root, run, succeeds_within};
use crate::reproducible;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// The RP2040 (Cortex-M0+) and the ESP32-C3 (RISC-V without atomics).
pub(crate) const TARGETS: [&str; 2] = ["thumbv6m-none-eabi", "riscv32imc-unknown-none-elf"];

/// What [`make_from_debian`] needs; `rust-web-src` holds the sources of exactly that compiler's core library.
pub(crate) const DEBIAN_PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld"];

const DEBIAN_RUSTC: &str = "/usr/bin/rustc";

/// Set to anything, it has the chips' programs built by Debian's Rust where the toolchain in use has the targets, too: whoever has both can try the other one.
pub(crate) const PREFER_DEBIAN: &str = "CHIP_RUST_FROM_DEBIAN";

/// Whether the toolchain in use is not to be asked for the chips' targets.
pub(crate) fn prefers_debian() -> bool {
    std::env::var_os(PREFER_DEBIAN).is_some()
}

/// How long rustup may try: a network that swallows packets would hold it for ever.
const RUSTUP_LIMIT: Duration = Duration::from_secs(180);

/// A cargo and a rustc that build for all of [`TARGETS`].
pub(crate) enum Toolchain {
    /// The toolchain that cargo runs anyway.
    InUse,
    /// Debian's, with core libraries that were made once for the targets.
    Debian(PathBuf),
}

impl Toolchain {
    /// What this machine has, if anything.
    pub(crate) fn find() -> Option<Self> {
        let has_core = |target: &&str| {
            let line = format!("rustc --print target-libdir --target {target}");
            let folder = output(&mut command(&line));
            folder.is_ok_and(|folder| holds_core(Path::new(&folder)))
        };
        if !prefers_debian() && TARGETS.iter().all(has_core) {
            return Some(Self::InUse);
        }
        let folder = sysroot_folder();
        let made_by = output(Command::new(DEBIAN_RUSTC).arg("-vV")).ok()?;
        let mut targets = TARGETS.iter();
        let complete = targets.all(|target| is_made(&folder, target, &made_by));
        (complete && folder.join("bin/rustc").exists()).then_some(Self::Debian(folder))
    }

    pub(crate) fn describe(&self) -> String {
        match self {
            Self::InUse => "the toolchain in use has the targets".to_owned(),
            Self::Debian(folder) => {
                format!("Debian's Rust with the targets in {}", folder.display())
            }
        }
    }

    /// Its cargo.
    fn cargo(&self, arguments: &str) -> Command {
        match self {
            Self::InUse => command(&format!("cargo {arguments}")),
            Self::Debian(sysroot) => {
                let mut cargo = debian_cargo(arguments);
                cargo.env("RUSTC", sysroot.join("bin/rustc"));
                cargo
            }
        }
    }

    /// Its compiler.
    fn rustc(&self) -> Command {
        match self {
            Self::InUse => command("rustc"),
            Self::Debian(sysroot) => Command::new(sysroot.join("bin/rustc")),
        }
    }

    /// `cargo build` of one crate for one target, in a target directory of its own: two compilers in one throw away each
    /// other's work. Link-time optimisation is the boards' affair: with it, a library on its own would hold no machine code.
    pub(crate) fn build_crate(&self, target: &str, package: &str) -> Command {
        let mut build = self.cargo(&format!(
            "build --quiet --lib --profile firmware --package {package} --target {target} --target-dir target-firmware"
        ));
        build.env("CARGO_PROFILE_FIRMWARE_LTO", "off");
        build
    }

    /// `cargo build --release` of a firmware that is a workspace of its own, with a lock file and a profile of its own. Its images are
    /// then in `TARGET_FOLDER/TARGET/release`.
    pub(crate) fn build_image(&self, target: &str, folder: &str, target_folder: &str) -> Command {
        self.cargo(&format!(
            "build --quiet --release --locked --manifest-path {folder}/Cargo.toml --target {target} --target-dir {target_folder}"
        ))
    }

    /// `cargo build` of a board's program, which is a member of the workspace: with its lock file, small, and without the folders of this machine.
    pub(crate) fn build_board(&self, target: &str, package: &str) -> Result<Command> {
        // Before anybody asks where the libraries lie.
        let fetch = format!("fetch --quiet --locked --target {target}");
        run(&mut self.cargo(&fetch))?;
        let mut build = self.cargo(&format!(
            "build --quiet --locked --profile firmware --package {package} --target {target} --target-dir target-firmware"
        ));
        let flags = reproducible::flags(|| self.rustc())?;
        // With what a user's own configuration says of the target, which RUSTFLAGS would replace; what those say is among the flags. What
        // stands there for all targets (`build.rustflags`) is not taken.
        let configuration = format!("target.{target}.rustflags=[{}]", flags.join(", "));
        build.args(["--config", &configuration]);
        for variable in reproducible::FLAG_VARIABLES {
            build.env_remove(variable);
        }
        Ok(build)
    }

    /// clippy on a board's program, whose hardware the desktop's clippy does not see. Debian's toolchain has none for the chips.
    pub(crate) fn lint_board(&self, target: &str, package: &str) -> Option<Command> {
        self.lint_board_with(target, package, &[])
    }

    /// As [`lint_board`](Self::lint_board), with features of the board.
    pub(crate) fn lint_board_with(
        &self,
        target: &str,
        package: &str,
        features: &[&str],
    ) -> Option<Command> {
        match self {
            Self::InUse => {
                let mut lint = self.cargo(&format!(
                    "clippy --quiet --locked --profile firmware --package {package} --target {target} --target-dir target-firmware"
                ));
                lint.args(features.iter().flat_map(|feature| ["--features", feature]));
                lint.args(["--", "-D", "warnings"]);
                Some(lint)
            }
            Self::Debian(_) => None,
        }
    }

    /// Names this toolchain to a test that builds firmware itself.
    pub(crate) fn tell(&self, test: &mut Command) {
        if let Self::Debian(sysroot) = self {
            test.env("CHIP_CARGO", "/usr/bin/cargo")
                .env("CHIP_RUSTC", sysroot.join("bin/rustc"));
        }
    }
}

/// Debian's cargo, without the other compiler's libraries, which `cargo run` puts before its own.
fn debian_cargo(arguments: &str) -> Command {
    let mut cargo = command(&format!("/usr/bin/cargo {arguments}"));
    cargo.env_remove("LD_LIBRARY_PATH");
    cargo
}

/// The folder of a crate's built library is `target-firmware/TARGET/firmware`.
pub(crate) fn library(target: &str, package: &str) -> PathBuf {
    let file = format!("firmware/lib{}.rlib", package.replace('-', "_"));
    root().join("target-firmware").join(target).join(file)
}

/// Simulate what surrounds a board, its clock among it, and need an operating system.
const DESKTOP_ONLY: [&str; 4] = [
    "dimmer-clock",
    "dimmer-faults",
    "dimmer-house",
    "dimmer-plant",
];

/// The names of the crates under `crates/` that a board with a chip may carry.
pub(crate) fn carried_crates() -> Result<Vec<String>> {
    let mut names = crates()?;
    names.retain(|name| !DESKTOP_ONLY.contains(&name.as_str()));
    Ok(names)
}

/// The names of the crates under `crates/`.
pub(crate) fn crates() -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(root().join("crates"))? {
        let entry = entry?;
        if entry.path().join("Cargo.toml").exists() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

fn holds_core(folder: &Path) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .into_iter()
        .any(|entry| entry.file_name().to_string_lossy().starts_with("libcore-"))
}

fn sysroot_folder() -> PathBuf {
    cache_folder().join("firmware-rust")
}

fn library_folder(sysroot: &Path, target: &str) -> PathBuf {
    sysroot.join("lib/rustlib").join(target).join("lib")
}

/// Whether the core library for `target` is whole, and of the compiler that says `made_by` of itself.
fn is_made(sysroot: &Path, target: &str, made_by: &str) -> bool {
    let stamp = library_folder(sysroot, target).join("made-by");
    fs::read_to_string(stamp).is_ok_and(|text| text == made_by)
}

/// Asks rustup for the targets. `false` where its server cannot be reached.
pub(crate) fn add_by_rustup() -> Result<bool> {
    println!("  rustup target add {} ...", TARGETS.join(" "));
    let mut rustup = command("rustup target add");
    let added = succeeds_within(RUSTUP_LIMIT, rustup.args(TARGETS))?;
    Ok(added && matches!(Toolchain::find(), Some(Toolchain::InUse)))
}

/// Makes core and alloc for the targets with [`DEBIAN_PACKAGES`], which are installed. About a minute for each target.
pub(crate) fn make_from_debian() -> Result<()> {
    let sysroot = sysroot_folder();
    let made_by = output(Command::new(DEBIAN_RUSTC).arg("-vV"))?;
    if !Path::new("/usr/lib/rustlib/src/rust/library/core").exists() {
        bail!("no sources for {DEBIAN_RUSTC}: rust-web-src of the same version has them");
    }
    write_wrappers(&sysroot, &made_by)?;
    for target in TARGETS {
        if !is_made(&sysroot, target, &made_by) {
            println!("  compiling core and alloc for {target}, about a minute ...");
            let started = Instant::now();
            make_core(&sysroot, target, &made_by).with_context(|| format!("core for {target}"))?;
            let seconds = started.elapsed().as_secs_f32();
            println!("  {target}: made in {seconds:.0} s");
        }
    }
    println!("  kept in {}", sysroot.display());
    Ok(())
}

/// A sysroot that borrows the host's libraries and the linker, and a `rustc` that looks there.
fn write_wrappers(sysroot: &Path, made_by: &str) -> Result<()> {
    let host = made_by.lines().find_map(|line| line.strip_prefix("host: "));
    let host_folder = sysroot
        .join("lib/rustlib")
        .join(host.context("rustc -vV names no host")?);
    let host_library = output(Command::new(DEBIAN_RUSTC).args(["--print", "target-libdir"]))?;
    let wrapper = sysroot.join("bin/rustc");
    fs::create_dir_all(host_folder.join("bin"))?;
    fs::create_dir_all(sysroot.join("bin"))?;
    run(command("ln -sfn")
        .arg(host_library)
        .arg(host_folder.join("lib")))?;
    run(command("ln -sfn /usr/bin/ld.lld").arg(host_folder.join("bin/rust-lld")))?;
    let script = format!(
        "#!/bin/sh\nexec {DEBIAN_RUSTC} --sysroot '{}' \"$@\"\n",
        sysroot.display()
    );
    fs::write(&wrapper, script)?;
    run(command("chmod +x").arg(&wrapper))
}

/// An empty crate, whose build with cargo's own `build-std` makes core and alloc.
const SEED: &str = "\
[package]
name = \"seed\"
edition = \"2024\"

[profile.release]
codegen-units = 1

[workspace]
";

/// Builds core and alloc by way of an empty crate, then moves them into place in one step: what is there is whole.
fn make_core(sysroot: &Path, target: &str, made_by: &str) -> Result<()> {
    let work = sysroot.join("work");
    if work.exists() {
        // Of a run that was interrupted.
        fs::remove_dir_all(&work)?;
    }
    let finished = work.join("finished");
    fs::create_dir_all(work.join("src"))?;
    fs::create_dir_all(&finished)?;
    fs::write(work.join("src/lib.rs"), "#![no_std]\n")?;
    fs::write(work.join("Cargo.toml"), SEED)?;
    // The flag belongs to the compiler's unstable mode; the bitcode is for a firmware's link-time optimisation.
    let mut build = debian_cargo("build --quiet --release -Zbuild-std=core,alloc");
    build.env("RUSTC", DEBIAN_RUSTC).env("RUSTC_BOOTSTRAP", "1");
    build
        .env("RUSTFLAGS", "-Cembed-bitcode=yes")
        .env("CARGO_TARGET_DIR", work.join("target"));
    run(build.current_dir(&work).args(["--target", target]))?;
    for entry in fs::read_dir(work.join("target").join(target).join("release/deps"))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let wanted = ["libcore-", "liballoc-", "libcompiler_builtins-"];
        if name.ends_with(".rlib") && wanted.iter().any(|start| name.starts_with(start)) {
            fs::copy(entry.path(), finished.join(name))?;
        }
    }
    if !holds_core(&finished) {
        bail!("cargo made no core library");
    }
    fs::write(finished.join("made-by"), made_by)?;
    let place = library_folder(sysroot, target);
    if place.exists() {
        fs::remove_dir_all(&place)?;
    }
    fs::create_dir_all(place.parent().context("a sysroot has folders")?)?;
    fs::rename(&finished, &place)?;
    fs::remove_dir_all(&work)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_core_library_of_another_compiler_or_half_made_does_not_count() {
        let sysroot = std::env::temp_dir().join(format!("xtask-sysroot-{}", std::process::id()));
        let folder = library_folder(&sysroot, "thumbv6m-none-eabi");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("libcore-1.rlib"), "").unwrap();
        assert!(holds_core(&folder) && !is_made(&sysroot, "thumbv6m-none-eabi", "rustc 1.96.0"));
        fs::write(folder.join("made-by"), "rustc 1.96.0").unwrap();
        assert!(is_made(&sysroot, "thumbv6m-none-eabi", "rustc 1.96.0"));
        assert!(!is_made(&sysroot, "thumbv6m-none-eabi", "rustc 1.97.0"));
        fs::remove_dir_all(&sysroot).unwrap();
    }
}
