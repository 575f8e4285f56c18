//! A network in memory, in virtual time: the UDP seam on which a test hears and says everything.
#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "each test program uses its part of it"
)]

use std::{
    cell::RefCell,
    collections::{BTreeMap, VecDeque},
    future::Future,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    pin::pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use dimmer_clock::VirtualClock;
use edge_nal::{
    MulticastV4, MulticastV6, Readable, UdpBind, UdpReceive, UdpSend, UdpSplit, UdpSplitMulticast,
    io::{ErrorKind, ErrorType},
};

/// What was sent: when (microseconds), to whom, what.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sent {
    pub(crate) at_us: u64,
    pub(crate) from_port: u16,
    pub(crate) to: SocketAddr,
    pub(crate) packet: Vec<u8>,
}

type Received = Result<(Vec<u8>, SocketAddr), ErrorKind>;

#[derive(Default)]
struct Ports {
    /// What waits to be received at each port that is open. Without bytes: a failure.
    inboxes: BTreeMap<u16, VecDeque<Received>>,
    sent: Vec<Sent>,
    groups: Vec<Ipv4Addr>,
    next_port: u16,
}

/// A network with one board in it.
#[derive(Clone, Default)]
pub(crate) struct Wire(Rc<RefCell<Ports>>);

impl Wire {
    /// Something comes in at a port; whether it is open.
    pub(crate) fn deliver(&self, port: u16, from: SocketAddr, packet: &[u8]) -> bool {
        let mut ports = self.0.borrow_mut();
        let Some(inbox) = ports.inboxes.get_mut(&port) else {
            return false;
        };
        inbox.push_back(Ok((packet.to_vec(), from)));
        true
    }

    /// The socket at a port fails once.
    pub(crate) fn fail(&self, port: u16) {
        let mut ports = self.0.borrow_mut();
        let inbox = ports.inboxes.get_mut(&port);
        inbox.unwrap().push_back(Err(ErrorKind::Other));
    }

    /// What was sent since this was asked last.
    pub(crate) fn sent(&self) -> Vec<Sent> {
        std::mem::take(&mut self.0.borrow_mut().sent)
    }

    /// The groups that it is in.
    pub(crate) fn groups(&self) -> Vec<Ipv4Addr> {
        self.0.borrow().groups.clone()
    }

    pub(crate) fn is_open(&self, port: u16) -> bool {
        self.0.borrow().inboxes.contains_key(&port)
    }
}

impl UdpBind for Wire {
    type Error = ErrorKind;
    type Socket<'a> = Socket;

    async fn bind(&self, local: SocketAddr) -> Result<Socket, ErrorKind> {
        let mut ports = self.0.borrow_mut();
        ports.next_port += 1;
        let port = match local.port() {
            0 => 50_000 + ports.next_port,
            port => port,
        };
        assert!(ports.inboxes.insert(port, VecDeque::new()).is_none());
        Ok(Socket {
            wire: self.clone(),
            port,
        })
    }
}

pub(crate) struct Socket {
    wire: Wire,
    port: u16,
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.wire.0.borrow_mut().inboxes.remove(&self.port);
    }
}

impl ErrorType for Socket {
    type Error = ErrorKind;
}

impl UdpReceive for Socket {
    async fn receive(&mut self, buffer: &mut [u8]) -> Result<(usize, SocketAddr), ErrorKind> {
        // Whoever drives polls everything again after each delivery.
        std::future::poll_fn(|_| {
            let mut ports = self.wire.0.borrow_mut();
            match ports.inboxes.get_mut(&self.port).unwrap().pop_front() {
                None => Poll::Pending,
                Some(Err(error)) => Poll::Ready(Err(error)),
                Some(Ok((packet, from))) => {
                    let kept = packet.len().min(buffer.len());
                    buffer[..kept].copy_from_slice(&packet[..kept]);
                    // The whole length, as the seam has it.
                    Poll::Ready(Ok((packet.len(), from)))
                }
            }
        })
        .await
    }
}

impl UdpSend for Socket {
    async fn send(&mut self, to: SocketAddr, packet: &[u8]) -> Result<(), ErrorKind> {
        self.wire.0.borrow_mut().sent.push(Sent {
            at_us: embassy_time::Instant::now().as_micros(),
            from_port: self.port,
            to,
            packet: packet.to_vec(),
        });
        Ok(())
    }
}

impl Readable for Socket {
    async fn readable(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

impl MulticastV4 for Socket {
    async fn join_v4(&mut self, group: Ipv4Addr, _: Ipv4Addr) -> Result<(), ErrorKind> {
        self.wire.0.borrow_mut().groups.push(group);
        Ok(())
    }

    async fn leave_v4(&mut self, group: Ipv4Addr, _: Ipv4Addr) -> Result<(), ErrorKind> {
        self.wire
            .0
            .borrow_mut()
            .groups
            .retain(|known| *known != group);
        Ok(())
    }
}

impl MulticastV6 for Socket {
    async fn join_v6(&mut self, _: Ipv6Addr, _: u32) -> Result<(), ErrorKind> {
        Err(ErrorKind::Unsupported)
    }

    async fn leave_v6(&mut self, _: Ipv6Addr, _: u32) -> Result<(), ErrorKind> {
        Err(ErrorKind::Unsupported)
    }
}

impl UdpSplit for Socket {
    type Receive<'a> = &'a mut Self;
    type Send<'a> = &'a mut Self;

    fn split(&mut self) -> (&mut Self, &mut Self) {
        unreachable!("no service splits its socket")
    }
}

impl UdpSplitMulticast for Socket {
    type MulticastV4<'a> = &'a mut Self;
    type MulticastV6<'a> = &'a mut Self;

    fn split_multicast(&mut self) -> (&mut Self, &mut Self, &mut Self, &mut Self) {
        unreachable!("no service splits its socket")
    }
}

/// Polls a service until it waits for something, and moves the time on from one moment that it waits for to the next.
pub(crate) struct Drive<'c, F> {
    clock: &'c VirtualClock,
    service: F,
}

impl<'c, F: Future + Unpin> Drive<'c, F> {
    pub(crate) fn new(clock: &'c VirtualClock, service: F) -> Self {
        Self { clock, service }
    }

    /// Goes on until it has nothing to do at this moment.
    pub(crate) fn settle(&mut self) -> Option<F::Output> {
        for _ in 0..100 {
            let mut context = Context::from_waker(Waker::noop());
            if let Poll::Ready(ended) = pin!(&mut self.service).poll(&mut context) {
                return Some(ended);
            }
        }
        None
    }

    /// Goes on for so long.
    pub(crate) fn for_ms(&mut self, ms: u64) -> Option<F::Output> {
        let until = self.clock.now() + ms * 1_000;
        loop {
            if let Some(ended) = self.settle() {
                return Some(ended);
            }
            match self.clock.next_wake() {
                Some(at) if at <= until && at > self.clock.now() => self.clock.advance_to(at),
                _ => break,
            }
        }
        self.clock.advance_to(until);
        self.settle()
    }
}

/// An address of a machine.
pub(crate) fn at(address: [u8; 4], port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(address.into()), port)
}
