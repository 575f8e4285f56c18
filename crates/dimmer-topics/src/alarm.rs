//! Alarms: what a person has to know, and the word that says that somebody looked.

use serde::ser::{SerializeSeq, SerializeStruct};
use serde::{Serialize, Serializer};

use crate::BufferTooSmall;
use crate::refusal::{Refusal, RefusalKind, Subject};

/// Most alarms that are told apart; of more, the worst.
pub const ALARMS_CAPACITY: usize = 4;

/// Most bytes in [`Alarm::text`], as JSON writes it, for which [`PAYLOAD_CAPACITY`](crate::PAYLOAD_CAPACITY) holds all alarms.
/// Where texts are longer, the last alarms may be left out: see [`AlarmState::write`].
pub const ALARM_TEXT_CAPACITY: usize = 200;

/// How bad an alarm is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AlarmLevel {
    /// Somebody should look at it soon.
    Warning,
    /// Something is broken or dangerous.
    Critical,
}

impl AlarmLevel {
    /// The name of the level in payloads. It never changes.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// Something that a person has to know.
///
/// Serialized as `{"level":"critical","alarm":"probe_lost","text":"...","since_s":120,"latched":true}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// How bad it is.
    pub level: AlarmLevel,
    /// Which one it is: a name that never changes, such as `probe_lost`. Up to
    /// [`STATE_NAME_CAPACITY`](crate::STATE_NAME_CAPACITY) bytes.
    pub name: &'static str,
    /// What a person reads, in the language of that person: up to [`ALARM_TEXT_CAPACITY`] bytes.
    pub text: &'static str,
    /// When it was raised, in seconds since the start of the dimmer: the clock of [`State::uptime_s`](crate::State::uptime_s).
    /// Not its age, which would grow wrong in a message that is published once and retained.
    pub since_s: u32,
    /// Whether it stays until somebody resets it.
    pub latched: bool,
}

impl Alarm {
    /// What comes first: the worse, and of two that are as bad the older.
    const fn rank(&self) -> (core::cmp::Reverse<AlarmLevel>, u32) {
        (core::cmp::Reverse(self.level), self.since_s)
    }
}

/// The alarms of this moment, the worst first, and of two that are as bad the older first.
///
/// Holds [`ALARMS_CAPACITY`] of them and counts the others. Serialized as the payload of
/// [`Message::Alarm`](crate::Message::Alarm).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AlarmState {
    alarms: [Option<Alarm>; ALARMS_CAPACITY],
    omitted: u8,
}

impl AlarmState {
    /// No alarm.
    pub const NONE: Self = Self {
        alarms: [None; ALARMS_CAPACITY],
        omitted: 0,
    };

    /// Adds an alarm at its place. When there are more than [`ALARMS_CAPACITY`], the last is counted only.
    pub fn insert(&mut self, alarm: Alarm) {
        let mut moving = Some(alarm);
        for place in &mut self.alarms {
            let goes_before = match (&moving, &*place) {
                (Some(new), Some(old)) => new.rank() < old.rank(),
                (Some(_), None) => true,
                (None, _) => return,
            };
            if goes_before {
                core::mem::swap(place, &mut moving);
            }
        }
        if moving.is_some() {
            self.omitted = self.omitted.saturating_add(1);
        }
    }

    /// The worst alarm.
    pub const fn worst(&self) -> Option<&Alarm> {
        let [first, ..] = &self.alarms;
        first.as_ref()
    }

    /// The alarms that are held, the worst first.
    pub fn iter(&self) -> impl Iterator<Item = &Alarm> {
        self.alarms.iter().flatten()
    }

    /// How many alarms are not held.
    pub const fn omitted(&self) -> u8 {
        self.omitted
    }

    /// The level of the worst alarm as a name: `none`, `warning` or `critical`.
    pub fn level_name(&self) -> &'static str {
        self.worst().map_or("none", |alarm| alarm.level.as_str())
    }

    /// Writes the payload of [`Message::Alarm`](crate::Message::Alarm) into the front of `buffer`; returns how many bytes.
    ///
    /// An alarm must not go unsaid because there is much to say: what does not fit is left out, first the last alarms, which
    /// are counted as omitted, at the very end the text of the worst.
    ///
    /// # Errors
    /// [`BufferTooSmall`]; never with [`PAYLOAD_CAPACITY`](crate::PAYLOAD_CAPACITY) bytes.
    pub fn write(&self, buffer: &mut [u8]) -> Result<usize, BufferTooSmall> {
        let mut said = *self;
        loop {
            if let Ok(length) = serde_json_core::to_slice(&said, buffer) {
                return Ok(length);
            }
            if !said.drop_last() {
                break;
            }
        }
        if let [Some(worst), ..] = &mut said.alarms {
            worst.text = "";
        }
        serde_json_core::to_slice(&said, buffer).map_err(|_| BufferTooSmall)
    }

    /// Counts the last alarm instead of holding it; not the worst.
    fn drop_last(&mut self) -> bool {
        let [_, others @ ..] = &mut self.alarms;
        let last = others.iter_mut().rev().find(|place| place.is_some());
        let Some(last) = last else { return false };
        *last = None;
        self.omitted = self.omitted.saturating_add(1);
        true
    }
}

impl Alarm {
    fn serialize_fields<S: SerializeStruct>(&self, object: &mut S) -> Result<(), S::Error> {
        object.serialize_field("alarm", self.name)?;
        object.serialize_field("text", self.text)?;
        object.serialize_field("since_s", &self.since_s)?;
        object.serialize_field("latched", &self.latched)
    }
}

impl Serialize for Alarm {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Alarm", 5)?;
        object.serialize_field("level", self.level.as_str())?;
        self.serialize_fields(&mut object)?;
        object.end()
    }
}

/// The alarms after the worst.
struct Others<'a>(&'a AlarmState);

impl Serialize for Others<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for alarm in self.0.iter().skip(1) {
            list.serialize_element(alarm)?;
        }
        list.end()
    }
}

impl Serialize for AlarmState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("AlarmState", 8)?;
        object.serialize_field("level", self.level_name())?;
        // The words of Home Assistant's and Domoticz' binary sensors: Domoticz has no templates that could make them.
        let problem = if self.worst().is_some() { "ON" } else { "OFF" };
        object.serialize_field("problem", problem)?;
        if let Some(worst) = self.worst() {
            worst.serialize_fields(&mut object)?;
        }
        if self.iter().nth(1).is_some() {
            object.serialize_field("others", &Others(self))?;
        }
        if self.omitted > 0 {
            object.serialize_field("omitted", &self.omitted)?;
        }
        object.end()
    }
}

/// Reads a reset of the alarms: `reset`, or `PRESS`, which is what the buttons of Home Assistant send. To the letter: nothing
/// around it.
///
/// # Errors
/// Anything else is refused, and so is a retained one, which was meant for an alarm of the past.
pub fn parse_alarm_reset(payload: &[u8], retained: bool) -> Result<(), Refusal> {
    let kind = match payload {
        _ if retained => RefusalKind::Retained,
        b"reset" | b"PRESS" => return Ok(()),
        _ => RefusalKind::NotAReset,
    };
    Err(Refusal::about(Subject::AlarmReset, kind))
}

#[cfg(test)]
mod tests;
