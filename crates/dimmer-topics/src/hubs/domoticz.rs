//! Domoticz by idx, out and in.
//!
//! Formats: `hardware/MQTT.cpp` of Domoticz. In `domoticz/in`, `nvalue` must be a JSON integer and `svalue` a JSON string; one
//! wrong type rejects the whole message.

use core::fmt::Write;

use serde::Serialize;

use crate::commands::{PowerCommand, Setpoint, fields};
use crate::decimal::Decimal;
use crate::refusal::{Refusal, RefusalKind, Subject};
use crate::scanner::Scanner;
use crate::settings::Domoticz;
use crate::state::State;
use crate::{AlarmLevel, BufferTooSmall, Duration, Instant, Role};

/// Most bytes in a message of Domoticz.
pub const DOMOTICZ_PAYLOAD_CAPACITY: usize = 1024;

/// A device that was made in Domoticz for this dimmer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DomoticzDevice {
    /// A dimmer: its level is the applied power in percent.
    Dimmer,
    /// A usage or custom sensor: the applied power in watts.
    Power,
    /// A temperature: that of the water.
    Temperature,
    /// An alert: the worst alarm.
    Alarm,
}

impl DomoticzDevice {
    /// Every device.
    pub const ALL: [Self; 4] = [Self::Dimmer, Self::Power, Self::Temperature, Self::Alarm];

    /// Its idx in these settings; 0: none.
    pub const fn idx(self, settings: &Domoticz) -> u32 {
        match self {
            Self::Dimmer => settings.dimmer_idx,
            Self::Power => settings.power_idx,
            Self::Temperature => settings.temperature_idx,
            Self::Alarm => settings.alarm_idx,
        }
    }
}

/// Longest text of an alert that Domoticz is sent, as JSON writes it.
const SVALUE_CAPACITY: usize = crate::ALARM_TEXT_CAPACITY;

/// The payload, in the order in which Domoticz' own documentation has it.
#[derive(Serialize)]
struct Update<'a> {
    idx: u32,
    nvalue: u8,
    svalue: &'a str,
}

impl State {
    /// The level that Domoticz' dimmer shows, in percent: the applied power, and 1 for anything between 0 and 1.
    pub fn domoticz_level(&self) -> u8 {
        let rounded = (self.applied_centipercent.saturating_add(50) / 100).min(100);
        let level = if self.applied_centipercent > 0 {
            rounded.max(1)
        } else {
            0
        };
        u8::try_from(level).unwrap_or(100)
    }

    /// Whether there is anything to tell Domoticz of a device: it takes no word for a value that is not known.
    pub(crate) fn has_for_domoticz(&self, device: DomoticzDevice) -> bool {
        device != DomoticzDevice::Temperature || self.water_millicelsius.is_some()
    }

    /// Writes what Domoticz is told of a device; 0 bytes if there is nothing to tell.
    pub(crate) fn write_domoticz(
        &self,
        device: DomoticzDevice,
        settings: &Domoticz,
        buffer: &mut [u8],
    ) -> Result<usize, BufferTooSmall> {
        let mut text = heapless::String::<16>::new();
        let (nvalue, svalue) = match device {
            DomoticzDevice::Dimmer => {
                let level = self.domoticz_level();
                write!(text, "{level}").map_err(|_| BufferTooSmall)?;
                // Off, on, or on at a level.
                let nvalue = match level {
                    0 => 0,
                    100 => 1,
                    _ => 2,
                };
                (nvalue, text.as_str())
            }
            DomoticzDevice::Power => {
                write!(text, "{}", self.watts).map_err(|_| BufferTooSmall)?;
                (0, text.as_str())
            }
            DomoticzDevice::Temperature => {
                let Some(millicelsius) = self.temperature_millicelsius(Role::Water) else {
                    return Ok(0);
                };
                write!(text, "{}", Decimal::thousandths(millicelsius))
                    .map_err(|_| BufferTooSmall)?;
                (0, text.as_str())
            }
            // Grey 0, green 1, yellow 2, orange 3, red 4.
            DomoticzDevice::Alarm => match self.alarms.worst() {
                None => (1, "OK"),
                Some(alarm) => {
                    let nvalue = match alarm.level {
                        AlarmLevel::Warning => 3,
                        AlarmLevel::Critical => 4,
                    };
                    // A name where the words would not fit.
                    let is_short = alarm.text.len() <= SVALUE_CAPACITY;
                    (nvalue, if is_short { alarm.text } else { alarm.name })
                }
            },
        };
        let update = Update {
            idx: device.idx(settings),
            nvalue,
            svalue,
        };
        serde_json_core::to_slice(&update, buffer).map_err(|_| BufferTooSmall)
    }
}

/// Reads a message of Domoticz (`domoticz/out`): what it says of the dimmer or switch with this idx. `Ok(None)`: it is about
/// another device.
///
/// A dimmer that is off (`nvalue` 0) is [`PowerCommand::Off`]; one that is on is its `Level` in percent, or [`PowerCommand::On`] if it
/// has none.
///
/// # Errors
/// [`Refusal`] of what is not a message of Domoticz, or of a device that has no level; a retained one has no known age.
pub fn parse_domoticz(
    payload: &[u8],
    idx: u32,
    retained: bool,
) -> Result<Option<PowerCommand>, Refusal> {
    command(payload, idx, retained).map_err(|kind| Refusal::about(Subject::Domoticz, kind))
}

fn command(payload: &[u8], idx: u32, retained: bool) -> Result<Option<PowerCommand>, RefusalKind> {
    let (mut found, mut value, mut level, mut is_dimmer) = (None, None, None, true);
    let read = fields(payload, &mut |key, text| {
        match key {
            b"idx" => found = whole(text),
            b"nvalue" => value = Some(whole(text)),
            b"Level" => level = Some(whole(text)),
            b"switchType" => is_dimmer = matches!(text, b"\"Dimmer\"" | b"\"On/Off\""),
            _ => {}
        }
        Ok(())
    });
    // What is said of others, in whatever form, is none of this dimmer's business.
    if idx == 0 || found.and_then(|found| u32::try_from(found).ok()) != Some(idx) {
        return Ok(None);
    }
    if payload.len() > DOMOTICZ_PAYLOAD_CAPACITY {
        return Err(RefusalKind::TooLong);
    }
    if core::str::from_utf8(payload).is_err() {
        return Err(RefusalKind::NotText);
    }
    read?;
    if retained {
        return Err(RefusalKind::Retained);
    }
    if !is_dimmer {
        return Err(RefusalKind::WrongDevice);
    }
    let value = value.flatten().ok_or(RefusalKind::MissingKey)?;
    if value == 0 {
        return Ok(Some(PowerCommand::Off));
    }
    match level {
        None | Some(Some(0)) => Ok(Some(PowerCommand::On)),
        Some(Some(percent @ 1..=100)) => Ok(Some(PowerCommand::Setpoint(Setpoint::Centipercent(
            percent.saturating_mul(100),
        )))),
        Some(_) => Err(RefusalKind::MissingKey),
    }
}

/// A whole number, and nothing but that.
fn whole(text: &[u8]) -> Option<i32> {
    let is_whole = text
        .iter()
        .all(|byte| byte.is_ascii_digit() || *byte == b'-');
    let mut scanner = Scanner::new(text);
    let number = scanner.number(RefusalKind::ValueNotANumber).ok()?;
    let value = number.scaled(0, i32::MAX).ok()?;
    (is_whole && scanner.is_at_end()).then_some(value)
}

/// How many levels are remembered.
const REMEMBERED: usize = 8;

/// A level that Domoticz has not said again after this time was not going to be.
const ECHO_LASTS: Duration = Duration::from_ticks(3_000_000);

/// What Domoticz was told a moment ago: it says that again to everybody, and a dimmer must not take it for a command, or it would
/// follow itself.
///
/// Domoticz leaves out some of these echoes itself (its setting against loops), so one that does not come is nothing to wait for: a
/// level is forgotten when it was said again, when a later one was, or after 3 s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DomoticzEcho {
    told: [Option<(Instant, u8)>; REMEMBERED],
}

impl DomoticzEcho {
    /// Nothing was told.
    pub const NONE: Self = Self {
        told: [None; REMEMBERED],
    };

    /// Domoticz was told this level, in percent: [`State::domoticz_level`] of what was published.
    pub fn told(&mut self, now: Instant, level: u8) {
        self.told.rotate_right(1);
        if let Some(newest) = self.told.first_mut() {
            *newest = Some((now, level));
        }
    }

    /// Whether what came in is what Domoticz was told, and no command. Takes note that it came.
    pub fn is_echo(&mut self, now: Instant, command: PowerCommand) -> bool {
        let level = match command {
            PowerCommand::Off => 0,
            // What a switch without levels says of any of them.
            PowerCommand::On => u8::MAX,
            PowerCommand::Setpoint(Setpoint::Centipercent(value)) => {
                u8::try_from(value / 100).unwrap_or(u8::MAX)
            }
            PowerCommand::Setpoint(Setpoint::Watts(_)) => return false,
        };
        for place in &mut self.told {
            let age = place.and_then(|(at, _)| now.checked_duration_since(at));
            if age.is_none_or(|age| age > ECHO_LASTS) {
                *place = None;
            }
        }
        // The newest first: what was told before it will not be said any more.
        let is_it = |told: u8| told == level || (level == u8::MAX && told > 0);
        let place = self
            .told
            .iter()
            .position(|place| place.is_some_and(|(_, told)| is_it(told)));
        let Some(place) = place else { return false };
        for older in self.told.iter_mut().skip(place) {
            *older = None;
        }
        true
    }
}

#[cfg(test)]
mod tests;
