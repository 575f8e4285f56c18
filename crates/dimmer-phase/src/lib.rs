#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]
// A microcontroller without a floating-point unit fires from this code: the only floats are in the
// table that the compiler computes (`curve/table.rs`).
#![deny(clippy::float_arithmetic)]

pub mod burst;
pub mod calibration;
pub mod curve;
pub mod edge;
pub mod gate;
pub mod level;
pub mod mains;
pub mod plan;
pub mod scheduler;
pub mod settings;
pub mod timer;

pub use burst::{Burst, BurstSettings, BurstUnit};
pub use curve::{Curve, CurveTable, CurveTableError};
pub use edge::{Edge, EdgeKind};
pub use gate::Gate;
pub use level::Level;
pub use mains::{Crossing, DetectorKind, Mains, MainsFault, MainsState, MainsStatus, Polarity};
pub use plan::{HalfCycle, Order, Slot};
pub use scheduler::{NoSuchChannel, Scheduler};
pub use settings::{Settings, SettingsError};
pub use timer::{GateTimer, TimerGate, TimerSettings};

/// A moment on the caller's monotonic clock, in microseconds since any fixed origin.
///
/// Edges and `now` must come from the same clock. Moments later than 2^54 µs (571 years) are taken
/// as 2^54 µs.
pub type Instant = fugit::MonotonicTimerInstantU64<1_000_000>;

/// A length of time in microseconds.
pub type Duration = fugit::MicrosDurationU64;
