//! French for what the firmware says: read when it is built, and by the test that looks for what has none.

/// A text with `{}` in the place of numbers and of what stands in `these` or {these}: what is said with other numbers is the same text.
/// Several of them with commas between are one.
pub(crate) fn pattern(text: &str) -> String {
    let mut pattern = String::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        if let Some(mut length) = variable(rest) {
            while let Some(more) = rest[length..].strip_prefix(", ").and_then(variable) {
                length += 2 + more;
            }
            pattern.push_str("{}");
            rest = &rest[length..];
        } else {
            pattern.push(letter);
            rest = &rest[letter.len_utf8()..];
        }
    }
    pattern
}

/// How many bytes at the start may be any.
fn variable(text: &str) -> Option<usize> {
    let closed = |open: char, close: char| {
        let inner = text.strip_prefix(open)?;
        Some(inner.find(close)? + 2)
    };
    let number = || {
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let mut length = usize::from(text.starts_with('-'));
        length += match digits(&text[length..]) {
            0 => return None,
            count => count,
        };
        while text[length..].starts_with(['.', ',']) {
            match digits(&text[length + 1..]) {
                0 => break,
                count => length += 1 + count,
            }
        }
        Some(length)
    };
    closed('`', '`')
        .or_else(|| closed('{', '}'))
        .or_else(number)
}

/// Under which the French of a text is found: FNV-1a of 32 bits (<http://www.isthe.com/chongo/tech/comp/fnv/>), which is shorter than the text.
pub(crate) fn key(text: &str) -> String {
    let hash = pattern(text).bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    format!("{hash:x}")
}

/// The pairs of English and French in `french.txt`.
pub(crate) fn pairs(file: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut lines = file
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    std::iter::from_fn(move || {
        let english = lines.next()?;
        Some((english, lines.next()?.strip_prefix("  ")?))
    })
}
