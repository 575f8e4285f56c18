//! Links between the project's own documents: whatever is pointed at is there, to the heading.

use crate::process::{command, output, root};
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

/// Every link in a document of the repository that leads nowhere, one sentence each.
pub(super) fn problems() -> Result<Vec<String>> {
    let files = output(command("git ls-files").arg("*.md"))?;
    let mut headings = BTreeMap::new();
    let mut links = Vec::new();
    for file in files.lines().map(PathBuf::from) {
        let text = std::fs::read_to_string(root().join(&file))
            .with_context(|| file.display().to_string())?;
        headings.insert(file.clone(), anchors(&text));
        links.extend(targets(&text).map(|target| (file.clone(), target)));
    }
    let is_dead = |(file, target): &(PathBuf, String)| {
        let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
        let place = match path {
            "" => file.clone(),
            path => beside(file, path),
        };
        match headings.get(&place) {
            Some(anchors) => !anchor.is_empty() && !anchors.iter().any(|known| known == anchor),
            None => !root().join(place).exists(),
        }
    };
    let dead = links.into_iter().filter(is_dead);
    Ok(dead
        .map(|(file, target)| format!("{}: `{target}` leads nowhere", file.display()))
        .collect())
}

/// The place of a relative path, from a file, without `..`.
fn beside(file: &Path, path: &str) -> PathBuf {
    let mut place = file.parent().map(Path::to_owned).unwrap_or_default();
    for part in Path::new(path).components() {
        match part {
            Component::ParentDir => {
                place.pop();
            }
            Component::Normal(part) => place.push(part),
            _ => {}
        }
    }
    place
}

/// The lines that are text: not those of a block of code.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut is_code = false;
    text.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    })
}

/// Where the links of a document lead, but for those out of the repository.
fn targets(text: &str) -> impl Iterator<Item = String> {
    prose(text).flat_map(|line| {
        let ends = line.split("](").skip(1);
        ends.filter_map(|rest| rest.split_once(')'))
            .map(|(target, _)| target.to_owned())
            .filter(|target| !target.contains("://") && !target.starts_with("mailto:"))
            .collect::<Vec<_>>()
    })
}

/// The anchors that GitHub makes of a document's headings: small letters, digits, `-` and `_`, and a hyphen for each blank; a number is
/// added to one that was there before.
fn anchors(text: &str) -> Vec<String> {
    let mut anchors: Vec<String> = Vec::new();
    let headings = prose(text).filter(|line| line.starts_with('#'));
    for heading in headings.map(|line| line.trim_start_matches('#').trim()) {
        let letters = heading.chars().flat_map(char::to_lowercase);
        let anchor: String = letters
            .filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter))
            .map(|letter| if letter == ' ' { '-' } else { letter })
            .collect();
        let is_repeat = |known: &&String| {
            let number = known
                .strip_prefix(anchor.as_str())
                .and_then(|rest| rest.strip_prefix('-'));
            **known == anchor || number.is_some_and(|number| number.parse::<u32>().is_ok())
        };
        match anchors.iter().filter(is_repeat).count() {
            0 => anchors.push(anchor),
            before => anchors.push(format!("{anchor}-{before}")),
        }
    }
    anchors
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_out_of_code_and_out_of_the_repository_are_left_alone() {
        let text = "See [a](../b.md#c) and [d](https://e.org).\n```\n[f](g)\n```\n[h](#i)";
        let targets: Vec<_> = targets(text).collect();
        assert_eq!(targets, ["../b.md#c", "#i"]);
        let place = beside(Path::new("docs/boards/x.md"), "../b.md");
        assert_eq!(place, Path::new("docs/b.md"));
    }

    #[test]
    fn anchors_are_those_of_github() {
        let text = "# By `idx`, or not\n## Two\n## Two\n```\n# none\n```\n### What's _new_?";
        assert_eq!(
            anchors(text),
            ["by-idx-or-not", "two", "two-1", "whats-_new_"]
        );
    }
}
