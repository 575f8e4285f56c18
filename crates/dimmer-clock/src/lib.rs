#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod queue;

use std::{
    cell::RefCell,
    marker::PhantomData,
    sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError},
    task::Waker,
    thread,
    time::{Duration, Instant},
};

use embassy_time_driver::Driver;

use crate::queue::Queue;

/// A clock for the thread that started it, which only [`advance_to`](Self::advance_to) moves. It begins at 0.
///
/// What was timed by the real clock before, and what is timed by it after the drop, cannot be compared with what was timed between.
#[derive(Debug)]
pub struct VirtualClock {
    /// It belongs to this thread.
    not_send: PhantomData<*const ()>,
}

#[derive(Default)]
struct Virtual {
    now: u64,
    queue: Queue,
}

thread_local! {
    static VIRTUAL: RefCell<Option<Virtual>> = const { RefCell::new(None) };
}

impl VirtualClock {
    /// Stops this thread's time, at 0.
    ///
    /// # Panics
    /// When this thread has one already.
    #[must_use]
    pub fn start() -> Self {
        VIRTUAL.with_borrow_mut(|clock| {
            assert!(clock.is_none(), "this thread has a virtual clock already");
            *clock = Some(Virtual::default());
        });
        Self {
            not_send: PhantomData,
        }
    }

    /// The time, microseconds.
    #[must_use]
    pub fn now(&self) -> u64 {
        with_virtual(|clock| clock.now).unwrap_or_default()
    }

    /// The next moment for which somebody waits, microseconds; never before now.
    #[must_use]
    pub fn next_wake(&self) -> Option<u64> {
        with_virtual(|clock| clock.queue.next().map(|at| at.max(clock.now))).flatten()
    }

    /// Moves the time on to `at` microseconds and wakes whoever waited for it. A time that has passed changes nothing.
    pub fn advance_to(&self, at: u64) {
        let due = with_virtual(|clock| {
            clock.now = clock.now.max(at);
            clock.queue.take_due(clock.now)
        });
        due.unwrap_or_default().iter().for_each(Waker::wake_by_ref);
    }
}

impl Drop for VirtualClock {
    fn drop(&mut self) {
        VIRTUAL.with_borrow_mut(|clock| *clock = None);
    }
}

/// This thread's virtual clock, if it has one.
fn with_virtual<R>(use_it: impl FnOnce(&mut Virtual) -> R) -> Option<R> {
    VIRTUAL.with_borrow_mut(|clock| clock.as_mut().map(use_it))
}

/// Real time since the first look at it, and a thread that wakes.
struct Clock {
    queue: Mutex<Queue>,
    changed: Condvar,
}

embassy_time_driver::time_driver_impl!(static CLOCK: Clock = Clock {
    queue: Mutex::new(Queue::new()),
    changed: Condvar::new(),
});

static BEGAN: OnceLock<Instant> = OnceLock::new();
static ALARM: OnceLock<()> = OnceLock::new();

fn real_now() -> u64 {
    let elapsed = BEGAN.get_or_init(Instant::now).elapsed();
    u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX)
}

impl Clock {
    /// A waker that panicked has left the queue as it was.
    fn locked(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake_for_ever(&self) {
        let mut queue = self.locked();
        loop {
            let due = queue.take_due(real_now());
            if due.is_empty() {
                let wait = match queue.next() {
                    Some(at) => Duration::from_micros(at.saturating_sub(real_now())),
                    None => Duration::from_secs(3_600),
                };
                let woken = self.changed.wait_timeout(queue, wait);
                queue = woken.unwrap_or_else(PoisonError::into_inner).0;
            } else {
                // Not under the lock: whoever is woken may set the next alarm at once.
                drop(queue);
                due.iter().for_each(Waker::wake_by_ref);
                queue = self.locked();
            }
        }
    }
}

impl Driver for Clock {
    fn now(&self) -> u64 {
        with_virtual(|clock| clock.now).unwrap_or_else(real_now)
    }

    fn schedule_wake(&self, at: u64, waker: &Waker) {
        let is_past = with_virtual(|clock| {
            let is_past = at <= clock.now;
            if !is_past {
                clock.queue.insert(at, waker);
            }
            is_past
        });
        match is_past {
            // The clock may never be moved again.
            Some(true) => return waker.wake_by_ref(),
            Some(false) => return,
            None => {}
        }
        let is_first = self.locked().insert(at, waker);
        ALARM.get_or_init(|| {
            thread::spawn(|| CLOCK.wake_for_ever());
        });
        if is_first {
            self.changed.notify_one();
        }
    }
}
