//! A part of a JSON object laid over the whole (as RFC 7396 does, but that `null` is a value): without a tree, and without a heap.

use crate::{Failure, failure::PATH_CAPACITY};

/// Objects in one another that are merged; what is deeper is taken as a whole.
const DEEPEST: u8 = 8;
/// Lists and objects in one another that are read at all.
const DEEPEST_READ: u8 = 16;

/// Where a merge stands, and how much of it is done.
pub(crate) struct Merge<'a> {
    out: crate::view::Writer<'a>,
    /// Only this leaf of the part counts, from 0; nothing: all do.
    only: Option<usize>,
    /// Leaves of the part so far.
    leaves: usize,
    path: heapless::String<PATH_CAPACITY>,
    /// The path of the leaf that counts.
    pub(crate) found: heapless::String<PATH_CAPACITY>,
}

impl<'a> Merge<'a> {
    pub(crate) fn new(out: &'a mut [u8], only: Option<usize>) -> Self {
        Self {
            out: crate::view::Writer::new(out),
            only,
            leaves: 0,
            path: heapless::String::new(),
            found: heapless::String::new(),
        }
    }

    /// Lays `part` over `whole`; returns how many bytes were written, and how many leaves `part` has.
    pub(crate) fn run(&mut self, whole: &str, part: &str) -> Result<(usize, usize), Failure> {
        let part = part.trim();
        if value(part, 0) != Some(part.len()) || !part.starts_with('{') {
            return Err(self.failure(
                "is not a JSON object",
                "an object such as `{\"output\":{\"rated_watts\":2000}}`",
            ));
        }
        self.merge(whole.trim(), part, 0)?;
        Ok((self.out.length, self.leaves))
    }

    fn merge(&mut self, whole: &str, part: &str, depth: u8) -> Result<(), Failure> {
        if depth >= DEEPEST || !part.starts_with('{') || !whole.starts_with('{') {
            let counts = self.only.is_none_or(|only| only == self.leaves);
            if counts {
                self.found.clone_from(&self.path);
            }
            self.leaves += 1;
            return self.write(if counts { part } else { whole });
        }
        self.check_keys(whole, part)?;
        self.write("{")?;
        for (place, member) in Members::of(whole).enumerate() {
            if place > 0 {
                self.write(",")?;
            }
            self.write(member.key)?;
            self.write(":")?;
            let changed = Members::of(part).find(|other| other.key == member.key);
            match changed {
                Some(changed) => {
                    let length = self.path.len();
                    self.go_down(member.key);
                    self.merge(member.value, changed.value, depth + 1)?;
                    self.path.truncate(length);
                }
                None => self.write(member.value)?,
            }
        }
        self.write("}")
    }

    /// Each key of the part is one of the whole, and stands there once.
    fn check_keys(&mut self, whole: &str, part: &str) -> Result<(), Failure> {
        for (place, member) in Members::of(part).enumerate() {
            let problem = if Members::of(whole).all(|known| known.key != member.key) {
                "is not a setting"
            } else if Members::of(part)
                .take(place)
                .any(|other| other.key == member.key)
            {
                "stands there twice"
            } else {
                continue;
            };
            self.go_down(member.key);
            return Err(self.failure(problem, "the settings that GET /api/v1/config shows"));
        }
        Ok(())
    }

    fn go_down(&mut self, key: &str) {
        let dot = if self.path.is_empty() { "" } else { "." };
        for character in dot.chars().chain(key.trim_matches('"').chars()) {
            // A path that is too long is cut.
            if self.path.push(character).is_err() {
                break;
            }
        }
    }

    fn failure(&self, problem: &'static str, expected: &'static str) -> Failure {
        Failure::new(422, &self.path, problem, expected)
    }

    fn write(&mut self, text: &str) -> Result<(), Failure> {
        if self.out.raw(text.as_bytes()) {
            Ok(())
        } else {
            Err(Failure::new(
                413,
                "",
                "is more than fits",
                "fewer settings at a time",
            ))
        }
    }
}

struct Member<'a> {
    /// With its quotation marks.
    key: &'a str,
    value: &'a str,
}

/// The members of an object that was found right.
struct Members<'a>(&'a str);

impl<'a> Members<'a> {
    fn of(object: &'a str) -> Self {
        Self(object.get(1..).unwrap_or_default())
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = Member<'a>;

    fn next(&mut self) -> Option<Member<'a>> {
        let rest = self
            .0
            .trim_start_matches(|character: char| character == ',' || is_blank(character));
        let (key, rest) = rest.split_at_checked(string(rest)?)?;
        let rest =
            rest.trim_start_matches(|character: char| character == ':' || is_blank(character));
        let (value, rest) = rest.split_at_checked(value(rest, 0)?)?;
        self.0 = rest;
        Some(Member { key, value })
    }
}

const fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\r')
}

/// How long the value is with which a text begins (RFC 8259).
fn value(text: &str, depth: u8) -> Option<usize> {
    match text.as_bytes().first()? {
        b'"' => string(text),
        b'{' if depth < DEEPEST_READ => several(text, b'}', depth),
        b'[' if depth < DEEPEST_READ => several(text, b']', depth),
        _ => {
            let word = text
                .find(|character: char| {
                    !(character.is_ascii_alphanumeric() || matches!(character, '+' | '-' | '.'))
                })
                .unwrap_or(text.len());
            let word = text.get(..word)?;
            let is_right = matches!(word, "true" | "false" | "null") || is_number(word);
            is_right.then_some(word.len())
        }
    }
}

/// A number (RFC 8259, 6).
fn is_number(word: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let word = word.strip_prefix('-').unwrap_or(word);
    let (mantissa, exponent) = word.split_once(['e', 'E']).unwrap_or((word, "0"));
    let (whole, rest) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    digits(whole) && digits(rest) && digits(exponent) && (whole == "0" || !whole.starts_with('0'))
}

fn string(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    if bytes.first() != Some(&b'"') {
        return None;
    }
    let mut place = 1;
    loop {
        match bytes.get(place)? {
            b'"' => return Some(place + 1),
            b'\\' => place += 2,
            0..=0x1F => return None,
            _ => place += 1,
        }
    }
}

/// A list or an object.
fn several(text: &str, end: u8, depth: u8) -> Option<usize> {
    let blanks = |place: usize| {
        let rest = text.get(place..)?;
        Some(place + rest.len() - rest.trim_start_matches(is_blank).len())
    };
    let bytes = text.as_bytes();
    let mut place = blanks(1)?;
    if bytes.get(place) == Some(&end) {
        return Some(place + 1);
    }
    loop {
        if end == b'}' {
            place = blanks(place + string(text.get(place..)?)?)?;
            if bytes.get(place) != Some(&b':') {
                return None;
            }
            place = blanks(place + 1)?;
        }
        place = blanks(place + value(text.get(place..)?, depth + 1)?)?;
        match bytes.get(place)? {
            b',' => place = blanks(place + 1)?,
            other if *other == end => return Some(place + 1),
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::string::{String, ToString};

    fn merged(whole: &str, part: &str) -> Result<String, Failure> {
        let mut out = [0; 4096];
        let (length, _) = Merge::new(&mut out, None).run(whole, part)?;
        Ok(core::str::from_utf8(&out[..length]).unwrap().to_string())
    }

    #[test]
    fn what_is_named_is_changed_and_nothing_else() {
        let whole = r#"{"a":1,"b":{"c":"x","d":[1,2],"e":null}}"#;
        for (part, expected) in [
            ("{}", whole),
            (
                r#" { "a" : 2 } "#,
                r#"{"a":2,"b":{"c":"x","d":[1,2],"e":null}}"#,
            ),
            (
                r#"{"b":{"e":{"f":1}}}"#,
                r#"{"a":1,"b":{"c":"x","d":[1,2],"e":{"f":1}}}"#,
            ),
            (
                r#"{"b":{"d":[],"c":"\"}"}}"#,
                r#"{"a":1,"b":{"c":"\"}","d":[],"e":null}}"#,
            ),
            (r#"{"b":5,"a":null}"#, r#"{"a":null,"b":5}"#),
        ] {
            assert_eq!(merged(whole, part).unwrap(), expected, "{part}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let whole = r#"{"a":1,"b":{"c":"x"}}"#;
        for (part, path, problem) in [
            ("", "", "is not a JSON object"),
            ("[]", "", "is not a JSON object"),
            (r#"{"a":1}x"#, "", "is not a JSON object"),
            (r#"{"a":01}"#, "", "is not a JSON object"),
            (r#"{"a":1,}"#, "", "is not a JSON object"),
            (r#"{"a" 1}"#, "", "is not a JSON object"),
            (r#"{"a":"\"#, "", "is not a JSON object"),
            (r#"{"z":1}"#, "z", "is not a setting"),
            (r#"{"b":{"z":1}}"#, "b.z", "is not a setting"),
            (r#"{"a":1,"a":2}"#, "a", "stands there twice"),
        ] {
            let failure = merged(whole, part).unwrap_err();
            assert_eq!(
                (failure.path.as_str(), failure.problem),
                (path, problem),
                "{part}"
            );
        }
    }

    #[test]
    fn one_leaf_alone_can_be_changed() {
        let (whole, part) = (
            r#"{"a":1,"b":{"c":2,"d":3}}"#,
            r#"{"a":7,"b":{"c":8,"d":9}}"#,
        );
        let mut out = [0; 99];
        let mut merge = Merge::new(&mut out, Some(1));
        let (length, leaves) = merge.run(whole, part).unwrap();
        assert_eq!((leaves, merge.found.as_str()), (3, "b.c"));
        assert_eq!(&out[..length], br#"{"a":1,"b":{"c":8,"d":3}}"#);
    }

    /// What serde_json makes of the same.
    fn expected(whole: &mut serde_json::Value, part: &serde_json::Value) {
        match (whole, part) {
            (serde_json::Value::Object(whole), serde_json::Value::Object(part)) => {
                for (key, value) in part {
                    expected(whole.get_mut(key).unwrap(), value);
                }
            }
            (whole, part) => *whole = part.clone(),
        }
    }

    fn json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i32>().prop_map(Into::into),
            "\\PC{0,6}".prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..3).prop_map(Into::into),
                proptest::collection::btree_map("[a-c]", inner, 0..4)
                    .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn it_merges_as_a_tree_would(whole in json(), part in json()) {
            if let Ok(text) = merged(&whole.to_string(), &part.to_string()) {
                let mut tree = whole;
                expected(&mut tree, &part);
                prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), tree);
            }
        }

        #[test]
        fn what_it_takes_for_json_is_json(text in "[\\[\\]{}\",:0-9a-c\\\\ .eE+-]{0,24}") {
            let whole = r#"{"a":1}"#;
            if merged(whole, &text).is_ok() {
                prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{text}");
            }
        }
    }
}
