//! What the firing path did, as opposed to what it was ordered.

use core::fmt;

use dimmer_phase::{Level, MainsStatus};

/// What the firing path knows of the mains, and what it really fed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FiringReport {
    /// What is known of the mains.
    pub mains: MainsStatus,
    /// The level of the half-cycle that was fed last, after lease, ramp and soft start; [`Level::OFF`] if the gate is parked or refused it.
    pub fed: Level,
    /// Half-cycles that the gate refused since the start.
    pub refused: u32,
    /// Why nothing is fed although it was ordered.
    pub fault: Option<FiringFault>,
}

impl FiringReport {
    /// Nothing is known, so nothing is fed: a gate that nobody feeds falls silent by itself.
    pub const UNKNOWN: Self = Self {
        mains: MainsStatus::UNKNOWN,
        fed: Level::OFF,
        refused: 0,
        fault: None,
    };
}

/// Why a firing path feeds nothing although it was ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FiringFault {
    /// The gate's timeline refuses what it is fed.
    Gate,
}

impl FiringFault {
    /// The stable name, in snake case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gate => "gate_fault",
        }
    }
}

impl fmt::Display for FiringFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
