//! What was decided, and the only way from there to power.

use crate::{FULL_CENTIPERCENT, Instant, Reason};

/// Off, limited or free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// No power.
    Off,
    /// Power up to a maximum.
    Limited {
        /// In centipercent, 1 to 9 999.
        maximum_centipercent: u16,
    },
    /// Any power.
    Free,
}

/// What was decided at one instant, why, and since when.
///
/// Only [`Safety::decide`](crate::Safety::decide) makes one: it has no constructor and no public field.
///
/// ```compile_fail
/// use dimmer_safety::{Decision, Instant, Reason, Verdict};
/// let forged = Decision { verdict: Verdict::Free, reason: Reason::Following, since: Instant::from_ticks(0) };
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "power needs the permit of a decision"]
pub struct Decision {
    verdict: Verdict,
    reason: Reason,
    since: Instant,
}

impl Decision {
    pub(crate) const fn new(verdict: Verdict, reason: Reason, since: Instant) -> Self {
        Self {
            verdict,
            reason,
            since,
        }
    }

    /// Off, limited or free.
    #[must_use]
    pub const fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// Why.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        self.reason
    }

    /// When this reason began: the time of the first decision that gave it.
    #[must_use]
    pub const fn since(&self) -> Instant {
        self.since
    }

    /// What of a wanted power, in centipercent, is permitted; more than 10 000 counts as 10 000.
    ///
    /// A permit is as good as its decision: ask again at every input, and at
    /// [`Safety::next_deadline`](crate::Safety::next_deadline).
    #[must_use]
    pub fn permit(&self, wanted_centipercent: u16) -> Permitted {
        let maximum = match self.verdict {
            Verdict::Off => 0,
            Verdict::Limited {
                maximum_centipercent,
            } => maximum_centipercent.min(FULL_CENTIPERCENT),
            Verdict::Free => FULL_CENTIPERCENT,
        };
        Permitted(wanted_centipercent.min(maximum))
    }

    /// The reason to publish beside a wanted power: [`Reason::LimitedBySetting`] only where the limit takes something
    /// away, [`Reason::Following`] below it.
    #[must_use]
    pub fn reason_for(&self, wanted_centipercent: u16) -> Reason {
        match (self.verdict, self.reason) {
            (
                Verdict::Limited {
                    maximum_centipercent,
                },
                Reason::LimitedBySetting,
            ) if wanted_centipercent <= maximum_centipercent => Reason::Following,
            (_, reason) => reason,
        }
    }
}

/// A power that may be applied, 0 to 10 000 centipercent.
///
/// A firing path that takes this and no bare number cannot be reached around the decision: other than
/// [`Permitted::OFF`], only [`Decision::permit`] makes one.
///
/// ```compile_fail
/// let forged = dimmer_safety::Permitted(10_000);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Permitted(u16);

impl Permitted {
    /// No power; needs nobody's permit.
    pub const OFF: Self = Self(0);

    /// In centipercent, 0 to 10 000.
    #[must_use]
    pub const fn centipercent(self) -> u16 {
        self.0
    }

    /// Whether it is nothing.
    #[must_use]
    pub const fn is_off(self) -> bool {
        self.0 == 0
    }
}
