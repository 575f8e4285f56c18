//! Announcements that were refused, and which of them the log has told of.

use dimmer_topics::{DeviceId, RefusalKind};

/// A member that says the wrong thing says it every few seconds, and every other member hears it: of each kind the log tells once.
#[derive(Clone, Debug)]
pub(crate) struct Refusals {
    /// Of whom the log told last.
    told_of: Option<DeviceId>,
    /// Which kinds it told of, in the order of [`RefusalKind::ALL`].
    told: [bool; RefusalKind::ALL.len()],
}

impl Refusals {
    pub(crate) const NONE: Self = Self {
        told_of: None,
        told: [false; RefusalKind::ALL.len()],
    };

    /// One was refused. Whether the log is to tell of it.
    pub(crate) fn refused(&mut self, id: DeviceId, kind: RefusalKind) -> bool {
        let place = RefusalKind::ALL.iter().position(|other| *other == kind);
        let told = place.and_then(|place| self.told.get_mut(place));
        let is_new = told.is_some_and(|told| !core::mem::replace(told, true));
        if is_new {
            self.told_of = Some(id);
        }
        is_new
    }

    /// A good one was heard. That of whom the log told last is good again; the good ones of the others do not end it.
    pub(crate) fn accepted(&mut self, id: DeviceId) {
        if self.told_of == Some(id) {
            *self = Self::NONE;
        }
    }
}
