extern crate std;

#[path = "../../../dimmer-lan/tests/cable/mod.rs"]
mod cable;
mod doors;
mod following;

use super::*;
use crate::bench::Running;
use cable::{End, carry, plug};
use core::{cell::RefCell, future::pending};
use dimmer_app::dimmer::config::Config;
use dimmer_clock::VirtualClock;
use embassy_futures::join::{join, join3, join4};
use embassy_net::{
    StackResources,
    driver::LinkState,
    tcp::TcpSocket,
    udp::{PacketMetadata, UdpSocket},
};
use embassy_net_driver_channel::StateRunner;
use std::{boxed::Box, vec};

const ID: DeviceId = DeviceId::new([2, 0, 0, 0, 0, 1]);
const BROKER: [u8; 4] = [192, 168, 1, 10];
const PORT: u16 = 1883;
const DNS_PORT: u16 = 53;

/// The settings of a board with an address of its own.
fn fixed() -> Network {
    let mut network = Config::default().network;
    network.address.source = AddressSource::Static;
    network.address.ip = Ipv4Addr::new(192, 168, 1, 2).into();
    network.address.prefix_bits = 24;
    network.address.gateway = Ipv4Addr::new(192, 168, 1, 1).into();
    network.address.dns = Ipv4Addr::new(192, 168, 1, 10).into();
    network
}

/// A board, and the machine of the broker, at the two ends of a cable.
struct Ends<'a> {
    board: Stack<'static>,
    machine: Stack<'static>,
    cable: StateRunner<'a>,
}

fn leaked<T>(value: T) -> &'static mut T {
    Box::leak(Box::new(value))
}

/// What is done, until it is done.
fn at_a_cable(act: impl AsyncFnOnce(&Ends<'_>)) {
    let clock = VirtualClock::start();
    let start = |last, address: ConfigV4| {
        let (cable, received, sent, device) = plug(leaked(End::new()), last);
        let mut config = embassy_net::Config::default();
        config.ipv4 = address;
        let resources = leaked(StackResources::<8>::new());
        let (stack, network) = embassy_net::new(device, config, resources, last.into());
        (stack, network, cable, received, sent)
    };
    let (board, mut board_runs, cable, to_board, from_board) = start(2, address(&fixed(), ID));
    let mut settings = fixed();
    settings.address.ip = Ipv4Addr::new(192, 168, 1, 10).into();
    let (machine, mut machine_runs, _up, to_machine, from_machine) =
        start(10, address(&settings, ID));
    let is_done = Cell::new(false);
    let ends = Ends {
        board,
        machine,
        cable,
    };
    let acted = async {
        act(&ends).await;
        is_done.set(true);
    };
    // Whoever reads a stream wakes the stack each time, which is a task of its own therefore.
    let mut network = Running::new(async {
        join4(
            board_runs.run(),
            machine_runs.run(),
            carry(from_board, to_machine),
            carry(from_machine, to_board),
        )
        .await;
    });
    let mut acting = Running::new(async {
        acted.await;
        pending::<()>().await;
    });
    loop {
        while network.settle() | acting.settle() {}
        if is_done.get() {
            break;
        }
        let next = clock.next_wake().filter(|at| *at < 60_000_000);
        clock.advance_to(next.expect("it waits for ever"));
    }
}

/// Lets one caller in, and answers what it says.
async fn answer(machine: Stack<'_>) {
    let (mut received, mut sent, mut said) = ([0; 512], [0; 512], [0; 5]);
    let mut socket = TcpSocket::new(machine, &mut received, &mut sent);
    socket.accept(PORT).await.unwrap();
    socket.read_exact(&mut said).await.unwrap();
    assert_eq!(&said, b"hello");
    socket.write_all(b"world").await.unwrap();
    socket.flush().await.unwrap();
}

/// Says hello to the broker.
async fn call(connector: &Connector<'_>, host: &str) {
    let mut stream = connector.connect(host, PORT).await.unwrap();
    stream.write_all(b"hello").await.unwrap();
    stream.flush().await.unwrap();
    let mut answer = [0; 5];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"world");
}

/// Tells the address of `broker.lan`, and that there is no other name.
async fn tell_names(machine: Stack<'_>) -> ! {
    let (mut meta, mut sent_meta) = ([PacketMetadata::EMPTY; 4], [PacketMetadata::EMPTY; 4]);
    let (mut received, mut sent) = ([0; 1_000], [0; 1_000]);
    let mut socket = UdpSocket::new(machine, &mut meta, &mut received, &mut sent_meta, &mut sent);
    socket.bind(DNS_PORT).unwrap();
    let mut packet = [0; 512];
    loop {
        let (length, from) = socket.recv_from(&mut packet).await.unwrap();
        let mut answer = vec![packet[0], packet[1], 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0];
        answer.extend_from_slice(&packet[12..length]);
        if packet[12..length].starts_with(b"\x06broker\x03lan\x00") {
            answer.extend_from_slice(&[0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]);
            answer.extend_from_slice(&BROKER);
        } else {
            // No answers; a name that does not exist.
            answer[7] = 0;
            answer[3] = 0x83;
        }
        socket.send_to(&answer, from).await.unwrap();
    }
}

fn connector(slot: &Slot) -> Connector<'_> {
    Connector::new(slot, leaked(StreamBuffers::new()))
}

#[test]
fn the_address_is_that_of_the_settings_or_the_routers_who_is_told_the_boards_name() {
    let ConfigV4::Static(set) = address(&fixed(), ID) else {
        panic!("it is set");
    };
    assert_eq!(
        set.address,
        Ipv4Cidr::new(Ipv4Addr::new(192, 168, 1, 2), 24)
    );
    assert_eq!(set.gateway, Some(Ipv4Addr::new(192, 168, 1, 1)));
    assert_eq!(set.dns_servers[..], [Ipv4Addr::from(BROKER)]);
    let mut without = fixed();
    without.address.gateway = Config::default().network.address.gateway;
    without.address.dns = Config::default().network.address.dns;
    let ConfigV4::Static(set) = address(&without, ID) else {
        panic!("it is set");
    };
    assert_eq!((set.gateway, set.dns_servers.len()), (None, 0));

    let mut network = Config::default().network;
    for (hostname, told) in [("", "dimmer-020000000001"), ("tank", "tank")] {
        network.hostname = hostname.try_into().unwrap();
        let ConfigV4::Dhcp(dhcp) = address(&network, ID) else {
            panic!("the router says");
        };
        assert_eq!(dhcp.hostname.as_deref(), Some(told));
    }
}

#[test]
fn a_broker_is_found_by_its_address_and_by_its_name() {
    at_a_cable(async |ends| {
        let slot = Slot::new();
        slot.set(ends.board);
        let connector = connector(&slot);
        for host in ["192.168.1.10", "broker.lan"] {
            let talk = join(call(&connector, host), answer(ends.machine));
            match select(talk, tell_names(ends.machine)).await {
                Either::First(_) => {}
                Either::Second(never) => never,
            }
        }
    });
}

#[test]
fn what_stands_in_the_way_is_told() {
    at_a_cable(async |ends| {
        let slot = Slot::new();
        slot.set(ends.board);
        let connector = connector(&slot);
        let refused = connector.connect("192.168.1.10", PORT).await;
        assert_eq!(refused.err(), Some(ConnectError::Refused));
        let unknown = connector.connect("other.lan", PORT);
        match select(unknown, tell_names(ends.machine)).await {
            Either::First(unknown) => assert_eq!(unknown.err(), Some(ConnectError::NameNotFound)),
            Either::Second(never) => never,
        }
    });
}

#[test]
fn a_cable_that_is_pulled_ends_an_attempt_and_the_next_one_waits_until_it_is_back() {
    at_a_cable(async |ends| {
        let slot = Slot::new();
        slot.set(ends.board);
        let connector = connector(&slot);
        // Nobody has this address.
        let silent = connector.connect("192.168.1.99", PORT);
        let pulled = async {
            Timer::after_secs(1).await;
            ends.cable.set_link_state(LinkState::Down);
        };
        let (ended, ()) = join(silent, pulled).await;
        assert_eq!(ended.err(), Some(ConnectError::Unreachable));
        let order = RefCell::new(vec![]);
        let called = async {
            call(&connector, "192.168.1.10").await;
            order.borrow_mut().push("called");
        };
        let back = async {
            Timer::after_secs(5).await;
            order.borrow_mut().push("back");
            ends.cable.set_link_state(LinkState::Up);
        };
        join(join(called, back), answer(ends.machine)).await;
        assert_eq!(order.take(), ["back", "called"]);
    });
}

#[test]
fn a_stack_that_comes_later_is_waited_for() {
    at_a_cable(async |ends| {
        let slot = Slot::new();
        let connector = connector(&slot);
        let later = async {
            Timer::after_secs(3).await;
            assert!(slot.get().is_none());
            slot.set(ends.board);
        };
        let talk = join(call(&connector, "192.168.1.10"), answer(ends.machine));
        join(talk, later).await;
    });
}
