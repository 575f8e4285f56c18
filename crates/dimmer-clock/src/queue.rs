//! Who is to be woken when.

use std::task::Waker;

/// Wakers and their moments. Few at a time: each task waits for a handful.
#[derive(Default)]
pub(crate) struct Queue(Vec<(u64, Waker)>);

impl Queue {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Remembers a waker. A timer that is polled again and again asks for the same each time.
    pub(crate) fn insert(&mut self, at: u64, waker: &Waker) {
        let is_known = |(known, other): &(u64, Waker)| *known == at && other.will_wake(waker);
        if !self.0.iter().any(is_known) {
            self.0.push((at, waker.clone()));
        }
    }

    /// The earliest moment.
    pub(crate) fn next(&self) -> Option<u64> {
        self.0.iter().map(|(at, _)| *at).min()
    }

    /// Those whose moment has come.
    pub(crate) fn take_due(&mut self, now: u64) -> Vec<Waker> {
        self.0
            .extract_if(.., |(at, _)| *at <= now)
            .map(|(_, waker)| waker)
            .collect()
    }
}
