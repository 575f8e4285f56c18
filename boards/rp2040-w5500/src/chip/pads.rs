//! The gates' pads: which outputs can fire at all, and none after a panic.

use core::sync::atomic::{AtomicUsize, Ordering};

use embassy_rp::pac::{
    self,
    io::vals::{Oeover, Outover},
};

use super::board::GATE_PINS;

/// How many outputs fire, the first ones.
static USED: AtomicUsize = AtomicUsize::new(0);

/// How many outputs are fed. For the firing path.
pub(super) fn used() -> usize {
    USED.load(Ordering::Relaxed)
}

/// Lets so many outputs fire, the first ones. The pads of the others are driven low whatever their state machines do. For the thread.
pub(super) fn use_first(count: usize) {
    // Nothing is fed to a pad that is held.
    if count < used() {
        USED.store(count, Ordering::Relaxed);
    }
    for (place, pin) in GATE_PINS.into_iter().enumerate() {
        if place < count {
            pac::IO_BANK0.gpio(pin).ctrl().modify(|control| {
                control.set_outover(Outover::NORMAL);
                control.set_oeover(Oeover::NORMAL);
            });
        } else {
            hold_low(pin);
        }
    }
    USED.store(count, Ordering::Relaxed);
}

/// Holds all of them low: after a panic.
pub(super) fn hold_all_low() {
    GATE_PINS.into_iter().for_each(hold_low);
}

fn hold_low(pin: usize) {
    pac::IO_BANK0.gpio(pin).ctrl().modify(|control| {
        control.set_outover(Outover::LOW);
        control.set_oeover(Oeover::ENABLE);
    });
}
