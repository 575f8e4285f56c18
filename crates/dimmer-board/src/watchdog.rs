//! The watchdog, and who feeds it.

use core::cell::Cell;

use crate::{Hold, Park};

/// So many sectors may be erased between two turns of the control loop, which stands still meanwhile: those of both banks of a store, twice. What goes on beyond it hangs, in one save or in
/// many.
const MOST_ERASED: u8 = 8;

/// What resets the chip unless it is fed.
pub trait Watchdog {
    /// Puts the reset off.
    fn feed(&self);

    /// Resets the chip now.
    fn restart(&self);
}

impl<W: Watchdog> Watchdog for &W {
    fn feed(&self) {
        W::feed(self);
    }

    fn restart(&self) {
        W::restart(self);
    }
}

/// The watchdog in the hands of the control loop. A loop that comes round has it fed; and fed a few times more by whoever has the loop wait for the flash. Nobody but
/// the loop renews that.
#[derive(Debug)]
pub struct Guard<W> {
    watchdog: W,
    erased: Cell<u8>,
}

impl<W: Watchdog> Guard<W> {
    /// Guards with this watchdog, which runs.
    pub const fn new(watchdog: W) -> Self {
        Self {
            watchdog,
            erased: Cell::new(0),
        }
    }

    /// The control loop came round.
    pub fn turn(&self) {
        self.erased.set(0);
        self.watchdog.feed();
    }

    /// A sector is about to be erased, for which the control loop waits up to 400 ms.
    pub fn erasing(&self) {
        let erased = self.erased.get();
        if erased < MOST_ERASED {
            self.erased.set(erased + 1);
            self.watchdog.feed();
        }
    }

    /// Resets the chip now.
    pub fn restart(&self) {
        self.watchdog.restart();
    }
}

/// Has the gate silent by a hold of the firing path, and the watchdog fed meanwhile.
#[derive(Debug)]
pub struct Silence<'a, W> {
    hold: &'a Hold,
    guard: &'a Guard<W>,
}

impl<'a, W: Watchdog> Silence<'a, W> {
    /// Nothing is silent yet.
    pub const fn new(hold: &'a Hold, guard: &'a Guard<W>) -> Self {
        Self { hold, guard }
    }
}

impl<W: Watchdog> Park for Silence<'_, W> {
    fn park(&self) -> bool {
        self.hold.begin()
    }

    fn release(&self) {
        self.hold.end();
    }

    fn erasing(&self) {
        self.guard.erasing();
    }
}

#[cfg(test)]
pub(crate) mod tests {
    extern crate std;

    use super::*;
    use crate::Kept;
    use core::task::{Context, Waker};
    use dimmer_app::dimmer::config::Config;
    use dimmer_plant::SimulatedFlash;
    use std::{boxed::Box, sync::Arc, task::Wake};

    /// Counts.
    #[derive(Debug, Default)]
    pub(crate) struct Dog {
        pub(crate) fed: Cell<u32>,
        pub(crate) restarts: Cell<u32>,
    }

    impl Watchdog for Dog {
        fn feed(&self) {
            self.fed.set(self.fed.get() + 1);
        }

        fn restart(&self) {
            self.restarts.set(self.restarts.get() + 1);
        }
    }

    /// A firing path that answers before whoever woke it goes on, as an interrupt does.
    struct Answer(&'static Hold);

    impl Wake for Answer {
        fn wake(self: Arc<Self>) {
            self.0.parked();
        }
    }

    /// A hold that is answered the next time that it is wanted.
    pub(crate) fn answer(hold: &'static Hold) {
        let waker = Waker::from(Arc::new(Answer(hold)));
        let mut context = Context::from_waker(&waker);
        while Box::pin(hold.changed())
            .as_mut()
            .poll(&mut context)
            .is_ready()
        {}
    }

    #[test]
    fn saves_in_a_row_without_a_turn_of_the_control_loop_let_the_watchdog_bite() {
        static HOLD: Hold = Hold::new();
        let guard = Guard::new(Dog::default());
        let fed = || guard.watchdog.fed.get();
        let flash = SimulatedFlash::<4, 4096>::new(4);
        let silence = Silence::new(&HOLD, &guard);
        let nothing: fn(&mut [u8]) = |_| {};
        let (kept, _) = Kept::open(flash, 0..4 * 4096, silence, nothing).unwrap();
        let save = |rated_watts: u32| {
            let mut config = Config::default();
            config.output.rated_watts = rated_watts;
            answer(&HOLD);
            kept.keep(&config.validate().unwrap()).unwrap();
        };
        for rated_watts in 1_000..1_400 {
            save(rated_watts);
        }
        assert_eq!(fed(), u32::from(MOST_ERASED), "the saves renew nothing");
        guard.turn();
        assert_eq!(fed(), u32::from(MOST_ERASED) + 1);
        for rated_watts in 1_400..1_800 {
            save(rated_watts);
        }
        assert_eq!(fed(), 2 * u32::from(MOST_ERASED) + 1);
    }

    #[test]
    fn a_gate_that_does_not_answer_is_not_silent_and_no_restart_is_a_feeding() {
        let (hold, guard) = (Hold::new(), Guard::new(Dog::default()));
        let silence = Silence::new(&hold, &guard);
        assert!(!silence.park() && hold.is_wanted());
        silence.release();
        assert!(!hold.is_wanted());
        guard.restart();
        let dog = &guard.watchdog;
        assert_eq!((dog.fed.get(), dog.restarts.get()), (0, 1));
    }
}
