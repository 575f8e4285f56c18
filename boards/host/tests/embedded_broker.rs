//! The embedded broker against clients made of raw bytes over TCP: MQTT 3.1.1 and MQTT 5 on the same port.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failing step must end the test, in its helpers too"
)]

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use dimmer_host::broker::{BrokerError, EmbeddedBroker};

const LOOPBACK: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);
/// How long a message may take before it counts as lost.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a client listens before it believes that nothing comes.
const SILENCE: Duration = Duration::from_millis(300);

fn start(listen: SocketAddr) -> Result<EmbeddedBroker, BrokerError> {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(EmbeddedBroker::start(listen))
}

fn broker() -> EmbeddedBroker {
    start(LOOPBACK).unwrap()
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Version {
    Three = 4,
    Five = 5,
}

const BOTH: [Version; 2] = [Version::Three, Version::Five];

#[derive(Debug, PartialEq)]
struct Message {
    topic: String,
    payload: String,
    retained: bool,
}

fn message(topic: &str, payload: &str, retained: bool) -> Message {
    Message {
        topic: topic.to_owned(),
        payload: payload.to_owned(),
        retained,
    }
}

struct Will {
    topic: &'static str,
    payload: &'static str,
    retain: bool,
}

/// As much of MQTT as these tests need.
struct Client {
    stream: TcpStream,
    version: Version,
}

impl Client {
    fn connect(address: SocketAddr, version: Version, id: &str, will: Option<&Will>) -> Self {
        let mut client = Self {
            stream: TcpStream::connect(address).unwrap(),
            version,
        };
        client.stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut body = string("MQTT");
        body.push(version as u8);
        let clean = 0x02;
        let flags = will.map_or(clean, |will| {
            clean | 0x04 | if will.retain { 0x20 } else { 0 }
        });
        body.push(flags);
        body.extend(60u16.to_be_bytes());
        client.no_properties(&mut body);
        body.extend(string(id));
        if let Some(will) = will {
            client.no_properties(&mut body);
            body.extend(string(will.topic));
            body.extend(string(will.payload));
        }
        client.send(0x10, &body);
        let (header, answer) = client.receive();
        assert_eq!(header, 0x20, "not a CONNACK");
        assert_eq!(answer[1], 0, "refused");
        client
    }

    fn subscribe(&mut self, filter: &str) {
        let mut body = vec![0, 7];
        self.no_properties(&mut body);
        body.extend(string(filter));
        body.push(0);
        self.send(0x82, &body);
        let (header, answer) = self.receive();
        assert_eq!(
            (header, answer[..2].to_vec()),
            (0x90, vec![0, 7]),
            "not our SUBACK"
        );
        assert!(*answer.last().unwrap() <= 2, "subscription refused");
    }

    fn publish(&mut self, topic: &str, payload: &str, retain: bool) {
        let mut body = string(topic);
        self.no_properties(&mut body);
        body.extend(payload.as_bytes());
        self.send(0x30 | u8::from(retain), &body);
    }

    /// Publishes with quality of service 1 and waits for the acknowledgement.
    fn publish_acknowledged(&mut self, topic: &str, payload: &str) {
        let mut body = string(topic);
        body.extend([0, 9]);
        self.no_properties(&mut body);
        body.extend(payload.as_bytes());
        self.send(0x32, &body);
        let (header, answer) = self.receive();
        assert_eq!(
            (header, answer[..2].to_vec()),
            (0x40, vec![0, 9]),
            "not our PUBACK"
        );
    }

    fn next(&mut self) -> Message {
        let (header, body) = self.receive();
        assert_eq!(
            header & 0xF6,
            0x30,
            "not a PUBLISH with quality of service 0: {header:#x}"
        );
        let topic_length = usize::from(u16::from_be_bytes([body[0], body[1]]));
        let (topic, mut rest) = body[2..].split_at(topic_length);
        if self.version == Version::Five {
            assert!(
                rest[0] < 0x80,
                "properties longer than this test understands"
            );
            rest = &rest[1 + usize::from(rest[0])..];
        }
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        message(&text(topic), &text(rest), header & 1 == 1)
    }

    fn hears_nothing(&mut self) -> bool {
        self.stream.set_read_timeout(Some(SILENCE)).unwrap();
        let outcome = self.stream.read(&mut [0]);
        self.stream.set_read_timeout(Some(PATIENCE)).unwrap();
        matches!(outcome, Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut))
    }

    fn disconnect(mut self) {
        let mut body = Vec::new();
        if self.version == Version::Five {
            body.extend([0, 0]);
        }
        self.send(0xE0, &body);
    }

    /// As a process that is killed: the connection ends without DISCONNECT.
    fn vanish(self) {
        drop(self.stream);
    }

    fn no_properties(&self, body: &mut Vec<u8>) {
        if self.version == Version::Five {
            body.push(0);
        }
    }

    fn send(&mut self, header: u8, body: &[u8]) {
        let mut packet = vec![header, u8::try_from(body.len()).unwrap()];
        assert!(body.len() < 0x80, "longer than this test's length field");
        packet.extend(body);
        self.stream.write_all(&packet).unwrap();
    }

    fn receive(&mut self) -> (u8, Vec<u8>) {
        let mut header = [0; 2];
        self.stream.read_exact(&mut header).unwrap();
        assert!(header[1] < 0x80, "longer than this test's length field");
        let mut body = vec![0; usize::from(header[1])];
        self.stream.read_exact(&mut body).unwrap();
        (header[0], body)
    }
}

fn string(text: &str) -> Vec<u8> {
    let mut bytes = u16::try_from(text.len()).unwrap().to_be_bytes().to_vec();
    bytes.extend(text.as_bytes());
    bytes
}

#[test]
fn both_versions_hear_each_other_on_one_port() {
    let broker = broker();
    for sender in BOTH {
        for receiver in BOTH {
            let mut listening = Client::connect(broker.address(), receiver, "listening", None);
            listening.subscribe("dimmer/+/power/set");
            let mut sending = Client::connect(broker.address(), sender, "sending", None);
            sending.publish("dimmer/one/power/set", "42.5", false);
            assert_eq!(
                listening.next(),
                message("dimmer/one/power/set", "42.5", false),
                "{sender:?} to {receiver:?}"
            );
            sending.publish_acknowledged("dimmer/one/power/set", "43");
            assert_eq!(
                listening.next(),
                message("dimmer/one/power/set", "43", false),
                "{sender:?} to {receiver:?}"
            );
            sending.disconnect();
            listening.disconnect();
        }
    }
}

#[test]
fn a_retained_message_reaches_a_later_subscriber() {
    let broker = broker();
    for sender in BOTH {
        let mut sending = Client::connect(broker.address(), sender, "sending", None);
        sending.publish("dimmer/one/availability", "online", true);
        // The acknowledgement comes after the retained message before it has been taken.
        sending.publish_acknowledged("other", "");
        for receiver in BOTH {
            let mut listening = Client::connect(broker.address(), receiver, "listening", None);
            listening.subscribe("dimmer/#");
            assert_eq!(
                listening.next(),
                message("dimmer/one/availability", "online", true),
                "{sender:?} to {receiver:?}"
            );
            listening.disconnect();
        }
    }
}

#[test]
fn an_empty_retained_message_forgets_the_one_before() {
    let broker = broker();
    for version in BOTH {
        let mut sending = Client::connect(broker.address(), version, "sending", None);
        sending.publish("discovery/config", "{}", true);
        sending.publish("discovery/config", "", true);
        sending.publish_acknowledged("other", "");
        let mut listening = Client::connect(broker.address(), version, "listening", None);
        listening.subscribe("discovery/#");
        assert!(listening.hears_nothing(), "{version:?}");
    }
}

#[test]
fn the_will_of_a_client_that_vanishes_is_published_and_retained() {
    let broker = broker();
    for version in BOTH {
        let will = Will {
            topic: "dimmer/one/availability",
            payload: "offline",
            retain: true,
        };
        let mut listening = Client::connect(broker.address(), Version::Three, "listening", None);
        let dimmer = Client::connect(broker.address(), version, "dimmer", Some(&will));
        listening.subscribe("dimmer/#");
        if version == Version::Five {
            assert_eq!(
                listening.next(),
                message("dimmer/one/availability", "offline", true),
                "from the round before"
            );
        }
        dimmer.vanish();
        assert_eq!(
            listening.next(),
            message("dimmer/one/availability", "offline", false),
            "{version:?}"
        );
        let mut late = Client::connect(broker.address(), Version::Five, "late", None);
        late.subscribe("dimmer/one/availability");
        assert_eq!(
            late.next(),
            message("dimmer/one/availability", "offline", true),
            "{version:?}"
        );
    }
}

#[test]
fn a_client_that_says_goodbye_leaves_no_will() {
    let broker = broker();
    for version in BOTH {
        let will = Will {
            topic: "dimmer/one/availability",
            payload: "offline",
            retain: false,
        };
        let mut listening = Client::connect(broker.address(), version, "listening", None);
        listening.subscribe("dimmer/#");
        Client::connect(broker.address(), version, "dimmer", Some(&will)).disconnect();
        assert!(listening.hears_nothing(), "{version:?}");
    }
}

#[test]
fn a_busy_port_is_named_in_one_line_that_says_what_to_do() {
    let occupied = TcpListener::bind(LOOPBACK).unwrap();
    let address = occupied.local_addr().unwrap();
    let error = start(address).unwrap_err();
    assert_eq!(error, BrokerError::PortInUse { address });
    assert_eq!(
        error.to_string(),
        format!(
            "port {} on 127.0.0.1 is in use; choose another with --listen",
            address.port()
        )
    );
}

#[test]
fn an_address_of_another_machine_is_refused() {
    // 192.0.2.0/24 is reserved for documentation (RFC 5737): no interface has it.
    let elsewhere: SocketAddr = "192.0.2.1:1883".parse().unwrap();
    assert_eq!(
        start(elsewhere).unwrap_err(),
        BrokerError::AddressNotHere { address: elsewhere }
    );
}

#[test]
fn a_stopped_broker_closes_its_connections_and_frees_its_port() {
    let broker = broker();
    let address = broker.address();
    let mut client = Client::connect(address, Version::Three, "client", None);
    broker.stop();
    assert!(
        matches!(client.stream.read(&mut [0]), Ok(0) | Err(_)),
        "still connected"
    );
    assert!(TcpStream::connect(address).is_err(), "still listening");
    let again = start(address).unwrap();
    assert_eq!(again.address(), address);
    Client::connect(address, Version::Five, "client", None).disconnect();
}

#[test]
fn two_brokers_in_one_process_share_nothing() {
    let (one, other) = (broker(), broker());
    let mut sending = Client::connect(one.address(), Version::Five, "sending", None);
    sending.publish("topic", "here", true);
    sending.publish_acknowledged("topic", "here");
    let mut listening = Client::connect(other.address(), Version::Five, "listening", None);
    listening.subscribe("topic");
    assert!(listening.hears_nothing());
}
