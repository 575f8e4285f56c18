//! The board's hardware: the simulated plant, and the firing path that runs on its edges.

use dimmer_app::{
    FiringDesk,
    dimmer::{FiringFault, FiringReport, Instant, phase},
};
use dimmer_plant::{FiringPath, HasLine, Plant, PlantSettings, SettingsError, SimulatedWire};
use embassy_time::Timer;
use embedded_hal_async::delay::DelayNs;
use std::cell::RefCell;

/// The plant and the scheduler that fires its triac, between them and the desk.
///
/// Everything in it happens in the plant's time, so a desktop that stalls for a moment delays the simulation but does not disturb it.
#[derive(Debug)]
pub struct Hardware(FiringPath);

impl Hardware {
    /// Hardware at time zero.
    ///
    /// # Errors
    /// The first setting of the plant that is out of its range.
    pub fn new(plant: PlantSettings, mains: phase::Settings) -> Result<Self, SettingsError> {
        Ok(Self(FiringPath::new(Plant::new(plant)?, mains)))
    }

    /// Runs until `until`. The order comes from the desk, and what is known of the mains is left there.
    pub fn advance(&mut self, until: Instant, desk: &FiringDesk) {
        if let Some(settings) = desk.take_settings() {
            self.0.set_settings(settings);
        }
        self.0.advance(until, desk.order());
        let (refused, gate_fault) = self.0.refused();
        let report = FiringReport {
            mains: self.0.mains(),
            fed: self.0.fed(),
            refused,
            fault: gate_fault.then_some(FiringFault::Gate),
        };
        desk.report(until, report);
    }

    /// The chip is reset: the gate is off, and of the mains nothing is known.
    pub fn restart(&mut self, mains: phase::Settings) {
        self.0.restart(mains);
    }

    /// The simulated plant.
    pub fn plant(&mut self) -> &mut Plant {
        self.0.plant()
    }
}

impl HasLine for Hardware {
    type Line = SimulatedWire;

    fn line(&mut self) -> &mut SimulatedWire {
        self.0.line()
    }
}

/// What a conversion is waited for with: the executor's timer.
///
/// Slots take no time on this board's clock, but do on the wire's, which is ahead of it by them. The end of the wait is counted from
/// there, so that both agree again.
#[derive(Clone, Debug)]
pub struct WireTimer<'hardware>(pub &'hardware RefCell<Hardware>);

impl DelayNs for WireTimer<'_> {
    async fn delay_ns(&mut self, ns: u32) {
        let wait = phase::Duration::from_ticks(u64::from(ns.div_ceil(1_000)));
        let until = self.0.borrow_mut().line().now() + wait;
        Timer::at(embassy_time::Instant::from_micros(until.as_ticks())).await;
        self.0.borrow_mut().line().advance_to(until);
    }
}
