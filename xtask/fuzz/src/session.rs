//! The session against a broker that sends whatever the input says: it does not panic, it does not turn in circles, what it
//! sends is MQTT, it misses a broker that has fallen silent, and it ends when it is told to.
//!
//! The input is what the broker sends, as it comes, over one connection after the other. After a byte `ff` comes what is not sent: see
//! [`broker::Event`].

mod application;
mod broker;

use std::cell::RefCell;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use dimmer_link::{Buffers, Status, run as run_session};
use embassy_time::{Duration, Instant, MockDriver};

use application::Scripted;
use broker::{Broker, Script};

/// After so long without a byte from the broker the session must have noticed: a keep-alive of ten seconds, ten for the answer
/// to the question, and ten for a message that is stuck in a line that takes no more.
const NOTICED_WITHIN: Duration = Duration::from_secs(31);
/// So often may the session ask to be polled at one moment and do nothing.
const IDLE_TURNS: u32 = 100;
/// The longest that a session is watched.
const LONGEST: Duration = Duration::from_secs(1_800);

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

pub(crate) fn run(input: &[u8]) {
    let clock = MockDriver::get();
    clock.reset();
    let script = RefCell::new(Script::new(input));
    let application = Scripted::new(&script);
    let mut broker = Broker::new(&script);
    let mut buffers = Buffers::new();
    let woken = Arc::new(Woken(AtomicBool::new(false)));
    let waker = Waker::from(Arc::clone(&woken));
    let mut context = Context::from_waker(&waker);
    {
        let mut session = pin!(run_session(&mut broker, &application, &mut buffers, 1));
        let mut pause = FIRST_PAUSE;
        let mut heard = (0, Instant::now());
        let ended = loop {
            let progressed = turn(session.as_mut(), &mut context, &woken, &script);
            let Some(progressed) = progressed else {
                assert!(application.is_closing(), "it ended by itself");
                break true;
            };
            if progressed {
                pause = FIRST_PAUSE;
            }
            let now = Instant::now();
            let delivered = script.borrow().delivered();
            if heard.0 != delivered || application.status() != Some(Status::Online) {
                heard = (delivered, now);
            }
            assert!(
                now.duration_since(heard.1) <= NOTICED_WITHIN + pause,
                "online, although the broker has been silent for {} s",
                now.duration_since(heard.1).as_secs()
            );
            let done = script.borrow().is_over() && application.status() != Some(Status::Online);
            if done || now.as_ticks() > LONGEST.as_ticks() {
                break false;
            }
            clock.advance(pause);
            pause = (pause * 2).min(LONGEST_PAUSE);
        };
        application.close();
        // A farewell may take two seconds, a connection that is being opened none.
        let closed = ended
            || (0..40).any(|_| {
                let ended = turn(session.as_mut(), &mut context, &woken, &script).is_none();
                clock.advance(Duration::from_millis(100));
                ended
            });
        assert!(closed, "it does not close");
    }
    assert_eq!(application.status(), Some(Status::Closed));
    script.borrow().check_what_was_sent();
}

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Polls until the session waits. `None`: it has ended; otherwise whether anything happened.
fn turn(
    mut session: std::pin::Pin<&mut impl Future<Output = ()>>,
    context: &mut Context<'_>,
    woken: &Woken,
    script: &RefCell<Script<'_>>,
) -> Option<bool> {
    let before = script.borrow().steps();
    let (mut seen, mut idle) = (before, 0);
    loop {
        woken.0.store(false, Ordering::Relaxed);
        if let Poll::Ready(()) = session.as_mut().poll(context) {
            return None;
        }
        let steps = script.borrow().steps();
        if !woken.0.load(Ordering::Relaxed) {
            return Some(steps != before);
        }
        idle = if steps == seen { idle + 1 } else { 0 };
        seen = steps;
        assert!(idle < IDLE_TURNS, "it turns in circles");
    }
}
