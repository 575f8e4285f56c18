//! Errors injected at chosen places of a reading, and what came of them. Shared by a test, which runs the smaller part, and an example,
//! which runs all and prints the table.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "the test and the example each use a part"
)]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a step that fails is a failed measurement"
)]

use std::cell::RefCell;
use std::ops::Range;

use dimmer_plant::{Interrupts, LineDelay, LinePin, SimulatedWire, WireFault};
use dimmer_probe::ds18b20::{
    Ds18b20, OnWire, Resolution, ScratchpadSource, Settings, crc8, decode_near, encode,
};
use dimmer_probe::one_wire::{Choice, Wire};
use dimmer_probe::{Diagnostics, ProbeError, TemperatureProbe};
use embassy_futures::block_on;

/// What to do to a reading; numbers count from its first slot or busy wait.
#[derive(Clone, Debug)]
pub enum Injection {
    FlipSlots(Vec<u64>),
    LengthenDelay(u64, u32),
}

/// What came of all injections of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub injections: u64,
    /// The right temperature at the first try.
    pub unnoticed: u64,
    /// The right temperature after so many readings with retries, and all their retries.
    pub retried: u64,
    pub retries: u64,
    /// An error instead of a temperature.
    pub failed: u64,
    pub wrong: u64,
}

impl Tally {
    fn add(&mut self, outcome: Result<i32, ProbeError>, expected: i32, rejected: u32) {
        self.injections += 1;
        self.retries += u64::from(rejected);
        match outcome {
            Ok(read) if read != expected => self.wrong += 1,
            Ok(_) if rejected == 0 => self.unnoticed += 1,
            Ok(_) => self.retried += 1,
            Err(_) => self.failed += 1,
        }
    }

    pub fn and(self, other: Self) -> Self {
        Self {
            injections: self.injections + other.injections,
            unnoticed: self.unnoticed + other.unnoticed,
            retried: self.retried + other.retried,
            retries: self.retries + other.retries,
            failed: self.failed + other.failed,
            wrong: self.wrong + other.wrong,
        }
    }
}

/// Where a reading begins: a probe that was found and set up before, or one that is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// The device is found, and its resolution written and checked.
    First,
    Later,
}

/// Slots and busy waits of an undisturbed reading.
#[derive(Clone, Copy, Debug)]
pub struct Extent {
    pub slots: u64,
    pub delays: u64,
}

fn settings(reading: Reading) -> Settings {
    Settings {
        // Not the resolution of a new device, so that a first reading writes.
        resolution: match reading {
            Reading::First => Resolution::Bits11,
            Reading::Later => Resolution::Bits12,
        },
        ..Settings::default()
    }
}

pub fn extent(reading: Reading) -> Extent {
    let line = RefCell::new(SimulatedWire::new(20.0));
    let bus = Wire::new(LinePin::new(&line), LineDelay::new(&line)).unwrap();
    let mut probe = Ds18b20::on(&bus, LineDelay::new(&line), Choice::Any, settings(reading));
    if reading == Reading::Later {
        block_on(probe.read()).unwrap();
    }
    let (slots, delays) = (line.borrow().slots(), line.borrow().delays());
    block_on(probe.read()).unwrap();
    let line = line.borrow();
    Extent {
        slots: line.slots() - slots,
        delays: line.delays() - delays,
    }
}

/// The slots in which the scratchpad's 72 bits are read for the first time, the last of the reading but for its repetition.
pub fn first_scratchpad() -> Range<u64> {
    let repetition = 1 + 72 + 8 + 72;
    let end = extent(Reading::Later).slots - repetition;
    end - 72..end
}

/// Makes each injection in a reading of its own. The water is at this temperature and, in every other reading, 2 °C above it: what
/// the device measured before would be a wrong temperature, too.
pub fn inject(
    reading: Reading,
    sixteenths: i32,
    injections: impl IntoIterator<Item = Injection>,
) -> Tally {
    let mut tally = Tally::default();
    let mut injections = injections.into_iter().peekable();
    while injections.peek().is_some() {
        let line = RefCell::new(SimulatedWire::new(f64::from(sixteenths) / 16.0));
        let bus = Wire::new(LinePin::new(&line), LineDelay::new(&line)).unwrap();
        let mut probe = Ds18b20::on(&bus, LineDelay::new(&line), Choice::Any, settings(reading));
        if reading == Reading::Later {
            assert_eq!(block_on(probe.read()), Ok(sixteenths * 125 / 2));
        }
        let mut warmer = false;
        for injection in injections.by_ref() {
            warmer = !warmer;
            let sixteenths = sixteenths + if warmer { 32 } else { 0 };
            let expected = sixteenths * 125 / 2;
            line.borrow_mut().surround(f64::from(sixteenths) / 16.0);
            let before = probe.diagnostics().rejected();
            let (slots, delays) = (line.borrow().slots(), line.borrow().delays());
            match injection {
                Injection::FlipSlots(flipped) => {
                    for slot in flipped {
                        line.borrow_mut().flip_slot(slots + slot);
                    }
                }
                Injection::LengthenDelay(delay, by_us) => {
                    line.borrow_mut().lengthen_delay(delays + delay, by_us);
                }
            }
            let outcome = block_on(probe.read());
            let rejected = probe.diagnostics().rejected() - before;
            tally.add(outcome, expected, rejected);
            // A new device is new only once; and after what went wrong the next injection begins from a clean start.
            if reading == Reading::First || outcome.is_err() {
                break;
            }
        }
    }
    tally
}

/// Each slot of a reading alone.
pub fn single_flips(reading: Reading, sixteenths: i32) -> Tally {
    let slots = 0..extent(reading).slots;
    inject(
        reading,
        sixteenths,
        slots.map(|slot| Injection::FlipSlots(vec![slot])),
    )
}

/// Each pair of these slots, of a reading after the first.
pub fn pairs(sixteenths: i32, slots: Range<u64>) -> Tally {
    let end = slots.end;
    let pairs = slots
        .flat_map(|one| (one + 1..end).map(move |other| Injection::FlipSlots(vec![one, other])));
    inject(Reading::Later, sixteenths, pairs)
}

/// Each busy wait of a reading alone, longer by this.
pub fn lengthened(reading: Reading, sixteenths: i32, by_us: u32) -> Tally {
    let delays = 0..extent(reading).delays;
    inject(
        reading,
        sixteenths,
        delays.map(|delay| Injection::LengthenDelay(delay, by_us)),
    )
}

/// Every four bits of the scratchpad that the checksum does not notice when they flip together, and that make another temperature
/// which passes every other check. Fewer than four flipped bits the checksum always notices.
pub fn blind_spots(sixteenths: i32) -> Vec<Injection> {
    let good = encode(sixteenths * 125 / 2, Resolution::Bits12);
    let first = first_scratchpad().start;
    let flipped = |positions: &[usize]| {
        let mut bytes = good;
        for position in positions {
            bytes[position / 8] ^= 1 << (position % 8);
        }
        bytes
    };
    // The checksum is linear: what flips it does not depend on the rest.
    let syndrome = |position: usize| crc8(&flipped(&[position])) ^ crc8(&good);
    let syndromes: Vec<u8> = (0..72).map(syndrome).collect();
    let mut found = Vec::new();
    for a in 0..16 {
        for b in a + 1..72 {
            for c in b + 1..72 {
                for d in c + 1..72 {
                    let positions = [a, b, c, d];
                    let syndrome = positions.iter().fold(0, |sum, at| sum ^ syndromes[*at]);
                    if syndrome == 0
                        && let Ok(reading) = decode_near(&flipped(&positions), None)
                        && reading.millicelsius != sixteenths * 125 / 2
                    {
                        let slots = positions.map(|at| first + u64::try_from(at).unwrap());
                        found.push(Injection::FlipSlots(slots.to_vec()));
                    }
                }
            }
        }
    }
    found
}

/// On a noisy wire: how many of so many fetches of a scratchpad pass all checks with a wrong temperature, and how many pairs of
/// fetches do that agree.
pub fn fooled(sixteenths: i32, probability: f64, fetches: u32, seed: u64) -> (u32, u32) {
    let line = RefCell::new(SimulatedWire::new(f64::from(sixteenths) / 16.0));
    let bus = Wire::new(LinePin::new(&line), LineDelay::new(&line)).unwrap();
    let mut source = OnWire::new(&bus, LineDelay::new(&line), Choice::Any, Resolution::Bits12);
    block_on(source.convert()).unwrap();
    line.borrow_mut().seed(seed);
    line.borrow_mut().apply(WireFault::Noisy(probability));
    let expected = sixteenths * 125 / 2;
    let (mut once, mut twice, mut before) = (0, 0, None);
    for fetch in 0..fetches {
        let scratchpad = block_on(source.scratchpad()).ok();
        let wrong = scratchpad
            .and_then(|bytes| decode_near(&bytes, Some(expected)).ok())
            .is_some_and(|reading| reading.millicelsius != expected);
        once += u32::from(wrong);
        twice += u32::from(wrong && fetch % 2 == 1 && before == scratchpad);
        before = scratchpad;
    }
    (once, twice)
}

/// So many readings while 200 interrupts a second take so long: what was counted, and how many were wrong.
pub fn interrupted(microseconds: u32, readings: u32, seed: u64) -> (Diagnostics, u32) {
    let line = RefCell::new(SimulatedWire::new(20.0));
    let bus = Wire::new(LinePin::new(&line), LineDelay::new(&line)).unwrap();
    let mut probe = Ds18b20::on(
        &bus,
        LineDelay::new(&line),
        Choice::Any,
        settings(Reading::Later),
    );
    line.borrow_mut().seed(seed);
    line.borrow_mut().apply(WireFault::Interrupted(Interrupts {
        per_second: 200.0,
        microseconds,
    }));
    let mut wrong = 0;
    for reading in 0..readings {
        let millicelsius = if reading % 2 == 0 { 20_000 } else { 22_000 };
        line.borrow_mut().surround(f64::from(millicelsius) / 1e3);
        wrong += u32::from(block_on(probe.read()).is_ok_and(|read| read != millicelsius));
    }
    (probe.diagnostics(), wrong)
}
