extern crate std;

use std::{format, string::String, string::ToString, vec::Vec};

// Another reader than ours.
use domain::base::{Message, Rtype, iana::Opcode};
use proptest::prelude::*;

use super::*;

const ADDRESS: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 50);
const BOARD: Board<'static> = Board {
    hostname: "cellar-tank",
    id: "020000000001",
    version: "0.1.0",
    path: "/",
    http_port: 80,
};

fn responder() -> Responder<'static> {
    Responder::new(&BOARD, BOARD.hostname, ADDRESS).unwrap()
}

fn packet(make: impl FnOnce(&mut [u8]) -> Option<usize>) -> Option<Vec<u8>> {
    let mut buffer = [0; 1_472];
    make(&mut buffer).map(|length| buffer[..length].to_vec())
}

/// Names as labels with their length in front, and the root behind.
fn name(text: &str) -> Vec<u8> {
    let labels = text.split('.').flat_map(|label| {
        let length = u8::try_from(label.len()).unwrap();
        core::iter::once(length).chain(label.bytes())
    });
    labels.chain([0]).collect()
}

fn question(text: &str, kind: u16) -> Vec<u8> {
    let mut packet = Vec::from([0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    packet.extend(name(text));
    packet.extend(kind.to_be_bytes());
    packet.extend([0, 1]);
    packet
}

const A: u16 = 1;
const PTR: u16 = 12;
const TXT: u16 = 16;
const SRV: u16 = 33;

/// Owner, type, time to live and whether what was known is forgotten, of each record in a part of a message.
fn records(packet: &[u8], part: usize) -> Vec<(String, u16, u32, bool)> {
    let message = Message::from_octets(packet).unwrap();
    let part = match part {
        1 => message.answer().unwrap(),
        2 => message.authority().unwrap(),
        _ => message.additional().unwrap(),
    };
    part.map(|record| {
        let record = record.unwrap();
        let class = record.class().to_int();
        (
            record.owner().to_string(),
            record.rtype().to_int(),
            record.ttl().as_secs(),
            class & TOP_BIT != 0,
        )
    })
    .collect()
}

fn asked(text: &str, kind: u16) -> Option<Vec<u8>> {
    packet(|buffer| responder().answer(&question(text, kind), false, buffer))
}

#[test]
fn the_host_is_found_by_its_name_in_any_case() {
    for text in ["cellar-tank.local", "Cellar-Tank.LOCAL"] {
        let answer = asked(text, A).unwrap();
        assert_eq!(
            records(&answer, 1),
            [("cellar-tank.local".to_string(), A, 120, true)]
        );
        assert!(answer.windows(4).any(|bytes| bytes == ADDRESS.octets()));
    }
    assert_eq!(asked("cellar.local", A), None);
    assert_eq!(asked("cellar-tank.local.lan", A), None);
}

#[test]
fn who_asks_for_another_address_hears_at_once_that_there_is_none() {
    let answer = asked("cellar-tank.local", 28).unwrap();
    assert_eq!(
        records(&answer, 1),
        [("cellar-tank.local".to_string(), 47, 120, true)]
    );
    assert!(answer.ends_with(&[0, 1, 0x40]));
    assert_eq!(asked("attic.local", 28), None);
}

#[test]
fn what_is_not_asked_for_is_not_told() {
    assert_eq!(asked("cellar-tank.local", TXT), None);
    assert_eq!(asked("_http._tcp.local", A), None);
    let mut chaos = question("cellar-tank.local", A);
    let last = chaos.len() - 1;
    chaos[last] = 3;
    assert_eq!(
        packet(|buffer| responder().answer(&chaos, false, buffer)),
        None
    );
    let mut update = question("cellar-tank.local", A);
    update[2] = 0x28;
    assert_eq!(
        packet(|buffer| responder().answer(&update, false, buffer)),
        None
    );
}

#[test]
fn the_page_and_the_dimmer_are_found_as_services() {
    for service in ["_http._tcp.local", "_solar-dimmer._tcp.local"] {
        let answer = asked(service, PTR).unwrap();
        assert_eq!(
            records(&answer, 1),
            [(service.to_string(), PTR, 4_500, false)]
        );
        let besides: Vec<_> = records(&answer, 3);
        let instance = format!("cellar-tank.{service}");
        for kind in [SRV, TXT] {
            assert!(
                besides.iter().any(|(owner, rtype, _, flush)| {
                    *owner == instance && *rtype == kind && *flush
                }),
                "{besides:?}"
            );
        }
        assert!(besides.iter().any(|(_, rtype, ..)| *rtype == A));
    }
    let kinds = asked("_services._dns-sd._udp.local", PTR).unwrap();
    assert_eq!(records(&kinds, 1).len(), 2);
    let txt = asked("cellar-tank._solar-dimmer._tcp.local", TXT).unwrap();
    for pair in ["id=020000000001", "version=0.1.0", "path=/"] {
        assert!(
            txt.windows(pair.len())
                .any(|bytes| bytes == pair.as_bytes())
        );
    }
}

#[test]
fn what_the_asker_knows_is_not_told_again() {
    let with_answer = |ttl: u32| {
        let mut query = question("_http._tcp.local", PTR);
        query[7] = 1;
        query.extend(name("_http._tcp.local"));
        query.extend([0, 12, 0, 1]);
        query.extend(ttl.to_be_bytes());
        let target = name("cellar-tank._http._tcp.local");
        query.extend(u16::try_from(target.len()).unwrap().to_be_bytes());
        query.extend(target);
        query
    };
    let told = |query: &[u8], is_legacy| {
        packet(|buffer| responder().answer(query, is_legacy, buffer)).is_some()
    };
    assert!(!told(&with_answer(4_500), false));
    assert!(!told(&with_answer(2_250), false));
    assert!(told(&with_answer(2_249), false), "it forgets soon");
    assert!(told(&with_answer(4_500), true), "plain DNS knows nothing");
}

#[test]
fn plain_dns_gets_its_question_back_and_nothing_that_it_would_not_know() {
    let mut query = question("cellar-tank.local", A);
    query[..2].copy_from_slice(&[0xab, 0xcd]);
    let answer = packet(|buffer| responder().answer(&query, true, buffer)).unwrap();
    assert_eq!(answer[..2], [0xab, 0xcd]);
    assert_eq!(answer[4..6], [0, 1], "the question");
    let told = records(&answer, 1);
    assert_eq!(told[0].1, A);
    assert!(!told[0].3);
}

#[test]
fn a_probe_asks_for_everything_and_says_what_is_claimed() {
    let probe = packet(|buffer| responder().probe(buffer)).unwrap();
    let message = Message::from_octets(probe.as_slice()).unwrap();
    assert!(!message.header().qr());
    assert_eq!(message.header().opcode(), Opcode::QUERY);
    let questions: Vec<_> = message.question().map(Result::unwrap).collect();
    assert_eq!(questions.len(), 3);
    assert!(
        questions
            .iter()
            .all(|question| question.qtype() == Rtype::ANY)
    );
    let claimed = [
        ("cellar-tank.local".to_string(), A, 120, false),
        ("cellar-tank._http._tcp.local".to_string(), SRV, 120, false),
        (
            "cellar-tank._solar-dimmer._tcp.local".to_string(),
            SRV,
            120,
            false,
        ),
    ];
    assert_eq!(records(&probe, 2), claimed);
}

#[test]
fn an_announcement_has_everything_and_a_farewell_takes_it_back() {
    let announcement = packet(|buffer| responder().announcement(buffer)).unwrap();
    assert_eq!(records(&announcement, 1).len(), 10);
    let farewell = packet(|buffer| responder().farewell(buffer)).unwrap();
    let taken_back = records(&farewell, 1);
    assert_eq!(taken_back.len(), 7, "all but the kinds of service");
    assert!(taken_back.iter().all(|(_, _, ttl, _)| *ttl == 0));
}

#[test]
fn the_longest_name_fits_a_packet_of_ethernet() {
    let long = "x".repeat(63);
    let value = "v".repeat(VALUE);
    let board = Board {
        hostname: &long,
        id: &value,
        version: &value,
        path: &value,
        http_port: 65_535,
    };
    let responder = Responder::new(&board, &long, ADDRESS).unwrap();
    assert!(packet(|buffer| responder.announcement(buffer)).is_some());
}

#[test]
fn what_is_no_name_of_a_host_is_refused() {
    for wrong in ["", "my tank", "tank.local", "é", &"x".repeat(64)] {
        assert!(Responder::new(&BOARD, wrong, ADDRESS).is_none(), "{wrong}");
    }
    let board = Board {
        version: &"v".repeat(65),
        ..BOARD
    };
    assert!(Responder::new(&board, "tank", ADDRESS).is_none());
}

#[test]
fn another_host_of_the_name_is_heard_and_our_own_echo_is_not() {
    let other = |address| Responder::new(&BOARD, "CELLAR-tank", address).unwrap();
    let heard = |packet: &[u8]| responder().hears(packet);
    for (address, taken, wanted) in [
        (ADDRESS, Heard::Nothing, Heard::Nothing),
        (Ipv4Addr::new(192, 168, 1, 51), Heard::Taken, Heard::Wanted),
        (Ipv4Addr::new(192, 168, 1, 49), Heard::Taken, Heard::Nothing),
    ] {
        let announcement = packet(|buffer| other(address).announcement(buffer)).unwrap();
        assert_eq!(heard(&announcement), taken, "{address}");
        let probe = packet(|buffer| other(address).probe(buffer)).unwrap();
        assert_eq!(heard(&probe), wanted, "{address}");
    }
    let neighbour = Responder::new(&BOARD, "attic", Ipv4Addr::new(192, 168, 1, 51)).unwrap();
    let announcement = packet(|buffer| neighbour.announcement(buffer)).unwrap();
    assert_eq!(heard(&announcement), Heard::Nothing);
    assert_eq!(heard(&[]), Heard::Nothing);
}

#[test]
fn a_service_of_the_same_name_elsewhere_is_another_and_the_same_host_is_not() {
    let elsewhere = Board {
        http_port: 8_080,
        ..BOARD
    };
    let others = Responder::new(&elsewhere, BOARD.hostname, ADDRESS).unwrap();
    let announcement = packet(|buffer| others.announcement(buffer)).unwrap();
    assert_eq!(responder().hears(&announcement), Heard::Taken);
    let probe = packet(|buffer| others.probe(buffer)).unwrap();
    assert_eq!(responder().hears(&probe), Heard::Nothing);
}

#[test]
fn an_answer_is_not_answered() {
    let announcement = packet(|buffer| responder().announcement(buffer)).unwrap();
    for is_legacy in [false, true] {
        let answer = packet(|buffer| responder().answer(&announcement, is_legacy, buffer));
        assert_eq!(answer, None);
    }
}

proptest! {
    #[test]
    fn whatever_comes_is_answered_with_what_can_be_read_or_not_at_all(
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
        near in 0_usize..4,
        changes in proptest::collection::vec((any::<u16>(), any::<u8>()), 0..6),
        is_legacy in any::<bool>(),
        room in 0_usize..1_500,
    ) {
        let mut query = match near {
            0 => bytes,
            1 => question("_http._tcp.local", PTR),
            2 => packet(|buffer| responder().probe(buffer)).unwrap(),
            _ => packet(|buffer| responder().announcement(buffer)).unwrap(),
        };
        for (place, byte) in changes {
            if !query.is_empty() {
                let place = usize::from(place) % query.len();
                query[place] = byte;
            }
        }
        let _ = responder().hears(&query);
        let _ = Responder::is_shared(&query);
        let mut buffer = std::vec![0; room];
        if let Some(length) = responder().answer(&query, is_legacy, &mut buffer) {
            prop_assert!(length <= room);
            let message = Message::from_octets(&buffer[..length]).unwrap();
            prop_assert!(message.header().qr());
            prop_assert!(message.answer().unwrap().all(|record| record.is_ok()));
        }
    }
}
