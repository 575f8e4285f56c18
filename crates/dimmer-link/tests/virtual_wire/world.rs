//! Everything in one thread, on a clock that stands still while anybody has something to do.

use std::{
    future::Future,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use dimmer_clock::VirtualClock;

use crate::network::Network;

/// More turns at one moment than any honest work takes: something spins.
const TURNS_AT_A_MOMENT: u32 = 100_000;

struct Bell(AtomicBool);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What runs beside the session: brokers, and hands that cut wires.
pub type Task = Pin<Box<dyn Future<Output = ()>>>;

/// Runs `main` to its end, at most for so many seconds of virtual time, and gives its result and how long it took, in microseconds.
///
/// # Panics
/// When it does not end in time, or spins.
pub fn run<R>(
    clock: &VirtualClock,
    network: &Network,
    limit_s: u64,
    mut tasks: Vec<Task>,
    main: impl Future<Output = R>,
) -> (R, u64) {
    let bell = Arc::new(Bell(AtomicBool::new(true)));
    let waker = Waker::from(bell.clone());
    let mut context = Context::from_waker(&waker);
    let mut main = pin!(main);
    let began = clock.now();
    let end = began + limit_s * 1_000_000;
    let mut turns = 0;
    loop {
        turns += 1;
        assert!(
            turns < TURNS_AT_A_MOMENT,
            "something spins at {} s",
            clock.now() / 1_000_000
        );
        if bell.0.swap(false, Ordering::Relaxed) {
            if let Poll::Ready(result) = main.as_mut().poll(&mut context) {
                return (result, clock.now() - began);
            }
            tasks.retain_mut(|task| task.as_mut().poll(&mut context).is_pending());
        }
        if network.turn(clock.now()) || bell.0.load(Ordering::Relaxed) {
            continue;
        }
        let next = [network.next_turn(clock.now()), clock.next_wake()];
        let next = next.into_iter().flatten().min().unwrap_or(end);
        assert!(next < end, "it did not end within {limit_s} s");
        if next > clock.now() {
            turns = 0;
        }
        clock.advance_to(next);
    }
}
