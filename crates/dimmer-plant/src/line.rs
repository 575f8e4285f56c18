//! The pin and the delay that a driver gets.

use std::cell::RefCell;
use std::convert::Infallible;
use std::fmt;

use embedded_hal::digital::{ErrorType, InputPin, OutputPin};

/// A line with a pull-up resistor that a pin and devices pull low, in a time of its own.
pub trait Line {
    /// Pulls the line low, or lets it go, as an open-drain pin does.
    fn drive(&mut self, low: bool);

    /// Whether the pin sees the line high.
    fn look(&mut self) -> bool;

    /// Lets time pass while the processor waits, and longer if it is interrupted.
    fn busy_wait_ns(&mut self, ns: u64);

    /// Lets time pass.
    fn pass_ns(&mut self, ns: u64);
}

/// What has a line to a probe: the line itself, a plant, a board with a plant.
pub trait HasLine {
    /// What kind of line it is.
    type Line: Line;

    /// The line.
    fn line(&mut self) -> &mut Self::Line;
}

impl<L: Line> HasLine for L {
    type Line = Self;

    fn line(&mut self) -> &mut Self {
        self
    }
}

/// An open-drain pin on a simulated line.
pub struct LinePin<'a, T>(&'a RefCell<T>);

impl<'a, T: HasLine> LinePin<'a, T> {
    /// The pin on this line, which others may disturb meanwhile.
    #[must_use]
    pub const fn new(line: &'a RefCell<T>) -> Self {
        Self(line)
    }
}

impl<T> ErrorType for LinePin<'_, T> {
    type Error = Infallible;
}

impl<T: HasLine> OutputPin for LinePin<'_, T> {
    fn set_low(&mut self) -> Result<(), Infallible> {
        self.0.borrow_mut().line().drive(true);
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        self.0.borrow_mut().line().drive(false);
        Ok(())
    }
}

impl<T: HasLine> InputPin for LinePin<'_, T> {
    fn is_high(&mut self) -> Result<bool, Infallible> {
        Ok(self.0.borrow_mut().line().look())
    }

    fn is_low(&mut self) -> Result<bool, Infallible> {
        Ok(!self.0.borrow_mut().line().look())
    }
}

/// A delay in the time of a simulated line: it returns at once, and the time has passed.
///
/// As the blocking delay of `embedded-hal` it is a busy wait, which interrupts lengthen. As that of `embedded-hal-async` it is a timer's:
/// it is right for a test without an executor's clock.
pub struct LineDelay<'a, T>(&'a RefCell<T>);

impl<'a, T: HasLine> LineDelay<'a, T> {
    /// The delay of a processor on this line.
    #[must_use]
    pub const fn new(line: &'a RefCell<T>) -> Self {
        Self(line)
    }
}

// Derived, it would ask that a whole line can be cloned.
impl<T> Clone for LineDelay<'_, T> {
    fn clone(&self) -> Self {
        Self(self.0)
    }
}

impl<T: HasLine> embedded_hal::delay::DelayNs for LineDelay<'_, T> {
    fn delay_ns(&mut self, ns: u32) {
        self.0.borrow_mut().line().busy_wait_ns(ns.into());
    }

    fn delay_us(&mut self, us: u32) {
        self.0
            .borrow_mut()
            .line()
            .busy_wait_ns(u64::from(us) * 1_000);
    }

    fn delay_ms(&mut self, ms: u32) {
        self.0
            .borrow_mut()
            .line()
            .busy_wait_ns(u64::from(ms) * 1_000_000);
    }
}

impl<T: HasLine> embedded_hal_async::delay::DelayNs for LineDelay<'_, T> {
    async fn delay_ns(&mut self, ns: u32) {
        self.0.borrow_mut().line().pass_ns(ns.into());
    }
}

impl<T> fmt::Debug for LinePin<'_, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("LinePin").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for LineDelay<'_, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("LineDelay").finish_non_exhaustive()
    }
}
