//! Any bytes at all, through picoserve and down to the dimmer: it always ends, answers in HTTP or not at all, and changes nothing.
#![expect(
    clippy::indexing_slicing,
    reason = "a failed step of a test is a failed test"
)]

mod support;

use std::cell::RefCell;

use dimmer_web::{Endpoint, Method, REQUEST_CAPACITY, ROUTES, serve};
use embassy_futures::block_on;
use proptest::prelude::*;
use support::{
    Bench, PASSWORD, SECRET, STRANGER,
    pipe::{Never, Pipe},
};

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
        Just("HEAD"),
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
fn the_head_of_an_answer_is_that_of_the_whole() {
    let bench = Bench::new();
    bench.with_password();
    let mut heads = 0;
    for route in ROUTES {
        let asked = |method: &str| {
            let request = format!("{method} {} HTTP/1.1\r\nHost: a\r\n\r\n", route.path);
            answered(&bench, request.as_bytes(), 99, REQUEST_CAPACITY)
        };
        let alone = asked("HEAD");
        assert!(alone.ends_with(b"\r\n\r\n"), "{}", route.path);
        if route.endpoint == Endpoint::Stream {
            // The whole would not end.
            let text = String::from_utf8_lossy(&alone);
            assert!(text.starts_with("HTTP/1.1 200") && text.contains("text/event-stream"));
            assert!(text.contains("Cache-Control: no-cache"), "{text}");
        } else if route.method == Method::Get {
            // Those that nobody is let in to, too.
            let whole = asked("GET");
            assert!(whole.starts_with(&alone), "{}", route.path);
            assert!(whole.len() > alone.len(), "{}", route.path);
            heads += 1;
        }
    }
    assert!(heads > 10);
}

#[test]
fn a_request_that_does_not_fit_is_told_so() {
    let bench = Bench::new();
    let request = format!(
        "PATCH /api/v1/config HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\n{}",
        " ".repeat(900)
    );
    let told = |request: &str, capacity| {
        let answer = answered(&bench, request.as_bytes(), 99, capacity);
        String::from_utf8(answer).unwrap()
    };
    let refused = told(&request, 512);
    assert!(refused.starts_with("HTTP/1.1 413"), "{refused}");
    let body = refused.split("\r\n\r\n").nth(1).unwrap();
    let (_, rest) = body
        .split_once("\"is longer than fits\",\"expected\":\"")
        .unwrap();
    let room: usize = rest.split(' ').next().unwrap().parse().unwrap();
    // One that is as long as it says fits, and one that is longer does not.
    let sized = |length: usize| {
        let body = " ".repeat(length);
        let head = "PATCH /api/v1/config HTTP/1.1\r\nHost: a\r\nContent-Length: ";
        told(&format!("{head}{length}\r\n\r\n{body}"), 512)
    };
    assert!(sized(room).starts_with("HTTP/1.1 403"), "{room}");
    assert!(sized(room + 1).starts_with("HTTP/1.1 413"), "{room}");
    assert!(told(&request, 2_048).starts_with("HTTP/1.1 403"));
}

#[test]
fn a_request_that_breaks_off_is_not_said_to_be_too_long() {
    let bench = Bench::new();
    let request = b"PATCH /api/v1/config HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{";
    let answer = answered(&bench, request, 99, REQUEST_CAPACITY);
    let answer = String::from_utf8_lossy(&answer);
    assert!(
        answer.starts_with("HTTP/1.1 400") && answer.contains("did not come"),
        "{answer}"
    );
}

#[test]
fn the_manual_has_the_length_of_a_request() {
    let manual = include_str!("../../../docs/http-api.md");
    let length = format!("a request has {REQUEST_CAPACITY} bytes at the most");
    assert!(manual.contains(&length), "{length}");
}
