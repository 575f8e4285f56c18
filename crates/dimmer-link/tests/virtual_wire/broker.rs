//! An MQTT 5 broker for one client, which misbehaves as it is told to.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, VecDeque},
    future::poll_fn,
    rc::Rc,
    task::Poll,
};

use embassy_futures::select::{Either, select};

use crate::{network::Network, served::Served, world::Task};

pub const PORT: u16 = 1883;
/// So many connections at the same time: a client that came back is to be heard although its old connection still lingers.
const ACCEPTED: usize = 4;

/// How the broker behaves on one connection. The default behaves well.
#[derive(Clone, Debug, Default)]
pub struct Manner {
    /// Every answer waits so long.
    pub answers_after_ms: u64,
    /// An acknowledgement of a message waits so long, if that is longer.
    pub acknowledges_after_ms: u64,
    /// Every byte waits so long for the next.
    pub byte_takes_ms: u64,
    /// Said in CONNACK; and held against the client.
    pub receive_maximum: Option<u16>,
    /// Other properties of CONNACK, as bytes.
    pub properties: Vec<u8>,
    /// Closes when it has sent, or received, so many bytes: in order, or with a reset.
    pub closes_after_sent: Option<usize>,
    pub closes_after_received: Option<usize>,
    pub resets: bool,
    /// Says no more after so many packets from the client.
    pub silent_after: Option<usize>,
    /// Says this after so many packets from the client, besides the answer.
    pub says: Option<(usize, Vec<u8>)>,
    /// Every acknowledgement of a message is preceded, or replaced, by one of a message that there is not.
    pub wrong_identifiers: bool,
    pub swallows_acknowledgements: bool,
    /// Does not know the session of before.
    pub forgets: bool,
}

/// A message on its way to the client.
#[derive(Clone, Debug)]
pub struct Delivery {
    pub quality_of_service: u8,
    pub payload: Vec<u8>,
    /// PUBREC has come.
    pub released: bool,
}

impl Delivery {
    /// PUBLISH on `test/set`, or PUBREL for one that is released.
    pub fn packet(&self, identifier: u16, again: bool) -> Vec<u8> {
        let [high, low] = identifier.to_be_bytes();
        if self.released {
            return vec![0x62, 2, high, low];
        }
        let mut body = b"\x00\x08test/set".to_vec();
        if self.quality_of_service > 0 {
            body.extend([high, low]);
        }
        body.push(0);
        body.extend(&self.payload);
        let length = u8::try_from(body.len()).unwrap();
        let first = 0x30 | u8::from(again) << 3 | self.quality_of_service << 1;
        [&[first, length], &body[..]].concat()
    }
}

#[derive(Default)]
pub struct State {
    /// How many times a client came, and how each is treated; the last manner holds for all that follow.
    pub connections: usize,
    pub manners: Vec<Manner>,
    /// The program has ended: its connections are reset, and its port is closed.
    pub killed: bool,
    /// Passes messages of QoS 0 on to the client, as if it had subscribed to all.
    pub passes_on: bool,
    pub has_session: bool,
    pub has_subscription: bool,
    /// What the client published at QoS 0; at QoS 1, with repetitions; and at QoS 2.
    pub unsure: Vec<Vec<u8>>,
    pub at_least_once: Vec<Vec<u8>>,
    pub exactly_once: Vec<Vec<u8>>,
    /// Topics on which something retained was left, with it.
    pub retained: BTreeMap<String, Vec<u8>>,
    /// QoS 2: received and not released.
    pub received: BTreeSet<u16>,
    /// Identifiers that the client has used and that were not acknowledged on this connection.
    pub unanswered: BTreeSet<u16>,
    /// The most of them at a time, beyond the receive maximum.
    pub exceeded: bool,
    /// For the client.
    pub waiting: VecDeque<Delivery>,
    pub on_the_way: BTreeMap<u16, Delivery>,
    pub next_identifier: u16,
    /// All that the client has acknowledged.
    pub delivered: usize,
    /// Bytes in both directions, for tests that cut at each.
    pub sent: usize,
    pub bytes_received: usize,
    /// When the last SUBSCRIBE came, microseconds.
    pub subscribed_at: u64,
}

/// A broker on a host of its own.
#[derive(Clone, Default)]
pub struct Broker(Rc<RefCell<State>>);

impl Broker {
    pub fn new(manners: Vec<Manner>) -> Self {
        let broker = Self::default();
        broker.with(|state| state.manners = manners);
        broker
    }

    pub fn with<R>(&self, use_it: impl FnOnce(&mut State) -> R) -> R {
        use_it(&mut self.0.borrow_mut())
    }

    /// Ends the program for good.
    pub fn kill(&self) {
        self.with(|state| state.killed = true);
    }

    /// Waits for the program's end.
    pub async fn end(&self) {
        poll_fn(|_| match self.with(|state| state.killed) {
            true => Poll::Ready(()),
            // Whatever wakes anybody lets everybody look.
            false => Poll::Pending,
        })
        .await;
    }

    /// Something for the client, on `test/set`.
    pub fn give(&self, quality_of_service: u8, payload: &[u8]) {
        self.with(|state| {
            state.waiting.push_back(Delivery {
                quality_of_service,
                payload: payload.into(),
                released: false,
            });
        });
    }

    /// The tasks that serve on `host`.
    pub fn tasks(&self, network: &Network, host: usize) -> Vec<Task> {
        let serve = || Box::pin(serve(self.clone(), network.clone(), host)) as Task;
        (0..ACCEPTED).map(|_| serve()).collect()
    }
}

/// One connection after the other, for ever.
async fn serve(broker: Broker, network: Network, host: usize) {
    loop {
        match select(network.accept(host, PORT), broker.end()).await {
            Either::First(stream) => Served::new(broker.clone(), stream).run().await,
            Either::Second(()) => return,
        }
    }
}
