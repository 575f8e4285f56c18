//! Whatever the firmware says to a person at the page is there in French: its sources are searched for texts, and `french.txt` for each of them.
#![expect(
    clippy::unwrap_used,
    clippy::string_slice,
    reason = "a failed step of a test is a failed test"
)]

#[path = "../../french.rs"]
mod french;
mod source;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Folders and files in which a text with a blank in it is one that people read, but for those of the next list.
const SAID: [&str; 19] = [
    "dimmer-config/src/broker.rs",
    "dimmer-config/src/ip_address.rs",
    "dimmer-config/src/ipv4.rs",
    "dimmer-config/src/json",
    "dimmer-config/src/network.rs",
    "dimmer-config/src/output.rs",
    "dimmer-config/src/probes.rs",
    "dimmer-config/src/security.rs",
    "dimmer-config/src/validation.rs",
    "dimmer-link/src/connect.rs",
    "dimmer-link/src/status.rs",
    "dimmer-phase/src/settings.rs",
    "dimmer-pool/src/settings.rs",
    "dimmer-safety/src/settings",
    "dimmer-topics/src/settings",
    "dimmer-topics/src/settings.rs",
    "dimmer-web/src/password.rs",
    "dimmer-web/src/site/entering.rs",
    "dimmer-web/src/stored_password.rs",
];

/// What no person reads: how texts are put together, the log, and what only a program can do wrong.
const UNSAID: [&str; 21] = [
    "one of ",
    "the text",
    "{path} {problem}; expected: {expected}",
    "cannot be used: {whole}",
    "{section}{dot}{field} {problem}; expected: {expected}",
    "{} {}; expected: {}",
    "{} {}; {}",
    "{} is out of range; expected {}",
    "{} signed in",
    "password set from {}",
    "settings and their secrets exported to {}",
    "wrong password from {address}",
    "`{\"password\":\"...\"}`",
    "`{\"password\":\"...\"}`, and `old` if there is one",
    "`{\"secrets\":false}`, or `{\"secrets\":true,\"password\":\"...\"}`",
    "expected: ",
    "; ",
    ", ",
    "",
    "is {}",
    "a number",
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn rust_files(place: &Path, files: &mut Vec<PathBuf>) {
    if place.is_file() {
        files.push(place.to_owned());
        return;
    }
    for entry in fs::read_dir(place).unwrap() {
        let path = entry.unwrap().path();
        let is_test = path.file_stem().is_some_and(|name| name == "tests");
        if !is_test && (path.is_dir() || path.extension().is_some_and(|kind| kind == "rs")) {
            rust_files(&path, files);
        }
    }
}

/// The patterns of `french.txt`, and what each is in French.
fn dictionary() -> BTreeMap<String, String> {
    let file = fs::read_to_string(folder().join("dimmer-web/page/french.txt")).unwrap();
    let lines = file
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let pairs: Vec<(&str, &str)> = french::pairs(&file).collect();
    assert_eq!(
        2 * pairs.len(),
        lines.count(),
        "english, french, english, …"
    );
    let patterns = pairs.iter().map(|(english, french)| {
        let (english, french) = (french::pattern(english), french::pattern(french));
        let places = |text: &str| text.matches("{}").count();
        assert!(
            [0, places(&english)].contains(&places(&french)),
            "{english}: as many numbers in French"
        );
        (english, french)
    });
    patterns.collect()
}

#[test]
fn every_text_of_the_firmware_has_its_french() {
    let dictionary = dictionary();
    let mut files = Vec::new();
    for place in SAID {
        rust_files(&folder().join(place), &mut files);
    }
    let (mut texts, mut missing) = (0, Vec::new());
    for file in files {
        for text in source::texts(&fs::read_to_string(&file).unwrap()) {
            if !text.contains(' ') || UNSAID.contains(&text.as_str()) {
                continue;
            }
            texts += 1;
            let said = text.replace("{{", "{").replace("}}", "}");
            let is_there = |text: &str| dictionary.contains_key(&french::pattern(text));
            // What serde is told is cut at the semicolon: problem; expected.
            if !is_there(&said) && !said.split("; ").all(is_there) {
                missing.push(text);
            }
        }
    }
    println!("{texts} texts, {} in french.txt", dictionary.len());
    assert!(texts > 200, "{texts}: the sources are somewhere else");
    assert!(missing.is_empty(), "without French: {missing:#?}");
}

#[test]
fn what_is_refused_with_any_number_has_its_french() {
    let dictionary = dictionary();
    for said in [
        "is outside 1 to 7 W",
        "is `what`",
        "one of `en`, `fr`",
        "is -3.5",
        "a whole number from 0 to 255",
    ] {
        let pattern = french::pattern(said);
        assert!(dictionary.contains_key(&pattern), "{said}: {pattern}");
    }
    assert_eq!(french::key("is 1"), french::key("is `-2.5`, 3"));
    assert_ne!(french::key("is 1"), french::key("is not 1"));
}
