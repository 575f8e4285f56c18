//! From a wish for a name to its end, on a socket.

use core::{
    fmt::{self, Write},
    future::Future,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    pin::pin,
};

use edge_nal::{MulticastV4, UdpBind, UdpReceive, UdpSend};
use embassy_futures::select::{Either3, select3};
use embassy_time::{Duration, Instant, Timer};

use super::{Board, GROUP, Heard, Interface, PORT, Responder};
use crate::receiving;

/// The longest packet, bytes: what Ethernet carries in one piece.
pub const BUFFER: usize = 1_472;

/// Probes before a name is claimed, and the time between them (RFC 6762, section 8.1).
const PROBES: u8 = 3;
const PROBE_INTERVAL: Duration = Duration::from_millis(250);
/// Announcements of a claimed name, and the time between them (section 8.3).
const ANNOUNCEMENTS: u8 = 2;
const ANNOUNCEMENT_INTERVAL: Duration = Duration::from_secs(1);
/// Who comes second waits so long before it asks again (section 8.2).
const DEFERRED: Duration = Duration::from_secs(1);
/// After so many names that others have, one is tried in so much time only (section 8.1).
const CONFLICTS: u16 = 15;
const PAUSE: Duration = Duration::from_secs(5);
/// A stack in the same program sends when it has its turn, and forgets what is left of a socket that is closed.
const LAST_WORD: Duration = Duration::from_millis(100);

/// A name with a number behind it.
type Name = heapless::String<63>;

/// Room for one packet of each direction.
#[derive(Debug)]
pub struct Buffers {
    received: [u8; BUFFER],
    sent: [u8; BUFFER],
}

impl Buffers {
    /// For a board's static memory: it is 3 kB.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            received: [0; BUFFER],
            sent: [0; BUFFER],
        }
    }
}

impl Default for Buffers {
    fn default() -> Self {
        Self::new()
    }
}

/// What became of the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told<'a> {
    /// Another host has it; the next one is tried.
    Taken(&'a str),
    /// It is this board's now, with `.local` behind it.
    Claimed(&'a str),
}

/// Why it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error<E> {
    /// The board's name or one of its texts cannot be told: see [`Board`].
    Board,
    /// The socket failed. After a pause it may be tried again.
    Socket(E),
}

impl<E: fmt::Debug> fmt::Display for Error<E> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Board => formatter.write_str(
                "the name is no label of a host, or a text is too long; expected: letters, digits and hyphens, up to 59",
            ),
            Self::Socket(error) => write!(formatter, "the socket for mDNS failed: {error:?}"),
        }
    }
}

impl<E: fmt::Debug> core::error::Error for Error<E> {}

/// Claims the board's name and answers to it, until `stop` is ready; then it says farewell, which takes a tenth of a second. For as long as the board has this address:
/// with another one it is to be stopped and run anew.
///
/// `random` gives random bits, so that boards that were switched on at once do not speak at once. `told` hears what becomes of the name.
///
/// # Errors
/// [`Error`].
pub async fn run<S: UdpBind>(
    stack: &S,
    interface: Interface,
    board: &Board<'_>,
    buffers: &mut Buffers,
    random: impl FnMut() -> u32,
    told: impl FnMut(Told<'_>),
    stop: impl Future<Output = ()>,
) -> Result<(), Error<S::Error>> {
    let everywhere = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), PORT);
    let mut socket = stack.bind(everywhere).await.map_err(Error::Socket)?;
    socket
        .join_v4(GROUP, interface.address)
        .await
        .map_err(Error::Socket)?;
    let ended = serve(&mut socket, interface, board, buffers, random, told, stop).await;
    // What is left would count against the few groups that a board can be in.
    let left = socket.leave_v4(GROUP, interface.address).await;
    ended.and(left.map_err(Error::Socket))
}

/// As [`run`], on a socket that is a member of the group already: for who shares the port with another responder.
///
/// # Errors
/// As [`run`].
pub async fn serve<S: UdpReceive + UdpSend>(
    socket: &mut S,
    interface: Interface,
    board: &Board<'_>,
    buffers: &mut Buffers,
    mut random: impl FnMut() -> u32,
    mut told: impl FnMut(Told<'_>),
    stop: impl Future<Output = ()>,
) -> Result<(), Error<S::Error>> {
    let mut stop = pin!(stop);
    let mut name = numbered(board.hostname, 1).ok_or(Error::Board)?;
    let mut conflicts = 0_u16;
    loop {
        let responder = Responder::new(board, &name, interface.address).ok_or(Error::Board)?;
        let turn = Turn {
            socket: &mut *socket,
            interface,
            responder,
            buffers: &mut *buffers,
        };
        let ended = turn.taken(&mut random, &mut told, stop.as_mut()).await;
        if !ended.map_err(Error::Socket)? {
            return Ok(());
        }
        told(Told::Taken(&name));
        conflicts = conflicts.saturating_add(1);
        name = numbered(board.hostname, conflicts.saturating_add(1)).ok_or(Error::Board)?;
        if conflicts >= CONFLICTS {
            Timer::after(PAUSE).await;
        }
    }
}

/// `tank`, `tank-2`, `tank-3`; nothing if it is too long.
fn numbered(hostname: &str, number: u16) -> Option<Name> {
    let mut name = Name::try_from(hostname).ok()?;
    if number > 1 {
        write!(name, "-{number}").ok()?;
    }
    Some(name)
}

/// What comes next.
#[derive(Clone, Copy)]
enum Step {
    /// So many probes were sent.
    Probing(u8),
    /// So many announcements were sent.
    Announcing(u8),
    Answering,
}

/// One name, from the first probe until it is given up.
struct Turn<'a, S> {
    socket: &'a mut S,
    interface: Interface,
    responder: Responder<'a>,
    buffers: &'a mut Buffers,
}

/// To all members of the group.
const ALL: SocketAddr = SocketAddr::new(IpAddr::V4(GROUP), PORT);

impl<S: UdpReceive + UdpSend> Turn<'_, S> {
    /// Whether another host has the name: else all is over.
    async fn taken(
        mut self,
        random: &mut impl FnMut() -> u32,
        told: &mut impl FnMut(Told<'_>),
        mut stop: core::pin::Pin<&mut impl Future<Output = ()>>,
    ) -> Result<bool, S::Error> {
        let mut step = Step::Probing(0);
        let mut due = Instant::now() + up_to_ms(250, random);
        loop {
            let timer = async {
                match step {
                    Step::Answering => core::future::pending().await,
                    _ => Timer::at(due).await,
                }
            };
            let received = receiving::next(self.socket, &mut self.buffers.received);
            match select3(stop.as_mut(), timer, received).await {
                Either3::First(()) => {
                    // Nobody knows a name that was not claimed.
                    if !matches!(step, Step::Probing(_)) {
                        let length = self.responder.farewell(&mut self.buffers.sent);
                        self.send_to_all(length).await?;
                        Timer::after(LAST_WORD).await;
                    }
                    return Ok(false);
                }
                Either3::Second(()) => {
                    due = Instant::now() + self.next(&mut step, told).await?;
                }
                Either3::Third(received) => {
                    let (length, from) = received?;
                    let packet = self.buffers.received.get(..length).unwrap_or_default();
                    if !self.interface.is_near(from.ip()) {
                        continue;
                    }
                    match (self.responder.hears(packet), step) {
                        (Heard::Taken, Step::Probing(_)) => return Ok(true),
                        // Two may have had it, as when two networks are joined: whoever asks anew loses it to the one that still answers
                        // (section 9).
                        (Heard::Taken, _) => {
                            step = Step::Probing(0);
                            due = Instant::now() + up_to_ms(250, random);
                        }
                        (Heard::Wanted, Step::Probing(_)) => {
                            step = Step::Probing(0);
                            due = Instant::now() + DEFERRED;
                        }
                        // Before the name is ours it is not answered to.
                        (_, Step::Probing(_)) => {}
                        _ => self.answer(length, from, random).await?,
                    }
                }
            }
        }
    }

    /// Does the next step, and says when the one after it is due.
    async fn next(
        &mut self,
        step: &mut Step,
        told: &mut impl FnMut(Told<'_>),
    ) -> Result<Duration, S::Error> {
        if let Step::Probing(sent) = *step
            && sent < PROBES
        {
            let length = self.responder.probe(&mut self.buffers.sent);
            self.send_to_all(length).await?;
            *step = Step::Probing(sent.saturating_add(1));
            return Ok(PROBE_INTERVAL);
        }
        let sent = match *step {
            Step::Announcing(sent) => sent,
            _ => {
                told(Told::Claimed(self.responder.hostname()));
                0
            }
        };
        let length = self.responder.announcement(&mut self.buffers.sent);
        self.send_to_all(length).await?;
        let sent = sent.saturating_add(1);
        *step = if sent < ANNOUNCEMENTS {
            Step::Announcing(sent)
        } else {
            Step::Answering
        };
        Ok(ANNOUNCEMENT_INTERVAL)
    }

    /// Answers the packet that was received.
    async fn answer(
        &mut self,
        length: usize,
        from: SocketAddr,
        random: &mut impl FnMut() -> u32,
    ) -> Result<(), S::Error> {
        let query = self.buffers.received.get(..length).unwrap_or_default();
        let is_plain = from.port() != PORT;
        let answer = self
            .responder
            .answer(query, is_plain, &mut self.buffers.sent);
        if answer.is_some() && is_plain {
            let answer = answer.and_then(|length| self.buffers.sent.get(..length));
            // Whoever asked may be gone; that is no failure of ours.
            let _ = self.socket.send(from, answer.unwrap_or_default()).await;
            return Ok(());
        }
        if answer.is_some() && Responder::is_shared(query) {
            // Not all at once (section 6).
            Timer::after(Duration::from_millis(20) + up_to_ms(100, random)).await;
        }
        self.send_to_all(answer).await
    }

    /// Sends so much of what was made to the group.
    async fn send_to_all(&mut self, length: Option<usize>) -> Result<(), S::Error> {
        match length.and_then(|length| self.buffers.sent.get(..length)) {
            Some(packet) => self.socket.send(ALL, packet).await,
            None => Ok(()),
        }
    }
}

/// A random time.
fn up_to_ms(most: u32, random: &mut impl FnMut() -> u32) -> Duration {
    Duration::from_millis((random() % most.saturating_add(1)).into())
}
