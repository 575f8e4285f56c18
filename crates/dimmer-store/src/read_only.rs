//! A flash that is read and not written.

use embedded_storage_async::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};

/// Lets reads through, and nothing else: what finds the flash in disorder would mend it by erasing.
pub(crate) struct ReadOnly<'a, F>(pub(crate) &'a mut F);

/// Why something was not done.
#[derive(Debug)]
pub(crate) enum ReadError<E> {
    /// The flash itself says so.
    Flash(E),
    /// It would have been written.
    WouldWrite,
}

impl<E: NorFlashError> NorFlashError for ReadError<E> {
    fn kind(&self) -> NorFlashErrorKind {
        match self {
            Self::Flash(error) => error.kind(),
            Self::WouldWrite => NorFlashErrorKind::Other,
        }
    }
}

impl<F: NorFlash> ErrorType for ReadOnly<'_, F> {
    type Error = ReadError<F::Error>;
}

impl<F: NorFlash> ReadNorFlash for ReadOnly<'_, F> {
    const READ_SIZE: usize = F::READ_SIZE;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        self.0.read(offset, bytes).await.map_err(ReadError::Flash)
    }

    fn capacity(&self) -> usize {
        self.0.capacity()
    }
}

impl<F: NorFlash> NorFlash for ReadOnly<'_, F> {
    const WRITE_SIZE: usize = F::WRITE_SIZE;
    const ERASE_SIZE: usize = F::ERASE_SIZE;

    async fn erase(&mut self, _from: u32, _to: u32) -> Result<(), Self::Error> {
        Err(ReadError::WouldWrite)
    }

    async fn write(&mut self, _offset: u32, _bytes: &[u8]) -> Result<(), Self::Error> {
        Err(ReadError::WouldWrite)
    }
}
