//! A DHT11 or DHT22, bit by bit: it answers a long low pulse with forty bits that it times itself.
//!
//! Source of the timing: Aosong, *DHT11* and *AM2302 (DHT22)* data sheets.

use dimmer_probe::dht::Model;

use crate::Line;
use crate::disturbance::{Disturbance, Interrupts};

/// From the end of the start signal to the answer, and the low and the high part of that.
const ANSWER_WAIT_NS: u64 = 30_000;
const ANSWER_NS: u64 = 80_000;
/// Each bit is a low part of the same length, and a high one that tells its value.
const BIT_LOW_NS: u64 = 50_000;
const ZERO_HIGH_NS: u64 = 27_000;
const ONE_HIGH_NS: u64 = 70_000;

/// A line with one probe on it, in a time of its own.
#[derive(Clone, Debug)]
pub struct SimulatedDht {
    model: Model,
    celsius: f64,
    humidity_percent: f64,
    connected: bool,
    shorted: bool,
    now_ns: u64,
    master_low: bool,
    fell_at_ns: u64,
    /// When the line rises or falls by the probe's doing: it falls at the first of them.
    edges_ns: Vec<u64>,
    /// When it was last asked and answered.
    asked_at_ns: Option<u64>,
    delays: u64,
    bits: u64,
    disturbance: Disturbance,
}

impl SimulatedDht {
    /// A probe in air of this temperature, degC, and 50 % relative humidity.
    #[must_use]
    pub fn new(model: Model, celsius: f64) -> Self {
        Self {
            model,
            celsius,
            humidity_percent: 50.0,
            connected: true,
            shorted: false,
            now_ns: 0,
            master_low: false,
            fell_at_ns: 0,
            edges_ns: Vec::new(),
            asked_at_ns: None,
            delays: 0,
            bits: 0,
            disturbance: Disturbance::new(),
        }
    }

    /// Sets the air's temperature, degC, and relative humidity, percent: what the probe says, in its range or not.
    pub fn surround(&mut self, celsius: f64, humidity_percent: f64) {
        self.celsius = celsius;
        self.humidity_percent = humidity_percent;
    }

    /// Pulls it out, or puts it back.
    pub fn connect(&mut self, connected: bool) {
        self.connected = connected;
    }

    /// Holds the line low, or not.
    pub fn short(&mut self, shorted: bool) {
        self.shorted = shorted;
    }

    /// The seed of everything that happens at random from now on.
    pub fn seed(&mut self, seed: u64) {
        self.disturbance.seed(seed);
    }

    /// Interrupts of the processor at random, or none.
    pub fn interrupt(&mut self, interrupts: Option<Interrupts>) {
        self.disturbance.set_interrupts(interrupts, self.now_ns);
    }

    /// The bit of this number, as [`bits`](Self::bits) counts them, is sent wrongly.
    pub fn flip_bit(&mut self, bit: u64) {
        self.disturbance.flip_slot(bit);
    }

    /// The busy wait of this number, as [`delays`](Self::delays) counts them, takes so much longer.
    pub fn lengthen_delay(&mut self, delay: u64, by_us: u32) {
        self.disturbance
            .lengthen_delay(delay, u64::from(by_us) * 1_000);
    }

    /// How many bits the probe has sent. The next one has this number.
    #[must_use]
    pub fn bits(&self) -> u64 {
        self.bits
    }

    /// How many busy waits there were. The next one has this number.
    #[must_use]
    pub fn delays(&self) -> u64 {
        self.delays
    }

    /// How long the start signal is at least, and how long after the one before.
    fn start_ns(&self) -> (u64, u64) {
        let start_ns = match self.model {
            Model::Dht11 => 18_000_000,
            Model::Dht22 => 800_000,
        };
        (start_ns, u64::from(self.model.pause_ms()) * 1_000_000)
    }

    fn answer(&mut self) {
        self.edges_ns.clear();
        let mut at_ns = self.now_ns + ANSWER_WAIT_NS;
        let mut part = |ns: u64| {
            self.edges_ns.push(at_ns);
            at_ns += ns;
        };
        part(ANSWER_NS);
        part(ANSWER_NS);
        for byte in bytes(self.model, self.celsius, self.humidity_percent) {
            for bit in (0..8).rev() {
                let one = (byte >> bit & 1 == 1) != self.disturbance.flips(self.bits);
                self.bits += 1;
                part(BIT_LOW_NS);
                part(if one { ONE_HIGH_NS } else { ZERO_HIGH_NS });
            }
        }
        part(BIT_LOW_NS);
        part(0);
        self.asked_at_ns = Some(self.fell_at_ns);
    }
}

impl Line for SimulatedDht {
    fn drive(&mut self, low: bool) {
        if low == self.master_low {
            return;
        }
        self.master_low = low;
        if low {
            self.fell_at_ns = self.now_ns;
            return;
        }
        let (start_ns, pause_ns) = self.start_ns();
        let long = self.now_ns - self.fell_at_ns >= start_ns;
        // New at power-on, and then only after a pause.
        let rested = self
            .asked_at_ns
            .is_none_or(|asked| self.fell_at_ns >= asked + pause_ns);
        if self.connected && !self.shorted && long && rested {
            self.answer();
        }
    }

    fn look(&mut self) -> bool {
        let falls_and_rises = self.edges_ns.partition_point(|at| *at <= self.now_ns);
        let pulled = falls_and_rises % 2 == 1;
        !(self.master_low || self.shorted || pulled && self.connected)
    }

    fn busy_wait_ns(&mut self, ns: u64) {
        let longer = self.disturbance.lengthens_ns(self.delays, self.now_ns, ns);
        self.delays += 1;
        self.pass_ns(ns + longer);
    }

    fn pass_ns(&mut self, ns: u64) {
        self.now_ns += ns;
    }
}

/// Humidity, temperature and their sum, as the probe sends them.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the casts saturate, and what a probe would say beyond its range does not matter"
)]
fn bytes(model: Model, celsius: f64, humidity_percent: f64) -> [u8; 5] {
    let negative = u8::from(celsius < 0.0) << 7;
    let [h0, h1, t0, t1] = match model {
        Model::Dht11 => {
            let whole = celsius.abs().round() as u8;
            [humidity_percent.round() as u8, 0, whole | negative, 0]
        }
        Model::Dht22 => {
            let [h0, h1] = ((humidity_percent * 10.0).round() as u16).to_be_bytes();
            let [t0, t1] = ((celsius.abs() * 10.0).round() as u16).to_be_bytes();
            [h0, h1, t0 | negative, t1]
        }
    };
    let sum = [h0, h1, t0, t1]
        .iter()
        .fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
    [h0, h1, t0, t1, sum]
}
