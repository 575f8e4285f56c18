//! A wire that several probes share.

use core::fmt;
use core::str::FromStr;

use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::mutex::{Mutex, MutexGuard};
use embedded_hal::delay::DelayNs;
use embedded_hal::digital::{InputPin, OutputPin};

use super::{Addresses, Master, RomAddress, RomAddressError};
use crate::ProbeError;

/// A 1-Wire bus on an open-drain pin: `set_high` releases the wire, and the pull-up resistor lifts it.
///
/// Never give it a push-pull output: a device that answers would short it. The delay makes the slots, and is to be accurate to some
/// microseconds; it blocks for at most 12 ms at a time, search aside (15 ms for each device).
///
/// Each probe on it holds a reference. While one measures (up to 750 ms) the others wait for their turn: who asks a device whether it
/// is done must not be interrupted by another transaction.
pub struct Wire<P, D>(Mutex<NoopRawMutex, Master<P, D>>);

impl<P: InputPin + OutputPin, D: DelayNs> Wire<P, D> {
    /// The wire on this pin. It is released, and nothing is sent.
    ///
    /// # Errors
    /// [`ProbeError::Bus`]: the pin cannot be set.
    pub fn new(pin: P, delay: D) -> Result<Self, ProbeError> {
        Ok(Self(Mutex::new(Master::new(pin, delay)?)))
    }

    /// The addresses of all that answer, for the user to choose from; two searches in a row agree on them.
    ///
    /// # Errors
    /// [`ProbeError::Shorted`]: the wire is held low. [`ProbeError::Checksum`]: the searches were disturbed, or did not agree. Nobody there
    /// is no error.
    pub async fn addresses(&self) -> Result<Addresses, ProbeError> {
        self.lock().await.search().await
    }

    pub(crate) async fn lock(&self) -> MutexGuard<'_, NoopRawMutex, Master<P, D>> {
        self.0.lock().await
    }
}

impl<P, D> fmt::Debug for Wire<P, D> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Wire").finish_non_exhaustive()
    }
}

/// Which device on a wire is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// The only thermometer that is there at the first reading. Another one in its place is not taken for it.
    #[default]
    Any,
    /// The one with this address.
    Address(RomAddress),
}

impl fmt::Display for Choice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => formatter.write_str("any"),
            Self::Address(address) => fmt::Display::fmt(address, formatter),
        }
    }
}

impl FromStr for Choice {
    type Err = RomAddressError;

    fn from_str(text: &str) -> Result<Self, RomAddressError> {
        if text == "any" {
            return Ok(Self::Any);
        }
        text.parse().map(Self::Address)
    }
}
