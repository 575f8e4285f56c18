//! From a cause to an alarm: how long it must hold, how long it must be gone, and what is told.

use crate::input::{after, seconds};
use crate::{AlarmChange, AlarmKind, AlarmLevel, AlarmSet, Duration, Instant};

/// A warning clears when its cause has been gone for this long.
const CLEAR_AFTER: Duration = seconds(10);

/// How the cause of one alarm stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cause {
    /// Whether it is there.
    pub(crate) present: bool,
    /// A warning when it has been there for so long; `None` never.
    pub(crate) warning_after: Option<Duration>,
    /// Critical when it has been there for so long; `None` never.
    pub(crate) critical_after: Option<Duration>,
    /// Whether a critical alarm may be reset: it is known that the cause is gone.
    pub(crate) is_gone: bool,
}

#[derive(Clone, Copy, Debug)]
struct Watch {
    level: Option<AlarmLevel>,
    told: Option<AlarmLevel>,
    /// Since when the cause has been as it is.
    since: Instant,
    cause: Cause,
}

impl Watch {
    const fn new(now: Instant) -> Self {
        Self {
            level: None,
            told: None,
            since: now,
            cause: Cause {
                present: false,
                warning_after: None,
                critical_after: None,
                is_gone: false,
            },
        }
    }

    fn update(&mut self, now: Instant, cause: Cause) {
        if cause.present != self.cause.present {
            self.since = now;
        }
        self.cause = cause;
        let held = |span: Option<Duration>| span.is_some_and(|span| now >= after(self.since, span));
        if cause.present {
            if held(cause.critical_after) {
                self.level = Some(AlarmLevel::Critical);
            } else if held(cause.warning_after) && self.level.is_none() {
                self.level = Some(AlarmLevel::Warning);
            }
        } else if self.level == Some(AlarmLevel::Warning) && held(Some(CLEAR_AFTER)) {
            self.level = None;
        }
    }

    /// When [`update`](Self::update) with the same cause changes the level.
    fn deadline(&self) -> Option<Instant> {
        let span = match (self.level, self.cause.present) {
            (Some(AlarmLevel::Critical), _) | (None, false) => None,
            (Some(AlarmLevel::Warning), true) => self.cause.critical_after,
            (Some(AlarmLevel::Warning), false) => Some(CLEAR_AFTER),
            (None, true) => match (self.cause.warning_after, self.cause.critical_after) {
                (Some(warning), Some(critical)) => Some(warning.min(critical)),
                (one, other) => one.or(other),
            },
        };
        span.map(|span| after(self.since, span))
    }
}

/// A watch for each kind of alarm.
#[derive(Clone, Debug)]
pub(crate) struct Watches([Watch; AlarmKind::ALL.len()]);

impl Watches {
    pub(crate) const fn new(now: Instant) -> Self {
        Self([Watch::new(now); AlarmKind::ALL.len()])
    }

    /// Judges every alarm by its cause.
    pub(crate) fn update(&mut self, now: Instant, cause_of: impl Fn(AlarmKind) -> Cause) {
        for (kind, watch) in AlarmKind::ALL.into_iter().zip(&mut self.0) {
            watch.update(now, cause_of(kind));
        }
    }

    /// What is there has been there since now: nobody knows how long it was before.
    pub(crate) fn restart(&mut self, now: Instant) {
        for watch in &mut self.0 {
            watch.since = now;
        }
    }

    /// Those at a level.
    pub(crate) fn at(&self, level: AlarmLevel) -> AlarmSet {
        self.having(|watch| watch.level == Some(level))
    }

    /// Latches these without asking for their cause.
    pub(crate) fn latch(&mut self, alarms: AlarmSet) {
        for (kind, watch) in AlarmKind::ALL.into_iter().zip(&mut self.0) {
            if alarms.contains(kind) {
                watch.level = Some(AlarmLevel::Critical);
            }
        }
    }

    /// Those that are critical and may be reset.
    pub(crate) fn resettable(&self) -> AlarmSet {
        self.having(|watch| watch.level == Some(AlarmLevel::Critical) && watch.cause.is_gone)
    }

    /// Ends these.
    pub(crate) fn clear(&mut self, alarms: AlarmSet) {
        for (kind, watch) in AlarmKind::ALL.into_iter().zip(&mut self.0) {
            if alarms.contains(kind) {
                watch.level = None;
            }
        }
    }

    /// The next change that was not yet told.
    pub(crate) fn take_change(&mut self) -> Option<AlarmChange> {
        for (kind, watch) in AlarmKind::ALL.into_iter().zip(&mut self.0) {
            if let Some(change) = AlarmChange::between(kind, watch.told, watch.level) {
                watch.told = match change.event {
                    crate::AlarmEvent::Reset => None,
                    _ => watch.level,
                };
                return Some(change);
            }
        }
        None
    }

    /// Whether a change was not yet told.
    pub(crate) fn has_change(&self) -> bool {
        self.0.iter().any(|watch| watch.told != watch.level)
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.0.iter().filter_map(Watch::deadline).min()
    }

    fn having(&self, wanted: impl Fn(&Watch) -> bool) -> AlarmSet {
        AlarmKind::ALL
            .into_iter()
            .zip(&self.0)
            .filter(|(_, watch)| wanted(watch))
            .fold(AlarmSet::EMPTY, |set, (kind, _)| set.with(kind))
    }
}
