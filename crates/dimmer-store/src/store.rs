//! Reading everything, and saving some of it as a whole.

use core::ops::Range;

use dimmer_config::{Config, ENCODED_CAPACITY, SECTION_CAPACITY, Section, Valid};
use dimmer_safety::AlarmSet;
use embedded_storage_async::nor_flash::NorFlash;
use sequential_storage::Error;

use crate::{
    Content, Found, LayoutError, Loaded, Origin, PASSWORD_CAPACITY, PasswordHash, StoreError,
    bank::{self, Survey},
    commit::{COMMIT_CAPACITY, Commit, Entry, ITEMS, checksum},
    content::{self, COMMIT_KEY},
};

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
    + (Section::ALL.len() + 4) * OVERHEAD
    + COMMIT_CAPACITY
    + (1 + PASSWORD_CAPACITY)
    + 2 * 9;

/// What a save did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Saved {
    /// So many items were written, the commit among them; none if everything stood there already.
    pub items: usize,
}

/// What is to be stored anew. The rest stays.
#[derive(Clone, Copy)]
enum Change<'a> {
    Config(&'a Valid),
    Small(Content, &'a [u8]),
}

/// Where an item comes from.
#[derive(Clone, Copy)]
enum Source {
    /// It is new.
    Change,
    /// It stands in the current bank.
    Current,
}

#[derive(Clone, Copy)]
struct Planned {
    entry: Entry,
    source: Source,
}

type Plan = heapless::Vec<Planned, ITEMS>;

/// What is read of both banks, and which one counts.
struct State {
    surveys: [Survey; BANKS as usize],
    origin: Origin,
    /// The bank that counts, if one does.
    current: Option<usize>,
    /// Something was stored, and nothing is left of it.
    is_lost: bool,
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
        let state = self.state().await?;
        let found = match (state.origin, state.is_lost) {
            (Origin::NewerFirmware, _) => Found::Newer,
            (_, true) => Found::Damaged,
            (_, false) => Found::Nothing,
        };
        let mut loaded = Loaded::defaults(state.origin, found);
        let Some((survey, bank)) = state.current.and_then(|place| self.bank(&state, place)) else {
            return Ok(loaded);
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
                let found = take(content, bytes, &mut config, &mut loaded);
                loaded.note(content, found);
            }
        };
        bank::visit(&mut self.flash, bank, &mut self.work, visitor).await?;
        let (valid, faults) = config.rescue();
        for (section, invalid) in faults {
            // One that has its default already says why.
            if loaded.found(Content::Section(section)) == Found::Stored {
                loaded.note(Content::Section(section), Found::Invalid(invalid));
            }
        }
        loaded.config = valid;
        Ok(loaded)
    }

    /// Saves the configuration: the sections that changed, and all of them or none.
    ///
    /// A section that a newer firmware stored stays as that one left it, for as long as it has its default here.
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

    /// Erases everything, also what a newer firmware stored. Cut by a loss of power, it leaves what was saved last, or nothing.
    ///
    /// # Errors
    /// [`StoreError::Flash`].
    pub async fn erase(&mut self) -> Result<(), StoreError<F::Error>> {
        let state = self.state().await?;
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

    /// Looks at both banks.
    async fn state(&mut self) -> Result<State, StoreError<F::Error>> {
        let [first, second] = self.banks.clone();
        let surveys = [
            bank::survey(&mut self.flash, first, &mut self.work).await?,
            bank::survey(&mut self.flash, second, &mut self.work).await?,
        ];
        let [first, second] = &surveys;
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
        Ok(State {
            surveys,
            origin,
            current,
            is_lost,
        })
    }

    async fn change(&mut self, change: Change<'_>) -> Result<Saved, StoreError<F::Error>> {
        let state = self.state().await?;
        if state.origin == Origin::NewerFirmware {
            return Err(StoreError::Newer);
        }
        let current = state.current.and_then(|place| self.bank(&state, place));
        let survey = current.as_ref().map(|(survey, _)| *survey);
        let plan = self.plan(survey, change).ok_or(StoreError::NoRoom)?;
        if let (Some(survey), Origin::Last) = (survey, state.origin) {
            let same = survey.entries().len() == plan.len();
            if same && plan.iter().all(|planned| survey.holds(planned.entry)) {
                return Ok(Saved { items: 0 });
            }
        }
        let target = usize::from(state.current == Some(0));
        let (there, bank) = self.bank(&state, target).ok_or(StoreError::NoRoom)?;
        let generations = state.surveys.iter().filter_map(Survey::generation);
        let save = Save {
            change,
            plan: &plan,
            from: current.map(|(_, bank)| bank),
            to: bank,
            generation: generations.max().unwrap_or(0).saturating_add(1),
        };
        // What stands there is built upon if all of it is understood. Flash that was left half erased may still be in the way of what
        // is added; then, too, the bank begins anew. The other one, which counts, is never touched.
        if there.is_complete()
            && let Ok(saved) = self.write(&save, Some(there)).await
        {
            return Ok(saved);
        }
        if !there.is_blank {
            let erased = self.flash.erase(save.to.start, save.to.end).await;
            erased.map_err(StoreError::Flash)?;
        }
        self.write(&save, None).await
    }

    /// The items that are to belong together; nothing if there are too many.
    fn plan(&mut self, current: Option<&Survey>, change: Change<'_>) -> Option<Plan> {
        let mut plan = Plan::new();
        for entry in current.map(Survey::entries).unwrap_or_default() {
            // Of what is damaged, nothing can be carried over.
            if current.is_some_and(|survey| survey.holds(*entry)) {
                let carried = Planned {
                    entry: *entry,
                    source: Source::Current,
                };
                plan.push(carried).ok()?;
            }
        }
        for content in Content::ALL {
            if !change.has(content) {
                continue;
            }
            let length = change.encode(content, &mut self.item)?;
            let new = checksum(self.item.get(..length)?);
            let key = content.key();
            let stands = current.and_then(|survey| survey.newest(key));
            let of_newer = stands.is_some_and(|item| content.is_newer(item.version));
            if let (true, Content::Section(section)) = (of_newer, content) {
                let length = section.encode(&Config::default(), &mut self.item).ok()?;
                if checksum(self.item.get(..length)?) == new {
                    continue;
                }
            }
            let planned = Planned {
                entry: Entry { key, checksum: new },
                source: Source::Change,
            };
            match plan.iter_mut().find(|known| known.entry.key == key) {
                // What stands in the current bank as it is to be can come from either.
                Some(known) => *known = planned,
                None => plan.push(planned).ok()?,
            }
        }
        Some(plan)
    }

    /// Writes what is missing into a bank, then the commit, and reads all of it back.
    async fn write(
        &mut self,
        save: &Save<'_>,
        there: Option<&Survey>,
    ) -> Result<Saved, StoreError<F::Error>> {
        let mut items = 0;
        for planned in save.plan {
            if there.is_some_and(|survey| survey.holds(planned.entry)) {
                continue;
            }
            let length = self.fetch(save, *planned).await?;
            self.put(&save.to, planned.entry.key, length).await?;
            items += 1;
        }
        let entries = save.plan.iter().map(|planned| planned.entry);
        let commit = Commit::bytes(save.generation, entries);
        let place = self.item.get_mut(..commit.len());
        place.ok_or(StoreError::NoRoom)?.copy_from_slice(&commit);
        self.put(&save.to, COMMIT_KEY, commit.len()).await?;
        let written = bank::survey(&mut self.flash, save.to.clone(), &mut self.work).await?;
        let is_this = written.commit == Commit::read(&commit);
        if is_this && written.is_complete() {
            Ok(Saved { items: items + 1 })
        } else {
            Err(StoreError::Unverified)
        }
    }

    /// Puts the bytes of an item into `self.item`, and returns how many.
    async fn fetch(
        &mut self,
        save: &Save<'_>,
        planned: Planned,
    ) -> Result<usize, StoreError<F::Error>> {
        let key = planned.entry.key;
        let mut length = None;
        match (planned.source, &save.from) {
            (Source::Change, _) => {
                let content = Content::from_key(key);
                length = content.and_then(|content| save.change.encode(content, &mut self.item));
            }
            (Source::Current, Some(bank)) => {
                let item = &mut self.item;
                let visitor = |found: u8, bytes: &[u8]| {
                    if found == key
                        && checksum(bytes) == planned.entry.checksum
                        && let Some(place) = item.get_mut(..bytes.len())
                    {
                        place.copy_from_slice(bytes);
                        length = Some(bytes.len());
                    }
                };
                bank::visit(&mut self.flash, bank.clone(), &mut self.work, visitor).await?;
            }
            (Source::Current, None) => {}
        }
        length.ok_or(StoreError::NoRoom)
    }

    /// Adds `self.item` to a bank.
    async fn put(
        &mut self,
        bank: &Range<u32>,
        key: u8,
        length: usize,
    ) -> Result<(), StoreError<F::Error>> {
        let bytes = self.item.get(..length).ok_or(StoreError::NoRoom)?;
        let mut map = bank::map(&mut self.flash, bank.clone()).ok_or(StoreError::NoRoom)?;
        match map.store_item(&mut self.work, &key, &bytes).await {
            Ok(()) => Ok(()),
            Err(Error::Storage { value, .. }) => Err(StoreError::Flash(value)),
            Err(Error::Corrupted { .. }) => Err(StoreError::Unverified),
            Err(_) => Err(StoreError::NoRoom),
        }
    }
}

/// One save.
struct Save<'a> {
    change: Change<'a>,
    plan: &'a Plan,
    from: Option<Range<u32>>,
    to: Range<u32>,
    generation: u32,
}

impl Change<'_> {
    fn has(self, content: Content) -> bool {
        match self {
            Self::Config(_) => matches!(content, Content::Section(_)),
            Self::Small(changed, _) => changed == content,
        }
    }

    /// Writes the bytes of a content that it has, and returns how many.
    fn encode(self, content: Content, buffer: &mut [u8]) -> Option<usize> {
        match (self, content) {
            (Self::Config(config), Content::Section(section)) => {
                section.encode(config, buffer).ok()
            }
            (Self::Small(_, bytes), _) => {
                buffer.get_mut(..bytes.len())?.copy_from_slice(bytes);
                Some(bytes.len())
            }
            (Self::Config(_), _) => None,
        }
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
