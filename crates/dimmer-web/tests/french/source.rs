//! The texts that stand in a Rust file: without comments, attributes and what follows the first module of tests.

/// Each text between quotation marks, as the compiler reads it.
pub(crate) fn texts(file: &str) -> Vec<String> {
    let file = file
        .find("#[cfg(test)]\nmod ")
        .map_or(file, |end| &file[..end]);
    let mut texts = Vec::new();
    let mut rest = file;
    while let Some(letter) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("#[") || rest.starts_with("#![") {
            attribute(rest)
        } else if let Some(length) = letter_or_byte(rest) {
            length
        } else if letter == '"' {
            let (text, length) = text(rest);
            texts.push(text);
            length
        } else {
            letter.len_utf8()
        };
        rest = &rest[length..];
    }
    texts
}

/// How long an attribute is, whatever stands in its texts.
fn attribute(rest: &str) -> usize {
    let mut depth = 0;
    let mut place = 0;
    while let Some(letter) = rest[place..].chars().next() {
        match letter {
            '"' => {
                place += text(&rest[place..]).1;
                continue;
            }
            '[' => depth += 1,
            ']' if depth == 1 => return place + 1,
            ']' => depth -= 1,
            _ => {}
        }
        place += letter.len_utf8();
    }
    rest.len()
}

/// How long a `'x'` is, which may be a quotation mark; a lifetime is none.
fn letter_or_byte(rest: &str) -> Option<usize> {
    let inner = rest.strip_prefix('\'')?;
    let mut letters = inner.char_indices();
    let (_, first) = letters.next()?;
    if first == '\\' {
        letters.next()?;
        return Some(1 + inner[2..].find('\'')? + 2 + 1);
    }
    let (end, quote) = letters.next()?;
    (quote == '\'').then_some(1 + end + 1)
}

/// A text, and how long it is with its quotation marks.
fn text(rest: &str) -> (String, usize) {
    let mut text = String::new();
    let mut letters = rest.char_indices().skip(1).peekable();
    while let Some((place, letter)) = letters.next() {
        match letter {
            '"' => return (text, place + 1),
            '\\' => match letters.next() {
                // A line that goes on in the next one, without what stands before it there.
                Some((_, '\n')) => {
                    while letters.next_if(|(_, next)| next.is_whitespace()).is_some() {}
                }
                Some((_, 'n')) => text.push('\n'),
                Some((_, other)) => text.push(other),
                None => {}
            },
            _ => text.push(letter),
        }
    }
    (text, rest.len())
}

#[test]
fn texts_are_read_as_the_compiler_reads_them() {
    let file = "#[expect(lint, reason = \"no ] text\")] // \"nor this\"\nlet a: &'static str = \"is \\\"b\\\"\"; match x { '\"' | b'\\'' => \"c \\\n   d\" }\n#[cfg(test)]\nmod tests { \"e\" }";
    assert_eq!(texts(file), ["is \"b\"", "c d"]);
}
