//! The services on the sockets of boards: two stacks of embassy-net at one cable, the board's and a phone's, in virtual time.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed step of a test is a failed test"
)]

mod cable;
mod wire;

use cable::{End, carry, plug};
use std::{future::pending, net::Ipv4Addr, pin::pin};

use dimmer_clock::VirtualClock;
use dimmer_lan::{mdns, portal, time};
use edge_nal_embassy::{Udp, UdpBuffers};
use embassy_futures::{
    join::{join, join4},
    select::{Either, select},
};
use embassy_net::{
    Config, IpEndpoint, Ipv4Cidr, Stack, StackResources, StaticConfigV4,
    udp::{PacketMetadata, UdpSocket},
};
use embassy_sync::{blocking_mutex::raw::NoopRawMutex, signal::Signal};
use wire::{Drive, at};

const BOARD: [u8; 4] = [192, 168, 4, 1];
const PHONE: [u8; 4] = [192, 168, 4, 7];

fn address(number: [u8; 4]) -> Config {
    Config::ipv4_static(StaticConfigV4 {
        address: Ipv4Cidr::new(number.into(), 24),
        gateway: None,
        dns_servers: heapless::Vec::new(),
    })
}

/// Both at their cable, and what is done with them.
fn at_a_cable(act: impl AsyncFnOnce(&Udp<'_>, Stack<'_>)) {
    let clock = VirtualClock::start();
    let (mut at_board, mut at_phone) = (End::new(), End::new());
    let (_, to_board, from_board, board) = plug(&mut at_board, 1);
    let (_, to_phone, from_phone, phone) = plug(&mut at_phone, 7);
    let (mut of_board, mut of_phone) = (StackResources::<8>::new(), StackResources::<8>::new());
    let (board, mut board_runs) = embassy_net::new(board, address(BOARD), &mut of_board, 1);
    let (phone, mut phone_runs) = embassy_net::new(phone, address(PHONE), &mut of_phone, 2);
    let buffers = UdpBuffers::<4, 1_472, 1_472, 4>::new();
    let sockets = Udp::new(board, &buffers);
    let whole = async {
        let network = join4(
            board_runs.run(),
            phone_runs.run(),
            carry(from_board, to_phone),
            carry(from_phone, to_board),
        );
        match select(network, act(&sockets, phone)).await {
            Either::First(_) => panic!("the network ended"),
            Either::Second(()) => {}
        }
    };
    let whole = pin!(whole);
    assert!(
        Drive::new(&clock, whole).for_ms(60_000).is_some(),
        "it waits for ever"
    );
}

/// A phone's socket at a port.
async fn with_socket(phone: Stack<'_>, port: u16, act: impl AsyncFnOnce(&UdpSocket<'_>)) {
    let (mut meta, mut sent_meta) = ([PacketMetadata::EMPTY; 8], [PacketMetadata::EMPTY; 8]);
    let (mut received, mut sent) = ([0; 6_000], [0; 6_000]);
    let mut socket = UdpSocket::new(phone, &mut meta, &mut received, &mut sent_meta, &mut sent);
    socket.bind(port).unwrap();
    act(&socket).await;
}

async fn receive(socket: &UdpSocket<'_>) -> (Vec<u8>, IpEndpoint) {
    let mut buffer = [0; 1_500];
    let (length, from) = socket.recv_from(&mut buffer).await.unwrap();
    (buffer[..length].to_vec(), from.endpoint)
}

/// Any name, its address.
fn question(name: &[u8]) -> Vec<u8> {
    let mut question = vec![0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    question.extend_from_slice(name);
    question.extend_from_slice(&[0, 0, 1, 0, 1]);
    question
}

#[test]
fn a_phone_at_the_access_point_gets_an_address_and_finds_the_board_under_every_name() {
    at_a_cable(async |board, phone| {
        let visit = async {
            with_socket(phone, 68, async |socket| {
                let mut discover = vec![1, 1, 6, 0, 0, 0, 0, 7];
                discover.resize(28, 0);
                discover.extend_from_slice(&[2, 0, 0, 0, 0, 7]);
                discover.resize(236, 0);
                discover.extend_from_slice(&[99, 130, 83, 99, 53, 1, 1, 55, 3, 1, 3, 6, 255]);
                let to = (Ipv4Addr::BROADCAST, portal::DHCP_SERVER_PORT);
                socket.send_to(&discover, to).await.unwrap();
                let (offer, _) = receive(socket).await;
                assert_eq!(offer[16..20], [192, 168, 4, 100]);
            })
            .await;
            with_socket(phone, 50_000, async |socket| {
                let to = (Ipv4Addr::from(BOARD), portal::DNS_PORT);
                // One that is longer than any question ends nothing.
                socket.send_to(&[0; 1_400], to).await.unwrap();
                let question = question(b"\x07captive\x05apple\x03com");
                socket.send_to(&question, to).await.unwrap();
                let (answer, from) = receive(socket).await;
                assert_eq!(answer[..2], question[..2]);
                assert!(answer.ends_with(&BOARD));
                assert_eq!(from.port, portal::DNS_PORT);
            })
            .await;
        };
        match select(portal::run(board, BOARD.into()), visit).await {
            Either::First(ended) => panic!("{ended:?}"),
            Either::Second(()) => {}
        }
    });
}

#[test]
fn a_name_is_claimed_answered_to_and_taken_back_by_multicast() {
    at_a_cable(async |board, phone| {
        phone.join_multicast_group(mdns::GROUP).unwrap();
        let is_over = Signal::<NoopRawMutex, ()>::new();
        let listen = async {
            with_socket(phone, mdns::PORT, async |socket| {
                // Three probes, then two announcements.
                for flags in [0, 0, 0, 0x84, 0x84] {
                    let (packet, from) = receive(socket).await;
                    assert_eq!(packet[2], flags);
                    assert_eq!(
                        from,
                        IpEndpoint::new(Ipv4Addr::from(BOARD).into(), mdns::PORT)
                    );
                }
                let question = question(b"\x04tank\x05local");
                socket
                    .send_to(&question, (mdns::GROUP, mdns::PORT))
                    .await
                    .unwrap();
                let (answer, _) = receive(socket).await;
                assert_eq!(answer[2], 0x84);
                assert!(answer.ends_with(&BOARD));
                is_over.signal(());
                let (farewell, _) = receive(socket).await;
                // The first record is that of the name, and its time to live stands behind it.
                assert_eq!(farewell[12..24], *b"\x04tank\x05local\x00");
                assert_eq!(farewell[28..32], [0; 4]);
            })
            .await;
        };
        let interface = mdns::Interface {
            address: BOARD.into(),
            prefix_bits: 24,
        };
        let about = mdns::Board {
            hostname: "tank",
            id: "020000000001",
            version: "0.1.0",
            path: "/",
            http_port: 80,
        };
        let mut buffers = mdns::Buffers::new();
        let run = mdns::run(
            board,
            interface,
            &about,
            &mut buffers,
            || 0,
            |_| (),
            is_over.wait(),
        );
        let (ran, ()) = join(run, listen).await;
        ran.unwrap();
    });
}

#[test]
fn a_time_server_is_asked_and_its_answer_judged() {
    at_a_cable(async |board, phone| {
        let serve = async {
            with_socket(phone, time::PORT, async |socket| {
                let (question, from) = receive(socket).await;
                let mut answer = vec![0x24, 2, 6, 0xec];
                answer.resize(24, 0);
                answer.extend_from_slice(&question[40..48]);
                // 2026-01-02 00:00:00.
                let seconds: u32 = 3_976_300_800;
                for _ in 0..2 {
                    answer.extend_from_slice(&seconds.to_be_bytes());
                    answer.extend_from_slice(&[0; 4]);
                }
                socket.send_to(&answer, from).await.unwrap();
                // What is not sent yet goes with the socket.
                pending().await
            })
            .await;
        };
        let server = async || Some(at(PHONE, time::PORT));
        match select(time::ask(board, server, 0x1234_5678_9abc_def0), serve).await {
            Either::First(asked) => assert_eq!(asked, Ok(time::EPOCH_UNIX_S + 86_400)),
            Either::Second(()) => panic!("the server is gone"),
        }
    });
}
