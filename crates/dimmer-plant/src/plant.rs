//! The plant as a whole.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use dimmer_phase::{Edge, Instant};

use crate::detector::Detector;
use crate::time::{captured, microseconds};
use crate::{
    Delivered, HasLine, Load, Mains, MainsSettings, PlantSettings, SettingsError, SimulatedGate,
    SimulatedWire, Tank, Triac, TrueHalfCycle, energy_fraction,
};

/// The plant of one dimmer.
///
/// The caller's loop: [`next_edge`](Self::next_edge) until it gives none, feeding the [`gate`](Self::gate) after each edge; then
/// [`drain_delivered`](Self::drain_delivered).
#[derive(Clone, Debug)]
pub struct Plant {
    mains: Mains,
    detector: Detector,
    gate: SimulatedGate,
    triac: Triac,
    load: Load,
    tank: Tank,
    wire: SimulatedWire,
    speed: f64,
    now: Instant,
    /// The number of the half-cycle that runs.
    half_cycle: u64,
    delivered: VecDeque<Delivered>,
}

impl Plant {
    /// A plant at time zero, which is a crossing, with the gate off and the probe just powered.
    ///
    /// # Errors
    /// The first setting that is outside its range.
    pub fn new(settings: PlantSettings) -> Result<Self, SettingsError> {
        settings.validate()?;
        Ok(Self {
            mains: Mains::new(settings.mains),
            detector: Detector::new(settings.detector),
            gate: SimulatedGate::new(),
            triac: settings.triac,
            load: settings.load,
            wire: SimulatedWire::new(settings.tank.initial_celsius),
            tank: Tank::new(settings.tank),
            speed: settings.speed,
            now: Instant::from_ticks(0),
            half_cycle: 0,
            delivered: VecDeque::new(),
        })
    }

    /// Runs until the detector's next edge, which it gives, or until `until` if no edge comes by then. Afterwards the plant's
    /// [`now`](Self::now) is that of the edge, or `until`: what is fed to the gate then is in time or late as on real hardware.
    /// Time never runs backwards: an `until` that has passed gives nothing.
    pub fn next_edge(&mut self, until: Instant) -> Option<Edge> {
        let next = self
            .detector
            .peek(&self.mains)
            .filter(|edge| edge.at <= until);
        if next.is_some() {
            self.detector.take();
        }
        self.advance(next.map_or(until, |edge| edge.at));
        next
    }

    /// The plant's present time.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.now
    }

    /// The gate's timeline, to feed and to park.
    pub fn gate(&mut self) -> &mut SimulatedGate {
        &mut self.gate
    }

    /// The mains.
    #[must_use]
    pub fn mains(&self) -> &Mains {
        &self.mains
    }

    /// The heating element.
    #[must_use]
    pub fn load(&self) -> Load {
        self.load
    }

    /// Puts another heating element in its place. The half-cycle that runs counts as its own.
    ///
    /// # Errors
    /// The first setting of it that is outside its range; the one before stays.
    pub fn set_load(&mut self, load: Load) -> Result<(), SettingsError> {
        load.validate()?;
        self.load = load;
        Ok(())
    }

    /// What the load takes when it is fully on, watts, at the mains' true voltage.
    #[must_use]
    pub fn full_watts(&self) -> f64 {
        self.mains.settings().rms_volts.powi(2) / self.load.resistance_ohms()
    }

    /// The tank.
    #[must_use]
    pub fn tank(&self) -> &Tank {
        &self.tank
    }

    /// Sets the temperature of the tank's water, degC, whatever it was.
    pub fn set_tank_celsius(&mut self, celsius: f64) {
        self.tank.set_celsius(celsius);
        self.wire.surround(celsius);
    }

    /// The wire to the probe in the tank. Its time is the plant's, or ahead of it by what a driver waited on it.
    pub fn wire(&mut self) -> &mut SimulatedWire {
        &mut self.wire
    }

    /// The half-cycles that ended since the last call, oldest first, those without mains included. They are kept until then, some
    /// 100 bytes each: do call it.
    pub fn drain_delivered(&mut self) -> impl Iterator<Item = Delivered> {
        self.delivered.drain(..)
    }

    /// Opens or closes the supply's switch at the next crossing. Without mains there are no edges and no power; the grid's phase
    /// runs on behind the switch, and the tank goes on cooling.
    pub fn switch_mains(&mut self, on: bool) {
        if on == self.mains.is_on() {
            return;
        }
        let mut index = self.half_cycle + 1;
        if on && self.detector.begins(&self.mains, index) <= self.now {
            // Its pulse would have begun in the past.
            index += 1;
        }
        self.mains.switch(index, on);
        self.detector.skip_dead(&self.mains, index);
    }

    /// Changes the mains' frequency at the next crossing.
    ///
    /// # Errors
    /// When it is not 40 to 100 Hz; nothing changes then.
    pub fn set_frequency(&mut self, frequency_hz: f64) -> Result<(), SettingsError> {
        MainsSettings {
            frequency_hz,
            ..self.mains.settings()
        }
        .validate()?;
        self.mains.set_frequency(self.half_cycle + 1, frequency_hz);
        Ok(())
    }

    fn advance(&mut self, until: Instant) {
        self.now = self.now.max(until);
        self.gate.advance(self.now);
        self.wire.advance_to(self.now);
        let now_us = microseconds(self.now);
        loop {
            let half_cycle = self.mains.half_cycle(self.half_cycle);
            if half_cycle.end_us > now_us {
                break;
            }
            self.finish(&half_cycle);
            self.half_cycle += 1;
        }
    }

    /// Settles a half-cycle that is over: every pulse within it is known, since the gate takes nothing for the past.
    fn finish(&mut self, half_cycle: &TrueHalfCycle) {
        let latched = self
            .triac
            .latches(half_cycle, self.mains.peak_volts(), self.gate.pulses());
        let fraction = latched.map_or(0.0, |latched| {
            energy_fraction(half_cycle.angle(latched.at_us), std::f64::consts::PI)
        });
        let seconds = half_cycle.length_us() * 1e-6;
        let joules = fraction * self.full_watts() * seconds;
        self.delivered.push_back(Delivered {
            index: self.half_cycle,
            start_s: half_cycle.start_us * 1e-6,
            start: captured(half_cycle.start_us),
            end: captured(half_cycle.end_us),
            positive: half_cycle.positive,
            live: half_cycle.live,
            fraction,
            joules,
            planned_level: self.gate.planned_level(half_cycle.middle_us()),
            latched_at_s: latched.map(|latched| latched.at_us * 1e-6),
            mistaken_full: latched.is_some_and(|latched| latched.mistaken),
        });
        self.tank.advance(seconds * self.speed, joules * self.speed);
        self.wire.surround(self.tank.celsius());
        self.gate.forget_before(half_cycle.end_us);
    }
}

impl HasLine for Plant {
    type Line = SimulatedWire;

    fn line(&mut self) -> &mut SimulatedWire {
        &mut self.wire
    }
}
