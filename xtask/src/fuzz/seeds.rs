//! Seeds: inputs that a person can read, one on a line of `xtask/fuzz/seeds/TARGET.txt`, and the way back from bytes to such a line.

use crate::process::root;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};

const HEXADECIMAL: &str = "hex:";

fn folder() -> PathBuf {
    root().join("xtask/fuzz/seeds")
}

/// The file with the seeds of a target.
pub(super) fn file(target: &str) -> PathBuf {
    folder().join(format!("{target}.txt"))
}

/// Every target and what it checks, which is the first line of its seeds.
pub(super) fn targets() -> Result<Vec<(String, String)>> {
    let mut targets = Vec::new();
    for entry in fs::read_dir(folder()).context("xtask/fuzz/seeds")? {
        let path = entry?.path();
        let Some(name) = path.file_stem().and_then(|name| name.to_str()) else {
            continue;
        };
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let first = text.lines().next().unwrap_or_default();
        let purpose = first.strip_prefix(&format!("# {name}: "));
        let purpose = purpose.with_context(|| {
            format!(
                "the first line of {} is not `# {name}: ...`",
                path.display()
            )
        })?;
        targets.push((name.to_owned(), purpose.to_owned()));
    }
    targets.sort();
    Ok(targets)
}

/// Writes the seeds of a target as one file each into an empty folder.
pub(super) fn unpack(target: &str, into: &Path) -> Result<()> {
    let file = file(target);
    let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    if into.exists() {
        fs::remove_dir_all(into)?;
    }
    fs::create_dir_all(into)?;
    for (index, line) in text.lines().enumerate() {
        if line.starts_with('#') {
            continue;
        }
        let number = index + 1;
        let seed = bytes(line).with_context(|| format!("{}, line {number}", file.display()))?;
        fs::write(into.join(format!("line-{number}")), seed)?;
    }
    Ok(())
}

/// What a line stands for: itself, with `\n`, `\r`, `\t`, `\\` and `\x00`; or after `hex:` the bytes in hexadecimal.
fn bytes(line: &str) -> Result<Vec<u8>> {
    if let Some(digits) = line.strip_prefix(HEXADECIMAL) {
        let digits: Vec<char> = digits.chars().filter(|digit| *digit != ' ').collect();
        return digits.chunks(2).map(byte).collect();
    }
    let (mut bytes, mut rest) = (Vec::new(), line.chars());
    while let Some(character) = rest.next() {
        if character != '\\' {
            bytes.extend(character.encode_utf8(&mut [0; 4]).bytes());
            continue;
        }
        bytes.push(match rest.next() {
            Some('n') => b'\n',
            Some('r') => b'\r',
            Some('t') => b'\t',
            Some('\\') => b'\\',
            Some('x') => byte(&rest.by_ref().take(2).collect::<Vec<_>>())?,
            _ => bail!("after a backslash comes n, r, t, x or another one"),
        });
    }
    Ok(bytes)
}

fn byte(digits: &[char]) -> Result<u8> {
    let text: String = digits.iter().collect();
    // The standard library takes a sign for a part of the number.
    let well = digits.len() == 2 && digits.iter().all(char::is_ascii_hexdigit);
    let byte = u8::from_str_radix(&text, 16).ok().filter(|_| well);
    byte.with_context(|| format!("`{text}` is not two hexadecimal digits"))
}

/// The line that stands for these bytes.
pub(super) fn line(bytes: &[u8]) -> String {
    let text = str::from_utf8(bytes).ok();
    // Hexadecimal for what is not text, and for text that a reader of lines would take for something else.
    let text = text.filter(|text| !text.starts_with('#') && !text.starts_with(HEXADECIMAL));
    let Some(text) = text else {
        let pairs: String = bytes.iter().map(|byte| format!(" {byte:02x}")).collect();
        return format!("{HEXADECIMAL}{pairs}");
    };
    let mut line = String::new();
    for character in text.chars() {
        match character {
            '\n' => line.push_str("\\n"),
            '\r' => line.push_str("\\r"),
            '\t' => line.push_str("\\t"),
            '\\' => line.push_str("\\\\"),
            _ if character.is_control() => {
                let mut buffer = [0; 4];
                for byte in character.encode_utf8(&mut buffer).bytes() {
                    line.push_str(&format!("\\x{byte:02x}"));
                }
            }
            _ => line.push(character),
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stands_for_its_bytes_and_comes_back() {
        let both_ways: [(&str, &[u8]); 5] = [
            ("{\"power\":42}", b"{\"power\":42}"),
            (
                "a\\n\\t\\\\ \\x00é\\xc2\\x85",
                "a\n\t\\ \0é\u{85}".as_bytes(),
            ),
            ("hex: ff 00", &[0xff, 0]),
            ("hex: 23 61", b"#a"),
            ("", b""),
        ];
        for (written, meant) in both_ways {
            assert_eq!(bytes(written).unwrap(), meant);
            assert_eq!(line(meant), written);
        }
        assert_eq!(bytes("\\xff").unwrap(), [0xff]);
        assert_eq!(
            bytes("hex:ff 0").unwrap_err().to_string(),
            "`0` is not two hexadecimal digits"
        );
        for wrong in ["\\", "\\q", "\\x1", "\\xg0", "hex: +1", "hex: é0"] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_seed_can_be_read_and_every_target_has_some() {
        let main = fs::read_to_string(root().join("xtask/fuzz/src/main.rs")).unwrap();
        let targets = targets().unwrap();
        for (name, purpose) in &targets {
            assert!(!purpose.is_empty());
            let row = format!("(\"{name}\", {name}::run)");
            assert!(main.contains(&row), "xtask/fuzz/src/main.rs lacks {row}");
            for line in fs::read_to_string(file(name)).unwrap().lines() {
                assert!(
                    line.starts_with('#') || bytes(line).is_ok(),
                    "{name}: {line}"
                );
            }
        }
        assert_eq!(main.matches("::run),").count(), targets.len());
    }
}
