//! The board's hardware: the simulated plant, and the firing path that runs on its edges.

use dimmer_app::{
    FiringDesk,
    dimmer::{FiringFault, FiringReport, Instant, phase},
    probe::{
        ProbeError,
        ds18b20::{SCRATCHPAD_LENGTH, ScratchpadSource},
    },
};
use dimmer_phase::{Gate, Level, Scheduler};
use embassy_time::{Duration, Timer};
use std::cell::RefCell;

use crate::plant::{Plant, PlantSettings, SettingsError, SimulatedProbe};

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
            self.refused = self.refused.saturating_add(u32::from(self.gate_fault));
        }
        if self.scheduler.must_park() || ordered.is_err() {
            self.plant.gate().park();
            self.fed = Level::OFF;
        }
    }
}

/// The wire to the probe of a plant.
#[derive(Debug)]
pub struct ProbeWire<'hardware>(pub &'hardware RefCell<Hardware>);

impl ScratchpadSource for ProbeWire<'_> {
    type Error = ProbeError;

    async fn convert(&mut self) -> Result<(), ProbeError> {
        let started = {
            let mut hardware = self.0.borrow_mut();
            let probe = hardware.plant.probe();
            probe.convert(dimmer_app::now());
            probe.is_present()
        };
        if !started {
            return Err(ProbeError::Absent);
        }
        Timer::after(Duration::from_micros(
            SimulatedProbe::conversion_time().as_ticks(),
        ))
        .await;
        Ok(())
    }

    async fn scratchpad(&mut self) -> Result<[u8; SCRATCHPAD_LENGTH], ProbeError> {
        Ok(self
            .0
            .borrow_mut()
            .plant
            .probe()
            .scratchpad(dimmer_app::now()))
    }
}
