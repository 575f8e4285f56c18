//! Reads a type from two values at once: what was before, and what is laid over it.

use core::{cell::Cell, fmt};

use serde::de::{
    self, DeserializeSeed, Deserializer, IntoDeserializer, SeqAccess, Visitor,
    value::U32Deserializer,
};
use serde::forward_to_deserialize_any;

use super::{
    refusal::{Fault, OneOf, Refusal},
    text::{Kind, Text},
};

/// Where in the configuration something stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Path<'p> {
    above: Option<&'p Path<'p>>,
    step: Step<'p>,
}

#[derive(Clone, Copy, Debug)]
enum Step<'p> {
    Name(&'p str),
    Place(usize),
}

impl<'p> Path<'p> {
    /// The configuration itself.
    pub(super) const ROOT: Path<'static> = Path {
        above: None,
        step: Step::Name(""),
    };

    pub(super) const fn below(above: &'p Path<'p>, name: &'p str) -> Self {
        Self {
            above: Some(above),
            step: Step::Name(name),
        }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(above) = self.above else {
            return Ok(());
        };
        above.fmt(formatter)?;
        match self.step {
            Step::Name(name) if above.above.is_none() => formatter.write_str(name),
            Step::Name(name) => write!(formatter, ".{name}"),
            Step::Place(place) => write!(formatter, "[{place}]"),
        }
    }
}

/// A value, and what is laid over it.
#[derive(Clone, Copy)]
pub(super) struct Merge<'j, 'p> {
    /// Nothing in a list, which is replaced as a whole.
    before: Option<Text<'j>>,
    /// Nothing if it stays.
    over: Option<Text<'j>>,
    path: &'p Path<'p>,
    /// Where a refusal is laid down.
    told: &'p Cell<Option<Refusal>>,
}

impl<'j, 'p> Merge<'j, 'p> {
    pub(super) const fn new(
        before: Text<'j>,
        over: Text<'j>,
        path: &'p Path<'p>,
        told: &'p Cell<Option<Refusal>>,
    ) -> Self {
        Self {
            before: Some(before),
            over: Some(over),
            path,
            told,
        }
    }

    /// Lays the refusal down.
    fn tell(&self, refusal: Refusal) -> Fault {
        self.told.set(Some(refusal.at(self.path)));
        Fault::Told
    }

    /// Lays something down for a fault of which nothing was told.
    fn explained(&self, fault: Fault) -> Fault {
        match fault {
            Fault::Told => fault,
            Fault::Length(_) | Fault::Unexplained => self.tell(Refusal::unexplained()),
        }
    }

    /// What a type said that was given its value.
    fn said<Value>(&self, answer: Result<Value, Refusal>) -> Result<Value, Fault> {
        answer.map_err(|refusal| self.tell(refusal))
    }

    /// What stands here, as a type reads it.
    fn read<S: DeserializeSeed<'j>>(self, seed: S) -> Result<Option<S::Value>, Fault> {
        let read = seed.deserialize(self);
        read.map(Some).map_err(|fault| self.explained(fault))
    }

    /// What counts.
    fn value(&self) -> Text<'j> {
        let value = self.over.or(self.before);
        value.unwrap_or(Text::trusted(b"null"))
    }

    fn refuse(&self, expected: fmt::Arguments<'_>) -> Fault {
        let value = self.value();
        self.tell(match value.kind() {
            Kind::Number => Refusal::new(
                self.path,
                format_args!("is {}", value.as_written()),
                expected,
            ),
            kind => Refusal::new(self.path, format_args!("is {}", kind.as_str()), expected),
        })
    }

    /// A whole number in the range of its type. One beyond it is laid down and read as the nearest: its section, which knows the range of the
    /// setting, has the better words for it.
    fn number(&self, lowest: i64, highest: i64) -> Result<i64, Fault> {
        let written = self.value().as_written();
        let (is_negative, digits) = match written.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, written),
        };
        if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(self.refuse(format_args!("a whole number")));
        }
        let number = written.parse().ok();
        let in_range = number.filter(|number| (lowest..=highest).contains(number));
        Ok(in_range.unwrap_or_else(|| {
            self.refuse(format_args!("a whole number from {lowest} to {highest}"));
            if is_negative { lowest } else { highest }
        }))
    }

    /// What either value has under this name.
    fn field<'q>(&self, name: &str, path: &'q Path<'q>) -> Option<Merge<'j, 'q>>
    where
        'p: 'q,
    {
        let member = |value: Option<Text<'j>>| value.and_then(|object| object.member(name));
        let (before, over) = (member(self.before), member(self.over));
        (before.is_some() || over.is_some()).then_some(Merge {
            before,
            over,
            path,
            told: self.told,
        })
    }

    /// Whether it is an object, laid over with nothing but these fields.
    fn check_object(&self, fields: &[&'static str]) -> Result<(), Fault> {
        if !self.is(Kind::Object) {
            return Err(self.refuse(format_args!("an object of settings")));
        }
        self.over
            .map_or(Ok(()), |over| self.said(over.check_keys(self.path, fields)))
    }

    fn is(&self, kind: Kind) -> bool {
        self.value().kind() == kind
    }

    /// The place of the word that stands here among those that are allowed. No word has a second one for the same (`#[serde(alias)]`): what is
    /// allowed would be more than there are places.
    fn choice(&self, words: &'static [&'static str]) -> Result<u32, Fault> {
        if !self.is(Kind::Text) {
            return Err(self.refuse(format_args!("{}", OneOf(words))));
        }
        let found = self.text()?;
        let mut places = (0..).zip(words);
        places
            .find_map(|(place, word)| (found == *word).then_some(place))
            .ok_or_else(|| self.tell(de::Error::unknown_variant(&found, words)))
    }

    /// The text without its quotes.
    fn text(&self) -> Result<heapless::String<256>, Fault> {
        if !self.is(Kind::Text) {
            return Err(self.refuse(format_args!("a text")));
        }
        self.value().unescaped().ok_or_else(|| {
            self.tell(Refusal::new(
                self.path,
                format_args!("is longer than any setting, or has half of a character"),
                format_args!("a text of at most 96 bytes"),
            ))
        })
    }
}

macro_rules! whole_numbers {
    ($($method:ident $visit:ident $number:ty),+) => {
        $(fn $method<V: Visitor<'j>>(self, visitor: V) -> Result<V::Value, Fault> {
            let number = self.number(i64::from(<$number>::MIN), i64::from(<$number>::MAX))?;
            // It is in the range.
            self.said(visitor.$visit(<$number>::try_from(number).unwrap_or_default()))
        })+
    };
}

impl<'j> Deserializer<'j> for Merge<'j, '_> {
    type Error = Fault;

    fn is_human_readable(&self) -> bool {
        true
    }

    fn deserialize_any<V: Visitor<'j>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.value().kind() {
            Kind::Object => Err(self.refuse(format_args!("a single value"))),
            Kind::List => self.deserialize_seq(visitor),
            Kind::Text => self.deserialize_str(visitor),
            Kind::Number => self.deserialize_i64(visitor),
            Kind::True | Kind::False => self.deserialize_bool(visitor),
            Kind::Null => self.said(visitor.visit_unit()),
        }
    }

    fn deserialize_bool<V: Visitor<'j>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.value().kind() {
            Kind::True => self.said(visitor.visit_bool(true)),
            Kind::False => self.said(visitor.visit_bool(false)),
            _ => Err(self.refuse(format_args!("true or false"))),
        }
    }

    fn deserialize_i64<V: Visitor<'j>>(self, visitor: V) -> Result<V::Value, Fault> {
        let number = self.number(i64::MIN, i64::MAX)?;
        self.said(visitor.visit_i64(number))
    }

    whole_numbers!(
        deserialize_i8 visit_i8 i8, deserialize_i16 visit_i16 i16, deserialize_i32 visit_i32 i32,
        deserialize_u8 visit_u8 u8, deserialize_u16 visit_u16 u16, deserialize_u32 visit_u32 u32
    );

    #[inline(never)]
    fn deserialize_str<V: Visitor<'j>>(self, visitor: V) -> Result<V::Value, Fault> {
        let text = self.text()?;
        self.said(visitor.visit_str(&text))
    }

    fn deserialize_option<V: Visitor<'j>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.is(Kind::Null) {
            self.said(visitor.visit_none())
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'j>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'j>>(self, visitor: V) -> Result<V::Value, Fault> {
        if !self.is(Kind::List) {
            return Err(self.refuse(format_args!("a list")));
        }
        let elements = Elements {
            elements: self.value().elements(),
            place: 0,
            whole: self,
        };
        visitor.visit_seq(elements).map_err(|fault| match fault {
            Fault::Length(length) => self.tell(Refusal::too_many(length)),
            fault => fault,
        })
    }

    /// Gives the fields by their places: code that finds each by its name again would be twice as much, for every type.
    // Each type by itself: all in one needed 20 kB of stack, and more code to reach into it.
    #[inline(never)]
    fn deserialize_struct<V: Visitor<'j>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.check_object(fields)?;
        let settings = Fields {
            whole: self,
            left: fields,
        };
        visitor.visit_seq(settings).map_err(|fault| match fault {
            Fault::Length(place) => self.tell(Refusal::lacking(fields, place)),
            fault => fault,
        })
    }

    /// Gives the place of the word, for the reason above.
    #[inline(never)]
    fn deserialize_enum<V: Visitor<'j>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let place: U32Deserializer<Fault> = self.choice(variants)?.into_deserializer();
        visitor.visit_enum(place)
    }

    forward_to_deserialize_any! {
        <W: Visitor<'j>>
        i128 u64 u128 f32 f64 char string bytes byte_buf unit unit_struct tuple tuple_struct map identifier ignored_any
    }
}

/// The fields of a struct, in the order in which the type names and takes them. No type of the settings has a second name for a field
/// (`#[serde(alias)]`): it would name more than it takes.
struct Fields<'j, 'p> {
    whole: Merge<'j, 'p>,
    left: &'static [&'static str],
}

impl<'j> SeqAccess<'j> for Fields<'j, '_> {
    type Error = Fault;

    /// Nothing if neither value has it: the type takes its default then, and asks for the next.
    fn next_element_seed<S: DeserializeSeed<'j>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Fault> {
        let Some((name, left)) = self.left.split_first() else {
            return Ok(None);
        };
        self.left = left;
        let path = Path::below(self.whole.path, name);
        match self.whole.field(name, &path) {
            Some(field) => field.read(seed),
            None => Ok(None),
        }
    }
}

/// The elements of a list.
struct Elements<'j, 'p, I: Iterator<Item = Text<'j>>> {
    elements: I,
    place: usize,
    whole: Merge<'j, 'p>,
}

impl<'j, I: Iterator<Item = Text<'j>>> SeqAccess<'j> for Elements<'j, '_, I> {
    type Error = Fault;

    fn next_element_seed<S: DeserializeSeed<'j>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Fault> {
        let Some(element) = self.elements.next() else {
            return Ok(None);
        };
        let path = Path {
            above: Some(self.whole.path),
            step: Step::Place(self.place),
        };
        self.place = self.place.saturating_add(1);
        let element = Merge {
            before: None,
            over: Some(element),
            path: &path,
            told: self.whole.told,
        };
        element.read(seed)
    }
}
