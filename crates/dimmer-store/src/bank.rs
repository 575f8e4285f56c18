//! One of the two banks: what stands in it.

use core::ops::Range;

use embedded_storage_async::nor_flash::{NorFlash, ReadNorFlash};
use sequential_storage::{
    Error,
    cache::{Cache, CacheImpl},
    map::{MapConfig, MapStorage},
};

use crate::{
    StoreError,
    commit::{Commit, Entries, Entry, ITEMS, checksum},
    content::{COMMIT_KEY, DOUBTS_KEY, Doubts, LOOKED_AT_KEY, doubts, every_key, looked_at},
    read_only::{ReadError, ReadOnly},
};

/// The newest item of a key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Item {
    pub(crate) entry: Entry,
    /// Its first byte.
    pub(crate) version: u8,
}

/// What stands in a bank.
#[derive(Clone, Debug, Default)]
pub(crate) struct Survey {
    /// The newest item of each key.
    items: heapless::Vec<Item, ITEMS>,
    /// What the newest item about it says to be in doubt.
    doubts: Doubts,
    /// What the newest item about it says that somebody has looked at.
    looked_at: Entries,
    /// The newest commit.
    pub(crate) commit: Option<Commit>,
    /// It is erased, from the first byte to the last.
    pub(crate) is_blank: bool,
    /// Not all of it could be read.
    is_torn: bool,
}

impl Survey {
    /// The newest item of a key.
    pub(crate) fn newest(&self, key: u8) -> Option<Item> {
        self.items
            .iter()
            .find(|item| item.entry.key == key)
            .copied()
    }

    /// Whether an item is the newest of its key.
    pub(crate) fn holds(&self, entry: Entry) -> bool {
        self.newest(entry.key)
            .is_some_and(|item| item.entry == entry)
    }

    /// The items that belong to the newest commit, whether they are there or not; none if it is not known.
    pub(crate) fn entries(&self) -> &[Entry] {
        let entries = self.commit.as_ref().map(|commit| &commit.entries);
        entries.and_then(Option::as_deref).unwrap_or_default()
    }

    /// Which item belongs to the newest commit, whether it is there or not.
    pub(crate) fn entry(&self, key: u8) -> Option<Entry> {
        let mut entries = self.entries().iter();
        entries.find(|entry| entry.key == key).copied()
    }

    /// The contents that are not known to be what was saved last, when all that can be read is this bank; `later` is what was saved after
    /// it, and damaged.
    pub(crate) fn doubts(&self, later: Option<&Self>) -> Doubts {
        let banks = || [Some(self), later].into_iter().flatten();
        let is_in_doubt = |key: &u8| {
            banks().any(|bank| match bank.entry(DOUBTS_KEY) {
                Some(entry) => !bank.holds(entry) || bank.doubts.contains(key),
                None => false,
            }) || self.entry(*key).is_some_and(|entry| !self.holds(entry))
                || later.is_some_and(|later| later.entry(*key) != self.entry(*key))
        };
        every_key().into_iter().filter(is_in_doubt).collect()
    }

    /// The items that cannot be used here and that somebody has looked at.
    pub(crate) fn looked_at(&self) -> &[Entry] {
        match self.entry(LOOKED_AT_KEY) {
            Some(entry) if self.holds(entry) => &self.looked_at,
            _ => &[],
        }
    }

    pub(crate) fn generation(&self) -> Option<u32> {
        self.commit.as_ref().map(|commit| commit.generation)
    }

    /// Whether its commit is of a format that is unknown here.
    pub(crate) fn is_newer(&self) -> bool {
        self.commit
            .as_ref()
            .is_some_and(|commit| commit.entries.is_none())
    }

    /// Whether everything that belongs to its commit is there.
    pub(crate) fn is_complete(&self) -> bool {
        let has_commit = self.commit.is_some() && !self.is_newer();
        has_commit && !self.is_torn && self.entries().iter().all(|entry| self.holds(*entry))
    }

    fn note(&mut self, key: u8, bytes: &[u8]) {
        if key == COMMIT_KEY {
            self.commit = Commit::read(bytes);
            return;
        }
        if key == DOUBTS_KEY {
            self.doubts = doubts(bytes);
        }
        if key == LOOKED_AT_KEY {
            self.looked_at = looked_at(bytes);
        }
        let item = Item {
            entry: Entry {
                key,
                checksum: checksum(bytes),
            },
            version: bytes.first().copied().unwrap_or(u8::MAX),
        };
        match self.items.iter_mut().find(|known| known.entry.key == key) {
            Some(known) => *known = item,
            // No store holds more.
            None => self.is_torn |= self.items.push(item).is_err(),
        }
    }
}

/// The map in a bank.
pub(crate) fn map<F: NorFlash>(
    flash: F,
    bank: Range<u32>,
) -> Option<MapStorage<u8, F, impl CacheImpl<u8>>> {
    // `Store::new` has looked at the layout.
    let config = MapConfig::try_new(bank).ok()?;
    Some(MapStorage::new(flash, config, Cache::new_uncached()))
}

/// Goes through all items of a bank, the older ones first, and says whether it could read to the end. It writes nothing.
///
/// # Errors
/// The flash cannot be read.
pub(crate) async fn visit<F: NorFlash>(
    flash: &mut F,
    bank: Range<u32>,
    work: &mut [u8],
    mut visitor: impl FnMut(u8, &[u8]),
) -> Result<bool, StoreError<F::Error>> {
    let Some(mut map) = map(ReadOnly(flash), bank) else {
        return Ok(false);
    };
    let mut items = match map.fetch_all_items(work).await {
        Ok(items) => items,
        Err(error) => return in_disorder(error),
    };
    loop {
        match items.next::<&[u8]>(work).await {
            Ok(Some((key, bytes))) => visitor(key, bytes),
            Ok(None) => return Ok(true),
            Err(error) => return in_disorder(error),
        }
    }
}

/// Tells a flash that fails from one that holds what makes no sense.
fn in_disorder<E>(error: Error<ReadError<E>>) -> Result<bool, StoreError<E>> {
    match error {
        Error::Storage {
            value: ReadError::Flash(error),
            ..
        } => Err(StoreError::Flash(error)),
        _ => Ok(false),
    }
}

/// Looks at everything in a bank.
///
/// # Errors
/// The flash cannot be read.
pub(crate) async fn survey<F: NorFlash>(
    flash: &mut F,
    bank: Range<u32>,
    work: &mut [u8],
    survey: &mut Survey,
) -> Result<(), StoreError<F::Error>> {
    *survey = Survey::default();
    let whole = visit(flash, bank.clone(), work, |key, bytes| {
        survey.note(key, bytes);
    });
    survey.is_torn |= !whole.await?;
    let has_something = survey.commit.is_some() || !survey.items.is_empty();
    survey.is_blank = !has_something && is_erased(flash, bank, work).await?;
    Ok(())
}

async fn is_erased<F: ReadNorFlash>(
    flash: &mut F,
    bank: Range<u32>,
    work: &mut [u8],
) -> Result<bool, StoreError<F::Error>> {
    // A part of every page's size and every word's.
    const PART: u32 = 256;
    let Some((part, _)) = work.split_first_chunk_mut::<{ PART as usize }>() else {
        return Ok(false);
    };
    let mut address = bank.start;
    while address < bank.end {
        let read = flash.read(address, part).await;
        read.map_err(StoreError::Flash)?;
        if part.iter().any(|byte| *byte != 0xff) {
            return Ok(false);
        }
        address = address.saturating_add(PART);
    }
    Ok(true)
}
