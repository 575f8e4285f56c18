//! `docs/pool.md` shows settings that a dimmer takes, and names every one of the pool with its default.
#![expect(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

use dimmer_config::Config;

fn page() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/pool.md");
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn every_example_of_settings_is_one_that_a_dimmer_takes() {
    let page = page();
    let examples: Vec<_> = page.split("```toml\n").skip(1).collect();
    assert_eq!(examples.len(), 6);
    for example in examples {
        let (text, _) = example.split_once("```").unwrap();
        let config: Config = toml::from_str(text).unwrap();
        assert_ne!(config, Config::default(), "{text}");
        assert_eq!(config.validate().map(|_| ()), Ok(()), "{text}");
    }
}

#[test]
fn every_setting_of_the_pool_stands_there_with_its_default() {
    let page = page();
    let defaults = toml::Value::try_from(Config::default()).unwrap();
    let defaults = defaults["pool"].as_table().unwrap();
    assert!(defaults.len() > 10);
    for (name, default) in defaults {
        let default = match default {
            toml::Value::String(word) => word.clone(),
            number => number.as_integer().unwrap().to_string(),
        };
        let row = format!("| `{name}` | `{default}` |");
        assert!(page.contains(&row), "{row}");
    }
    // This one is left out unless it is set.
    assert!(page.contains("| `full_centipercent` | start and this dimmer |"));
}
