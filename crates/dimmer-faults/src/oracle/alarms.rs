//! The alarms: which must stand, which may be reset, and whether each change was told.

use super::{Checked, Told};
use dimmer::safety::{AlarmEvent, AlarmKind, AlarmLevel, AlarmSet, Role, Settings};
use dimmer::{Effects, Incident, Overview};

/// What is wrong with a probe.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ProbeCause {
    /// It is required, and failed too often or has no good and fresh reading.
    pub(super) is_lost: bool,
    /// It failed too often in a row.
    pub(super) fails: bool,
}

/// What is too hot.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct HeatCause {
    /// Above the alarm's margin, twice in a row.
    pub(super) is_alarming: bool,
    /// It has cooled, and somebody can tell.
    pub(super) is_gone: bool,
}

/// In the order of [`Role::ALL`].
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Causes {
    pub(super) probes: [ProbeCause; 3],
    pub(super) heat: [HeatCause; 3],
}

/// What is known of a probe's alarm.
#[derive(Clone, Copy, Debug, Default)]
struct Lost {
    /// Since when the probe is lost, device time in microseconds.
    since_us: Option<u64>,
    /// The level that is due by now.
    due: Option<AlarmLevel>,
}

#[derive(Debug)]
pub(super) struct Alarms {
    told: [Option<AlarmLevel>; AlarmKind::ALL.len()],
    critical: AlarmSet,
    reset_asked: bool,
    lost: [Lost; 3],
}

const PROBES: [AlarmKind; 3] = [
    AlarmKind::WaterProbeLost,
    AlarmKind::HeatSinkProbeLost,
    AlarmKind::RoomProbeLost,
];

/// The alarms of what is too hot.
pub(super) const HEAT: [(Role, AlarmKind); 2] = [
    (Role::Water, AlarmKind::WaterOverTemperature),
    (Role::HeatSink, AlarmKind::HeatSinkTooHot),
];

impl Alarms {
    /// With alarms that were kept over a reset of the chip.
    pub(super) fn of(critical: AlarmSet) -> Self {
        Self {
            told: [None; AlarmKind::ALL.len()],
            critical,
            reset_asked: false,
            lost: [Lost::default(); 3],
        }
    }

    pub(super) fn critical(&self) -> AlarmSet {
        self.critical
    }

    /// Nobody knows for how long a probe was lost: it is so since now.
    pub(super) fn clock_jumped(&mut self, now_us: u64) {
        for lost in &mut self.lost {
            lost.since_us = lost.since_us.map(|_| now_us);
        }
    }

    /// Which alarms of probes are due.
    pub(super) fn look(&mut self, now_us: u64, causes: &Causes, settings: &Settings) {
        let critical_us = u64::from(settings.probe_lost_critical_after_s) * 1_000_000;
        let warning_us = u64::from(settings.probe_lost_after_s) * 1_000_000;
        for (lost, cause) in self.lost.iter_mut().zip(causes.probes) {
            if !cause.is_lost {
                *lost = Lost::default();
                continue;
            }
            let for_us = now_us - *lost.since_us.get_or_insert(now_us);
            if critical_us > 0 && for_us >= critical_us {
                lost.due = Some(AlarmLevel::Critical);
            } else if cause.fails || for_us >= warning_us {
                lost.due = lost.due.max(Some(AlarmLevel::Warning));
            }
        }
    }

    pub(super) fn check(
        &mut self,
        told: Told,
        effects: &Effects,
        overview: &Overview,
        at_rest: bool,
        causes: &Causes,
    ) -> Checked {
        let asked = matches!(told, Told::ResetAlarms);
        self.reset_asked |= asked;
        self.changes(effects)?;
        if asked {
            self.reset(effects, overview, causes)?;
        } else if let Some(kind) = self
            .critical
            .iter()
            .find(|kind| !overview.critical.contains(*kind))
        {
            return Err(("I3", format!("{kind} is gone, and nobody reset it")));
        }
        self.critical = overview.critical;
        self.due(overview, causes)?;
        if at_rest {
            self.all_told(overview)?;
        }
        Ok(())
    }

    /// Each change leads from the level that was told last.
    fn changes(&mut self, effects: &Effects) -> Checked {
        for incident in effects.incidents.into_iter().flatten() {
            let Incident::Alarm(change) = incident else {
                continue;
            };
            let place = AlarmKind::ALL.iter().position(|kind| *kind == change.kind);
            let Some(before) = place.and_then(|place| self.told.get_mut(place)) else {
                continue;
            };
            let (expected, after) = match change.event {
                AlarmEvent::Raised => (None, Some(change.level)),
                AlarmEvent::Escalated => (Some(AlarmLevel::Warning), Some(AlarmLevel::Critical)),
                AlarmEvent::Cleared => (Some(AlarmLevel::Warning), None),
                AlarmEvent::Reset => (Some(AlarmLevel::Critical), None),
                _ => return Err(("I11", format!("{change:?} is nothing that is known"))),
            };
            if *before != expected {
                return Err(("I11", format!("{change:?} is told, and before {before:?}")));
            }
            if change.event == AlarmEvent::Reset && !self.reset_asked {
                return Err(("I3", format!("{change:?}, and nobody asked for it")));
            }
            *before = after;
        }
        Ok(())
    }

    /// A reset ends the alarms whose cause is gone, refuses the others, and says which.
    fn reset(&self, effects: &Effects, overview: &Overview, causes: &Causes) -> Checked {
        let mut lasting = AlarmSet::EMPTY;
        for kind in self.critical.iter() {
            let lasts = lasts(kind, causes);
            if lasts {
                lasting = lasting.with(kind);
            }
            if overview.critical.contains(kind) != lasts {
                let is = if lasts { "lasts" } else { "is gone" };
                return Err(("I3", format!("{kind} was reset or not, and its cause {is}")));
            }
        }
        let refused = effects.incidents.into_iter().flatten();
        let refused = refused.fold(AlarmSet::EMPTY, |set, incident| match incident {
            Incident::ResetRefused(kinds) => kinds,
            _ => set,
        });
        if let Some(kind) = lasting.iter().find(|kind| !refused.contains(*kind)) {
            return Err((
                "I3",
                format!("the reset of {kind} is refused without a word"),
            ));
        }
        Ok(())
    }

    /// What must stand stands.
    fn due(&self, overview: &Overview, causes: &Causes) -> Checked {
        for (role, kind) in HEAT {
            let place = Role::ALL.iter().position(|other| *other == role);
            let cause = place.and_then(|place| causes.heat.get(place));
            if cause.is_some_and(|cause| cause.is_alarming) && !overview.critical.contains(kind) {
                return Err(("I3", format!("{kind} is due, and does not stand")));
            }
        }
        for (kind, lost) in PROBES.into_iter().zip(self.lost) {
            let stands = level(overview, kind);
            if stands < lost.due {
                return Err((
                    "I3",
                    format!("{kind} is due as {:?}, and stands as {stands:?}", lost.due),
                ));
            }
        }
        Ok(())
    }

    fn all_told(&self, overview: &Overview) -> Checked {
        for (kind, told) in AlarmKind::ALL.into_iter().zip(self.told) {
            let stands = level(overview, kind);
            if told != stands {
                return Err((
                    "I11",
                    format!("{kind}: {stands:?} stands, and {told:?} was told"),
                ));
            }
        }
        Ok(())
    }
}

/// The level at which an alarm stands.
fn level(overview: &Overview, kind: AlarmKind) -> Option<AlarmLevel> {
    if overview.critical.contains(kind) {
        Some(AlarmLevel::Critical)
    } else if overview.warnings.contains(kind) {
        Some(AlarmLevel::Warning)
    } else {
        None
    }
}

/// Whether the cause of a critical alarm lasts, as far as anybody can tell. Whether the heater warms can only be tried.
fn lasts(kind: AlarmKind, causes: &Causes) -> bool {
    let [water, heat_sink, room] = causes.probes;
    let [hot_water, hot_heat_sink, _] = causes.heat;
    match kind {
        AlarmKind::WaterProbeLost => water.is_lost,
        AlarmKind::HeatSinkProbeLost => heat_sink.is_lost,
        AlarmKind::RoomProbeLost => room.is_lost,
        AlarmKind::WaterOverTemperature => !hot_water.is_gone,
        AlarmKind::HeatSinkTooHot => !hot_heat_sink.is_gone,
        _ => false,
    }
}
