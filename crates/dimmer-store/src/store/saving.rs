//! Saving: what is written where, so that a power cut leaves what was before or what is new.

use core::ops::Range;

use dimmer_config::{Config, Valid};
use embedded_storage_async::nor_flash::NorFlash;
use sequential_storage::Error;

use super::{Saved, State, Store};
use crate::{
    Content, Origin, StoreError,
    bank::{self, Survey},
    commit::{Commit, Entries, Entry, ITEMS, checksum},
    content::{COMMIT_KEY, DOUBTS_KEY, Doubts, LOOKED_AT_KEY, doubts_bytes, looked_at_bytes},
};

/// What is to be stored anew. The rest stays.
#[derive(Clone, Copy)]
pub(super) enum Change<'a> {
    Config(&'a Valid),
    Small(Content, &'a [u8]),
    /// Nothing but that somebody has looked.
    Acknowledged,
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

/// What is known of the items besides what they say.
struct Marks {
    doubts: Doubts,
    looked_at: Entries,
}

impl Marks {
    /// What they are stored under.
    const KEYS: [u8; 2] = [DOUBTS_KEY, LOOKED_AT_KEY];

    /// Puts one of them into a buffer, and returns its length; nothing where there is nothing to say.
    fn encode(&self, key: u8, buffer: &mut [u8]) -> Option<usize> {
        let put = |bytes: &[u8], buffer: &mut [u8]| {
            buffer.get_mut(..bytes.len())?.copy_from_slice(bytes);
            Some(bytes.len())
        };
        match key {
            DOUBTS_KEY if !self.doubts.is_empty() => put(&doubts_bytes(&self.doubts), buffer),
            LOOKED_AT_KEY if !self.looked_at.is_empty() => {
                put(&looked_at_bytes(&self.looked_at), buffer)
            }
            _ => None,
        }
    }
}

impl<F: NorFlash> Store<F> {
    pub(super) async fn change(
        &mut self,
        change: Change<'_>,
    ) -> Result<Saved, StoreError<F::Error>> {
        let mut state = State::default();
        self.look(&mut state).await?;
        if state.origin == Origin::NewerFirmware {
            return Err(StoreError::Newer);
        }
        if matches!(change, Change::Acknowledged) && state.origin == Origin::Nothing {
            return Ok(Saved { items: 0 });
        }
        let current = state.current.and_then(|place| self.bank(&state, place));
        let survey = current.as_ref().map(|(survey, _)| *survey);
        let looked_at = survey.map(Survey::looked_at).unwrap_or_default();
        let mut marks = Marks {
            doubts: state.doubts.clone(),
            looked_at: looked_at.iter().copied().collect(),
        };
        let plan = self.plan(survey, change, &mut marks);
        let plan = plan.ok_or(StoreError::NoRoom)?;
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
            marks: &marks,
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

    /// The items that are to belong together; nothing if there are too many. What is set is no longer in doubt.
    fn plan(
        &mut self,
        current: Option<&Survey>,
        change: Change<'_>,
        marks: &mut Marks,
    ) -> Option<Plan> {
        let mut plan = Plan::new();
        for entry in current.map(Survey::entries).unwrap_or_default() {
            // These are made anew. Of what is damaged, nothing can be carried over but that it was there.
            if Marks::KEYS.contains(&entry.key) {
                continue;
            }
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
            let is_in_doubt = marks.doubts.contains(&key);
            let known = plan.iter().find(|known| known.entry.key == key);
            let is_lost = is_in_doubt && known.is_none();
            let is_unused = known.is_some_and(|known| self.unused.contains(&known.entry));
            let is_same = known.is_some_and(|known| known.entry.checksum == new);
            // A section comes with all the others: nobody need have meant it.
            if let (true, Content::Section(section)) = (of_newer || is_unused || is_lost, content) {
                let length = section.encode(&Config::default(), &mut self.item).ok()?;
                if checksum(self.item.get(..length)?) == new {
                    continue;
                }
            }
            // A section that is as before came along with another; a password is set for itself.
            if Change::is_meant(content) && (!is_same || content == Content::Password) {
                marks.doubts.retain(|doubt| *doubt != key);
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
        marks.looked_at.retain(|entry| {
            let is_known = Content::from_key(entry.key).is_some();
            is_known && plan.iter().any(|planned| planned.entry == *entry)
        });
        if matches!(change, Change::Acknowledged) {
            marks.doubts.retain(|key| *key == Content::Password.key());
            marks.looked_at = self.unusable(current, &plan);
        }
        for key in Marks::KEYS {
            if let Some(length) = marks.encode(key, &mut self.item) {
                let checksum = checksum(self.item.get(..length)?);
                let entry = Entry { key, checksum };
                let source = Source::Change;
                plan.push(Planned { entry, source }).ok()?;
            }
        }
        Some(plan)
    }

    /// What of a plan cannot be used here, as far as the last load knows; the password aside.
    fn unusable(&self, current: Option<&Survey>, plan: &Plan) -> Entries {
        let is_unusable = |entry: &Entry| {
            let content = Content::from_key(entry.key);
            let item = current.and_then(|survey| survey.newest(entry.key));
            let is_newer = content
                .zip(item)
                .is_some_and(|(content, item)| content.is_newer(item.version));
            content != Some(Content::Password) && (is_newer || self.unused.contains(entry))
        };
        let entries = plan.iter().map(|planned| planned.entry);
        entries.filter(is_unusable).collect()
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
        let mut written = Survey::default();
        bank::survey(
            &mut self.flash,
            save.to.clone(),
            &mut self.work,
            &mut written,
        )
        .await?;
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
            (Source::Change, _) if Marks::KEYS.contains(&key) => {
                length = save.marks.encode(key, &mut self.item);
            }
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
    pub(super) async fn put(
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
    marks: &'a Marks,
    from: Option<Range<u32>>,
    to: Range<u32>,
    generation: u32,
}

impl Change<'_> {
    fn has(self, content: Content) -> bool {
        match self {
            Self::Config(_) => matches!(content, Content::Section(_)),
            Self::Small(changed, _) => changed == content,
            Self::Acknowledged => false,
        }
    }

    /// Whether a value of this content is one that somebody set. Alarms and energy are saved by themselves, on top of what is not known.
    const fn is_meant(content: Content) -> bool {
        matches!(content, Content::Section(_) | Content::Password)
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
            (Self::Config(_) | Self::Acknowledged, _) => None,
        }
    }
}
