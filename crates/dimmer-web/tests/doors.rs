//! The doors of a board: two stacks of embassy-net at one cable, the board's and a browser's, in virtual time.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed step of a test is a failed test"
)]

#[path = "../../dimmer-lan/tests/cable/mod.rs"]
mod cable;
mod support;

use std::{
    net::Ipv4Addr,
    pin::pin,
    task::{Context, Waker},
};

use cable::{End, carry, plug};
use dimmer_clock::VirtualClock;
use dimmer_web::{DOORS, DoorBuffers, LIFETIME_S, REQUEST_CAPACITY, serve_doors};
use embassy_futures::{
    join::{join_array, join4},
    select::{Either3, select3},
};
use embassy_net::{
    Config, Ipv4Cidr, Stack, StackResources, StaticConfigV4,
    tcp::{Error, TcpSocket},
};
use embassy_time::{Duration, Instant, Timer};
use support::Bench;

const BOARD: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 20);
const BROWSER: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 66);
const PORT: u16 = 80;
const SERVERS: usize = 2;

fn address(number: Ipv4Addr) -> Config {
    Config::ipv4_static(StaticConfigV4 {
        address: Ipv4Cidr::new(number, 24),
        gateway: None,
        dns_servers: heapless::Vec::new(),
    })
}

/// More turns than anything takes at one moment.
const TURNS: u32 = 50;

/// Polls to the end; time goes on in between. A waker would tell nothing here: whoever looks at a socket wakes its stack, which is the same task.
fn drive(clock: &VirtualClock, whole: impl Future<Output = ()>) {
    let mut whole = pin!(whole);
    while clock.now() < 600_000_000 {
        for _ in 0..TURNS {
            let mut context = Context::from_waker(Waker::noop());
            if whole.as_mut().poll(&mut context).is_ready() {
                return;
            }
        }
        let next = clock.next_wake().expect("somebody waits for a time");
        clock.advance_to(next);
    }
    panic!("it waits for ever");
}

/// A board that serves its page, and what a browser does with it.
fn at_the_doors(act: impl AsyncFnOnce(Stack<'_>)) {
    let clock = VirtualClock::start();
    let (mut at_board, mut at_browser) = (End::new(), End::new());
    let (_, to_board, from_board, board) = plug(&mut at_board, 1);
    let (_, to_browser, from_browser, browser) = plug(&mut at_browser, 66);
    let (mut of_board, mut of_browser) = (
        StackResources::<{ DOORS + 1 }>::new(),
        StackResources::<9>::new(),
    );
    let (board, mut board_runs) = embassy_net::new(board, address(BOARD), &mut of_board, 1);
    let (browser, mut browser_runs) =
        embassy_net::new(browser, address(BROWSER), &mut of_browser, 2);
    let bench = Bench::new();
    let mut buffers: [DoorBuffers<1024, 2048>; DOORS] = [([0; 1024], [0; 2048]); DOORS];
    let mut requests = [[0; REQUEST_CAPACITY]; SERVERS];
    let whole = async {
        let network = join4(
            board_runs.run(),
            browser_runs.run(),
            carry(from_board, to_browser),
            carry(from_browser, to_board),
        );
        let serves = serve_doors(bench.site(), board, PORT, &mut buffers, &mut requests);
        match select3(network, serves, act(browser)).await {
            Either3::First(_) => panic!("the network ended"),
            Either3::Second(()) => panic!("the page is not served any more"),
            Either3::Third(()) => {}
        }
    };
    drive(&clock, whole);
}

/// A browser's connection on which this was asked.
async fn asked<'a>(
    browser: Stack<'a>,
    path: &str,
    buffers: &'a mut ([u8; 256], [u8; 1024]),
) -> TcpSocket<'a> {
    let mut socket = TcpSocket::new(browser, &mut buffers.0, &mut buffers.1);
    socket.connect((BOARD, PORT)).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: 192.168.1.20\r\n\r\n");
    let mut rest = request.as_bytes();
    while !rest.is_empty() {
        let length = socket.write(rest).await.unwrap();
        rest = &rest[length..];
    }
    socket
}

/// All that comes, and how it ended.
async fn read_to_end(socket: &mut TcpSocket<'_>) -> (String, Result<(), Error>) {
    let (mut all, mut buffer) = (Vec::new(), [0; 256]);
    let end = loop {
        match socket.read(&mut buffer).await {
            Ok(0) => break Ok(()),
            Ok(length) => all.extend_from_slice(&buffer[..length]),
            Err(error) => break Err(error),
        }
    };
    (String::from_utf8_lossy(&all).into_owned(), end)
}

async fn page_comes(browser: Stack<'_>) {
    let mut buffers = ([0; 256], [0; 1024]);
    let mut socket = asked(browser, "/api/v1/about", &mut buffers).await;
    let (text, end) = read_to_end(&mut socket).await;
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
    assert_eq!(end, Ok(()));
}

#[test]
fn who_watches_sees_the_end_of_the_stream_and_may_come_again() {
    at_the_doors(async |browser| {
        for _ in 0..3 {
            let mut buffers = ([0; 256], [0; 1024]);
            let mut socket = asked(browser, "/api/v1/state/stream", &mut buffers).await;
            let (text, end) = read_to_end(&mut socket).await;
            assert!(text.starts_with("HTTP/1.1 200"), "{text}");
            assert!(text.matches("event:state").count() >= 4, "{text}");
            assert_eq!(end, Ok(()));
            page_comes(browser).await;
        }
    });
}

#[test]
fn who_takes_too_slowly_is_told_that_it_is_over() {
    at_the_doors(async |browser| {
        let mut buffers = ([0; 256], [0; 1024]);
        let mut socket = asked(browser, "/app.js", &mut buffers).await;
        let begin = Instant::now();
        let mut buffer = [0; 64];
        let end = loop {
            match socket.read(&mut buffer).await {
                Ok(0) => panic!("it came to the end, or was told so"),
                Ok(_) => Timer::after(Duration::from_secs(1)).await,
                Err(error) => break error,
            }
        };
        assert_eq!(end, Error::ConnectionReset);
        assert!(begin.elapsed() >= Duration::from_secs(LIFETIME_S));
        page_comes(browser).await;
    });
}

#[test]
fn who_says_nothing_is_shown_out_and_others_come_in_meanwhile() {
    at_the_doors(async |browser| {
        let mut buffers = [([0; 256], [0; 256]); DOORS - 1];
        let silent = buffers.each_mut().map(async |(receive, send)| {
            let mut socket = TcpSocket::new(browser, receive, send);
            socket.connect((BOARD, PORT)).await.unwrap();
            let mut buffer = [0; 64];
            while matches!(socket.read(&mut buffer).await, Ok(1..)) {}
        });
        let last = page_comes(browser);
        embassy_futures::join::join(join_array(silent), last).await;
        page_comes(browser).await;
    });
}
