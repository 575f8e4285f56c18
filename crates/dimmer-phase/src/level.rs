//! How much of full power is asked for.

/// A share of full power, in centipercent: 0 is off, 10 000 is full power, 1 is 0.01 %.
///
/// ```
/// use dimmer_phase::Level;
/// let half = Level::from_centipercent(5_000).unwrap();
/// assert!(Level::OFF < half && half < Level::FULL);
/// assert_eq!(Level::from_centipercent(10_001), None);
/// assert_eq!(Level::saturating_from_centipercent(65_000), Level::FULL);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Level(u16);

impl Level {
    /// No power: the gate is never fired.
    pub const OFF: Self = Self(0);
    /// All the power that the mains and the load allow.
    pub const FULL: Self = Self(10_000);

    /// The level of so many centipercent (0 to 10 000), or `None` above 10 000.
    #[must_use]
    pub const fn from_centipercent(centipercent: u16) -> Option<Self> {
        if centipercent <= Self::FULL.0 {
            Some(Self(centipercent))
        } else {
            None
        }
    }

    /// The level of so many centipercent; everything above 10 000 is full power.
    #[must_use]
    pub const fn saturating_from_centipercent(centipercent: u16) -> Self {
        if centipercent <= Self::FULL.0 {
            Self(centipercent)
        } else {
            Self::FULL
        }
    }

    /// This level in centipercent, 0 to 10 000.
    #[must_use]
    pub const fn centipercent(self) -> u16 {
        self.0
    }
}
