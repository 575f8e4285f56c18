//! What a type looks like to serde, traced without a value: for the tests that hold the stored shapes and the schema.

use std::{borrow::ToOwned, boxed::Box, fmt, format, string::String, vec::Vec};

use serde::{
    de::{
        DeserializeOwned, DeserializeSeed, Deserializer, Error, Expected, IntoDeserializer,
        MapAccess, SeqAccess, Visitor,
        value::{Error as TraceError, StrDeserializer},
    },
    forward_to_deserialize_any,
};

/// The shape of a type.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shape {
    Bool,
    /// The name of the type, and its range.
    Number(&'static str, i64, i64),
    /// The most bytes.
    Text(Option<u32>),
    Optional(Box<Shape>),
    List(Box<Shape>),
    Choice(&'static [&'static str]),
    Object(Vec<(&'static str, Shape)>),
}

impl Shape {
    /// As serde asks a format for it: one that people read, or one that they do not.
    pub(crate) fn of<T: DeserializeOwned>(is_human_readable: bool) -> Self {
        let mut shape = None;
        let tracer = Tracer {
            is_human_readable,
            shape: &mut shape,
        };
        T::deserialize(tracer).unwrap_or_else(|error| panic!("a type is not traced: {error}"));
        shape.expect("a type asks for something")
    }

    /// What stands at the ends, each with its path; `[]` is every element of a list.
    pub(crate) fn leaves(&self, path: &str) -> Vec<(String, &Self)> {
        match self {
            Self::Object(fields) => {
                let dot = if path.is_empty() { "" } else { "." };
                let leaves = fields
                    .iter()
                    .flat_map(|(name, shape)| shape.leaves(&format!("{path}{dot}{name}")));
                leaves.collect()
            }
            Self::List(element) => element.leaves(path),
            _ => [(path.to_owned(), self)].into(),
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => formatter.write_str("bool"),
            Self::Number(name, ..) => formatter.write_str(name),
            Self::Text(Some(bytes)) => write!(formatter, "text({bytes})"),
            Self::Text(None) => formatter.write_str("text"),
            Self::Optional(inner) => write!(formatter, "optional {inner}"),
            Self::List(element) => write!(formatter, "list of {element}"),
            Self::Choice(words) => write!(formatter, "choice of {}", words.join("|")),
            Self::Object(fields) => {
                let fields: Vec<String> = fields
                    .iter()
                    .map(|(name, shape)| format!("{name}: {shape}"))
                    .collect();
                write!(formatter, "{{ {} }}", fields.join(", "))
            }
        }
    }
}

struct Tracer<'s> {
    is_human_readable: bool,
    shape: &'s mut Option<Shape>,
}

macro_rules! whole_numbers {
    ($($method:ident $visit:ident $number:ident),+) => {
        $(fn $method<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, TraceError> {
            let range = (i64::from(<$number>::MIN), i64::from(<$number>::MAX));
            *self.shape = Some(Shape::Number(stringify!($number), range.0, range.1));
            visitor.$visit(0)
        })+
    };
}

impl Deserializer<'static> for Tracer<'_> {
    type Error = TraceError;

    fn is_human_readable(&self) -> bool {
        self.is_human_readable
    }

    fn deserialize_any<V: Visitor<'static>>(self, _visitor: V) -> Result<V::Value, TraceError> {
        Err(TraceError::custom("of any shape"))
    }

    fn deserialize_bool<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, TraceError> {
        *self.shape = Some(Shape::Bool);
        visitor.visit_bool(false)
    }

    whole_numbers!(
        deserialize_i8 visit_i8 i8, deserialize_i16 visit_i16 i16, deserialize_i32 visit_i32 i32,
        deserialize_u8 visit_u8 u8, deserialize_u16 visit_u16 u16, deserialize_u32 visit_u32 u32
    );

    fn deserialize_str<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, TraceError> {
        // A text of limited length says so when it is asked what it expects.
        let expected = format!("{}", &visitor as &dyn Expected);
        let mut numbers = expected.split(' ').filter_map(|word| word.parse().ok());
        *self.shape = Some(Shape::Text(numbers.next()));
        visitor.visit_str("")
    }

    fn deserialize_string<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, TraceError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, TraceError> {
        let mut inner = None;
        let value = visitor.visit_some(Tracer {
            is_human_readable: self.is_human_readable,
            shape: &mut inner,
        });
        *self.shape = inner.map(|inner| Shape::Optional(Box::new(inner)));
        value
    }

    fn deserialize_newtype_struct<V: Visitor<'static>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, TraceError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, TraceError> {
        let mut element = None;
        let value = visitor.visit_seq(One {
            is_human_readable: self.is_human_readable,
            shape: &mut element,
            is_done: false,
        });
        *self.shape = element.map(|element| Shape::List(Box::new(element)));
        value
    }

    fn deserialize_struct<V: Visitor<'static>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TraceError> {
        let mut shapes = Vec::new();
        let value = visitor.visit_map(Fields {
            is_human_readable: self.is_human_readable,
            fields,
            shapes: &mut shapes,
        });
        *self.shape = Some(Shape::Object(shapes));
        value
    }

    fn deserialize_enum<V: Visitor<'static>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TraceError> {
        *self.shape = Some(Shape::Choice(variants));
        let first = variants.first().copied().unwrap_or_default();
        let first: StrDeserializer<'_, TraceError> = first.into_deserializer();
        visitor.visit_enum(first)
    }

    forward_to_deserialize_any! {
        <W: Visitor<'static>>
        i64 i128 u64 u128 f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct map identifier ignored_any
    }
}

struct One<'s> {
    is_human_readable: bool,
    shape: &'s mut Option<Shape>,
    is_done: bool,
}

impl SeqAccess<'static> for One<'_> {
    type Error = TraceError;

    fn next_element_seed<S: DeserializeSeed<'static>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, TraceError> {
        if core::mem::replace(&mut self.is_done, true) {
            return Ok(None);
        }
        let tracer = Tracer {
            is_human_readable: self.is_human_readable,
            shape: self.shape,
        };
        seed.deserialize(tracer).map(Some)
    }
}

struct Fields<'s> {
    is_human_readable: bool,
    fields: &'static [&'static str],
    shapes: &'s mut Vec<(&'static str, Shape)>,
}

impl MapAccess<'static> for Fields<'_> {
    type Error = TraceError;

    fn next_key_seed<K: DeserializeSeed<'static>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, TraceError> {
        let Some(field) = self.fields.get(self.shapes.len()) else {
            return Ok(None);
        };
        let name: StrDeserializer<'_, TraceError> = (*field).into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'static>>(
        &mut self,
        seed: S,
    ) -> Result<S::Value, TraceError> {
        let name = self.fields[self.shapes.len()];
        let mut shape = None;
        let tracer = Tracer {
            is_human_readable: self.is_human_readable,
            shape: &mut shape,
        };
        let value = seed.deserialize(tracer)?;
        self.shapes
            .push((name, shape.expect("a field asks for something")));
        Ok(value)
    }
}
