//! What a zero-cross detector's pin shows.

use crate::Instant;

/// The direction in which the detector's pin changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EdgeKind {
    /// From low to high.
    Rising,
    /// From high to low.
    Falling,
}

/// One change of the detector's pin, time-stamped by hardware or in the interrupt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Edge {
    /// When it happened.
    pub at: Instant,
    /// Which way the pin went. A board that sees only one of the two kinds reports only that one.
    pub kind: EdgeKind,
}
