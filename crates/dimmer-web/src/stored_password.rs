//! The password of the page as a board keeps it.

use core::fmt;

use crate::{Credential, Failure};

/// The longest password as a board keeps it, bytes.
pub const STORED_PASSWORD_CAPACITY: usize = 64;

/// What a board keeps of the password.
pub type StoredPassword = heapless::Vec<u8, STORED_PASSWORD_CAPACITY>;

/// Something was kept of a password, and is none: whoever came first would be let in if it were taken for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordUnreadable;

impl fmt::Display for PasswordUnreadable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the password of the page cannot be read")
    }
}

impl core::error::Error for PasswordUnreadable {}

impl From<PasswordUnreadable> for Failure {
    fn from(_: PasswordUnreadable) -> Self {
        Self::new(
            503,
            "password",
            "cannot be read from the store, so that nobody is let in",
            "`forget-password` at the serial port of a board, or another store for a simulator",
        )
    }
}

impl Credential {
    /// The bytes that a board keeps (postcard): the hash of the password, not to be shown; or that there is none.
    ///
    /// # Errors
    /// [`Failure`] when they are more than [`STORED_PASSWORD_CAPACITY`]; a test holds that they are not.
    pub fn to_stored(credential: Option<&Self>) -> Result<StoredPassword, Failure> {
        let mut bytes = StoredPassword::new();
        let is_sized = bytes.resize_default(STORED_PASSWORD_CAPACITY).is_ok();
        let length = postcard::to_slice(&credential, &mut bytes).map(|bytes| bytes.len());
        let (true, Ok(length)) = (is_sized, length) else {
            return Err(Failure::too_large());
        };
        bytes.truncate(length);
        Ok(bytes)
    }

    /// What [`to_stored`](Self::to_stored) gave.
    ///
    /// # Errors
    /// It is something else.
    pub fn from_stored(bytes: &[u8]) -> Result<Option<Self>, PasswordUnreadable> {
        match postcard::take_from_bytes(bytes) {
            Ok((credential, [])) => Ok(credential),
            Ok(_) | Err(_) => Err(PasswordUnreadable),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Stretching;

    #[test]
    fn the_longest_is_read_as_it_was_stored_and_nothing_that_is_cut() {
        let none = Credential::to_stored(None).unwrap();
        assert_eq!(Credential::from_stored(&none), Ok(None));
        // Cut after the first round: what it costs to check is not asked here.
        let mut longest =
            postcard::to_slice(&([0xff_u8; 16], u32::MAX, [0xff_u8; 32]), &mut [0; 64])
                .unwrap()
                .to_vec();
        longest.insert(0, 1);
        let short = Stretching::new("correct horse", [0xff; 16], 1).step();
        let short = Credential::to_stored(short.as_ref()).unwrap();
        for bytes in [&longest[..], &short] {
            let credential = Credential::from_stored(bytes).unwrap();
            assert_eq!(
                Credential::to_stored(credential.as_ref()).as_deref(),
                Ok(bytes)
            );
            for length in 0..bytes.len() {
                assert_eq!(
                    Credential::from_stored(&bytes[..length]),
                    Err(PasswordUnreadable)
                );
            }
            let longer = [bytes, &[0]].concat();
            assert_eq!(Credential::from_stored(&longer), Err(PasswordUnreadable));
        }
    }

    /// Names and the router were stored behind it: what is no password is not taken for none.
    #[test]
    fn what_was_stored_with_other_ways_in_lets_nobody_in() {
        let credential = Stretching::new("correct horse", [9; 16], 1).step();
        let with = Credential::to_stored(credential.as_ref()).unwrap();
        let without = Credential::to_stored(None).unwrap();
        for password in [&with[..], &without] {
            for others in [&[0, 0, 0][..], b"\x01\x05a.org\x01\x01\x00\xc0\xa8\x01\x0a"] {
                let before = [password, others].concat();
                assert_eq!(Credential::from_stored(&before), Err(PasswordUnreadable));
            }
        }
    }
}
