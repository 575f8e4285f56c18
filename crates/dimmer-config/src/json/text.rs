//! JSON as text: a value, and the values in it (RFC 8259). No value is built; what is wanted is looked for again.

use super::{
    merge::Path,
    refusal::{OneOf, Refusal},
};

/// Objects and lists in each other. Settings have four.
const DEPTH: u8 = 8;

/// A value whose syntax was checked; it begins at the first byte.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text<'j>(&'j [u8]);

/// What kind of value it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Object,
    List,
    Text,
    Number,
    True,
    False,
    Null,
}

impl Kind {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Object => "an object",
            Self::List => "a list",
            Self::Text => "a text",
            Self::Number => "a number",
            Self::True => "true",
            Self::False => "false",
            Self::Null => "null",
        }
    }
}

/// Goes through a text. Every method leaves the rest behind what it took.
struct Cursor<'j>(&'j [u8]);

impl<'j> Cursor<'j> {
    fn blank(&mut self) {
        while let [b' ' | b'\t' | b'\n' | b'\r', rest @ ..] = self.0 {
            self.0 = rest;
        }
    }

    fn take(&mut self, wanted: u8) -> Option<()> {
        self.blank();
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        (*first == wanted).then_some(())
    }

    fn next_is(&mut self, wanted: u8) -> bool {
        self.blank();
        self.0.first() == Some(&wanted)
    }

    fn word(&mut self, word: &[u8]) -> Option<()> {
        self.0 = self.0.strip_prefix(word)?;
        Some(())
    }

    /// A text with its quotes: what stands between them.
    fn text(&mut self) -> Option<&'j [u8]> {
        self.take(b'"')?;
        let start = self.0;
        let mut length = 0_usize;
        loop {
            let (first, rest) = self.0.split_first()?;
            self.0 = rest;
            match first {
                b'"' => return start.get(..length),
                b'\\' => {
                    let (escaped, rest) = self.0.split_first()?;
                    self.0 = rest;
                    length = length.saturating_add(1);
                    match escaped {
                        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {}
                        b'u' => {
                            let (digits, rest) = self.0.split_first_chunk::<4>()?;
                            if !digits.iter().all(u8::is_ascii_hexdigit) {
                                return None;
                            }
                            self.0 = rest;
                            length = length.saturating_add(4);
                        }
                        _ => return None,
                    }
                }
                0..0x20 => return None,
                _ => {}
            }
            length = length.saturating_add(1);
        }
    }

    fn digits(&mut self) -> Option<()> {
        let mut some = None;
        while let [b'0'..=b'9', rest @ ..] = self.0 {
            self.0 = rest;
            some = Some(());
        }
        some
    }

    fn number(&mut self) -> Option<()> {
        if let [b'-', rest @ ..] = self.0 {
            self.0 = rest;
        }
        match self.0 {
            // No digit follows a leading zero.
            [b'0', rest @ ..] => self.0 = rest,
            _ => self.digits()?,
        }
        if let [b'.', rest @ ..] = self.0 {
            self.0 = rest;
            self.digits()?;
        }
        if let [b'e' | b'E', rest @ ..] = self.0 {
            self.0 = rest;
            if let [b'+' | b'-', rest @ ..] = self.0 {
                self.0 = rest;
            }
            self.digits()?;
        }
        Some(())
    }

    fn value(&mut self, depth: u8) -> Option<Text<'j>> {
        self.blank();
        let start = self.0;
        let below = depth.checked_sub(1)?;
        match start.first()? {
            b'{' => {
                self.take(b'{')?;
                while !self.next_is(b'}') {
                    self.text()?;
                    self.take(b':')?;
                    self.value(below)?;
                    self.comma(b'}')?;
                }
                self.take(b'}')?;
            }
            b'[' => {
                self.take(b'[')?;
                while !self.next_is(b']') {
                    self.value(below)?;
                    self.comma(b']')?;
                }
                self.take(b']')?;
            }
            b'"' => drop(self.text()?),
            b't' => self.word(b"true")?,
            b'f' => self.word(b"false")?,
            b'n' => self.word(b"null")?,
            _ => self.number()?,
        }
        let length = start.len().saturating_sub(self.0.len());
        start.get(..length).map(Text)
    }

    /// A comma with something behind it, or the end.
    fn comma(&mut self, end: u8) -> Option<()> {
        if self.next_is(end) {
            return Some(());
        }
        self.take(b',')?;
        (!self.next_is(end)).then_some(())
    }
}

impl<'j> Text<'j> {
    /// Checks the syntax of all of it: one object.
    pub(super) fn whole(json: &'j [u8]) -> Result<Self, Refusal> {
        let path = Path::ROOT;
        if core::str::from_utf8(json).is_err() {
            return Err(Refusal::new(
                &path,
                format_args!("is not UTF-8"),
                format_args!("JSON, as an export has it"),
            ));
        }
        let mut cursor = Cursor(json);
        let value = cursor.value(DEPTH);
        cursor.blank();
        let (Some(value), []) = (value, cursor.0) else {
            let place = json.len().saturating_sub(cursor.0.len());
            return Err(Refusal::new(
                &path,
                format_args!("is not JSON, at byte {place}"),
                format_args!("JSON, as an export has it"),
            ));
        };
        if value.kind() == Kind::Object {
            Ok(value)
        } else {
            Err(Refusal::new(
                &path,
                format_args!("is {}", value.kind().as_str()),
                format_args!(
                    "an object of sections, such as {{\"output\":{{\"rated_watts\":2000}}}}"
                ),
            ))
        }
    }

    /// One that was written here.
    pub(super) const fn trusted(json: &'j [u8]) -> Self {
        Self(json)
    }

    pub(super) const fn kind(self) -> Kind {
        match self.0.first() {
            Some(b'{') => Kind::Object,
            Some(b'[') => Kind::List,
            Some(b'"') => Kind::Text,
            Some(b't') => Kind::True,
            Some(b'f') => Kind::False,
            Some(b'n') | None => Kind::Null,
            Some(_) => Kind::Number,
        }
    }

    /// As it is written.
    pub(super) fn as_written(self) -> &'j str {
        core::str::from_utf8(self.0).unwrap_or_default()
    }

    /// The members of an object, each with its name as it is written.
    pub(super) fn members(self) -> impl Iterator<Item = (&'j str, Text<'j>)> {
        let mut cursor = Cursor(self.0);
        let is_object = self.kind() == Kind::Object && cursor.take(b'{').is_some();
        core::iter::from_fn(move || {
            if !is_object || cursor.next_is(b'}') {
                return None;
            }
            let name = cursor.text()?;
            cursor.take(b':')?;
            let value = cursor.value(DEPTH)?;
            cursor.comma(b'}')?;
            Some((core::str::from_utf8(name).ok()?, value))
        })
    }

    /// The member of an object with this name.
    pub(super) fn member(self, name: &str) -> Option<Self> {
        let mut members = self.members();
        members.find_map(|(known, value)| (known == name).then_some(value))
    }

    /// The elements of a list.
    pub(super) fn elements(self) -> impl Iterator<Item = Text<'j>> {
        let mut cursor = Cursor(self.0);
        let is_list = self.kind() == Kind::List && cursor.take(b'[').is_some();
        core::iter::from_fn(move || {
            if !is_list || cursor.next_is(b']') {
                return None;
            }
            let value = cursor.value(DEPTH)?;
            cursor.comma(b']')?;
            Some(value)
        })
    }

    /// The text between the quotes, without escapes; nothing if it is longer than any setting, or has half of a character.
    pub(super) fn unescaped(self) -> Option<heapless::String<256>> {
        let inner = self.as_written();
        let mut letters = inner.strip_prefix('"')?.strip_suffix('"')?.chars();
        let mut text = heapless::String::new();
        while let Some(letter) = letters.next() {
            let letter = if letter == '\\' {
                match letters.next()? {
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    'u' => unit(&mut letters)?,
                    same => same,
                }
            } else {
                letter
            };
            text.push(letter).ok()?;
        }
        Some(text)
    }

    /// Refuses an object with a member that is none of these, or is there twice.
    pub(super) fn check_keys(self, path: &Path<'_>, known: &[&'static str]) -> Result<(), Refusal> {
        for (place, (name, _)) in self.members().enumerate() {
            if !known.contains(&name) {
                let near = known.iter().max_by_key(|other| alike(name, other));
                return Err(match near {
                    Some(near) if known.len() > 12 => Refusal::new(
                        &Path::below(path, name),
                        format_args!("is no setting"),
                        format_args!("a setting of the schema; `{near}` comes nearest"),
                    ),
                    _ => Refusal::new(
                        &Path::below(path, name),
                        format_args!("is no setting"),
                        format_args!("{}", OneOf(known)),
                    ),
                });
            }
            if self.members().take(place).any(|(other, _)| other == name) {
                return Err(Refusal::new(
                    &Path::below(path, name),
                    format_args!("stands there twice"),
                    format_args!("it once"),
                ));
            }
        }
        Ok(())
    }
}

/// How many letters two names have in common at their ends.
fn alike(one: &str, other: &str) -> usize {
    let same = |(one, other): &(char, char)| one == other;
    let start = one.chars().zip(other.chars()).take_while(same).count();
    let end = one.chars().rev().zip(other.chars().rev());
    start.saturating_add(end.take_while(same).count())
}

/// A UTF-16 unit behind `\u`, or two of them.
fn unit(letters: &mut core::str::Chars<'_>) -> Option<char> {
    let mut number = || {
        let mut value = 0;
        for _ in 0..4 {
            value = value << 4 | letters.next()?.to_digit(16)?;
        }
        Some(value)
    };
    let first = number()?;
    if !(0xd800..0xdc00).contains(&first) {
        return char::from_u32(first);
    }
    if letters.next()? != '\\' || letters.next()? != 'u' {
        return None;
    }
    let mut second = 0;
    for _ in 0..4 {
        second = second << 4 | letters.next()?.to_digit(16)?;
    }
    let low = second.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
    char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + low)
}
