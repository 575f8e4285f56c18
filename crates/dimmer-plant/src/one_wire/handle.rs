//! The pin and the delay that a driver gets.

use std::cell::RefCell;
use std::convert::Infallible;
use std::fmt;

use embedded_hal::digital::{ErrorType, InputPin, OutputPin};

use super::SimulatedWire;

/// What has a simulated wire: the wire itself, a plant, a board with a plant.
pub trait HasWire {
    /// The wire.
    fn wire(&mut self) -> &mut SimulatedWire;
}

impl HasWire for SimulatedWire {
    fn wire(&mut self) -> &mut SimulatedWire {
        self
    }
}

/// An open-drain pin on a simulated wire.
pub struct WirePin<'a, T>(&'a RefCell<T>);

impl<'a, T: HasWire> WirePin<'a, T> {
    /// The pin on this wire, which others may disturb meanwhile.
    #[must_use]
    pub const fn new(wire: &'a RefCell<T>) -> Self {
        Self(wire)
    }
}

impl<T> ErrorType for WirePin<'_, T> {
    type Error = Infallible;
}

impl<T: HasWire> OutputPin for WirePin<'_, T> {
    fn set_low(&mut self) -> Result<(), Infallible> {
        self.0.borrow_mut().wire().drive(true);
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        self.0.borrow_mut().wire().drive(false);
        Ok(())
    }
}

impl<T: HasWire> InputPin for WirePin<'_, T> {
    fn is_high(&mut self) -> Result<bool, Infallible> {
        Ok(self.0.borrow_mut().wire().look())
    }

    fn is_low(&mut self) -> Result<bool, Infallible> {
        Ok(!self.0.borrow_mut().wire().look())
    }
}

/// A delay in the time of a simulated wire: it returns at once, and the time has passed.
///
/// As the blocking delay of `embedded-hal` it is a busy wait, which interrupts lengthen. As that of `embedded-hal-async` it is a timer's:
/// it is right for a test without an executor's clock.
pub struct WireDelay<'a, T>(&'a RefCell<T>);

impl<'a, T: HasWire> WireDelay<'a, T> {
    /// The delay of a processor on this wire.
    #[must_use]
    pub const fn new(wire: &'a RefCell<T>) -> Self {
        Self(wire)
    }
}

impl<T: HasWire> embedded_hal::delay::DelayNs for WireDelay<'_, T> {
    fn delay_ns(&mut self, ns: u32) {
        self.0.borrow_mut().wire().busy_wait_ns(ns.into());
    }

    fn delay_us(&mut self, us: u32) {
        self.0
            .borrow_mut()
            .wire()
            .busy_wait_ns(u64::from(us) * 1_000);
    }

    fn delay_ms(&mut self, ms: u32) {
        self.0
            .borrow_mut()
            .wire()
            .busy_wait_ns(u64::from(ms) * 1_000_000);
    }
}

impl<T: HasWire> embedded_hal_async::delay::DelayNs for WireDelay<'_, T> {
    async fn delay_ns(&mut self, ns: u32) {
        self.0.borrow_mut().wire().pass_ns(ns.into());
    }
}

impl<T> fmt::Debug for WirePin<'_, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("WirePin").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for WireDelay<'_, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("WireDelay").finish_non_exhaustive()
    }
}
