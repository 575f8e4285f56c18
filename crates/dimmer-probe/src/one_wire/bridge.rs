//! From `embedded-hal` 1.0, which boards speak, to 0.2, which `one-wire-bus` 0.1.1 does.

use core::cell::RefCell;

use embedded_hal::delay::DelayNs;
use embedded_hal::digital::{InputPin, OutputPin};

/// A pin of 1.0 as one of 0.2. Looking at a pin takes `&mut` there and `&` here, so it is in a cell; no borrow outlives a call.
#[derive(Debug)]
pub(super) struct OldPin<P>(pub(super) RefCell<P>);

impl<P: InputPin> embedded_hal_02::digital::v2::InputPin for OldPin<P> {
    type Error = P::Error;

    fn is_high(&self) -> Result<bool, P::Error> {
        self.0.borrow_mut().is_high()
    }

    fn is_low(&self) -> Result<bool, P::Error> {
        self.0.borrow_mut().is_low()
    }
}

impl<P: OutputPin> embedded_hal_02::digital::v2::OutputPin for OldPin<P> {
    type Error = P::Error;

    fn set_high(&mut self) -> Result<(), P::Error> {
        self.0.get_mut().set_high()
    }

    fn set_low(&mut self) -> Result<(), P::Error> {
        self.0.get_mut().set_low()
    }
}

/// A delay of 1.0 as one of 0.2.
#[derive(Debug)]
pub(super) struct OldDelay<D>(pub(super) D);

impl<D: DelayNs> embedded_hal_02::blocking::delay::DelayUs<u16> for OldDelay<D> {
    fn delay_us(&mut self, us: u16) {
        self.0.delay_us(us.into());
    }
}
