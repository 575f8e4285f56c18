//! The rules of the house that no compiler knows: who may know whom, what a pure crate may carry, how files look.

mod links;

use crate::firmware;
use crate::process::{command, output, root};
use anyhow::{Context, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Which of the project's crates each one may know. Arrows point down only; `boards/` may know them all. Nothing that a board with
/// a chip carries may know `dimmer-plant`, which simulates such a board's surroundings, or `dimmer-faults` and `dimmer-house`, which
/// test on it.
const MAY_KNOW: &str = "
dimmer-phase:
dimmer-pool:
dimmer-safety:
dimmer-topics:
dimmer-config: dimmer-phase dimmer-pool dimmer-safety dimmer-topics
dimmer-store: dimmer-config dimmer-safety
dimmer: dimmer-config dimmer-phase dimmer-pool dimmer-safety dimmer-topics
dimmer-pio: dimmer-phase
dimmer-rmt: dimmer-phase
dimmer-probe:
dimmer-plant: dimmer-phase dimmer-probe
dimmer-faults: dimmer dimmer-plant
dimmer-house: dimmer dimmer-plant
dimmer-lan:
dimmer-link:
dimmer-clock:
dimmer-web: dimmer dimmer-config
dimmer-board: dimmer-app dimmer-store
dimmer-app: dimmer dimmer-web dimmer-config dimmer-link dimmer-phase dimmer-pool dimmer-probe dimmer-safety dimmer-topics
";

/// Crates without I/O, clock, async or allocator: each is worth depending on alone.
const PURE: [&str; 6] = [
    "dimmer",
    "dimmer-config",
    "dimmer-phase",
    "dimmer-pool",
    "dimmer-safety",
    "dimmer-topics",
];

/// What a pure crate may bring along, each followed by its own dependencies. Each was looked at: with its default
/// features off it does without std and alloc.
const PURE_DEPENDENCIES: &str = "
fugit gcd
heapless hash32 byteorder stable_deref_trait
serde serde_core
serde-json-core ryu
postcard cobs thiserror
dimmer-config dimmer-phase dimmer-pool dimmer-safety dimmer-topics
";

/// What a board may carry twice: traits without code, which embassy-time implements in the versions of two ages, and of which
/// one-wire-bus speaks the older; and strings of an age that picoserve can take and nobody makes.
const TWICE: [&str; 3] = ["embedded-hal", "heapless", "nb"];

/// A file that is longer is more than one thing.
const MOST_LINES: usize = 999;

/// What an image for a chip needs to be entered, and found in by name. It brings no code that the compiler does not check.
/// Put together here, so that this file keeps the rule itself.
const NAMED_SYMBOL: &str = concat!("#[un", "safe(no_mangle)]");

/// Packages and their versions.
type Packages<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// Everything that is wrong, one sentence each.
pub(crate) fn problems() -> Result<Vec<String>> {
    let mut problems = Vec::new();
    let crates = firmware::crates()?;
    for name in &crates {
        let direct = tree(&["--package", name, "--depth", "1"])?;
        problems.extend(too_high(name, &packages(&direct), &crates));
    }
    for name in PURE {
        problems.extend(impure(name, &packages(&tree(&["--package", name])?)));
        let sources = root().join("crates").join(name).join("src");
        let text = read(&sources.join("lib.rs"))?;
        for line in ["#![no_std]", "#![forbid(unsafe_code)]"] {
            if !text.lines().any(|found| found.trim() == line) {
                problems.push(format!("{name}: src/lib.rs lacks {line}"));
            }
        }
        let of_tests = |file: &PathBuf| {
            let mut parts = file.strip_prefix(&sources).unwrap_or(file).iter();
            parts.any(|part| part == "tests" || part == "tests.rs")
        };
        for file in rust_files(&sources)?
            .into_iter()
            .filter(|file| !of_tests(file))
        {
            let text = read(&file)?;
            problems.extend(extern_crates(&text).map(|line| format!("{}: {line}", file.display())));
        }
    }
    let carried = firmware::carried_crates()?;
    let selection: Vec<&str> = carried
        .iter()
        .flat_map(|name| ["--package", name])
        .collect();
    problems.extend(twice(&packages(&tree(&selection)?)));
    for folder in ["crates", "boards", "examples", "xtask"] {
        for file in rust_files(&root().join(folder))? {
            let found = house_style(&file, &read(&file)?, folder == "boards");
            problems.extend(
                found
                    .iter()
                    .map(|problem| format!("{}: {problem}", file.display())),
            );
        }
    }
    problems.extend(links::problems()?);
    Ok(problems)
}

/// The dependencies on any target, as a device gets them: `name vVERSION (path)`, one on a line.
fn tree(selection: &[&str]) -> Result<String> {
    let mut tree =
        command("cargo tree --edges normal,build,no-proc-macro --target all --prefix none");
    output(tree.args(["--format", "{p}"]).args(selection))
}

/// What `cargo tree` printed, read.
fn packages(tree: &str) -> Packages<'_> {
    let mut packages = Packages::new();
    for line in tree.lines() {
        let mut words = line.split_whitespace();
        // A line without a version is a heading such as `[build-dependencies]`.
        if let (Some(name), Some(version)) = (words.next(), words.next())
            && version.starts_with('v')
        {
            packages.entry(name).or_default().insert(version);
        }
    }
    packages
}

fn too_high(name: &str, direct: &Packages<'_>, crates: &[String]) -> Vec<String> {
    let mut table = MAY_KNOW.lines().filter_map(|line| line.split_once(':'));
    let Some((_, allowed)) = table.find(|(known, _)| *known == name) else {
        return vec![format!(
            "xtask/src/checks.rs does not say what {name} may know"
        )];
    };
    let allowed: Vec<&str> = allowed.split_whitespace().collect();
    let forbidden = |known: &&&str| {
        let of_the_project = **known != name && crates.iter().any(|other| other == **known);
        of_the_project && !allowed.contains(*known)
    };
    let known = direct.keys().filter(forbidden);
    known
        .map(|known| format!("{name} knows {known}, which is not below it"))
        .collect()
}

fn impure(name: &str, all: &Packages<'_>) -> Vec<String> {
    let allowed: Vec<&str> = PURE_DEPENDENCIES.split_whitespace().chain([name]).collect();
    let foreign = all.keys().filter(|known| !allowed.contains(known));
    foreign
        .map(|known| format!("{name} is to be pure, but brings {known}"))
        .collect()
}

fn twice(all: &Packages<'_>) -> Vec<String> {
    let doubled =
        |(name, versions): &(&&str, &BTreeSet<&str>)| versions.len() > 1 && !TWICE.contains(name);
    let doubled = all.iter().filter(doubled);
    doubled
        .map(|(name, versions)| format!("a board would carry {name} twice: {versions:?}"))
        .collect()
}

/// `extern crate alloc` or `std` outside of tests.
fn extern_crates(text: &str) -> impl Iterator<Item = &str> {
    let (mut before, mut in_tests) = ("", false);
    text.lines().map(str::trim).filter(move |line| {
        in_tests |= line.starts_with("mod tests {");
        let for_tests = in_tests || before == "#[cfg(test)]";
        before = line;
        let wanted = ["extern crate alloc", "extern crate std"];
        !for_tests && wanted.iter().any(|start| line.starts_with(start))
    })
}

fn house_style(file: &Path, text: &str, may_be_unsafe: bool) -> Vec<String> {
    let mut problems = Vec::new();
    let lines = text.lines().count();
    if lines > MOST_LINES {
        problems.push(format!("{lines} lines; split it by what it does"));
    }
    let declares = |line: &str| {
        line.trim_end_matches([' ', ';', '{'])
            .ends_with("mod utils")
    };
    if file.ends_with("utils.rs") || text.lines().any(declares) {
        problems.push("name a module after what it does, not `utils`".to_owned());
    }
    let keyword = text.lines().position(is_unsafe).filter(|_| !may_be_unsafe);
    problems.extend(keyword.map(|index| format!("line {}: only boards/ may say so", index + 1)));
    problems
}

/// Whether the keyword stands in code, as opposed to a comment, a lint's name or a longer word.
fn is_unsafe(line: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    if code.trim() == NAMED_SYMBOL {
        return false;
    }
    let what = ["{", "(", "fn ", "impl ", "impl<", "extern ", "trait "];
    let pieces: Vec<&str> = code.split("unsafe").collect();
    pieces.windows(2).any(|pair| match pair {
        [before, after] => {
            let after = after.trim_start();
            !before.ends_with(|letter: char| letter == '_' || letter.is_alphanumeric())
                && what.iter().any(|start| after.starts_with(start))
        }
        _ => false,
    })
}

fn rust_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(files)
}

fn read(file: &Path) -> Result<String> {
    fs::read_to_string(file).with_context(|| file.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_read_as_packages_with_their_versions() {
        let tree = "dimmer-pool v0.1.0 (/p)\nserde v1.0.2\n\n[build-dependencies]\ntokio v1.50.0 (*)\nserde v2.0.0";
        let packages = packages(tree);
        assert_eq!(
            packages.keys().copied().collect::<Vec<_>>(),
            ["dimmer-pool", "serde", "tokio"]
        );
        assert_eq!(
            impure("dimmer-pool", &packages),
            ["dimmer-pool is to be pure, but brings tokio"]
        );
        assert_eq!(twice(&packages).len(), 1);
    }

    #[test]
    fn a_crate_may_know_only_what_is_below_it() {
        let crates = ["dimmer-pool", "dimmer-phase", "dimmer-config"].map(str::to_owned);
        let direct = packages("dimmer-pool v0.1.0 (/p)\ndimmer-phase v0.1.0 (/p)\nserde v1.0.0");
        assert_eq!(too_high("dimmer-pool", &direct, &crates).len(), 1);
        assert!(too_high("dimmer-config", &direct, &crates).is_empty());
        assert_eq!(too_high("dimmer-new", &direct, &crates).len(), 1);
    }

    #[test]
    fn alloc_and_std_are_found_unless_a_test_wants_them() {
        assert_eq!(
            extern_crates("#![no_std]\nextern crate alloc;\n").count(),
            1
        );
        let tests =
            "#[cfg(test)]\nextern crate std;\n#[cfg(test)]\nmod tests {\n  extern crate alloc;\n}";
        assert_eq!(extern_crates(tests).count(), 0);
    }

    #[test]
    fn the_keyword_counts_in_code_only() {
        // Put together here, so that this file keeps the rule itself.
        let keyword = ["un", "safe"].concat();
        assert!(is_unsafe(&format!("let x = {keyword} {{ y() }};")));
        assert!(is_unsafe(&format!("pub {keyword} fn y() {{")));
        assert!(!is_unsafe(&format!("// {keyword} {{")));
        assert!(!is_unsafe(&format!("fn is_{keyword}(line: &str)")));
        assert!(!is_unsafe(&format!("#![forbid({keyword}_code)]")));
        assert!(!is_unsafe(NAMED_SYMBOL));
        assert!(is_unsafe(&format!("#[{keyword}(link_section = \"x\")]")));
    }

    #[test]
    fn long_files_and_modules_without_a_subject_are_found() {
        let long = "\n".repeat(MOST_LINES + 1);
        assert_eq!(house_style(Path::new("a/utils.rs"), &long, true).len(), 2);
        assert!(house_style(Path::new("a/b.rs"), "fn b() {}", false).is_empty());
    }
}
