//! A plant whose triac is fired by a scheduler, as on a board.

use dimmer_phase::{Gate, Instant, Level, MainsStatus, Order, Scheduler, Settings};

use crate::{HasLine, Plant, SimulatedWire};

/// The channel of the only output.
const OUTPUT: usize = 0;

/// The plant and the scheduler that fires its triac.
///
/// On a board with a chip the scheduler is fed from a time-stamped pin and feeds a hardware timeline; here it is fed from the
/// simulated detector and feeds the simulated gate. Everything in it happens in the plant's time.
#[derive(Debug)]
pub struct FiringPath {
    plant: Plant,
    scheduler: Scheduler<1>,
    /// When the scheduler wants to be asked again, edge or none.
    deadline: Instant,
    /// The level of the half-cycle that was fed last.
    fed: Level,
    /// Half-cycles that the gate refused.
    refused: u32,
    /// Whether it refused the last one.
    gate_fault: bool,
}

impl FiringPath {
    /// A plant, and a scheduler that knows nothing of its mains yet.
    #[must_use]
    pub fn new(plant: Plant, mains: Settings) -> Self {
        Self {
            plant,
            scheduler: Scheduler::new(mains),
            deadline: Instant::from_ticks(0),
            fed: Level::OFF,
            refused: 0,
            gate_fault: false,
        }
    }

    /// Runs until `until` with one order in force: takes each edge, plans, and feeds the gate.
    pub fn advance(&mut self, until: Instant, order: Order) {
        loop {
            let turn = self.deadline.min(until);
            let edge = self.plant.next_edge(turn);
            if let Some(edge) = edge {
                self.scheduler.edge(edge);
            }
            // An edge or a deadline: either may be the moment at which the gate is to be fed, or parked because a mark is missing.
            let now = edge.map_or(turn, |edge| edge.at);
            self.feed(now, order);
            self.deadline = self.scheduler.next_deadline(now);
            if edge.is_none() && turn >= until {
                break;
            }
        }
    }

    /// Other settings of the scheduler, live.
    pub fn set_settings(&mut self, mains: Settings) {
        self.scheduler.set_settings(mains);
    }

    /// The chip is reset: the gate is off, and of the mains nothing is known.
    pub fn restart(&mut self, mains: Settings) {
        self.plant.gate().park();
        self.scheduler = Scheduler::new(mains);
        self.fed = Level::OFF;
        self.refused = 0;
        self.gate_fault = false;
        self.deadline = Instant::from_ticks(0);
    }

    /// The simulated plant.
    pub fn plant(&mut self) -> &mut Plant {
        &mut self.plant
    }

    /// What the scheduler knows of the mains.
    #[must_use]
    pub fn mains(&self) -> MainsStatus {
        self.scheduler.mains().status()
    }

    /// The level of the half-cycle that was fed last.
    #[must_use]
    pub fn fed(&self) -> Level {
        self.fed
    }

    /// How many half-cycles the gate refused, and whether it refused the last one.
    #[must_use]
    pub fn refused(&self) -> (u32, bool) {
        (self.refused, self.gate_fault)
    }

    fn feed(&mut self, now: Instant, order: Order) {
        // There is always the one channel.
        let ordered = self.scheduler.order(OUTPUT, order);
        while let Some(half_cycle) = self.scheduler.plan(now) {
            // The gate counts what comes too late and does not fire it.
            self.gate_fault = self.plant.gate().feed(&half_cycle).is_err();
            let [level] = half_cycle.levels;
            self.fed = if self.gate_fault { Level::OFF } else { level };
            if self.gate_fault {
                self.refused = self.refused.saturating_add(1);
                self.scheduler.refused();
            }
        }
        if self.scheduler.must_park() || ordered.is_err() {
            self.plant.gate().park();
            self.fed = Level::OFF;
        }
    }
}

impl HasLine for FiringPath {
    type Line = SimulatedWire;

    fn line(&mut self) -> &mut SimulatedWire {
        self.plant.wire()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PlantSettings;

    #[test]
    fn half_of_the_power_is_half_of_the_energy_once_the_mains_is_followed() {
        let plant = Plant::new(PlantSettings::default()).unwrap();
        let mut path = FiringPath::new(plant, Settings::default());
        let order = Order {
            level: Level::saturating_from_centipercent(5_000),
            valid_until: Instant::from_ticks(u64::MAX),
        };
        path.advance(Instant::from_ticks(2_000_000), order);
        assert_eq!(path.fed(), order.level);
        assert_eq!(path.refused(), (0, false));
        let last = path.plant().drain_delivered().last().unwrap();
        assert!((last.fraction - 0.5).abs() < 0.01, "{}", last.fraction);

        path.restart(Settings::default());
        assert_eq!(path.fed(), Level::OFF);
        path.advance(Instant::from_ticks(2_050_000), order);
        let first = path.plant().drain_delivered().last().unwrap();
        assert_eq!(first.fraction, 0.0, "nothing before the mains is known");
    }
}
