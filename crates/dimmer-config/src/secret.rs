//! A password, which nobody is shown.

use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A text that is taken and not given: neither `Debug` nor JSON or TOML shows it, only [`reveal`](Self::reveal).
///
/// To people it is written as `null`, which says nothing about it, and read back as [withheld](Self::is_withheld): what stands in its place
/// is to be looked up, or the setting is refused. Only formats that nobody reads, such as what is stored, carry it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret<const CAPACITY: usize>(Option<heapless::String<CAPACITY>>);

impl<const CAPACITY: usize> Secret<CAPACITY> {
    /// None is set.
    #[must_use]
    pub const fn new() -> Self {
        Self(Some(heapless::String::new()))
    }

    /// There is one, which was not told.
    #[must_use]
    pub const fn withheld() -> Self {
        Self(None)
    }

    /// Whether it is known only that there may be one.
    #[must_use]
    pub const fn is_withheld(&self) -> bool {
        self.0.is_none()
    }

    /// Whether none is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.reveal().is_empty()
    }

    /// The text itself, for whoever it was meant for; empty for one that is withheld.
    #[must_use]
    pub fn reveal(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }
}

impl<const CAPACITY: usize> Default for Secret<CAPACITY> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const CAPACITY: usize> From<heapless::String<CAPACITY>> for Secret<CAPACITY> {
    fn from(text: heapless::String<CAPACITY>) -> Self {
        Self(Some(text))
    }
}

impl<const CAPACITY: usize> TryFrom<&str> for Secret<CAPACITY> {
    type Error = heapless::CapacityError;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        heapless::String::try_from(text).map(Self::from)
    }
}

/// Says whether one is set, and no more.
impl<const CAPACITY: usize> fmt::Debug for Secret<CAPACITY> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self.0.as_deref() {
            None => "Secret(withheld)",
            Some("") => "Secret(none)",
            Some(_) => "Secret(set)",
        })
    }
}

impl<const CAPACITY: usize> Serialize for Secret<CAPACITY> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_none()
        } else {
            serializer.serialize_str(self.reveal())
        }
    }
}

impl<'de, const CAPACITY: usize> Deserialize<'de> for Secret<CAPACITY> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            deserializer.deserialize_option(Visitor)
        } else {
            deserializer.deserialize_str(Visitor)
        }
    }
}

struct Visitor<const CAPACITY: usize>;

impl<'de, const CAPACITY: usize> de::Visitor<'de> for Visitor<CAPACITY> {
    type Value = Secret<CAPACITY>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "a string no more than {CAPACITY} bytes long")
    }

    fn visit_none<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(Secret::withheld())
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(Secret::withheld())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        // Without the text itself: an error ends up in logs.
        Secret::try_from(text).map_err(|_| E::invalid_length(text.len(), &self))
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;

    #[test]
    fn nobody_is_shown_a_secret_who_does_not_ask_for_it() {
        let secret = Secret::<16>::try_from("hunter2").unwrap();
        assert_eq!(std::format!("{secret:?}"), "Secret(set)");
        let mut json = [0; 32];
        let length = serde_json_core::to_slice(&secret, &mut json).unwrap();
        assert_eq!(&json[..length], b"null");
        assert_eq!(secret.reveal(), "hunter2");
        let error = serde_json_core::from_str::<Secret<4>>("\"hunter2\"").unwrap_err();
        assert!(!std::format!("{error:?} {error}").contains("hunter2"));
    }

    #[test]
    fn what_is_stored_carries_it() {
        for text in ["", "hunter2"] {
            let secret = Secret::<16>::try_from(text).unwrap();
            let mut stored = [0; 32];
            let stored = postcard::to_slice(&secret, &mut stored).unwrap();
            assert_eq!(usize::from(stored[0]), text.len());
            assert_eq!(postcard::from_bytes::<Secret<16>>(stored).unwrap(), secret);
        }
    }

    #[test]
    fn what_people_write_is_taken_and_null_is_nothing_told() {
        let read = |text| serde_json_core::from_str::<Secret<16>>(text).unwrap().0;
        assert_eq!(read("\"hunter2\""), Secret::try_from("hunter2").unwrap());
        assert!(read("\"\"").is_empty() && !read("\"\"").is_withheld());
        assert!(read("null").is_withheld());
    }
}
