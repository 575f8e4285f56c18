//! Mains, triac, tank and the firing path, exactly or roughly.

use crate::action::MainsChange;
use crate::random::Random;
use crate::scenario::{Firing, Surroundings};
use dimmer::phase::{Edge, EdgeKind, Gate, Level, MainsState, MainsStatus, Order, Scheduler};
use dimmer::{FiringFault, FiringReport, Instant};
use dimmer_plant::{Plant, PlantSettings, SettingsError};

/// The heater's power when it is fully on, watts.
pub(crate) const RATED_WATTS: u32 = 2_000;
/// Roughly simulated, the mains is followed after this, microseconds.
const ACQUIRED_AFTER_US: u64 = 300_000;
/// And is lost when it was away for this.
const COASTS_US: u64 = 40_000;
/// The mains is this long at another frequency to come to another phase.
const SHIFT_US: u64 = 30_000;
const SHIFT_HZ: f64 = 62.0;

/// What the triac let through in a half-cycle, for the oracle.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HalfCycleSeen {
    /// True time, microseconds.
    pub(crate) start_us: u64,
    /// Share of a whole half-cycle's energy.
    pub(crate) fraction: f64,
}

/// The hardware. Its time is the true one; the clock of the firing path is off by an offset.
#[derive(Debug)]
pub(crate) struct Hardware {
    model: Model,
    stuck: bool,
    refuses: bool,
    refused: u32,
    stalled_until_us: u64,
    warming_millicelsius_per_s: f64,
    now_us: u64,
    pub(crate) seen: Vec<HalfCycleSeen>,
}

#[derive(Debug)]
enum Model {
    Levels(Levels),
    Plant(Box<Exact>),
}

#[derive(Debug)]
struct Levels {
    water_millicelsius: f64,
    mains_on: bool,
    noisy: bool,
    /// Since when the mains is as it is.
    since_us: u64,
    /// Whether it was followed when it was lost.
    was_locked: bool,
    fed: Level,
}

#[derive(Debug)]
struct Exact {
    plant: Plant,
    scheduler: Scheduler<1>,
    deadline_us: u64,
    fed: Level,
    gate_fault: bool,
    frequency_hz: f64,
    shifted_until_us: Option<u64>,
    /// The next edge that is none.
    noise_at_us: Option<u64>,
    random: Random,
}

impl Hardware {
    pub(crate) fn new(
        surroundings: &Surroundings,
        mains: dimmer::phase::Settings,
    ) -> Result<Self, SettingsError> {
        let celsius = f64::from(surroundings.water_millicelsius) / 1_000.0;
        let warming_millicelsius_per_s = f64::from(surroundings.warming_millicelsius_per_s);
        let model = match surroundings.firing {
            Firing::Levels => Model::Levels(Levels {
                water_millicelsius: celsius * 1_000.0,
                mains_on: true,
                noisy: false,
                since_us: 0,
                was_locked: false,
                fed: Level::OFF,
            }),
            Firing::Plant => {
                let mut settings = PlantSettings::default();
                settings.tank.initial_celsius = celsius.clamp(1.0, 99.0);
                settings.load.rated_watts = f64::from(RATED_WATTS);
                let frequency_hz = settings.mains.frequency_hz;
                let unhurried = Plant::new(settings.clone())?;
                let unhurried_millicelsius_per_s =
                    unhurried.full_watts() / unhurried.tank().joules_per_kelvin() * 1_000.0;
                settings.speed =
                    (warming_millicelsius_per_s / unhurried_millicelsius_per_s).max(0.001);
                Model::Plant(Box::new(Exact {
                    plant: Plant::new(settings)?,
                    scheduler: Scheduler::new(mains),
                    deadline_us: 0,
                    fed: Level::OFF,
                    gate_fault: false,
                    frequency_hz,
                    shifted_until_us: None,
                    noise_at_us: None,
                    random: Random::new(surroundings.seed),
                }))
            }
        };
        Ok(Self {
            model,
            stuck: false,
            refuses: false,
            refused: 0,
            stalled_until_us: 0,
            warming_millicelsius_per_s,
            now_us: 0,
            seen: Vec::new(),
        })
    }

    /// Runs until `until_us` with one order in force.
    pub(crate) fn advance(&mut self, until_us: u64, offset_us: i64, order: Order) {
        let span_s = until_us.saturating_sub(self.now_us) as f64 / 1e6;
        match &mut self.model {
            Model::Levels(levels) => {
                let on_until_us = instant_us(order.valid_until, offset_us).min(until_us);
                let conducts = levels.is_followed(until_us)
                    && !self.refuses
                    && until_us >= self.stalled_until_us;
                let on_s = on_until_us.saturating_sub(self.now_us) as f64 / 1e6;
                let share = f64::from(order.level.centipercent()) / 10_000.0;
                if conducts {
                    levels.water_millicelsius += self.warming_millicelsius_per_s * share * on_s;
                }
                levels.fed = if conducts && on_until_us >= until_us {
                    order.level
                } else {
                    Level::OFF
                };
            }
            Model::Plant(exact) => {
                exact.advance(
                    until_us,
                    offset_us,
                    order,
                    self.stalled_until_us,
                    self.refuses,
                    &mut self.refused,
                );
                let delivered = exact.plant.drain_delivered();
                self.seen.extend(delivered.map(|half_cycle| HalfCycleSeen {
                    start_us: half_cycle.start.as_ticks(),
                    fraction: half_cycle.fraction,
                }));
            }
        }
        if self.stuck {
            let warmer = self.warming_millicelsius_per_s * span_s;
            let water = self.water_millicelsius() + warmer;
            self.set_water(water.min(99_000.0));
        }
        self.now_us = self.now_us.max(until_us);
    }

    /// What the firing path reports; `None` while it stands still.
    pub(crate) fn report(&self) -> Option<FiringReport> {
        if self.now_us < self.stalled_until_us {
            return None;
        }
        Some(match &self.model {
            Model::Levels(levels) => FiringReport {
                mains: MainsStatus {
                    state: levels.state(self.now_us),
                    frequency_millihertz: Some(50_000),
                    ..MainsStatus::UNKNOWN
                },
                fed: levels.fed,
                refused: self.refused,
                fault: self.refuses.then_some(FiringFault::Gate),
            },
            Model::Plant(exact) => FiringReport {
                mains: exact.scheduler.mains().status(),
                fed: exact.fed,
                refused: self.refused,
                fault: exact.gate_fault.then_some(FiringFault::Gate),
            },
        })
    }

    /// The level that is fed, truly.
    pub(crate) fn fed(&self) -> Level {
        match &self.model {
            _ if self.now_us < self.stalled_until_us => Level::OFF,
            Model::Levels(levels) => levels.fed,
            Model::Plant(exact) => exact.fed,
        }
    }

    pub(crate) fn water_millicelsius(&self) -> f64 {
        match &self.model {
            Model::Levels(levels) => levels.water_millicelsius,
            Model::Plant(exact) => exact.plant.tank().celsius() * 1_000.0,
        }
    }

    pub(crate) fn set_water(&mut self, millicelsius: f64) {
        match &mut self.model {
            Model::Levels(levels) => levels.water_millicelsius = millicelsius,
            Model::Plant(exact) => exact.plant.set_tank_celsius(millicelsius / 1_000.0),
        }
    }

    pub(crate) fn triac_stuck(&mut self, is: bool) {
        self.stuck = is;
    }

    pub(crate) fn gate_refuses(&mut self, is: bool) {
        self.refuses = is;
    }

    pub(crate) fn stall(&mut self, milliseconds: u64) {
        self.stalled_until_us = self.now_us + milliseconds * 1_000;
    }

    /// The clock was set: what was to be asked later is asked now.
    pub(crate) fn clock_was_set(&mut self) {
        if let Model::Plant(exact) = &mut self.model {
            exact.deadline_us = self.now_us;
        }
    }

    /// The chip is reset: the gate is off, and of the mains nothing is known.
    pub(crate) fn restart(&mut self, mains: dimmer::phase::Settings) {
        self.stalled_until_us = 0;
        match &mut self.model {
            Model::Levels(levels) => {
                levels.fed = Level::OFF;
                levels.since_us = self.now_us;
                levels.was_locked = false;
            }
            Model::Plant(exact) => {
                exact.plant.gate().park();
                exact.scheduler = Scheduler::new(mains);
                exact.fed = Level::OFF;
                exact.gate_fault = false;
                exact.deadline_us = self.now_us;
            }
        }
    }

    /// Other settings of the firing path, live.
    pub(crate) fn set_mains(&mut self, mains: dimmer::phase::Settings) {
        if let Model::Plant(exact) = &mut self.model {
            exact.scheduler.set_settings(mains);
        }
    }

    pub(crate) fn mains(&mut self, change: MainsChange) {
        let now_us = self.now_us;
        match &mut self.model {
            Model::Levels(levels) => levels.mains(change, now_us),
            Model::Plant(exact) => exact.mains(change, now_us),
        }
    }
}

impl Levels {
    fn is_followed(&self, now_us: u64) -> bool {
        self.mains_on && self.state(now_us) == MainsState::Locked
    }

    fn state(&self, now_us: u64) -> MainsState {
        let for_us = now_us.saturating_sub(self.since_us);
        match (self.mains_on, self.noisy) {
            (true, false) if for_us >= ACQUIRED_AFTER_US => MainsState::Locked,
            (true, _) => MainsState::Acquiring,
            (false, _) if self.was_locked && for_us < COASTS_US => MainsState::Coasting,
            (false, _) => MainsState::Lost,
        }
    }

    fn mains(&mut self, change: MainsChange, now_us: u64) {
        let was_locked = self.is_followed(now_us);
        match change {
            MainsChange::Lost if !self.mains_on => return,
            MainsChange::Back if self.mains_on && !self.noisy => return,
            MainsChange::Lost => self.mains_on = false,
            MainsChange::Back => (self.mains_on, self.noisy) = (true, false),
            MainsChange::Noisy => self.noisy = true,
            MainsChange::Shifted | MainsChange::Frequency(_) => {}
        }
        self.was_locked = was_locked;
        self.since_us = now_us;
    }
}

impl Exact {
    fn mains(&mut self, change: MainsChange, now_us: u64) {
        match change {
            MainsChange::Lost => self.plant.switch_mains(false),
            MainsChange::Back => {
                self.plant.switch_mains(true);
                self.noise_at_us = None;
            }
            MainsChange::Noisy => self.noise_at_us = Some(now_us + 1),
            MainsChange::Frequency(millihertz) => {
                self.frequency_hz = f64::from(millihertz.clamp(40_000, 100_000)) / 1_000.0;
                // Between 40 and 100 Hz it is always taken.
                let _ = self.plant.set_frequency(self.frequency_hz);
            }
            MainsChange::Shifted => {
                let _ = self.plant.set_frequency(SHIFT_HZ);
                self.shifted_until_us = Some(now_us + SHIFT_US);
            }
        }
    }

    fn advance(
        &mut self,
        until_us: u64,
        offset_us: i64,
        order: Order,
        stalled_until_us: u64,
        refuses: bool,
        refused: &mut u32,
    ) {
        loop {
            let other = [self.noise_at_us, self.shifted_until_us];
            let turn = other
                .into_iter()
                .flatten()
                .chain([self.deadline_us])
                .fold(until_us, u64::min);
            let edge = self.plant.next_edge(Instant::from_ticks(turn));
            let now_us = edge.map_or(turn, |edge| edge.at.as_ticks());
            let device = device(now_us, offset_us);
            let mut noise = None;
            if edge.is_none() && self.noise_at_us.is_some_and(|at| at <= now_us) {
                self.noise_at_us = Some(now_us + self.random.between(500, 20_000));
                noise = Some(EdgeKind::Rising);
            }
            if self.shifted_until_us.is_some_and(|at| at <= now_us) {
                self.shifted_until_us = None;
                let _ = self.plant.set_frequency(self.frequency_hz);
            }
            if now_us < stalled_until_us {
                self.deadline_us = stalled_until_us;
            } else {
                if let Some(kind) = edge.map(|edge| edge.kind).or(noise) {
                    self.scheduler.edge(Edge { at: device, kind });
                }
                self.feed(device, offset_us, order, refuses, refused);
                let deadline = self.scheduler.next_deadline(device);
                self.deadline_us = instant_us(deadline, offset_us).max(now_us + 1);
            }
            if edge.is_none() && turn >= until_us {
                break;
            }
        }
    }

    fn feed(
        &mut self,
        now: Instant,
        offset_us: i64,
        order: Order,
        refuses: bool,
        refused: &mut u32,
    ) {
        // There is always the one channel.
        let _ = self.scheduler.order(0, order);
        while let Some(mut half_cycle) = self.scheduler.plan(now) {
            half_cycle.start = Instant::from_ticks(instant_us(half_cycle.start, offset_us));
            self.gate_fault = refuses || self.plant.gate().feed(&half_cycle).is_err();
            let [level] = half_cycle.levels;
            self.fed = if self.gate_fault { Level::OFF } else { level };
            if self.gate_fault {
                *refused = refused.saturating_add(1);
                self.scheduler.refused();
            }
        }
        if self.scheduler.must_park() {
            self.plant.gate().park();
            self.fed = Level::OFF;
        }
    }
}

/// What the device's clock shows at a true time.
pub(crate) fn device(true_us: u64, offset_us: i64) -> Instant {
    Instant::from_ticks(true_us.saturating_add_signed(offset_us))
}

/// The true time at which the device's clock shows this, in microseconds.
pub(crate) fn instant_us(device: Instant, offset_us: i64) -> u64 {
    device
        .as_ticks()
        .saturating_add_signed(offset_us.saturating_neg())
}
