//! A 1-Wire bus whose slots hardware makes.

use std::cell::RefCell;
use std::fmt;

use dimmer_probe::ProbeError;
use dimmer_probe::one_wire::{Bus, RomSearch, Slots};

use crate::{HasLine, Line};

/// Times of the slots, nanoseconds (application note 126 of Maxim Integrated).
const SHORT_LOW_NS: u64 = 6_000;
const LONG_LOW_NS: u64 = 60_000;
const SLOT_NS: u64 = 70_000;
const LOOK_AFTER_NS: u64 = 9_000;
const RESET_LOW_NS: u64 = 480_000;
const PRESENCE_AFTER_NS: u64 = 70_000;
const AFTER_PRESENCE_NS: u64 = 410_000;

/// What makes the slots on a simulated line by itself, as a state machine of an RP2040 does: no interrupt of the processor lengthens
/// them. Noise on the line it sees as a pin does.
pub struct MachineBus<'a, T> {
    line: &'a RefCell<T>,
    search: RomSearch,
}

impl<'a, T: HasLine> MachineBus<'a, T> {
    /// The machine at this line, which others may disturb meanwhile.
    #[must_use]
    pub const fn new(line: &'a RefCell<T>) -> Self {
        let search = RomSearch::new();
        Self { line, search }
    }

    fn drive_for(&self, low: bool, ns: u64) {
        let mut owner = self.line.borrow_mut();
        let line = owner.line();
        line.drive(low);
        line.pass_ns(ns);
    }

    fn look(&self) -> bool {
        self.line.borrow_mut().line().look()
    }

    fn send(&self, bit: bool) {
        let low_ns = if bit { SHORT_LOW_NS } else { LONG_LOW_NS };
        self.drive_for(true, low_ns);
        self.drive_for(false, SLOT_NS - low_ns);
    }

    fn receive(&self) -> bool {
        self.drive_for(true, SHORT_LOW_NS);
        self.drive_for(false, LOOK_AFTER_NS);
        let bit = self.look();
        self.drive_for(false, SLOT_NS - SHORT_LOW_NS - LOOK_AFTER_NS);
        bit
    }
}

impl<T: HasLine> Bus for MachineBus<'_, T> {
    async fn reset(&mut self) -> Result<bool, ProbeError> {
        self.drive_for(true, RESET_LOW_NS);
        self.drive_for(false, PRESENCE_AFTER_NS);
        let is_low = !self.look();
        self.drive_for(false, AFTER_PRESENCE_NS);
        Ok(is_low)
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), ProbeError> {
        for byte in bytes {
            (0..8).for_each(|bit| self.send(byte >> bit & 1 == 1));
        }
        Ok(())
    }

    async fn read(&mut self, bytes: &mut [u8]) -> Result<(), ProbeError> {
        for byte in bytes {
            *byte = (0..8).fold(0, |byte, bit| byte | u8::from(self.receive()) << bit);
        }
        Ok(())
    }

    async fn next_address(&mut self, is_first: bool) -> Result<Option<[u8; 8]>, ProbeError> {
        let mut search = self.search;
        let found = search.next(self, is_first).await;
        self.search = search;
        found
    }
}

impl<T: HasLine> Slots for MachineBus<'_, T> {
    async fn write_bit(&mut self, bit: bool) -> Result<(), ProbeError> {
        self.send(bit);
        Ok(())
    }

    async fn read_bit(&mut self) -> Result<bool, ProbeError> {
        Ok(self.receive())
    }
}

impl<T> fmt::Debug for MachineBus<'_, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("MachineBus").finish_non_exhaustive()
    }
}
