//! From the timer's whole microseconds to the plant's true ones, and back.

use dimmer_phase::Instant;

/// A timer's time as microseconds. Exact for the first 285 years.
pub(crate) fn microseconds(at: Instant) -> f64 {
    at.as_ticks() as f64
}

/// What a capture timer with a resolution of one microsecond reads at a true time. Times before zero read as zero.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates: a negative time becomes 0, and no plant runs for 2^64 us"
)]
pub(crate) fn captured(time_us: f64) -> Instant {
    Instant::from_ticks(time_us.round() as u64)
}
