//! Other programs: finding them, running them, reading what they print.

use anyhow::{Context, Result, bail};
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The command line was wrong; the text says what would be right.
#[derive(Debug)]
pub(crate) struct UsageError(String);

impl fmt::Display for UsageError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}

pub(crate) fn usage(text: String) -> anyhow::Error {
    UsageError(text).into()
}

/// The error for a word that `command` does not know.
pub(crate) fn unknown_word(command: &str, word: &OsStr) -> anyhow::Error {
    let word = word.to_string_lossy();
    usage(format!(
        "`{command}` does not know `{word}`; see `cargo xtask {command} --help`"
    ))
}

/// The workspace's top directory.
pub(crate) fn root() -> PathBuf {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR");
    let manifest = manifest.unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&manifest)
        .parent()
        .unwrap_or(Path::new("."))
        .to_path_buf()
}

/// The project's own folder in the user's cache, so that every clone finds what was made once. `XDG_CACHE_HOME` chooses another place.
pub(crate) fn cache_folder() -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute());
    let cache = cache.or_else(|| std::env::home_dir().map(|home| home.join(".cache")));
    cache
        .unwrap_or_else(|| root().join("target-firmware"))
        .join("solar-dimmer")
}

/// A program and its arguments, in the workspace's top directory. No word of `line` holds a space.
pub(crate) fn command(line: &str) -> Command {
    let (program, args) = line.split_once(' ').unwrap_or((line, ""));
    // The cargo that started this program, rather than another one in PATH.
    let own_cargo = std::env::var_os("CARGO").filter(|_| program == "cargo");
    let mut command = Command::new(own_cargo.unwrap_or_else(|| program.into()));
    command.args(args.split_whitespace()).current_dir(root());
    // What `cargo run` tells this program about itself must not reach a cargo within: build scripts look at these, and would run
    // again after each change between `cargo xtask` and plain cargo.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command
}

/// Where programs are looked for: PATH, and the folder where Debian puts servers but that its users do not have in PATH.
pub(crate) fn search_path() -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let servers = PathBuf::from("/usr/sbin");
    let folders = std::env::split_paths(&path).chain(servers.is_dir().then_some(servers));
    std::env::join_paths(folders).unwrap_or(path)
}

/// The file of the program `name`, if this machine has it.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let path = search_path();
    let mut files = std::env::split_paths(&path).map(|folder| folder.join(&file));
    files.find(|file| file.is_file())
}

fn failed(command: &Command) -> String {
    let words: Vec<_> = command.get_args().map(OsStr::to_string_lossy).collect();
    format!(
        "failed: {} {}",
        command.get_program().display(),
        words.join(" ")
    )
}

/// Runs `command` with its output on the terminal; whether it ended well.
pub(crate) fn succeeds(command: &mut Command) -> Result<bool> {
    Ok(command.status().with_context(|| failed(command))?.success())
}

/// Runs `command` with its output on the terminal; an error unless it ended well.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    if !succeeds(command)? {
        bail!("{}", failed(command));
    }
    Ok(())
}

/// What `command` prints, without the last line's end; an error with its complaint unless it ended well.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| failed(command))?;
    if !output.status.success() {
        bail!(
            "{}\n{}",
            failed(command),
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout)
        .trim_end()
        .to_owned())
}

/// Runs `command` quietly, for at most `limit`; whether it ended well in that time.
pub(crate) fn succeeds_within(limit: Duration, command: &mut Command) -> Result<bool> {
    let started = Instant::now();
    let mut child = command.stdin(Stdio::null()).stderr(Stdio::null()).spawn()?;
    while started.elapsed() < limit {
        if let Some(status) = child.try_wait()? {
            return Ok(status.success());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    child.kill()?;
    child.wait()?;
    Ok(false)
}
