//! No panic can be reached in this crate: a firmware that calls all of it (`tests/no-panic/`) is built for thumbv6m with overflow checked,
//! and the linked image holds none of core's panicking functions.
//!
//! It needs the target, so it is run on request:
//! `cargo test -p dimmer-phase --test no_panic -- --ignored`. The compiler is cargo's own, or the one that `RUSTC` names.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::allow_attributes,
    reason = "a test may fail by panicking"
)]

use std::path::Path;
use std::process::Command;

const TARGET: &str = "thumbv6m-none-eabi";

/// Parts of the names of what every panic ends in, or goes through.
const PANICKING: [&str; 8] = [
    "panicking",
    "panic_fmt",
    "panic_bounds_check",
    "rust_begin_unwind",
    "unwrap_failed",
    "expect_failed",
    "slice_index",
    "div_by_zero",
];

/// Builds the firmware and gives the names in its image that tell of a panic.
fn panics(features: &str) -> Vec<&'static str> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/no-panic");
    let target_folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("no-panic");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--release", "--locked", "--target", TARGET])
        .args(["--features", features])
        .arg("--manifest-path")
        .arg(folder.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(&target_folder)
        // The flags of the desktop's build are not the chip's.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .status()
        .unwrap();
    assert!(
        built.success(),
        "no firmware; the target is added by `rustup target add {TARGET}`"
    );
    let image = target_folder.join(TARGET).join("release/no-panic");
    let image = std::fs::read(image).unwrap();
    let holds = |name: &str| {
        image
            .windows(name.len())
            .any(|bytes| bytes == name.as_bytes())
    };
    // The names are there: the image is not stripped, and the crate's code is in it.
    assert!(holds("dimmer_phase"), "the image has no names");
    PANICKING.into_iter().filter(|name| holds(name)).collect()
}

#[test]
#[ignore = "needs the target thumbv6m-none-eabi"]
fn no_panic_is_reachable_in_a_firmware_that_calls_everything() {
    // First the control: a panic that is there is found.
    assert!(!panics("planted").is_empty());
    assert_eq!(panics(""), Vec::<&str>::new());
}
