//! Who is to be woken when.

use std::task::Waker;

/// Wakers, each once, and the earliest of their moments. Few at a time: one for each task.
#[derive(Default)]
pub(crate) struct Queue(Vec<(u64, Waker)>);

impl Queue {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Remembers a waker; says whether it is to be woken before all others. A task that is woken asks all its timers, and those that are
    /// not due ask for their moment again: so the earliest is enough. Timers that were dropped would otherwise stay here until they
    /// are due, by the thousand where a task waits anew at each half-cycle.
    pub(crate) fn insert(&mut self, at: u64, waker: &Waker) -> bool {
        let is_first = self.next().is_none_or(|next| at < next);
        // A clone to compare with the clones that are kept: the table of functions of an executor's own waker may stand at another address
        // than that of its clones, and then they never seem to be the same.
        let waker = waker.clone();
        let mut known = self.0.iter_mut();
        match known.find(|(_, other)| other.will_wake(&waker)) {
            Some((known, _)) => *known = at.min(*known),
            None => self.0.push((at, waker)),
        }
        is_first
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
