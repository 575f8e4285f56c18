//! Compresses the page and the schema of the settings: no other program is needed to build the firmware.

mod french;

use std::{
    collections::BTreeMap, env, error::Error, fmt::Write as _, fs, io::Write as _, path::Path,
};

/// Where each file of the page is, its kind, and what it is made of.
const FILES: [(&str, &str, &[&str]); 4] = [
    ("/", "text/html; charset=utf-8", &["index.html"]),
    (
        "/app.js",
        "text/javascript; charset=utf-8",
        &[
            "words_en.js",
            "words_fr.js",
            "fields.js",
            "basics.js",
            "dashboard.js",
            "form.js",
            "probes.js",
            "parts.js",
            "setup.js",
            "start.js",
        ],
    ),
    ("/style.css", "text/css; charset=utf-8", &["style.css"]),
    ("/french.json", "application/json", &[FRENCH]),
];

/// What the firmware says, in French.
const FRENCH: &str = "french.txt";

fn main() -> Result<(), Box<dyn Error>> {
    let page = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("page");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=french.rs");
    let mut source = format!(
        "/// Every file of the page.\npub static ASSETS: [Asset; {}] = [\n",
        FILES.len()
    );
    for (path, content_type, parts) in FILES {
        let mut text = String::new();
        for part in parts {
            println!("cargo:rerun-if-changed={}", page.join(part).display());
            let read = fs::read_to_string(page.join(part))?;
            if *part == FRENCH {
                text = dictionary(&read)?;
            } else {
                text.push_str(&read);
            }
        }
        writeln!(source, "    {},", asset(path, content_type, &text)?)?;
    }
    let schema = asset(
        "/api/v1/config/schema",
        "application/json",
        dimmer_config::SCHEMA,
    )?;
    writeln!(
        source,
        "];\n/// The JSON Schema of the settings.\npub static SCHEMA: Asset = {schema};"
    )?;
    fs::write(Path::new(&env::var("OUT_DIR")?).join("assets.rs"), source)?;
    Ok(())
}

/// What the page looks French up in.
fn dictionary(file: &str) -> Result<String, Box<dyn Error>> {
    let mut known = BTreeMap::new();
    for (english, french) in french::pairs(file) {
        let place = (french::pattern(english), french::pattern(french));
        if let Some(other) = known.insert(french::key(english), place.clone())
            && other != place
        {
            return Err(format!("french.txt: {place:?} and {other:?} have one key").into());
        }
    }
    let entries: Vec<String> = known
        .iter()
        .map(|(key, (_, french))| format!("{key:?}:{french:?}"))
        .collect();
    Ok(format!("{{{}}}", entries.join(",")))
}

/// What makes an `Asset` of a text.
fn asset(path: &str, content_type: &str, text: &str) -> Result<String, Box<dyn Error>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(text.as_bytes())?;
    let tag = fingerprint(text.as_bytes());
    let folder = env::var("OUT_DIR")?;
    fs::write(
        Path::new(&folder).join(format!("{tag:016x}.gz")),
        encoder.finish()?,
    )?;
    // By its name alone, as it lies beside: the length of a folder's name would move the places of what the compiler reads after this, which are in the
    // marks of inline assembly, and another folder would make another image.
    Ok(format!(
        "Asset {{ path: {path:?}, content_type: {content_type:?}, gzip: include_bytes!(\"{tag:016x}.gz\"), tag: \"\\\"{tag:016x}\\\"\" }}",
    ))
}

/// FNV-1a of 64 bits (<http://www.isthe.com/chongo/tech/comp/fnv/>): a browser is to see that a file is another one, no more.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
