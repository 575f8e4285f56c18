//! A curve of the user's own.

use crate::{Duration, HalfCycle, Level, NoSuchChannel, Settings, Slot};

/// The longest half-period that is taken for mains: 50 ms, 10 Hz.
const LONGEST_US: u64 = 50_000;
/// The table's unit is 2^-16 of the half-period.
const SHARE_BITS: u32 = 16;
const FULL: u32 = 10_000;

/// A table of delays at `POINTS` equidistant levels, from [`Level::OFF`] to [`Level::FULL`], with straight lines between them.
///
/// It is handed in beside [`Settings`](crate::Settings), not within: stored settings stay small, `Copy`, and readable by older
/// firmware. Put its slot in the place of the scheduler's, half-cycle by half-cycle ([`apply`](Self::apply)):
///
/// ```
/// # use dimmer_phase::{CurveTable, Gate, Instant, NoSuchChannel, Scheduler};
/// /// For the eye: the lamp's power rises with the square of the level.
/// static GAMMA: CurveTable<5> = match CurveTable::new([65_535, 51_212, 41_443, 30_713, 0]) {
///     Ok(table) => table,
///     Err(_) => panic!("a delay is longer than the one before it"),
/// };
///
/// fn service<G: Gate<1>>(scheduler: &mut Scheduler<1>, gate: &mut G, now: Instant) -> Result<(), NoSuchChannel> {
///     while let Some(mut half_cycle) = scheduler.plan(now) {
///         GAMMA.apply(scheduler.settings(), 0, &mut half_cycle)?;
///         if gate.feed(&half_cycle).is_err() {
///             scheduler.refused();
///         }
///     }
///     Ok(())
/// }
/// ```
///
/// A delay is rounded to 1 µs from the half-cycle's rounded start: half a microsecond more than within the scheduler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CurveTable<const POINTS: usize>([u16; POINTS]);

/// Why a table is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CurveTableError {
    /// There are fewer than 2 or more than 10 001 points.
    NumberOfPoints {
        /// So many there are.
        points: usize,
    },
    /// A delay is longer than the one before it.
    Longer {
        /// The number of that delay in the table, from 0.
        point: usize,
        /// That delay.
        delay: u16,
        /// The one before it.
        before: u16,
    },
}

impl core::fmt::Display for CurveTableError {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::NumberOfPoints { points } => {
                write!(formatter, "a curve of {points} points; 2 to 10001 make one")
            }
            Self::Longer {
                point,
                delay,
                before,
            } => write!(
                formatter,
                "point {point} has a delay of {delay}, and the one before it {before}; more level needs a delay that is no longer"
            ),
        }
    }
}

impl core::error::Error for CurveTableError {}

impl<const POINTS: usize> CurveTable<POINTS> {
    /// A table of delays in 1/65536 of the half-period. The first is for a level that is just not off, the last for full power.
    ///
    /// # Errors
    /// When there are fewer than 2 or more than 10 001 points, or when a delay is longer than the one before it: more level must
    /// never be less power.
    pub const fn new(delays: [u16; POINTS]) -> Result<Self, CurveTableError> {
        if POINTS < 2 || POINTS > 10_001 {
            return Err(CurveTableError::NumberOfPoints { points: POINTS });
        }
        let mut rest: &[u16] = &delays;
        while let [longer, tail @ ..] = rest {
            if let [shorter, ..] = tail
                && *shorter > *longer
            {
                return Err(CurveTableError::Longer {
                    point: POINTS.saturating_sub(tail.len()),
                    delay: *shorter,
                    before: *longer,
                });
            }
            rest = tail;
        }
        Ok(Self(delays))
    }

    /// The delays that it was made of.
    #[must_use]
    pub const fn delays(&self) -> &[u16; POINTS] {
        &self.0
    }

    /// From the crossing to the firing for this level, rounded to the microsecond.
    ///
    /// `None` when nothing is to be fired ([`Level::OFF`]), or when the half-period is longer than 50 ms.
    #[must_use]
    pub fn delay(&self, level: Level, half_period: Duration) -> Option<Duration> {
        let half_period_us = half_period.as_ticks();
        if level == Level::OFF || half_period_us > LONGEST_US {
            return None;
        }
        let steps = u32::try_from(POINTS.saturating_sub(1)).unwrap_or(FULL);
        let position = u32::from(level.centipercent()).saturating_mul(steps);
        let beyond = u64::from(position % FULL);
        let knot = usize::try_from(position / FULL).unwrap_or(POINTS);
        let longer = u64::from(*self.0.get(knot)?);
        // The last knot has none after it, and nothing is beyond it.
        let shorter = self.0.get(knot.saturating_add(1)).copied();
        let fall = longer.saturating_sub(shorter.map_or(longer, u64::from));
        // In units of 2^-16 / 10 000 of the half-period: below 2^30, and times 50 000 below 2^46.
        let share = longer
            .saturating_mul(u64::from(FULL))
            .saturating_sub(fall.saturating_mul(beyond));
        let whole = u64::from(FULL) << SHARE_BITS;
        let delay_us = half_period_us
            .saturating_mul(share)
            .saturating_add(whole / 2)
            / whole;
        Some(Duration::from_ticks(delay_us))
    }

    /// The slot for a level in a half-cycle of this length, with the margins of the settings: as [`plan::slot`](crate::plan::slot), with this table in
    /// the place of [`Settings::curve`].
    #[must_use]
    pub fn slot(&self, settings: &Settings, level: Level, half_period: Duration) -> Slot {
        let Some(delay) = self.delay(level, half_period) else {
            return Slot::Skip;
        };
        // The margins' rule has one place. There full power is fired at the minimum delay: so this delay is the minimum.
        let delay_us = u16::try_from(delay.as_ticks()).unwrap_or(u16::MAX);
        let margins = Settings {
            minimum_delay_us: settings.minimum_delay_us.max(delay_us),
            ..*settings
        };
        crate::plan::slot(&margins, Level::FULL, half_period)
    }

    /// Puts this channel's slot of a planned half-cycle in the place of the scheduler's, for the level, with its lease and ramp, that
    /// the scheduler gave.
    ///
    /// # Errors
    /// When there is no such channel. Nothing changes then.
    pub fn apply<const CHANNELS: usize>(
        &self,
        settings: &Settings,
        channel: usize,
        half_cycle: &mut HalfCycle<CHANNELS>,
    ) -> Result<(), NoSuchChannel> {
        let no_such_channel = NoSuchChannel {
            channel,
            channels: CHANNELS,
        };
        let level = *half_cycle.levels.get(channel).ok_or(no_such_channel)?;
        let slot = half_cycle.slots.get_mut(channel).ok_or(no_such_channel)?;
        *slot = self.slot(settings, level, half_cycle.half_period);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Instant, Polarity};

    extern crate std;

    const MAINS: Duration = Duration::from_ticks(10_000);

    fn level(centipercent: u16) -> Level {
        Level::from_centipercent(centipercent).unwrap()
    }

    #[test]
    fn a_table_that_rises_or_has_no_two_points_is_refused_and_told_why() {
        use std::string::ToString as _;

        let rises = CurveTable::new([65_000, 40_000, 40_001, 0]).unwrap_err();
        assert_eq!(
            rises.to_string(),
            "point 2 has a delay of 40001, and the one before it 40000; more level needs a delay that is no longer"
        );
        let lonely = CurveTable::new([40_000]).unwrap_err();
        assert_eq!(
            lonely.to_string(),
            "a curve of 1 points; 2 to 10001 make one"
        );
        let none = CurveTableError::NumberOfPoints { points: 0 };
        assert_eq!(CurveTable::new([]), Err(none));
        assert!(CurveTable::new([0; 10_002]).is_err());
        assert!(CurveTable::new([0; 10_001]).is_ok());
        assert!(CurveTable::new([40_000, 40_000, 0]).is_ok());
    }

    #[test]
    fn its_points_are_hit_and_lines_join_them() {
        let table = CurveTable::new([65_535, 32_768, 0]).unwrap();
        let delay = |centipercent| table.delay(level(centipercent), MAINS).unwrap().as_ticks();
        assert_eq!(delay(5_000), 5_000);
        assert_eq!(delay(10_000), 0);
        assert_eq!(delay(7_500), 2_500);
        assert_eq!(delay(1), 9_999);
        assert_eq!(table.delay(Level::OFF, MAINS), None);
        assert_eq!(
            table.delay(Level::FULL, Duration::from_ticks(u64::MAX)),
            None
        );
    }

    #[test]
    fn more_level_is_never_a_longer_delay_whatever_the_number_of_points() {
        fn check<const POINTS: usize>() {
            let delays: [u16; POINTS] = core::array::from_fn(|index| {
                let left = POINTS - 1 - index;
                u16::try_from(left * left * 65_535 / ((POINTS - 1) * (POINTS - 1))).unwrap()
            });
            let table = CurveTable::new(delays).unwrap();
            let all: std::vec::Vec<_> = (1..=10_000)
                .map(|centipercent| table.delay(level(centipercent), MAINS).unwrap())
                .collect();
            assert!(all.windows(2).all(|pair| pair[0] >= pair[1]));
        }
        check::<2>();
        check::<7>();
        check::<256>();
    }

    #[test]
    fn a_fine_table_of_the_resistive_curve_is_the_resistive_curve() {
        let delays: [u16; 101] = core::array::from_fn(|percent| {
            let percent = u16::try_from(percent).unwrap();
            let delay = crate::curve::delay(level(percent * 100), Duration::from_ticks(50_000));
            delay.map_or(u16::MAX, |delay| {
                u16::try_from(delay.as_ticks() * 65_536 / 50_000).unwrap()
            })
        });
        let table = CurveTable::new(delays).unwrap();
        for percent in 1..=100 {
            let own = table.delay(level(percent * 100), MAINS).unwrap().as_ticks();
            let exact = crate::curve::delay(level(percent * 100), MAINS)
                .unwrap()
                .as_ticks();
            assert!(
                own.abs_diff(exact) <= 1,
                "{percent} %: {own} µs, {exact} µs"
            );
        }
    }

    #[test]
    fn the_margins_hold_for_a_custom_curve_as_well() {
        let settings = Settings::default();
        let table = CurveTable::new([65_535, 0]).unwrap();
        let fire = |delay_us| Slot::Fire {
            delay: Duration::from_ticks(delay_us),
            width: Duration::from_ticks(100),
        };
        assert_eq!(table.slot(&settings, Level::FULL, MAINS), fire(200));
        assert_eq!(table.slot(&settings, level(5_000), MAINS), fire(5_000));
        assert_eq!(table.slot(&settings, level(400), MAINS), fire(9_600));
        assert_eq!(table.slot(&settings, level(399), MAINS), Slot::Skip);
        assert_eq!(table.slot(&settings, Level::OFF, MAINS), Slot::Skip);
    }

    #[test]
    fn the_slot_of_one_channel_is_replaced() {
        let table = CurveTable::new([65_535, 0]).unwrap();
        let mut half_cycle = HalfCycle {
            start: Instant::from_ticks(5),
            half_period: MAINS,
            polarity: Polarity::Positive,
            levels: [Level::OFF, level(5_000)],
            slots: [Slot::Skip; 2],
        };
        let settings = Settings::default();
        assert_eq!(table.apply(&settings, 1, &mut half_cycle), Ok(()));
        assert_eq!(half_cycle.slots[0], Slot::Skip);
        assert_ne!(half_cycle.slots[1], Slot::Skip);
        assert!(table.apply(&settings, 2, &mut half_cycle).is_err());
    }
}
