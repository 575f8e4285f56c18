//! An image, crate by crate, by the names of its symbols; and whether it has an allocator.

use anyhow::Result;
use object::{Object as _, ObjectSymbol as _};
use std::collections::BTreeMap;

/// What a crate has of an image, bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Share {
    /// Code and constants.
    pub(crate) flash: u64,
    /// Variables.
    pub(crate) ram: u64,
}

/// What every crate has of the image whose RAM begins at `ram`. Code that was inlined, and the futures of tasks, count where they ended up.
pub(crate) fn shares(data: &[u8], ram: u64) -> Result<BTreeMap<String, Share>> {
    let image = object::File::parse(data)?;
    let mut shares = BTreeMap::<String, Share>::new();
    for symbol in image.symbols().filter(|symbol| symbol.size() > 0) {
        let share = shares.entry(crate_of(symbol.name()?).to_owned());
        let share = share.or_default();
        if symbol.address() < ram {
            share.flash += symbol.size();
        } else {
            share.ram += symbol.size();
        }
    }
    Ok(shares)
}

/// The symbols of an allocator, if the image has one: a firmware that allocates can run out of memory years later.
pub(crate) fn allocators(data: &[u8]) -> Result<Vec<String>> {
    let image = object::File::parse(data)?;
    let names = image.symbols().filter_map(|symbol| symbol.name().ok());
    Ok(names
        .filter(|name| is_allocator(name))
        .map(str::to_owned)
        .collect())
}

fn is_allocator(name: &str) -> bool {
    ["__rust_alloc", "__rg_alloc", "__rdl_alloc"]
        .iter()
        .any(|wanted| name.contains(wanted))
}

const NO_CRATE: &str = "(no crate)";

/// The crate in which a mangled name begins (<https://doc.rust-lang.org/rustc/symbol-mangling/index.html>).
fn crate_of(symbol: &str) -> &str {
    let found = match symbol.strip_prefix("_ZN") {
        Some(legacy) => of_legacy(legacy),
        None => symbol.strip_prefix("_R").and_then(of_v0),
    };
    found.unwrap_or(NO_CRATE)
}

/// A number and as many bytes of a name; of an implementation, the type that it is for.
fn of_legacy(mangled: &str) -> Option<&str> {
    let name = counted(mangled)?;
    let Some(implementation) = name.strip_prefix("_$LT$") else {
        return Some(name);
    };
    // `<&mut foo::Bar as baz::Trait>`: what stands before the first `::`, without signs. Of a parameter's, the trait.
    let path = implementation.split("..").next()?;
    let start = path.rfind(|letter: char| !is_of_name(letter));
    let first = path.get(start.map_or(0, |at| at + 1)..)?;
    (!first.is_empty()).then_some(first)
}

/// `Cs`, a number to the base of 62, `_`, and a length with as many bytes.
fn of_v0(mangled: &str) -> Option<&str> {
    let (_, root) = mangled.split_once("Cs")?;
    let (_, name) = root.split_once('_')?;
    counted(name)
}

fn counted(text: &str) -> Option<&str> {
    let end = text.find(|letter: char| !letter.is_ascii_digit())?;
    let (length, name) = text.split_at(end);
    name.get(..length.parse().ok()?)
}

fn is_of_name(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

/// Prints the crates that have most of it, and the rest as one.
pub(crate) fn print(data: &[u8], ram: u64) -> Result<()> {
    let mut shares: Vec<_> = shares(data, ram)?.into_iter().collect();
    shares.sort_by_key(|(_, share)| std::cmp::Reverse(share.flash + share.ram));
    let (most, rest) = shares.split_at(shares.len().min(SHOWN));
    let rest = rest.iter().fold(Share::default(), |sum, (_, share)| Share {
        flash: sum.flash + share.flash,
        ram: sum.ram + share.ram,
    });
    println!("\n{:<24} {:>8} {:>8}", "crate", "flash", "ram");
    let rest = ("all others".to_owned(), rest);
    for (name, Share { flash, ram }) in most.iter().chain([&rest]) {
        println!("{name:<24} {flash:>8} {ram:>8}");
    }
    println!(
        "by symbols: code counts where it was inlined, and constants without a name do not count"
    );
    Ok(())
}

const SHOWN: usize = 24;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symbol_belongs_to_the_crate_of_its_path_or_of_the_type_that_it_is_for() {
        for (symbol, name) in [
            (
                "_ZN12dimmer_phase5mains5Mains4take17heaef83ee2023e2ddE",
                "dimmer_phase",
            ),
            (
                "_ZN78_$LT$dimmer_topics..decimal..Decimal$u20$as$u20$serde_core..ser..Serialize$GT$9serialize17h08a18db0da5606e6E",
                "dimmer_topics",
            ),
            (
                "_ZN53_$LT$$RF$mut$u20$smoltcp..wire..Repr$u20$as$u20$x..Y$GT$3fmt17h08a18db0da5606e6E",
                "smoltcp",
            ),
            (
                "_ZN42_$LT$$RF$T$u20$as$u20$core..fmt..Display$GT$3fmt17h0000000000000000E",
                "core",
            ),
            (
                "_RNvNtCsjc7sn2q0iDy_17compiler_builtins3mem7memmove",
                "compiler_builtins",
            ),
            ("memcpy", NO_CRATE),
            ("_ZN99cut", NO_CRATE),
        ] {
            assert_eq!(crate_of(symbol), name, "{symbol}");
        }
    }

    #[test]
    fn an_allocator_is_known_by_its_symbols_however_they_are_mangled() {
        for name in [
            "__rust_alloc",
            "_RNvCs5QKde7ScR4M_7___rustc12___rust_alloc",
            "__rdl_alloc",
        ] {
            assert!(is_allocator(name), "{name}");
        }
        assert!(!is_allocator("_ZN5alloc3vec3Vec4push17h0000000000000000E"));
    }

    #[test]
    fn this_program_has_an_allocator_and_code_of_its_own() {
        let data = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        assert!(!allocators(&data).unwrap().is_empty());
        let shares = shares(&data, u64::MAX).unwrap();
        assert!(shares.get("xtask").is_some_and(|share| share.flash > 0));
    }
}
