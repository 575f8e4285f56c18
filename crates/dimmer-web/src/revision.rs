//! Which settings somebody has seen: two people change them, and none takes back what the other did without knowing.

use core::fmt::Write;

/// An entity tag (RFC 9110, 8.8.3) of settings as they are shown, quotes included.
///
/// It is made of what is shown alone: it needs no counter that outlives a restart, and tells nothing of secrets. A password that is
/// changed leaves it as it is; whoever has not seen that sends none, and keeps it so.
pub type Revision = heapless::String<18>;

/// That of settings that are shown so.
pub(crate) fn revision(shown: &[u8]) -> Revision {
    let mut text = Revision::new();
    // Sixteen digits and two quotes fit.
    let _ = write!(text, "\"{:016x}\"", fingerprint(shown));
    text
}

/// Whether `If-Match` (RFC 9110, 13.1.1) names it.
pub(crate) fn is_named(wanted: &str, revision: &str) -> bool {
    let mut tags = wanted.split(',').map(str::trim);
    tags.any(|tag| tag == "*" || tag == revision)
}

/// FNV-1a of 64 bits (<http://www.isthe.com/chongo/tech/comp/fnv/>): shorter than what was told, and different where that is.
pub(crate) fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_named_alone_in_a_list_or_by_a_star() {
        let tag = revision(b"{}");
        // The published check value of FNV-1a for an empty text.
        assert_eq!(fingerprint(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(tag.len(), 18);
        for wanted in [&*tag, "*", &std::format!("\"x\", {tag}")] {
            assert!(is_named(wanted, &tag), "{wanted}");
        }
        for wanted in ["", "\"\"", &std::format!("W/{tag}"), &revision(b"{ }")] {
            assert!(!is_named(wanted, &tag), "{wanted}");
        }
    }
}
