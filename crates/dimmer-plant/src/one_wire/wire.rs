//! The line, who pulls it low, and what goes wrong on it.

use dimmer_phase::Instant;
use dimmer_probe::one_wire::RomAddress;

use super::slave::{Slave, Timing, TimingError};
use crate::Line;
use crate::disturbance::{Disturbance, Interrupts};

/// What can be wrong with the probe and its wire.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum WireFault {
    /// Pulled out: it loses its supply, and with it what it has measured.
    Unplugged,
    /// The wire is held low. The probe keeps its supply.
    Shorted,
    /// Another probe is in its place, in the same water.
    Swapped,
    /// In each slot, what is seen of the line is wrong with this probability, 0 to 1.
    Noisy(f64),
    /// A conversion takes so many times as long as it may.
    Slow(f64),
    /// It loses its supply for a moment, and holds its power-on value until it has measured again.
    Restarted,
    /// The processor's interrupts lengthen slots at random.
    Interrupted(Interrupts),
}

/// A 1-Wire bus with a pull-up resistor and any number of DS18B20s on it, in a time of its own.
#[derive(Clone, Debug)]
pub struct SimulatedWire {
    now_ns: u64,
    timing: Timing,
    slaves: Vec<Slave>,
    /// The probe that was there first, while it is not there.
    pulled_out: Option<Slave>,
    master_low: bool,
    shorted: bool,
    line_low: bool,
    fell_at_ns: u64,
    /// When the master last began a slot or a reset, and when it ended it.
    master_fell_at_ns: u64,
    slots: u64,
    delays: u64,
    /// The next look at the line sees the opposite; so does every device in this slot.
    flipped: bool,
    violations: u64,
    disturbance: Disturbance,
}

/// The shortest slot, the longest short pulse, and the long pulses, nanoseconds (data sheet, figures 14 and 15).
const SLOT_NS: u64 = 61_000;
const SHORT_PULSE_NS: std::ops::RangeInclusive<u64> = 1_000..=15_000;
const LONG_PULSE_NS: std::ops::RangeInclusive<u64> = 60_000..=120_000;
const RESET_PULSE_NS: u64 = 480_000;

impl SimulatedWire {
    /// The address of the probe that is on the wire at the start: `28-0000000000a1`.
    pub const FIRST: RomAddress = RomAddress::new(0x28, 0xA1);
    /// The address of the one that is there after [`WireFault::Swapped`]: `28-0000000000b2`.
    pub const OTHER: RomAddress = RomAddress::new(0x28, 0xB2);

    /// The address of a further probe, counted from 0: `28-0000000000c3`, `28-0000000000d4`, and so on.
    #[must_use]
    pub const fn further(place: u8) -> RomAddress {
        RomAddress::new(0x28, 0xC3 + 0x11 * place as u64)
    }

    /// A wire with one probe that was just supplied, in water of this temperature, degC.
    #[must_use]
    pub fn new(celsius: f64) -> Self {
        let mut wire = Self::empty();
        wire.plug_in(Self::FIRST, celsius);
        wire
    }

    /// A wire with nothing on it but its resistor.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            now_ns: 0,
            timing: Timing::default(),
            slaves: Vec::new(),
            pulled_out: None,
            master_low: false,
            shorted: false,
            line_low: false,
            fell_at_ns: 0,
            master_fell_at_ns: 0,
            slots: 0,
            delays: 0,
            flipped: false,
            violations: 0,
            disturbance: Disturbance::new(),
        }
    }

    /// When the devices act from now on.
    ///
    /// # Errors
    /// One of the times is outside what the data sheet allows; nothing changes then.
    pub fn set_timing(&mut self, timing: Timing) -> Result<(), TimingError> {
        timing.validate()?;
        self.timing = timing;
        Ok(())
    }

    /// Connects one more device, of any family, that was never used, in surroundings of this temperature, degC.
    pub fn plug_in(&mut self, address: RomAddress, celsius: f64) {
        self.slaves.push(Slave::new(address, celsius));
    }

    /// Connects one more DS18B20 somewhere else: it keeps this temperature, degC, whatever the water's is.
    pub fn hang(&mut self, address: RomAddress, celsius: f64) {
        let mut slave = Slave::new(address, celsius);
        slave.thermometer.hold(Some(celsius));
        self.slaves.push(slave);
    }

    /// The temperature of the DS18B20 with this address from now on, degC, whatever the water's is; `None` puts it into the water.
    pub fn hold_at(&mut self, address: RomAddress, celsius: Option<f64>) {
        for slave in &mut self.slaves {
            if slave.address == address {
                slave.thermometer.hold(celsius);
            }
        }
    }

    /// Removes the device with this address.
    pub fn pull_out(&mut self, address: RomAddress) {
        self.slaves.retain(|slave| slave.address != address);
        self.settle();
    }

    /// The addresses of what is connected.
    pub fn addresses(&self) -> impl Iterator<Item = RomAddress> {
        self.slaves.iter().map(|slave| slave.address)
    }

    /// Makes something wrong with the first probe and the wire; what is wrong already stays so. What cannot be simulated counts
    /// as its nearest: a probability is held to 0 to 1, slowness to 0.01 to 100.
    pub fn apply(&mut self, fault: WireFault) {
        match fault {
            WireFault::Unplugged => self.unplug(),
            WireFault::Shorted => self.shorted = true,
            WireFault::Swapped => {
                self.unplug();
                let mut other = match &self.pulled_out {
                    Some(first) => first.clone(),
                    None => return,
                };
                other.address = Self::OTHER;
                other.power_on();
                self.slaves.push(other);
            }
            WireFault::Noisy(probability) => {
                self.disturbance.set_flips(probability.clamp(0.0, 1.0));
            }
            WireFault::Slow(times) => self.set_slowness(times.clamp(0.01, 100.0)),
            WireFault::Restarted => {
                if let Some(probe) = self.slaves.first_mut() {
                    probe.power_on();
                }
            }
            WireFault::Interrupted(interrupts) => {
                self.disturbance
                    .set_interrupts(Some(interrupts), self.now_ns);
            }
        }
        self.settle();
    }

    /// Makes everything well again. A probe that was pulled out holds its power-on value until it has measured.
    pub fn mend(&mut self) {
        self.shorted = false;
        self.disturbance.set_flips(0.0);
        self.disturbance.set_interrupts(None, self.now_ns);
        if let Some(mut first) = self.pulled_out.take() {
            self.slaves.retain(|slave| slave.address != Self::OTHER);
            first.power_on();
            self.slaves.insert(0, first);
        }
        self.set_slowness(1.0);
        self.settle();
    }

    /// The seed of everything that happens at random from now on.
    pub fn seed(&mut self, seed: u64) {
        self.disturbance.seed(seed);
    }

    /// In the slot of this number, as [`slots`](Self::slots) counts them, everybody sees the opposite of what is on the line.
    pub fn flip_slot(&mut self, slot: u64) {
        self.disturbance.flip_slot(slot);
    }

    /// The busy wait of this number, as [`delays`](Self::delays) counts them, takes so much longer.
    pub fn lengthen_delay(&mut self, delay: u64, by_us: u32) {
        self.disturbance
            .lengthen_delay(delay, u64::from(by_us) * 1_000);
    }

    /// How many slots and resets the master has begun. The next one has this number.
    #[must_use]
    pub fn slots(&self) -> u64 {
        self.slots
    }

    /// How many busy waits the master has made. The next one has this number.
    #[must_use]
    pub fn delays(&self) -> u64 {
        self.delays
    }

    /// How often the master broke the data sheet's limits: slots that are too short, or pulses of a length that means nothing.
    #[must_use]
    pub fn violations(&self) -> u64 {
        self.violations
    }

    /// Keeps the first probe at a temperature, degC, whatever the water's is; `None` puts it back into the water.
    pub fn hold(&mut self, celsius: Option<f64>) {
        if let Some(probe) = self.slaves.first_mut() {
            probe.thermometer.hold(celsius);
        }
    }

    /// The temperature of the water around the probes, degC.
    pub fn surround(&mut self, celsius: f64) {
        for slave in self.slaves.iter_mut().chain(&mut self.pulled_out) {
            slave.thermometer.surround(celsius);
        }
    }

    /// The wire's present time.
    #[must_use]
    pub fn now(&self) -> Instant {
        Instant::from_ticks(self.now_ns / 1_000)
    }

    /// Lets time pass until `until`. It never runs backwards: a driver that was busy may be ahead of the rest of a plant.
    pub fn advance_to(&mut self, until: Instant) {
        self.advance_to_ns(until.as_ticks().saturating_mul(1_000));
    }

    fn advance_to_ns(&mut self, until_ns: u64) {
        while let Some(next) = self.next_event_ns().filter(|next| *next <= until_ns) {
            self.now_ns = next;
            // A flipped slot is flipped for all who look.
            let seen_high = self.line_low == self.flipped;
            for slave in &mut self.slaves {
                slave.tick(next, seen_high);
            }
            self.settle();
        }
        self.now_ns = self.now_ns.max(until_ns);
    }

    fn next_event_ns(&self) -> Option<u64> {
        self.slaves
            .iter()
            .filter_map(|slave| slave.next_event_ns(self.now_ns))
            .min()
    }

    fn begin_slot(&mut self) {
        if self.slots > 0 && self.now_ns - self.master_fell_at_ns < SLOT_NS {
            self.violations += 1;
        }
        self.master_fell_at_ns = self.now_ns;
        self.flipped = self.disturbance.flips(self.slots);
        self.slots += 1;
    }

    /// The line follows those who pull it, and the devices see what it does.
    fn settle(&mut self) {
        let now_ns = self.now_ns;
        let pulled = |slave: &Slave| slave.pulls_low(now_ns);
        let low = self.master_low || self.shorted || self.slaves.iter().any(pulled);
        if low == self.line_low {
            return;
        }
        self.line_low = low;
        if low {
            self.fell_at_ns = now_ns;
        }
        let low_ns = now_ns - self.fell_at_ns;
        for slave in &mut self.slaves {
            if low {
                slave.fall(now_ns, &self.timing);
            } else {
                slave.rise(now_ns, low_ns, &self.timing);
            }
        }
    }

    fn unplug(&mut self) {
        if self.pulled_out.is_none() && !self.slaves.is_empty() {
            self.pulled_out = Some(self.slaves.remove(0));
        } else {
            self.slaves.retain(|slave| slave.address != Self::OTHER);
        }
    }

    fn set_slowness(&mut self, times: f64) {
        for slave in self.slaves.iter_mut().chain(&mut self.pulled_out) {
            slave.thermometer.set_slowness(times);
        }
    }
}

impl Line for SimulatedWire {
    fn drive(&mut self, low: bool) {
        if low == self.master_low {
            return;
        }
        self.master_low = low;
        if low {
            self.begin_slot();
        } else {
            let length = self.now_ns - self.master_fell_at_ns;
            let known = SHORT_PULSE_NS.contains(&length)
                || LONG_PULSE_NS.contains(&length)
                || length >= RESET_PULSE_NS;
            self.violations += u64::from(!known);
        }
        self.settle();
    }

    fn look(&mut self) -> bool {
        let flipped = std::mem::take(&mut self.flipped);
        self.line_low == flipped
    }

    fn busy_wait_ns(&mut self, ns: u64) {
        let longer = self.disturbance.lengthens_ns(self.delays, self.now_ns, ns);
        self.delays += 1;
        self.pass_ns(ns + longer);
    }

    fn pass_ns(&mut self, ns: u64) {
        self.advance_to_ns(self.now_ns.saturating_add(ns));
    }
}
