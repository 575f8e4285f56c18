//! The access point's services on a network in memory.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failed step of a test is a failed test"
)]

mod wire;

use std::{net::Ipv4Addr, pin::pin};

use dimmer_clock::VirtualClock;
use dimmer_lan::portal::{self, DHCP_CLIENT_PORT, DHCP_SERVER_PORT, DNS_PORT};
use wire::{Drive, Wire, at};

const ADDRESS: Ipv4Addr = Ipv4Addr::new(192, 168, 4, 1);

/// Any name, its address.
fn question(id: u8) -> Vec<u8> {
    let mut question = vec![0, id, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    question.extend_from_slice(b"\x07captive\x05apple\x03com\x00\x00\x01\x00\x01");
    question
}

fn discover(station: u8) -> Vec<u8> {
    let mut packet = vec![1, 1, 6, 0, 0, 0, 0, station];
    packet.resize(28, 0);
    packet.extend_from_slice(&[2, 0, 0, 0, 0, station]);
    packet.resize(236, 0);
    packet.extend_from_slice(&[99, 130, 83, 99, 53, 1, 1, 55, 3, 1, 3, 6, 255]);
    packet
}

#[test]
fn a_phone_gets_an_address_and_every_name_leads_to_the_board() {
    let clock = VirtualClock::start();
    let wire = Wire::default();
    let service = pin!(portal::run(&wire, ADDRESS));
    let mut drive = Drive::new(&clock, service);
    assert!(drive.settle().is_none());
    let nobody = at([0; 4], DHCP_CLIENT_PORT);
    assert!(wire.deliver(DHCP_SERVER_PORT, nobody, &discover(1)));
    assert!(drive.settle().is_none());
    let sent = wire.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].to, at([255; 4], DHCP_CLIENT_PORT));
    assert_eq!(sent[0].from_port, DHCP_SERVER_PORT);
    assert_eq!(sent[0].packet[16..20], [192, 168, 4, 100]);
    let phone = at([192, 168, 4, 100], 50_123);
    assert!(wire.deliver(DNS_PORT, phone, &question(7)));
    assert!(drive.settle().is_none());
    let sent = wire.sent();
    assert_eq!((sent.len(), sent[0].to, sent[0].packet[1]), (1, phone, 7));
    assert_eq!(sent[0].packet[sent[0].packet.len() - 4..], ADDRESS.octets());
}

#[test]
fn garbage_and_packets_longer_than_the_buffer_end_neither_service() {
    let clock = VirtualClock::start();
    let wire = Wire::default();
    let service = pin!(portal::run(&wire, ADDRESS));
    let mut drive = Drive::new(&clock, service);
    assert!(drive.settle().is_none());
    let phone = at([192, 168, 4, 100], 50_123);
    for port in [DNS_PORT, DHCP_SERVER_PORT] {
        for packet in [&[][..], &[0xff; 20], &[0xff; 300], &[1; 9_000]] {
            wire.deliver(port, phone, packet);
        }
        for _ in 0..8 {
            wire.fail(port);
        }
    }
    assert!(drive.for_ms(2_000).is_none());
    let _ = wire.sent();
    wire.deliver(DNS_PORT, phone, &question(7));
    wire.deliver(DHCP_SERVER_PORT, phone, &discover(1));
    assert!(drive.settle().is_none());
    assert_eq!(wire.sent().len(), 2);
}

#[test]
fn a_socket_that_fails_for_good_ends_it_with_the_error() {
    let clock = VirtualClock::start();
    let wire = Wire::default();
    let service = pin!(portal::run(&wire, ADDRESS));
    let mut drive = Drive::new(&clock, service);
    assert!(drive.settle().is_none());
    for _ in 0..9 {
        wire.fail(DNS_PORT);
    }
    assert!(drive.for_ms(2_000).unwrap().is_err());
    assert!(!wire.is_open(DNS_PORT) && !wire.is_open(DHCP_SERVER_PORT));
}
