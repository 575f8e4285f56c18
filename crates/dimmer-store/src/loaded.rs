//! What was found in the store.

use core::fmt;

use dimmer_config::{Invalid, Valid};
use dimmer_safety::AlarmSet;

use crate::{
    Content, PasswordHash,
    content::{self, COUNT},
};

/// Where the contents come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nothing has been stored yet, or only a first save that was cut.
    Nothing,
    /// What was saved last.
    Last,
    /// What was saved last is damaged: this is what was saved before it.
    BeforeLast,
    /// Both are damaged: this is what could be read of it.
    Remains,
    /// The store was written by a newer firmware, in a way that this one does not know: defaults. It is left as it is.
    NewerFirmware,
}

/// What was found of one content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// It is as it was stored.
    Stored,
    /// It was never stored: the default.
    Nothing,
    /// It cannot be read: the default.
    Damaged,
    /// It is of a newer firmware: the default. It is left as it is until something else is saved in its place.
    Newer,
    /// It can be read, and is out of range or does not fit the others: the default.
    Invalid(Invalid),
}

impl Found {
    /// Whether something was stored and is not used.
    #[must_use]
    pub const fn is_problem(self) -> bool {
        !matches!(self, Self::Stored | Self::Nothing)
    }
}

impl fmt::Display for Found {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stored => formatter.write_str("is as it was stored"),
            Self::Nothing => formatter.write_str("was never stored; it has its default"),
            Self::Damaged => formatter.write_str("is damaged; it has its default"),
            Self::Newer => formatter
                .write_str("was stored by a newer firmware and is kept; it has its default here"),
            Self::Invalid(invalid) => {
                write!(formatter, "cannot be used ({invalid}); it has its default")
            }
        }
    }
}

/// Everything that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Loaded {
    /// The configuration: what was stored, with the defaults of what was not or cannot be used.
    pub config: Valid,
    /// Where it comes from.
    pub origin: Origin,
    /// The latched alarms.
    pub alarms: AlarmSet,
    /// What went into the load over the years, watt-hours.
    pub watt_hours: u64,
    /// The hash of the password for the page, if one is set.
    pub password: Option<PasswordHash>,
    pub(crate) found: [Found; COUNT],
}

impl Loaded {
    /// Defaults, because of one thing that holds for all.
    pub(crate) fn defaults(origin: Origin, found: Found) -> Self {
        Self {
            config: Valid::defaults(),
            origin,
            alarms: AlarmSet::EMPTY,
            watt_hours: 0,
            password: None,
            found: [found; COUNT],
        }
    }

    /// What was found of one content.
    #[must_use]
    pub fn found(&self, content: Content) -> Found {
        let mut all = Content::ALL.into_iter().zip(self.found);
        let found = all.find_map(|(known, found)| (known == content).then_some(found));
        found.unwrap_or(Found::Nothing)
    }

    pub(crate) fn note(&mut self, content: Content, found: Found) {
        for (known, place) in Content::ALL.into_iter().zip(&mut self.found) {
            if known == content {
                *place = found;
            }
        }
    }

    /// What was stored and is not used, each with the reason.
    pub fn problems(&self) -> impl Iterator<Item = (Content, Found)> + use<> {
        let all = Content::ALL.into_iter().zip(self.found);
        all.filter(|(_, found)| found.is_problem())
    }

    /// Whether this is not what was saved last. Nobody knows then which limits were set and which alarms were latched: the dimmer is to stay
    /// off until a person has looked.
    #[must_use]
    pub fn needs_a_person(&self) -> bool {
        !matches!(self.origin, Origin::Nothing | Origin::Last) || self.problems().next().is_some()
    }

    /// Takes the bytes of a content that is no section.
    pub(crate) fn take(&mut self, content: Content, bytes: &[u8]) -> Result<(), Found> {
        let value = content::value(content, bytes)?;
        match content {
            Content::Alarms => self.alarms = content::alarms(value)?,
            Content::Energy => self.watt_hours = content::energy(value)?,
            Content::Password => self.password = Some(content::password(value)?),
            // Taken by the caller.
            Content::Section(_) => {}
        }
        Ok(())
    }
}
