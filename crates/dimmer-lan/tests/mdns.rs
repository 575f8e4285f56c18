//! The course of a name in virtual time, on a network in memory.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failed step of a test is a failed test"
)]

mod wire;

use std::{
    cell::{Cell, RefCell},
    future::poll_fn,
    net::Ipv4Addr,
    pin::pin,
    task::Poll,
};

use dimmer_clock::VirtualClock;
use dimmer_lan::mdns::{self, Board, Buffers, GROUP, Interface, PORT, Responder, Told};
use wire::{Drive, Sent, Wire, at};

const OURS: [u8; 4] = [192, 168, 1, 50];
const THEIRS: [u8; 4] = [192, 168, 1, 51];
const INTERFACE: Interface = Interface {
    address: Ipv4Addr::new(192, 168, 1, 50),
    prefix_bits: 24,
};
const BOARD: Board<'static> = Board {
    hostname: "tank",
    id: "020000000001",
    version: "0.1.0",
    path: "/",
    http_port: 80,
};

/// What a host of this name and address sends.
fn said(
    hostname: &str,
    address: [u8; 4],
    make: impl FnOnce(&Responder<'_>, &mut [u8]) -> Option<usize>,
) -> Vec<u8> {
    let board = Board { hostname, ..BOARD };
    let responder = Responder::new(&board, hostname, address.into()).unwrap();
    let mut buffer = [0; mdns::BUFFER];
    let length = make(&responder, &mut buffer).unwrap();
    buffer[..length].to_vec()
}

fn probe(hostname: &str, address: [u8; 4]) -> Vec<u8> {
    said(hostname, address, |responder, buffer| {
        responder.probe(buffer)
    })
}

fn announcement(hostname: &str, address: [u8; 4]) -> Vec<u8> {
    said(hostname, address, |responder, buffer| {
        responder.announcement(buffer)
    })
}

/// `tank.local`, its address.
fn question() -> Vec<u8> {
    let mut question = vec![0, 7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    question.extend_from_slice(b"\x04tank\x05local\x00\x00\x01\x00\x01");
    question
}

/// Runs the service, lets the test act on it, and gives all names that were told.
fn with_service(
    act: impl FnOnce(&Wire, &mut dyn FnMut(u64) -> bool, &Cell<bool>, &RefCell<Vec<String>>),
) -> Vec<String> {
    let clock = VirtualClock::start();
    let wire = Wire::default();
    let mut buffers = Buffers::new();
    let (stop, names) = (Cell::new(false), RefCell::new(Vec::new()));
    let told = |told: Told<'_>| {
        names.borrow_mut().push(match told {
            Told::Claimed(name) => name.to_owned(),
            Told::Taken(name) => format!("not {name}"),
        });
    };
    let stopped = poll_fn(|_| {
        if stop.get() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    });
    {
        let random = || 0;
        let service = pin!(mdns::run(
            &wire,
            INTERFACE,
            &BOARD,
            &mut buffers,
            random,
            told,
            stopped
        ));
        let mut drive = Drive::new(&clock, service);
        let mut go_on = |ms| match drive.for_ms(ms) {
            None => false,
            Some(ended) => {
                ended.unwrap();
                true
            }
        };
        act(&wire, &mut go_on, &stop, &names);
    }
    names.into_inner()
}

#[test]
fn a_name_is_probed_for_three_times_claimed_and_announced_twice() {
    let names = with_service(|wire, go_on, _, names| {
        go_on(0);
        assert_eq!(wire.groups(), [GROUP]);
        go_on(749);
        assert!(names.borrow().is_empty(), "not before nobody objected");
        go_on(10_000);
        let sent = wire.sent();
        let (probe, announcement) = (probe("tank", OURS), announcement("tank", OURS));
        let expected = [
            (0, &probe),
            (250_000, &probe),
            (500_000, &probe),
            (750_000, &announcement),
            (1_750_000, &announcement),
        ];
        assert_eq!(sent.len(), expected.len());
        for (sent, (at_us, packet)) in sent.iter().zip(expected) {
            assert_eq!((sent.at_us, &sent.packet), (at_us, packet));
            assert_eq!(sent.to, at(GROUP.octets(), PORT));
        }
    });
    assert_eq!(names, ["tank"]);
}

#[test]
fn a_name_that_another_host_has_gets_a_number() {
    let names = with_service(|wire, go_on, _, _| {
        for name in ["tank", "tank-2"] {
            go_on(100);
            assert!(wire.deliver(PORT, at(THEIRS, PORT), &announcement(name, THEIRS)));
        }
        go_on(5_000);
        let sent = wire.sent();
        assert_eq!(sent.last().unwrap().packet, announcement("tank-3", OURS));
    });
    assert_eq!(names, ["not tank", "not tank-2", "tank-3"]);
}

#[test]
fn a_name_that_another_host_says_to_have_later_is_probed_for_again() {
    let names = with_service(|wire, go_on, _, _| {
        go_on(5_000);
        let _ = wire.sent();
        wire.deliver(PORT, at(THEIRS, PORT), &announcement("tank", THEIRS));
        go_on(0);
        assert_eq!(wire.sent()[0].packet, probe("tank", OURS));
        // Nobody defends it.
        go_on(5_000);
    });
    assert_eq!(names, ["tank", "tank"]);
}

#[test]
fn a_name_that_is_lost_later_is_given_up_and_the_next_one_claimed() {
    let names = with_service(|wire, go_on, _, _| {
        go_on(5_000);
        for _ in 0..2 {
            wire.deliver(PORT, at(THEIRS, PORT), &announcement("tank", THEIRS));
            go_on(100);
        }
        go_on(5_000);
    });
    assert_eq!(names, ["tank", "not tank", "tank-2"]);
}

#[test]
fn of_two_that_want_a_name_at_once_the_higher_address_has_it() {
    let names = with_service(|wire, go_on, _, names| {
        go_on(300);
        // The lower one does not impress us, the higher one makes us wait and ask again.
        wire.deliver(
            PORT,
            at([192, 168, 1, 49], PORT),
            &probe("tank", [192, 168, 1, 49]),
        );
        go_on(100);
        wire.deliver(PORT, at(THEIRS, PORT), &probe("tank", THEIRS));
        go_on(1_400);
        assert!(
            names.borrow().is_empty(),
            "it waits a second and begins anew"
        );
        // The other one has it now.
        wire.deliver(PORT, at(THEIRS, PORT), &announcement("tank", THEIRS));
        go_on(5_000);
    });
    assert_eq!(names, ["not tank", "tank-2"]);
}

#[test]
fn a_question_is_answered_to_all_and_one_of_plain_dns_to_the_asker() {
    with_service(|wire, go_on, _, _| {
        go_on(100);
        wire.deliver(PORT, at(THEIRS, PORT), &question());
        go_on(5_000);
        let before = wire.sent();
        assert_eq!(before.len(), 5, "nothing before the name is claimed");
        wire.deliver(PORT, at(THEIRS, PORT), &question());
        wire.deliver(PORT, at(THEIRS, 40_000), &question());
        go_on(0);
        let to: Vec<_> = wire.sent().iter().map(|sent: &Sent| sent.to).collect();
        assert_eq!(to, [at(GROUP.octets(), PORT), at(THEIRS, 40_000)]);
    });
}

#[test]
fn what_all_may_answer_is_answered_a_moment_later() {
    with_service(|wire, go_on, _, _| {
        go_on(5_000);
        let _ = wire.sent();
        let mut shared = question();
        shared.truncate(12);
        shared.extend_from_slice(b"\x05_http\x04_tcp\x05local\x00\x00\x0c\x00\x01");
        wire.deliver(PORT, at(THEIRS, PORT), &shared);
        go_on(19);
        assert_eq!(wire.sent(), []);
        go_on(1);
        assert_eq!(wire.sent().len(), 1);
    });
}

#[test]
fn whoever_is_not_in_the_subnet_neither_gets_an_answer_nor_a_name() {
    let names = with_service(|wire, go_on, _, _| {
        go_on(5_000);
        let _ = wire.sent();
        for far in [[10, 0, 0, 1], [192, 168, 2, 51]] {
            for port in [PORT, 40_000] {
                wire.deliver(PORT, at(far, port), &question());
                wire.deliver(PORT, at(far, port), &announcement("tank", far));
            }
        }
        go_on(5_000);
        assert_eq!(wire.sent(), []);
    });
    assert_eq!(names, ["tank"]);
}

#[test]
fn garbage_too_long_packets_and_some_failures_of_the_socket_end_nothing() {
    with_service(|wire, go_on, _, _| {
        go_on(5_000);
        let _ = wire.sent();
        wire.deliver(PORT, at(THEIRS, PORT), &[0xff; 40]);
        wire.deliver(PORT, at(THEIRS, PORT), &[]);
        wire.deliver(PORT, at(THEIRS, PORT), &[0; 9_000]);
        for _ in 0..8 {
            wire.fail(PORT);
        }
        wire.deliver(PORT, at(THEIRS, PORT), &question());
        go_on(5_000);
        assert_eq!(wire.sent().len(), 1);
    });
}

#[test]
fn who_is_stopped_says_farewell_and_leaves_the_group() {
    with_service(|wire, go_on, stop, _| {
        go_on(5_000);
        let _ = wire.sent();
        stop.set(true);
        assert!(go_on(100));
        let farewell = said("tank", OURS, |responder, buffer| responder.farewell(buffer));
        let sent = wire.sent();
        assert_eq!(sent.len(), 1);
        assert_eq!(sent[0].packet, farewell);
        assert_eq!(wire.groups(), [] as [Ipv4Addr; 0]);
        assert!(!wire.is_open(PORT));
    });
}

#[test]
fn a_name_that_was_never_claimed_needs_no_farewell() {
    with_service(|wire, go_on, stop, _| {
        go_on(100);
        let _ = wire.sent();
        stop.set(true);
        assert!(go_on(0));
        assert_eq!(wire.sent(), []);
    });
}
