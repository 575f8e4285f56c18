//! A probe on a pin whose every level is the input's: no panic, an end, and never a temperature that the probe cannot measure.
//!
//! The first byte chooses the probe. Each bit after it is what the pin reads next; after the last one the wire is high.

use std::convert::Infallible;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use dimmer_probe::TemperatureProbe;
use dimmer_probe::dht::{self, Dht, Model};
use dimmer_probe::ds18b20::{self, Ds18b20, MAXIMUM_MILLICELSIUS, MINIMUM_MILLICELSIUS};
use dimmer_probe::one_wire::{Choice, Wire};
use embedded_hal::digital::{ErrorType, InputPin, OutputPin};

use crate::bytes::Bytes;

/// More turns than a probe takes with all its tries and searches.
const MOST_TURNS: usize = 100_000;
const READINGS: usize = 3;

pub(crate) fn run(input: &[u8]) {
    let mut bytes = Bytes::new(input);
    let chosen = bytes.byte();
    let pin = Pin {
        levels: bytes.rest().to_vec(),
        read: 0,
    };
    match chosen % 3 {
        0 => {
            let Ok(wire) = Wire::new(pin, NoDelay) else {
                return;
            };
            // The address that the bits of a seed spell.
            let known = "28-0316a2795aff"
                .parse()
                .map_or(Choice::Any, Choice::Address);
            let choice = if chosen & 0x80 == 0 {
                Choice::Any
            } else {
                known
            };
            let settings = ds18b20::Settings::default();
            let probe = Ds18b20::on(&wire, NoDelay, choice, settings);
            check(probe, (MINIMUM_MILLICELSIUS, MAXIMUM_MILLICELSIUS));
        }
        dht => {
            let model = if dht == 1 { Model::Dht11 } else { Model::Dht22 };
            let settings = dht::Settings::default();
            let Ok(probe) = Dht::new(model, pin, NoDelay, NoDelay, settings) else {
                return;
            };
            check(probe, model.range_millicelsius());
        }
    }
}

fn check(mut probe: impl TemperatureProbe, (minimum, maximum): (i32, i32)) {
    for count in 1..=READINGS {
        match end_of(probe.read()) {
            Ok(millicelsius) => assert!((minimum..=maximum).contains(&millicelsius)),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
        let diagnostics = probe.diagnostics();
        let counted = u64::from(diagnostics.given()) + u64::from(diagnostics.failed());
        assert_eq!(counted, count as u64);
    }
}

fn end_of<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..MOST_TURNS {
        if let Poll::Ready(outcome) = future.as_mut().poll(&mut context) {
            return outcome;
        }
    }
    panic!("a reading has no end");
}

struct Pin {
    levels: Vec<u8>,
    read: usize,
}

impl ErrorType for Pin {
    type Error = Infallible;
}

impl InputPin for Pin {
    fn is_high(&mut self) -> Result<bool, Infallible> {
        let bit = self.read % 8;
        let byte = self.levels.get(self.read / 8);
        self.read += 1;
        Ok(byte.is_none_or(|byte| byte >> bit & 1 == 1))
    }

    fn is_low(&mut self) -> Result<bool, Infallible> {
        Ok(!self.is_high()?)
    }
}

impl OutputPin for Pin {
    fn set_low(&mut self) -> Result<(), Infallible> {
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

struct NoDelay;

impl embedded_hal::delay::DelayNs for NoDelay {
    fn delay_ns(&mut self, _: u32) {}
}

impl embedded_hal_async::delay::DelayNs for NoDelay {
    async fn delay_ns(&mut self, _: u32) {}
}
