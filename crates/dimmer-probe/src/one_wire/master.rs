//! Transactions: each begins with a reset, addresses one device, and ends.

use core::future::poll_fn;
use core::task::Poll;

use ds18b20::commands;

use super::{Addresses, Bus, RomAddress, RomAddressError};
use crate::ProbeError;
use crate::ds18b20::{Resolution, SCRATCHPAD_LENGTH};

/// How often a search is tried until two in a row agree.
const SEARCHES: u32 = 4;

/// The command that addresses one device (data sheet 19-7487, "ROM commands").
const MATCH: u8 = 0x55;

/// The only one on a wire who begins to speak.
pub(crate) struct Master<B> {
    bus: B,
}

impl<B: Bus> Master<B> {
    pub(super) const fn new(bus: B) -> Self {
        Self { bus }
    }

    /// Everything on the wire, as one search finds it. An interrupt that hides a bit may hide a device, too.
    async fn search_once(&mut self) -> Result<Addresses, ProbeError> {
        let mut found = Addresses::default();
        let mut is_first = true;
        while !found.more() {
            // Each takes some 15 ms, in which nothing else of the executor runs where a pin makes the slots.
            yield_now().await;
            let Some(address) = self.bus.next_address(is_first).await? else {
                break;
            };
            found.push(
                RomAddress::from_bytes(address).map_err(|error| match error {
                    // Zeros pass the checksum: a wire that was shorted meanwhile answers every question so.
                    RomAddressError::NoFamily => ProbeError::Shorted,
                    _ => ProbeError::Checksum,
                })?,
            );
            is_first = false;
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
    pub(crate) async fn command(
        &mut self,
        address: RomAddress,
        command: u8,
    ) -> Result<(), ProbeError> {
        if !self.bus.reset().await? {
            return Err(ProbeError::Absent);
        }
        let [a, b, c, d, e, f, g, h] = address.to_bytes();
        let bytes = [MATCH, a, b, c, d, e, f, g, h, command];
        self.bus.write(&bytes).await
    }

    /// Eight slots of what the addressed device says, or of nobody: ones.
    pub(crate) async fn read_byte(&mut self) -> Result<u8, ProbeError> {
        let mut byte = [0];
        self.bus.read(&mut byte).await?;
        let [byte] = byte;
        Ok(byte)
    }

    /// The nine bytes of a thermometer's scratchpad, as they come.
    pub(crate) async fn read_scratchpad(
        &mut self,
        address: RomAddress,
    ) -> Result<[u8; SCRATCHPAD_LENGTH], ProbeError> {
        self.command(address, commands::READ_SCRATCHPAD).await?;
        let mut bytes = [0; SCRATCHPAD_LENGTH];
        self.bus.read(&mut bytes).await?;
        Ok(bytes)
    }

    /// Sets the resolution until the device loses its supply, and leaves its alarm bytes as they are.
    pub(crate) async fn write_resolution(
        &mut self,
        address: RomAddress,
        [alarm_high, alarm_low]: [u8; 2],
        resolution: Resolution,
    ) -> Result<(), ProbeError> {
        self.command(address, commands::WRITE_SCRATCHPAD).await?;
        let bytes = [alarm_high, alarm_low, resolution.configuration()];
        self.bus.write(&bytes).await
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
