//! The password as it is kept: salted and stretched, and checked a little at a time.
//!
//! PBKDF2 with HMAC-SHA-256 (RFC 8018, 5.2) and not argon2 or scrypt: those are good because they need memory, and a board of 264 KiB
//! has none to give beside its network's. On a Cortex-M0+ one round is two blocks of SHA-256. [`ITERATIONS`] rounds take 1.6 s at 125 MHz in an emulator that has no cache
//! to miss, which is some ten thousand cycles for a block; silicon will take longer, and nobody has measured it there. It is what a person
//! waits for at a sign-in. It is done in steps of [`STEP_ITERATIONS`], some 0.6 ms, between which every other task of the board has its turn. A step is no
//! longer because a driver takes many turns for one frame (a W5500 some twenty): with steps of 5 ms a board got ten frames a second meanwhile, and its session
//! was lost.
//!
//! So few rounds do not protect a short password against somebody who has read the flash. What protects the dimmer is the slow-down of
//! guesses over the network, and that it keeps nothing by which the password could be found elsewhere.

use core::fmt;

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// Rounds of a new password. They are kept with it, so that a later firmware can take more.
pub const ITERATIONS: u32 = 10_000;
/// Rounds in one step.
pub const STEP_ITERATIONS: u32 = 4;
/// The shortest password, characters (NIST SP 800-63B, 5.1.1.1).
pub const PASSWORD_MINIMUM: usize = 8;
/// The longest password, bytes of UTF-8.
pub const PASSWORD_CAPACITY: usize = 64;

/// Bytes of the salt, at least 16 (NIST SP 800-132, 5.1).
pub const SALT_LENGTH: usize = 16;
const HASH_LENGTH: usize = 32;

type HmacSha256 = Hmac<Sha256>;

/// What is kept of a password. It does not give the password back, and is no less to be kept to oneself.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    salt: [u8; SALT_LENGTH],
    iterations: u32,
    hash: [u8; HASH_LENGTH],
}

/// Without its bytes: what is debugged ends up in logs.
impl fmt::Debug for Credential {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Credential")
            .field("iterations", &self.iterations)
            .finish_non_exhaustive()
    }
}

impl Credential {
    /// Begins to check whether this is the password.
    #[must_use]
    pub fn check(&self, password: &str) -> Stretching {
        Stretching::new(password, self.salt, self.iterations)
    }

    /// Whether a password that was stretched is the one that is kept.
    #[must_use]
    pub fn is(&self, stretched: &Self) -> bool {
        same(&self.hash, &stretched.hash) && self.iterations == stretched.iterations
    }
}

/// A password that is being stretched.
#[derive(Clone)]
pub struct Stretching {
    keyed: HmacSha256,
    salt: [u8; SALT_LENGTH],
    iterations: u32,
    left: u32,
    last: [u8; HASH_LENGTH],
    sum: [u8; HASH_LENGTH],
}

impl fmt::Debug for Stretching {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Stretching")
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}

impl Stretching {
    /// Begins with a password and a salt that no other has.
    #[must_use]
    pub fn new(password: &str, salt: [u8; SALT_LENGTH], iterations: u32) -> Self {
        let keyed = keyed(password.as_bytes());
        let iterations = iterations.max(1);
        let mut first = keyed.clone();
        first.update(&salt);
        // The only block of the output: its number (RFC 8018, 5.2, step 3).
        first.update(&1_u32.to_be_bytes());
        let first = first.finalize().into_bytes().into();
        Self {
            keyed,
            salt,
            iterations,
            left: iterations - 1,
            last: first,
            sum: first,
        }
    }

    /// Does [`STEP_ITERATIONS`] rounds; gives what is to be kept or compared when it was the last step.
    pub fn step(&mut self) -> Option<Credential> {
        for _ in 0..self.left.min(STEP_ITERATIONS) {
            let mut round = self.keyed.clone();
            round.update(&self.last);
            self.last = round.finalize().into_bytes().into();
            for (sum, byte) in self.sum.iter_mut().zip(self.last) {
                *sum ^= byte;
            }
            self.left -= 1;
        }
        (self.left == 0).then_some(Credential {
            salt: self.salt,
            iterations: self.iterations,
            hash: self.sum,
        })
    }
}

/// HMAC takes a key of any length, though its interface cannot say so.
fn keyed(key: &[u8]) -> HmacSha256 {
    HmacSha256::new_from_slice(key).unwrap_or_else(|_| HmacSha256::new(&Default::default()))
}

/// Compares in a time that tells nothing of where the difference is.
pub(crate) fn same(one: &[u8], other: &[u8]) -> bool {
    let difference = one
        .iter()
        .zip(other)
        .fold(0, |difference, (one, other)| difference | (one ^ other));
    one.len() == other.len() && core::hint::black_box(difference) == 0
}

/// Why a new password is not taken.
///
/// # Errors
/// What is wrong, and what would be right.
pub fn check_new(password: &str) -> Result<(), (&'static str, &'static str)> {
    if password.chars().count() < PASSWORD_MINIMUM {
        Err((
            "is too short",
            "8 characters or more; several words are easy to keep in mind",
        ))
    } else if password.len() > PASSWORD_CAPACITY {
        Err(("is too long", "64 bytes at most"))
    } else if password.chars().any(char::is_control) {
        Err((
            "has control characters",
            "letters, digits, signs and blanks",
        ))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretched(password: &str, salt: [u8; SALT_LENGTH], iterations: u32) -> (Credential, u32) {
        let mut stretching = Stretching::new(password, salt, iterations);
        let mut steps = 1;
        loop {
            if let Some(credential) = stretching.step() {
                return (credential, steps);
            }
            steps += 1;
        }
    }

    /// The first 32 bytes of the vectors of RFC 7914, section 11, have another length of salt; these were computed with Python's
    /// `hashlib.pbkdf2_hmac("sha256", password, salt, iterations)`, which passes those.
    #[test]
    fn it_is_pbkdf2_with_hmac_sha_256() {
        let salt = *b"NaClNaClNaClNaCl";
        for (password, iterations, expected) in VECTORS {
            let (credential, _) = stretched(password, salt, iterations);
            let hex: std::string::String = credential
                .hash
                .iter()
                .map(|byte| std::format!("{byte:02x}"))
                .collect();
            assert_eq!(hex, expected, "{password} {iterations}");
        }
    }

    const VECTORS: [(&str, u32, &str); 3] = [
        (
            "password",
            1,
            "b10674ed59dbddcc91ad9e3457d3cfd270ceee66555e376917f7a25f53b00a95",
        ),
        (
            "correct horse battery",
            2,
            "2a7699aa8d160a39e822fcd4a0b865e674e208e1857714f8dbd7eba0dfe8a1a8",
        ),
        (
            "Prüfstein",
            1_000,
            "934126585acfb234da33b0ba8a5e459bfde2db93aef684a495aa5bb80bc77dd0",
        ),
    ];

    #[test]
    fn it_takes_its_time_in_steps() {
        let (_, steps) = stretched("password", [1; 16], 1 + 10 * STEP_ITERATIONS);
        assert_eq!(steps, 10);
        assert_eq!(
            stretched("password", [1; 16], 0),
            stretched("password", [1; 16], 1)
        );
    }

    #[test]
    fn only_the_same_password_is_the_same() {
        let kept = stretched("correct horse", [7; 16], 100).0;
        let again = |password| {
            let mut checking = kept.check(password);
            loop {
                if let Some(credential) = checking.step() {
                    return kept.is(&credential);
                }
            }
        };
        assert!(again("correct horse"));
        for wrong in ["", "Correct horse", "correct horse ", "correct hors"] {
            assert!(!again(wrong), "{wrong}");
        }
        assert_ne!(kept, stretched("correct horse", [8; 16], 100).0);
    }

    #[test]
    fn what_is_debugged_shows_no_byte_of_it() {
        let kept = stretched("correct horse", [77; 16], 100).0;
        let shown = std::format!("{kept:?} {:?}", kept.check("correct horse"));
        assert!(!shown.contains("77") && !shown.contains("horse"), "{shown}");
    }

    #[test]
    fn a_new_password_is_neither_short_nor_endless() {
        for wrong in ["", "1234567", "éééé", "with\nline feed", &"x".repeat(65)] {
            assert!(check_new(wrong).is_err(), "{wrong}");
        }
        for right in ["12345678", "éééééééé", &"x".repeat(64)] {
            assert_eq!(check_new(right), Ok(()), "{right}");
        }
    }

    #[test]
    fn bytes_are_the_same_only_if_all_are() {
        assert!(same(b"", b"") && same(b"ab", b"ab"));
        assert!(
            !same(b"ab", b"a") && !same(b"a", b"ab") && !same(b"ab", b"ac") && !same(b"bb", b"ab")
        );
    }
}
