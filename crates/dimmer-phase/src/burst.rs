//! Whole half-cycles instead of cut ones: which of them conduct.
//!
//! A load that minds the noise of phase control, and is slow enough for it (a heater), is given whole half-cycles. [`Burst`]
//! spreads them as evenly as arithmetic allows: it keeps an account of the energy that was asked for less the energy that was given, and
//! fires when the account says so. It also keeps an account of the polarities: plain spreading would at 50 % give every second
//! half-cycle, all of one polarity, which is pure DC and saturates the transformers of the neighbourhood.
//!
//! # What is possible
//! With the polarities never apart by more than one, fires come in pairs of opposite polarity, so that the two of a pair are an odd number
//! of half-cycles apart. For a level L (as a share) let h be the distance of 1/L from the nearest odd number. The energy given in *any* window of
//! half-cycles then differs from the exact one by less than
//!
//! - 1 + h·L half-cycles for L up to 1/2,
//! - 1 + (1 - L) half-cycles above,
//!
//! at most 1.5 (close to 50 %; without the polarity rule it would be 1), and the energy since the start by at most half as much, 0.75
//! half-cycles. It is proven as follows, for L up to 1/2. The account a rises by L in each half-cycle and falls by 1 with a fire. The first of a
//! pair is fired when a ≥ 1/2 - x, the second when a ≥ 1/2 + x and the polarity fits, with x = (g·L - 1)/2 and g the odd number nearest to 1/L. Just
//! before the first fire a is in [1/2 - x, 1/2 - x + L), so g half-cycles later it is in [1/2 + x, 1/2 + x + L): the second fires there, where
//! the polarity fits, and neither two half-cycles earlier nor late. So a is below 1/2 + |x| in every half-cycle that is skipped, at
//! least -1/2 - |x| after every one that is fired, and the range is 1 + 2|x| = 1 + h·L. Above 1/2 the same is said of the half-cycles that are left out:
//! they alternate in polarity, and one that is due in the wrong one waits for a single half-cycle, which adds 1 - L.
//!
//! A level that changes may cost more: any window is within 3 half-cycles whatever levels above off are asked for, changed in every half-cycle.
//!
//! An exhaustive search over all patterns (in `tests/burst`) finds none that is better by more than 0.0003 half-cycles,
//! but for a few round levels (50 %, 25 %: 1 exactly, which this one has as well).

use crate::{
    Duration, HalfCycle, Instant, Level, NoSuchChannel, Polarity, Settings, SettingsError, Slot,
};

/// One half-cycle in the account's units: half a centipercent of a half-cycle, in which every threshold is whole.
const HALF_CYCLE: i32 = 20_000;
/// No more half-cycles than these are fed and not fired: the plan is one and a half ahead.
const FED: usize = 3;
/// Half power, in centipercent.
const HALF_POWER: i32 = 5_000;

/// What is switched as one.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BurstUnit {
    /// Half-cycles: the finest spread.
    #[default]
    HalfCycle,
    /// Whole cycles, which begin with the positive half: for loads with a transformer or a motor. The energy in any window is
    /// within two half-cycles of the exact one.
    WholeCycle,
}

/// How bursts are made. Stored and edited as data (serde).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BurstSettings {
    /// What is switched as one. Default [`BurstUnit::HalfCycle`].
    pub unit: BurstUnit,
    /// How many half-cycles the output stays on at least, and off at least, 0 to 60 000 (ten minutes at 50 Hz): for relays. 0 and 1 are no
    /// limit, the default. [`Level::OFF`] switches off at once all the same, but not on again before it has been off for so long.
    ///
    /// The energy in any window is then within this many half-cycles, and three more, of the exact one, for a level that stays.
    pub minimum_on_half_cycles: u16,
}

impl BurstSettings {
    /// Checks every field against its range.
    ///
    /// # Errors
    /// The first field that is out of its range. [`Burst`] takes such settings nevertheless, and keeps their word.
    pub fn validate(&self) -> Result<(), SettingsError> {
        if self.minimum_on_half_cycles > 60_000 {
            return Err(SettingsError {
                field: "minimum_on_half_cycles",
                expected: "0 to 60000 half-cycles",
            });
        }
        Ok(())
    }
}

/// Chooses half-cycles for one channel.
///
/// It has no clock: it is asked once for each half-cycle that is planned, with the polarity that the tracker foretells, and so is locked to the mains as the plan
/// is. Whatever polarities come (after a re-lock the same may come twice), those that it answered with fire are never apart by more than one. What was fed and
/// not fired has to be said: [`take_back`](Self::take_back) when the gate refuses a half-cycle, [`parked`](Self::parked) when it is parked. After a
/// loss of the mains the tracker may begin again with either polarity: on the wires each loss may add a half-cycle or two of difference, in a random direction.
///
/// Each call does the same few integer operations, one 32-bit division among them.
///
/// ```
/// use dimmer_phase::{Burst, BurstSettings, Level, Polarity};
/// let mut burst = Burst::new(BurstSettings::default());
/// let quarter = Level::from_centipercent(2_500).unwrap();
/// let fires: Vec<bool> = [Polarity::Positive, Polarity::Negative]
///     .into_iter()
///     .cycle()
///     .take(16)
///     .map(|polarity| burst.next(quarter, polarity))
///     .collect();
/// // Distances of 5 and 3, which are odd: two of each polarity.
/// let fired: Vec<usize> = (0..16).filter(|index| fires[*index]).collect();
/// assert_eq!(fired, [1, 6, 9, 14]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Burst {
    settings: BurstSettings,
    /// Energy that was asked for less energy that was given.
    account: i32,
    /// The polarity of which one more has to be fired before there may be another of its opposite.
    owed: Option<Polarity>,
    /// With a minimum on-time: whether the output is on.
    on: bool,
    /// With a minimum on-time: for how many half-cycles it stays off whatever is asked for.
    rest: u16,
    /// The latest half-cycles of [`Burst::apply`], the newest first.
    fed: [Option<Fed>; FED],
}

/// A half-cycle that the gate may hold.
#[derive(Clone, Copy, Debug)]
struct Fed {
    start: Instant,
    /// When its pulse begins, if it has one.
    pulse: Option<Instant>,
    polarity: Polarity,
    /// What it put on the account.
    asked: i32,
}

impl Burst {
    /// Empty accounts, output off.
    #[must_use]
    pub fn new(settings: BurstSettings) -> Self {
        Self {
            settings,
            account: 0,
            owed: None,
            on: false,
            rest: 0,
            fed: [None; FED],
        }
    }

    /// Takes new settings, from the next half-cycle. The accounts stay.
    pub fn set_settings(&mut self, settings: BurstSettings) {
        self.settings = settings;
        self.rest = self.rest.min(settings.minimum_on_half_cycles);
    }

    /// Whether the next half-cycle, which has this polarity, conducts.
    ///
    /// Call it once for each half-cycle. [`Level::OFF`] never fires, [`Level::FULL`] always from the third half-cycle on
    /// (without a minimum on-time).
    #[must_use = "the accounts take it that this is done; else say `take_back`"]
    pub fn next(&mut self, level: Level, polarity: Polarity) -> bool {
        let hysteresis = self.hysteresis();
        // For callers that ask for direct current: one polarity for ever, or full and off in turns. Nothing else comes near it.
        let limit = hysteresis.saturating_add(HALF_CYCLE.saturating_mul(3));
        let asked = i32::from(level.centipercent());
        let due = self
            .account
            .saturating_add(asked.saturating_mul(2))
            .clamp(limit.saturating_neg(), limit);
        let wanted = if level == Level::OFF {
            self.switch_off();
            self.rest = self.rest.saturating_sub(1);
            false
        } else if hysteresis > 0 {
            self.is_on(due, polarity, hysteresis)
        } else {
            match self.settings.unit {
                BurstUnit::HalfCycle => self.spread(due, asked, polarity),
                BurstUnit::WholeCycle => match self.owed {
                    Some(_) => true,
                    // What the whole cycle will have asked for.
                    None => {
                        polarity == Polarity::Positive
                            && due.saturating_add(asked.saturating_mul(2)) >= HALF_CYCLE
                    }
                },
            }
        };
        let fires = wanted && self.owed.is_none_or(|owed| owed == polarity);
        self.account = if fires {
            due.saturating_sub(HALF_CYCLE)
        } else {
            due
        };
        if fires {
            self.owed = match self.owed {
                None => Some(other(polarity)),
                Some(_) => None,
            };
        }
        fires
    }

    /// The half-cycle of this polarity that [`next`](Self::next) said fires was not fired (the gate refused it): both accounts get it
    /// back. Only for the latest one.
    pub fn take_back(&mut self, polarity: Polarity) {
        if let [Some(newest), ..] = &mut self.fed {
            newest.pulse = None;
        }
        self.give_back(polarity);
    }

    fn give_back(&mut self, polarity: Polarity) {
        self.account = self.account.saturating_add(HALF_CYCLE);
        self.owed = match self.owed {
            None => Some(polarity),
            Some(_) => None,
        };
    }

    /// The gate was parked at `now`: what [`apply`](Self::apply) let fire and has not begun will not be fired, and half-cycles that have not
    /// begun may be planned again. The accounts get both back.
    pub fn parked(&mut self, now: Instant) {
        for fed in core::mem::take(&mut self.fed).into_iter().flatten() {
            if fed.pulse.is_some_and(|at| at > now) {
                self.give_back(fed.polarity);
            }
            if fed.start > now {
                self.account = self.account.saturating_sub(fed.asked);
            }
        }
    }

    /// The slot of the next half-cycle: a pulse at the minimum delay, or none. See [`next`](Self::next).
    #[must_use = "the accounts take it that this is done; else say `take_back`"]
    pub fn slot(
        &mut self,
        settings: &Settings,
        level: Level,
        polarity: Polarity,
        half_period: Duration,
    ) -> Slot {
        if self.next(level, polarity) {
            crate::plan::slot(settings, Level::FULL, half_period)
        } else {
            Slot::Skip
        }
    }

    /// Puts this channel's slot of a planned half-cycle in the place of the scheduler's: the level, with its lease and ramp, is the
    /// one that the scheduler gave. A whole half-cycle cannot be soft: what follows a pause is only taken for a lower level for
    /// [`Settings::soft_start_half_cycles`]; set 0 where every channel is fired in bursts.
    ///
    /// ```
    /// # use dimmer_phase::{Burst, Gate, Instant, NoSuchChannel, Scheduler};
    /// fn service<G: Gate<1>>(scheduler: &mut Scheduler<1>, burst: &mut Burst, gate: &mut G, now: Instant) -> Result<(), NoSuchChannel> {
    ///     while let Some(mut half_cycle) = scheduler.plan(now) {
    ///         let fires = burst.apply(scheduler.settings(), 0, &mut half_cycle)?;
    ///         if gate.feed(&half_cycle).is_err() {
    ///             scheduler.refused();
    ///             if fires {
    ///                 burst.take_back(half_cycle.polarity);
    ///             }
    ///         }
    ///     }
    ///     if scheduler.must_park() {
    ///         gate.park();
    ///         burst.parked(now);
    ///     }
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    /// When there is no such channel. Nothing changes then.
    pub fn apply<const CHANNELS: usize>(
        &mut self,
        settings: &Settings,
        channel: usize,
        half_cycle: &mut HalfCycle<CHANNELS>,
    ) -> Result<bool, NoSuchChannel> {
        let no_such_channel = NoSuchChannel {
            channel,
            channels: CHANNELS,
        };
        let level = *half_cycle.levels.get(channel).ok_or(no_such_channel)?;
        let slot = half_cycle.slots.get_mut(channel).ok_or(no_such_channel)?;
        *slot = self.slot(settings, level, half_cycle.polarity, half_cycle.half_period);
        let pulse = match *slot {
            Slot::Fire { delay, .. } => half_cycle.start.checked_add_duration(delay),
            Slot::Skip => None,
        };
        let [newest, older, _] = self.fed;
        let fed = Fed {
            start: half_cycle.start,
            pulse,
            polarity: half_cycle.polarity,
            asked: i32::from(level.centipercent()).saturating_mul(2),
        };
        self.fed = [Some(fed), newest, older];
        Ok(*slot != Slot::Skip)
    }

    /// Half of the minimum on-time in the account's units, 0 without one: between the two thresholds the account moves by at most one
    /// half-cycle in each, so that it takes the minimum time whatever the level does meanwhile.
    fn hysteresis(&self) -> i32 {
        match self.settings.minimum_on_half_cycles {
            0 | 1 => 0,
            half_cycles => i32::from(half_cycles).saturating_mul(HALF_CYCLE / 2),
        }
    }

    /// With a minimum on-time: whether this half-cycle belongs to an on-time.
    fn is_on(&mut self, due: i32, polarity: Polarity, hysteresis: i32) -> bool {
        // A cycle that `OFF` cut in two is made whole first.
        let fits = match self.owed {
            Some(owed) => owed == polarity,
            None => self.settings.unit == BurstUnit::HalfCycle || polarity == Polarity::Positive,
        };
        let may_end = self.settings.unit == BurstUnit::HalfCycle || self.owed.is_none();
        if !self.on && fits && self.rest == 0 && due >= hysteresis {
            self.on = true;
        } else if self.on && fits && may_end && due <= hysteresis.saturating_neg() {
            self.switch_off();
        }
        self.rest = self.rest.saturating_sub(1);
        self.on && fits
    }

    fn switch_off(&mut self) {
        if self.on {
            self.rest = self.settings.minimum_on_half_cycles;
        }
        self.on = false;
    }

    /// The rule of the module's head.
    fn spread(&self, due: i32, asked: i32, polarity: Polarity) -> bool {
        if asked <= HALF_POWER {
            // 2x = g·L - 1, with g = 2·floor(1/(2L)) + 1.
            let remainder = HALF_POWER.checked_rem(asked).unwrap_or(0);
            let shift = asked.saturating_sub(remainder.saturating_mul(2));
            let threshold = match self.owed {
                None => (HALF_CYCLE / 2).saturating_sub(shift),
                Some(_) => (HALF_CYCLE / 2).saturating_add(shift),
            };
            due >= threshold
        } else {
            // Leaving one out while one is owed would leave out the next as well.
            self.owed == Some(polarity) || due > HALF_CYCLE.saturating_sub(asked)
        }
    }
}

const fn other(polarity: Polarity) -> Polarity {
    match polarity {
        Polarity::Positive => Polarity::Negative,
        Polarity::Negative => Polarity::Positive,
    }
}
