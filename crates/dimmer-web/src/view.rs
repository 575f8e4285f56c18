//! What the answers look like.

use core::fmt::{self, Display};

use dimmer::safety::{AlarmLevel, AlarmSet, Language};
use serde::{Serialize, Serializer, ser::SerializeSeq};

use crate::{Api, LogEntry, Snapshot};

/// As text.
pub(crate) struct Shown<T>(pub(crate) T);

impl<T: Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// `/api/v1/about`.
#[derive(Serialize)]
pub(crate) struct About<'a> {
    id: Shown<dimmer::topics::DeviceId>,
    name: &'a str,
    language: &'static str,
    model: &'static str,
    version: &'static str,
    uptime: u32,
    reset_reason: Option<&'static str>,
    last_words: Option<&'a str>,
    api: u8,
}

impl<'a> About<'a> {
    pub(crate) fn of(snapshot: &'a Snapshot, language: Language) -> Self {
        Self {
            id: Shown(snapshot.identity.id),
            name: &snapshot.name,
            language: language.as_str(),
            model: snapshot.identity.model,
            version: snapshot.identity.version,
            uptime: snapshot.state.uptime_s,
            reset_reason: snapshot.state.reset_reason,
            last_words: snapshot.last_words.as_deref(),
            api: 1,
        }
    }
}

/// `/api/v1/state`.
#[derive(Serialize)]
pub(crate) struct StateView<'a> {
    name: &'a str,
    reason: Sentence,
    alarms: Alarms,
    faults: Faults,
    broker: BrokerView<'a>,
    state: &'a dimmer::topics::State,
}

#[derive(Serialize)]
struct Sentence {
    name: &'static str,
    text: &'static str,
    is_off: bool,
}

#[derive(Serialize)]
struct Faults {
    water: Option<&'static str>,
    heat_sink: Option<&'static str>,
    room: Option<&'static str>,
}

#[derive(Serialize)]
struct BrokerView<'a> {
    status: &'static str,
    host: &'a str,
    port: u16,
    problem: &'a str,
}

struct Alarms {
    critical: AlarmSet,
    warnings: AlarmSet,
    language: Language,
}

impl Serialize for Alarms {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Alarm {
            name: &'static str,
            level: &'static str,
            text: &'static str,
        }
        let mut list = serializer.serialize_seq(None)?;
        let sets = [
            (AlarmLevel::Critical, self.critical),
            (AlarmLevel::Warning, self.warnings),
        ];
        for (level, set) in sets {
            for kind in set.iter() {
                list.serialize_element(&Alarm {
                    name: kind.as_str(),
                    level: level.as_str(),
                    text: kind.text(self.language),
                })?;
            }
        }
        list.end()
    }
}

impl<'a> StateView<'a> {
    pub(crate) fn of(snapshot: &'a Snapshot, language: Language) -> Self {
        let overview = &snapshot.overview;
        let broker = &snapshot.broker;
        let text =
            |fault: Option<dimmer::safety::ProbeFault>| fault.map(|fault| fault.text(language));
        Self {
            name: &snapshot.name,
            reason: Sentence {
                name: overview.reason.as_str(),
                text: overview.reason.text(language),
                is_off: overview.reason.is_off(),
            },
            alarms: Alarms {
                critical: overview.critical,
                warnings: overview.warnings,
                language,
            },
            faults: Faults {
                water: text(overview.water_fault),
                heat_sink: text(overview.heat_sink_fault),
                room: text(overview.room_fault),
            },
            broker: BrokerView {
                status: broker.status.as_str(),
                host: &broker.host,
                port: broker.port,
                problem: &broker.problem,
            },
            state: &snapshot.state,
        }
    }
}

/// `/api/v1/session`.
#[derive(Serialize)]
pub(crate) struct SessionView {
    pub(crate) password_set: bool,
    pub(crate) signed_in: bool,
    /// Seconds until the next password is looked at.
    pub(crate) wait: u32,
    /// The dimmer is an access point of its own, and is to be told a network.
    pub(crate) set_up: bool,
}

/// What a sign-in gives.
#[derive(Serialize)]
pub(crate) struct SignedIn {
    pub(crate) token: Shown<crate::Token>,
}

/// `/api/v1/log`: as many of the newest as there is room for, the oldest of them first.
pub(crate) fn write_log(api: &impl Api, uptime_s: u32, out: &mut [u8]) -> Result<usize, Full> {
    // Entries are measured first: only from one on does everything fit.
    let mut sizes = heapless::Vec::<usize, { crate::LOG_ENTRIES }>::new();
    api.log(&mut |entry| {
        let size = serde_json_core::to_slice(entry, out).unwrap_or(usize::MAX);
        let _ = sizes.push(size);
    });
    const HEAD_AND_TAIL: usize = 48;
    let mut room = out.len().saturating_sub(HEAD_AND_TAIL);
    let mut from = sizes.len();
    for size in sizes.iter().rev() {
        match room.checked_sub(size.saturating_add(1)) {
            Some(left) => room = left,
            None => break,
        }
        from -= 1;
    }
    let mut writer = Writer::new(out);
    let mut fits = fmt::Write::write_fmt(
        &mut writer,
        format_args!("{{\"uptime\":{uptime_s},\"events\":["),
    )
    .is_ok();
    let mut index = 0;
    api.log(&mut |entry: &LogEntry| {
        if index >= from {
            if index > from {
                fits &= writer.raw(b",");
            }
            fits &= writer.json(entry).is_ok();
        }
        index += 1;
    });
    fits &= writer.raw(b"]}");
    if fits { Ok(writer.length) } else { Err(Full) }
}

/// No room.
#[derive(Debug)]
pub(crate) struct Full;

/// Writes one after the other.
pub(crate) struct Writer<'a> {
    out: &'a mut [u8],
    pub(crate) length: usize,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(out: &'a mut [u8]) -> Self {
        Self { out, length: 0 }
    }

    pub(crate) fn raw(&mut self, bytes: &[u8]) -> bool {
        let end = self.length.saturating_add(bytes.len());
        match self.out.get_mut(self.length..end) {
            Some(room) => {
                room.copy_from_slice(bytes);
                self.length = end;
                true
            }
            None => false,
        }
    }

    pub(crate) fn json(&mut self, value: &impl Serialize) -> Result<(), Full> {
        let room = self.out.get_mut(self.length..).ok_or(Full)?;
        self.length += serde_json_core::to_slice(value, room).map_err(|_| Full)?;
        Ok(())
    }
}

impl fmt::Write for Writer<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.raw(text.as_bytes()) {
            Ok(())
        } else {
            Err(fmt::Error)
        }
    }
}
