//! A connection of the page and the HTTP API, whatever comes over it: it ends, it answers in HTTP or not at all, it gives no secret away, and it
//! changes nothing for who does not show a token.
//!
//! The first byte says how many come at a time; the rest is what comes.

use std::cell::RefCell;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Wake, Waker};

use dimmer_clock::VirtualClock;
use dimmer_web::{LIFETIME_S, REQUEST_CAPACITY, serve};

use crate::page::pipe::{Never, Pipe};
use crate::page::{Bench, PASSWORD, SECRET, STRANGER};

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

pub(crate) fn run(input: &[u8]) {
    let Some((step, input)) = input.split_first() else {
        return;
    };
    let clock = VirtualClock::start();
    let bench = Bench::new();
    let token = bench.with_password();
    let before = bench.kept();
    let output = RefCell::new(Vec::new());
    let pipe = Pipe {
        input,
        step: usize::from(*step).max(1),
        output: &output,
    };
    let mut buffer = vec![0; REQUEST_CAPACITY];
    served(
        &clock,
        serve(bench.site(), Never, pipe, STRANGER, &mut buffer),
    );

    let output = output.into_inner();
    let answer = String::from_utf8_lossy(&output);
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 ") && answer.contains("\r\n\r\n"),
        "{answer}"
    );
    let input = String::from_utf8_lossy(input);
    for secret in [SECRET, PASSWORD] {
        // Who knows the password may be shown the broker's; and what was asked for is told back.
        let is_known = input.contains(PASSWORD) || input.contains(secret);
        assert!(is_known || !answer.contains(secret), "{answer}");
    }
    if !input.contains(&token) {
        assert!(bench.kept() == before);
    }
}

/// Until it ends, as time goes on.
fn served(clock: &VirtualClock, serving: impl Future<Output = ()>) {
    let woken = Arc::new(Woken(AtomicBool::new(false)));
    let waker = Waker::from(Arc::clone(&woken));
    let mut context = Context::from_waker(&waker);
    let mut serving = pin!(serving);
    let start = clock.now();
    while serving.as_mut().poll(&mut context).is_pending() {
        if !woken.0.swap(false, Ordering::Relaxed) {
            let next = clock.next_wake().expect("it waits for nothing");
            clock.advance_to(next);
        }
        let longest = embassy_time::Duration::from_secs(LIFETIME_S).as_ticks();
        assert!(clock.now() - start <= longest, "it does not end");
    }
}
