//! The files that people write, in TOML: what is wrong in one is told with its place, and in words.

use std::path::Path;

use anyhow::{Result, anyhow};
use dimmer_app::dimmer::config::{Config, JSON_CAPACITY, Valid};
use serde::{Deserialize as _, de::DeserializeOwned};

/// Reads a file of this kind as TOML.
pub(super) fn read(kind: &str, path: &Path) -> Result<toml::Table> {
    let text = read_text(kind, path)?;
    parse(&text).map_err(|error| located(error, Some(path)))
}

/// Reads a file of this kind.
pub(crate) fn read_text(kind: &str, path: &Path) -> Result<String> {
    std::fs::read_to_string(path)
        .map_err(|error| anyhow!("the {kind} file {} cannot be read: {error}", path.display()))
}

/// Reads TOML; what is wrong, and in which line, is told in one line.
pub(crate) fn parse<T: DeserializeOwned>(text: &str) -> Result<T> {
    // The message is a picture of several lines; the first says where, the last what.
    toml::from_str(text).map_err(|error| anyhow!("{}", one_line(&error)))
}

/// An error with the file in which it is.
pub(crate) fn located(error: anyhow::Error, path: Option<&Path>) -> anyhow::Error {
    match path {
        Some(path) => error.context(format!("in {}", path.display())),
        None => error,
    }
}

fn one_line(error: &toml::de::Error) -> String {
    let text = error.to_string();
    let first = text.lines().next().unwrap_or_default();
    match first.strip_prefix("TOML parse error ") {
        Some(place) => format!("{place}: {}", error.message()),
        None => error.message().to_owned(),
    }
}

/// Takes a section out of the file, if it is there, and reads it as what it is to be; a refusal begins with the path of the setting.
pub(super) fn take<T: DeserializeOwned>(
    table: &mut toml::Table,
    section: &str,
) -> Result<Option<T>> {
    let Some(value) = table.remove(section) else {
        return Ok(None);
    };
    let read = serde_path_to_error::deserialize(value);
    read.map(Some).map_err(|error| {
        let path = match error.path().to_string().as_str() {
            // The section itself.
            "." => section.to_owned(),
            path => format!("{section}.{path}"),
        };
        anyhow!("{path}: {}", for_people(&one_line(error.inner())))
    })
}

/// The settings of a dimmer. A refusal is that of the page, in its words.
pub(super) fn settings(table: &toml::Table) -> Result<Config> {
    let read = Config::deserialize(table.clone());
    read.map_err(|error| {
        let refusal = serde_json::to_vec(table).ok().and_then(|json| {
            let refused = Valid::defaults().imported(&json, &mut [0; JSON_CAPACITY]);
            refused.err()
        });
        match refusal {
            Some(refusal) => anyhow!("{refusal}"),
            None => anyhow!("{}", one_line(&error)),
        }
    })
}

/// serde calls what it expects by the names that Rust has for it.
fn for_people(message: &str) -> String {
    let Some((found, expected)) = message.rsplit_once(", expected ") else {
        return message.to_owned();
    };
    let expected = match expected {
        "f64" => "a number",
        "u32" | "u64" => "a whole number, 0 or more",
        expected if expected.starts_with("struct ") => "a table of settings",
        expected => expected,
    };
    format!("{found}, expected {expected}")
}
