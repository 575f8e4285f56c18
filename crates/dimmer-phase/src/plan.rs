//! What is planned for one half-cycle.

use crate::mains::fine::{Fine, micros};
use crate::settings::Settings;
use crate::{Duration, Instant, Level, Polarity};

/// A level that is valid for a limited time.
///
/// It is a lease: a half-cycle that begins after `valid_until` is planned [`Slot::Skip`], so that a
/// control loop that died leaves the heater off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// The power asked for.
    pub level: Level,
    /// The last moment at which a half-cycle may begin under this order.
    pub valid_until: Instant,
}

/// What one channel does in one half-cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// No pulse.
    Skip,
    /// One gate pulse.
    Fire {
        /// From the half-cycle's start to the pulse's start: at least
        /// [`Settings::minimum_delay_us`].
        delay: Duration,
        /// How long the pulse is up. `delay + width` is at most the half-period less
        /// [`Settings::end_margin_us`].
        width: Duration,
    },
}

/// The plan of one half-cycle for all channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HalfCycle<const CHANNELS: usize> {
    /// The crossing at which it begins, predicted.
    pub start: Instant,
    /// How long it lasts, predicted: 7.6 to 11.3 ms.
    pub half_period: Duration,
    /// Which of the two alternating halves it is.
    pub polarity: Polarity,
    /// The level that each channel is given, after lease, ramp and soft start.
    pub levels: [Level; CHANNELS],
    /// What each channel does for it.
    pub slots: [Slot; CHANNELS],
}

/// The slot for a level in a half-cycle of this length.
///
/// Full conduction is a pulse at the minimum delay in every half-cycle: it costs (2π²/3)·(minimum
/// delay / half-period)³ of full power, 0.0053 % at the default 200 µs and 50 Hz, 0.0091 % at 60
/// Hz. A delay whose pulse would reach into the end margin is not fired: at the default margins the
/// lowest level that fires is 0.05 % at 50 Hz and 0.08 % at 60 Hz.
#[must_use]
pub fn slot(settings: &Settings, level: Level, half_period: Duration) -> Slot {
    match i64::try_from(half_period.as_ticks()) {
        Ok(half_period_us) => {
            let mut remainder = Fine::ZERO;
            fine_slot(
                settings,
                level,
                Fine::ZERO,
                micros(half_period_us),
                &mut remainder,
            )
        }
        Err(_) => Slot::Skip,
    }
}

/// As [`slot`], for a half-cycle that begins at `start` and is `half_period` long, in 1/256 µs: the
/// delay counts from the rounded start, and the moment of firing is rounded once.
///
/// `remainder` is what rounding owes to the firings to come. On mains that stands still against the
/// clock every firing would be rounded alike, up to half a microsecond one way; with the remainder
/// carried on, their mean is exact (noise shaping of the first order) and each is at most 1 µs from
/// it.
pub(crate) fn fine_slot(
    settings: &Settings,
    level: Level,
    start: Fine,
    half_period: Fine,
    remainder: &mut Fine,
) -> Slot {
    let Some(delay) = settings.curve.fine_delay(level, half_period) else {
        return Slot::Skip;
    };
    let rounded_start = start.to_micros();
    let exact = start + delay;
    let nearest_us = exact.to_micros().saturating_sub(rounded_start);
    let minimum_us = u64::from(settings.minimum_delay_us);
    let reserved =
        u64::from(settings.gate_pulse_us).saturating_add(u64::from(settings.end_margin_us));
    let Some(latest_us) = half_period.to_micros().checked_sub(reserved) else {
        return Slot::Skip;
    };
    if settings.gate_pulse_us == 0 || nearest_us.max(minimum_us) > latest_us {
        return Slot::Skip;
    }
    let owed = exact + *remainder;
    let moment_us = owed.to_micros();
    let delay_us = moment_us.saturating_sub(rounded_start);
    if (minimum_us..=latest_us).contains(&delay_us) {
        *remainder =
            (owed - micros(i64::try_from(moment_us).unwrap_or(i64::MAX))).within(micros(1));
    }
    Slot::Fire {
        // Not `clamp`: it would panic on limits that are the wrong way round.
        delay: Duration::from_ticks(delay_us.max(minimum_us).min(latest_us)),
        width: Duration::from_ticks(u64::from(settings.gate_pulse_us)),
    }
}
