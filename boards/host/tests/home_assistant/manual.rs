//! docs/home-assistant.md, tried: its table of entities is held against what Home Assistant says, its automation is run.

use std::{fs, path::Path};

use crate::house::House;

fn manual() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/home-assistant.md");
    fs::read_to_string(file).unwrap()
}

/// What the manual says between these words, at the start of a line, and the end of the block.
pub fn block(start: &str) -> String {
    let manual = manual();
    let (_, rest) = manual.split_once(&format!("\n{start}")).unwrap();
    rest.split_once("\n```").unwrap().0.to_owned()
}

/// Fails unless each entity that Home Assistant shows has its line in the manual. The states there are examples.
pub fn check(house: &mut House) {
    let manual = manual();
    let shown = house.shown();
    let mut table = Vec::new();
    for (unique_id, entity) in house.announced() {
        let shown = &shown[&unique_id];
        let attribute = |name: &str| {
            shown.attributes[name]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        let name = attribute("friendly_name");
        let name = name.strip_prefix(&entity.device.1).unwrap_or(&name).trim();
        let state = shown.state.trim_end_matches(".0");
        let (unit, class) = (attribute("unit_of_measurement"), attribute("device_class"));
        let known = format!("| {name} | `{}` |", shown.entity_id);
        let cell = |text: &str| {
            if text.is_empty() {
                " |".to_owned()
            } else {
                format!(" {text} |")
            }
        };
        let facts = format!("|{}{}", cell(&unit), cell(&class));
        table.push((known, state.to_owned(), facts));
    }
    let lines: Vec<String> = table
        .iter()
        .map(|(known, state, facts)| format!("{known} `{state}` {facts}"))
        .collect();
    let table_in_full = lines.join("\n");
    println!("{table_in_full}");
    let in_the_manual = |known: &str, facts: &str| {
        manual
            .lines()
            .any(|line| line.starts_with(known) && line.ends_with(facts))
    };
    for (known, _, facts) in &table {
        assert!(
            in_the_manual(known, facts),
            "docs/home-assistant.md lacks {known} … {facts}; the table is now\n{table_in_full}"
        );
    }
    let listed = manual
        .lines()
        .filter(|line| line.starts_with("| ") && line.contains(".water_heater_"))
        .count();
    assert!(
        listed == table.len(),
        "docs/home-assistant.md has {listed} entities instead of\n{table_in_full}"
    );
}
