//! The page in a real browser, at a running simulator: `story.mjs` is what people do there, and `captive.mjs` how they set up a dimmer without a
//! network. They need Chromium, Node and two packages, which `cargo xtask setup` installs, and are run by `cargo xtask test`.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed step of a test is a failed test"
)]

#[path = "../support/mod.rs"]
mod support;

use std::{path::Path, process::Command};

use support::{Mosquitto, free_port, simulator::Simulator};

/// Plays what people do at a simulator that was started with these options, too.
fn played(story: &str, options: &[&str]) {
    let place =
        std::env::var("BROWSER_TESTS").expect("cargo xtask test says where the packages are");
    let (first, second) = (Mosquitto::start(), Mosquitto::start());
    let broker = format!("127.0.0.1:{}", first.port);
    let usual = ["--broker", &broker, "--http", "127.0.0.1:0"];
    let simulator = Simulator::start(&[&usual, options].concat());
    let line = simulator
        .lines
        .find("page", |line| line.contains("page: http://"));
    let (_, address) = line.split_once("page: ").unwrap();
    simulator.ready();
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser");
    std::fs::create_dir_all(&pictures).unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    let status = Command::new("node")
        .arg(folder.join(story))
        .env("BROWSER_TESTS", place)
        .env("PAGE", address)
        .env("SECOND_BROKER", second.port.to_string())
        .env("NOBODY", free_port().to_string())
        .env("PICTURES", &pictures)
        .status()
        .expect("node is to be installed: cargo xtask setup");
    println!("screenshots are in {}", pictures.display());
    assert!(status.success());
}

#[test]
#[ignore = "needs Chromium and Node: cargo xtask setup"]
fn people_find_their_way_on_the_page() {
    played("story.mjs", &["--probes", "3"]);
}

#[test]
#[ignore = "needs Chromium and Node: cargo xtask setup"]
fn a_dimmer_without_a_network_is_set_up_from_a_phone() {
    played("captive.mjs", &["--captive"]);
}
