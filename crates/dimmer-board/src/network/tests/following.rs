//! Settings that change while everything runs.

use super::*;
use std::{format, string::ToString};

const DHCP_SERVER_PORT: u16 = 67;
const OWN: Ipv4Cidr = Ipv4Cidr::new(Ipv4Addr::new(192, 168, 4, 1), 24);

fn fixed_at(last: u8) -> Network {
    let mut network = fixed();
    network.address.ip = Ipv4Addr::new(192, 168, 1, last).into();
    network
}

fn address_of(stack: Stack<'_>) -> Option<Ipv4Cidr> {
    stack.config_v4().map(|config| config.address)
}

fn cidr(last: u8) -> Option<Ipv4Cidr> {
    Some(Ipv4Cidr::new(Ipv4Addr::new(192, 168, 1, last), 24))
}

/// As a board does that looks at its settings now and then, until they have stood for long enough.
async fn settle(slot: &Slot, network: &Network) {
    slot.follow(network, ID);
    Timer::after(MOVES_AFTER).await;
    slot.follow(network, ID);
}

/// Who says hello to the broker.
async fn caller(ends: &Ends<'_>, connector: &Connector<'_>) -> IpAddr {
    let heard = async {
        let (mut received, mut sent) = ([0; 512], [0; 512]);
        let mut socket = TcpSocket::new(ends.machine, &mut received, &mut sent);
        socket.accept(PORT).await.unwrap();
        let IpAddress::Ipv4(address) = socket.remote_endpoint().unwrap().addr;
        IpAddr::V4(address)
    };
    let (stream, heard) = join(connector.connect("192.168.1.10", PORT), heard).await;
    stream.unwrap();
    heard
}

#[test]
fn another_address_is_taken_while_everything_runs() {
    at_a_cable(async |ends| {
        let slot = Slot::new();
        slot.follow(&fixed_at(3), ID);
        slot.set(ends.board);
        let connector = connector(&slot);
        for last in [3, 4] {
            settle(&slot, &fixed_at(last)).await;
            assert_eq!(address_of(ends.board), cidr(last));
            let expected = IpAddr::from([192, 168, 1, last]);
            assert_eq!(caller(ends, &connector).await, expected);
        }
    });
}

#[test]
fn the_first_address_of_a_stack_is_given_at_once_and_another_one_when_it_has_stood_for_a_second() {
    at_a_cable(async |ends| {
        let slot = Slot::new();
        slot.set(ends.board);
        slot.follow(&fixed_at(3), ID);
        assert_eq!(address_of(ends.board), cidr(3));
        // Back again, and yet another one: the second begins anew.
        for (last, milliseconds) in [(4, 900), (3, 200), (4, 900), (5, 900), (4, 999)] {
            slot.follow(&fixed_at(last), ID);
            Timer::after_millis(milliseconds).await;
            assert_eq!(address_of(ends.board), cidr(3));
        }
        slot.follow(&fixed_at(4), ID);
        assert_eq!(address_of(ends.board), cidr(3));
        Timer::after_millis(1).await;
        slot.follow(&fixed_at(4), ID);
        assert_eq!(address_of(ends.board), cidr(4));
    });
}

#[test]
fn who_asks_for_another_address_has_the_whole_answer_before_the_board_goes_there() {
    const ANSWER_BYTES: usize = 6_000;
    at_a_cable(async |ends| {
        let slot = Slot::new();
        slot.set(ends.board);
        slot.follow(&fixed_at(2), ID);
        // As a door of the page has them.
        let (mut received, mut sent) = ([0; 1_024], [0; 1_536]);
        let mut page = TcpSocket::new(ends.board, &mut received, &mut sent);
        let (mut other_received, mut other_sent) = ([0; 1_024], [0; 512]);
        let mut browser = TcpSocket::new(ends.machine, &mut other_received, &mut other_sent);
        let board = (Ipv4Addr::new(192, 168, 1, 2), PORT);
        let (accepted, connected) = join(page.accept(PORT), browser.connect(board)).await;
        accepted.unwrap();
        connected.unwrap();
        let answered = async {
            page.write_all(&[7; ANSWER_BYTES]).await.unwrap();
            page.close();
            page.flush().await.unwrap();
        };
        let moved = async {
            while address_of(ends.board) != cidr(4) {
                slot.follow(&fixed_at(4), ID);
                Timer::after_millis(250).await;
            }
        };
        let heard = async {
            let (mut heard, mut bytes) = (0, [0; 512]);
            while let length @ 1.. = browser.read(&mut bytes).await.unwrap() {
                heard += length;
            }
            browser.close();
            heard
        };
        let ((), (), heard) = join3(answered, moved, heard).await;
        assert_eq!(heard, ANSWER_BYTES);
    });
}

#[test]
fn a_stack_in_the_place_of_another_has_the_address_too() {
    at_a_cable(async |ends| {
        let slot = Slot::new();
        // The machine's stack takes the board's address first.
        for stack in [ends.machine, ends.board] {
            slot.set(stack);
            slot.follow(&fixed_at(3), ID);
            assert_eq!(address_of(stack), cidr(3));
        }
    });
}

#[test]
fn what_the_stack_was_given_it_is_not_given_again() {
    at_a_cable(async |ends| {
        let slot = Slot::new();
        slot.set(ends.board);
        let mut settings = fixed_at(3);
        slot.follow(&settings, ID);
        // A mark, as nobody else sets it.
        ends.board.set_config_v4(address(&fixed_at(99), ID));
        slot.follow(&settings, ID);
        settings.time_server = "other.lan".try_into().unwrap();
        settings.hostname = "tank".try_into().unwrap();
        settle(&slot, &settings).await;
        assert_eq!(address_of(ends.board), cidr(99));
        settings.address.gateway = Ipv4Addr::new(192, 168, 1, 7).into();
        settle(&slot, &settings).await;
        let given = ends.board.config_v4().unwrap();
        assert_eq!(Some(given.address), cidr(3));
        assert_eq!(given.gateway, Some(Ipv4Addr::new(192, 168, 1, 7)));
    });
}

#[test]
fn the_router_is_asked_and_told_the_name_as_soon_as_the_settings_say_so() {
    at_a_cable(async |ends| {
        let slot = Slot::new();
        slot.set(ends.board);
        let mut settings = fixed();
        slot.follow(&settings, ID);
        let (mut meta, mut sent_meta) = ([PacketMetadata::EMPTY; 4], [PacketMetadata::EMPTY; 4]);
        let (mut received, mut sent) = ([0; 2_000], [0; 16]);
        let mut router = UdpSocket::new(
            ends.machine,
            &mut meta,
            &mut received,
            &mut sent_meta,
            &mut sent,
        );
        router.bind(DHCP_SERVER_PORT).unwrap();
        settings.address.source = AddressSource::Dhcp;
        for (hostname, told) in [("", "dimmer-020000000001"), ("tank", "tank")] {
            settings.hostname = hostname.try_into().unwrap();
            settle(&slot, &settings).await;
            assert_eq!(address_of(ends.board), None);
            let mut packet = [0; 1_000];
            let (length, _) = router.recv_from(&mut packet).await.unwrap();
            let option = [&[12, u8::try_from(told.len()).unwrap()], told.as_bytes()].concat();
            let mut options = packet[..length].windows(option.len());
            assert!(options.any(|bytes| bytes == option), "{told}");
        }
    });
}

#[test]
fn an_access_point_keeps_its_address_and_after_it_the_settings_of_then_hold() {
    at_a_cable(async |ends| {
        let slot = Slot::new();
        slot.set(ends.board);
        slot.follow(&fixed_at(3), ID);
        slot.be_at(OWN);
        assert_eq!(address_of(ends.board), Some(OWN));
        for last in [3, 4, 5] {
            settle(&slot, &fixed_at(last)).await;
            assert_eq!(address_of(ends.board), Some(OWN));
            assert_eq!(ends.board.config_v4().unwrap().gateway, None);
        }
        slot.be_as_set(&fixed_at(5), ID);
        assert_eq!(address_of(ends.board), cidr(5));
    });
}

#[test]
fn an_access_point_before_there_is_a_stack_has_its_own_address_when_there_is() {
    at_a_cable(async |ends| {
        let slot = Slot::new();
        slot.be_at(OWN);
        slot.set(ends.board);
        slot.follow(&fixed_at(3), ID);
        assert_eq!(address_of(ends.board), Some(OWN));
    });
}

#[test]
fn a_stream_over_the_address_of_before_ends() {
    at_a_cable(async |ends| {
        let slot = Slot::new();
        slot.set(ends.board);
        slot.follow(&fixed_at(3), ID);
        let connector = connector(&slot);
        let (mut received, mut sent) = ([0; 512], [0; 512]);
        let mut machine = TcpSocket::new(ends.machine, &mut received, &mut sent);
        let connected = connector.connect("192.168.1.10", PORT);
        let (stream, accepted) = join(connected, machine.accept(PORT)).await;
        accepted.unwrap();
        let mut stream = stream.unwrap();
        let moved = async {
            Timer::after_secs(5).await;
            settle(&slot, &fixed_at(4)).await;
        };
        let mut answer = [0; 5];
        let (read, ()) = join(stream.read(&mut answer), moved).await;
        assert_eq!(read, Err(embassy_net::tcp::Error::ConnectionReset));
    });
}

#[test]
fn each_address_is_told_once_and_that_there_is_none() {
    at_a_cable(async |ends| {
        let slot = Slot::new();
        slot.set(ends.board);
        let said = RefCell::new(vec![]);
        let told = tell(ends.board, |line| said.borrow_mut().push(line.to_string()));
        let changed = async {
            for last in [3, 4] {
                settle(&slot, &fixed_at(last)).await;
                Timer::after_secs(1).await;
            }
            let mut leased = fixed_at(4);
            leased.address.source = AddressSource::Dhcp;
            settle(&slot, &leased).await;
            Timer::after_secs(1).await;
        };
        match select(told, changed).await {
            Either::First(never) => never,
            Either::Second(()) => {}
        }
        let expected = [
            "192.168.1.2/24",
            "192.168.1.3/24",
            "192.168.1.4/24",
            "no address",
        ];
        assert_eq!(said.take(), expected.map(|word| format!("network: {word}")));
    });
}
