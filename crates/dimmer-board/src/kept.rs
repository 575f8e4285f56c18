//! What outlives a restart: the configuration, the latched alarms and the password of the page, in the last sectors of the flash.

use core::{
    cell::{Cell, RefCell},
    fmt,
    net::SocketAddr,
    ops::Range,
};

use dimmer_app::{
    Keeper,
    dimmer::{Duration, Instant, config::Valid, safety::AlarmSet},
    http::{Credential, Failure, PasswordUnreadable},
};
use dimmer_store::{Content, Loaded, Origin, Saved, Store, StoreError};
use embassy_futures::block_on;
use embedded_storage_async::nor_flash::NorFlash;

use crate::parked_flash::{Park, ParkedFlash, ParkedFlashError};

/// A set of alarms that could not be written is tried again after this long: each attempt parks the gate.
const TRY_AGAIN_AFTER: Duration = Duration::from_ticks(5_000_000);

/// Why something was not kept.
pub type KeepError<F> =
    StoreError<ParkedFlashError<<F as embedded_storage_async::nor_flash::ErrorType>::Error>>;

/// The store of the board.
///
/// Each call waits until the flash is written, up to a second: meanwhile nothing else of the thread runs, so that whoever is answered knows that it is kept.
/// None is inlined: what the store needs of the stack is not to be under all that the caller does besides.
#[derive(Debug)]
pub struct Kept<F, P: Park, R> {
    store: RefCell<Store<ParkedFlash<F, P>>>,
    credential: RefCell<Result<Option<Credential>, PasswordUnreadable>>,
    alarms: Cell<AlarmSet>,
    try_again_at: Cell<Option<Instant>>,
    /// It was not as it was stored, and stays off until somebody has looked.
    waits_for_a_person: Cell<bool>,
    set_up_at: Cell<Option<SocketAddr>>,
    random: R,
}

/// The store of a board before it was read. For a board whose stack has no room for the store and for what is read at once: it stands in its place already, and nobody
/// can use it.
#[derive(Debug)]
pub struct Unread<F, P: Park, R>(Kept<F, P, R>);

impl<F: NorFlash, P: Park, R: Fn(&mut [u8])> Unread<F, P, R> {
    /// A store in this region of the flash, which nothing else uses.
    ///
    /// # Errors
    /// The region is none for a store.
    pub fn new(flash: F, region: Range<u32>, park: P, random: R) -> Result<Self, KeptError> {
        let store = Store::new(ParkedFlash::new(flash, park), region);
        Ok(Self(Kept {
            store: RefCell::new(store.map_err(|_| KeptError::Layout)?),
            credential: RefCell::new(Err(PasswordUnreadable)),
            alarms: Cell::new(AlarmSet::EMPTY),
            try_again_at: Cell::new(None),
            waits_for_a_person: Cell::new(false),
            set_up_at: Cell::new(None),
            random,
        }))
    }

    /// Reads it. Nothing is written.
    ///
    /// # Errors
    /// The flash cannot be read.
    pub fn read(&self, loaded: &mut Loaded) -> Result<&Kept<F, P, R>, KeptError> {
        let Self(kept) = self;
        kept.load(loaded)?;
        *kept.credential.borrow_mut() = credential(loaded);
        kept.alarms.set(loaded.alarms);
        kept.waits_for_a_person.set(loaded.needs_a_person());
        Ok(kept)
    }
}

impl<F: NorFlash, P: Park, R: Fn(&mut [u8])> Kept<F, P, R> {
    /// Reads the store in this region of the flash, which nothing else uses. Nothing is written.
    ///
    /// # Errors
    /// The region is none for a store, or the flash cannot be read: in words.
    pub fn open(
        flash: F,
        region: Range<u32>,
        park: P,
        random: R,
    ) -> Result<(Self, Loaded), KeptError> {
        let unread = Unread::new(flash, region, park, random)?;
        let mut loaded = Loaded::default();
        unread.read(&mut loaded)?;
        Ok((unread.0, loaded))
    }

    /// Reads the configuration again.
    ///
    /// # Errors
    /// The flash cannot be read; what stands in `loaded` then needs a person.
    #[inline(never)]
    pub fn load(&self, loaded: &mut Loaded) -> Result<(), KeptError> {
        block_on(self.store.borrow_mut().load_into(loaded)).map_err(|_| KeptError::Flash)
    }

    /// Keeps a configuration.
    ///
    /// # Errors
    /// As [`Store::save`]; what was kept before stands.
    #[inline(never)]
    pub fn keep(&self, config: &Valid) -> Result<Saved, KeepError<F>> {
        self.write(async |store| store.save(config).await)
    }

    /// Keeps the latched alarms, if they are others than before. A set that could not be written is tried again a few seconds later.
    ///
    /// # Errors
    /// As [`Store::keep_alarms`].
    pub fn keep_alarms(&self, now: Instant, latched: AlarmSet) -> Result<(), KeepError<F>> {
        let waits = self.try_again_at.get().is_some_and(|at| now < at);
        if waits {
            return Ok(());
        }
        let kept = self.keep_alarms_at_once(latched);
        let again = kept.is_err().then(|| now + TRY_AGAIN_AFTER);
        self.try_again_at.set(again);
        kept
    }

    /// The same however short ago a set could not be written: for who cannot wait, as there is no later.
    ///
    /// # Errors
    /// As [`Store::keep_alarms`].
    #[inline(never)]
    pub fn keep_alarms_at_once(&self, latched: AlarmSet) -> Result<(), KeepError<F>> {
        if latched == self.alarms.get() {
            return Ok(());
        }
        self.write(async |store| store.keep_alarms(latched).await)?;
        self.alarms.set(latched);
        Ok(())
    }

    /// To be called now and then: who has looked at damaged settings and switches the dimmer on again acknowledges them, so that it stays on
    /// over the next reset, too. Whether it is on is asked only of one that waits for that.
    ///
    /// # Errors
    /// As [`Store::acknowledge`]; it is not tried again, and the next start waits for somebody once more.
    pub fn acknowledge(&self, is_switched_on: impl FnOnce() -> bool) -> Result<(), KeepError<F>> {
        if !self.waits_for_a_person.get() || !is_switched_on() {
            return Ok(());
        }
        self.acknowledge_at_once()
    }

    #[inline(never)]
    fn acknowledge_at_once(&self) -> Result<(), KeepError<F>> {
        self.waits_for_a_person.set(false);
        self.write(async |store| store.acknowledge().await)
            .map(|_| ())
    }

    /// The board is an access point of its own from now on, with the page at this address, and waits to be told a network; or it is none any more.
    pub fn set_up(&self, page: Option<SocketAddr>) {
        self.set_up_at.set(page);
    }

    /// Forgets the password: whoever comes first sets another one.
    ///
    /// # Errors
    /// As [`Store::keep_password`]; the old password holds then.
    #[inline(never)]
    pub fn forget_password(&self) -> Result<(), KeepError<F>> {
        // The shortest there is.
        let bytes = Credential::to_stored(None).map_err(|_| StoreError::NoRoom)?;
        self.write(async |store| store.keep_password(&bytes).await)?;
        *self.credential.borrow_mut() = Ok(None);
        Ok(())
    }

    /// Forgets everything, also what a newer firmware stored. The board is to start again after it.
    ///
    /// # Errors
    /// As [`Store::erase`].
    #[inline(never)]
    pub fn erase(&self) -> Result<(), KeepError<F>> {
        self.write(async |store| store.erase().await)
    }

    fn write<T>(
        &self,
        work: impl AsyncFnOnce(&mut Store<ParkedFlash<F, P>>) -> Result<T, KeepError<F>>,
    ) -> Result<T, KeepError<F>> {
        let mut store = self.store.borrow_mut();
        let outcome = block_on(work(&mut store));
        store.flash().release();
        outcome
    }
}

/// The password, as it was stored. Whoever comes first is let in only where none ever was.
fn credential(loaded: &Loaded) -> Result<Option<Credential>, PasswordUnreadable> {
    if loaded.found(Content::Password).is_problem() {
        return Err(PasswordUnreadable);
    }
    match &loaded.password {
        Some(bytes) => Credential::from_stored(bytes),
        None => Ok(None),
    }
}

/// What a person at the page is told; the rest stands in the log.
fn not_stored<E>(error: &StoreError<E>) -> Failure {
    match error {
        StoreError::Newer => Failure::new(
            500,
            "",
            "cannot be stored: the store is that of a newer firmware",
            "that firmware again, or `erase-settings` at the serial port",
        ),
        _ => Failure::new(
            500,
            "",
            "cannot be written to the flash",
            "the same again in a moment; if it lasts, the flash is worn out",
        ),
    }
}

impl<F: NorFlash, P: Park, R: Fn(&mut [u8])> Keeper for &Kept<F, P, R> {
    fn keep_config(&self, config: &Valid) -> Result<(), Failure> {
        self.keep(config)
            .map(|_| ())
            .map_err(|error| not_stored(&error))
    }

    fn credential(&self) -> Result<Option<Credential>, PasswordUnreadable> {
        self.credential.borrow().clone()
    }

    fn keep_credential(&self, credential: Credential) -> Result<(), Failure> {
        let bytes = Credential::to_stored(Some(&credential))?;
        let kept = self.write(async |store| store.keep_password(&bytes).await);
        kept.map_err(|error| not_stored(&error))?;
        *self.credential.borrow_mut() = Ok(Some(credential));
        Ok(())
    }

    fn random(&self, bytes: &mut [u8]) {
        (self.random)(bytes);
    }

    fn set_up_at(&self) -> Option<SocketAddr> {
        self.set_up_at.get()
    }
}

/// Says what is not as it was stored, a line each. Whoever hears of it keeps the heater off until a person has looked ([`Loaded::needs_a_person`]).
pub fn tell_problems(loaded: &Loaded, mut say: impl FnMut(fmt::Arguments<'_>)) {
    match loaded.origin {
        Origin::BeforeLast => say(format_args!(
            "store: what was saved last is damaged; it goes by what was saved before"
        )),
        Origin::NewerFirmware => say(format_args!(
            "store: it was written by a newer firmware, and is left as it is; install that one again, or type `erase-settings`"
        )),
        _ => {
            for (content, found) in loaded.problems() {
                say(format_args!("store: {content} {found}"));
            }
        }
    }
    if loaded.needs_a_person() {
        say(format_args!(
            "it stays switched off: look at the settings, then switch it on"
        ));
    }
}

/// Why there is no store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeptError {
    /// The region is none for a store: a mistake of this program.
    Layout,
    /// The flash cannot be read.
    Flash,
}

impl fmt::Display for KeptError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Layout => "the region of the store does not fit the flash",
            Self::Flash => "the flash cannot be read",
        })
    }
}

impl core::error::Error for KeptError {}

#[cfg(test)]
pub(crate) mod tests;
