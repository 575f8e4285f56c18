//! A probe over anything that can fetch a scratchpad.

use super::{SCRATCHPAD_LENGTH, decode_near};
use crate::{ProbeError, TemperatureProbe};

/// How often a reading is tried before it is given up.
pub const TRIES: u32 = 3;

/// Whatever can make a DS18B20 measure, and fetch its scratchpad: a 1-Wire driver on a pin, a state machine, a simulator.
#[expect(
    async_fn_in_trait,
    reason = "one executor thread on a board: no caller needs the future to be Send"
)]
pub trait ScratchpadSource {
    /// What can go wrong on the bus, told apart as far as the driver can.
    type Error: Into<ProbeError>;

    /// Starts a conversion and waits until it is done (up to
    /// [`Resolution::conversion_us`](super::Resolution::conversion_us)), without blocking.
    ///
    /// On a wire, check that the device signals the conversion (it answers 0 while busy): a command lost to noise would
    /// leave the measurement before in place, with a right checksum.
    ///
    /// # Errors
    /// The bus could not be used, no device answered its reset, or none began to convert.
    async fn convert(&mut self) -> Result<(), Self::Error>;

    /// Fetches the nine bytes as they come: they are checked by the caller.
    ///
    /// # Errors
    /// The bus could not be used, or no device answered its reset.
    async fn scratchpad(&mut self) -> Result<[u8; SCRATCHPAD_LENGTH], Self::Error>;
}

/// A DS18B20: up to [`TRIES`] tries for each reading; what is rejected is counted.
#[derive(Clone, Debug)]
pub struct Ds18b20<S> {
    source: S,
    previous_millicelsius: Option<i32>,
    rejected: u32,
    last_rejected: Option<ProbeError>,
}

impl<S: ScratchpadSource> Ds18b20<S> {
    /// A probe that has read nothing yet.
    #[must_use]
    pub const fn new(source: S) -> Self {
        Self {
            source,
            previous_millicelsius: None,
            rejected: 0,
            last_rejected: None,
        }
    }

    /// How many tries were rejected since the start, retried or not; it stops at `u32::MAX`.
    #[must_use]
    pub const fn rejected(&self) -> u32 {
        self.rejected
    }

    /// Why the last rejected try was.
    #[must_use]
    pub const fn last_rejected(&self) -> Option<ProbeError> {
        self.last_rejected
    }

    /// What the probe reads from, to set it up or to disturb it.
    pub const fn source_mut(&mut self) -> &mut S {
        &mut self.source
    }

    /// Gives back what the probe read from.
    #[must_use]
    pub fn into_source(self) -> S {
        self.source
    }

    /// Makes the device measure, if wanted, then fetches what it measured.
    async fn attempt(
        &mut self,
        convert: bool,
        previous_millicelsius: Option<i32>,
    ) -> Result<i32, ProbeError> {
        if convert {
            self.source.convert().await.map_err(Into::into)?;
        }
        let scratchpad = self.source.scratchpad().await.map_err(Into::into)?;
        let reading = decode_near(&scratchpad, previous_millicelsius)?;
        Ok(reading.millicelsius)
    }
}

impl<S: ScratchpadSource> TemperatureProbe for Ds18b20<S> {
    async fn read(&mut self) -> Result<i32, ProbeError> {
        // A reading that failed, or was dropped half-way, is no neighbour: whatever 85 °C comes next may be a probe that
        // lost its supply meanwhile.
        let previous_millicelsius = self.previous_millicelsius.take();
        let mut convert = true;
        let mut outcome = Err(ProbeError::Bus);
        for _ in 0..TRIES {
            outcome = self.attempt(convert, previous_millicelsius).await;
            let Err(error) = outcome else { break };
            self.rejected = self.rejected.saturating_add(1);
            self.last_rejected = Some(error);
            // Damage on the way leaves the measurement in the device: fetch it again. After anything else the device may
            // have restarted or be another one, and must measure first.
            convert = error != ProbeError::Checksum;
        }
        self.previous_millicelsius = outcome.ok();
        outcome
    }
}
