//! Does the water warm when it is heated, and only then?

use crate::input::{Heard, seconds};
use crate::{Duration, Instant, Settings};

/// A report of what was applied holds this long.
const REPORT_MAXIMUM_AGE: Duration = seconds(1);
/// After the heater went off, the warmth that is still in it rises to the probe.
const SETTLING: Duration = seconds(120);
/// Critical when so many times the energy of the warning went.
const CRITICAL_FACTOR: u64 = 3;
/// 1 Wh in watts times microseconds.
const WATT_MICROSECONDS_PER_WATT_HOUR: u64 = 3_600_000_000;

/// The energy that went to the water since it last warmed, and how far it warmed since the heater is off.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heating {
    /// When what was applied was last reported.
    reported: Heard,
    watts: u32,
    /// What was applied less what a tank loses, since the water last rose.
    net_watt_us: u64,
    /// The coldest that the water was since it last rose.
    coldest_heated: Option<i32>,
    /// Since when nothing was applied.
    off_since: Option<Instant>,
    /// The coldest that the water was since then and [`SETTLING`].
    coldest_off: Option<i32>,
    warmed_while_off: bool,
}

impl Heating {
    pub(crate) const UNKNOWN: Self = Self {
        reported: Heard::Never,
        watts: 0,
        net_watt_us: 0,
        coldest_heated: None,
        off_since: None,
        coldest_off: None,
        warmed_while_off: false,
    };

    /// What is applied from now on, in watts, truly and not as commanded.
    pub(crate) fn applied(&mut self, now: Instant, watts: u32, settings: &Settings) {
        // Older than its limit, or of a clock that went back or jumped since, the last report says nothing about the time since.
        let known = self
            .reported
            .age(now)
            .filter(|age| *age <= REPORT_MAXIMUM_AGE);
        match known {
            Some(span) => {
                let gained = u64::from(self.watts).saturating_mul(span.as_ticks());
                let lost = u64::from(settings.heating_loss_watts).saturating_mul(span.as_ticks());
                self.net_watt_us = self.net_watt_us.saturating_add(gained).saturating_sub(lost);
            }
            None => self.forget_off(),
        }
        if watts > 0 {
            self.forget_off();
        } else if self.off_since.is_none() {
            self.off_since = Some(now);
        }
        self.reported = Heard::At(now);
        self.watts = watts;
    }

    /// A good reading of the water.
    pub(crate) fn water(&mut self, now: Instant, millicelsius: i32, settings: &Settings) {
        let coldest = self
            .coldest_heated
            .map_or(millicelsius, |coldest| coldest.min(millicelsius));
        self.coldest_heated = Some(coldest);
        if rise(coldest, millicelsius) >= settings.heating_rise_millicelsius {
            self.net_watt_us = 0;
            self.coldest_heated = Some(millicelsius);
        }
        if self.is_known_off(now) {
            let coldest = self
                .coldest_off
                .map_or(millicelsius, |coldest| coldest.min(millicelsius));
            self.coldest_off = Some(coldest);
            let limit = settings.off_rise_millicelsius;
            if limit > 0 && rise(coldest, millicelsius) >= limit {
                self.warmed_while_off = true;
            }
        }
    }

    /// Whether the energy of a warning went and the water did not warm.
    pub(crate) fn is_ineffective(&self, settings: &Settings) -> bool {
        let limit = energy_limit(settings);
        limit > 0 && self.net_watt_us >= limit
    }

    /// Whether far more than that went, if it [`is_ineffective`](Self::is_ineffective) at all.
    pub(crate) fn is_very_ineffective(&self, settings: &Settings) -> bool {
        self.net_watt_us >= energy_limit(settings).saturating_mul(CRITICAL_FACTOR)
    }

    /// Whether the water warmed although nothing was applied.
    pub(crate) const fn warmed_while_off(&self) -> bool {
        self.warmed_while_off
    }

    /// Measures afresh: somebody looked.
    pub(crate) fn restart(&mut self) {
        self.net_watt_us = 0;
        self.coldest_heated = None;
        self.coldest_off = None;
        self.warmed_while_off = false;
    }

    /// The water is measured by another probe, whose step is no warmth. What was found stays found.
    pub(crate) fn measured_elsewhere(&mut self) {
        self.coldest_heated = None;
        self.coldest_off = None;
    }

    fn forget_off(&mut self) {
        self.off_since = None;
        self.coldest_off = None;
    }

    /// Whether the heater has been off for long enough that it warms nothing any more.
    fn is_known_off(&self, now: Instant) -> bool {
        let settled = self
            .off_since
            .and_then(|since| now.checked_duration_since(since))
            .is_some_and(|span| span >= SETTLING);
        let reported = self
            .reported
            .age(now)
            .is_some_and(|age| age <= REPORT_MAXIMUM_AGE);
        settled && reported
    }
}

fn energy_limit(settings: &Settings) -> u64 {
    u64::from(settings.heating_energy_watt_hours).saturating_mul(WATT_MICROSECONDS_PER_WATT_HOUR)
}

/// How much warmer the second is than the first.
fn rise(from: i32, to: i32) -> u32 {
    u32::try_from(i64::from(to).saturating_sub(i64::from(from))).unwrap_or(0)
}
