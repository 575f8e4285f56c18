//! A probe over anything that can fetch a scratchpad.

use embedded_hal_async::delay::DelayNs;

use super::{OnWire, Resolution, SCRATCHPAD_LENGTH, decode_near};
use crate::one_wire::{Bus, Choice, RomAddress, Wire};
use crate::steadiness::{Measure, Steadiness, steady};
use crate::{Diagnostics, ProbeError, TemperatureProbe};

/// How often a reading is tried before it is given up, by default.
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

    /// As [`TemperatureProbe::choose`]; whether it is another choice than before. A source with one device has none.
    fn choose(&mut self, _choice: Option<Choice>) -> bool {
        false
    }

    /// The address of the device in use, once it was found.
    fn address(&self) -> Option<RomAddress> {
        None
    }
}

/// How a probe is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How finely it measures, and how long that takes.
    pub resolution: Resolution,
    /// How often a reading is tried before it is given up, at least once.
    pub tries: u32,
    /// How far a reading may be from the one before, in millicelsius. One that is further is measured two more times, and the
    /// median of the three counts, if another one is within this of it.
    pub maximum_jump_millicelsius: u32,
}

impl Default for Settings {
    /// 12 bits, [`TRIES`] tries, 5 °C: no tank's water moves that far between two readings.
    fn default() -> Self {
        Self {
            resolution: Resolution::Bits12,
            tries: TRIES,
            maximum_jump_millicelsius: 5_000,
        }
    }
}

/// A DS18B20: each reading is fetched twice, tried a few times, and confirmed if it jumps; what is rejected is counted.
#[derive(Clone, Debug)]
pub struct Ds18b20<S> {
    source: S,
    settings: Settings,
    /// The good reading directly before, beside which 85 °C is believed.
    neighbour_millicelsius: Option<i32>,
    steadiness: Steadiness,
}

impl<'wire, B: Bus, A: DelayNs> Ds18b20<OnWire<'wire, B, A>> {
    /// A probe on a wire that has read nothing yet; conversions are waited for with `wait`.
    #[must_use]
    pub fn on(wire: &'wire Wire<B>, wait: A, choice: Choice, settings: Settings) -> Self {
        let source = OnWire::new(wire, wait, choice, settings.resolution);
        Self::with_settings(source, settings)
    }

    /// The same for one look at a device that a search found: those that are read do not mind it.
    #[must_use]
    pub fn beside(wire: &'wire Wire<B>, wait: A, address: RomAddress, settings: Settings) -> Self {
        let choice = Choice::Address(address);
        let source = OnWire::beside(wire, wait, choice, settings.resolution);
        Self::with_settings(source, settings)
    }

    /// The address of the device in use, once it was found.
    #[must_use]
    pub const fn address(&self) -> Option<RomAddress> {
        self.source.address()
    }
}

impl<S: ScratchpadSource> Ds18b20<S> {
    /// A probe that has read nothing yet, with the default settings.
    #[must_use]
    pub fn new(source: S) -> Self {
        Self::with_settings(source, Settings::default())
    }

    /// A probe that has read nothing yet. The resolution is the source's affair.
    #[must_use]
    pub const fn with_settings(source: S, settings: Settings) -> Self {
        Self {
            source,
            settings,
            neighbour_millicelsius: None,
            steadiness: Steadiness::new(settings.maximum_jump_millicelsius),
        }
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

    /// Makes the device measure, unless it has, then fetches twice what it measured. The checksum of eight bits lets one of 256
    /// mutilated scratchpads pass; it takes the same mutilation twice to pass here.
    async fn attempt(
        &mut self,
        measured: &mut bool,
        neighbour_millicelsius: Option<i32>,
    ) -> Result<i32, ProbeError> {
        if !*measured {
            self.source.convert().await.map_err(Into::into)?;
            *measured = true;
        }
        let scratchpad = self.source.scratchpad().await.map_err(Into::into)?;
        let reading = decode_near(&scratchpad, neighbour_millicelsius)?;
        let again = self.source.scratchpad().await.map_err(Into::into)?;
        if scratchpad != again {
            return Err(ProbeError::Checksum);
        }
        Ok(reading.millicelsius)
    }

    /// One measurement, tried as often as the settings say.
    async fn measure_with_tries(
        &mut self,
        neighbour_millicelsius: Option<i32>,
    ) -> Result<i32, ProbeError> {
        let mut measured = false;
        let mut tries_left = self.settings.tries.max(1);
        loop {
            let outcome = self.attempt(&mut measured, neighbour_millicelsius).await;
            let Err(error) = outcome else { return outcome };
            self.steadiness.diagnostics.reject(error);
            tries_left -= 1;
            if tries_left == 0 {
                return outcome;
            }
            // Damage on the way leaves the measurement in the device: fetch it again. After anything else the device may
            // have restarted or be another one, and must measure first.
            measured &= error == ProbeError::Checksum;
        }
    }
}

impl<S: ScratchpadSource> Measure for Ds18b20<S> {
    async fn measure(&mut self, neighbour_millicelsius: Option<i32>) -> Result<i32, ProbeError> {
        self.measure_with_tries(neighbour_millicelsius).await
    }

    fn steadiness(&mut self) -> &mut Steadiness {
        &mut self.steadiness
    }
}

impl<S: ScratchpadSource> TemperatureProbe for Ds18b20<S> {
    async fn read(&mut self) -> Result<i32, ProbeError> {
        // A reading that failed, or was dropped half-way, is no neighbour: whatever 85 °C comes next may be a probe that
        // lost its supply meanwhile.
        let neighbour = self.neighbour_millicelsius.take();
        let outcome = steady(self, neighbour).await;
        self.neighbour_millicelsius = outcome.ok();
        outcome
    }

    fn diagnostics(&self) -> Diagnostics {
        self.steadiness.diagnostics
    }

    fn choose(&mut self, choice: Option<Choice>) {
        if self.source.choose(choice) {
            // Of another device nothing is known.
            self.neighbour_millicelsius = None;
            self.steadiness.forget();
        }
    }

    fn address(&self) -> Option<RomAddress> {
        self.source.address()
    }
}
