//! Hosts with smoltcp's TCP on a virtual wire. The first is the dimmer, the others are brokers; host `n` is 10.0.0.n+1.

use std::{
    cell::RefCell,
    collections::VecDeque,
    future::poll_fn,
    net::Ipv4Addr,
    rc::Rc,
    task::{Context, Poll},
};

use dimmer_link::{Connect, ConnectError};
use embedded_io_async::{ErrorKind, ErrorType, Read, Write};
use smoltcp::{
    iface::{Config, Interface, SocketHandle, SocketSet},
    phy::{self, Device, DeviceCapabilities, Medium},
    socket::tcp::{Socket, SocketBuffer, State},
    time::{Duration, Instant},
    wire::{HardwareAddress, IpCidr},
};

use crate::wire::Wire;

/// As large as a board would give a socket.
const SOCKET_BUFFER: usize = 2_048;
/// An accepted socket without both would stay half-open for ever when the last segment of the other side is lost.
const SOCKET_TIMEOUT: Duration = Duration::from_secs(10);
const SOCKET_KEEP_ALIVE: Duration = Duration::from_secs(4);

/// Frames in and out of one host.
#[derive(Default)]
struct Port {
    received: VecDeque<Vec<u8>>,
    sent: VecDeque<Vec<u8>>,
}

struct Incoming(Vec<u8>);
struct Outgoing<'a>(&'a mut VecDeque<Vec<u8>>);

impl phy::RxToken for Incoming {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, use_it: F) -> R {
        use_it(&self.0)
    }
}

impl phy::TxToken for Outgoing<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, use_it: F) -> R {
        let mut frame = vec![0; length];
        let result = use_it(&mut frame);
        self.0.push_back(frame);
        result
    }
}

impl Device for Port {
    type RxToken<'a> = Incoming;
    type TxToken<'a> = Outgoing<'a>;

    fn receive(&mut self, _: Instant) -> Option<(Incoming, Outgoing<'_>)> {
        let frame = self.received.pop_front()?;
        Some((Incoming(frame), Outgoing(&mut self.sent)))
    }

    fn transmit(&mut self, _: Instant) -> Option<Outgoing<'_>> {
        Some(Outgoing(&mut self.sent))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ip;
        capabilities.max_transmission_unit = 1_500;
        capabilities
    }
}

struct Host {
    interface: Interface,
    port: Port,
    sockets: SocketSet<'static>,
    next_port: u16,
}

struct Inner {
    wire: Wire,
    flush_waits: bool,
    hosts: Vec<Host>,
}

/// All hosts and the wire between them.
#[derive(Clone)]
pub struct Network(Rc<RefCell<Inner>>);

fn address(host: usize) -> Ipv4Addr {
    Ipv4Addr::new(10, 0, 0, u8::try_from(host + 1).unwrap())
}

fn moment(now: u64) -> Instant {
    Instant::from_micros(i64::try_from(now).unwrap())
}

impl Network {
    pub fn new(seed: u64, hosts: usize) -> Self {
        let host = |place: usize| {
            let mut port = Port::default();
            let mut config = Config::new(HardwareAddress::Ip);
            config.random_seed = seed.wrapping_add(u64::try_from(place).unwrap());
            let mut interface = Interface::new(config, &mut port, Instant::ZERO);
            interface.update_ip_addrs(|addresses| {
                addresses
                    .push(IpCidr::new(address(place).into(), 24))
                    .unwrap();
            });
            Host {
                interface,
                port,
                sockets: SocketSet::new(vec![]),
                next_port: 49_152,
            }
        };
        Self(Rc::new(RefCell::new(Inner {
            wire: Wire::new(seed, hosts),
            flush_waits: true,
            hosts: (0..hosts).map(host).collect(),
        })))
    }

    /// Whether a flush waits until the other side has everything, as embassy-net's does. So it is if nothing else is said.
    pub fn flush_waits(&self, waits: bool) {
        self.0.borrow_mut().flush_waits = waits;
    }

    pub fn wire<R>(&self, use_it: impl FnOnce(&mut Wire) -> R) -> R {
        use_it(&mut self.0.borrow_mut().wire)
    }

    /// Moves frames that have arrived and those that are due; says whether there were any.
    pub fn turn(&self, now: u64) -> bool {
        let Inner { wire, hosts, .. } = &mut *self.0.borrow_mut();
        let mut moved = false;
        while let Some((to, frame)) = wire.arrived(now) {
            hosts[to].port.received.push_back(frame);
            moved = true;
        }
        for (place, host) in hosts.iter_mut().enumerate() {
            host.interface
                .poll(moment(now), &mut host.port, &mut host.sockets);
            for frame in host.port.sent.drain(..) {
                // The last byte of the receiver's address (RFC 791, 3.1).
                let to = usize::from(frame[19]) - 1;
                wire.put(now, place, to, &frame);
                moved = true;
            }
        }
        moved
    }

    /// When [`turn`](Self::turn) has something to do again.
    pub fn next_turn(&self, now: u64) -> Option<u64> {
        let Inner { wire, hosts, .. } = &mut *self.0.borrow_mut();
        let of_hosts = hosts.iter_mut().filter_map(|host| {
            let at = host.interface.poll_at(moment(now), &host.sockets)?;
            u64::try_from(at.total_micros()).ok()
        });
        of_hosts.chain(wire.next_arrival()).min()
    }

    fn socket<R>(
        &self,
        host: usize,
        handle: SocketHandle,
        use_it: impl FnOnce(&mut Socket<'_>) -> R,
    ) -> R {
        use_it(self.0.borrow_mut().hosts[host].sockets.get_mut(handle))
    }

    fn open(&self, host: usize) -> Stream {
        let buffer = || SocketBuffer::new(vec![0; SOCKET_BUFFER]);
        let mut socket = Socket::new(buffer(), buffer());
        socket.set_nagle_enabled(false);
        socket.set_ack_delay(None);
        socket.set_timeout(Some(SOCKET_TIMEOUT));
        socket.set_keep_alive(Some(SOCKET_KEEP_ALIVE));
        let handle = self.0.borrow_mut().hosts[host].sockets.add(socket);
        Stream {
            network: self.clone(),
            host,
            handle,
        }
    }

    /// Waits for a connection to a broker's host.
    pub async fn accept(&self, host: usize, port: u16) -> Stream {
        let stream = self.open(host);
        stream
            .until(|socket, context| {
                socket.register_recv_waker(context.waker());
                socket.register_send_waker(context.waker());
                match socket.state() {
                    // Also again, after one that was never finished.
                    State::Closed => {
                        socket.listen(port).unwrap();
                        Poll::Pending
                    }
                    State::Listen | State::SynReceived => Poll::Pending,
                    _ => Poll::Ready(()),
                }
            })
            .await;
        stream
    }
}

/// A TCP connection. As with embassy-net, a drop forgets it without a word to the other side.
pub struct Stream {
    network: Network,
    host: usize,
    handle: SocketHandle,
}

impl Stream {
    async fn until<R>(
        &self,
        mut ready: impl FnMut(&mut Socket<'_>, &mut Context<'_>) -> Poll<R>,
    ) -> R {
        let Self { host, handle, .. } = *self;
        poll_fn(|context| {
            self.network
                .socket(host, handle, |socket| ready(socket, context))
        })
        .await
    }

    /// Ends it in order, or with a reset, and sees that the other side hears of it.
    pub async fn end(&self, in_order: bool) {
        self.until(|socket, _| {
            if in_order {
                socket.close();
            } else {
                socket.abort();
            }
            Poll::Ready(())
        })
        .await;
        embassy_time::Timer::after_millis(50).await;
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let mut inner = self.network.0.borrow_mut();
        inner.hosts[self.host].sockets.remove(self.handle);
    }
}

impl ErrorType for Stream {
    type Error = ErrorKind;
}

impl Read for Stream {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
        self.until(|socket, context| {
            if socket.can_recv() {
                return Poll::Ready(Ok(socket.recv_slice(buffer).unwrap()));
            }
            match socket.state() {
                State::Closed | State::TimeWait => Poll::Ready(Err(ErrorKind::ConnectionReset)),
                _ if !socket.may_recv() => Poll::Ready(Ok(0)),
                _ => {
                    socket.register_recv_waker(context.waker());
                    Poll::Pending
                }
            }
        })
        .await
    }
}

impl Write for Stream {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        self.until(|socket, context| {
            if !socket.may_send() {
                return Poll::Ready(Err(ErrorKind::ConnectionReset));
            }
            if !socket.can_send() {
                socket.register_send_waker(context.waker());
                return Poll::Pending;
            }
            Poll::Ready(Ok(socket.send_slice(bytes).unwrap()))
        })
        .await
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        let waits = self.network.0.borrow().flush_waits;
        self.until(|socket, context| {
            if socket.state() == State::Closed {
                return Poll::Ready(Err(ErrorKind::ConnectionReset));
            }
            if waits && socket.send_queue() > 0 {
                socket.register_send_waker(context.waker());
                return Poll::Pending;
            }
            Poll::Ready(Ok(()))
        })
        .await
    }
}

/// The dimmer's way to the brokers.
pub struct Sockets(pub Network);

impl Connect for Sockets {
    type Stream<'a> = Stream;

    async fn connect(&self, host: &str, port: u16) -> Result<Stream, ConnectError> {
        let remote: Ipv4Addr = host.parse().map_err(|_| ConnectError::NameNotFound)?;
        let stream = self.0.open(0);
        {
            let dimmer = &mut self.0.0.borrow_mut().hosts[0];
            dimmer.next_port = dimmer.next_port.wrapping_add(1).max(49_152);
            let socket = dimmer.sockets.get_mut::<Socket<'_>>(stream.handle);
            socket
                .connect(dimmer.interface.context(), (remote, port), dimmer.next_port)
                .unwrap();
        }
        let opened = stream.until(|socket, context| match socket.state() {
            State::Established | State::CloseWait => Poll::Ready(Ok(())),
            State::Closed | State::TimeWait => Poll::Ready(Err(ConnectError::Refused)),
            _ => {
                socket.register_send_waker(context.waker());
                Poll::Pending
            }
        });
        opened.await?;
        Ok(stream)
    }
}
