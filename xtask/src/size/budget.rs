//! A budget: a file of sections, and in each the most bytes that a figure may have.

use crate::process::root;
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::fs;

/// Figures in bytes, each with its name in the budget.
pub(crate) type Figures = BTreeMap<String, u64>;

/// The budget in a file of the project, by section.
pub(crate) fn read(file: &str) -> Result<BTreeMap<String, Figures>> {
    let text = fs::read_to_string(root().join(file)).with_context(|| file.to_owned())?;
    parse(file, &text)
}

/// Every figure that is beyond the section's limits, or has none, and every limit without a figure: one sentence each.
pub(crate) fn compare(
    file: &str,
    section: &str,
    figures: &Figures,
    limits: &Figures,
) -> Vec<String> {
    let over = figures.iter().filter_map(|(name, bytes)| {
        let Some(limit) = limits.get(name) else {
            return Some(format!(
                "{file}, [{section}]: no budget for {name}, which is {bytes} bytes"
            ));
        };
        (bytes > limit).then(|| {
            format!(
                "{section}: {name} is {bytes} bytes, {} more than its budget of {limit} in {file}",
                bytes - limit
            )
        })
    });
    let unknown = limits
        .keys()
        .filter(|name| !figures.contains_key(*name))
        .map(|name| format!("{file}, [{section}]: nothing is called {name}"));
    over.chain(unknown).collect()
}

/// Sections, and whole numbers under names: the little of TOML that a budget needs.
fn parse(file: &str, text: &str) -> Result<BTreeMap<String, Figures>> {
    let mut sections = BTreeMap::<String, Figures>::new();
    let mut current = String::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.split('#').next().unwrap_or_default().trim();
        let heading = line
            .strip_prefix('[')
            .and_then(|line| line.strip_suffix(']'));
        if line.is_empty() {
            continue;
        } else if let Some(heading) = heading {
            current = heading.to_owned();
        } else if let Some((name, value)) = line.split_once('=')
            && let Ok(bytes) = value.trim().replace('_', "").parse()
        {
            let figures = sections.entry(current.clone()).or_default();
            figures.insert(name.trim().to_owned(), bytes);
        } else {
            bail!("{file}:{number}: `{line}` is no `[section]` and no `name = bytes`");
        }
    }
    Ok(sections)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(list: &[(&str, u64)]) -> Figures {
        list.iter()
            .map(|(name, bytes)| ((*name).to_owned(), *bytes))
            .collect()
    }

    #[test]
    fn a_budget_is_read() {
        let text = "# Bytes.\n[a]\nflash = 1_000 # more\n\n[b]\nflash = 7\n";
        let budget = parse("budget", text).unwrap();
        assert_eq!(budget.get("a"), Some(&figures(&[("flash", 1_000)])));
        assert_eq!(budget.get("b"), Some(&figures(&[("flash", 7)])));
        assert!(
            parse("budget", "[a]\nflash = many")
                .unwrap_err()
                .to_string()
                .contains(":2:")
        );
    }

    #[test]
    fn more_than_the_budget_and_names_without_one_are_told() {
        let compare = |measured: &Figures, limits: &Figures| compare("f", "t", measured, limits);
        let measured = figures(&[("flash", 1_001), ("ram", 10)]);
        assert!(compare(&measured, &figures(&[("flash", 1_001), ("ram", 10)])).is_empty());
        let over = compare(&measured, &figures(&[("flash", 1_000), ("ram", 10)]));
        assert_eq!(over.len(), 1);
        assert!(over.first().unwrap().contains("1 more than"));
        assert_eq!(compare(&measured, &figures(&[("flash", 2_000)])).len(), 1);
        let more = figures(&[("flash", 2_000), ("ram", 20), ("rom", 1)]);
        assert_eq!(compare(&measured, &more).len(), 1);
    }
}
