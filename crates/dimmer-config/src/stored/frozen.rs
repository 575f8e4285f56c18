//! Every version of every section against what was written down of it: its shape, and bytes that were once stored.
//!
//! `WRITE_FROZEN=1 cargo test -p dimmer-config --lib frozen` writes down the newest versions. Before release 0.1.0 that is how a changed setting is
//! taken in. From then on a version that was released is not written again: who changes a struct gives it a new version instead.

use std::{env, format, fs, path::PathBuf, string::String, string::ToString, vec::Vec};

use super::{tests::largest, *};
use crate::{Secrets, Valid};

fn path(section: Section, version: u8) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("frozen");
    folder.join(format!("{section}.v{}.txt", u16::from(version) + 1))
}

fn in_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Vec<u8> {
    let digits: Vec<char> = text.chars().collect();
    let byte = |pair: &[char]| {
        let pair: String = pair.iter().collect();
        u8::from_str_radix(&pair, 16).expect("two hex digits")
    };
    digits.chunks(2).map(byte).collect()
}

fn bytes_of(section: Section, config: &Config) -> Vec<u8> {
    let mut buffer = [0; SECTION_CAPACITY];
    let length = section.encode(config, &mut buffer).unwrap();
    buffer[..length].to_vec()
}

/// The section as people read it.
fn in_words(section: Section, config: &Config) -> String {
    let export = config.export_section(section, Secrets::Shown);
    serde_json::to_string(&export).unwrap()
}

/// A shape, then bytes and what is read from them, twice: the defaults of the time, and long texts.
fn written_down(section: Section) -> String {
    let shape = section.shapes().pop().unwrap();
    let mut text = format!("{shape}\n");
    for config in [Valid::defaults(), largest()] {
        let bytes = in_hex(&bytes_of(section, &config));
        text += &format!("{bytes}\n{}\n", in_words(section, &config));
    }
    text
}

#[test]
fn every_version_is_as_it_was_written_down() {
    for section in Section::ALL {
        if env::var_os("WRITE_FROZEN").is_some() {
            fs::write(
                path(section, section.newest_version()),
                written_down(section),
            )
            .unwrap();
        }
        let shapes = section.shapes();
        assert_eq!(shapes.len(), usize::from(section.newest_version()) + 1);
        for (version, shape) in (0..).zip(shapes) {
            let file = path(section, version);
            let text = fs::read_to_string(&file).unwrap_or_else(|error| {
                panic!("{}: {error}; write it as README.md says", file.display())
            });
            let lines: Vec<&str> = text.lines().collect();
            let [was, examples @ ..] = lines.as_slice() else {
                panic!("{} is empty", file.display());
            };
            assert_eq!(
                shape.to_string(),
                *was,
                "{section} has another shape; README.md says what to do"
            );
            for example in examples.chunks(2) {
                let bytes = from_hex(example[0]);
                assert_eq!(bytes[0], version);
                let mut config = Config::default();
                section.decode(&mut config, &bytes).unwrap();
                if version == section.newest_version() {
                    assert_eq!(in_words(section, &config), example[1], "{section}");
                    assert_eq!(bytes_of(section, &config), bytes, "{section}");
                }
            }
            assert_eq!(examples.len(), 4);
        }
    }
}
