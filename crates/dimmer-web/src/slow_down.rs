//! Who guesses passwords waits longer each time.

use core::net::IpAddr;

/// So many failures cost nothing: people mistype.
pub const FREE_FAILURES: u8 = 3;
/// The longest wait, seconds.
pub const LONGEST_WAIT_S: u32 = 300;
/// After so long without a failure an address begins anew, seconds.
pub const FORGIVEN_AFTER_S: u32 = 3_600;
/// As many addresses are remembered.
pub const ADDRESSES: usize = 8;
/// Whoever has more addresses than these is slowed down by what all strangers share, those addresses from which nobody has signed in since
/// the start: after so many failures,
pub const STRANGERS_FREE_FAILURES: u8 = 20;
/// one guess is heard in so many seconds, whoever's it is. An hour without a failure of any of them forgives that as well.
pub const STRANGERS_WAIT_S: u32 = 5;

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
    /// From where somebody has signed in, the latest first.
    known: [Option<IpAddr>; ADDRESSES],
    /// The failures of all others, and when the last one came.
    strangers: (u8, u32),
}

impl SlowDown {
    /// Nobody has failed.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            guessers: [None; ADDRESSES],
            known: [None; ADDRESSES],
            strangers: (0, 0),
        }
    }

    /// How long an address must wait until its next guess is heard, seconds; 0: not at all.
    #[must_use]
    pub fn wait_s(&self, now_s: u32, address: IpAddr) -> u32 {
        let own_s = self
            .guesser(address)
            .map_or(0, |guesser| guesser.free_at_s().saturating_sub(now_s))
            // After a clock that went back.
            .min(LONGEST_WAIT_S);
        let (failures, last_s) = self.strangers;
        if self.is_known(address) || failures < STRANGERS_FREE_FAILURES {
            return own_s;
        }
        let shared_s = last_s
            .saturating_add(STRANGERS_WAIT_S)
            .saturating_sub(now_s);
        own_s.max(shared_s.min(STRANGERS_WAIT_S))
    }

    /// A wrong password came.
    pub fn failed(&mut self, now_s: u32, address: IpAddr) {
        if !self.is_known(address) {
            let (failures, last_s) = self.strangers;
            let is_forgiven = now_s.saturating_sub(last_s) >= FORGIVEN_AFTER_S;
            let before = if is_forgiven { 0 } else { failures };
            self.strangers = (before.saturating_add(1), now_s);
        }
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
        // It comes first, and who signed in longest ago leaves.
        let place = self.known.iter().position(|known| *known == Some(address));
        let end = place.unwrap_or(ADDRESSES - 1);
        if let Some(until_it) = self.known.get_mut(..=end) {
            until_it.rotate_right(1);
        }
        if let Some(first) = self.known.first_mut() {
            *first = Some(address);
        }
    }

    /// Whether somebody has signed in from there.
    fn is_known(&self, address: IpAddr) -> bool {
        self.known.contains(&Some(address))
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

    #[test]
    fn many_addresses_have_few_guesses_together() {
        let mut slow_down = SlowDown::new();
        slow_down.succeeded(address(250));
        let (mut now_s, mut guesses) = (0, 0);
        while now_s < 3_600 {
            // Each guess is another address's.
            let [_, _, high, low] = u32::to_be_bytes(guesses);
            let next = IpAddr::from([10, 0, high, low]);
            match slow_down.wait_s(now_s, next) {
                0 => {
                    slow_down.failed(now_s, next);
                    guesses += 1;
                }
                wait_s => now_s += wait_s,
            }
        }
        let most = u32::from(STRANGERS_FREE_FAILURES) + 3_600 / STRANGERS_WAIT_S;
        assert!((21..=most).contains(&guesses), "{guesses}");
        slow_down.failed(now_s, address(1));
        assert_eq!(slow_down.wait_s(now_s, address(2)), STRANGERS_WAIT_S);
        assert_eq!(slow_down.wait_s(now_s, address(250)), 0, "the owner's");
        assert_eq!(slow_down.wait_s(0, address(2)), 5, "the clock went back");
        // An hour of silence.
        slow_down.failed(now_s + FORGIVEN_AFTER_S, address(1));
        assert_eq!(slow_down.wait_s(now_s + FORGIVEN_AFTER_S, address(2)), 0);
    }

    #[test]
    fn who_signed_in_last_is_known_longest() {
        let mut slow_down = SlowDown::new();
        for last in 0..=8 {
            slow_down.succeeded(address(last));
            slow_down.succeeded(address(1));
        }
        assert!(slow_down.is_known(address(1)) && slow_down.is_known(address(8)));
        assert!(!slow_down.is_known(address(0)));
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
