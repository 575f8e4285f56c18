//! What a board does for the dimmer, whatever its chip: it keeps, reads again and starts again, for messages, for a person at the serial port and by itself.

use core::{cell::Cell, fmt, task::Poll};

use dimmer_app::{
    App, Keeper, Recorder,
    dimmer::{BoardRequest, config::Valid, phase::MainsState, safety::AlarmSet},
    now,
};
use dimmer_store::Loaded;
use embassy_futures::poll_once;
use embassy_time::{Duration, Timer};
use embedded_storage_async::nor_flash::NorFlash;

use crate::{
    Command, Console, KeepError, Kept, Medium, Park, Watchdog, settings::Change, tell_problems,
};

/// Settings that messages change are stored once for all that come within this: the outputs are parked for each save.
const TOGETHER: Duration = Duration::from_secs(1);
/// A moment for the session: the answer to whoever asked for a restart.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// How often it is looked whether other alarms are latched, and at what the board adds.
const LOOK: Duration = Duration::from_millis(250);
/// How often the light may change.
const BLINK: Duration = Duration::from_millis(250);

/// Looks after a dimmer and its store. Its services are futures that a board runs beside the app's, in one task or in several.
#[derive(Debug)]
pub struct Caretaker<'a, W: Watchdog, F: NorFlash, P: Park, R> {
    /// The dimmer.
    pub app: &'a App<'a, Recorder<Console<'a, W>>>,
    /// Its store.
    pub kept: &'a Kept<F, P, R>,
    medium: Medium,
    first: fn() -> Valid,
    /// Settings in use wait to be stored.
    keeps_soon: Cell<bool>,
}

impl<'a, W: Watchdog, F: NorFlash, P: Park, R: Fn(&mut [u8])> Caretaker<'a, W, F, P, R>
where
    F::Error: fmt::Debug,
{
    /// Looks after this dimmer and its store, on a board that joins its network by this medium. `first` are the settings of a board that has stored nothing.
    pub const fn new(
        app: &'a App<'a, Recorder<Console<'a, W>>>,
        kept: &'a Kept<F, P, R>,
        medium: Medium,
        first: fn() -> Valid,
    ) -> Self {
        Self {
            app,
            kept,
            medium,
            first,
            keeps_soon: Cell::new(false),
        }
    }

    /// Does what messages ask of the board, for ever.
    pub async fn serve(&self) -> ! {
        loop {
            match self.app.board_request().await {
                BoardRequest::Keep => {
                    self.keeps_soon.set(true);
                    Timer::after(TOGETHER).await;
                    self.keep();
                }
                BoardRequest::Reload => self.reload(),
                BoardRequest::Restart => {
                    Timer::after(LAST_WORDS).await;
                    self.restart();
                }
                _ => {}
            }
        }
    }

    /// Does what was typed. `status` adds what the board knows of itself.
    pub fn obey(&self, line: &str, status: impl FnOnce()) {
        match Command::read(line, self.medium) {
            None => {}
            Some(Command::Help) => self.say(format_args!("{}", self.medium.help())),
            Some(Command::Status) => {
                self.say(format_args!("{:?}", self.app.overview()));
                status();
            }
            Some(Command::Switch(on)) => self.app.switch(on),
            Some(Command::ResetAlarms) => self.app.reset_alarms(),
            Some(Command::Restart) => self.restart(),
            Some(Command::Change(change)) => self.change(change),
            // Sessions at the page and what else is in memory end with a restart.
            Some(Command::ForgetPassword) => match self.kept.forget_password() {
                Ok(()) => self.restart(),
                Err(error) => self.say(format_args!("not forgotten: {error}")),
            },
            // Nothing is kept before this restart.
            Some(Command::EraseSettings) => match self.kept.erase() {
                Ok(()) => self.console().guard().restart(),
                Err(error) => self.say(format_args!("not erased: {error}")),
            },
        }
    }

    /// Keeps the latched alarms, and what a person has seen of damaged settings, for ever; and looks as often at what the board adds.
    pub async fn look(&self, mut also: impl FnMut()) -> ! {
        loop {
            self.keep_alarms(|latched| self.kept.keep_alarms(now(), latched));
            also();
            Timer::after(LOOK).await;
        }
    }

    /// The light, for ever: steady when the mains is tracked and a broker is there, blinking when one of them is missing; dark when the program does not run.
    pub async fn show(&self, mut light: impl FnMut(bool)) -> ! {
        let mut is_lit = false;
        loop {
            let is_online = self.console().is_online();
            let well = self.app.overview().mains.state == MainsState::Locked && is_online;
            is_lit = well || !is_lit;
            light(is_lit);
            Timer::after(BLINK).await;
        }
    }

    /// Says so if the page lets nobody in, because it cannot be read who may come.
    pub fn tell_of_the_page(&self) {
        if let Err(unreadable) = self.kept.credential() {
            self.say(format_args!(
                "{unreadable}: it lets nobody in until you type `forget-password`"
            ));
        }
    }

    /// Keeps the latched alarms in this way, and that a person has switched it on in spite of damaged settings.
    fn keep_alarms(&self, keep: impl FnOnce(AlarmSet) -> Result<(), KeepError<F>>) {
        if let Err(error) = keep(self.app.overview().critical) {
            self.say(format_args!("the latched alarms cannot be kept: {error}"));
        }
        let is_on = || self.app.state().is_switched_on == Some(true);
        if let Err(error) = self.kept.acknowledge(is_on) {
            let told = format_args!("it stays off after the next reset, too: {error}");
            self.say(told);
        }
    }

    /// Stores the configuration in use, if it is another one than is stored.
    #[inline(never)]
    fn keep(&self) {
        self.keeps_soon.set(false);
        match self.kept.keep(&self.app.config()) {
            Ok(saved) if saved.items > 0 => self.say(format_args!("the settings are stored")),
            Ok(_) => {}
            Err(error) => {
                let told = format_args!("the settings hold until the dimmer starts again: {error}");
                self.say(told);
            }
        }
    }

    /// Takes what is stored as the configuration.
    #[inline(never)]
    fn reload(&self) {
        let Some(config) = self.read_again() else {
            return;
        };
        if let Err(error) = self.app.configure(config) {
            self.say(format_args!("the configuration stays as it is: {error}"));
        }
    }

    /// What is stored, or nothing if it cannot be used, which is told. Like the next one not inlined: what it reads is not to be on the stack under all that is done with it.
    #[inline(never)]
    fn read_again(&self) -> Option<Valid> {
        let mut loaded = Loaded::default();
        if let Err(error) = self.kept.load(&mut loaded) {
            self.say(format_args!("the configuration stays as it is: {error}"));
            self.app.reload_failed("the flash cannot be read");
            return None;
        }
        if loaded.needs_a_person() {
            tell_problems(&loaded, |line| self.say(line));
            let told = "what is stored is damaged, or of a newer firmware";
            self.app.reload_failed(told);
        }
        loaded.settings_again(self.first)
    }

    fn change(&self, change: Change<'_>) {
        if self.takes(change) {
            self.keep();
        }
    }

    /// Makes a change, or says why not.
    #[inline(never)]
    fn takes(&self, change: Change<'_>) -> bool {
        match change.apply(self.app.config().into_inner()) {
            Ok(config) => match self.app.configure(config) {
                Ok(()) => return true,
                Err(error) => self.say(format_args!("not taken: {error}")),
            },
            Err(error) => self.say(format_args!("not taken: {error}")),
        }
        false
    }

    fn console(&self) -> &Console<'_, W> {
        self.app.observer().observer()
    }

    /// Starts again, when all is kept that waits for it: whoever changed something was told that it is so. Only what waits, as settings that nobody has changed are better left as they were stored, or not.
    fn restart(&self) {
        let asked = poll_once(self.app.board_request());
        if self.keeps_soon.get() || matches!(asked, Poll::Ready(BoardRequest::Keep)) {
            self.keep();
        }
        // Also right after they could not be: what is not kept now is forgotten.
        self.keep_alarms(|latched| self.kept.keep_alarms_at_once(latched));
        self.console().guard().restart();
    }

    fn say(&self, text: fmt::Arguments<'_>) {
        self.console().say(text);
    }
}

#[cfg(test)]
mod tests;
