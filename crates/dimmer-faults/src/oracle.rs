//! What must hold, written from `docs/safety.md` and not from the code that it judges: with ages and hysteresis of its own.

mod alarms;
mod known;

use crate::action::MainsChange;
use crate::hardware::{HalfCycleSeen, RATED_WATTS};
use alarms::{Alarms, Causes};
use dimmer::phase::{Level, MainsState, Order};
use dimmer::safety::{AlarmSet, ProbeFault, ProbeUse, Reason, Role, Settings};
use dimmer::{Effects, FiringReport, Instant, Overview};
use known::Known;

/// An order lasts at most this long, microseconds.
const LEASE_US: u64 = 1_000_000;
/// A report holds this long.
const REPORT_US: u64 = 1_000_000;
/// What was fed ahead when the order ended is fired: one and a half half-cycles of 40 Hz, and the half-cycle that runs.
const FED_AHEAD_US: u64 = 35_000;
/// A shift takes 30 ms, and what was fed ahead by then meets another phase.
const UNFORESEEN_US: u64 = 65_000;
/// Four half-cycles of 40 Hz without a mark are fired all the same, and what was fed ahead: to the firing path such a dip is no pause.
const COASTED_US: u64 = 85_000;
/// A share of a half-cycle's energy above this is a full one.
const FULL: f64 = 0.9;

/// An invariant does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Its name in `docs/safety.md`, or `E` for something that a scenario expects, or `L` for power that is kept back without need.
    pub invariant: &'static str,
    /// Milliseconds from the start of the run.
    pub at_ms: u64,
    /// What was seen.
    pub what: String,
}

/// What the dimmer was just told.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Told {
    Nothing,
    /// A good setpoint: this dimmer's share.
    Setpoint(u16),
    Temperature(Role, Result<i32, ProbeFault>),
    Firing(FiringReport),
    /// A boost until this device time, in microseconds, of so much power, in centipercent; or its end.
    Boost(Option<(u64, u16)>),
    Switched(bool),
    ResetAlarms,
    /// Other settings, and this dimmer's share of the last setpoint by them.
    Configured(Settings, Option<u16>),
}

/// Watches one dimmer from outside.
#[derive(Debug)]
pub(crate) struct Oracle {
    settings: Settings,
    /// The latest time that the dimmer was given.
    latest_us: u64,
    known: [Known; 3],
    report: Option<(u64, FiringReport)>,
    mains_lost_age: bool,
    /// The clock went back or ahead just now.
    jumped: bool,
    setpoint: Option<(Option<u64>, u16)>,
    boost: Option<(u64, u16)>,
    preheating: bool,
    switched_on: bool,
    alarms: Alarms,
    order: Order,
    /// Until when the conditions for the power in force hold if nothing is heard.
    holds_until_us: Option<u64>,
    /// True time after which nothing that is ordered may be fired any more.
    power_until_us: u64,
    half_cycle_before: f64,
    /// True time since which there is no mains.
    mains_lost_at_us: Option<u64>,
    /// True time until which nobody can foretell the mains.
    unforeseen_until_us: u64,
}

type Checked = Result<(), (&'static str, String)>;

impl Oracle {
    pub(crate) fn new(settings: Settings, now: Instant) -> Self {
        Self {
            settings,
            latest_us: now.as_ticks(),
            known: [const { Known::NOTHING }; 3],
            report: None,
            mains_lost_age: false,
            jumped: false,
            setpoint: None,
            boost: None,
            preheating: false,
            switched_on: true,
            alarms: Alarms::of(AlarmSet::EMPTY),
            order: Order {
                level: Level::OFF,
                valid_until: now,
            },
            holds_until_us: None,
            power_until_us: 0,
            half_cycle_before: 0.0,
            mains_lost_at_us: None,
            unforeseen_until_us: 0,
        }
    }

    /// Another dimmer takes its place, as after a reset: it knows nothing, but for the alarms that were kept.
    pub(crate) fn begin_anew(&mut self, settings: Settings, now: Instant, critical: AlarmSet) {
        *self = Self {
            alarms: Alarms::of(critical),
            power_until_us: self.power_until_us,
            half_cycle_before: self.half_cycle_before,
            mains_lost_at_us: self.mains_lost_at_us,
            unforeseen_until_us: self.unforeseen_until_us,
            ..Self::new(settings, now)
        };
        for (role, kind) in alarms::HEAT {
            if critical.contains(kind) {
                self.known_mut(role).assume_hot();
            }
        }
    }

    /// Just before the dimmer is told something. `late`: the control loop stood still.
    pub(crate) fn before(&mut self, now: Instant, told: Told, late: bool) -> Checked {
        let now_us = now.as_ticks();
        let step_us = u64::from(self.settings.clock_maximum_step_s) * 1_000_000;
        if now_us < self.latest_us || now_us - self.latest_us > step_us {
            for known in &mut self.known {
                known.forget_age();
            }
            self.mains_lost_age = true;
            self.jumped = true;
            // Nobody knows how long a boost still lasts when the clock went back.
            self.boost = self.boost.filter(|_| now_us >= self.latest_us);
            // One that is still to come says nothing, now and later.
            self.report = self.report.filter(|(at_us, _)| *at_us <= now_us);
            if let Some((age, _)) = &mut self.setpoint {
                *age = None;
            }
        } else if let Some(holds_until_us) = self.holds_until_us
            && self.order.level > Level::OFF
            && now_us > holds_until_us
            && !late
        {
            let by_ms = (now_us - holds_until_us) / 1_000;
            return Err((
                "I12",
                format!("a condition ended {by_ms} ms ago, and the order was not taken back then"),
            ));
        }
        self.latest_us = now_us;
        match told {
            Told::Nothing => {}
            Told::Setpoint(share) => self.setpoint = Some((Some(now_us), share)),
            Told::Temperature(role, reading) => {
                let bounds = known::Bounds::of(&self.settings, role);
                let good = self.known_mut(role).read(now_us, reading, &bounds);
                if let (Role::Water, Some(water)) = (role, good) {
                    self.preheating = match self.settings.preheat_below_millicelsius {
                        None => false,
                        Some(below) => {
                            water <= below
                                || (self.preheating
                                    && water < self.settings.preheat_until_millicelsius)
                        }
                    };
                }
            }
            Told::Firing(report) => {
                self.report = Some((now_us, report));
                self.mains_lost_age = false;
            }
            Told::Boost(boost) => self.boost = boost,
            Told::Switched(on) => self.switched_on = on,
            Told::ResetAlarms => {}
            Told::Configured(settings, share) => self.configured(now_us, settings, share),
        }
        Ok(())
    }

    /// By other settings nothing gets fresher: what is too old by the old ones stays so until it is heard again.
    fn configured(&mut self, now_us: u64, settings: Settings, share: Option<u16>) {
        let old = core::mem::replace(&mut self.settings, settings);
        if let Some((at_us, last)) = &mut self.setpoint {
            let maximum_age_us = u64::from(old.setpoint_maximum_age_s) * 1_000_000;
            *at_us = at_us.filter(|at_us| now_us - at_us < maximum_age_us);
            *last = share.unwrap_or(*last);
        }
        if let Some((at_us, _)) = self.report {
            self.mains_lost_age |= now_us - at_us >= u64::from(old.mains_maximum_age_ms) * 1_000;
        }
        for (known, role) in self.known.iter_mut().zip(Role::ALL) {
            let (old, new) = (
                known::Bounds::of(&old, role),
                known::Bounds::of(&settings, role),
            );
            known.rebound(now_us, &old, &new);
        }
        let water = self.known(Role::Water);
        let believed = water.believed(now_us, &known::Bounds::of(&settings, Role::Water));
        self.preheating = match (settings.preheat_below_millicelsius, believed) {
            (Some(below), Some(water)) => {
                water <= below || (self.preheating && water < settings.preheat_until_millicelsius)
            }
            _ => false,
        };
    }

    /// Just after it was told.
    pub(crate) fn after(
        &mut self,
        now: Instant,
        told: Told,
        effects: &Effects,
        overview: &Overview,
        next_deadline: Instant,
    ) -> Checked {
        let now_us = now.as_ticks();
        if self.jumped {
            self.alarms.clock_jumped(now_us);
            self.jumped = false;
        }
        let causes = self.causes(now_us);
        self.alarms.look(now_us, &causes, &self.settings);
        self.alarms
            .check(told, effects, overview, next_deadline > now, &causes)?;
        self.power(now_us, overview)?;
        self.order(now_us, effects.order, overview)?;
        let applied = self.applied_centipercent(now_us);
        if overview.applied_centipercent != applied {
            return Err((
                "I6",
                format!(
                    "{} is said to be applied, and the firing path reported {applied}",
                    overview.applied_centipercent
                ),
            ));
        }
        let bounds = known::Bounds::of(&self.settings, Role::Water);
        let water = self.known(Role::Water).believed(now_us, &bounds);
        if overview.water_millicelsius != water {
            return Err((
                "I1",
                format!(
                    "the water is said to be {:?} millicelsius, and what can be believed is {water:?}",
                    overview.water_millicelsius
                ),
            ));
        }
        Ok(())
    }

    /// The power that is permitted, and the reason, are those that the rules give.
    fn power(&mut self, now_us: u64, overview: &Overview) -> Checked {
        let (centipercent, reason, invariant) = self.due(now_us);
        let permitted = overview.permitted_centipercent;
        let seen = format!(
            "{permitted} centipercent are permitted ({}), and due are {centipercent} ({reason})",
            overview.reason
        );
        if permitted > centipercent {
            return Err((invariant, seen));
        }
        if permitted < centipercent {
            return Err(("L", seen));
        }
        if overview.reason != reason {
            return Err(("R", seen));
        }
        self.holds_until_us = (centipercent > 0).then(|| self.conditions_end_us(now_us));
        Ok(())
    }

    fn order(&mut self, now_us: u64, order: Order, overview: &Overview) -> Checked {
        self.order = order;
        let until_us = order.valid_until.as_ticks();
        if until_us > now_us + LEASE_US {
            return Err((
                "I13",
                format!("an order holds for {} us", until_us - now_us),
            ));
        }
        let ordered = order.level.centipercent();
        let permitted = overview.permitted_centipercent;
        if ordered > permitted {
            return Err((
                "I3",
                format!("{ordered} are ordered, {permitted} permitted"),
            ));
        }
        if ordered < permitted {
            return Err(("L", format!("{ordered} are ordered, {permitted} permitted")));
        }
        Ok(())
    }

    /// What is due by the rules, with its reason, and the invariant that more would break.
    fn due(&self, now_us: u64) -> (u16, Reason, &'static str) {
        let settings = &self.settings;
        let off = |reason, invariant| (0, reason, invariant);
        if !self.alarms.critical().is_empty() {
            return off(Reason::AlarmLatched, "I3");
        }
        for role in Role::ALL {
            let bounds = known::Bounds::of(settings, role);
            if bounds.required
                && let Some((reason, invariant)) = self.known(role).hindrance(now_us, &bounds, role)
            {
                return off(reason, invariant);
            }
        }
        let mains_age_us = u64::from(settings.mains_maximum_age_ms) * 1_000;
        let followed = self.report.is_some_and(|(at_us, report)| {
            let locked = matches!(
                report.mains.state,
                MainsState::Locked | MainsState::Coasting
            );
            locked && !self.mains_lost_age && now_us - at_us < mains_age_us
        });
        if !followed {
            return off(Reason::MainsNotLocked, "I1");
        }
        if !self.switched_on {
            return off(Reason::SwitchedOff, "I4");
        }
        let setpoint = self
            .setpoint
            .and_then(|(at_us, share)| Some((at_us?, share)))
            .filter(|(at_us, _)| {
                now_us - at_us < u64::from(settings.setpoint_maximum_age_s) * 1_000_000
            })
            .map(|(_, share)| (share, Reason::Following));
        let preheat = (self.preheating && settings.water_probe == ProbeUse::Required)
            .then_some((settings.preheat_centipercent, Reason::Preheating));
        let boost = self
            .boost
            .filter(|(until_us, _)| now_us < *until_us)
            .map(|(_, centipercent)| (centipercent, Reason::Boosting));
        // The largest, and of equals the first.
        let wishes = [setpoint, boost, preheat].into_iter().flatten();
        let wish = wishes.reduce(|first, other| if other.0 > first.0 { other } else { first });
        let Some((wanted, reason)) = wish else {
            return match self.setpoint {
                Some(_) => off(Reason::SetpointStale, "I4"),
                None => off(Reason::SetpointMissing, "I4"),
            };
        };
        let by_heat_sink = self.heat_sink_allows();
        let maximum = settings.maximum_centipercent.min(by_heat_sink);
        let refuses = self
            .report
            .is_some_and(|(_, report)| report.fault.is_some());
        let reason = if refuses {
            Reason::GateFault
        } else if wanted <= maximum {
            reason
        } else if by_heat_sink < settings.maximum_centipercent {
            Reason::HeatSinkDerating
        } else {
            Reason::LimitedBySetting
        };
        (wanted.min(maximum), reason, "I4")
    }

    /// In a straight line from everything to nothing at the limit.
    fn heat_sink_allows(&self) -> u16 {
        let settings = &self.settings;
        let Some(value) = self.known(Role::HeatSink).value() else {
            return 10_000;
        };
        if settings.heat_sink_probe != ProbeUse::Required {
            return 10_000;
        }
        let left = settings.heat_sink_limit_millicelsius - value;
        let span = settings.heat_sink_limit_millicelsius - settings.heat_sink_derating_millicelsius;
        let share = i64::from(left.clamp(0, span)) * 10_000 / i64::from(span.max(1));
        u16::try_from(share).unwrap_or(0).max(1)
    }

    /// What an alarm is raised for, and what hinders its reset.
    fn causes(&self, now_us: u64) -> Causes {
        let mut causes = Causes::default();
        let roles = causes.probes.iter_mut().zip(&mut causes.heat);
        for ((probe, heat), role) in roles.zip(Role::ALL) {
            let bounds = known::Bounds::of(&self.settings, role);
            let known = self.known(role);
            let is_lost = known.believed(now_us, &bounds).is_none();
            let fails = known.failures() >= u32::from(self.settings.probe_lost_after_readings);
            probe.is_lost = bounds.required && (fails || is_lost);
            probe.fails = fails;
            heat.is_alarming = bounds.required && known.is_alarming();
            heat.is_gone = !bounds.required || (!is_lost && !known.is_hot());
        }
        causes
    }

    /// When the first of the conditions for power ends if nothing is heard.
    fn conditions_end_us(&self, now_us: u64) -> u64 {
        let settings = &self.settings;
        let mut ends_us = u64::MAX;
        for role in Role::ALL {
            let bounds = known::Bounds::of(settings, role);
            if bounds.required {
                ends_us = ends_us.min(self.known(role).fresh_until_us(&bounds));
            }
        }
        if let Some((at_us, _)) = self.report {
            ends_us = ends_us.min(at_us + u64::from(settings.mains_maximum_age_ms) * 1_000);
        }
        let boost_until_us = self.boost.map(|(until_us, _)| until_us);
        let boost_until_us = boost_until_us.filter(|until_us| now_us < *until_us);
        if let Some(until_us) = boost_until_us {
            ends_us = ends_us.min(until_us);
        } else if let (Some((Some(at_us), _)), false) = (self.setpoint, self.preheating) {
            ends_us = ends_us.min(at_us + u64::from(settings.setpoint_maximum_age_s) * 1_000_000);
        }
        ends_us
    }

    /// What may be said to be applied.
    pub(crate) fn applied_centipercent(&self, now_us: u64) -> u16 {
        self.report
            .filter(|(at_us, _)| {
                now_us
                    .checked_sub(*at_us)
                    .is_some_and(|age| age <= REPORT_US)
            })
            .map_or(0, |(_, report)| report.fed.centipercent())
    }

    /// And in watts.
    pub(crate) fn applied_watts(&self, now_us: u64) -> u32 {
        u32::from(self.applied_centipercent(now_us)) * RATED_WATTS / 10_000
    }

    /// An order took effect, or the clock was set: until when it may be carried out, in true time.
    pub(crate) fn carried_out(&mut self, now_us: u64, level: Level, until_us: u64) {
        self.power_until_us = if level == Level::OFF {
            self.power_until_us.min(now_us)
        } else {
            until_us
        };
    }

    /// The mains changes: until when a pulse that was right when it was planned may meet any phase, and when the firing path goes on
    /// because it never paused.
    pub(crate) fn mains_changed(&mut self, now_us: u64, change: MainsChange) {
        match change {
            MainsChange::Lost => self.mains_lost_at_us = self.mains_lost_at_us.or(Some(now_us)),
            MainsChange::Back => {
                let lost_at_us = self.mains_lost_at_us.take();
                if lost_at_us.is_some_and(|at_us| now_us - at_us < COASTED_US) {
                    self.unforeseen_until_us = self.unforeseen_until_us.max(now_us + FED_AHEAD_US);
                }
            }
            MainsChange::Shifted | MainsChange::Frequency(_) => {
                self.unforeseen_until_us = self.unforeseen_until_us.max(now_us + UNFORESEEN_US);
            }
            MainsChange::Noisy => self.unforeseen_until_us = u64::MAX,
        }
    }

    /// What the triac let through.
    pub(crate) fn half_cycle(&mut self, seen: HalfCycleSeen) -> Checked {
        let before = core::mem::replace(&mut self.half_cycle_before, seen.fraction);
        if seen.fraction > 0.0 && seen.start_us > self.power_until_us + FED_AHEAD_US {
            let late_ms = (seen.start_us - self.power_until_us) / 1_000;
            return Err((
                "I13",
                format!("the triac conducts {late_ms} ms after the last order ended"),
            ));
        }
        let foreseen = seen.start_us >= self.unforeseen_until_us;
        if foreseen && before <= 0.0 && seen.fraction > FULL {
            return Err((
                "I7",
                format!(
                    "the first half-cycle after a pause has {:.3} of full",
                    seen.fraction
                ),
            ));
        }
        Ok(())
    }

    fn known(&self, role: Role) -> &Known {
        let [water, heat_sink, room] = &self.known;
        match role {
            Role::Water => water,
            Role::HeatSink => heat_sink,
            _ => room,
        }
    }

    fn known_mut(&mut self, role: Role) -> &mut Known {
        let [water, heat_sink, room] = &mut self.known;
        match role {
            Role::Water => water,
            Role::HeatSink => heat_sink,
            _ => room,
        }
    }
}
