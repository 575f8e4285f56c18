//! Packets of a board's network: what is answered can be read by others, is for who may hear it, and stays in its network.
//!
//! The first byte says to whom the packet is: the name by mDNS, every name at the access point, or its DHCP server, which gets several.

use std::net::Ipv4Addr;

use dimmer_lan::{
    mdns::{Board, Heard, Responder},
    portal::{Stations, answer},
};
use domain::base::Message;

use crate::bytes::Bytes;

const BOARD: Board<'static> = Board {
    hostname: "tank",
    id: "020000000001",
    version: "0.1.0",
    path: "/",
    http_port: 80,
};
const ADDRESS: Ipv4Addr = Ipv4Addr::new(192, 168, 4, 1);
const HEADER_OF_DHCP: usize = 240;

pub(crate) fn run(input: &[u8]) {
    let mut bytes = Bytes::new(input);
    match bytes.byte() % 4 {
        0 => name(bytes.rest(), false),
        1 => name(bytes.rest(), true),
        2 => every_name(bytes.rest()),
        _ => addresses(&mut bytes),
    }
}

/// An answer that says that it is one, with all its records.
fn whole_answer(packet: &[u8]) -> Message<&[u8]> {
    let message = Message::from_octets(packet).expect("it has a header");
    assert!(message.header().qr());
    for part in [message.answer(), message.authority(), message.additional()] {
        for record in part.expect("the parts before it are whole") {
            record.expect("each record is whole");
        }
    }
    message
}

fn name(packet: &[u8], is_plain: bool) {
    let responder = Responder::new(&BOARD, BOARD.hostname, ADDRESS).expect("a name");
    let mut buffer = [0; 1_472];
    let heard = responder.hears(packet);
    let _ = Responder::is_shared(packet);
    let is_answer = packet.get(2).is_some_and(|flags| flags & 0x80 != 0);
    // A name is taken by an answer only, and wanted by a question.
    assert!(heard != Heard::Taken || is_answer);
    assert!(heard != Heard::Wanted || !is_answer);
    let Some(length) = responder.answer(packet, is_plain, &mut buffer) else {
        return;
    };
    assert!(!is_answer);
    let message = whole_answer(&buffer[..length]);
    assert!(message.header_counts().ancount() > 0);
    assert_eq!(
        message.header().id(),
        if is_plain {
            u16::from_be_bytes([packet[0], packet[1]])
        } else {
            0
        }
    );
    // Our own echo is no reason to give the name up.
    assert_eq!(responder.hears(&buffer[..length]), Heard::Nothing);
}

fn every_name(packet: &[u8]) {
    let mut buffer = [0; 512];
    let Some(length) = answer(packet, ADDRESS, &mut buffer) else {
        return;
    };
    let told = buffer[..length].to_vec();
    let message = whole_answer(&told);
    assert_eq!(told[..2], packet[..2]);
    assert_eq!(message.header_counts().qdcount(), 1);
    assert!(message.header_counts().ancount() <= 1);
    assert_eq!(
        answer(&told, ADDRESS, &mut buffer),
        None,
        "an answer is answered"
    );
}

fn addresses(bytes: &mut Bytes<'_>) {
    let mut stations = Stations::new(ADDRESS);
    let mut now_s = 0;
    // Each packet: its station, the seconds since the one before, and its options.
    while let &[station, seconds, length] = bytes.take(3) {
        now_s += u64::from(seconds) * 16;
        let mut packet = [0; HEADER_OF_DHCP].to_vec();
        packet[..4].copy_from_slice(&[1, 1, 6, 0]);
        packet[28..34].copy_from_slice(&[2, 0, 0, 0, 0, station]);
        packet[236..].copy_from_slice(&[99, 130, 83, 99]);
        packet.extend_from_slice(bytes.take(length.into()));
        let mut buffer = [0; 600];
        let Some((length, to)) = stations.answer(now_s, &packet, &mut buffer) else {
            continue;
        };
        assert_eq!(to, Ipv4Addr::BROADCAST, "it has no address of its own yet");
        let told = &buffer[..length];
        assert_eq!((told[0], &told[28..34]), (2, &packet[28..34]));
        assert_eq!(told[240..242], [53, 1], "the kind comes first");
        let given = <[u8; 4]>::try_from(&told[16..20]).expect("four bytes");
        match told[242] {
            // An offer, or that it is given.
            2 | 5 => assert!((100..108).contains(&given[3]) && given[..3] == [192, 168, 4]),
            // A refusal.
            6 => assert_eq!(given, [0; 4]),
            other => panic!("a packet of the kind {other}"),
        }
    }
}
