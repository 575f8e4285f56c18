//! The board's hardware: the simulated plant, and the firing path that runs on its edges.

use dimmer_app::{
    FiringDesk,
    dimmer::{FiringFault, FiringReport, Instant, phase},
};
use dimmer_phase::{Gate, Level, Scheduler};
use dimmer_plant::{HasLine, Plant, PlantSettings, SettingsError, SimulatedWire};
use embassy_time::Timer;
use embedded_hal_async::delay::DelayNs;
use std::cell::RefCell;

/// The channel of the only output.
const OUTPUT: usize = 0;

/// The plant and the scheduler that fires its triac.
///
/// On a board with a chip the scheduler is fed from a time-stamped pin and feeds a hardware timeline; here it is fed from the
/// simulated detector and feeds the simulated gate. Everything in it happens in the plant's time, so a desktop that stalls for a
/// moment delays the simulation but does not disturb it.
#[derive(Debug)]
pub struct Hardware {
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

impl Hardware {
    /// Hardware at time zero.
    ///
    /// # Errors
    /// The first setting of the plant that is out of its range.
    pub fn new(plant: PlantSettings, mains: phase::Settings) -> Result<Self, SettingsError> {
        Ok(Self {
            plant: Plant::new(plant)?,
            scheduler: Scheduler::new(mains),
            deadline: Instant::from_ticks(0),
            fed: Level::OFF,
            refused: 0,
            gate_fault: false,
        })
    }

    /// Runs until `until`: takes each edge, plans, and feeds the gate. Orders come from the desk, and what is known of the mains is
    /// left there.
    pub fn advance(&mut self, until: Instant, desk: &FiringDesk) {
        if let Some(settings) = desk.take_settings() {
            self.scheduler.set_settings(settings);
        }
        loop {
            let turn = self.deadline.min(until);
            let edge = self.plant.next_edge(turn);
            if let Some(edge) = edge {
                self.scheduler.edge(edge);
            }
            // An edge or a deadline: either may be the moment at which the gate is to be fed, or parked because a mark is missing.
            let now = edge.map_or(turn, |edge| edge.at);
            self.feed(now, desk);
            self.deadline = self.scheduler.next_deadline(now);
            if edge.is_none() && turn >= until {
                break;
            }
        }
        let report = FiringReport {
            mains: self.scheduler.mains().status(),
            fed: self.fed,
            refused: self.refused,
            fault: self.gate_fault.then_some(FiringFault::Gate),
        };
        desk.report(until, report);
    }

    /// The chip is reset: the gate is off, and of the mains nothing is known.
    pub fn restart(&mut self, mains: phase::Settings) {
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

    fn feed(&mut self, now: Instant, desk: &FiringDesk) {
        // There is always the one channel.
        let ordered = self.scheduler.order(OUTPUT, desk.order());
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

impl HasLine for Hardware {
    type Line = SimulatedWire;

    fn line(&mut self) -> &mut SimulatedWire {
        self.plant.wire()
    }
}

/// What a conversion is waited for with: the executor's timer.
///
/// Slots take no time on this board's clock, but do on the wire's, which is ahead of it by them. The end of the wait is counted from
/// there, so that both agree again.
#[derive(Debug)]
pub struct WireTimer<'hardware>(pub &'hardware RefCell<Hardware>);

impl DelayNs for WireTimer<'_> {
    async fn delay_ns(&mut self, ns: u32) {
        let wait = phase::Duration::from_ticks(u64::from(ns.div_ceil(1_000)));
        let until = self.0.borrow_mut().line().now() + wait;
        Timer::at(embassy_time::Instant::from_micros(until.as_ticks())).await;
        self.0.borrow_mut().line().advance_to(until);
    }
}
