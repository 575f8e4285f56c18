//! The limits that the one decision is made with.

mod validation;

use serde::{Deserialize, Serialize};

pub use validation::SettingsError;

use crate::input::{milliseconds, seconds};
use crate::{Duration, FULL_CENTIPERCENT, Role};

/// What a probe counts for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ProbeUse {
    /// No power without a fresh and plausible reading below the limit.
    #[default]
    Required,
    /// No probe is fitted: readings decide nothing. Without a water probe, the tank's own thermostat is the only protection.
    Absent,
}

/// The limits that the one decision is made with. All of them hold at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Whether a water temperature is required. Default: required.
    pub water_probe: ProbeUse,
    /// At or above this the output is off, in millicelsius: 5 000 to 95 000, below the plausible maximum.
    /// Default 60 000.
    pub water_limit_millicelsius: i32,
    /// After the limit was reached the output stays off until the water is at or below this, in millicelsius: at least
    /// 500 (half a degree) below the limit, above the plausible minimum. Default 54 000.
    pub water_resume_millicelsius: i32,
    /// So far above the limit the water raises a critical alarm, in millicelsius: 1 000 to 40 000. Default 5 000.
    pub water_alarm_margin_millicelsius: u32,
    /// A reading below this is not a water temperature, in millicelsius: -55 000 or more. Default -10 000.
    pub water_plausible_minimum_millicelsius: i32,
    /// A reading above this is not a water temperature, in millicelsius: 125 000 or less. Default 110 000.
    pub water_plausible_maximum_millicelsius: i32,
    /// A water temperature this old is as good as none, in seconds: 1 to 3 600. Default 30.
    pub water_maximum_age_s: u32,
    /// A reading further than this from the one before is not believed, in millicelsius per minute, with 1 000 for noise: up
    /// to 6 000 000; 0 believes any. Default 120 000, which is two degrees in a second.
    pub water_maximum_rate_millicelsius_per_minute: u32,

    /// Whether a temperature of the heat sink is required. Default: absent.
    pub heat_sink_probe: ProbeUse,
    /// Above this the power is limited, the more the hotter, to nothing at the limit, in millicelsius: at least 1 000 below
    /// the limit. Default 70 000.
    pub heat_sink_derating_millicelsius: i32,
    /// At or above this the output is off, in millicelsius: 5 000 to 120 000, below the plausible maximum. Default 85 000.
    pub heat_sink_limit_millicelsius: i32,
    /// After the limit was reached the output stays off until the heat sink is at or below this, in millicelsius: at least
    /// 500 below the limit, above the plausible minimum. Default 70 000.
    pub heat_sink_resume_millicelsius: i32,
    /// So far above the limit the heat sink raises a critical alarm, in millicelsius: 1 000 to 40 000. Default 10 000.
    pub heat_sink_alarm_margin_millicelsius: u32,
    /// A reading below this is not believed, in millicelsius: -55 000 or more. Default -30 000.
    pub heat_sink_plausible_minimum_millicelsius: i32,
    /// A reading above this is not believed, in millicelsius: 125 000 or less. Default 125 000.
    pub heat_sink_plausible_maximum_millicelsius: i32,
    /// A temperature of the heat sink this old is as good as none, in seconds: 1 to 3 600. Default 30.
    pub heat_sink_maximum_age_s: u32,
    /// As for the water, in millicelsius per minute. Default 300 000: a small heat sink is quick.
    pub heat_sink_maximum_rate_millicelsius_per_minute: u32,

    /// Whether a temperature of the room counts; it only informs unless a limit is set, and a limit requires it. Default: absent.
    pub room_probe: ProbeUse,
    /// At or above this the output is off, in millicelsius: 5 000 to 95 000, below the plausible maximum. Needs a room probe.
    /// Default: none.
    pub room_limit_millicelsius: Option<i32>,
    /// After the limit was reached the output stays off until the room is at or below this, in millicelsius: at least 500
    /// below the limit, above the plausible minimum. Default 35 000.
    pub room_resume_millicelsius: i32,
    /// A reading below this is not believed, in millicelsius: -55 000 or more. Default -30 000.
    pub room_plausible_minimum_millicelsius: i32,
    /// A reading above this is not believed, in millicelsius: 125 000 or less. Default 80 000.
    pub room_plausible_maximum_millicelsius: i32,
    /// A temperature of the room this old is as good as none, in seconds: 1 to 3 600. Default 300.
    pub room_maximum_age_s: u32,
    /// As for the water, in millicelsius per minute. Default 120 000.
    pub room_maximum_rate_millicelsius_per_minute: u32,

    /// At or below this the water wishes to be heated without anybody else, in millicelsius: above the plausible minimum.
    /// Needs a water probe. Default: none.
    pub preheat_below_millicelsius: Option<i32>,
    /// Until it has reached this, in millicelsius: at least 500 above, and below the limit. Default 45 000.
    pub preheat_until_millicelsius: i32,
    /// With this much power, in centipercent: 1 to 10 000. Default 10 000.
    pub preheat_centipercent: u16,

    /// A setpoint this old is as good as none, in seconds: 1 to 86 400. Repeats count. Default 60.
    pub setpoint_maximum_age_s: u32,
    /// A word on the mains this old is as good as none, in milliseconds: 200 to 10 000. Default 1 000.
    pub mains_maximum_age_ms: u32,
    /// If the time jumps ahead by more than this the age of nothing is known, in seconds: 1 to 3 600. Default 60.
    pub clock_maximum_step_s: u32,
    /// The highest power permitted, in centipercent: 1 to 10 000. Default 10 000.
    pub maximum_centipercent: u16,

    /// So many readings in a row that fail raise a warning: 1 to 100. Default 5.
    pub probe_lost_after_readings: u8,
    /// A required probe without a good reading for so long raises a warning, in seconds: 1 to 3 600, counted from when the last
    /// one was too old. Default 30.
    pub probe_lost_after_s: u32,
    /// And is critical when that lasts, in seconds: up to 604 800, more than the warning's; 0 never. Default 3 600.
    pub probe_lost_critical_after_s: u32,
    /// A mains that is away for so long raises a warning, in seconds: 1 to 86 400. Default 60.
    pub mains_lost_after_s: u32,
    /// So much energy, beyond what the tank loses, without the water warming raises a warning, and three times as much a critical alarm, in
    /// watt-hours: up to 100 000; 0 never. Default 3 000.
    pub heating_energy_watt_hours: u32,
    /// How much warmer the water must get by that energy, in millicelsius: 100 to 20 000. Default 1 000.
    pub heating_rise_millicelsius: u32,
    /// What the tank loses to the room, which warms nothing, in watts: up to 2 000. Default 150.
    pub heating_loss_watts: u32,
    /// So much warmer while nothing is applied raises a critical alarm, in millicelsius: 1 000 to 50 000; 0 never, which a tank
    /// with another source of heat needs. Default 5 000.
    pub off_rise_millicelsius: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            water_probe: ProbeUse::Required,
            water_limit_millicelsius: 60_000,
            water_resume_millicelsius: 54_000,
            water_alarm_margin_millicelsius: 5_000,
            water_plausible_minimum_millicelsius: -10_000,
            water_plausible_maximum_millicelsius: 110_000,
            water_maximum_age_s: 30,
            water_maximum_rate_millicelsius_per_minute: 120_000,
            heat_sink_probe: ProbeUse::Absent,
            heat_sink_derating_millicelsius: 70_000,
            heat_sink_limit_millicelsius: 85_000,
            heat_sink_resume_millicelsius: 70_000,
            heat_sink_alarm_margin_millicelsius: 10_000,
            heat_sink_plausible_minimum_millicelsius: -30_000,
            heat_sink_plausible_maximum_millicelsius: 125_000,
            heat_sink_maximum_age_s: 30,
            heat_sink_maximum_rate_millicelsius_per_minute: 300_000,
            room_probe: ProbeUse::Absent,
            room_limit_millicelsius: None,
            room_resume_millicelsius: 35_000,
            room_plausible_minimum_millicelsius: -30_000,
            room_plausible_maximum_millicelsius: 80_000,
            room_maximum_age_s: 300,
            room_maximum_rate_millicelsius_per_minute: 120_000,
            preheat_below_millicelsius: None,
            preheat_until_millicelsius: 45_000,
            preheat_centipercent: FULL_CENTIPERCENT,
            setpoint_maximum_age_s: 60,
            mains_maximum_age_ms: 1_000,
            clock_maximum_step_s: 60,
            maximum_centipercent: FULL_CENTIPERCENT,
            probe_lost_after_readings: 5,
            probe_lost_after_s: 30,
            probe_lost_critical_after_s: 3_600,
            mains_lost_after_s: 60,
            heating_energy_watt_hours: 3_000,
            heating_rise_millicelsius: 1_000,
            heating_loss_watts: 150,
            off_rise_millicelsius: 5_000,
        }
    }
}

/// What one temperature is judged by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Whether power needs it.
    pub(crate) required: bool,
    pub(crate) limit_millicelsius: Option<i32>,
    pub(crate) resume_millicelsius: i32,
    /// Above the limit by this much is alarming; `None` never.
    pub(crate) alarm_margin_millicelsius: Option<u32>,
    pub(crate) plausible_minimum_millicelsius: i32,
    pub(crate) plausible_maximum_millicelsius: i32,
    pub(crate) maximum_age: Duration,
    pub(crate) maximum_rate_millicelsius_per_minute: u32,
}

impl Bounds {
    pub(crate) fn is_plausible(&self, millicelsius: i32) -> bool {
        (self.plausible_minimum_millicelsius..=self.plausible_maximum_millicelsius)
            .contains(&millicelsius)
    }

    /// Whether it is above the limit by the alarm's margin.
    pub(crate) fn is_alarming(&self, millicelsius: i32) -> bool {
        match (self.limit_millicelsius, self.alarm_margin_millicelsius) {
            (Some(limit), Some(margin)) => {
                i64::from(millicelsius) >= i64::from(limit) + i64::from(margin)
            }
            _ => false,
        }
    }
}

impl Settings {
    pub(crate) fn bounds(&self, role: Role) -> Bounds {
        match role {
            Role::Water => Bounds {
                required: self.water_probe == ProbeUse::Required,
                limit_millicelsius: Some(self.water_limit_millicelsius),
                resume_millicelsius: self.water_resume_millicelsius,
                alarm_margin_millicelsius: Some(self.water_alarm_margin_millicelsius),
                plausible_minimum_millicelsius: self.water_plausible_minimum_millicelsius,
                plausible_maximum_millicelsius: self.water_plausible_maximum_millicelsius,
                maximum_age: seconds(self.water_maximum_age_s),
                maximum_rate_millicelsius_per_minute: self
                    .water_maximum_rate_millicelsius_per_minute,
            },
            Role::HeatSink => Bounds {
                required: self.heat_sink_probe == ProbeUse::Required,
                limit_millicelsius: Some(self.heat_sink_limit_millicelsius),
                resume_millicelsius: self.heat_sink_resume_millicelsius,
                alarm_margin_millicelsius: Some(self.heat_sink_alarm_margin_millicelsius),
                plausible_minimum_millicelsius: self.heat_sink_plausible_minimum_millicelsius,
                plausible_maximum_millicelsius: self.heat_sink_plausible_maximum_millicelsius,
                maximum_age: seconds(self.heat_sink_maximum_age_s),
                maximum_rate_millicelsius_per_minute: self
                    .heat_sink_maximum_rate_millicelsius_per_minute,
            },
            Role::Room => Bounds {
                required: self.room_probe == ProbeUse::Required
                    && self.room_limit_millicelsius.is_some(),
                limit_millicelsius: self.room_limit_millicelsius,
                resume_millicelsius: self.room_resume_millicelsius,
                alarm_margin_millicelsius: None,
                plausible_minimum_millicelsius: self.room_plausible_minimum_millicelsius,
                plausible_maximum_millicelsius: self.room_plausible_maximum_millicelsius,
                maximum_age: seconds(self.room_maximum_age_s),
                maximum_rate_millicelsius_per_minute: self
                    .room_maximum_rate_millicelsius_per_minute,
            },
        }
    }

    pub(crate) fn setpoint_maximum_age(&self) -> Duration {
        seconds(self.setpoint_maximum_age_s)
    }

    pub(crate) fn mains_maximum_age(&self) -> Duration {
        milliseconds(u64::from(self.mains_maximum_age_ms))
    }

    pub(crate) fn clock_maximum_step(&self) -> Duration {
        seconds(self.clock_maximum_step_s)
    }

    /// How much of the full power a heat sink of this temperature allows, in centipercent: all up to the start of the
    /// derating, then less in a straight line, nothing at the limit.
    pub(crate) fn heat_sink_maximum_centipercent(&self, millicelsius: i32) -> u16 {
        let limit = i64::from(self.heat_sink_limit_millicelsius);
        let span = limit - i64::from(self.heat_sink_derating_millicelsius);
        let left = (limit - i64::from(millicelsius)).clamp(0, span.max(0));
        // Validated settings have a span; without one there is nothing to derate over.
        (left * i64::from(FULL_CENTIPERCENT))
            .checked_div(span)
            .and_then(|share| u16::try_from(share).ok())
            .unwrap_or(0)
    }
}
