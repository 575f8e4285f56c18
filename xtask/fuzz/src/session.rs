//! The session against a broker that sends whatever the input says: it does not panic, it does not turn in circles, what it
//! sends is MQTT, it misses a broker that has fallen silent, each message is answered or given back, once, and it ends when it is
//! told to.
//!
//! The input is what the brokers send, as it comes, over one connection after the other or, while a better one is tried, over both.
//! After a byte `ff` comes what is not sent: see [`broker::Event`].

mod application;
mod broker;

use std::cell::RefCell;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use dimmer_clock::VirtualClock;
use dimmer_link::{Buffers, Status, run as run_session};
use embassy_time::{Duration, Instant};

use application::Scripted;
use broker::{Broker, Script};

/// After so long without a byte from the broker the session must have noticed: three seconds until it asks, with a keep-alive of ten,
/// six for the answer, six for a message that is stuck in a line that takes no more, and five for the cleaning after other settings.
const NOTICED_WITHIN: Duration = Duration::from_secs(20);
/// So often the session may ask to be polled at one moment and do nothing, before it counts as turning in circles.
const IDLE_TURNS: u32 = 100;
/// So long it may turn in circles. It should not at all, but where the broker wants a keep-alive below ten seconds and then owes
/// a PINGRESP, minimq 0.13.5 waits for a moment that has passed, until the five seconds that it gives the broker are over.
const CIRCLES: Duration = Duration::from_secs(5);
/// The longest that a session is watched.
const LONGEST: Duration = Duration::from_secs(1_800);

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

pub(crate) fn run(input: &[u8]) {
    let clock = VirtualClock::start();
    let script = RefCell::new(Script::new(input));
    let application = Scripted::new(&script);
    let broker = Broker::new(&script);
    let mut buffers = Buffers::new();
    let woken = Arc::new(Woken(AtomicBool::new(false)));
    let waker = Waker::from(Arc::clone(&woken));
    let mut context = Context::from_waker(&waker);
    {
        let mut session = pin!(run_session(&broker, &application, &mut buffers, 1));
        let mut pause = FIRST_PAUSE;
        let mut heard = (0, Instant::now());
        let mut calm_at = Instant::now();
        let ended = loop {
            let now = Instant::now();
            match turn(session.as_mut(), &mut context, &woken, &script) {
                Turn::Ended => {
                    assert!(application.is_closing(), "it ended by itself");
                    break true;
                }
                Turn::Circles => {
                    assert!(
                        now - calm_at <= CIRCLES + LONGEST_PAUSE,
                        "it turns in circles"
                    );
                }
                Turn::Waits { progressed } => {
                    calm_at = now;
                    if progressed {
                        pause = FIRST_PAUSE;
                    }
                }
            }
            let online = matches!(application.status(), Some(Status::Online { .. }));
            let delivered = script.borrow().delivered();
            if heard.0 != delivered || !online {
                heard = (delivered, now);
            }
            let silent = now - heard.1;
            assert!(
                silent <= NOTICED_WITHIN + LONGEST_PAUSE,
                "online, although the broker has been silent for {} s",
                silent.as_secs()
            );
            let done = script.borrow().is_over() && !online;
            if done || now.as_ticks() > LONGEST.as_ticks() {
                break false;
            }
            advance(&clock, pause);
            pause = (pause * 2).min(LONGEST_PAUSE);
        };
        application.close();
        // A farewell may take two seconds, one with a cleaning five, a connection that is being opened none.
        let closed = ended
            || (0..75).any(|_| {
                let turn = turn(session.as_mut(), &mut context, &woken, &script);
                advance(&clock, Duration::from_millis(100));
                matches!(turn, Turn::Ended)
            });
        assert!(closed, "it does not close");
    }
    assert_eq!(application.status(), Some(Status::Closed));
    application.check_what_became_of_all();
    script.borrow().check_what_was_sent();
}

fn advance(clock: &VirtualClock, by: Duration) {
    clock.advance_to(clock.now() + by.as_micros());
}

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How the session left it when it was polled.
enum Turn {
    Ended,
    Waits { progressed: bool },
    Circles,
}

/// Polls until the session waits, or long enough to see that it does not.
fn turn(
    mut session: Pin<&mut impl Future<Output = ()>>,
    context: &mut Context<'_>,
    woken: &Woken,
    script: &RefCell<Script<'_>>,
) -> Turn {
    let before = script.borrow().steps();
    let (mut seen, mut idle) = (before, 0);
    while idle < IDLE_TURNS {
        woken.0.store(false, Ordering::Relaxed);
        if let Poll::Ready(()) = session.as_mut().poll(context) {
            return Turn::Ended;
        }
        let steps = script.borrow().steps();
        if !woken.0.load(Ordering::Relaxed) {
            return Turn::Waits {
                progressed: steps != before,
            };
        }
        idle = if steps == seen { idle + 1 } else { 0 };
        seen = steps;
    }
    Turn::Circles
}
