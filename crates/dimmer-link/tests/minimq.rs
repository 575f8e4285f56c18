//! What minimq 0.13.5 does that the session works around. A test that fails here after an update says that something may be removed.
#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test is a failed test"
)]

use std::{
    cell::RefCell,
    collections::VecDeque,
    future::{Future, poll_fn},
    pin::pin,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use dimmer_clock::VirtualClock;
use embedded_io_async::{ErrorKind, ErrorType, Read, Write};
use minimq::{
    Buffers, ConfigBuilder, Disconnect, Error, Property, Publication, QoS, ResourceError, Session,
};

#[derive(Default)]
struct Ends {
    to_client: VecDeque<u8>,
    from_client: Vec<u8>,
}

/// A line of which the test holds the other end.
#[derive(Clone, Default)]
struct Line(Rc<RefCell<Ends>>);

impl Line {
    fn say(&self, bytes: &[u8]) {
        self.0.borrow_mut().to_client.extend(bytes);
    }

    fn heard(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.borrow_mut().from_client)
    }
}

impl ErrorType for Line {
    type Error = ErrorKind;
}

impl Read for Line {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
        poll_fn(|_| {
            let mut ends = self.0.borrow_mut();
            if ends.to_client.is_empty() {
                return Poll::Pending;
            }
            let length = buffer.len().min(ends.to_client.len());
            for (byte, said) in buffer.iter_mut().zip(ends.to_client.drain(..length)) {
                *byte = said;
            }
            Poll::Ready(Ok(length))
        })
        .await
    }
}

impl Write for Line {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        self.0.borrow_mut().from_client.extend(bytes);
        Ok(bytes.len())
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

/// Polls once: what is there is enough, or nothing comes.
fn once<R>(future: impl Future<Output = R>) -> Option<R> {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).poll(&mut context) {
        Poll::Ready(result) => Some(result),
        Poll::Pending => None,
    }
}

/// CONNACK: whether the session is present, and its properties.
fn connack(is_present: bool, properties: &[u8]) -> Vec<u8> {
    let length = u8::try_from(properties.len()).unwrap();
    let head = [0x20, length + 3, u8::from(is_present), 0, length];
    [&head, properties].concat()
}

const RECEIVE_MAXIMUM_1: [u8; 3] = [0x21, 0, 1];

#[test]
fn half_of_a_qos_2_handshake_counts_as_the_whole_against_the_receive_maximum() {
    let _clock = VirtualClock::start();
    let (mut receive, mut transmit) = ([0; 256], [0; 1_024]);
    let buffers = Buffers::new(&mut receive, &mut transmit);
    let mut session = Session::new(ConfigBuilder::new(buffers));
    let line = Line::default();
    line.say(&connack(false, &RECEIVE_MAXIMUM_1));
    let mut connection = once(session.connect(line.clone())).unwrap().unwrap();
    let publication = Publication::text("a", "b").qos(QoS::ExactlyOnce);
    once(connection.publish(publication)).unwrap().unwrap();
    assert!(!connection.can_publish(QoS::AtLeastOnce));
    // PUBREC; PUBCOMP, which is to make room (MQTT 5, 4.9), has not come.
    line.say(&[0x50, 2, 0, 1]);
    once(connection.poll()).unwrap().unwrap();
    assert!(connection.can_publish(QoS::AtLeastOnce));
}

#[test]
fn what_is_sent_again_does_not_count_against_the_receive_maximum() {
    let _clock = VirtualClock::start();
    let (mut receive, mut transmit) = ([0; 256], [0; 1_024]);
    let buffers = Buffers::new(&mut receive, &mut transmit);
    let mut session = Session::new(ConfigBuilder::new(buffers).session_expiry_interval(60));
    for is_present in [false, true] {
        let line = Line::default();
        line.say(&connack(is_present, &RECEIVE_MAXIMUM_1));
        let mut connection = once(session.connect(line.clone())).unwrap().unwrap();
        assert!(connection.can_publish(QoS::AtLeastOnce));
        let publication = Publication::text("a", "b").qos(QoS::AtLeastOnce);
        once(connection.publish(publication)).unwrap().unwrap();
        let heard = line.heard();
        let publishes = heard
            .windows(3)
            .filter(|bytes| matches!(bytes, [0x32 | 0x3A, 7, 0]))
            .count();
        assert_eq!(publishes, if is_present { 2 } else { 1 }, "{heard:02x?}");
    }
}

#[test]
fn the_broker_cannot_be_told_to_forget_the_session_when_it_ends() {
    let _clock = VirtualClock::start();
    let (mut receive, mut transmit) = ([0; 256], [0; 1_024]);
    let buffers = Buffers::new(&mut receive, &mut transmit);
    let mut session = Session::new(ConfigBuilder::new(buffers).session_expiry_interval(60));
    let line = Line::default();
    line.say(&connack(false, &[]));
    let mut connection = once(session.connect(line.clone())).unwrap().unwrap();
    line.heard();
    let now = [Property::SessionExpiryInterval(0)];
    let leave = Disconnect::success().with_properties(&now);
    assert_eq!(
        once(connection.disconnect_with(leave)).unwrap(),
        Err(Error::Resource(ResourceError::BufferTooSmall))
    );
    assert_eq!(line.heard(), []);
}

#[test]
fn the_reason_of_a_disconnect_is_dropped() {
    let _clock = VirtualClock::start();
    let (mut receive, mut transmit) = ([0; 256], [0; 1_024]);
    let buffers = Buffers::new(&mut receive, &mut transmit);
    let mut session = Session::new(ConfigBuilder::new(buffers));
    let line = Line::default();
    line.say(&connack(false, &[]));
    let mut connection = once(session.connect(line.clone())).unwrap().unwrap();
    line.say(&[0xE0, 2, 0x8E, 0]);
    let ended = once(connection.poll()).unwrap().err();
    assert_eq!(ended, Some(Error::Disconnected));
}

#[test]
fn a_keep_alive_below_ten_seconds_spins_while_the_answer_to_a_ping_is_due() {
    let clock = VirtualClock::start();
    for (keep_alive_s, spins) in [(4, true), (10, false)] {
        let (mut receive, mut transmit) = ([0; 256], [0; 1_024]);
        let buffers = Buffers::new(&mut receive, &mut transmit);
        let mut session = Session::new(ConfigBuilder::new(buffers));
        let line = Line::default();
        line.say(&connack(false, &[0x13, 0, keep_alive_s]));
        let mut connection = once(session.connect(line.clone())).unwrap().unwrap();
        line.heard();
        let until_ping = u64::from(keep_alive_s).saturating_sub(5).max(2) * 1_000_000;
        clock.advance_to(clock.now() + until_ping);
        assert!(once(connection.poll()).unwrap().is_ok(), "sends PINGREQ");
        assert_eq!(line.heard(), [0xC0, 0]);
        clock.advance_to(clock.now() + 3_000_000);
        // The answer may take two seconds more: there is nothing to do but wait.
        let turns = turns_at_a_moment(connection.poll());
        assert_eq!(turns == TURNS, spins, "{keep_alive_s} s: {turns} turns");
    }
}

const TURNS: u32 = 10_000;

/// Polls for as long as somebody asks for it, without moving the clock.
fn turns_at_a_moment(future: impl Future) -> u32 {
    let bell = Arc::new(Bell(AtomicBool::new(true)));
    let waker = Waker::from(bell.clone());
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    let mut turns = 0;
    while turns < TURNS && bell.0.swap(false, Ordering::Relaxed) {
        assert!(future.as_mut().poll(&mut context).is_pending());
        turns += 1;
    }
    turns
}

struct Bell(AtomicBool);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}
