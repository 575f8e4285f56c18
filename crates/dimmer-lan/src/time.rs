//! The time of day, from a server (SNTP: RFC 5905, section 14, and RFC 4330).
//!
//! Packets are made, read and judged by [sntpc](https://docs.rs/sntpc): the answer has to echo what was sent, which are random bits here and
//! no time, so that nobody who does not see the question can answer it; it has to come from the server that was asked, whose clock has to be
//! right by its own account (leap, stratum, root distance). Here is when it is asked, and what is done about a refusal.

mod schedule;

pub use schedule::{Failure, POLL, Schedule};

use core::{
    fmt,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use edge_nal::{UdpBind, UdpReceive, UdpSend};
use embassy_sync::{blocking_mutex::raw::NoopRawMutex, mutex::Mutex};
use embassy_time::{Duration, Instant, Timer, with_timeout};
use sntpc::{NtpContext, NtpTimestampGenerator, NtpUdpSocket};

use crate::receiving;

/// The port of NTP.
pub const PORT: u16 = 123;

/// 2026-01-01, seconds since 1970: no server's time is before this firmware was written. Times are taken to be within 68 years of it, so
/// that the end of the seconds of NTP in 2036 passes unnoticed.
pub const EPOCH_UNIX_S: u64 = 1_767_225_600;

/// Seconds of a day.
const DAY_S: u64 = 86_400;
/// An answer takes no longer.
const PATIENCE: Duration = Duration::from_secs(5);
/// So many packets that are no answer may come before one is given up.
const STRAY_PACKETS: usize = 16;

/// What is told of the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Told {
    /// A server said it: seconds since 1970-01-01 (UTC). It is right to a second or two; how long the answer took is not reckoned with.
    Time {
        /// The seconds.
        unix_s: u64,
    },
    /// The day, in days since 1970-01-01 (UTC): when it is first known, and when another begins. What an app takes as its day.
    Day(u32),
    /// There was no answer to be used. It is asked again.
    Failed(Failure),
}

/// Asks a server for the time again and again, and tells the days, for ever.
///
/// `server` gives the address of the one to be asked, with its port, or nothing if it is not known now: it resolves the name that is in the
/// settings, anew each time, since behind a name there are many. `random` gives random bits, which nobody is to foresee.
pub async fn run<S: UdpBind>(
    stack: &S,
    mut server: impl AsyncFnMut() -> Option<SocketAddr>,
    mut random: impl FnMut() -> u64,
    mut told: impl FnMut(Told),
) -> ! {
    let mut schedule = Schedule::new();
    let mut day = None;
    let mut clock: Option<Clock> = None;
    loop {
        let asked = ask(stack, &mut server, random()).await;
        let wait = match asked {
            Ok(unix_s) => {
                told(Told::Time { unix_s });
                clock = Some(Clock {
                    unix_s,
                    at: Instant::now(),
                });
                schedule.answered()
            }
            Err(failure) => {
                told(Told::Failed(failure));
                schedule.failed(failure)
            }
        };
        let until = Instant::now() + wait;
        // The days go on without a server.
        loop {
            let Some(known) = &clock else {
                Timer::at(until).await;
                break;
            };
            let (today, tomorrow) = known.day();
            if day != Some(today) {
                day = Some(today);
                told(Told::Day(today));
            }
            Timer::at(until.min(tomorrow)).await;
            if Instant::now() >= until {
                break;
            }
        }
    }
}

/// The time of the server that was asked last, and when that was.
#[derive(Clone, Copy)]
struct Clock {
    unix_s: u64,
    at: Instant,
}

impl Clock {
    /// The day, and when the next one begins.
    fn day(&self) -> (u32, Instant) {
        let now = self.unix_s.saturating_add(self.at.elapsed().as_secs());
        let day = now / DAY_S;
        let left = day
            .saturating_add(1)
            .saturating_mul(DAY_S)
            .saturating_sub(self.unix_s);
        let tomorrow = self.at + Duration::from_secs(left);
        (u32::try_from(day).unwrap_or(u32::MAX), tomorrow)
    }
}

/// Asks a server once: seconds since 1970-01-01 (UTC).
///
/// # Errors
/// Why there is no time.
pub async fn ask<S: UdpBind>(
    stack: &S,
    mut server: impl AsyncFnMut() -> Option<SocketAddr>,
    random: u64,
) -> Result<u64, Failure> {
    let Ok(server) = with_timeout(PATIENCE, server()).await else {
        return Err(Failure::NotKnown);
    };
    let server = server.ok_or(Failure::NotKnown)?;
    // Another port each time is one more thing that a liar would have to guess.
    let anywhere = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);
    let socket = stack.bind(anywhere).await.map_err(|_| Failure::Network)?;
    let socket = Socket(Mutex::new(socket));
    let question = NtpContext::new(Nonce(random));
    let sent = sntpc::sntp_send_request(server, &socket, question)
        .await
        .map_err(|_| Failure::Network)?;
    let answer = async {
        for _ in 0..STRAY_PACKETS {
            let answer =
                sntpc::sntp_process_response(server, &socket, NtpContext::new(Epoch), sent);
            match answer.await {
                Ok(answer) if answer.sec() < EPOCH_UNIX_S => return Err(Failure::LongAgo),
                Ok(answer) => return Ok(answer.sec()),
                Err(error) => {
                    if let Some(failure) = Failure::of(error) {
                        return Err(failure);
                    }
                }
            }
        }
        Err(Failure::Silent)
    };
    with_timeout(PATIENCE, answer)
        .await
        .unwrap_or(Err(Failure::Silent))
}

/// Random bits in the place of the time of the question: the answer has to echo them (RFC 4330, section 5).
#[derive(Clone, Copy)]
struct Nonce(u64);

impl NtpTimestampGenerator for Nonce {
    fn init(&mut self) {}

    fn timestamp_sec(&self) -> u64 {
        self.0 >> 32
    }

    fn timestamp_subsec_micros(&self) -> u32 {
        let low = self.0 & u64::from(u32::MAX);
        u32::try_from(low % 1_000_000).unwrap_or_default()
    }
}

/// Near to which the answer's time is.
#[derive(Clone, Copy)]
struct Epoch;

impl NtpTimestampGenerator for Epoch {
    fn init(&mut self) {}

    fn timestamp_sec(&self) -> u64 {
        EPOCH_UNIX_S
    }

    fn timestamp_subsec_micros(&self) -> u32 {
        0
    }
}

/// A socket that sntpc takes.
struct Socket<S>(Mutex<NoopRawMutex, S>);

impl<S: UdpReceive + UdpSend> NtpUdpSocket for Socket<S> {
    async fn send_to(&self, packet: &[u8], to: SocketAddr) -> sntpc::Result<usize> {
        let sent = self.0.lock().await.send(to, packet).await;
        sent.map(|()| packet.len())
            .map_err(|_| sntpc::Error::Network)
    }

    async fn recv_from(&self, buffer: &mut [u8]) -> sntpc::Result<(usize, SocketAddr)> {
        let mut socket = self.0.lock().await;
        receiving::next(&mut *socket, buffer)
            .await
            .map_err(|_| sntpc::Error::Network)
    }
}

impl fmt::Display for Told {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time { unix_s } => write!(formatter, "it is {unix_s} s since 1970-01-01 UTC"),
            Self::Day(day) => write!(formatter, "it is day {day} since 1970-01-01 UTC"),
            Self::Failed(failure) => failure.fmt(formatter),
        }
    }
}
