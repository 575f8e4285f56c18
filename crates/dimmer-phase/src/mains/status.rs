//! What the tracker tells about the mains.

use crate::{Duration, Instant};

/// How much the tracker knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MainsState {
    /// Edges come, or have never come; no crossing can be foretold yet.
    Acquiring,
    /// Crossings are foretold, and the latest had its mark.
    Locked,
    /// Crossings are foretold from memory: the latest had no mark; or from one mark at a new phase. What
    /// is planned then is taken back unless its own mark begins, or the detector is known to miss some.
    Coasting,
    /// The mains was tracked and is so no more. Nothing is foretold.
    Lost,
}

impl MainsState {
    /// The stable name, in snake case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Acquiring => "acquiring",
            Self::Locked => "locked",
            Self::Coasting => "coasting",
            Self::Lost => "lost",
        }
    }
}

/// Why the tracker is not locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MainsFault {
    /// The detector is silent.
    NoEdges,
    /// There are edges, but too few of them are where a mains of 45 to 65 Hz would have them.
    NotCoherent,
    /// The crossings moved at once: the mains was switched over to another phase.
    PhaseJump,
    /// The crossings are tracked to below 45 Hz or above 65 Hz.
    FrequencyOutOfRange,
}

/// The kind of zero-cross detector, as recognised from its edges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DetectorKind {
    /// Not recognised yet.
    #[default]
    Unknown,
    /// A pulse at each crossing, both its edges seen: its middle counts.
    FullWavePulse,
    /// A pulse at every second crossing, both its edges seen: its middle counts.
    HalfWavePulse,
    /// A square wave, both its edges seen: each is a crossing.
    SquareWave,
    /// One edge at each crossing. The pulse's middle is not seen, so half its width belongs into
    /// the offset.
    FullWaveEdge,
    /// One edge in a full cycle: a pulse at every second crossing, or a square wave, of which one
    /// kind of edge is seen.
    HalfWaveEdge,
}

/// Which of the two alternating half-cycles. Relative only: a detector cannot know the mains' true
/// sign. It alternates without a fault while the tracker is locked or coasting; after a loss it may
/// begin with either.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Polarity {
    /// The half-cycle that begins at a square wave's rising edge, or at a half-wave detector's
    /// pulse; else either.
    Positive,
    /// The other.
    Negative,
}

/// A crossing to come, and the half-cycle that begins there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crossing {
    /// When it is, rounded to the microsecond.
    pub at: Instant,
    /// Which half begins.
    pub polarity: Polarity,
    /// How long the half lasts, rounded to the microsecond.
    pub half_period: Duration,
}

/// A snapshot of the tracker, for display and decisions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MainsStatus {
    /// How much is known.
    pub state: MainsState,
    /// Why the state is not [`Locked`](MainsState::Locked); `None` when it is. After a loss it
    /// stays until the next lock.
    pub reason: Option<MainsFault>,
    /// The mains frequency in mHz, 45 000 to 65 000, while locked or coasting.
    pub frequency_millihertz: Option<u32>,
    /// Mean absolute deviation of the detector's marks from the prediction, in µs; 0 until locked.
    pub jitter_us: u32,
    /// The detector's pulse width in µs; 0 when unknown, or when the detector has none.
    pub width_us: u32,
    /// Crossings that had no mark where one was due, while locked or coasting, since the start.
    /// Saturates.
    pub missed: u32,
    /// Marks (pulses or edges) that were taken for no crossing, while locked or coasting, and edges
    /// out of order, since the start. Saturates.
    pub rejected: u32,
    /// The detector's kind; the last known one after a loss.
    pub detector: DetectorKind,
}

impl MainsStatus {
    /// What a tracker knows that was never given an edge.
    pub const UNKNOWN: Self = Self {
        state: MainsState::Acquiring,
        reason: Some(MainsFault::NoEdges),
        frequency_millihertz: None,
        jitter_us: 0,
        width_us: 0,
        missed: 0,
        rejected: 0,
        detector: DetectorKind::Unknown,
    };
}
