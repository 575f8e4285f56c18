//! The page on a board.
//!
//! A browser opens half a dozen connections at once, and embassy-net refuses one that nobody waits for. To serve one takes 20 kB. So there
//! are more doors than servers: at a door somebody who came is let in and waits, with what he has sent, until a server is free.

use embassy_futures::join::{join, join_array};
use embassy_net::{
    Stack,
    tcp::{Error, State, TcpReader, TcpSocket, TcpWriter},
};
use embassy_sync::{
    blocking_mutex::raw::NoopRawMutex,
    channel::Channel,
    mutex::Mutex,
    semaphore::{FairSemaphore, Semaphore},
    signal::Signal,
};
use embassy_time::{Duration, Timer, with_timeout};
use picoserve::{EmbassyRuntime, Timeouts, Timer as ServerTimer, io::Socket, time::EmbassyTimer};

use crate::{Api, REQUEST_CAPACITY, Site, serve};

/// As many connections as browsers open at once: so many sockets are taken of the stack.
pub const DOORS: usize = 6;

/// Who says nothing for so long is gone; who is there is asked twice within it.
const TIME_OUT: Duration = Duration::from_secs(10);
const KEEP_ALIVE: Duration = Duration::from_secs(5);
/// Bytes that were written are taken by the other side within this time.
const TAKEN_WITHIN: Duration = Duration::from_secs(5);
/// Then it is waited for the other side to close: a reset before would have it throw away what it has not read yet.
const CLOSED_WITHIN: Duration = Duration::from_millis(500);
const LOOK: Duration = Duration::from_millis(10);

/// What a socket receives into, and what it sends from.
pub type DoorBuffers<const RECEIVE: usize, const TRANSMIT: usize> = ([u8; RECEIVE], [u8; TRANSMIT]);

/// A connection, and whether it is over.
struct Door<'a> {
    socket: Mutex<NoopRawMutex, TcpSocket<'a>>,
    is_over: Signal<NoopRawMutex, ()>,
}

/// The doors at a port, and those who were let in and are not served yet.
///
/// A board whose stack has no room for the futures of all servers at once has each in a task of its own: one [`let_in`](Self::let_in), and a [`work`](Self::work) for each server.
/// For all others there is [`serve_doors`].
pub struct Doors<'a> {
    doors: [Door<'a>; DOORS],
    port: u16,
    waiting: Channel<NoopRawMutex, usize, DOORS>,
    turn: FairSemaphore<NoopRawMutex, DOORS>,
}

impl<'a> Doors<'a> {
    /// Closed ones, at this port.
    pub fn new<const RECEIVE: usize, const TRANSMIT: usize>(
        stack: Stack<'a>,
        port: u16,
        buffers: &'a mut [DoorBuffers<RECEIVE, TRANSMIT>; DOORS],
    ) -> Self {
        let doors = buffers.each_mut().map(|(receive, transmit)| {
            let mut socket = TcpSocket::new(stack, receive, transmit);
            socket.set_timeout(Some(TIME_OUT));
            socket.set_keep_alive(Some(KEEP_ALIVE));
            Door {
                socket: Mutex::new(socket),
                is_over: Signal::new(),
            }
        });
        Self {
            doors,
            port,
            waiting: Channel::new(),
            turn: FairSemaphore::new(1),
        }
    }

    /// Lets whoever comes in, for ever.
    pub async fn let_in(&self) {
        let mut places = 0..DOORS;
        let doormen = self
            .doors
            .each_ref()
            .map(|door| self.let_in_at(door, places.next().unwrap_or_default()));
        join_array(doormen).await;
    }

    /// Lets one after the other in, for ever.
    async fn let_in_at(&self, door: &Door<'_>, place: usize) {
        loop {
            let mut socket = door.socket.lock().await;
            // What is left of the last one.
            TcpSocket::abort(&mut socket);
            // Without this the socket would listen again before it has told the other side.
            let _ = with_timeout(TAKEN_WITHIN, socket.flush()).await;
            let came = socket.accept(self.port).await;
            drop(socket);
            if came.is_ok() {
                self.waiting.send(place).await;
                door.is_over.wait().await;
            }
        }
    }

    /// Serves one after the other of those who were let in, for ever: so many at once as there are of these. More than doors are none.
    pub async fn work<A: Api>(&self, site: &Site<A>, request: &mut [u8; REQUEST_CAPACITY]) {
        loop {
            let Some(door) = self.doors.get(self.next().await) else {
                continue;
            };
            let mut socket = door.socket.lock().await;
            if let Some(remote) = socket.remote_endpoint() {
                let lent = Lent(&mut socket);
                serve(site, EmbassyTimer, lent, remote.addr.into(), request).await;
            }
            drop(socket);
            door.is_over.signal(());
        }
    }

    /// The place of the next one to serve. One server at a time waits at the channel: it knows one to wake, and two tasks that wait would wake each other for ever.
    async fn next(&self) -> usize {
        // The queue has room for as many servers as there are doors.
        let _turn = self.turn.acquire(1).await;
        self.waiting.receive().await
    }
}

impl core::fmt::Debug for Doors<'_> {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter
            .debug_struct("Doors")
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

/// Serves a port of a board, for ever: as many connections at once as there are buffers for requests, while others wait at the doors.
///
/// A stream of states lasts: give the site fewer of them ([`Site::with_streams`]) than there are servers, or two who watch keep everybody
/// else waiting.
pub async fn serve_doors<
    A: Api,
    const RECEIVE: usize,
    const TRANSMIT: usize,
    const SERVERS: usize,
>(
    site: &Site<A>,
    stack: Stack<'_>,
    port: u16,
    buffers: &mut [DoorBuffers<RECEIVE, TRANSMIT>; DOORS],
    requests: &mut [[u8; REQUEST_CAPACITY]; SERVERS],
) {
    let doors = Doors::new(stack, port, buffers);
    let work = requests.each_mut().map(|request| doors.work(site, request));
    join(doors.let_in(), join_array(work)).await;
}

/// A door's socket, which the server gives back.
struct Lent<'a, 'stack>(&'a mut TcpSocket<'stack>);

impl Socket<EmbassyRuntime> for Lent<'_, '_> {
    type Error = Error;
    type ReadHalf<'a>
        = TcpReader<'a>
    where
        Self: 'a;
    type WriteHalf<'a>
        = TcpWriter<'a>
    where
        Self: 'a;

    fn split(&mut self) -> (TcpReader<'_>, TcpWriter<'_>) {
        self.0.split()
    }

    async fn abort<T: ServerTimer<EmbassyRuntime>>(
        self,
        _: &Timeouts,
        _: &T,
    ) -> Result<(), picoserve::Error<Error>> {
        self.0.abort();
        // It is over, however that ends.
        let _ = with_timeout(TAKEN_WITHIN, self.0.flush()).await;
        Ok(())
    }

    async fn shutdown<T: ServerTimer<EmbassyRuntime>>(
        self,
        _: &Timeouts,
        _: &T,
    ) -> Result<(), picoserve::Error<Error>> {
        self.0.close();
        let _ = with_timeout(TAKEN_WITHIN, self.0.flush()).await;
        let closed = async {
            while !matches!(self.0.state(), State::Closed | State::TimeWait) {
                Timer::after(LOOK).await;
            }
        };
        let _ = with_timeout(CLOSED_WITHIN, closed).await;
        Ok(())
    }
}
