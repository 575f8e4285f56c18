//! The flash of a board, in a file: the configuration, and what is to outlive a restart besides.

use std::{
    cell::{Cell, RefCell},
    fs::{File, OpenOptions},
    io::{Read, Seek, SeekFrom, Write},
    ops::Range,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow, bail};
use dimmer_app::dimmer::{config::Valid, safety::AlarmSet};
use dimmer_plant::{FlashError, SimulatedFlash};
use dimmer_store::{Loaded, PasswordHash, Store, StoreError};
use embassy_futures::block_on;
use embedded_storage_async::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};

/// As on the boards with a chip: words of 4 bytes in pages of 4 KiB.
type Flash = SimulatedFlash<4, 4096>;
const SIZE: u32 = dimmer_store::PAGES * 4096;
const REGION: Range<u32> = 0..SIZE;

/// Flash whose contents are in a file, with the laws of flash.
#[derive(Debug)]
struct FlashInFile {
    flash: Flash,
    file: File,
}

/// Why the flash did not do what it was told.
#[derive(Debug)]
enum FileFlashError {
    Flash(FlashError),
    File(std::io::Error),
}

impl NorFlashError for FileFlashError {
    fn kind(&self) -> NorFlashErrorKind {
        match self {
            Self::Flash(error) => error.kind(),
            Self::File(_) => NorFlashErrorKind::Other,
        }
    }
}

impl FlashInFile {
    /// Takes over the contents of a file; a new one is erased flash.
    fn open(path: &Path) -> Result<Self> {
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false);
        let mut file = file.open(path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let size = usize::try_from(SIZE)?;
        if bytes.is_empty() {
            bytes = vec![0xff; size];
            file.write_all(&bytes)?;
            file.sync_all()?;
        }
        if bytes.len() != size {
            bail!(
                "it has {} bytes, and a store has {size}; name another file",
                bytes.len()
            );
        }
        let flash = Flash::holding(bytes);
        Ok(Self { flash, file })
    }

    /// Writes a changed part to the disk, before the next one changes: a save counts by the order of its words.
    fn write_through(&mut self, from: u32, length: usize) -> Result<(), FileFlashError> {
        let start = usize::try_from(from).unwrap_or(usize::MAX);
        let part = self.flash.bytes().get(start..start.saturating_add(length));
        let mut write = || {
            self.file.seek(SeekFrom::Start(u64::from(from)))?;
            self.file.write_all(part.unwrap_or_default())?;
            self.file.sync_data()
        };
        write().map_err(FileFlashError::File)
    }
}

impl ErrorType for FlashInFile {
    type Error = FileFlashError;
}

impl ReadNorFlash for FlashInFile {
    const READ_SIZE: usize = Flash::READ_SIZE;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), FileFlashError> {
        let read = self.flash.read(offset, bytes).await;
        read.map_err(FileFlashError::Flash)
    }

    fn capacity(&self) -> usize {
        self.flash.capacity()
    }
}

impl NorFlash for FlashInFile {
    const WRITE_SIZE: usize = Flash::WRITE_SIZE;
    const ERASE_SIZE: usize = Flash::ERASE_SIZE;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), FileFlashError> {
        let erased = self.flash.erase(from, to).await;
        erased.map_err(FileFlashError::Flash)?;
        let length = usize::try_from(to.saturating_sub(from)).unwrap_or_default();
        self.write_through(from, length)
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FileFlashError> {
        let written = self.flash.write(offset, bytes).await;
        written.map_err(FileFlashError::Flash)?;
        self.write_through(offset, bytes.len())
    }
}

/// The store of one dimmer, in a file.
#[derive(Debug)]
pub struct StoreFile {
    path: PathBuf,
    store: RefCell<Store<FlashInFile>>,
    loaded: Loaded,
    /// It was not as it was stored, and stays off until somebody has looked.
    waits_for_a_person: Cell<bool>,
}

impl StoreFile {
    /// Opens a store, or makes an empty one where there is no file, and reads everything in it.
    ///
    /// # Errors
    /// The file cannot be read or written, or is something else.
    pub fn open(path: &Path) -> Result<Self> {
        let open = || {
            let flash = FlashInFile::open(path)?;
            let mut store = Store::new(flash, REGION)?;
            let loaded = block_on(store.load()).map_err(|error| told(&error))?;
            Ok((store, loaded))
        };
        let (store, loaded) = open().map_err(|error: anyhow::Error| {
            error.context(format!("the store {} cannot be used", path.display()))
        })?;
        Ok(Self {
            path: path.to_owned(),
            store: RefCell::new(store),
            waits_for_a_person: Cell::new(loaded.needs_a_person()),
            loaded,
        })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What was in it when it was opened.
    #[must_use]
    pub const fn loaded(&self) -> &Loaded {
        &self.loaded
    }

    /// Saves a configuration.
    ///
    /// # Errors
    /// As [`Store::save`]; what was saved before stands.
    pub fn save(&self, config: &Valid) -> Result<()> {
        let saved = block_on(self.store.borrow_mut().save(config));
        saved
            .map_err(|error| told(&error))
            .with_context(|| format!("{} cannot be written", self.path.display()))?;
        Ok(())
    }

    /// Keeps the latched alarms.
    ///
    /// # Errors
    /// As [`Store::keep_alarms`].
    pub fn keep_alarms(&self, latched: AlarmSet) -> Result<()> {
        let kept = block_on(self.store.borrow_mut().keep_alarms(latched));
        kept.map_err(|error| told(&error))?;
        Ok(())
    }

    /// To be called now and then: who switches the dimmer on again has looked at damaged settings, and acknowledges them.
    ///
    /// # Errors
    /// As [`Store::acknowledge`]; it is not tried again.
    pub fn acknowledge(&self, is_switched_on: impl FnOnce() -> bool) -> Result<()> {
        if self.waits_for_a_person.get() && is_switched_on() {
            self.waits_for_a_person.set(false);
            let kept = block_on(self.store.borrow_mut().acknowledge());
            kept.map_err(|error| told(&error))?;
        }
        Ok(())
    }

    /// Keeps the energy counter.
    ///
    /// # Errors
    /// As [`Store::keep_energy`].
    pub fn keep_energy(&self, watt_hours: u64) -> Result<()> {
        let kept = block_on(self.store.borrow_mut().keep_energy(watt_hours));
        kept.map_err(|error| told(&error))?;
        Ok(())
    }

    /// Keeps the password of the page, and who may come in besides.
    ///
    /// # Errors
    /// As [`Store::keep_password`].
    pub fn keep_password(&self, bytes: &PasswordHash) -> Result<()> {
        let kept = block_on(self.store.borrow_mut().keep_password(bytes));
        kept.map_err(|error| told(&error))?;
        Ok(())
    }
}

/// In words: that of the operating system where it has one.
fn told(error: &StoreError<FileFlashError>) -> anyhow::Error {
    match error {
        StoreError::Flash(FileFlashError::File(error)) => anyhow!("{error}"),
        error => anyhow!("{error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dimmer_app::dimmer::{config::Config, safety::AlarmKind};
    use dimmer_store::Origin;

    #[test]
    fn what_was_saved_is_in_the_file_when_it_is_opened_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dimmer.flash");
        let first = StoreFile::open(&path).unwrap();
        assert_eq!(first.loaded().origin, Origin::Nothing);
        let mut config = Config::default();
        config.output.rated_watts = 1_234;
        let config = config.validate().unwrap();
        let latched = AlarmSet::EMPTY.with(AlarmKind::MainsLost);
        // More than the pages hold, so that some are erased.
        for round in 0..60 {
            let mut other = config.clone().into_inner();
            other.pool.start_centipercent = round;
            first.save(&other.validate().unwrap()).unwrap();
        }
        first.save(&config).unwrap();
        first.keep_alarms(latched).unwrap();
        let again = StoreFile::open(&path).unwrap();
        assert_eq!(again.loaded().config, config);
        assert_eq!(again.loaded().alarms, latched);
        assert_eq!(again.loaded().origin, Origin::Last);
        let length = std::fs::metadata(&path).unwrap().len();
        assert_eq!(length, u64::from(SIZE));
    }

    #[test]
    fn a_file_that_is_no_store_is_refused_and_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("letter.txt");
        std::fs::write(&path, "Dear Sir").unwrap();
        let error = format!("{:#}", StoreFile::open(&path).unwrap_err());
        assert!(
            error.contains("letter.txt cannot be used: it has 8 bytes"),
            "{error}"
        );
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "Dear Sir");
        let error = StoreFile::open(&folder.path().join("no/such/folder")).unwrap_err();
        assert!(format!("{error:#}").contains("cannot be used"));
    }
}
