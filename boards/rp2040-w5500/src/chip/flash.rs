//! The flash chip: its number, and the store in its last sectors.

use core::ops::Range;

use dimmer_board::{Guard, Kept, KeptError, Silence, Unread};
use dimmer_store::PAGES;
use embassy_rp::{
    Peri,
    flash::{Blocking, ERASE_SIZE, Error, Flash},
    peripherals::FLASH,
};
use embedded_storage_async::nor_flash::{ErrorType, NorFlash, ReadNorFlash};

use super::{firing::HOLD, last_words::end, randomness, watchdog::ChipWatchdog};

/// 2 MB, as on a Pico.
const FLASH_BYTES: usize = 2 * 1024 * 1024;
/// The last 16 kB, which `memory.x` keeps the image out of.
#[expect(
    clippy::cast_possible_truncation,
    reason = "2 MB and 4 kB, computed by the compiler"
)]
const STORE: Range<u32> = {
    let end = FLASH_BYTES as u32;
    end - PAGES * ERASE_SIZE as u32..end
};

/// The store of this board.
pub(super) type BoardKept = Kept<Chip, Silence<'static, ChipWatchdog>, fn(&mut [u8])>;

/// The same before it was read.
pub(super) type BoardUnread = Unread<Chip, Silence<'static, ChipWatchdog>, fn(&mut [u8])>;

/// The flash chip. While it is written nothing runs, not even an interrupt: the code of both is in it.
pub(super) struct Chip(Flash<'static, FLASH, Blocking, FLASH_BYTES>);

impl Chip {
    pub(super) fn new(flash: Peri<'static, FLASH>) -> Self {
        Self(Flash::new_blocking(flash))
    }

    /// The number that it was born with.
    pub(super) fn number(&mut self) -> [u8; 8] {
        let mut number = [0; 8];
        if self.0.blocking_unique_id(&mut number).is_err() {
            end(format_args!("the flash chip does not tell its number"));
        }
        number
    }

    /// The store, of which nothing has been read.
    pub(super) fn store(
        self,
        guard: &'static Guard<ChipWatchdog>,
    ) -> Result<BoardUnread, KeptError> {
        let silence = Silence::new(&HOLD, guard);
        Unread::new(self, STORE, silence, randomness::fill)
    }
}

impl ErrorType for Chip {
    type Error = Error;
}

impl ReadNorFlash for Chip {
    const READ_SIZE: usize = 1;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Error> {
        self.0.blocking_read(offset, bytes)
    }

    fn capacity(&self) -> usize {
        FLASH_BYTES
    }
}

impl NorFlash for Chip {
    /// As in the store of the desktop, whose files can be read here and there.
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = ERASE_SIZE;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), Error> {
        self.0.blocking_erase(from, to)
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Error> {
        self.0.blocking_write(offset, bytes)
    }
}
