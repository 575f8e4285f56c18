extern crate std;

use std::vec::Vec;

use proptest::prelude::*;

use super::*;

const ADDRESS: Ipv4Addr = Ipv4Addr::new(192, 168, 4, 1);

/// A packet as a phone sends it (RFC 2131, figure 1), with these options.
fn packet(station: u8, ciaddr: Ipv4Addr, options: &[&[u8]]) -> Vec<u8> {
    let mut packet = Vec::from([1, 1, 6, 0, 0x12, 0x34, 0x56, station, 0, 0, 0, 0]);
    packet.extend_from_slice(&ciaddr.octets());
    packet.resize(28, 0);
    packet.extend_from_slice(&[2, 0, 0, 0, 0, station]);
    packet.resize(236, 0);
    packet.extend_from_slice(&[99, 130, 83, 99]);
    for option in options {
        packet.extend_from_slice(option);
    }
    packet.push(255);
    packet
}

const DISCOVER: &[u8] = &[53, 1, 1];
const REQUEST: &[u8] = &[53, 1, 3];
const RELEASE: &[u8] = &[53, 1, 7];
const OFFER: u8 = 2;
const ACK: u8 = 5;
const NAK: u8 = 6;
/// Mask, router and DNS server.
const WANTED: &[u8] = &[55, 3, 1, 3, 6];
const US: &[u8] = &[54, 4, 192, 168, 4, 1];
const NOBODY: Ipv4Addr = Ipv4Addr::UNSPECIFIED;

#[derive(Debug, PartialEq)]
struct Answer {
    kind: u8,
    given: Ipv4Addr,
    to: Ipv4Addr,
    packet: Vec<u8>,
}

impl Answer {
    fn option(&self, wanted: u8) -> Option<&[u8]> {
        let mut rest = &self.packet[240..];
        while let [code, length, value @ ..] = rest {
            if *code == 255 {
                break;
            }
            let (value, behind) = value.split_at(usize::from(*length));
            if *code == wanted {
                return Some(value);
            }
            rest = behind;
        }
        None
    }
}

fn ask(stations: &mut Stations, now_s: u64, request: &[u8]) -> Option<Answer> {
    let mut buffer = [0; 600];
    let (length, to) = stations.answer(now_s, request, &mut buffer)?;
    let packet = buffer[..length].to_vec();
    let given: [u8; 4] = packet[16..20].try_into().unwrap();
    let mut answer = Answer {
        kind: 0,
        given: given.into(),
        to,
        packet,
    };
    answer.kind = answer.option(53).unwrap()[0];
    Some(answer)
}

fn wish(address: Ipv4Addr) -> Vec<u8> {
    let [a, b, c, d] = address.octets();
    Vec::from([50, 4, a, b, c, d])
}

/// Discovers and requests, as a phone that comes for the first time.
fn join(stations: &mut Stations, now_s: u64, station: u8) -> Answer {
    let offer = ask(
        stations,
        now_s,
        &packet(station, NOBODY, &[DISCOVER, WANTED]),
    )
    .unwrap();
    assert_eq!(offer.kind, OFFER);
    let wish = wish(offer.given);
    let request = packet(station, NOBODY, &[REQUEST, &wish, US, WANTED]);
    ask(stations, now_s, &request).unwrap()
}

#[test]
fn a_phone_gets_an_address_and_hears_who_knows_names() {
    let mut stations = Stations::new(ADDRESS);
    let answer = join(&mut stations, 0, 1);
    assert_eq!((answer.kind, answer.to), (ACK, Ipv4Addr::BROADCAST));
    assert_eq!(answer.given, Ipv4Addr::new(192, 168, 4, 100));
    assert_eq!(answer.option(1), Some(&[255, 255, 255, 0][..]));
    for server in [3, 6, 54] {
        assert_eq!(answer.option(server), Some(&ADDRESS.octets()[..]));
    }
    assert_eq!(answer.option(51), Some(&LEASE_S.to_be_bytes()[..]));
    assert_eq!(answer.packet[..4], [2, 1, 6, 0]);
    assert_eq!(answer.packet[4..8], [0x12, 0x34, 0x56, 1], "its own number");
}

#[test]
fn each_has_another_address_and_keeps_it() {
    let mut stations = Stations::new(ADDRESS);
    let given: Vec<_> = (1..=8)
        .map(|station| join(&mut stations, 0, station).given)
        .collect();
    for (place, address) in given.iter().enumerate() {
        assert!(!given[..place].contains(address));
    }
    assert_eq!(join(&mut stations, 5, 3).given, given[2]);
    // A renewal goes to the address itself.
    let renewal = ask(&mut stations, 9, &packet(3, given[2], &[REQUEST])).unwrap();
    assert_eq!((renewal.kind, renewal.to), (ACK, given[2]));
}

#[test]
fn a_ninth_phone_waits_until_one_of_the_addresses_is_free() {
    let mut stations = Stations::new(ADDRESS);
    for station in 1..=8 {
        assert_eq!(join(&mut stations, 0, station).kind, ACK);
    }
    let ninth = packet(9, NOBODY, &[DISCOVER]);
    assert_eq!(ask(&mut stations, u64::from(LEASE_S), &ninth), None);
    let later = join(&mut stations, u64::from(LEASE_S) + 1, 9);
    assert_eq!(later.kind, ACK);
}

#[test]
fn who_goes_gives_the_address_back() {
    let mut stations = Stations::new(ADDRESS);
    for station in 1..=8 {
        assert_eq!(join(&mut stations, 0, station).kind, ACK);
    }
    assert_eq!(
        ask(&mut stations, 1, &packet(4, NOBODY, &[RELEASE, US])),
        None
    );
    assert_eq!(
        join(&mut stations, 1, 9).given,
        Ipv4Addr::new(192, 168, 4, 103)
    );
}

#[test]
fn an_address_of_another_network_or_of_another_phone_is_refused_to_all() {
    let mut stations = Stations::new(ADDRESS);
    let first = join(&mut stations, 0, 1).given;
    for wanted in [Ipv4Addr::new(10, 0, 0, 7), first, ADDRESS] {
        let request = packet(2, NOBODY, &[REQUEST, &wish(wanted)]);
        let answer = ask(&mut stations, 1, &request).unwrap();
        assert_eq!(
            (answer.kind, answer.to),
            (NAK, Ipv4Addr::BROADCAST),
            "{wanted}"
        );
    }
    // One that believes that it has it hears the refusal, too.
    let elsewhere = packet(2, Ipv4Addr::new(10, 0, 0, 7), &[REQUEST]);
    let answer = ask(&mut stations, 1, &elsewhere).unwrap();
    assert_eq!((answer.kind, answer.to), (NAK, Ipv4Addr::BROADCAST));
}

#[test]
fn what_is_for_another_server_or_from_behind_a_router_is_left_alone() {
    let mut stations = Stations::new(ADDRESS);
    let other = &[54, 4, 192, 168, 4, 2];
    let elsewhere = packet(1, NOBODY, &[REQUEST, &wish(ADDRESS), other]);
    assert_eq!(ask(&mut stations, 0, &elsewhere), None);
    let mut relayed = packet(1, NOBODY, &[DISCOVER]);
    relayed[24..28].copy_from_slice(&[10, 0, 0, 1]);
    assert_eq!(ask(&mut stations, 0, &relayed), None);
    let mut reply = packet(1, NOBODY, &[DISCOVER]);
    reply[0] = 2;
    assert_eq!(ask(&mut stations, 0, &reply), None);
}

#[test]
fn an_access_point_with_a_high_number_gives_none_that_is_its_own() {
    for own in [1, 99, 100, 107, 254] {
        let address = Ipv4Addr::new(10, 0, 0, own);
        let mut stations = Stations::new(address);
        for station in 1..=8 {
            let offer = ask(&mut stations, 0, &packet(station, NOBODY, &[DISCOVER])).unwrap();
            let wish = wish(offer.given);
            let given = ask(
                &mut stations,
                0,
                &packet(station, NOBODY, &[REQUEST, &wish]),
            );
            let given = given.unwrap().given;
            assert_ne!(given, address);
            assert_eq!(given.octets()[..3], [10, 0, 0]);
        }
    }
}

proptest! {
    #[test]
    fn whatever_comes_is_answered_within_the_subnet_or_not_at_all(
        packets in proptest::collection::vec(
            (any::<u8>(), proptest::collection::vec(any::<u8>(), 0..60), 0_usize..400, 0_u64..2_000),
            1..20,
        ),
    ) {
        let mut stations = Stations::new(ADDRESS);
        for (station, options, cut, now_s) in packets {
            let mut request = packet(station, NOBODY, &[DISCOVER, &options]);
            request[242] = 1 + station % 8;
            request.truncate(cut.max(200));
            let mut buffer = [0; 600];
            if let Some((length, _)) = stations.answer(now_s, &request, &mut buffer) {
                let given: [u8; 4] = buffer[16..20].try_into().unwrap();
                let is_refused = buffer[..length][242] == NAK;
                prop_assert!(is_refused || given[..3] == [192, 168, 4]);
            }
        }
    }
}
