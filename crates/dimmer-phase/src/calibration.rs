//! Finding the detector's offset with a power meter.
//!
//! A detector that marks the crossing δ µs early lets the triac fire δ µs early: at half power that is (2/T)·δ of full power too much, T being the
//! half-period in µs. No tracker can see it. A meter can, and an ordinary one will do when it only has to compare: half power in bursts
//! ([`Burst`](crate::Burst)) is half power whatever the offset, and the load is as hot then as at half power by phase, so that neither the
//! meter's scale nor the load's resistance matters, only how well the meter repeats itself. Odd harmonics of the mains that are symmetric about the peak do not
//! matter either: half the energy lies before the peak. `docs/phase-control.md` has the procedure.

use crate::Duration;

/// More than this share of difference between the two readings, in percent, is no offset of a detector.
const MOST_PERCENT: u64 = 30;

/// What has to be added to [`Settings::offset_us`](crate::Settings::offset_us), in µs, when the level is 50 % and a resistive load takes `phase_milliwatts` by
/// phase and `burst_milliwatts` in bursts: T/4 · (phase/burst - 1), rounded to the nearest.
///
/// An error of 1 % in comparing the two leaves 25 µs at 50 Hz, which are 0.5 points at half power; 0.2 % leave 5 µs. For offsets above 300 µs the law is no straight line: do it
/// twice.
///
/// `None` when the readings differ by more than 30 %, or the second is 0: then something else is wrong (the load is no resistance, a level is not
/// 50 %, the detector's offset is beyond 700 µs); and for half-periods above 50 ms.
///
/// ```
/// use dimmer_phase::{Duration, calibration::offset_correction_us};
/// // 1060 W by phase, 1000 W in bursts: the detector is 150 µs early.
/// let half_period = Duration::from_ticks(10_000);
/// assert_eq!(offset_correction_us(1_060_000, 1_000_000, half_period), Some(150));
/// ```
#[must_use]
pub fn offset_correction_us(
    phase_milliwatts: u32,
    burst_milliwatts: u32,
    half_period: Duration,
) -> Option<i32> {
    let (phase, burst) = (u64::from(phase_milliwatts), u64::from(burst_milliwatts));
    let difference = phase.abs_diff(burst);
    let half_period_us = half_period.as_ticks();
    if difference.saturating_mul(100) > burst.saturating_mul(MOST_PERCENT)
        || half_period_us > 50_000
    {
        return None;
    }
    // Below 2^32 · 50 000 · 2: 49 bits.
    let correction_us = half_period_us
        .saturating_mul(difference)
        .saturating_add(burst.saturating_mul(2))
        .checked_div(burst.saturating_mul(4))?;
    let correction_us = i32::try_from(correction_us).ok()?;
    Some(if phase >= burst {
        correction_us
    } else {
        correction_us.saturating_neg()
    })
}
