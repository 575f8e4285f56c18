//! One device's side of the protocol: it sees the line fall and rise, looks at it once in each slot, and pulls it low.

use std::fmt;

use dimmer_probe::one_wire::RomAddress;

use super::thermometer::Thermometer;

/// From here on a low line is a reset.
const RESET_NS: u64 = 480_000;

/// When a device acts. Each may be anywhere in its range, and a good master gets along with all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// When a device looks at a slot that is written to it, microseconds after its beginning, 15 to 60.
    pub sample_us: u32,
    /// How long a device holds a slot low in which it sends a zero, microseconds, 16 to 60.
    pub hold_us: u32,
    /// From the end of a reset to a device's presence pulse, microseconds, 15 to 60.
    pub presence_wait_us: u32,
    /// Length of the presence pulse, microseconds, 60 to 240.
    pub presence_us: u32,
}

impl Default for Timing {
    /// What the data sheet calls typical, and a presence pulse of usual length.
    fn default() -> Self {
        Self {
            sample_us: 30,
            hold_us: 30,
            presence_wait_us: 30,
            presence_us: 120,
        }
    }
}

impl Timing {
    /// # Errors
    /// The first of them that no device has.
    pub fn validate(&self) -> Result<(), TimingError> {
        for (field, value, range) in [
            ("sample_us", self.sample_us, 15..=60),
            ("hold_us", self.hold_us, 16..=60),
            ("presence_wait_us", self.presence_wait_us, 15..=60),
            ("presence_us", self.presence_us, 60..=240),
        ] {
            if !range.contains(&value) {
                let (minimum, maximum) = range.into_inner();
                return Err(TimingError {
                    field,
                    minimum,
                    maximum,
                });
            }
        }
        Ok(())
    }
}

/// A time that no DS18B20 keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimingError {
    /// Which one.
    pub field: &'static str,
    /// The shortest, microseconds.
    pub minimum: u32,
    /// The longest, microseconds.
    pub maximum: u32,
}

impl fmt::Display for TimingError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            field,
            minimum,
            maximum,
        } = self;
        write!(
            formatter,
            "{field} must be between {minimum} and {maximum} microseconds"
        )
    }
}

impl std::error::Error for TimingError {}

/// What a device expects next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing but a reset; every slot reads as one.
    Idle,
    /// Eight bits of a command that chooses devices.
    Rom,
    /// 64 bits of an address; all so far were its own.
    Match { bits: u32 },
    /// For each bit of the address: it sends the bit, then its opposite, and hears which is taken.
    Search { bits: u32, step: u8 },
    /// Eight bits of a command to those that were chosen.
    Function,
    /// It sends its address.
    SendAddress { bits: usize },
    /// It sends its scratchpad.
    SendScratchpad { bytes: [u8; 9], bits: usize },
    /// It takes three bytes for its scratchpad.
    Write,
    /// Zeros while it converts or copies, then ones.
    Busy,
}

/// A device on the wire.
#[derive(Clone, Debug)]
pub(super) struct Slave {
    pub(super) address: RomAddress,
    pub(super) thermometer: Thermometer,
    state: State,
    shifted: u32,
    shifted_bits: u32,
    sample_at_ns: Option<u64>,
    /// From when to when it pulls the line low.
    low: Option<(u64, u64)>,
    presence_until_ns: u64,
}

impl Slave {
    pub(super) fn new(address: RomAddress, celsius: f64) -> Self {
        Self {
            address,
            thermometer: Thermometer::new(celsius),
            state: State::Idle,
            shifted: 0,
            shifted_bits: 0,
            sample_at_ns: None,
            low: None,
            presence_until_ns: 0,
        }
    }

    pub(super) fn power_on(&mut self) {
        self.thermometer.power_on();
        self.state = State::Idle;
        self.sample_at_ns = None;
        self.low = None;
        self.presence_until_ns = 0;
    }

    pub(super) fn pulls_low(&self, now_ns: u64) -> bool {
        self.low
            .is_some_and(|(from, to)| (from..to).contains(&now_ns))
    }

    /// When it will look at the line or change it next.
    pub(super) fn next_event_ns(&self, now_ns: u64) -> Option<u64> {
        let (from, to) = self.low.unzip();
        [self.sample_at_ns, from, to]
            .into_iter()
            .flatten()
            .filter(|at| *at > now_ns)
            .min()
    }

    /// The line fell: a slot begins, unless it is a presence pulse.
    pub(super) fn fall(&mut self, now_ns: u64, timing: &Timing) {
        if now_ns < self.presence_until_ns {
            return;
        }
        if self.listens() {
            self.sample_at_ns = Some(now_ns + u64::from(timing.sample_us) * 1_000);
        } else if !self.send(now_ns) {
            self.low = Some((now_ns, now_ns + u64::from(timing.hold_us) * 1_000));
        }
    }

    /// The line rose again after this time.
    pub(super) fn rise(&mut self, now_ns: u64, low_ns: u64, timing: &Timing) {
        if low_ns < RESET_NS {
            return;
        }
        self.expect(State::Rom);
        self.sample_at_ns = None;
        let from = now_ns + u64::from(timing.presence_wait_us) * 1_000;
        self.presence_until_ns = from + u64::from(timing.presence_us) * 1_000;
        self.low = Some((from, self.presence_until_ns));
    }

    /// Time has come so far: it looks at the line if it was going to.
    pub(super) fn tick(&mut self, now_ns: u64, line_is_high: bool) {
        if self.sample_at_ns.take_if(|at| *at <= now_ns).is_some() {
            self.hear(line_is_high, now_ns);
        }
        self.low.take_if(|(_, to)| *to <= now_ns);
    }

    fn expect(&mut self, state: State) {
        self.state = state;
        self.shifted = 0;
        self.shifted_bits = 0;
    }

    fn listens(&self) -> bool {
        matches!(
            self.state,
            State::Rom
                | State::Match { .. }
                | State::Search { step: 2, .. }
                | State::Function
                | State::Write
        )
    }

    /// The bit that it sends in this slot.
    fn send(&mut self, now_ns: u64) -> bool {
        match &mut self.state {
            State::Search { bits, step } => {
                let bit = own_bit(self.address, *bits);
                let sent = bit == (*step == 0);
                *step += 1;
                sent
            }
            State::SendAddress { bits } => next_bit(&self.address.to_bytes(), bits),
            State::SendScratchpad { bytes, bits } => next_bit(bytes, bits),
            State::Busy => !self.thermometer.is_busy(now_ns),
            _ => true,
        }
    }

    fn hear(&mut self, bit: bool, now_ns: u64) {
        match self.state {
            State::Match { bits } | State::Search { bits, .. } => {
                self.state = if bit != own_bit(self.address, bits) {
                    State::Idle
                } else if bits == 63 {
                    self.shifted = 0;
                    self.shifted_bits = 0;
                    State::Function
                } else if matches!(self.state, State::Match { .. }) {
                    State::Match { bits: bits + 1 }
                } else {
                    State::Search {
                        bits: bits + 1,
                        step: 0,
                    }
                };
            }
            State::Rom | State::Function | State::Write => {
                self.shifted |= u32::from(bit) << self.shifted_bits;
                self.shifted_bits += 1;
                let [first, second, third, _] = self.shifted.to_le_bytes();
                match (self.state, self.shifted_bits) {
                    (State::Rom, 8) => self.rom_command(first),
                    (State::Function, 8) => self.function_command(first, now_ns),
                    (State::Write, 24) => {
                        self.thermometer.write([first, second, third]);
                        self.expect(State::Idle);
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }

    fn rom_command(&mut self, command: u8) {
        self.expect(match command {
            0xF0 => State::Search { bits: 0, step: 0 },
            0x55 => State::Match { bits: 0 },
            0xCC => State::Function,
            0x33 => State::SendAddress { bits: 0 },
            _ => State::Idle,
        });
    }

    fn function_command(&mut self, command: u8, now_ns: u64) {
        let next = match command {
            0x44 => {
                self.thermometer.convert(now_ns);
                State::Busy
            }
            0xBE => State::SendScratchpad {
                bytes: self.thermometer.scratchpad(now_ns),
                bits: 0,
            },
            0x4E => State::Write,
            0x48 => {
                self.thermometer.copy(now_ns);
                State::Busy
            }
            0xB8 => {
                self.thermometer.recall();
                State::Busy
            }
            // 0xB4 asks whether it is supplied by a wire of its own: ones, as from one that is idle. The rest it does not know.
            _ => State::Idle,
        };
        self.expect(next);
    }
}

fn own_bit(address: RomAddress, bit: u32) -> bool {
    u64::from_le_bytes(address.to_bytes()) >> bit & 1 == 1
}

/// The next bit of these bytes, from the lowest; ones after the last.
fn next_bit(bytes: &[u8], bits: &mut usize) -> bool {
    let byte = bytes.get(*bits / 8).copied().unwrap_or(0xFF);
    let bit = byte >> (*bits % 8) & 1 == 1;
    *bits += 1;
    bit
}
