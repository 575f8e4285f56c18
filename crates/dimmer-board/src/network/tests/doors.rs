//! The page at a board's doors: browsers who come at once.

use super::*;
use crate::{Kept, bench::identity, parked_flash::tests::Gate};
use dimmer_app::{App, FiringDesk, Recorder, Silent, Web, dimmer::Dimmer, now};
use dimmer_plant::SimulatedFlash;
use dimmer_web::{DOORS, Doors, REQUEST_CAPACITY, Site};
use futures_util::{StreamExt, stream::FuturesUnordered};
use std::{string::String, vec::Vec};

const HTTP_PORT: u16 = 80;
const BOARD: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 2);
const SERVERS: usize = 2;

/// Asks for the page, after so many seconds in silence, and hears all of the answer.
async fn browse(machine: Stack<'_>, silent_s: u64) -> String {
    let (mut received, mut sent) = ([0; 4_096], [0; 512]);
    let mut socket = TcpSocket::new(machine, &mut received, &mut sent);
    socket.connect((BOARD, HTTP_PORT)).await.unwrap();
    Timer::after_secs(silent_s).await;
    let request = b"GET / HTTP/1.1\r\nHost: 192.168.1.2\r\nConnection: close\r\n\r\n";
    socket.write_all(request).await.unwrap();
    let (mut heard, mut bytes) = (Vec::new(), [0; 1_024]);
    while let Ok(length @ 1..) = socket.read(&mut bytes).await {
        heard.extend_from_slice(&bytes[..length]);
    }
    String::from_utf8_lossy(&heard).into_owned()
}

/// A board's page while that is done; each of its servers is a task.
fn with_a_page(act: impl AsyncFnOnce(Stack<'static>)) {
    at_a_cable(async |ends| {
        let (gate, desk) = (Gate::default(), FiringDesk::new());
        let nothing: fn(&mut [u8]) = |_| {};
        let flash = SimulatedFlash::<4, 4096>::new(4);
        let (kept, loaded) = Kept::open(flash, 0..4 * 4096, &gate, nothing).unwrap();
        let language = loaded.config.language.into();
        let dimmer = Dimmer::new(identity(), loaded.config, now()).unwrap();
        let app = App::new(dimmer, &desk, Recorder::new(Silent, language));
        let site = Site::new(Web::new(&app, &kept));
        let doors = Doors::new(
            ends.board,
            HTTP_PORT,
            leaked([([0; 1_024], [0; 1_536]); DOORS]),
        );
        let mut requests = [[0; REQUEST_CAPACITY]; SERVERS];
        // Each has a waker of its own here, as a task has.
        let mut servers: FuturesUnordered<_> = requests
            .iter_mut()
            .map(|request| doors.work(&site, request))
            .collect();
        let page = join(doors.let_in(), servers.next());
        match select(page, act(ends.machine)).await {
            Either::First(_) => panic!("the page ended"),
            Either::Second(()) => {}
        }
    });
}

#[test]
fn more_browsers_than_servers_come_at_once_and_each_is_answered() {
    with_a_page(async |machine| {
        let callers: FuturesUnordered<_> = (0..5).map(|_| browse(machine, 0)).collect();
        let heard: Vec<String> = callers.collect().await;
        assert_eq!(heard.len(), 5);
        for answer in heard {
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer:.60}");
        }
    });
}

#[test]
fn who_comes_and_says_nothing_keeps_nobody_out_for_long() {
    with_a_page(async |machine| {
        let silent: FuturesUnordered<_> = (0..SERVERS).map(|_| browse(machine, 50)).collect();
        let others = async {
            Timer::after_secs(1).await;
            let answer = browse(machine, 0).await;
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer:.60}");
        };
        match select(silent.collect::<Vec<_>>(), others).await {
            Either::First(_) => panic!("they are served before whoever speaks"),
            Either::Second(()) => {}
        }
    });
}
