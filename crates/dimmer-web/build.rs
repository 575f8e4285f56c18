//! Compresses the page: no other program is needed to build the firmware.

use std::{env, fmt::Write as _, fs, io::Write as _, path::Path};

/// Where each file is, its kind, and what it is made of.
const FILES: [(&str, &str, &[&str]); 3] = [
    ("/", "text/html; charset=utf-8", &["index.html"]),
    (
        "/app.js",
        "text/javascript; charset=utf-8",
        &["words.js", "fields.js", "app.js"],
    ),
    ("/style.css", "text/css; charset=utf-8", &["style.css"]),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let page = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("page");
    let out = env::var("OUT_DIR")?;
    let mut source = format!(
        "/// Every file of the page.\npub static ASSETS: [Asset; {}] = [\n",
        FILES.len()
    );
    for (place, (path, content_type, parts)) in FILES.iter().enumerate() {
        let mut text = String::new();
        for part in *parts {
            println!("cargo:rerun-if-changed={}", page.join(part).display());
            text.push_str(&fs::read_to_string(page.join(part))?);
        }
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(text.as_bytes())?;
        let file = Path::new(&out).join(format!("{place}.gz"));
        fs::write(&file, encoder.finish()?)?;
        writeln!(
            source,
            "    Asset {{ path: {path:?}, content_type: {content_type:?}, gzip: include_bytes!({:?}), tag: \"\\\"{:016x}\\\"\" }},",
            file.display().to_string(),
            fingerprint(text.as_bytes())
        )?;
    }
    source.push_str("];\n");
    fs::write(Path::new(&out).join("assets.rs"), source)?;
    Ok(())
}

/// FNV-1a of 64 bits (<http://www.isthe.com/chongo/tech/comp/fnv/>): a browser is to see that a file is another one, no more.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
