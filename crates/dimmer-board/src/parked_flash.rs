//! Flash that is written only while the gate is parked.
//!
//! The processor fetches its code from this very flash: while a sector is erased (45 ms, 400 ms at the most: W25Q16JV, section 9.6) or a page is programmed (0.4 to 3 ms)
//! nothing of it runs but the boot ROM's functions, and no interrupt either. The state machines go on by themselves: they would fire what they were fed, which is right, and then
//! nothing. So nothing could come late; but half-cycles would be missing at random. Parking makes it one pause, which begins and ends as every other pause of the firing does.

use embedded_storage_async::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};

/// Who makes the gate silent.
pub trait Park {
    /// Parks the gate until [`release`](Self::release); whether it is silent now.
    fn park(&self) -> bool;

    /// Lets it fire again, from the next half-cycle that is planned.
    fn release(&self);

    /// A sector is about to be erased: nothing else runs for up to 400 ms.
    fn erasing(&self);
}

/// Flash that parks the gate before it is written for the first time, until [`release`](Self::release).
#[derive(Debug)]
pub struct ParkedFlash<F, P: Park> {
    flash: F,
    park: P,
    is_parked: bool,
}

/// Why the flash did not do what it was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParkedFlashError<E> {
    /// The flash itself says so.
    Flash(E),
    /// The gate could not be parked: nothing was written.
    NotParked,
}

impl<E: NorFlashError> NorFlashError for ParkedFlashError<E> {
    fn kind(&self) -> NorFlashErrorKind {
        match self {
            Self::Flash(error) => error.kind(),
            Self::NotParked => NorFlashErrorKind::Other,
        }
    }
}

impl<F, P: Park> ParkedFlash<F, P> {
    /// This flash, below a gate that fires.
    pub const fn new(flash: F, park: P) -> Self {
        Self {
            flash,
            park,
            is_parked: false,
        }
    }

    /// Lets the gate fire again, if it was parked.
    pub fn release(&mut self) {
        if core::mem::take(&mut self.is_parked) {
            self.park.release();
        }
    }

    /// The flash, to be used otherwise.
    pub fn flash(self) -> F {
        self.flash
    }

    fn park<E>(&mut self) -> Result<(), ParkedFlashError<E>> {
        if !self.is_parked {
            if !self.park.park() {
                self.park.release();
                return Err(ParkedFlashError::NotParked);
            }
            self.is_parked = true;
        }
        Ok(())
    }
}

impl<F: ErrorType, P: Park> ErrorType for ParkedFlash<F, P> {
    type Error = ParkedFlashError<F::Error>;
}

impl<F: ReadNorFlash, P: Park> ReadNorFlash for ParkedFlash<F, P> {
    const READ_SIZE: usize = F::READ_SIZE;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        let read = self.flash.read(offset, bytes).await;
        read.map_err(ParkedFlashError::Flash)
    }

    fn capacity(&self) -> usize {
        self.flash.capacity()
    }
}

impl<F: NorFlash, P: Park> NorFlash for ParkedFlash<F, P> {
    const WRITE_SIZE: usize = F::WRITE_SIZE;
    const ERASE_SIZE: usize = F::ERASE_SIZE;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
        self.park()?;
        let sector = u32::try_from(F::ERASE_SIZE).unwrap_or(u32::MAX);
        let mut at = from;
        // One by one: the time without interrupts is that of one.
        while at < to {
            self.park.erasing();
            let next = at.saturating_add(sector);
            let erased = self.flash.erase(at, next).await;
            erased.map_err(ParkedFlashError::Flash)?;
            at = next;
        }
        Ok(())
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        self.park()?;
        let written = self.flash.write(offset, bytes).await;
        written.map_err(ParkedFlashError::Flash)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    extern crate std;

    use super::*;
    use core::cell::{Cell, RefCell};
    use dimmer_plant::SimulatedFlash;
    use embassy_futures::block_on;
    use std::{vec, vec::Vec};

    /// What happened to the gate, in order.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) enum Seen {
        Parked,
        Erasing,
        Released,
    }

    #[derive(Debug, Default)]
    pub(crate) struct Gate {
        pub(crate) seen: RefCell<Vec<Seen>>,
        pub(crate) is_deaf: Cell<bool>,
    }

    impl Park for &Gate {
        fn park(&self) -> bool {
            if !self.is_deaf.get() {
                self.seen.borrow_mut().push(Seen::Parked);
            }
            !self.is_deaf.get()
        }

        fn release(&self) {
            self.seen.borrow_mut().push(Seen::Released);
        }

        fn erasing(&self) {
            self.seen.borrow_mut().push(Seen::Erasing);
        }
    }

    type Flash = SimulatedFlash<4, 4096>;

    #[test]
    fn the_gate_is_parked_once_for_all_that_is_written_and_not_for_what_is_read() {
        let gate = Gate::default();
        let mut flash = ParkedFlash::new(Flash::new(4), &gate);
        let mut bytes = [0; 4];
        block_on(flash.read(0, &mut bytes)).unwrap();
        flash.release();
        assert!(gate.seen.borrow().is_empty(), "nothing was written");
        block_on(flash.write(0, &[1, 2, 3, 4])).unwrap();
        block_on(flash.erase(0, 2 * 4096)).unwrap();
        flash.release();
        let once = vec![Seen::Parked, Seen::Erasing, Seen::Erasing, Seen::Released];
        assert_eq!(*gate.seen.borrow(), once, "and each sector is announced");
        block_on(flash.read(0, &mut bytes)).unwrap();
        assert_eq!(bytes, [0xFF; 4]);
    }

    #[test]
    fn a_gate_that_does_not_fall_silent_is_not_written_under() {
        let gate = Gate::default();
        gate.is_deaf.set(true);
        let mut flash = ParkedFlash::new(Flash::new(4), &gate);
        let refused = Err(ParkedFlashError::NotParked);
        assert_eq!(block_on(flash.erase(0, 4096)), refused);
        assert_eq!(block_on(flash.write(0, &[0; 4])), refused);
        let let_go = gate
            .seen
            .borrow()
            .iter()
            .all(|seen| *seen == Seen::Released);
        assert!(let_go, "it fires again as soon as it can");
        let mut bytes = [0; 4];
        block_on(flash.read(0, &mut bytes)).unwrap();
        assert_eq!(bytes, [0xFF; 4], "nothing was written");
    }
}
