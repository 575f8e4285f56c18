//! Transactions: each begins with a reset, addresses one device, and ends.

use core::cell::RefCell;
use core::future::poll_fn;
use core::task::Poll;

use ds18b20::{Ds18b20, commands};
use embedded_hal::delay::DelayNs;
use embedded_hal::digital::{InputPin, OutputPin};
use one_wire_bus::{Address, OneWire, OneWireError};

use super::bridge::{OldDelay, OldPin};
use super::{Addresses, RomAddress};
use crate::ProbeError;
use crate::ds18b20::{Resolution, SCRATCHPAD_LENGTH};

/// How often a search is tried until two in a row agree.
const SEARCHES: u32 = 4;

/// The only one on a wire who begins to speak.
pub(crate) struct Master<P, D> {
    bus: OneWire<OldPin<P>>,
    delay: OldDelay<D>,
}

impl<P: InputPin + OutputPin, D: DelayNs> Master<P, D> {
    pub(super) fn new(pin: P, delay: D) -> Result<Self, ProbeError> {
        Ok(Self {
            bus: OneWire::new(OldPin(RefCell::new(pin))).map_err(failure)?,
            delay: OldDelay(delay),
        })
    }

    /// Everything on the wire, as one search finds it. An interrupt that hides a bit may hide a device, too.
    async fn search_once(&mut self) -> Result<Addresses, ProbeError> {
        let mut found = Addresses::default();
        let mut state = None;
        while !found.more() {
            // Each takes some 15 ms, in which nothing else of the executor runs.
            yield_now().await;
            let next = self
                .bus
                .device_search(state.as_ref(), false, &mut self.delay)
                .map_err(failure)?;
            let Some((Address(address), next)) = next else {
                break;
            };
            // Zeros pass the checksum: a wire that was shorted meanwhile answers every question so.
            let address = RomAddress::from_bytes(address.to_le_bytes());
            found.push(address.map_err(|_| ProbeError::Shorted)?);
            state = Some(next);
        }
        Ok(found)
    }

    /// Everything on the wire, as two searches in a row agree. Nothing there is no error.
    pub(crate) async fn search(&mut self) -> Result<Addresses, ProbeError> {
        let mut before = self.search_once().await;
        for _ in 1..SEARCHES {
            let found = self.search_once().await;
            if found.is_ok() && found == before {
                return found;
            }
            before = found;
        }
        // They failed, or did not agree.
        before.and(Err(ProbeError::Checksum))
    }

    /// Addresses one device and gives it a command.
    pub(crate) fn command(&mut self, address: RomAddress, command: u8) -> Result<(), ProbeError> {
        let Self { bus, delay } = self;
        // `send_command` of one-wire-bus does not tell whether anybody was there.
        if !bus.reset(delay).map_err(failure)? {
            return Err(ProbeError::Absent);
        }
        bus.match_address(&old(address), delay).map_err(failure)?;
        bus.write_byte(command, delay).map_err(failure)
    }

    /// Eight slots of what the addressed device says, or of nobody: ones.
    pub(crate) fn read_byte(&mut self) -> Result<u8, ProbeError> {
        self.bus.read_byte(&mut self.delay).map_err(failure)
    }

    /// The nine bytes of a thermometer's scratchpad, as they come.
    pub(crate) fn read_scratchpad(
        &mut self,
        address: RomAddress,
    ) -> Result<[u8; SCRATCHPAD_LENGTH], ProbeError> {
        self.command(address, commands::READ_SCRATCHPAD)?;
        let mut bytes = [0; SCRATCHPAD_LENGTH];
        let Self { bus, delay } = self;
        bus.read_bytes(&mut bytes, delay).map_err(failure)?;
        Ok(bytes)
    }

    /// Sets the resolution until the device loses its supply, and leaves its alarm bytes as they are.
    pub(crate) fn write_resolution(
        &mut self,
        address: RomAddress,
        [alarm_high, alarm_low]: [u8; 2],
        resolution: Resolution,
    ) -> Result<(), ProbeError> {
        let resolution = match resolution {
            Resolution::Bits9 => ds18b20::Resolution::Bits9,
            Resolution::Bits10 => ds18b20::Resolution::Bits10,
            Resolution::Bits11 => ds18b20::Resolution::Bits11,
            Resolution::Bits12 => ds18b20::Resolution::Bits12,
        };
        let Self { bus, delay } = self;
        let device = Ds18b20::new::<P::Error>(old(address)).map_err(failure)?;
        let (low, high) = (alarm_low.cast_signed(), alarm_high.cast_signed());
        device
            .set_config(low, high, resolution, bus, delay)
            .map_err(failure)
    }
}

fn old(address: RomAddress) -> Address {
    Address(u64::from_le_bytes(address.to_bytes()))
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "given to map_err, which hands over what it has"
)]
fn failure<E>(error: OneWireError<E>) -> ProbeError {
    match error {
        OneWireError::BusNotHigh => ProbeError::Shorted,
        OneWireError::UnexpectedResponse | OneWireError::CrcMismatch => ProbeError::Checksum,
        OneWireError::FamilyCodeMismatch => ProbeError::Unrecognised,
        OneWireError::PinError(_) | OneWireError::Timeout => ProbeError::Bus,
    }
}

/// Lets everything else of the executor have its turn.
pub(crate) async fn yield_now() {
    let mut yielded = false;
    poll_fn(|context| {
        if core::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
