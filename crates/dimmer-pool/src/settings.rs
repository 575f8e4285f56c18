//! Where on the common setpoint one dimmer works, and within which powers.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    FULL_CENTIPERCENT, LONGEST_INTERVAL_S, NumberIs, PercentOf, Setpoint, Sharing, WEIGHT_LIMIT,
};

/// The highest start and full accepted, in centipercent: 100 000 %, room for a thousand dimmers one after the other.
pub const SETPOINT_LIMIT_CENTIPERCENT: i32 = 10_000_000;

/// The largest [`Settings::pool_watts`]: ten megawatts.
pub const POOL_LIMIT_WATTS: u32 = 10_000_000;

/// Where on the common setpoint this dimmer works, within which powers, and how it shares with others.
///
/// In TOML, the customer's second dimmer ("starts above 50 %") is one line:
///
/// ```toml
/// start_centipercent = 5000
/// ```
///
/// And so is a member of a shared pool, which needs no start: the others are heard.
///
/// ```toml
/// sharing = "priority"
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The setpoint that this dimmer starts from, in centipercent: 0 to [`SETPOINT_LIMIT_CENTIPERCENT`].
    /// At this setpoint it is still off; its power grows from here. Default 0.
    pub start_centipercent: i32,
    /// The setpoint at which this dimmer is at full power, in centipercent: above the start, up to
    /// [`SETPOINT_LIMIT_CENTIPERCENT`]. Left out (the default), it is 100 % above the start, so that 1 % more setpoint
    /// is 1 % more of this dimmer, and moving the start moves both.
    pub full_centipercent: Option<i32>,
    /// How far above the point where it stops the setpoint must be before the dimmer starts again, in centipercent of
    /// setpoint. Once on, it follows the setpoint all the way down. Default 0: none.
    ///
    /// The point where it stops is the start, or with a minimum the setpoint that gives the minimum. In a shared pool it is
    /// so much of this dimmer's rated power, and needs a minimum: without one there is no step to take.
    pub start_hysteresis_centipercent: u16,
    /// The lowest power, in centipercent of this dimmer, 0 to the maximum; a share below it is off. Default 0: none.
    pub minimum_centipercent: u16,
    /// The highest power, in centipercent of this dimmer, 1 to 10 000; a share above it is held to it. Default 10 000.
    pub maximum_centipercent: u16,
    /// How dimmers on one setpoint share it. Default [`Sharing::Thresholds`]: nobody else is known.
    ///
    /// With any other, members announce themselves, and all compute the same division; start and full are then only for a dimmer
    /// that does not hear the others. All members of one pool should have the same.
    pub sharing: Sharing,
    /// What a bare number on the common topic is: percent (the default) or watts.
    pub number_is: NumberIs,
    /// What 100 % of the common setpoint is where thresholds decide: this dimmer's rated power (the default) or
    /// [`pool_watts`](Self::pool_watts). Start and full are points on that scale, and watts are converted by it. In a shared pool
    /// percent is always of the pool.
    pub percent_of: PercentOf,
    /// What 100 % of the pool is, in watts, up to [`POOL_LIMIT_WATTS`]. Default 0: in a shared pool the sum of the rated watts of all members
    /// that are announced, alive or not.
    pub pool_watts: u32,
    /// The place of this dimmer where members are served one after the other: lower is earlier. Default 100.
    pub priority: u8,
    /// The part of this dimmer where members share by weight: 1 to [`WEIGHT_LIMIT`]. Default 100.
    pub weight: u16,
    /// How fast a rising share of the common setpoint may rise, in centipercent of this dimmer per second. A falling one falls at
    /// once. Default 0: at once, too.
    pub ramp_centipercent_per_s: u16,
    /// How often this dimmer announces itself in a shared pool, in seconds: 1 to [`LONGEST_INTERVAL_S`]. Default 5. A member is taken for
    /// gone three intervals and two seconds after it was last heard.
    pub announce_interval_s: u8,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            start_centipercent: 0,
            full_centipercent: None,
            start_hysteresis_centipercent: 0,
            minimum_centipercent: 0,
            maximum_centipercent: FULL_CENTIPERCENT,
            sharing: Sharing::Thresholds,
            number_is: NumberIs::Percent,
            percent_of: PercentOf::Dimmer,
            pool_watts: 0,
            priority: 100,
            weight: 100,
            ramp_centipercent_per_s: 0,
            announce_interval_s: 5,
        }
    }
}

impl Settings {
    /// The setpoint at which this dimmer is at full power, in centipercent: what was set, or 100 % of this dimmer above the start, where
    /// percent is of this dimmer.
    #[must_use]
    pub fn full_setpoint_centipercent(&self) -> i32 {
        self.full_centipercent.unwrap_or(
            self.start_centipercent
                .saturating_add(i32::from(FULL_CENTIPERCENT)),
        )
    }

    /// Whether a dimmer can work with these settings.
    ///
    /// # Errors
    /// The first field found outside its range, or at odds with another; a person can mend it.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let wrong = |field, problem, expected| {
            Err(SettingsError {
                field,
                problem,
                expected,
            })
        };
        // The default full is 100 % above the start, so a start near the limit is allowed to pass it.
        if !(0..=SETPOINT_LIMIT_CENTIPERCENT).contains(&self.start_centipercent) {
            return wrong(
                "start_centipercent",
                "is outside 0 to 10000000",
                "0 for the dimmer that starts first, 5000 for one that starts above 50 %",
            );
        }
        if let Some(full) = self.full_centipercent {
            if full <= self.start_centipercent {
                return wrong(
                    "full_centipercent",
                    "is not above start_centipercent",
                    "a setpoint above the start; leave it out for 100 % above the start",
                );
            }
            if full > SETPOINT_LIMIT_CENTIPERCENT {
                return wrong(
                    "full_centipercent",
                    "is above 10000000",
                    "at most 10000000; leave it out for 100 % above the start",
                );
            }
        }
        if self.maximum_centipercent == 0 || self.maximum_centipercent > FULL_CENTIPERCENT {
            return wrong(
                "maximum_centipercent",
                "is outside 1 to 10000",
                "10000 for full power, 5000 for half",
            );
        }
        if self.minimum_centipercent > self.maximum_centipercent {
            return wrong(
                "minimum_centipercent",
                "is above maximum_centipercent",
                "0 for no minimum, at most the maximum",
            );
        }
        self.validate_sharing()?;
        if self.percent_of == PercentOf::Pool && self.full_centipercent.is_none() {
            // Where the dimmer is at full power depends on its rated power, which is not known here. It starts there in any case.
            return Ok(());
        }
        // A dimmer that does not start even at its own full setpoint would never be seen to work.
        let full_less_hysteresis = i64::from(self.full_setpoint_centipercent())
            - i64::from(self.start_hysteresis_centipercent);
        if self.reach_centipercent(full_less_hysteresis) < self.lowest_centipercent() {
            return wrong(
                "start_hysteresis_centipercent",
                "is so large that the dimmer would not start at its full setpoint",
                "0 for none, a few hundred where the setpoint wavers",
            );
        }
        Ok(())
    }

    /// What only matters among others.
    fn validate_sharing(&self) -> Result<(), SettingsError> {
        let rules = [
            (
                self.pool_watts <= POOL_LIMIT_WATTS,
                "pool_watts",
                "is above 10000000",
                "what 100 % of the pool is in watts, 0 for the sum of the rated watts of its members",
            ),
            (
                self.percent_of == PercentOf::Dimmer
                    || self.sharing.is_shared()
                    || self.pool_watts > 0,
                "pool_watts",
                "is 0, but percent_of is `pool` and no member is known",
                "what 100 % of the pool is in watts; or percent_of = \"dimmer\"",
            ),
            (
                (1..=WEIGHT_LIMIT).contains(&self.weight),
                "weight",
                "is outside 1 to 1000",
                "100 for an ordinary dimmer, 200 for one that is to take twice as much",
            ),
            (
                (1..=LONGEST_INTERVAL_S).contains(&self.announce_interval_s),
                "announce_interval_s",
                "is outside 1 to 60",
                "5; less finds a lost member sooner and costs more messages",
            ),
        ];
        match rules.into_iter().find(|(holds, ..)| !holds) {
            None => Ok(()),
            Some((_, field, problem, expected)) => Err(SettingsError {
                field,
                problem,
                expected,
            }),
        }
    }

    /// The power, 0 to 10 000 centipercent, that the line from start to full gives at a setpoint, where percent is of this
    /// dimmer; rounded down, so that a dimmer never takes more than it was asked.
    pub(crate) fn reach_centipercent(&self, setpoint_centipercent: i64) -> u16 {
        let start = i64::from(self.start_centipercent);
        let full = i64::from(self.full_setpoint_centipercent());
        reach(setpoint_centipercent, start, full)
    }

    /// The same for a dimmer of `rated_watts`, with the setpoint lowered by so many centipercent, whatever percent is of.
    pub(crate) fn reach_of(
        &self,
        setpoint: Setpoint,
        lowered_centipercent: u16,
        rated_watts: u32,
    ) -> u16 {
        let setpoint = setpoint.meant(self.number_is);
        if self.percent_of == PercentOf::Dimmer || self.pool_watts == 0 {
            let lowered = i64::from(lowered_centipercent);
            return self
                .reach_centipercent(setpoint.centipercent(rated_watts).saturating_sub(lowered));
        }
        if rated_watts == 0 && self.full_centipercent.is_none() {
            return 0;
        }
        // In milliwatts: a hundredth of a percent of a large pool may be much of a small dimmer.
        let pool_watts = i64::from(self.pool_watts);
        let point = |centipercent: i32| i64::from(centipercent) * pool_watts / 10;
        let start = point(self.start_centipercent);
        let full = self.full_centipercent.map_or_else(
            || start.saturating_add(i64::from(rated_watts) * 1_000),
            point,
        );
        let asked =
            i64::try_from(setpoint.milliwatts(u64::from(self.pool_watts))).unwrap_or(i64::MAX);
        let lowered = asked - point(i32::from(lowered_centipercent));
        if asked >= full {
            // However wide the hysteresis is, the dimmer works at its full setpoint.
            return FULL_CENTIPERCENT;
        }
        reach(lowered, start, full)
    }

    /// The lowest power that counts as on.
    pub(crate) fn lowest_centipercent(&self) -> u16 {
        self.minimum_centipercent.max(1)
    }
}

/// How far a point is on the way from start to full, in centipercent.
fn reach(point: i64, start: i64, full: i64) -> u16 {
    // At least 1: settings that do not validate must not divide by zero here.
    let span = full.saturating_sub(start).max(1);
    let above_start = point.saturating_sub(start).clamp(0, span);
    u16::try_from(above_start.saturating_mul(i64::from(FULL_CENTIPERCENT)) / span).unwrap_or(0)
}

/// Settings that a dimmer cannot work with: which field, what is wrong with it, and what would be right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SettingsError {
    /// The name of the field, as it is written in TOML.
    pub field: &'static str,
    /// What is wrong with it.
    pub problem: &'static str,
    /// What would be right.
    pub expected: &'static str,
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
