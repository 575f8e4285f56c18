//! Whether a decision can be made with settings as a person wrote them.

use core::fmt;
use core::ops::RangeInclusive;

use super::{ProbeUse, Settings};
use crate::{FULL_CENTIPERCENT, Role};

/// Settings that no decision can be made with: which field, what is wrong with it, and what would be right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SettingsError {
    /// The name of the field, as it is written in TOML.
    pub field: &'static str,
    /// What is wrong with it.
    pub problem: &'static str,
    /// What would be right.
    pub expected: &'static str,
    /// The other field of a rule between two.
    pub other: Option<&'static str>,
}

impl fmt::Display for SettingsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} {}; expected: {}",
            self.field, self.problem, self.expected
        )
    }
}

impl core::error::Error for SettingsError {}

/// How the fields of one role are called, and where its limit may lie.
struct Fields {
    minimum: &'static str,
    maximum: &'static str,
    limit: &'static str,
    limit_range: RangeInclusive<i32>,
    limit_problem: &'static str,
    limit_expected: &'static str,
    resume: &'static str,
    age: &'static str,
    rate: &'static str,
    margin: &'static str,
}

/// The names of a role's fields differ in nothing but their first word.
macro_rules! fields {
    ($role:literal, $range:expr, $problem:literal, $expected:literal) => {
        Fields {
            minimum: concat!($role, "_plausible_minimum_millicelsius"),
            maximum: concat!($role, "_plausible_maximum_millicelsius"),
            limit: concat!($role, "_limit_millicelsius"),
            limit_range: $range,
            limit_problem: $problem,
            limit_expected: $expected,
            resume: concat!($role, "_resume_millicelsius"),
            age: concat!($role, "_maximum_age_s"),
            rate: concat!($role, "_maximum_rate_millicelsius_per_minute"),
            margin: concat!($role, "_alarm_margin_millicelsius"),
        }
    };
}

fn fields(role: Role) -> Fields {
    match role {
        Role::Water => fields!(
            "water",
            5_000..=95_000,
            "is outside 5000 to 95000",
            "60000 for a domestic water heater"
        ),
        Role::HeatSink => fields!(
            "heat_sink",
            5_000..=120_000,
            "is outside 5000 to 120000",
            "85000, well below what the triac bears"
        ),
        Role::Room => fields!(
            "room",
            5_000..=95_000,
            "is outside 5000 to 95000",
            "40000 for a cabinet, or none"
        ),
    }
}

impl Settings {
    /// Whether a decision can be made with these settings.
    ///
    /// # Errors
    /// The first field found outside its range, or at odds with another; a person can mend it.
    pub fn validate(&self) -> Result<(), SettingsError> {
        for role in Role::ALL {
            self.validate_role(role)?;
        }
        // Somebody who sets a limit relies on it.
        within(
            self.room_limit_millicelsius.is_none() || self.room_probe == ProbeUse::Required,
            "room_limit_millicelsius",
            "is set without a room probe, and would limit nothing",
            "room_probe = \"required\", or no limit",
        )?;
        self.validate_derating()?;
        self.validate_preheat()?;
        self.validate_ages()?;
        self.validate_alarms()
    }

    fn validate_role(&self, role: Role) -> Result<(), SettingsError> {
        let bounds = self.bounds(role);
        let names = fields(role);
        // The range that common probes measure: nothing outside it can be a reading.
        within(
            bounds.plausible_minimum_millicelsius >= -55_000,
            names.minimum,
            "is below -55000",
            "-10000 for water, -30000 for anything else",
        )?;
        within(
            bounds.plausible_maximum_millicelsius <= 125_000,
            names.maximum,
            "is above 125000",
            "110000 for water, up to 125000 for a heat sink",
        )?;
        within(
            bounds.plausible_minimum_millicelsius < bounds.plausible_maximum_millicelsius,
            names.minimum,
            "is not below the plausible maximum",
            "a range in which readings can lie",
        )?;
        within(
            (1..=3_600_000_000).contains(&bounds.maximum_age.as_ticks()),
            names.age,
            "is outside 1 to 3600",
            "30, several times the interval of the readings",
        )?;
        within(
            bounds.maximum_rate_millicelsius_per_minute <= 6_000_000,
            names.rate,
            "is above 6000000",
            "120000, which is two degrees in a second; 0 believes any",
        )?;
        within(
            bounds
                .alarm_margin_millicelsius
                .is_none_or(|margin| (1_000..=40_000).contains(&margin)),
            names.margin,
            "is outside 1000 to 40000",
            "5000, more than water overshoots by itself",
        )?;
        let Some(limit) = bounds.limit_millicelsius else {
            return Ok(());
        };
        within(
            names.limit_range.contains(&limit),
            names.limit,
            names.limit_problem,
            names.limit_expected,
        )?;
        fits(
            limit < bounds.plausible_maximum_millicelsius,
            (names.limit, names.maximum),
            "is not below the plausible maximum",
            "a limit that a plausible reading can reach",
        )?;
        // Closer together, one step of a coarse probe would switch the heater on and off for ever.
        fits(
            bounds.resume_millicelsius <= limit - 500,
            (names.resume, names.limit),
            "is less than 500 below the limit",
            "a few degrees below the limit, 54000 for a limit of 60000",
        )?;
        fits(
            bounds.resume_millicelsius > bounds.plausible_minimum_millicelsius,
            (names.resume, names.minimum),
            "is not above the plausible minimum",
            "a temperature that a plausible reading can fall to",
        )
    }

    fn validate_derating(&self) -> Result<(), SettingsError> {
        within(
            self.heat_sink_derating_millicelsius <= self.heat_sink_limit_millicelsius - 1_000
                && self.heat_sink_derating_millicelsius
                    > self.heat_sink_plausible_minimum_millicelsius,
            "heat_sink_derating_millicelsius",
            "is less than 1000 below the limit, or not above the plausible minimum",
            "70000 for a limit of 85000",
        )
    }

    fn validate_preheat(&self) -> Result<(), SettingsError> {
        within(
            (1..=FULL_CENTIPERCENT).contains(&self.preheat_centipercent),
            "preheat_centipercent",
            "is outside 1 to 10000",
            "10000 for full power",
        )?;
        let Some(below) = self.preheat_below_millicelsius else {
            return Ok(());
        };
        fits(
            self.water_probe == ProbeUse::Required,
            ("preheat_below_millicelsius", "water_probe"),
            "is set without a water probe",
            "a required water probe, or no minimum temperature",
        )?;
        fits(
            below > self.water_plausible_minimum_millicelsius,
            (
                "preheat_below_millicelsius",
                "water_plausible_minimum_millicelsius",
            ),
            "is not above the plausible minimum",
            "40000, the coldest that a shower is welcome",
        )?;
        fits(
            i64::from(self.preheat_until_millicelsius) >= i64::from(below) + 500,
            ("preheat_until_millicelsius", "preheat_below_millicelsius"),
            "is less than 500 above preheat_below_millicelsius",
            "a few degrees above, 45000 for a minimum of 40000",
        )?;
        fits(
            self.preheat_until_millicelsius < self.water_limit_millicelsius,
            ("preheat_until_millicelsius", "water_limit_millicelsius"),
            "is not below water_limit_millicelsius",
            "a few degrees above the minimum, and below the limit",
        )
    }

    fn validate_ages(&self) -> Result<(), SettingsError> {
        within(
            (1..=86_400).contains(&self.setpoint_maximum_age_s),
            "setpoint_maximum_age_s",
            "is outside 1 to 86400",
            "60, several times the interval of the router's messages",
        )?;
        within(
            (200..=10_000).contains(&self.mains_maximum_age_ms),
            "mains_maximum_age_ms",
            "is outside 200 to 10000",
            "1000, several times the interval of the firing path's reports",
        )?;
        within(
            (1..=3_600).contains(&self.clock_maximum_step_s),
            "clock_maximum_step_s",
            "is outside 1 to 3600",
            "60, far longer than the control loop ever takes",
        )?;
        within(
            (1..=FULL_CENTIPERCENT).contains(&self.maximum_centipercent),
            "maximum_centipercent",
            "is outside 1 to 10000",
            "10000 for full power, 5000 for half; to switch off, use the switch",
        )
    }

    fn validate_alarms(&self) -> Result<(), SettingsError> {
        within(
            (1..=100).contains(&self.probe_lost_after_readings),
            "probe_lost_after_readings",
            "is outside 1 to 100",
            "5 readings that fail in a row",
        )?;
        within(
            (1..=3_600).contains(&self.probe_lost_after_s),
            "probe_lost_after_s",
            "is outside 1 to 3600",
            "30",
        )?;
        within(
            self.probe_lost_critical_after_s == 0
                || (self.probe_lost_critical_after_s > self.probe_lost_after_s
                    && self.probe_lost_critical_after_s <= 604_800),
            "probe_lost_critical_after_s",
            "is not above probe_lost_after_s, or above 604800",
            "3600 for an hour; 0 never",
        )?;
        within(
            (1..=86_400).contains(&self.mains_lost_after_s),
            "mains_lost_after_s",
            "is outside 1 to 86400",
            "60",
        )?;
        within(
            self.heating_energy_watt_hours <= 100_000,
            "heating_energy_watt_hours",
            "is above 100000",
            "3000 for a domestic tank; 0 never",
        )?;
        within(
            (100..=20_000).contains(&self.heating_rise_millicelsius),
            "heating_rise_millicelsius",
            "is outside 100 to 20000",
            "1000, one degree",
        )?;
        within(
            self.heating_loss_watts <= 2_000,
            "heating_loss_watts",
            "is above 2000",
            "150 for a domestic tank with its pipes",
        )?;
        within(
            self.off_rise_millicelsius == 0
                || (1_000..=50_000).contains(&self.off_rise_millicelsius),
            "off_rise_millicelsius",
            "is outside 1000 to 50000",
            "5000; 0 for a tank with another source of heat",
        )
    }
}

fn within(
    is: bool,
    field: &'static str,
    problem: &'static str,
    expected: &'static str,
) -> Result<(), SettingsError> {
    if is {
        Ok(())
    } else {
        Err(SettingsError {
            field,
            problem,
            expected,
            other: None,
        })
    }
}

/// A rule between two fields: the one that is told, and the other.
fn fits(
    is: bool,
    (field, other): (&'static str, &'static str),
    problem: &'static str,
    expected: &'static str,
) -> Result<(), SettingsError> {
    within(is, field, problem, expected).map_err(|error| SettingsError {
        other: Some(other),
        ..error
    })
}
