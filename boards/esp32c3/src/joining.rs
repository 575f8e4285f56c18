//! Joins a network and stays in it, again and again, whatever the radio's driver says or forgets to say.

use dimmer::Duration;
use embassy_futures::select::{Either, select};

use crate::patience::Patience;

/// An attempt that has not ended by then is one that failed.
const ATTEMPT: Duration = Duration::from_ticks(20_000_000);
/// Leaving takes no longer.
const LEAVE: Duration = Duration::from_ticks(5_000_000);
/// How often it is looked whether the board is still in the network.
const LOOK: Duration = Duration::from_ticks(1_000_000);

/// The radio as a station, told which network. Its events may be lost: none of them is relied on, but that what it is asked comes to an end is hurried by them.
#[expect(
    async_fn_in_trait,
    reason = "one thread: nothing has to be sent to another"
)]
pub trait Station {
    /// Whether it is in a network, as the driver knows by itself.
    fn is_connected(&self) -> bool;

    /// Tries once to join the network that is set, and says whether that went well. It may never return.
    async fn connect(&mut self) -> bool;

    /// Leaves, or gives up an attempt that is under way. It may never return.
    async fn disconnect(&mut self);

    /// Returns when the network is lost. It may never return.
    async fn lost(&self);

    /// It is in the network: looked at every second.
    fn stays(&self);
}

/// What happened, for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The board is in the network.
    Joined,
    /// The board was in the network, and is not any more.
    Lost,
    /// An attempt failed; the next one is after this pause.
    Failed(Duration),
}

/// Joins and stays, for ever. Whoever drops it ends what is under way by [`leave`].
pub async fn stay_in<S: Station>(
    station: &mut S,
    pause: impl AsyncFn(Duration),
    mut told: impl FnMut(Event),
) -> ! {
    let mut patience = Patience::new();
    loop {
        // After an attempt whose end nobody heard of, it may be in.
        if station.is_connected() || join(station, &pause).await {
            patience.succeeded();
            told(Event::Joined);
            stay(station, &pause).await;
            told(Event::Lost);
        }
        // The driver goes on with an attempt until it is told not to, and takes no other one meanwhile.
        leave(station, &pause).await;
        let next = patience.failed();
        told(Event::Failed(next));
        pause(next).await;
    }
}

/// Leaves the network, and ends an attempt that is under way.
pub async fn leave<S: Station>(station: &mut S, pause: impl AsyncFn(Duration)) {
    select(station.disconnect(), pause(LEAVE)).await;
}

async fn join<S: Station>(station: &mut S, pause: &impl AsyncFn(Duration)) -> bool {
    let joined = match select(station.connect(), pause(ATTEMPT)).await {
        Either::First(joined) => joined,
        Either::Second(()) => false,
    };
    joined || station.is_connected()
}

/// Until it is not in the network.
async fn stay<S: Station>(station: &S, pause: &impl AsyncFn(Duration)) {
    let looked = async {
        while station.is_connected() {
            station.stays();
            pause(LOOK).await;
        }
    };
    select(station.lost(), looked).await;
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use core::{cell::RefCell, future::pending};
    use embassy_futures::{poll_once, yield_now};
    use std::{vec, vec::Vec};

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum Driver {
        Idle,
        Connecting,
        Connected,
    }

    /// A driver that forgets to tell things, and takes no attempt while another one is under way.
    struct Fake<'a> {
        driver: &'a RefCell<Driver>,
        calls: &'a RefCell<Vec<&'static str>>,
        /// What becomes of each attempt: whether it is told, and where it leads.
        attempts: Vec<(bool, Driver)>,
        tells_the_loss: bool,
    }

    impl Station for Fake<'_> {
        fn is_connected(&self) -> bool {
            *self.driver.borrow() == Driver::Connected
        }

        async fn connect(&mut self) -> bool {
            assert_eq!(
                *self.driver.borrow(),
                Driver::Idle,
                "an attempt is under way"
            );
            self.calls.borrow_mut().push("connect");
            let (is_told, state) = match self.attempts.is_empty() {
                true => pending().await,
                false => self.attempts.remove(0),
            };
            *self.driver.borrow_mut() = state;
            if !is_told {
                pending::<()>().await;
            }
            state == Driver::Connected
        }

        async fn disconnect(&mut self) {
            self.calls.borrow_mut().push("disconnect");
            *self.driver.borrow_mut() = Driver::Idle;
        }

        async fn lost(&self) {
            if !self.tells_the_loss {
                pending::<()>().await;
            }
            while self.is_connected() {
                yield_now().await;
            }
        }

        fn stays(&self) {
            self.calls.borrow_mut().push("stays");
        }
    }

    /// What is told and asked while these attempts end as they do. At the `lost_at`th look the network is gone.
    fn run(
        attempts: &[(bool, Driver)],
        tells_the_loss: bool,
        lost_at: usize,
    ) -> (Vec<Event>, Vec<&'static str>) {
        let (driver, calls) = (RefCell::new(Driver::Idle), RefCell::new(Vec::new()));
        let mut station = Fake {
            driver: &driver,
            calls: &calls,
            attempts: attempts.to_vec(),
            tells_the_loss,
        };
        let events = RefCell::new(Vec::new());
        let looks = RefCell::new(0);
        // A pause is over when somebody has looked at it twice; the attempt's, after the attempt.
        let pause = async |time: Duration| {
            yield_now().await;
            if time == LOOK {
                *looks.borrow_mut() += 1;
                if *looks.borrow() == lost_at {
                    *driver.borrow_mut() = Driver::Idle;
                }
            }
        };
        {
            let mut work = core::pin::pin!(stay_in(&mut station, pause, |event| events
                .borrow_mut()
                .push(event)));
            for _ in 0..200 {
                // The last attempt is one that never ends, by the pauses it is tried again and again.
                assert!(poll_once(work.as_mut()).is_pending());
            }
        }
        (events.into_inner(), calls.take())
    }

    const TOLD: bool = true;

    #[test]
    fn a_loss_that_nobody_was_told_of_is_seen_at_the_next_look_and_the_network_joined_again() {
        for tells_the_loss in [true, false] {
            let attempts = [(TOLD, Driver::Connected), (TOLD, Driver::Connected)];
            let (events, calls) = run(&attempts, tells_the_loss, 3);
            let pause = Duration::from_ticks(1_000_000);
            assert_eq!(
                events,
                [
                    Event::Joined,
                    Event::Lost,
                    Event::Failed(pause),
                    Event::Joined
                ]
            );
            let asked: Vec<_> = calls.iter().filter(|call| **call != "stays").collect();
            assert_eq!(asked, [&"connect", &"disconnect", &"connect"]);
            assert!(calls.len() > asked.len());
        }
    }

    #[test]
    fn an_attempt_that_went_well_untold_is_a_network_joined() {
        let (events, calls) = run(&[(!TOLD, Driver::Connected)], true, usize::MAX);
        assert_eq!(events, [Event::Joined]);
        assert!(!calls.contains(&"disconnect"));
    }

    #[test]
    fn an_attempt_that_does_not_end_is_ended_before_the_next_one() {
        let attempts = [
            (!TOLD, Driver::Connecting),
            (TOLD, Driver::Idle),
            (TOLD, Driver::Connected),
        ];
        let (events, calls) = run(&attempts, true, usize::MAX);
        let failed = |seconds: u64| Event::Failed(Duration::from_ticks(seconds * 1_000_000));
        assert_eq!(events, [failed(1), failed(2), Event::Joined]);
        let asked: Vec<_> = calls.into_iter().filter(|call| *call != "stays").collect();
        assert_eq!(
            asked,
            vec!["connect", "disconnect", "connect", "disconnect", "connect"]
        );
    }

    #[test]
    fn a_driver_that_never_answers_is_asked_for_ever() {
        let (events, calls) = run(&[], true, usize::MAX);
        assert!(events.len() > 10);
        assert!(events.iter().all(|event| matches!(event, Event::Failed(_))));
        assert!(calls.iter().filter(|call| **call == "connect").count() > 10);
    }
}
