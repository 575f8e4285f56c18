//! The page's files and the schema of the settings, compressed when the firmware was built.

/// A file that lies in flash.
#[derive(Clone, Copy, Debug)]
pub struct Asset {
    /// Where it is.
    pub path: &'static str,
    /// `Content-Type`.
    pub content_type: &'static str,
    /// What it contains, as gzip (RFC 1952).
    pub gzip: &'static [u8],
    /// Changes when it does, with quotation marks.
    pub tag: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

#[cfg(test)]
mod tests {
    use super::*;
    use std::{io::Read, string::String};

    /// All of the page in flash, with the French of the firmware's sentences, bytes: less than 2 % of the smallest board's.
    const BUDGET: usize = 28 * 1024;

    fn unzipped(asset: &Asset) -> String {
        let mut text = String::new();
        flate2::read::GzDecoder::new(asset.gzip)
            .read_to_string(&mut text)
            .unwrap();
        text
    }

    #[test]
    fn the_page_keeps_to_its_share_of_the_flash() {
        let size: usize = ASSETS.iter().map(|asset| asset.gzip.len()).sum();
        for asset in ASSETS.iter().chain([&SCHEMA]) {
            std::println!("{}: {} bytes as gzip", asset.path, asset.gzip.len());
        }
        std::println!("page: {size} bytes as gzip");
        assert!(size <= BUDGET, "{size} bytes");
    }

    #[test]
    fn the_schema_is_compressed_like_the_page() {
        assert_eq!(unzipped(&SCHEMA), dimmer::config::SCHEMA);
        // Eight kilobytes of flash, and not forty-four.
        assert!(SCHEMA.gzip.len() < 10 * 1024, "{}", SCHEMA.gzip.len());
    }

    #[test]
    fn nothing_is_fetched_from_elsewhere() {
        for asset in &ASSETS {
            let text = unzipped(asset);
            // The namespace of SVG is a name, not an address.
            let text = text.replace("http://www.w3.org/2000/svg", "");
            for wrong in [
                "http://",
                "https://",
                "@import",
                "<script>",
                " style=\"",
                "eval(",
                "innerHTML",
            ] {
                assert!(!text.contains(wrong), "{}: {wrong}", asset.path);
            }
        }
    }

    #[test]
    fn every_sentence_is_there_in_both_languages() {
        let script = unzipped(&ASSETS[1]);
        let keys = |language: &str| -> std::collections::BTreeSet<String> {
            let start = script
                .find(&std::format!("WORDS.{language} = {{\n"))
                .unwrap();
            let block = &script[start..];
            let block = &block[..block.find("\n};").unwrap()];
            block
                .lines()
                .skip(1)
                .filter_map(|line| line.trim().split_once(": "))
                .map(|(key, _)| key.trim_matches('"').into())
                .collect()
        };
        let (english, french) = (keys("en"), keys("fr"));
        assert!(english.len() > 50);
        assert_eq!(english, french);
        // And everything that the page asks for is among them.
        for text in [unzipped(&ASSETS[0]), script.clone()] {
            for (place, _) in text.match_indices("data-t=\"") {
                let key = text[place + 8..].split('"').next().unwrap();
                assert!(english.contains(key), "{key}");
            }
            for (place, _) in text.match_indices(" t(\"") {
                let key = text[place + 4..].split('"').next().unwrap();
                assert!(english.contains(key), "{key}");
            }
        }
    }
}
