//! The one DS18B20 of this board, on a bus whose slots a state machine makes.
//!
//! The firing path takes the processor for half a millisecond in each half-cycle, from whatever the thread does. Slots that are made by waiting in the thread would often be disturbed by it
//! (a bit in three interruptions); the state machine's are not.

use dimmer_probe::{
    ProbeError,
    ds18b20::{Resolution, SCRATCHPAD_LENGTH, ScratchpadSource, crc8},
};
use embedded_hal_async::delay::DelayNs;

/// Commands of the data sheet 19-7487, tables 2 and 3.
const READ_ROM: u8 = 0x33;
const SKIP_ROM: u8 = 0xCC;
const CONVERT: u8 = 0x44;
const READ_SCRATCHPAD: u8 = 0xBE;
const FAMILY: u8 = 0x28;

/// Eight slots of a device that is not busy any more.
const DONE: u8 = 0xFF;
const POLL_US: u32 = 10_000;
const LONGEST_CONVERSION_US: u32 = 2 * Resolution::Bits12.conversion_us();

/// Whole bytes on a 1-Wire bus, by something that keeps the slots' times by itself.
#[expect(async_fn_in_trait, reason = "one executor on one thread")]
pub trait ByteBus {
    /// Resets the bus; whether somebody pulled it low in the time for that.
    async fn reset(&mut self) -> bool;
    /// Sends bytes, the lowest bit first.
    async fn write(&mut self, bytes: &[u8]);
    /// Receives bytes.
    async fn read(&mut self, bytes: &mut [u8]);
}

/// The only device on a bus.
#[derive(Debug)]
pub struct OnlyProbe<B, W> {
    bus: B,
    wait: W,
    /// Of the device that was there at the first conversion.
    address: Option<[u8; 8]>,
}

impl<B: ByteBus, W: DelayNs> OnlyProbe<B, W> {
    /// The device on this bus, whichever it is; conversions are waited for with `wait`. Nothing is sent yet.
    pub const fn new(bus: B, wait: W) -> Self {
        Self {
            bus,
            wait,
            address: None,
        }
    }

    async fn reset(&mut self) -> Result<(), ProbeError> {
        let somebody = self.bus.reset().await;
        somebody.then_some(()).ok_or(ProbeError::Absent)
    }

    /// Sees that there is one device, a thermometer, and the same one as before.
    async fn identify(&mut self) -> Result<(), ProbeError> {
        self.reset().await?;
        self.bus.write(&[READ_ROM]).await;
        let mut address = [0; 8];
        self.bus.read(&mut address).await;
        let [family, .., checksum] = address;
        let [body @ .., _] = address;
        match address {
            [0, ..] if address == [0; 8] => return Err(ProbeError::Shorted),
            [0xFF, ..] if address == [0xFF; 8] => return Err(ProbeError::Absent),
            _ => {}
        }
        // All devices answer at once: of several, the zeros of each.
        if crc8(&body) != checksum {
            return Err(ProbeError::Several);
        }
        if family != FAMILY {
            return Err(ProbeError::Unrecognised);
        }
        if *self.address.get_or_insert(address) != address {
            return Err(ProbeError::Swapped);
        }
        Ok(())
    }

    async fn read_byte(&mut self) -> u8 {
        let mut byte = [0];
        self.bus.read(&mut byte).await;
        let [byte] = byte;
        byte
    }
}

impl<B: ByteBus, W: DelayNs> ScratchpadSource for OnlyProbe<B, W> {
    type Error = ProbeError;

    async fn convert(&mut self) -> Result<(), ProbeError> {
        self.identify().await?;
        self.reset().await?;
        self.bus.write(&[SKIP_ROM, CONVERT]).await;
        // Busy, it answers zeros. A command lost to noise would leave the measurement before in place, with a right checksum.
        if self.read_byte().await != 0 {
            return Err(ProbeError::Conversion);
        }
        let mut waited_us = 0;
        while self.read_byte().await != DONE {
            if waited_us >= LONGEST_CONVERSION_US {
                return Err(ProbeError::Conversion);
            }
            self.wait.delay_us(POLL_US).await;
            waited_us += POLL_US;
        }
        Ok(())
    }

    async fn scratchpad(&mut self) -> Result<[u8; SCRATCHPAD_LENGTH], ProbeError> {
        self.reset().await?;
        self.bus.write(&[SKIP_ROM, READ_SCRATCHPAD]).await;
        let mut bytes = [0; SCRATCHPAD_LENGTH];
        self.bus.read(&mut bytes).await;
        match bytes {
            // Nine zeros have a right checksum.
            bytes if bytes == [0; SCRATCHPAD_LENGTH] => Err(ProbeError::Shorted),
            bytes if bytes == [0xFF; SCRATCHPAD_LENGTH] => Err(ProbeError::Absent),
            bytes => Ok(bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use core::{future::Future, pin::pin, task};
    use dimmer_probe::{
        TemperatureProbe,
        ds18b20::{Ds18b20, Resolution, encode},
    };
    use std::{vec, vec::Vec};

    /// Devices that answer as wired: each zero of any of them is a zero.
    struct Bus {
        addresses: Vec<[u8; 8]>,
        scratchpad: [u8; SCRATCHPAD_LENGTH],
        shorted: bool,
        /// Answers to "busy?" until the conversion is done.
        busy: u32,
        takes_convert: bool,
        command: Vec<u8>,
        at: usize,
        converting: u32,
    }

    fn address(serial: u8) -> [u8; 8] {
        let body = [FAMILY, serial, 2, 3, 4, 5, 6];
        let [a, b, c, d, e, f, g] = body;
        [a, b, c, d, e, f, g, crc8(&body)]
    }

    impl Bus {
        fn new(addresses: Vec<[u8; 8]>) -> Self {
            Self {
                addresses,
                scratchpad: encode(45_500, Resolution::Bits12),
                shorted: false,
                busy: 3,
                takes_convert: true,
                command: Vec::new(),
                at: 0,
                converting: 0,
            }
        }
    }

    impl ByteBus for Bus {
        async fn reset(&mut self) -> bool {
            self.command.clear();
            self.at = 0;
            self.shorted || !self.addresses.is_empty()
        }

        async fn write(&mut self, bytes: &[u8]) {
            self.command.extend_from_slice(bytes);
            if self.command == [SKIP_ROM, CONVERT] && self.takes_convert {
                self.converting = self.busy;
            }
        }

        async fn read(&mut self, bytes: &mut [u8]) {
            for byte in bytes {
                *byte = match self.command.as_slice() {
                    _ if self.shorted => 0,
                    [READ_ROM] => self
                        .addresses
                        .iter()
                        .fold(0xFF, |all, address| all & address[self.at]),
                    [SKIP_ROM, READ_SCRATCHPAD] => self.scratchpad[self.at],
                    [SKIP_ROM, CONVERT] if self.converting > 0 => {
                        self.converting -= 1;
                        0
                    }
                    _ => 0xFF,
                };
                self.at += 1;
            }
        }
    }

    struct NoWait;

    impl DelayNs for NoWait {
        async fn delay_ns(&mut self, _ns: u32) {}
    }

    fn run<T>(future: impl Future<Output = T>) -> T {
        let mut future = pin!(future);
        let mut context = task::Context::from_waker(task::Waker::noop());
        match future.as_mut().poll(&mut context) {
            task::Poll::Ready(value) => value,
            task::Poll::Pending => panic!("nothing here waits"),
        }
    }

    fn read(bus: Bus) -> Result<i32, ProbeError> {
        run(Ds18b20::new(OnlyProbe::new(bus, NoWait)).read())
    }

    #[test]
    fn the_only_thermometer_is_read() {
        assert_eq!(read(Bus::new(vec![address(1)])), Ok(45_500));
    }

    #[test]
    fn what_is_wrong_on_the_wire_is_told_apart() {
        let wrong_family = {
            let body = [0x10, 1, 2, 3, 4, 5, 6];
            let [a, b, c, d, e, f, g] = body;
            [a, b, c, d, e, f, g, crc8(&body)]
        };
        for (bus, error) in [
            (Bus::new(vec![]), ProbeError::Absent),
            (Bus::new(vec![address(1), address(2)]), ProbeError::Several),
            (Bus::new(vec![wrong_family]), ProbeError::Unrecognised),
            (
                Bus {
                    shorted: true,
                    ..Bus::new(vec![])
                },
                ProbeError::Shorted,
            ),
            (
                Bus {
                    takes_convert: false,
                    ..Bus::new(vec![address(1)])
                },
                ProbeError::Conversion,
            ),
            (
                Bus {
                    busy: u32::MAX,
                    ..Bus::new(vec![address(1)])
                },
                ProbeError::Conversion,
            ),
            (
                Bus {
                    scratchpad: [0; 9],
                    ..Bus::new(vec![address(1)])
                },
                ProbeError::Shorted,
            ),
        ] {
            assert_eq!(read(bus), Err(error));
        }
    }

    #[test]
    fn another_thermometer_in_the_place_of_the_first_is_not_taken_for_it() {
        let mut probe = Ds18b20::new(OnlyProbe::new(Bus::new(vec![address(1)]), NoWait));
        assert_eq!(run(probe.read()), Ok(45_500));
        probe.source_mut().bus.addresses = vec![address(2)];
        assert_eq!(run(probe.read()), Err(ProbeError::Swapped));
    }
}
