//! What nobody can foresee, from the ring oscillator.

use core::cell::RefCell;

use dimmer_app::now;
use dimmer_rp2040_w5500::random::{Randomness, is_alive};
use embassy_rp::clocks::RoscRng;
use embassy_sync::blocking_mutex::{Mutex, raw::CriticalSectionRawMutex};

static READ: Mutex<CriticalSectionRawMutex, RefCell<Option<Randomness>>> =
    Mutex::new(RefCell::new(None));

/// Begins with the board's own number, and says whether the oscillator lives: without it a token could be guessed.
pub(super) fn begin(own: &[u8]) -> bool {
    READ.lock(|read| read.replace(Some(Randomness::new(own))));
    is_alive(RoscRng::next_u8)
}

/// Fills `bytes`. 32 of them take half a millisecond.
pub(super) fn fill(bytes: &mut [u8]) {
    // Taken out meanwhile: no interrupt waits for it.
    let taken = READ.lock(|read| read.borrow_mut().take());
    let mut randomness = taken.unwrap_or_else(|| Randomness::new(&[]));
    randomness.fill(now().as_ticks(), RoscRng::next_u8, bytes);
    READ.lock(|read| read.replace(Some(randomness)));
}
