//! What was decided, and the only way from there to power.

use crate::{FULL_CENTIPERCENT, Instant, Reason, Source};

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

impl Verdict {
    /// The highest power it allows, in centipercent.
    pub(crate) const fn maximum_centipercent(self) -> u16 {
        match self {
            Self::Off => 0,
            Self::Limited {
                maximum_centipercent,
            } => maximum_centipercent,
            Self::Free => FULL_CENTIPERCENT,
        }
    }
}

/// What was decided at one instant, for whose wish, why, and since when.
///
/// Only [`Safety::decide`](crate::Safety::decide) makes one: it has no constructor and no public field.
///
/// ```
/// use dimmer_safety::{Decision, Instant, Reason, Safety, Settings, Verdict};
/// let start = Instant::from_ticks(0);
/// let decision: Decision = Safety::new(Settings::default(), start).decide(start);
/// assert_eq!((decision.verdict(), decision.reason()), (Verdict::Off, Reason::ProbeMissing));
/// ```
///
/// ```compile_fail,E0451
/// use dimmer_safety::{Decision, Instant, Reason, Safety, Settings, Verdict};
/// let start = Instant::from_ticks(0);
/// let decision = Decision { verdict: Verdict::Free, reason: Reason::Following, since: start, wish: None };
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "power needs the permit of a decision"]
pub struct Decision {
    verdict: Verdict,
    reason: Reason,
    since: Instant,
    wish: Option<(Source, u16)>,
}

impl Decision {
    pub(crate) const fn new(
        verdict: Verdict,
        reason: Reason,
        since: Instant,
        wish: Option<(Source, u16)>,
    ) -> Self {
        Self {
            verdict,
            reason,
            since,
            wish,
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

    /// Whose wish is the largest of those alive, whether it is permitted or not.
    #[must_use]
    pub fn source(&self) -> Option<Source> {
        self.wish.map(|(source, _)| source)
    }

    /// How much that one wants, in centipercent, 0 to 10 000; 0 if no wish is alive.
    #[must_use]
    pub fn wanted_centipercent(&self) -> u16 {
        self.wish.map_or(0, |(_, centipercent)| centipercent)
    }

    /// What of the wanted power is permitted.
    ///
    /// It takes no number: whoever wants power says so with [`Safety::wish`](crate::Safety::wish), and so is heard, aged and judged
    /// like everybody. A permit is as good as its decision: ask again at every input, and at
    /// [`Safety::next_deadline`](crate::Safety::next_deadline).
    #[must_use]
    pub fn permit(&self) -> Permitted {
        Permitted(
            self.wanted_centipercent()
                .min(self.verdict.maximum_centipercent()),
        )
    }
}

/// A power that may be applied, 0 to 10 000 centipercent.
///
/// A firing path that takes this and no bare number cannot be reached around the decision: other than
/// [`Permitted::OFF`], only [`Decision::permit`] makes one.
///
/// ```
/// let off = dimmer_safety::Permitted::OFF;
/// ```
///
/// ```compile_fail,E0423
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
