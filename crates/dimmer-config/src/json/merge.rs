//! Reads a type from two values at once: what was before, and what is laid over it.

use core::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor,
    value::StrDeserializer,
};
use serde::forward_to_deserialize_any;

use super::{
    refusal::Refusal,
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
#[derive(Clone, Copy, Debug)]
pub(super) struct Merge<'j, 'p> {
    /// Nothing in a list, which is replaced as a whole.
    before: Option<Text<'j>>,
    /// Nothing if it stays.
    over: Option<Text<'j>>,
    path: &'p Path<'p>,
}

impl<'j, 'p> Merge<'j, 'p> {
    pub(super) const fn new(before: Text<'j>, over: Text<'j>, path: &'p Path<'p>) -> Self {
        Self {
            before: Some(before),
            over: Some(over),
            path,
        }
    }

    /// What counts.
    fn value(&self) -> Text<'j> {
        let value = self.over.or(self.before);
        value.unwrap_or(Text::trusted(b"null"))
    }

    fn refuse(&self, expected: fmt::Arguments<'_>) -> Refusal {
        let value = self.value();
        match value.kind() {
            Kind::Number => Refusal::new(
                self.path,
                format_args!("is {}", value.as_written()),
                expected,
            ),
            kind => Refusal::new(self.path, format_args!("is {}", kind.as_str()), expected),
        }
    }

    /// A whole number in the range of a type.
    fn number<Number>(&self, range: (i64, i64)) -> Result<Number, Refusal>
    where
        Number: TryFrom<i64>,
    {
        let (lowest, highest) = range;
        let refused = || self.refuse(format_args!("a whole number from {lowest} to {highest}"));
        let value = self.value();
        let number: i64 = match value.kind() {
            Kind::Number => value.as_written().parse().map_err(|_| refused())?,
            _ => return Err(refused()),
        };
        Number::try_from(number).map_err(|_| refused())
    }

    fn is(&self, kind: Kind) -> bool {
        self.value().kind() == kind
    }

    /// The text without its quotes.
    fn text(&self) -> Result<heapless::String<256>, Refusal> {
        if !self.is(Kind::Text) {
            return Err(self.refuse(format_args!("a text")));
        }
        self.value().unescaped().ok_or_else(|| {
            Refusal::new(
                self.path,
                format_args!("is longer than any setting, or has half of a character"),
                format_args!("a text of at most 96 bytes"),
            )
        })
    }
}

impl<'j, 'p> IntoDeserializer<'j, Refusal> for Merge<'j, 'p> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! whole_numbers {
    ($($method:ident $visit:ident $number:ty),+) => {
        $(fn $method<V: Visitor<'j>>(self, visitor: V) -> Result<V::Value, Refusal> {
            let range = (i64::from(<$number>::MIN), i64::from(<$number>::MAX));
            let number: $number = self.number(range)?;
            visitor.$visit(number).map_err(|refusal: Refusal| refusal.at(self.path))
        })+
    };
}

impl<'j> Deserializer<'j> for Merge<'j, '_> {
    type Error = Refusal;

    fn is_human_readable(&self) -> bool {
        true
    }

    fn deserialize_any<V: Visitor<'j>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match self.value().kind() {
            Kind::Object => Err(self.refuse(format_args!("a single value"))),
            Kind::List => self.deserialize_seq(visitor),
            Kind::Text => self.deserialize_str(visitor),
            Kind::Number => self.deserialize_i64(visitor),
            Kind::True | Kind::False => self.deserialize_bool(visitor),
            Kind::Null => visitor
                .visit_unit()
                .map_err(|refusal: Refusal| refusal.at(self.path)),
        }
    }

    fn deserialize_bool<V: Visitor<'j>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match self.value().kind() {
            Kind::True => visitor.visit_bool(true),
            Kind::False => visitor.visit_bool(false),
            _ => Err(self.refuse(format_args!("true or false"))),
        }
    }

    whole_numbers!(
        deserialize_i8 visit_i8 i8, deserialize_i16 visit_i16 i16, deserialize_i32 visit_i32 i32, deserialize_i64 visit_i64 i64,
        deserialize_u8 visit_u8 u8, deserialize_u16 visit_u16 u16, deserialize_u32 visit_u32 u32
    );

    fn deserialize_str<V: Visitor<'j>>(self, visitor: V) -> Result<V::Value, Refusal> {
        let text = self.text()?;
        visitor
            .visit_str(&text)
            .map_err(|refusal: Refusal| refusal.at(self.path))
    }

    fn deserialize_option<V: Visitor<'j>>(self, visitor: V) -> Result<V::Value, Refusal> {
        if self.is(Kind::Null) {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'j>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'j>>(self, visitor: V) -> Result<V::Value, Refusal> {
        if !self.is(Kind::List) {
            return Err(self.refuse(format_args!("a list")));
        }
        let elements = Elements {
            elements: self.value().elements(),
            place: 0,
            path: self.path,
        };
        visitor
            .visit_seq(elements)
            .map_err(|refusal: Refusal| refusal.at(self.path))
    }

    fn deserialize_struct<V: Visitor<'j>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        if !self.is(Kind::Object) {
            return Err(self.refuse(format_args!("an object of settings")));
        }
        if let Some(over) = self.over {
            over.check_keys(self.path, fields)?;
        }
        visitor
            .visit_map(Fields {
                whole: self,
                fields,
                next: None,
            })
            .map_err(|refusal: Refusal| refusal.at(self.path))
    }

    fn deserialize_enum<V: Visitor<'j>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        if !self.is(Kind::Text) {
            let words = super::refusal::OneOf(variants);
            return Err(self.refuse(format_args!("{words}")));
        }
        let word = self.text()?;
        let word: StrDeserializer<'_, Refusal> = word.as_str().into_deserializer();
        visitor
            .visit_enum(word)
            .map_err(|refusal: Refusal| refusal.at(self.path))
    }

    forward_to_deserialize_any! {
        <W: Visitor<'j>>
        i128 u64 u128 f32 f64 char string bytes byte_buf unit unit_struct tuple tuple_struct map identifier ignored_any
    }
}

/// The fields of a struct that either value has.
struct Fields<'j, 'p> {
    whole: Merge<'j, 'p>,
    fields: &'static [&'static str],
    next: Option<&'static str>,
}

impl<'j> MapAccess<'j> for Fields<'j, '_> {
    type Error = Refusal;

    fn next_key_seed<K: DeserializeSeed<'j>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Refusal> {
        while let Some((field, rest)) = self.fields.split_first() {
            self.fields = rest;
            let is_there = |value: Option<Text<'j>>| {
                value.is_some_and(|object| object.member(field).is_some())
            };
            if is_there(self.whole.over) || is_there(self.whole.before) {
                self.next = Some(field);
                let name: StrDeserializer<'_, Refusal> = (*field).into_deserializer();
                return seed.deserialize(name).map(Some);
            }
        }
        Ok(None)
    }

    fn next_value_seed<S: DeserializeSeed<'j>>(&mut self, seed: S) -> Result<S::Value, Refusal> {
        let name = self.next.take().unwrap_or_default();
        let member = |value: Option<Text<'j>>| value.and_then(|object| object.member(name));
        let path = Path::below(self.whole.path, name);
        seed.deserialize(Merge {
            before: member(self.whole.before),
            over: member(self.whole.over),
            path: &path,
        })
        .map_err(|refusal| refusal.at(&path))
    }
}

/// The elements of a list.
struct Elements<'j, 'p, I: Iterator<Item = Text<'j>>> {
    elements: I,
    place: usize,
    path: &'p Path<'p>,
}

impl<'j, I: Iterator<Item = Text<'j>>> SeqAccess<'j> for Elements<'j, '_, I> {
    type Error = Refusal;

    fn next_element_seed<S: DeserializeSeed<'j>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Refusal> {
        let Some(element) = self.elements.next() else {
            return Ok(None);
        };
        let path = Path {
            above: Some(self.path),
            step: Step::Place(self.place),
        };
        self.place = self.place.saturating_add(1);
        let merge = Merge {
            before: None,
            over: Some(element),
            path: &path,
        };
        seed.deserialize(merge)
            .map(Some)
            .map_err(|refusal| refusal.at(&path))
    }
}
