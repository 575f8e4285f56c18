//! A look at the head of a request before picoserve reads it.
//!
//! picoserve 0.20 adds the value of `Content-Length` to a position without asking whether that fits: a header of twenty digits would
//! stop a board. It also takes the first of several, and knows no other way to say how long a body is. What is strange about that is
//! refused here.

/// Digits of the longest body that anybody may announce.
const DIGITS: u8 = 5;

const CONTENT_LENGTH: &[u8] = b"content-length";
const TRANSFER_ENCODING: &[u8] = b"transfer-encoding";

/// What is read at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// The name of a header, or the request's first line; so many bytes of it, and whether they begin the one or the other name.
    Name {
        bytes: u8,
        length: bool,
        encoding: bool,
    },
    /// The value of `Content-Length`; so many digits of it, and whether blanks followed them.
    Length { digits: u8, is_over: bool },
    /// Anything else.
    Other,
    /// The head is over: what follows is not looked at.
    Body,
}

/// Follows the bytes of one request as they come.
#[derive(Clone, Debug)]
pub(crate) struct HeadGuard {
    at: At,
    has_length: bool,
}

/// The head is not to be read any further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Strange;

const START: At = At::Name {
    bytes: 0,
    length: true,
    encoding: true,
};

impl HeadGuard {
    pub(crate) const fn new() -> Self {
        Self {
            at: START,
            has_length: false,
        }
    }

    pub(crate) fn look(&mut self, bytes: &[u8]) -> Result<(), Strange> {
        bytes.iter().try_for_each(|byte| self.next(*byte))
    }

    fn next(&mut self, byte: u8) -> Result<(), Strange> {
        self.at = match (self.at, byte) {
            (At::Body, _) => At::Body,
            // An empty line, with or without a carriage return, or blanks, which picoserve takes for one.
            (At::Name { bytes: 0, .. }, b'\n') => At::Body,
            (At::Name { bytes: 0, .. }, blank) if blank.is_ascii_whitespace() => START,
            // Zeros are taken out of the head by picoserve, after it has looked for lines.
            (_, 0) => return Err(Strange),
            (At::Length { digits: 0, .. }, b'\n') => return Err(Strange),
            (_, b'\n') => START,
            (At::Name { bytes, length, .. }, b':')
                if length && usize::from(bytes) == CONTENT_LENGTH.len() =>
            {
                if core::mem::replace(&mut self.has_length, true) {
                    return Err(Strange);
                }
                At::Length {
                    digits: 0,
                    is_over: false,
                }
            }
            (
                At::Name {
                    bytes, encoding, ..
                },
                b':',
            ) if encoding && usize::from(bytes) == TRANSFER_ENCODING.len() => return Err(Strange),
            (At::Name { .. }, b':') => At::Other,
            // A blank before the colon: picoserve takes it out, others do not (RFC 9112, 5.1).
            (
                At::Name {
                    bytes,
                    length,
                    encoding,
                },
                blank,
            ) if blank.is_ascii_whitespace() => {
                let is = |name: &[u8], so_far| so_far && usize::from(bytes) == name.len();
                if is(CONTENT_LENGTH, length) || is(TRANSFER_ENCODING, encoding) {
                    return Err(Strange);
                }
                At::Other
            }
            (
                At::Name {
                    bytes,
                    length,
                    encoding,
                },
                byte,
            ) => {
                let fits = |name: &[u8]| {
                    name.get(usize::from(bytes))
                        .is_some_and(|letter| *letter == byte.to_ascii_lowercase())
                };
                At::Name {
                    bytes: bytes.saturating_add(1),
                    length: length && fits(CONTENT_LENGTH),
                    encoding: encoding && fits(TRANSFER_ENCODING),
                }
            }
            (
                At::Length {
                    digits,
                    is_over: false,
                },
                b'0'..=b'9',
            ) if digits < DIGITS => At::Length {
                digits: digits + 1,
                is_over: false,
            },
            (At::Length { digits, .. }, blank) if blank.is_ascii_whitespace() => At::Length {
                digits,
                is_over: digits > 0,
            },
            (At::Length { .. }, _) => return Err(Strange),
            (At::Other, _) => At::Other,
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn look(head: &str) -> Result<(), Strange> {
        HeadGuard::new().look(head.as_bytes())
    }

    #[test]
    fn usual_heads_pass() {
        for head in [
            "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
            "POST / HTTP/1.1\nContent-Length: 12\n\n\0\0content-length: x",
            "POST / HTTP/1.1\r\ncontent-length:99999 \r\n\r\n",
            "GET / HTTP/1.1\r\nX-Content-Length: many\r\nContent-Lengths: x\r\nContent-: y\r\n\r\n",
        ] {
            assert_eq!(look(head), Ok(()), "{head}");
        }
    }

    #[test]
    fn strange_lengths_do_not() {
        for line in [
            "Content-Length: 18446744073709551615",
            "content-length: 100000",
            "CONTENT-LENGTH: -1",
            "Content-Length: +1",
            "Content-Length: 1 2",
            "Content-Length: 0x10",
            "Content-Length:",
            "Content-Length: ",
            "Content-Length : 5",
            " Content-Length: 123456",
            "Content-Length: 5\r\nContent-Length: 5",
            "Transfer-Encoding: chunked",
            "transfer-encoding : gzip",
            "Content-Le\0ngth: 123456",
        ] {
            assert_eq!(
                look(&std::format!("POST / HTTP/1.1\r\n{line}\r\n\r\n")),
                Err(Strange),
                "{line}"
            );
        }
    }

    proptest! {
        /// However the bytes come, and whatever stands around it.
        #[test]
        fn no_length_that_does_not_fit_is_let_through(
            before in "([A-Za-z-]{1,20}: [a-z:]{0,8}\r\n){0,3}", digits in "[0-9]{6,30}", blanks in "[ \t]{0,3}", cut in 0_usize..200,
        ) {
            let head = std::format!("POST / HTTP/1.1\r\n{before}Content-Length:{blanks}{digits}\r\n\r\n");
            let (one, other) = head.as_bytes().split_at(cut.min(head.len()));
            let mut guard = HeadGuard::new();
            prop_assert!(guard.look(one).and_then(|()| guard.look(other)).is_err());
        }
    }
}
