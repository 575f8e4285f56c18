//! The alarms that stand, for people: since when, and in their language.

use dimmer_safety::{AlarmKind, AlarmLevel, Language, Safety};
use dimmer_topics::{Alarm, AlarmState};

/// The alarms that stand, each with its level and since when, in seconds since the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing([Option<(AlarmLevel, u32)>; AlarmKind::ALL.len()]);

impl Standing {
    pub(crate) const NONE: Self = Self([None; AlarmKind::ALL.len()]);

    /// Takes note of the alarms of this moment; says whether any came, went or changed its level.
    pub(crate) fn update(&mut self, safety: &Safety, uptime_s: u32) -> bool {
        let before = *self;
        let critical = safety.alarms(AlarmLevel::Critical);
        let warnings = safety.alarms(AlarmLevel::Warning);
        for (kind, place) in AlarmKind::ALL.into_iter().zip(&mut self.0) {
            let level = if critical.contains(kind) {
                Some(AlarmLevel::Critical)
            } else if warnings.contains(kind) {
                Some(AlarmLevel::Warning)
            } else {
                None
            };
            *place = level.map(|level| match *place {
                // One that got worse began when it was raised; one that got better was reset, and raised again.
                Some((old, since_s)) if old <= level => (level, since_s),
                _ => (level, uptime_s),
            });
        }
        *self != before
    }

    /// As it is published.
    pub(crate) fn state(&self, language: Language) -> AlarmState {
        let mut state = AlarmState::NONE;
        for (kind, place) in AlarmKind::ALL.into_iter().zip(self.0) {
            if let Some((level, since_s)) = place {
                let latched = level == AlarmLevel::Critical;
                state.insert(Alarm {
                    level: if latched {
                        dimmer_topics::AlarmLevel::Critical
                    } else {
                        dimmer_topics::AlarmLevel::Warning
                    },
                    name: kind.as_str(),
                    text: kind.text(language),
                    since_s,
                    latched,
                });
            }
        }
        state
    }
}

// A longer text would push other alarms out of the message.
const _: () = {
    let mut index = 0;
    while index < AlarmKind::ALL.len() {
        #[expect(
            clippy::indexing_slicing,
            reason = "computed by the compiler, which would refuse an index out of range"
        )]
        let kind = AlarmKind::ALL[index];
        assert!(kind.text(Language::English).len() <= dimmer_topics::ALARM_TEXT_CAPACITY);
        assert!(kind.text(Language::French).len() <= dimmer_topics::ALARM_TEXT_CAPACITY);
        index += 1;
    }
};
