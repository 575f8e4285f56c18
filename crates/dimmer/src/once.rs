//! What is said once, in its order: answers and lines of the log.

use heapless::Deque;

/// So many wait. Of more the oldest is forgotten: who floods a dimmer with commands does not read every answer.
const CAPACITY: usize = 4;

/// Things that are to be said, one by one.
#[derive(Clone, Debug)]
pub(crate) struct Once<T> {
    waiting: Deque<T, CAPACITY>,
    /// What is being said: a payload is written after its message was taken.
    current: Option<T>,
}

impl<T: Copy> Once<T> {
    pub(crate) const fn new() -> Self {
        Self {
            waiting: Deque::new(),
            current: None,
        }
    }

    pub(crate) fn push(&mut self, thing: T) {
        if self.waiting.is_full() {
            let _ = self.waiting.pop_front();
        }
        // There is room now.
        let _ = self.waiting.push_back(thing);
    }

    /// The next one is being said. Gives whether another waits behind it.
    pub(crate) fn begin(&mut self) -> bool {
        self.current = self.waiting.pop_front();
        !self.waiting.is_empty()
    }

    /// What is being said could not be, and is the next again.
    pub(crate) fn give_back(&mut self) {
        if let Some(thing) = self.current.take() {
            if self.waiting.is_full() {
                let _ = self.waiting.pop_back();
            }
            let _ = self.waiting.push_front(thing);
        }
    }

    pub(crate) const fn current(&self) -> Option<T> {
        self.current
    }

    pub(crate) fn clear(&mut self) {
        self.waiting.clear();
    }
}
