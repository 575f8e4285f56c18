//! Any bytes at all, through picoserve and down to the dimmer: it always ends, answers in HTTP or not at all, and changes nothing.
#![expect(
    clippy::indexing_slicing,
    reason = "a failed step of a test is a failed test"
)]

mod support;

use std::{
    cell::RefCell,
    convert::Infallible,
    future::{Future, pending},
};

use dimmer_web::{
    REQUEST_CAPACITY, ROUTES,
    picoserve::{
        Error, Timeouts, Timer,
        io::{ErrorType, Read, Socket, Write, embedded_io_async},
        mem::{BorrowedBuffer, BorrowedCursor},
        time::Duration,
    },
    serve,
};
use embassy_futures::block_on;
use proptest::prelude::*;
use support::{Bench, PASSWORD, SECRET, STRANGER};

/// Neither tokio nor embassy: nobody waits here.
struct Wire;

struct Never;

impl Timer<Wire> for Never {
    fn delay(&self, _: Duration) -> impl Future<Output = ()> {
        pending()
    }
}

/// What comes in, a few bytes at a time, and what goes out.
struct Pipe<'a> {
    input: &'a [u8],
    step: usize,
    output: &'a RefCell<Vec<u8>>,
}

struct Input<'a, 'b> {
    bytes: &'b mut &'a [u8],
    step: usize,
}

impl ErrorType for Input<'_, '_> {
    type Error = Infallible;
}

impl Read for Input<'_, '_> {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
        let length = self.step.min(buffer.len()).min(self.bytes.len());
        let (now, later) = self.bytes.split_at(length);
        buffer[..length].copy_from_slice(now);
        *self.bytes = later;
        Ok(length)
    }
}

struct Output<'a>(&'a RefCell<Vec<u8>>);

impl ErrorType for Output<'_> {
    type Error = Infallible;
}

impl embedded_io_async::Write for Output<'_> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    async fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl Write for Output<'_> {
    async fn write_with<F: FnOnce(BorrowedCursor<'_>) -> R, R>(
        &mut self,
        fill: F,
    ) -> Result<R, Infallible> {
        let mut buffer = [0; 64];
        let mut buffer = BorrowedBuffer::new(&mut buffer);
        let result = fill(buffer.unfilled());
        self.0.borrow_mut().extend_from_slice(buffer.filled());
        Ok(result)
    }
}

impl<'p> Socket<Wire> for Pipe<'p> {
    type Error = Infallible;
    type ReadHalf<'a>
        = Input<'p, 'a>
    where
        Self: 'a;
    type WriteHalf<'a>
        = Output<'p>
    where
        Self: 'a;

    fn split(&mut self) -> (Self::ReadHalf<'_>, Self::WriteHalf<'_>) {
        let input = Input {
            bytes: &mut self.input,
            step: self.step,
        };
        (input, Output(self.output))
    }

    async fn abort<T: Timer<Wire>>(self, _: &Timeouts, _: &T) -> Result<(), Error<Infallible>> {
        Ok(())
    }

    async fn shutdown<T: Timer<Wire>>(self, _: &Timeouts, _: &T) -> Result<(), Error<Infallible>> {
        Ok(())
    }
}

/// What is answered to these bytes.
fn answered(bench: &Bench, input: &[u8], step: usize, capacity: usize) -> Vec<u8> {
    let output = RefCell::new(Vec::new());
    let pipe = Pipe {
        input,
        step,
        output: &output,
    };
    let mut buffer = vec![0; capacity];
    block_on(serve(bench.site(), Never, pipe, STRANGER, &mut buffer));
    output.into_inner()
}

fn check(bytes: &[u8], step: usize, capacity: usize) -> Result<(), TestCaseError> {
    let bench = Bench::new();
    bench.with_password();
    let before = bench.kept();
    let answer = answered(&bench, bytes, step, capacity);
    let text = String::from_utf8_lossy(&answer);
    prop_assert!(
        text.is_empty() || text.starts_with("HTTP/1.1 ") && text.contains("\r\n\r\n"),
        "{text}"
    );
    prop_assert!(!text.contains(SECRET) && !text.contains(PASSWORD));
    // Nobody guesses a token.
    prop_assert!(bench.kept() == before);
    Ok(())
}

fn header() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        Just("Host"),
        Just("Content-Length"),
        Just("content-length "),
        Just("Content-Type"),
        Just("Authorization"),
        Just("Origin"),
        Just("X-Solar-Dimmer"),
        Just("Transfer-Encoding"),
        Just("Connection"),
        Just("If-None-Match"),
        Just("Accept"),
        Just("")
    ];
    let value = prop_oneof![
        Just("localhost".to_owned()),
        Just("application/json".to_owned()),
        "[0-9]{1,25}",
        "Bearer [0-9a-f]{32}",
        "\\PC{0,20}",
    ];
    (name, value).prop_map(|(name, value)| format!("{name}: {value}\r\n"))
}

fn request() -> impl Strategy<Value = Vec<u8>> {
    let method = prop_oneof![
        Just("GET"),
        Just("POST"),
        Just("PATCH"),
        Just("DELETE"),
        Just("PUT"),
        Just("")
    ];
    let path = prop_oneof![
        (0..ROUTES.len()).prop_map(|place| ROUTES[place].path.to_owned()),
        "/[a-z/?&=%.]{0,20}",
        "/\\?POWER=[0-9.-]{0,8}",
    ];
    let body = prop_oneof![
        Just(r#"{"output":{"rated_watts":1}}"#.to_owned()),
        Just(r#"{"password":"battery staple"}"#.to_owned()),
        "[\\[\\]{}\",:0-9a-z]{0,60}",
    ];
    let spoiled = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3);
    (method, path, proptest::collection::vec(header(), 0..6), body, any::<bool>(), spoiled).prop_map(
        |(method, path, headers, body, is_usual, spoiled)| {
            let usual = if is_usual {
                format!("Host: localhost\r\nX-Solar-Dimmer: 1\r\nContent-Type: application/json\r\nContent-Length: {}\r\n", body.len())
            } else {
                String::new()
            };
            let mut bytes = format!("{method} {path} HTTP/1.1\r\n{usual}{}\r\n{body}", headers.concat()).into_bytes();
            for (place, byte) in spoiled {
                let place = place.index(bytes.len());
                bytes[place] = byte;
            }
            bytes
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn no_request_makes_it_stumble(bytes in request(), step in 1..400_usize, capacity in 64..REQUEST_CAPACITY) {
        check(&bytes, step, capacity)?;
    }

    #[test]
    fn no_bytes_make_it_stumble(bytes in proptest::collection::vec(any::<u8>(), 0..300), step in 1..300_usize) {
        check(&bytes, step, 512)?;
    }
}

#[test]
fn a_length_of_twenty_digits_is_refused_and_does_not_stop_a_board() {
    let bench = Bench::new();
    let head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551615\r\n\r\n";
    let answer = answered(&bench, head, 7, REQUEST_CAPACITY);
    assert!(answer.starts_with(b"HTTP/1.1 400"));
}

#[test]
fn a_request_that_does_not_fit_is_told_so() {
    let bench = Bench::new();
    let request = format!(
        "PATCH /api/v1/config HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\n{}",
        " ".repeat(900)
    );
    assert!(answered(&bench, request.as_bytes(), 99, 512).starts_with(b"HTTP/1.1 413"));
    assert!(answered(&bench, request.as_bytes(), 99, 2_048).starts_with(b"HTTP/1.1 403"));
}
