//! Timers in real and in virtual time.

use std::{
    future::Future,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Wake, Waker},
    thread::{self, Thread},
};

use dimmer_clock::VirtualClock;
use embassy_time::{Duration, Instant, Timer};

/// A waker that notes that it was called, and wakes a thread.
struct Bell {
    rung: AtomicBool,
    thread: Thread,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.rung.store(true, Ordering::SeqCst);
        self.thread.unpark();
    }
}

fn bell() -> Arc<Bell> {
    Arc::new(Bell {
        rung: AtomicBool::new(false),
        thread: thread::current(),
    })
}

#[test]
fn a_timer_of_the_real_clock_rings_when_its_time_has_come_and_not_before() {
    let bell = bell();
    let waker = Waker::from(bell.clone());
    let mut context = Context::from_waker(&waker);
    let before = Instant::now();
    let mut late = pin!(Timer::after_secs(3_600));
    let mut soon = pin!(Timer::after_millis(20));
    assert!(late.as_mut().poll(&mut context).is_pending());
    while soon.as_mut().poll(&mut context).is_pending() {
        thread::park();
    }
    assert!(bell.rung.load(Ordering::SeqCst));
    assert!(before.elapsed() >= Duration::from_millis(20));
    assert!(late.as_mut().poll(&mut context).is_pending());
}

#[test]
fn a_virtual_clock_stands_still_until_it_is_moved() {
    let clock = VirtualClock::start();
    let bell = bell();
    let waker = Waker::from(bell.clone());
    let mut context = Context::from_waker(&waker);
    let mut timer = pin!(Timer::after_secs(60));
    assert!(timer.as_mut().poll(&mut context).is_pending());
    assert!(timer.as_mut().poll(&mut context).is_pending());
    assert_eq!((clock.now(), clock.next_wake()), (0, Some(60_000_000)));
    clock.advance_to(59_999_999);
    assert!(!bell.rung.load(Ordering::SeqCst));
    clock.advance_to(60_000_000);
    assert!(bell.rung.load(Ordering::SeqCst));
    assert!(timer.as_mut().poll(&mut context).is_ready());
    assert_eq!(clock.next_wake(), None);
}

#[test]
fn a_timer_for_a_time_that_has_passed_rings_without_a_move() {
    let clock = VirtualClock::start();
    clock.advance_to(5_000_000);
    let bell = bell();
    let waker = Waker::from(bell.clone());
    let mut context = Context::from_waker(&waker);
    let mut timer = pin!(Timer::at(Instant::from_secs(5)));
    while timer.as_mut().poll(&mut context).is_pending() {
        assert!(bell.rung.swap(false, Ordering::SeqCst));
    }
}

#[test]
fn each_thread_has_a_clock_of_its_own() {
    let clock = VirtualClock::start();
    clock.advance_to(5_000_000);
    let other = thread::spawn(|| {
        let clock = VirtualClock::start();
        clock.advance_to(7);
        Instant::now().as_micros()
    });
    assert_eq!(other.join().ok(), Some(7));
    assert_eq!(Instant::now().as_secs(), 5);
    drop(clock);
    let real = Instant::now();
    thread::sleep(std::time::Duration::from_millis(2));
    assert!(
        real.elapsed() >= Duration::from_millis(2),
        "real time again"
    );
}
