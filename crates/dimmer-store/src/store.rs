//! Reading everything, and saving some of it as a whole.

mod saving;

use core::ops::Range;

use dimmer_config::{Config, ENCODED_CAPACITY, SECTION_CAPACITY, Section, Valid};
use dimmer_safety::AlarmSet;
use embedded_storage_async::nor_flash::NorFlash;

use crate::{
    Content, Found, LayoutError, Loaded, Origin, PASSWORD_CAPACITY, PasswordHash, StoreError,
    bank::{self, Survey},
    commit::{COMMIT_CAPACITY, ENTRY, Entries, Entry, checksum},
    content::{self, Doubts},
};
use saving::Change;

/// Two banks: what was saved last stands in one while the other is written.
pub const BANKS: u32 = 2;
/// The pages of a store on flash with pages of 4096 bytes: 16 KiB.
pub const PAGES: u32 = 4;

/// The longest item, with its key and what aligns it to words of up to 32 bytes.
const WORK: usize = SECTION_CAPACITY + 64;

/// What an item takes besides its bytes: header and key, and what aligns each of both to words of up to 8 bytes.
const OVERHEAD: usize = 8 + 1 + 7;
/// What everything takes at most.
const NEEDED: usize = ENCODED_CAPACITY
    + (Section::ALL.len() + 6) * OVERHEAD
    + COMMIT_CAPACITY
    + (1 + PASSWORD_CAPACITY)
    + 2 * 9
    + (1 + content::COUNT)
    + (1 + content::COUNT * ENTRY);

/// What a save did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Saved {
    /// So many items were written, the commit among them; none if everything stood there already.
    pub items: usize,
}

/// What is read of both banks, and which one counts.
#[derive(Default)]
struct State {
    surveys: [Survey; BANKS as usize],
    origin: Origin,
    /// The bank that counts, if one does.
    current: Option<usize>,
    /// Something was stored, and nothing is left of it.
    is_lost: bool,
    /// What is not known to be what was saved last.
    doubts: Doubts,
}

/// A configuration, and what is kept besides, in a region of flash.
///
/// It may write and erase while a heater runs only as far as the flash allows: on most chips nothing else runs meanwhile, so the board parks
/// the gate first. [`load`](Self::load) never writes.
#[derive(Debug)]
pub struct Store<F> {
    flash: F,
    banks: [Range<u32>; BANKS as usize],
    work: [u8; WORK],
    item: [u8; SECTION_CAPACITY],
    /// The sections that could be read at the last load, and not be used.
    unused: Entries,
}

impl<F: NorFlash> Store<F> {
    /// A store in this region, which nothing else uses. Nothing is read yet.
    ///
    /// # Errors
    /// [`LayoutError`]: what is wrong with the region.
    pub fn new(flash: F, region: Range<u32>) -> Result<Self, LayoutError> {
        let page = u32::try_from(F::ERASE_SIZE).map_err(|_| LayoutError::NotAligned)?;
        let (start, end) = (region.start, region.end);
        if page == 0 || !start.is_multiple_of(page) || !end.is_multiple_of(page) {
            return Err(LayoutError::NotAligned);
        }
        let pages = end.saturating_sub(start) / page;
        let pages_of_bank = pages / BANKS;
        if pages < PAGES || !pages.is_multiple_of(BANKS) {
            return Err(LayoutError::Pages);
        }
        let words = F::WRITE_SIZE.max(F::READ_SIZE).saturating_mul(2);
        let room = F::ERASE_SIZE.saturating_sub(words);
        let used = usize::try_from(pages_of_bank.saturating_sub(1)).unwrap_or(usize::MAX);
        if room.saturating_mul(used) < NEEDED || room < WORK {
            return Err(LayoutError::TooSmall { needed: NEEDED });
        }
        if usize::try_from(end).map_or(true, |end| end > flash.capacity()) {
            return Err(LayoutError::BeyondEnd);
        }
        let middle = start.saturating_add(pages_of_bank.saturating_mul(page));
        Ok(Self {
            flash,
            banks: [start..middle, middle..end],
            work: [0; WORK],
            item: [0; SECTION_CAPACITY],
            unused: Entries::new(),
        })
    }

    /// The flash.
    pub fn flash(&mut self) -> &mut F {
        &mut self.flash
    }

    /// The flash, to be used otherwise.
    pub fn into_flash(self) -> F {
        self.flash
    }

    /// Reads everything. Whatever stands in flash gives a configuration that a dimmer takes, and says of each part what was found.
    ///
    /// # Errors
    /// Only [`StoreError::Flash`]: the flash cannot be read at all.
    pub async fn load(&mut self) -> Result<Loaded, StoreError<F::Error>> {
        let mut loaded = Loaded::default();
        self.load_into(&mut loaded).await?;
        Ok(loaded)
    }

    /// The same in place of what was loaded before: for who has no room for both on the stack.
    ///
    /// # Errors
    /// As [`load`](Self::load); in place are defaults then, which need a person.
    pub async fn load_into(&mut self, loaded: &mut Loaded) -> Result<(), StoreError<F::Error>> {
        let read = self.read_into(loaded).await;
        if read.is_err() {
            // Half of it may stand there, as if that were all.
            loaded.begin(Origin::Remains, Found::Damaged);
        }
        read
    }

    async fn read_into(&mut self, loaded: &mut Loaded) -> Result<(), StoreError<F::Error>> {
        let mut state = State::default();
        self.look(&mut state).await?;
        let found = match (state.origin, state.is_lost) {
            (Origin::NewerFirmware, _) => Found::Newer,
            (_, true) => Found::Damaged,
            (_, false) => Found::Nothing,
        };
        loaded.begin(state.origin, found);
        self.unused.clear();
        let Some((survey, bank)) = state.current.and_then(|place| self.bank(&state, place)) else {
            return Ok(());
        };
        for entry in survey.entries() {
            if let Some(content) = Content::from_key(entry.key) {
                // Until it is read.
                loaded.note(content, Found::Damaged);
            }
        }
        let mut config = Config::default();
        let visitor = |key, bytes: &[u8]| {
            let entry = Entry {
                key,
                checksum: checksum(bytes),
            };
            if !survey.entries().contains(&entry) {
                return;
            }
            if let Some(content) = Content::from_key(key) {
                let found = take(content, bytes, &mut config, loaded);
                loaded.note(content, found);
            }
        };
        bank::visit(&mut self.flash, bank, &mut self.work, visitor).await?;
        let faults = config.rescue_into(&mut loaded.config);
        for (section, invalid) in faults {
            // One that has its default already says why.
            if loaded.found(Content::Section(section)) == Found::Stored {
                loaded.note(Content::Section(section), Found::Invalid(invalid));
                // There is room for everything once.
                let _ = survey
                    .entry(section.key())
                    .map(|entry| self.unused.push(entry));
            }
        }
        for content in Content::ALL {
            let is_in_doubt = state.doubts.contains(&content.key());
            match loaded.found(content) {
                Found::Stored if is_in_doubt => loaded.note(content, Found::InDoubt),
                Found::Nothing if is_in_doubt => loaded.note(content, Found::Damaged),
                Found::Newer | Found::Invalid(_) => {
                    let item = survey.entry(content.key());
                    if item.is_some_and(|item| survey.looked_at().contains(&item)) {
                        loaded.note_looked_at(content);
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Saves the configuration: the sections that changed, and all of them or none.
    ///
    /// A section that a newer firmware stored, or that could not be used when it was loaded, stays as it is, for as long as it has its
    /// default here.
    ///
    /// # Errors
    /// [`StoreError`]; what was saved before stands.
    pub async fn save(&mut self, config: &Valid) -> Result<Saved, StoreError<F::Error>> {
        self.change(Change::Config(config)).await
    }

    /// Keeps the latched alarms over a reset.
    ///
    /// # Errors
    /// As [`save`](Self::save).
    pub async fn keep_alarms(&mut self, latched: AlarmSet) -> Result<Saved, StoreError<F::Error>> {
        let bytes: heapless::Vec<u8, 3> = content::small(&latched.bits().to_le_bytes());
        self.change(Change::Small(Content::Alarms, &bytes)).await
    }

    /// Keeps the energy counter. Once an hour is often enough, and wears nothing out.
    ///
    /// # Errors
    /// As [`save`](Self::save).
    pub async fn keep_energy(&mut self, watt_hours: u64) -> Result<Saved, StoreError<F::Error>> {
        let bytes: heapless::Vec<u8, 9> = content::small(&watt_hours.to_le_bytes());
        self.change(Change::Small(Content::Energy, &bytes)).await
    }

    /// Keeps the hash of the password for the page.
    ///
    /// # Errors
    /// As [`save`](Self::save).
    pub async fn keep_password(
        &mut self,
        hash: &PasswordHash,
    ) -> Result<Saved, StoreError<F::Error>> {
        let bytes: heapless::Vec<u8, { 1 + PASSWORD_CAPACITY }> = content::small(hash);
        self.change(Change::Small(Content::Password, &bytes)).await
    }

    /// Somebody has looked at the settings as the last [`load`](Self::load) gave them, and they are to be what counts: nothing is in doubt any
    /// more, and what could not be used [needs nobody](Loaded::needs_a_person) any more; it stays in store. The password stays in doubt,
    /// which says who may look: only another one ends that.
    ///
    /// # Errors
    /// As [`save`](Self::save).
    pub async fn acknowledge(&mut self) -> Result<Saved, StoreError<F::Error>> {
        self.change(Change::Acknowledged).await
    }

    /// Erases everything, also what a newer firmware stored. Cut by a loss of power, it leaves what was saved last, or nothing.
    ///
    /// # Errors
    /// [`StoreError::Flash`].
    pub async fn erase(&mut self) -> Result<(), StoreError<F::Error>> {
        let mut state = State::default();
        self.look(&mut state).await?;
        let last = state.current.unwrap_or(1);
        for place in [1_usize.saturating_sub(last), last] {
            if let Some((_, bank)) = self.bank(&state, place) {
                let erased = self.flash.erase(bank.start, bank.end).await;
                erased.map_err(StoreError::Flash)?;
            }
        }
        Ok(())
    }

    fn bank<'s>(&self, state: &'s State, place: usize) -> Option<(&'s Survey, Range<u32>)> {
        Some((state.surveys.get(place)?, self.banks.get(place)?.clone()))
    }

    /// Looks at both banks. The state is filled in its place, as it is large for a stack.
    async fn look(&mut self, state: &mut State) -> Result<(), StoreError<F::Error>> {
        let [first, second] = self.banks.clone();
        let [in_first, in_second] = &mut state.surveys;
        bank::survey(&mut self.flash, first, &mut self.work, in_first).await?;
        bank::survey(&mut self.flash, second, &mut self.work, in_second).await?;
        let [first, second] = &state.surveys;
        // A bank without a commit is older than any with one.
        let newest = usize::from(second.generation() > first.generation());
        let (new, old) = if newest == 0 {
            (first, second)
        } else {
            (second, first)
        };
        let (origin, current) = if new.is_newer() {
            (Origin::NewerFirmware, None)
        } else if new.is_complete() {
            (Origin::Last, Some(newest))
        } else if old.is_complete() {
            (Origin::BeforeLast, Some(1_usize.saturating_sub(newest)))
        } else if new.commit.is_some() {
            (Origin::Remains, Some(newest))
        } else if first.is_blank || second.is_blank {
            // The first save leaves one bank as it was.
            (Origin::Nothing, None)
        } else {
            (Origin::Remains, None)
        };
        let is_lost = origin == Origin::Remains && current.is_none();
        state.doubts = match origin {
            Origin::Last => new.doubts(None),
            Origin::BeforeLast => old.doubts(Some(new)),
            Origin::Remains if current.is_some() => new.doubts(None),
            Origin::Remains => content::every_key(),
            Origin::Nothing | Origin::NewerFirmware => Doubts::new(),
        };
        (state.origin, state.current, state.is_lost) = (origin, current, is_lost);
        Ok(())
    }
}

/// Takes the bytes of a content, and says what was found.
fn take(content: Content, bytes: &[u8], config: &mut Config, loaded: &mut Loaded) -> Found {
    let outcome = match content {
        Content::Section(section) => section.decode(config, bytes).map_err(|error| match error {
            dimmer_config::DecodeError::Newer => Found::Newer,
            _ => Found::Damaged,
        }),
        _ => loaded.take(content, bytes),
    };
    outcome.err().unwrap_or(Found::Stored)
}

#[cfg(test)]
mod tests;
