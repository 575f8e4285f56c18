//! What is said to an image when it is built: looked at before, as a board that cannot start with it could only stay off.

use crate::process::command;
use anyhow::{Context, Result, bail};
use std::env;

const BROKER: &str = "DIMMER_BROKER";
const WIFI_NAME: &str = "DIMMER_WIFI_NAME";
const WIFI_PASSWORD: &str = "DIMMER_WIFI_PASSWORD";
const ALL: [&str; 3] = [BROKER, WIFI_NAME, WIFI_PASSWORD];

/// What a board on a wire takes.
pub(crate) const BY_WIRE: &[&str] = &[BROKER];

/// What a board on the air takes.
pub(crate) const BY_WIFI: &[&str] = &ALL;

/// Refuses what no board could start with, and tells what this one, which takes `taken`, does not take.
pub(crate) fn check(taken: &[&str]) -> Result<()> {
    let said: Vec<_> = ALL
        .into_iter()
        .filter(|name| env::var_os(name).is_some())
        .collect();
    let (used, unused): (Vec<_>, Vec<_>) = said.into_iter().partition(|name| taken.contains(name));
    for name in unused {
        eprintln!("xtask: this board does not take {name}");
    }
    if used.is_empty() {
        return Ok(());
    }
    check_names(&used)?;
    let mut asked = command("cargo run --quiet --locked --package dimmer-board --example built");
    for name in ALL.iter().filter(|name| !used.contains(name)) {
        asked.env_remove(name);
    }
    let answer = asked.output().context("cargo does not run")?;
    if !answer.status.success() {
        let words = String::from_utf8_lossy(&answer.stderr);
        bail!(
            "no board could start with {}: {}",
            used.join(" and "),
            words.trim()
        );
    }
    Ok(())
}

/// A password is of a network with a name.
fn check_names(used: &[&str]) -> Result<()> {
    if used.contains(&WIFI_PASSWORD) && !used.contains(&WIFI_NAME) {
        bail!("{WIFI_PASSWORD} is nothing without {WIFI_NAME}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_comes_with_the_name_of_its_network() {
        assert!(check_names(&[BROKER, WIFI_PASSWORD]).is_err());
        assert!(check_names(&ALL).is_ok());
        assert!(check_names(BY_WIRE).is_ok());
    }
}
