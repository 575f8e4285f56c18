//! The firing path held: silent for as long as the thread needs it to be.

use core::sync::atomic::{AtomicBool, Ordering};

use embassy_sync::{blocking_mutex::raw::CriticalSectionRawMutex, signal::Signal};

/// Between the thread, which asks for silence, and the firing path, which parks the gate and says so.
///
/// The firing path is an interrupt of the same core: when [`begin`](Self::begin) has woken it, it has run before the thread goes on.
pub struct Hold {
    is_wanted: AtomicBool,
    is_parked: AtomicBool,
    changed: Signal<CriticalSectionRawMutex, ()>,
}

impl Hold {
    /// Nobody asks for silence.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            is_wanted: AtomicBool::new(false),
            is_parked: AtomicBool::new(false),
            changed: Signal::new(),
        }
    }

    /// Asks for silence, and says whether there is. For the thread.
    pub fn begin(&self) -> bool {
        self.is_parked.store(false, Ordering::SeqCst);
        self.is_wanted.store(true, Ordering::SeqCst);
        self.changed.signal(());
        self.is_parked.load(Ordering::SeqCst)
    }

    /// Lets the firing path go on, also when it was not silent. For the thread.
    pub fn end(&self) {
        self.is_wanted.store(false, Ordering::SeqCst);
        self.changed.signal(());
    }

    /// Waits until the thread asks for silence, or has no need of it any more. For the firing path.
    pub async fn changed(&self) {
        self.changed.wait().await;
    }

    /// Whether nothing is to be fed now. For the firing path, in each of its turns.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        self.is_wanted.load(Ordering::SeqCst)
    }

    /// The gate is parked, and nothing is fed before [`is_wanted`](Self::is_wanted) is false. For the firing path.
    pub fn parked(&self) {
        self.is_parked.store(true, Ordering::SeqCst);
    }
}

impl core::fmt::Debug for Hold {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter
            .debug_struct("Hold")
            .field("is_wanted", &self.is_wanted)
            .field("is_parked", &self.is_parked)
            .finish_non_exhaustive()
    }
}

impl Default for Hold {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use embassy_futures::{block_on, poll_once};

    #[test]
    fn a_firing_path_that_does_not_answer_is_not_taken_for_a_silent_one() {
        let hold = Hold::new();
        assert!(!hold.begin() && hold.is_wanted());
        hold.end();
        assert!(!hold.is_wanted());
    }

    #[test]
    fn silence_of_the_last_time_is_none_of_this_time() {
        let hold = Hold::new();
        hold.begin();
        hold.parked();
        hold.end();
        assert!(!hold.begin(), "nobody has parked since");
    }

    #[test]
    fn the_firing_path_is_woken_at_the_beginning_and_at_the_end() {
        let hold = Hold::new();
        assert!(poll_once(hold.changed()).is_pending());
        hold.begin();
        block_on(hold.changed());
        assert!(poll_once(hold.changed()).is_pending());
        hold.end();
        block_on(hold.changed());
    }
}
