//! The flash chip: the store in its partition.

use core::ops::Range;

use dimmer_board::{Guard, Kept, KeptError, Silence};
use dimmer_store::Loaded;
use embedded_storage_async::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};
use esp_bootloader_esp_idf::partitions::{self, FlashStorage};
use esp_hal::{peripherals::FLASH, rng::Rng};
use esp_storage::FlashStorageError;

use super::{firing::HOLD, watchdogs::Watchdogs};

/// The partition's name in `partitions.csv`.
const STORE: &str = "store";

/// The store of this board.
pub(super) type BoardKept<'a> = Kept<Chip, Silence<'a, Watchdogs>, fn(&mut [u8])>;

/// The flash chip. While it is written nothing runs, not even an interrupt.
pub(super) struct Chip(FlashStorage<'static>);

impl Chip {
    pub(super) fn new(flash: FLASH<'static>) -> Self {
        Self(FlashStorage::new(flash))
    }

    /// Reads the store. Nothing is written.
    pub(super) fn open(
        mut self,
        guard: &Guard<Watchdogs>,
    ) -> Result<(BoardKept<'_>, Loaded), KeptError> {
        let region = self.region().ok_or(KeptError::Layout)?;
        Kept::open(self, region, Silence::new(&HOLD, guard), random)
    }

    /// Where the partition table has the store.
    fn region(&mut self) -> Option<Range<u32>> {
        let mut table = [0; partitions::PARTITION_TABLE_MAX_LEN];
        let table = partitions::read_partition_table(&mut self.0, &mut table).ok()?;
        let store = table.iter().find(|entry| entry.label_as_str() == STORE)?;
        let end = store.offset().checked_add(store.len())?;
        Some(store.offset()..end)
    }
}

/// What nobody can foresee: noise of the analogue inputs and of the radio.
pub(super) fn random(bytes: &mut [u8]) {
    Rng::new().read(bytes);
}

/// Why the flash did not do what it was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FlashError(FlashStorageError);

impl NorFlashError for FlashError {
    fn kind(&self) -> NorFlashErrorKind {
        match self.0 {
            FlashStorageError::NotAligned => NorFlashErrorKind::NotAligned,
            FlashStorageError::OutOfBounds => NorFlashErrorKind::OutOfBounds,
            _ => NorFlashErrorKind::Other,
        }
    }
}

impl ErrorType for Chip {
    type Error = FlashError;
}

impl ReadNorFlash for Chip {
    const READ_SIZE: usize = FlashStorage::READ_SIZE;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), FlashError> {
        self.0.read_nor(offset, bytes).map_err(FlashError)
    }

    fn capacity(&self) -> usize {
        self.0.capacity()
    }
}

impl NorFlash for Chip {
    const WRITE_SIZE: usize = FlashStorage::WRITE_SIZE;
    const ERASE_SIZE: usize = FlashStorage::ERASE_SIZE;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), FlashError> {
        self.0.erase(from, to).map_err(FlashError)
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FlashError> {
        self.0.write_nor(offset, bytes).map_err(FlashError)
    }
}
