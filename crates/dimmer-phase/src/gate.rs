//! The seam to whatever drives the triac's gate.

use crate::HalfCycle;

/// The hardware (or the simulation) that turns planned half-cycles into gate pulses.
///
/// # Laws
/// An implementation is correct when all of these hold; they are what keeps a crashed processor
/// from being a hot heater.
///
/// 1. **Fed ahead.** [`feed`](Gate::feed) is called before the half-cycle's
///    [`start`](HalfCycle::start), at most about 1.5 half-cycles before it, in order, and once for
///    each half-cycle that is to be fired. The pulses come from the hardware's own timeline,
///    measured from `start`; no interrupt of the zero-cross detector starts one.
/// 2. **Falls silent.** A half-cycle that was not fed gets no pulse. Nothing repeats by itself:
///    when feeding stops, for whatever reason, the pin is off from the end of the last half-cycle
///    that was fed.
/// 3. **Never late.** A pulse whose time has passed when it reaches the hardware is dropped, not
///    fired late. A pulse is never longer than its planned width.
/// 4. **Park.** [`park`](Gate::park) forgets every pulse that was fed and not yet fired, and forces
///    the pin off at once, one that is being fired included. It cannot fail, may be called at any
///    time and any number of times; the next `feed` ends it.
/// 5. **Off at reset.** From power-on until the first `feed` the pin is off.
pub trait Gate<const CHANNELS: usize> {
    /// Why a half-cycle could not be taken (its time has passed, or the timeline is full).
    type Error;

    /// Takes one half-cycle's pulses into the timeline.
    ///
    /// # Errors
    /// When the half-cycle cannot be fired as planned. It is then not fired at all: the caller
    /// counts it and goes on with the next.
    fn feed(&mut self, half_cycle: &HalfCycle<CHANNELS>) -> Result<(), Self::Error>;

    /// Forgets all fed pulses and forces every channel's pin off.
    fn park(&mut self);
}
