//! No panic can be reached in this crate: a firmware that calls all of it (`tests/chip/`) is built with overflow checked, and in the linked
//! image the panic handler is gone. What cannot be called is no part of the proof: reading and writing of settings, which is the format's
//! code, and the printing of errors, which is `core`'s.
//!
//! It needs the chips' targets, so it is run on request, by `cargo xtask test` or
//! `cargo test -p dimmer-phase --test no_panic -- --ignored`. The compiler is cargo's own, or the one that `CHIP_CARGO` and `CHIP_RUSTC`
//! name.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::allow_attributes,
    reason = "a test may fail by panicking"
)]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;
use std::process::Command;

use object::{Object as _, ObjectSection as _, ObjectSymbol as _, RelocationTarget, SymbolKind};

const TARGETS: [&str; 2] = ["thumbv6m-none-eabi", "riscv32imc-unknown-none-elf"];
/// What the firmware's panic handler calls.
const HANDLER: &str = "a_panic_is_reachable";

/// Builds the firmware and gives the image.
fn image(target: &str, features: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/chip");
    let target_folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("no-panic");
    let named = |name| std::env::var_os(name);
    let cargo = named("CHIP_CARGO").or_else(|| named("CARGO"));
    let mut build = Command::new(cargo.unwrap_or_else(|| "cargo".into()));
    build
        .args(["build", "--quiet", "--release", "--locked"])
        .args(["--bin", "no_panic", "--features", features])
        .args(["--target", target, "--manifest-path"])
        .arg(folder.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(&target_folder)
        // Instead of the flags of the desktop's build: the image shall tell who calls whom.
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env("RUSTFLAGS", "-Clink-arg=--emit-relocs");
    if let Some(rustc) = named("CHIP_RUSTC") {
        build.env("RUSTC", rustc).env_remove("LD_LIBRARY_PATH");
    }
    assert!(
        build.status().unwrap().success(),
        "no firmware: see above; a missing target is added by `rustup target add {target}`"
    );
    std::fs::read(target_folder.join(target).join("release/no_panic")).unwrap()
}

/// `a::b::c` of `_ZN1a1b1c17h0123456789abcdefE`; other names as they are.
fn readable(name: &str) -> String {
    let mut words = Vec::new();
    let mut rest = name.strip_prefix("_ZN").unwrap_or_default();
    while let Some(end) = rest.find(|letter: char| !letter.is_ascii_digit()) {
        let (length, after) = rest.split_at(end);
        let Some((word, next)) = length
            .parse()
            .ok()
            .and_then(|length| after.split_at_checked(length))
        else {
            break;
        };
        words.push(word);
        rest = next;
    }
    // The last one is a hash.
    words.pop();
    match words.is_empty() {
        true => name.to_owned(),
        false => words.join("::"),
    }
}

/// Who calls whom: the callers of each function.
struct Calls {
    functions: BTreeSet<String>,
    callers: BTreeMap<String, BTreeSet<String>>,
}

fn calls(image: &[u8]) -> Calls {
    let file = object::File::parse(image).unwrap();
    let mut by_address = BTreeMap::new();
    for symbol in file.symbols() {
        if symbol.kind() == SymbolKind::Text && symbol.size() > 0 {
            // The lowest bit of an address says "Thumb".
            let name = readable(symbol.name().unwrap());
            by_address.insert(symbol.address() & !1, (symbol.size(), name));
        }
    }
    let function_at = |address: u64| {
        let (start, (size, name)) = by_address.range(..=address).next_back()?;
        (address < start + size).then_some(name)
    };
    let mut callers = BTreeMap::<String, BTreeSet<String>>::new();
    for section in file.sections() {
        for (offset, relocation) in section.relocations() {
            let RelocationTarget::Symbol(index) = relocation.target() else {
                continue;
            };
            let callee = file.symbol_by_index(index).unwrap();
            let callee = function_at(callee.address() & !1);
            let caller = function_at(offset);
            if let (Some(caller), Some(callee)) = (caller, callee)
                && caller != callee
            {
                let known = callers.entry(callee.clone()).or_default();
                known.insert(caller.clone());
            }
        }
    }
    Calls {
        functions: by_address.into_values().map(|(_, name)| name).collect(),
        callers,
    }
}

/// Whether a function is the crate's or the firmware's, not `core`'s.
fn is_own(name: &str) -> bool {
    let own = ["dimmer_phase", "no_panic::", "_start"];
    own.iter().any(|part| name.contains(part)) && !name.contains(HANDLER)
}

/// The ways to a panic, each from the function outside of `core` that can take it, one on a line.
fn ways_to_panic(image: &[u8]) -> Vec<String> {
    let calls = calls(image);
    // The image has names, and the crate's code is in it.
    assert!(
        calls
            .functions
            .iter()
            .any(|name| name.contains("dimmer_phase::")),
        "the image has no names"
    );
    let handler = calls.functions.iter().find(|name| name.contains(HANDLER));
    let mut open: VecDeque<Vec<String>> =
        handler.map(|name| vec![name.clone()]).into_iter().collect();
    let mut seen = BTreeSet::new();
    let mut ways = Vec::new();
    while let Some(way) = open.pop_front() {
        let callers = calls.callers.get(&way[0]).filter(|_| !is_own(&way[0]));
        let Some(callers) = callers else {
            ways.push(way.join("\n      calls "));
            continue;
        };
        for caller in callers {
            if seen.insert(caller.clone()) {
                open.push_back([vec![caller.clone()], way.clone()].concat());
            }
        }
    }
    ways
}

#[test]
#[ignore = "needs the chips' targets; run it by `cargo xtask test`, or with `-- --ignored`"]
fn no_panic_is_reachable_in_a_firmware_that_calls_everything() {
    let mut found = Vec::new();
    for target in TARGETS {
        // First the control: a panic that is there is found, and the function that takes it is named.
        let planted = ways_to_panic(&image(target, "planted")).join("\n");
        assert!(
            planted.contains("_start\n") && planted.contains("panic_bounds_check"),
            "the search does not find what was planted: {planted}"
        );
        let ways = ways_to_panic(&image(target, ""));
        found.extend(ways.iter().map(|way| format!("{target}: {way}")));
    }
    assert!(
        found.is_empty(),
        "a panic can be reached:\n  {}",
        found.join("\n  ")
    );
}
