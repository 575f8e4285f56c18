//! A bus whose slots are made by waiting, on an open-drain pin.

use core::cell::RefCell;

use embedded_hal::delay::DelayNs;
use embedded_hal::digital::{InputPin, OutputPin};
use one_wire_bus::{OneWire, OneWireError, SearchState};

use super::bridge::{OldDelay, OldPin};
use super::{Bus, Slots};
use crate::ProbeError;

/// A pin and a delay. Each call takes its slots' time, in which nothing else of the executor runs.
pub struct PinBus<P, D> {
    bus: OneWire<OldPin<P>>,
    delay: OldDelay<D>,
    search: Option<SearchState>,
}

impl<P: InputPin + OutputPin, D: DelayNs> PinBus<P, D> {
    /// The bus on this pin. It is released, and nothing is sent.
    ///
    /// # Errors
    /// [`ProbeError::Bus`]: the pin cannot be set.
    pub fn new(pin: P, delay: D) -> Result<Self, ProbeError> {
        Ok(Self {
            bus: OneWire::new(OldPin(RefCell::new(pin))).map_err(failure)?,
            delay: OldDelay(delay),
            search: None,
        })
    }
}

impl<P: InputPin + OutputPin, D: DelayNs> Bus for PinBus<P, D> {
    async fn reset(&mut self) -> Result<bool, ProbeError> {
        self.bus.reset(&mut self.delay).map_err(failure)
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), ProbeError> {
        let Self { bus, delay, .. } = self;
        bus.write_bytes(bytes, delay).map_err(failure)
    }

    async fn read(&mut self, bytes: &mut [u8]) -> Result<(), ProbeError> {
        let Self { bus, delay, .. } = self;
        bus.read_bytes(bytes, delay).map_err(failure)
    }

    async fn next_address(&mut self, is_first: bool) -> Result<Option<[u8; 8]>, ProbeError> {
        let before = self.search.take().filter(|_| !is_first);
        if before.is_none() && !is_first {
            return Ok(None);
        }
        let next = self
            .bus
            .device_search(before.as_ref(), false, &mut self.delay)
            .map_err(failure)?;
        Ok(next.map(|(address, state)| {
            self.search = Some(state);
            address.0.to_le_bytes()
        }))
    }
}

impl<P: InputPin + OutputPin, D: DelayNs> Slots for PinBus<P, D> {
    async fn write_bit(&mut self, bit: bool) -> Result<(), ProbeError> {
        self.bus.write_bit(bit, &mut self.delay).map_err(failure)
    }

    async fn read_bit(&mut self) -> Result<bool, ProbeError> {
        self.bus.read_bit(&mut self.delay).map_err(failure)
    }
}

impl<P, D> core::fmt::Debug for PinBus<P, D> {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("PinBus").finish_non_exhaustive()
    }
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
