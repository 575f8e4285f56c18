//! What was found in the store.

use core::fmt;

use dimmer_config::{Invalid, Section, Valid};
use dimmer_safety::AlarmSet;

use crate::{
    Content, PasswordHash,
    content::{self, COUNT},
};

/// Where the contents come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// Nothing has been stored yet, or only a first save that was cut.
    #[default]
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
    /// It is as it was stored once. What was stored last may have been something else, and was damaged: whatever is saved by itself since then
    /// does not change that, until it is set anew or somebody has [looked](crate::Store::acknowledge).
    InDoubt,
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
            Self::InDoubt => formatter.write_str(
                "may not be what was saved last, which was damaged; it is what was saved before",
            ),
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
    /// Of what cannot be used: somebody has looked at it.
    looked_at: [bool; COUNT],
}

impl Default for Loaded {
    /// Of a store in which nothing is.
    fn default() -> Self {
        Self::defaults(Origin::Nothing, Found::Nothing)
    }
}

impl Loaded {
    /// Becomes [`defaults`](Self::defaults).
    #[inline(never)]
    pub(crate) fn begin(&mut self, origin: Origin, found: Found) {
        *self = Self::defaults(origin, found);
    }

    /// Defaults, because of one thing that holds for all.
    #[inline(never)]
    fn defaults(origin: Origin, found: Found) -> Self {
        Self {
            config: Valid::defaults(),
            origin,
            alarms: AlarmSet::EMPTY,
            watt_hours: 0,
            password: None,
            found: [found; COUNT],
            looked_at: [false; COUNT],
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

    pub(crate) fn note_looked_at(&mut self, content: Content) {
        for (known, place) in Content::ALL.into_iter().zip(&mut self.looked_at) {
            *place |= known == content;
        }
    }

    /// What was stored and is not used, each with the reason.
    pub fn problems(&self) -> impl Iterator<Item = (Content, Found)> + use<> {
        let all = Content::ALL.into_iter().zip(self.found);
        all.filter(|(_, found)| found.is_problem())
    }

    /// Whether this is not what was saved last. Nobody knows then which limits were set and which alarms were latched: the dimmer is to stay
    /// off until a person has looked. What is of a newer firmware or cannot be used needs one [once](crate::Store::acknowledge), and stays a
    /// [problem](Self::problems) that is told. A password limits nothing of the heater: without it the page is closed, which is enough.
    #[must_use]
    pub fn needs_a_person(&self) -> bool {
        let looked_at = |content| {
            let mut all = Content::ALL.into_iter().zip(self.looked_at);
            all.any(|(known, looked_at)| known == content && looked_at)
        };
        let is_open = |(content, _)| content != Content::Password && !looked_at(content);
        !matches!(self.origin, Origin::Nothing | Origin::Last) || self.problems().any(is_open)
    }

    /// Whether settings were stored, or nobody can tell: latched alarms and the energy counter alone are none.
    #[must_use]
    pub fn has_settings(&self) -> bool {
        let is_stored = |section| self.found(Content::Section(section)) != Found::Nothing;
        match self.origin {
            Origin::Nothing => false,
            Origin::Last => Section::ALL.into_iter().any(is_stored),
            _ => true,
        }
    }

    /// The settings with which a board starts: those that were stored, or those with which it comes.
    #[must_use]
    pub fn settings_or(&self, first: impl FnOnce() -> Valid) -> Valid {
        if self.has_settings() {
            self.config.clone()
        } else {
            first()
        }
    }

    /// The settings with which a board goes on when it is to read them again: as at a start, and none if it [needs a
    /// person](Self::needs_a_person). It would heat on with limits that nobody set.
    #[must_use]
    pub fn settings_again(&self, first: impl FnOnce() -> Valid) -> Option<Valid> {
        (!self.needs_a_person()).then(|| self.settings_or(first))
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
