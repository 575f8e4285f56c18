//! DHT11 and DHT22 (AM2302), for the air of a room or a cabinet. They are too slow, too coarse and too easily disturbed to decide over
//! water.
//!
//! The 40 bits are read by [`dht_sensor`]: on `embedded-hal` 1.0, with a limit on every wait and without a panic; its start signal is awaited, and
//! some 5 ms are blocking. Of the other kept driver, `embedded-dht-rs` 0.5.0, the wait for the start blocks for 18 ms, each
//! of its waits may take 10 ms, and a pin that fails is a panic.
//!
//! A DHT measures when it is asked, and answers with what it measured when it was asked before: a reading is as old as the one before it.
//!
//! Source of format and ranges: Aosong, *DHT11* and *AM2302 (DHT22)* data sheets. The checksum is a sum of bytes: it finds every single wrong
//! bit, and not every pair; what it lets pass has still to be in range, and near the reading before.

use dht_sensor::{DhtError, dht11, dht22};
use embedded_hal::delay::DelayNs;
use embedded_hal::digital::{InputPin, OutputPin};
use embedded_hal_async::delay::DelayNs as AsyncDelayNs;

use crate::steadiness::{Measure, Steadiness, steady};
use crate::{Diagnostics, ProbeError, TemperatureProbe};

/// Which of the two it is: they differ in range and format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// Whole degrees, -20 to 60 °C (older ones 0 to 50).
    Dht11,
    /// Tenths of a degree, -40 to 80 °C.
    Dht22,
}

impl Model {
    /// The coldest and the hottest that it measures, in millicelsius.
    #[must_use]
    pub const fn range_millicelsius(self) -> (i32, i32) {
        match self {
            Self::Dht11 => (-20_000, 60_000),
            Self::Dht22 => (-40_000, 80_000),
        }
    }

    /// The shortest time from one reading to the next, in milliseconds: asked sooner, the device does not answer.
    #[must_use]
    pub const fn pause_ms(self) -> u32 {
        match self {
            Self::Dht11 => 1_000,
            Self::Dht22 => 2_000,
        }
    }
}

/// How a probe is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How often a reading is tried before it is given up, at least once, with [`Model::pause_ms`] between the tries.
    pub tries: u32,
    /// How far a reading may be from the one before, in millicelsius. One that is further is measured two more times, and the
    /// median of the three counts, if another one is within this of it.
    pub maximum_jump_millicelsius: u32,
}

impl Default for Settings {
    /// 3 tries, 5 °C.
    fn default() -> Self {
        Self {
            tries: 3,
            maximum_jump_millicelsius: 5_000,
        }
    }
}

/// A DHT11 or DHT22 on an open-drain pin with a pull-up resistor.
///
/// Leave [`Model::pause_ms`] between two readings.
#[derive(Debug)]
pub struct Dht<P, D, A> {
    model: Model,
    pin: P,
    delays: Delays<D, A>,
    tries: u32,
    steadiness: Steadiness,
}

impl<P, D, A> Dht<P, D, A>
where
    P: InputPin + OutputPin,
    D: DelayNs,
    A: AsyncDelayNs,
{
    /// A probe that has read nothing yet: `delay` makes the slots, `wait` everything longer. The pin is released.
    ///
    /// # Errors
    /// [`ProbeError::Bus`]: the pin cannot be set.
    pub fn new(
        model: Model,
        mut pin: P,
        delay: D,
        wait: A,
        settings: Settings,
    ) -> Result<Self, ProbeError> {
        pin.set_high().map_err(|_| ProbeError::Bus)?;
        Ok(Self {
            model,
            pin,
            delays: Delays { delay, wait },
            tries: settings.tries.max(1),
            steadiness: Steadiness::new(settings.maximum_jump_millicelsius),
        })
    }

    async fn attempt(&mut self) -> Result<i32, ProbeError> {
        // A wire that is held low would look like one on which nobody answers.
        if self.pin.is_low().map_err(|_| ProbeError::Bus)? {
            return Err(ProbeError::Shorted);
        }
        let Self { pin, delays, .. } = self;
        let (millicelsius, humidity_percent) = match self.model {
            Model::Dht11 => {
                let reading = dht11::r#async::read(delays, pin).await;
                let reading = reading.map_err(failure)?;
                let millicelsius = i32::from(reading.temperature) * 1_000;
                (millicelsius, f32::from(reading.relative_humidity))
            }
            Model::Dht22 => {
                let reading = dht22::r#async::read(delays, pin).await;
                let reading = reading.map_err(failure)?;
                let millicelsius = tenths(reading.temperature) * 100;
                (millicelsius, reading.relative_humidity)
            }
        };
        let (minimum, maximum) = self.model.range_millicelsius();
        // Forty zeros have a right checksum, and no air is that dry.
        if millicelsius == 0 && humidity_percent == 0.0 {
            return Err(ProbeError::Checksum);
        }
        if !(minimum..=maximum).contains(&millicelsius) || humidity_percent > 100.0 {
            return Err(ProbeError::OutOfRange);
        }
        Ok(millicelsius)
    }
}

impl<P, D, A> Measure for Dht<P, D, A>
where
    P: InputPin + OutputPin,
    D: DelayNs,
    A: AsyncDelayNs,
{
    async fn measure(&mut self, neighbour_millicelsius: Option<i32>) -> Result<i32, ProbeError> {
        // A second measurement of the same reading comes too soon without a pause.
        let mut soon = neighbour_millicelsius.is_some();
        let mut tries_left = self.tries;
        loop {
            if soon {
                self.delays.wait.delay_ms(self.model.pause_ms()).await;
            }
            soon = true;
            let outcome = self.attempt().await;
            let Err(error) = outcome else { return outcome };
            // However it ended: the next one begins with a released wire.
            self.pin.set_high().map_err(|_| ProbeError::Bus)?;
            self.steadiness.diagnostics.reject(error);
            tries_left -= 1;
            if tries_left == 0 {
                return outcome;
            }
        }
    }

    fn steadiness(&mut self) -> &mut Steadiness {
        &mut self.steadiness
    }
}

impl<P, D, A> TemperatureProbe for Dht<P, D, A>
where
    P: InputPin + OutputPin,
    D: DelayNs,
    A: AsyncDelayNs,
{
    async fn read(&mut self) -> Result<i32, ProbeError> {
        steady(self, None).await
    }

    fn diagnostics(&self) -> Diagnostics {
        self.steadiness.diagnostics
    }
}

/// The nearest tenth. The driver divides whole tenths by ten, so that nothing is lost.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a 16-bit number of tenths, and the cast saturates"
)]
fn tenths(celsius: f32) -> i32 {
    let half = if celsius < 0.0 { -0.5 } else { 0.5 };
    (celsius * 10.0 + half) as i32
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "given to map_err, which hands over what it has"
)]
fn failure<E>(error: DhtError<E>) -> ProbeError {
    match error {
        DhtError::PinError(_) => ProbeError::Bus,
        DhtError::ChecksumMismatch => ProbeError::Checksum,
        DhtError::Timeout => ProbeError::Absent,
    }
}

/// The driver wants both kinds of delay in one.
#[derive(Debug)]
struct Delays<D, A> {
    delay: D,
    wait: A,
}

impl<D: DelayNs, A> DelayNs for Delays<D, A> {
    fn delay_ns(&mut self, ns: u32) {
        self.delay.delay_ns(ns);
    }

    fn delay_us(&mut self, us: u32) {
        self.delay.delay_us(us);
    }

    fn delay_ms(&mut self, ms: u32) {
        self.delay.delay_ms(ms);
    }
}

impl<D, A: AsyncDelayNs> AsyncDelayNs for Delays<D, A> {
    async fn delay_ns(&mut self, ns: u32) {
        self.wait.delay_ns(ns).await;
    }

    async fn delay_us(&mut self, us: u32) {
        self.wait.delay_us(us).await;
    }

    async fn delay_ms(&mut self, ms: u32) {
        self.wait.delay_ms(ms).await;
    }
}
