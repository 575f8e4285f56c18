//! What is said once, in its order: answers and lines of the log.

use heapless::Deque;

/// So many wait. Of more the oldest is forgotten: who floods a dimmer with commands does not read every answer.
const CAPACITY: usize = 4;
/// As many as a session has on the way, and one.
const ON_THE_WAY: usize = 8;

/// Things that are to be said, one by one.
#[derive(Clone, Debug)]
pub(crate) struct Once<T> {
    waiting: Deque<T, CAPACITY>,
    /// Said, and not acknowledged yet, the oldest first: a broker acknowledges in this order (MQTT 5, section 4.6).
    on_the_way: Deque<T, ON_THE_WAY>,
    /// What is being said: a payload is written after its message was taken.
    current: Option<T>,
    /// Whether that is on the way, too, or nobody will acknowledge it.
    is_acknowledged: bool,
}

impl<T: Copy> Once<T> {
    pub(crate) const fn new() -> Self {
        Self {
            waiting: Deque::new(),
            on_the_way: Deque::new(),
            current: None,
            is_acknowledged: false,
        }
    }

    pub(crate) fn push(&mut self, thing: T) {
        push(&mut self.waiting, thing);
    }

    /// The next one is being said, with or without an acknowledgement to come. Gives whether another waits behind it.
    pub(crate) fn begin(&mut self, is_acknowledged: bool) -> bool {
        self.current = self.waiting.pop_front();
        self.is_acknowledged = is_acknowledged;
        if let Some(thing) = self.current.filter(|_| is_acknowledged) {
            push(&mut self.on_the_way, thing);
        }
        !self.waiting.is_empty()
    }

    /// What was said last could not be, and is the next again: what is being said, or on its way.
    pub(crate) fn give_back(&mut self) {
        let current = self.current.take().filter(|_| !self.is_acknowledged);
        if let Some(thing) = current.or_else(|| self.on_the_way.pop_back())
            && !self.waiting.is_full()
        {
            let _ = self.waiting.push_front(thing);
        }
    }

    /// What was said first arrived, or never will.
    pub(crate) fn answered(&mut self) {
        let _ = self.on_the_way.pop_front();
    }

    pub(crate) const fn current(&self) -> Option<T> {
        self.current
    }
}

/// Puts a thing at the end, in place of the oldest if there is no room.
fn push<T, const CAPACITY: usize>(things: &mut Deque<T, CAPACITY>, thing: T) {
    if things.is_full() {
        let _ = things.pop_front();
    }
    // There is room now.
    let _ = things.push_back(thing);
}
