//! What phase control takes of a chip: images that use it less one that does not, and how large its types are. The budget stands in a
//! file beside the crate.

use super::budget::{self, Figures};
use crate::firmware::{TARGETS, Toolchain};
use crate::process::{self, root};
use anyhow::{Context, Result, bail};
use object::{Object as _, ObjectSection as _, ObjectSymbol as _, SectionKind};
use std::fs;

const FOLDER: &str = "crates/dimmer-phase/tests/chip";
const TARGET_FOLDER: &str = "target-firmware";
const BUDGET: &str = "crates/dimmer-phase/size-budget.toml";
/// The images that are measured, beyond the one called `empty`.
const IMAGES: [&str; 3] = ["one_channel", "three_channels", "timer_and_burst"];
/// The image in which each type has a static of its size, and how the names of these begin.
const TYPES: &str = "types";
const TYPE_PREFIX: &str = "SIZE_";

/// The bytes of an image by what they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sections {
    text: u64,
    rodata: u64,
    data: u64,
    bss: u64,
}

impl Sections {
    fn of(image: &object::File<'_>) -> Self {
        let mut sections = Self::default();
        for section in image.sections() {
            let sum = match section.kind() {
                SectionKind::Text => &mut sections.text,
                SectionKind::ReadOnlyData
                | SectionKind::ReadOnlyString
                | SectionKind::ReadOnlyDataWithRel => &mut sections.rodata,
                SectionKind::Data => &mut sections.data,
                SectionKind::UninitializedData => &mut sections.bss,
                _ => continue,
            };
            *sum += section.size();
        }
        sections
    }

    fn less(self, empty: Self) -> Self {
        Self {
            text: self.text.saturating_sub(empty.text),
            rodata: self.rodata.saturating_sub(empty.rodata),
            data: self.data.saturating_sub(empty.data),
            bss: self.bss.saturating_sub(empty.bss),
        }
    }

    /// Initialised data lie in flash as well.
    fn flash(self) -> u64 {
        self.text + self.rodata + self.data
    }
}

struct Measured {
    images: Vec<(&'static str, Sections)>,
    /// The size of each type in RAM.
    types: Figures,
}

impl Measured {
    fn figures(&self) -> Figures {
        let flash = self
            .images
            .iter()
            .map(|(name, sections)| (format!("flash_{name}"), sections.flash()));
        let statics = self
            .images
            .iter()
            .map(|(name, sections)| (format!("static_ram_{name}"), sections.data + sections.bss));
        let types = self
            .types
            .iter()
            .map(|(name, size)| (format!("size_of_{name}"), *size));
        flash.chain(statics).chain(types).collect()
    }
}

fn measure(toolchain: &Toolchain, target: &str) -> Result<Measured> {
    process::run(&mut toolchain.build_image(target, FOLDER, TARGET_FOLDER))?;
    let folder = root().join(TARGET_FOLDER).join(target).join("release");
    let read = |name: &str| {
        let path = folder.join(name);
        fs::read(&path).with_context(|| path.display().to_string())
    };
    let sections =
        |name: &str| -> Result<Sections> { Ok(Sections::of(&object::File::parse(&*read(name)?)?)) };
    let empty = sections("empty")?;
    let mut images = Vec::new();
    for name in IMAGES {
        images.push((name, sections(name)?.less(empty)));
    }
    let mut types = Figures::new();
    let image = read(TYPES)?;
    for symbol in object::File::parse(&*image)?.symbols() {
        if let Some(name) = symbol.name()?.strip_prefix(TYPE_PREFIX) {
            types.insert(name.to_lowercase(), symbol.size());
        }
    }
    if types.is_empty() {
        bail!("the image `{TYPES}` has no symbol that begins with {TYPE_PREFIX}");
    }
    Ok(Measured { images, types })
}

/// Shows it all.
pub(crate) fn print(toolchain: &Toolchain) -> Result<()> {
    let limits = budget::read(BUDGET)?;
    println!("dimmer-phase in an image, beyond an empty one (bytes; its budget is in {BUDGET})");
    println!(
        "{:<28} {:<16} {:>8} {:>8} {:>6} {:>6} {:>8} {:>8}",
        "target", "image", "text", "rodata", "data", "bss", "flash", "budget"
    );
    let mut types = Vec::new();
    for target in TARGETS {
        let measured = measure(toolchain, target)?;
        let limit = |name: String| {
            let limit = limits.get(target).and_then(|limits| limits.get(&name));
            limit.map_or("none".to_owned(), u64::to_string)
        };
        for (name, sections) in &measured.images {
            let Sections {
                text,
                rodata,
                data,
                bss,
            } = sections;
            let flash = sections.flash();
            let budget = limit(format!("flash_{name}"));
            println!(
                "{target:<28} {name:<16} {text:>8} {rodata:>8} {data:>6} {bss:>6} {flash:>8} {budget:>8}"
            );
        }
        for (name, size) in &measured.types {
            let budget = limit(format!("size_of_{name}"));
            types.push(format!("{target:<28} {name:<16} {size:>8} {budget:>8}"));
        }
    }
    println!(
        "\nIts types in RAM (the number is that of the channels; the images keep them on the stack)"
    );
    println!(
        "{:<28} {:<16} {:>8} {:>8}",
        "target", "type", "bytes", "budget"
    );
    types.iter().for_each(|line| println!("{line}"));
    Ok(())
}

/// Every figure that is beyond the budget, one sentence each.
pub(crate) fn over_budget(toolchain: &Toolchain) -> Result<Vec<String>> {
    let limits = budget::read(BUDGET)?;
    let mut problems = Vec::new();
    for target in TARGETS {
        let figures = measure(toolchain, target)?.figures();
        let none = Figures::new();
        problems.extend(budget::compare(
            BUDGET,
            target,
            &figures,
            limits.get(target).unwrap_or(&none),
        ));
    }
    Ok(problems)
}
