//! Who guesses passwords waits longer each time.

use core::net::IpAddr;

/// So many failures cost nothing: people mistype.
pub const FREE_FAILURES: u8 = 3;
/// The longest wait, seconds.
pub const LONGEST_WAIT_S: u32 = 300;
/// After so long without a failure an address begins anew, seconds.
pub const FORGIVEN_AFTER_S: u32 = 3_600;
/// As many addresses are remembered. Whoever has more of them is slowed down by the time that a guess takes the board: one is
/// looked at at a time.
pub const ADDRESSES: usize = 8;

#[derive(Clone, Copy, Debug)]
struct Guesser {
    address: IpAddr,
    failures: u8,
    last_s: u32,
}

impl Guesser {
    /// When the next guess is heard.
    fn free_at_s(&self) -> u32 {
        let doublings = self.failures.checked_sub(FREE_FAILURES);
        let wait_s = doublings.map_or(0, |doublings| {
            1_u32
                .checked_shl(doublings.into())
                .unwrap_or(LONGEST_WAIT_S)
                .min(LONGEST_WAIT_S)
        });
        self.last_s.saturating_add(wait_s)
    }
}

/// The failures of late. A session that is open is not touched by them.
#[derive(Clone, Debug, Default)]
pub struct SlowDown {
    guessers: [Option<Guesser>; ADDRESSES],
}

impl SlowDown {
    /// Nobody has failed.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            guessers: [None; ADDRESSES],
        }
    }

    /// How long an address must wait until its next guess is heard, seconds; 0: not at all.
    #[must_use]
    pub fn wait_s(&self, now_s: u32, address: IpAddr) -> u32 {
        self.guesser(address)
            .map_or(0, |guesser| guesser.free_at_s().saturating_sub(now_s))
            // After a clock that went back.
            .min(LONGEST_WAIT_S)
    }

    /// A wrong password came.
    pub fn failed(&mut self, now_s: u32, address: IpAddr) {
        let before = self
            .guesser(address)
            .filter(|guesser| now_s.saturating_sub(guesser.last_s) < FORGIVEN_AFTER_S);
        let failures = before.map_or(0, |guesser| guesser.failures);
        let guesser = Guesser {
            address,
            failures: failures.saturating_add(1),
            last_s: now_s,
        };
        self.forget(address);
        // An empty place, or that of who failed least and longest ago.
        let rank =
            |place: &Option<Guesser>| place.map(|guesser| (guesser.failures, guesser.last_s));
        if let Some(place) = self.guessers.iter_mut().min_by_key(|place| rank(place)) {
            *place = Some(guesser);
        }
    }

    /// The right password came.
    pub fn succeeded(&mut self, address: IpAddr) {
        self.forget(address);
    }

    fn guesser(&self, address: IpAddr) -> Option<&Guesser> {
        self.guessers
            .iter()
            .flatten()
            .find(|guesser| guesser.address == address)
    }

    fn forget(&mut self, address: IpAddr) {
        for place in &mut self.guessers {
            if place.is_some_and(|guesser| guesser.address == address) {
                *place = None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn address(last: u8) -> IpAddr {
        [192, 168, 1, last].into()
    }

    #[test]
    fn each_failure_after_the_third_doubles_the_wait() {
        let mut slow_down = SlowDown::new();
        let mut waits = std::vec::Vec::new();
        for _ in 0..14 {
            slow_down.failed(1_000, address(1));
            waits.push(slow_down.wait_s(1_000, address(1)));
        }
        assert_eq!(
            waits,
            [0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]
        );
        assert_eq!(slow_down.wait_s(1_290, address(1)), 10);
        assert_eq!(slow_down.wait_s(1_300, address(1)), 0);
        assert_eq!(slow_down.wait_s(1_000, address(2)), 0, "another one");
        assert_eq!(slow_down.wait_s(0, address(1)), 300, "the clock went back");
        slow_down.succeeded(address(1));
        assert_eq!(slow_down.wait_s(1_000, address(1)), 0);
    }

    #[test]
    fn an_hour_forgives() {
        let mut slow_down = SlowDown::new();
        for _ in 0..10 {
            slow_down.failed(0, address(1));
        }
        slow_down.failed(FORGIVEN_AFTER_S, address(1));
        assert_eq!(slow_down.wait_s(FORGIVEN_AFTER_S, address(1)), 0);
    }

    #[test]
    fn who_failed_most_is_remembered_longest() {
        let mut slow_down = SlowDown::new();
        for _ in 0..10 {
            slow_down.failed(0, address(1));
        }
        for other in 2..200 {
            slow_down.failed(1, address(other));
        }
        assert!(slow_down.wait_s(1, address(1)) > 0);
    }

    proptest! {
        #[test]
        fn in_any_hour_an_address_has_few_guesses(patience in 0..400_u32) {
            // It waits as it is told, and a little more.
            let mut slow_down = SlowDown::new();
            let (mut now_s, mut guesses) = (0, 0);
            while now_s < 3_600 {
                slow_down.failed(now_s, address(1));
                guesses += 1;
                now_s += slow_down.wait_s(now_s, address(1)).max(patience.min(1));
            }
            prop_assert!(guesses <= 24, "{guesses}");
        }
    }
}
