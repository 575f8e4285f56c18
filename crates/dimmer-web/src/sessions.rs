//! Who is signed in.

use core::fmt;

use crate::password::same;

/// Most people who are signed in at once; one more takes the place of who was away for longest.
pub const SESSIONS: usize = 4;
/// A session of which nobody has made use for so long is over, seconds.
pub const IDLE_LIMIT_S: u32 = 30 * 60;
/// No session lasts longer, seconds.
pub const AGE_LIMIT_S: u32 = 12 * 60 * 60;
/// Bytes of a token: nobody guesses 128 bits.
pub const TOKEN_LENGTH: usize = 16;

/// What a page shows in place of the password.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Token([u8; TOKEN_LENGTH]);

impl Token {
    /// A token of bytes that nobody can foresee.
    #[must_use]
    pub const fn new(random: [u8; TOKEN_LENGTH]) -> Self {
        Self(random)
    }

    /// Reads what [`Display`](fmt::Display) writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.as_bytes();
        if text.len() != 2 * TOKEN_LENGTH {
            return None;
        }
        let digit = |byte: &u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        let mut bytes = [0; TOKEN_LENGTH];
        for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
            if let [high, low] = pair {
                *byte = digit(high)? << 4 | digit(low)?;
            }
        }
        Some(Self(bytes))
    }
}

/// 32 hex digits.
impl fmt::Display for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

/// Without its bytes: what is debugged ends up in logs.
impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token")
    }
}

#[derive(Clone, Copy, Debug)]
struct Session {
    token: Token,
    opened_s: u32,
    used_s: u32,
}

impl Session {
    fn lasts(&self, now_s: u32) -> bool {
        // A clock that went back tells no age.
        let within = |since_s: u32, limit_s| {
            now_s
                .checked_sub(since_s)
                .is_some_and(|age_s| age_s <= limit_s)
        };
        within(self.opened_s, AGE_LIMIT_S) && within(self.used_s, IDLE_LIMIT_S)
    }
}

/// Everybody who is signed in. Times are seconds since the start: no session outlives a restart.
#[derive(Clone, Debug, Default)]
pub struct Sessions {
    all: [Option<Session>; SESSIONS],
}

impl Sessions {
    /// Nobody.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            all: [None; SESSIONS],
        }
    }

    /// Signs somebody in.
    pub fn open(&mut self, now_s: u32, token: Token) {
        let session = Session {
            token,
            opened_s: now_s,
            used_s: now_s,
        };
        let rank = |place: &Option<Session>| place.map(|session| session.used_s);
        self.forget_old(now_s);
        if let Some(place) = self.all.iter_mut().min_by_key(|place| rank(place)) {
            *place = Some(session);
        }
    }

    /// Whether the token is that of somebody who is signed in; who shows it, stays so.
    pub fn is_open(&mut self, now_s: u32, token: Token) -> bool {
        self.forget_old(now_s);
        let mut found = false;
        // Every place is compared, wherever it is found.
        for session in self.all.iter_mut().flatten() {
            if same(&session.token.0, &token.0) {
                session.used_s = now_s;
                found = true;
            }
        }
        found
    }

    /// Signs one out.
    pub fn close(&mut self, token: Token) {
        for place in &mut self.all {
            if place.is_some_and(|session| same(&session.token.0, &token.0)) {
                *place = None;
            }
        }
    }

    /// Signs everybody out.
    pub fn close_all(&mut self) {
        self.all = [None; SESSIONS];
    }

    fn forget_old(&mut self, now_s: u32) {
        for place in &mut self.all {
            if place.is_some_and(|session| !session.lasts(now_s)) {
                *place = None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn token(number: u8) -> Token {
        Token::new([number; TOKEN_LENGTH])
    }

    #[test]
    fn a_token_is_read_as_it_is_written() {
        let written = std::format!("{}", Token::new(*b"\x00\x01\x02\x0f\xf0\xff6789abcdef"));
        assert_eq!(written, "0001020ff0ff36373839616263646566");
        assert_eq!(std::format!("{}", Token::parse(&written).unwrap()), written);
        for wrong in ["", "00", &"g".repeat(32), &"F".repeat(32), &"é".repeat(16)] {
            assert_eq!(Token::parse(wrong), None, "{wrong}");
        }
        assert!(!std::format!("{:?}", token(9)).contains('9'));
    }

    #[test]
    fn a_session_lasts_while_it_is_used_and_not_for_ever() {
        let mut sessions = Sessions::new();
        sessions.open(0, token(1));
        let mut now_s = 0;
        while now_s + IDLE_LIMIT_S <= AGE_LIMIT_S {
            now_s += IDLE_LIMIT_S;
            assert!(sessions.is_open(now_s, token(1)), "{now_s}");
        }
        assert!(!sessions.is_open(AGE_LIMIT_S + 1, token(1)));
        sessions.open(0, token(1));
        assert!(!sessions.is_open(IDLE_LIMIT_S + 1, token(1)));
        sessions.open(100, token(1));
        assert!(!sessions.is_open(99, token(1)), "the clock went back");
    }

    #[test]
    fn one_more_takes_the_place_of_who_was_away_for_longest() {
        let mut sessions = Sessions::new();
        for number in 0..4 {
            sessions.open(number.into(), token(number));
        }
        assert!(sessions.is_open(10, token(0)));
        sessions.open(11, token(9));
        let open: std::vec::Vec<bool> = [0, 1, 2, 3, 9]
            .map(|number| sessions.is_open(11, token(number)))
            .into();
        assert_eq!(open, [true, false, true, true, true]);
    }

    #[test]
    fn who_signs_out_is_out() {
        let mut sessions = Sessions::new();
        sessions.open(0, token(1));
        sessions.open(0, token(2));
        sessions.close(token(1));
        assert!(!sessions.is_open(0, token(1)) && sessions.is_open(0, token(2)));
        sessions.close_all();
        assert!(!sessions.is_open(0, token(2)));
    }

    proptest! {
        /// Against a list without bounds: nobody is signed in who was not let in within the limits.
        #[test]
        fn nobody_is_in_who_was_not_let_in(steps in proptest::collection::vec((0..4_u8, 0..8_u8, 0..20_000_u32), 0..60)) {
            let mut sessions = Sessions::new();
            let mut now_s = 0;
            let mut let_in: std::vec::Vec<(u8, u32)> = std::vec::Vec::new();
            for (what, number, later_s) in steps {
                now_s += later_s;
                match what {
                    0 => { sessions.open(now_s, token(number)); let_in.push((number, now_s)); }
                    1 => { sessions.close(token(number)); let_in.retain(|(other, _)| *other != number); }
                    _ => if sessions.is_open(now_s, token(number)) {
                        prop_assert!(let_in.iter().any(|(other, since)| *other == number && now_s - since <= AGE_LIMIT_S));
                    }
                }
            }
        }
    }
}
