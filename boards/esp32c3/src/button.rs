//! The board's button.

use dimmer::{Duration, Instant};

/// Held for so long, it asks for the access point.
pub const LONG_PRESS: Duration = Duration::from_ticks(5_000_000);
/// What is shorter is a contact that bounces.
const BOUNCE: Duration = Duration::from_ticks(50_000);

/// Tells a long press. One that was held when the board started counts from there.
#[derive(Clone, Copy, Debug, Default)]
pub struct Button {
    down_since: Option<Instant>,
    up_since: Option<Instant>,
    is_told: bool,
}

impl Button {
    /// Nobody presses it.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            down_since: None,
            up_since: None,
            is_told: false,
        }
    }

    /// Looks at the button, every few milliseconds: whether it has now been held for [`LONG_PRESS`]. Once for each press.
    pub fn look(&mut self, now: Instant, is_down: bool) -> bool {
        if !is_down {
            let up = *self.up_since.get_or_insert(now);
            if age(now, up) >= BOUNCE {
                (self.down_since, self.is_told) = (None, false);
            }
            return false;
        }
        self.up_since = None;
        let down = *self.down_since.get_or_insert(now);
        let is_long = age(now, down) >= LONG_PRESS && !self.is_told;
        self.is_told |= is_long;
        is_long
    }
}

fn age(now: Instant, since: Instant) -> Duration {
    now.checked_duration_since(since)
        .unwrap_or(Duration::from_ticks(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How often a press that is held from one moment to another, in milliseconds, is told until the last one.
    fn told(button: &mut Button, held: core::ops::Range<u64>, until: u64) -> usize {
        (0..until)
            .step_by(20)
            .filter(|at| button.look(Instant::from_ticks(at * 1_000), held.contains(at)))
            .count()
    }

    #[test]
    fn a_long_press_is_told_once_and_a_short_one_never() {
        assert_eq!(told(&mut Button::new(), 1_000..5_900, 20_000), 0);
        assert_eq!(told(&mut Button::new(), 1_000..6_100, 20_000), 1);
        assert_eq!(told(&mut Button::new(), 0..20_000, 20_000), 1);
    }

    #[test]
    fn a_contact_that_bounces_is_one_press_and_short_presses_do_not_add_up() {
        let mut button = Button::new();
        let is_down = |at: u64| !at.is_multiple_of(2_000);
        let long = (0..10_000)
            .step_by(20)
            .filter(|at| button.look(Instant::from_ticks(at * 1_000), is_down(*at)));
        assert_eq!(long.count(), 1);
        let mut button = Button::new();
        let is_down = |at: u64| at % 2_000 > 100;
        let long = (0..20_000)
            .step_by(20)
            .filter(|at| button.look(Instant::from_ticks(at * 1_000), is_down(*at)));
        assert_eq!(long.count(), 0);
    }
}
