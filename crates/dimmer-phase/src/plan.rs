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
    /// The level that each channel is given, after lease and ramp.
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
        Ok(half_period_us) => fine_slot(settings, level, Fine::ZERO, micros(half_period_us)),
        Err(_) => Slot::Skip,
    }
}

/// As [`slot`], for a half-cycle that begins at `start` and is `half_period` long, in 1/256 µs: the
/// delay counts from the rounded start, and the moment of firing is rounded once.
pub(crate) fn fine_slot(settings: &Settings, level: Level, start: Fine, half_period: Fine) -> Slot {
    let Some(delay) = settings.curve.fine_delay(level, half_period) else {
        return Slot::Skip;
    };
    let rounded_start = start.to_micros();
    let delay_us = (start + delay).to_micros().saturating_sub(rounded_start);
    let delay_us = delay_us.max(u64::from(settings.minimum_delay_us));
    let reserved =
        u64::from(settings.gate_pulse_us).saturating_add(u64::from(settings.end_margin_us));
    let latest_us = half_period.to_micros().checked_sub(reserved);
    if settings.gate_pulse_us == 0 || latest_us.is_none_or(|latest_us| delay_us > latest_us) {
        return Slot::Skip;
    }
    Slot::Fire {
        delay: Duration::from_ticks(delay_us),
        width: Duration::from_ticks(u64::from(settings.gate_pulse_us)),
    }
}
