//! The page in a real browser, at a running simulator: `story.mjs` is what people do there. It needs Chromium, Node and two packages, which
//! `cargo xtask setup` installs, and is run by `cargo xtask test`.
#[path = "../support/mod.rs"]
mod support;

use std::{path::Path, process::Command};

use support::{Mosquitto, simulator::Simulator};

#[test]
#[ignore = "needs Chromium and Node: cargo xtask setup"]
fn people_find_their_way_on_the_page() {
    let place =
        std::env::var("BROWSER_TESTS").expect("cargo xtask test says where the packages are");
    let (first, second) = (Mosquitto::start(), Mosquitto::start());
    let broker = format!("127.0.0.1:{}", first.port);
    let simulator = Simulator::start(&["--broker", &broker, "--http", "127.0.0.1:0"]);
    let line = simulator
        .lines
        .find("page", |line| line.contains("page: http://"));
    let (_, address) = line.split_once("page: ").unwrap();
    simulator.ready();
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser");
    std::fs::create_dir_all(&pictures).unwrap();
    let story = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/story.mjs");
    let status = Command::new("node")
        .arg(story)
        .env("BROWSER_TESTS", place)
        .env("PAGE", address)
        .env("SECOND_BROKER", second.port.to_string())
        .env("PICTURES", &pictures)
        .status()
        .expect("node is to be installed: cargo xtask setup");
    println!("screenshots are in {}", pictures.display());
    assert!(status.success());
}
