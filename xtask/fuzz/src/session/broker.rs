//! The broker that the input plays, and the line to it.

use std::cell::RefCell;

use dimmer_link::{Connect, ConnectError};
use embassy_time::{Duration, Instant};
use embedded_io_async::{ErrorKind, ErrorType, Read, Write};

/// What the input says after a byte `ff`, apart from bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// `00`: nothing for half a second.
    Pause,
    /// `01`: nothing for eleven seconds.
    LongPause,
    /// `02`: the broker closes the connection.
    Close,
    /// `03`: the connection breaks.
    Break,
    /// `04`: the settings change: two brokers, then one, and so on.
    Settings,
    /// `05`, `06`, `07`: the application has a message, of quality of service 0, 1, 2.
    Message(u8),
    /// `08`: the line takes no more, until something is read; so does one that is cut without a word.
    Full,
    /// `09`: from here on one byte at a time, or no longer so.
    Piecemeal,
    /// `0a`: a message that is larger than it may be.
    TooLarge,
    /// `0b`: the application wants to end.
    End,
}

impl Event {
    /// The event of this number; any other is a byte to be sent.
    fn of(code: u8) -> Option<Self> {
        Some(match code {
            0 => Self::Pause,
            1 => Self::LongPause,
            2 => Self::Close,
            3 => Self::Break,
            4 => Self::Settings,
            5..=7 => Self::Message(code - 5),
            8 => Self::Full,
            9 => Self::Piecemeal,
            10 => Self::TooLarge,
            11 => Self::End,
            _ => return None,
        })
    }
}

/// What the broker still has to send, and what it got.
pub(crate) struct Script<'i> {
    rest: &'i [u8],
    quiet_until: Instant,
    piecemeal: bool,
    full: bool,
    steps: u64,
    delivered: u64,
    /// What came from the session, by connection.
    received: Vec<Vec<u8>>,
    /// For the application.
    pub(crate) events: Vec<Event>,
}

/// What reading gives.
enum Given {
    Nothing,
    Bytes(usize),
    Ended(Result<usize, ErrorKind>),
}

impl<'i> Script<'i> {
    pub(crate) fn new(input: &'i [u8]) -> Self {
        Self {
            rest: input,
            quiet_until: Instant::from_ticks(0),
            piecemeal: false,
            full: false,
            steps: 0,
            delivered: 0,
            received: Vec::new(),
            events: Vec::new(),
        }
    }

    /// Whether the broker has nothing more to say, ever.
    pub(crate) fn is_over(&self) -> bool {
        self.rest.is_empty()
    }

    /// How often anything happened.
    pub(crate) fn steps(&self) -> u64 {
        self.steps
    }

    /// How many bytes were read.
    pub(crate) fn delivered(&self) -> u64 {
        self.delivered
    }

    pub(crate) fn step(&mut self) {
        self.steps += 1;
    }

    fn give(&mut self, buffer: &mut [u8]) -> Given {
        if Instant::now() < self.quiet_until {
            return Given::Nothing;
        }
        let mut length = 0;
        while let Some(place) = buffer.get_mut(length) {
            let (byte, taken) = match *self.rest {
                [0xff, code, ..] => match Event::of(code) {
                    // What was there before comes first.
                    Some(_) if length > 0 => break,
                    Some(event) => {
                        self.rest = &self.rest[2..];
                        self.step();
                        if let Some(given) = self.happen(event) {
                            return given;
                        }
                        continue;
                    }
                    None => (code, 2),
                },
                [byte, ..] => (byte, 1),
                [] => break,
            };
            *place = byte;
            length += 1;
            self.rest = &self.rest[taken..];
            if self.piecemeal {
                break;
            }
        }
        if length == 0 {
            return Given::Nothing;
        }
        self.full = false;
        Given::Bytes(length)
    }

    fn happen(&mut self, event: Event) -> Option<Given> {
        let wait = match event {
            Event::Pause => Duration::from_millis(500),
            Event::LongPause => Duration::from_secs(11),
            Event::Close => return Some(Given::Ended(Ok(0))),
            Event::Break => return Some(Given::Ended(Err(ErrorKind::ConnectionReset))),
            Event::Full => {
                self.full = true;
                return None;
            }
            Event::Piecemeal => {
                self.piecemeal = !self.piecemeal;
                return None;
            }
            // The application is asked again before anything else is read.
            Event::Settings | Event::Message(_) | Event::TooLarge | Event::End => {
                self.events.push(event);
                return Some(Given::Nothing);
            }
        };
        self.quiet_until = Instant::now() + wait;
        Some(Given::Nothing)
    }

    /// Whole packets of MQTT on each connection, a CONNECT first and once, of kinds that a client may send. The last one may have
    /// been cut.
    pub(crate) fn check_what_was_sent(&self) {
        for sent in &self.received {
            let (mut rest, mut count) = (sent.as_slice(), 0);
            while let Some((kind, packet)) = packet(rest) {
                assert_eq!(kind == 1, count == 0, "CONNECT is number {count}");
                assert!(matches!(kind, 1 | 3..=8 | 10 | 12 | 14 | 15), "sent {kind}");
                count += 1;
                rest = rest.get(packet..).unwrap_or_default();
            }
            assert!(count > 0 || sent.is_empty());
        }
    }
}

/// The kind and the length of the packet in front (MQTT 5, 2.1).
fn packet(bytes: &[u8]) -> Option<(u8, usize)> {
    let (first, rest) = bytes.split_first()?;
    let (mut length, mut header) = (0_usize, 1);
    for (index, byte) in rest.iter().enumerate() {
        assert!(index < 4, "the length of a packet is malformed");
        length |= usize::from(byte & 0x7f) << (7 * index);
        header += 1;
        if byte & 0x80 == 0 {
            break;
        }
    }
    Some((first >> 4, header + length))
}

/// Opens one connection after the other to the broker that is played.
pub(crate) struct Broker<'s, 'i>(&'s RefCell<Script<'i>>);

impl<'s, 'i> Broker<'s, 'i> {
    pub(crate) fn new(script: &'s RefCell<Script<'i>>) -> Self {
        Self(script)
    }
}

impl<'s, 'i> Connect for Broker<'s, 'i> {
    type Stream<'a>
        = Line<'s, 'i>
    where
        Self: 'a;

    async fn connect(&self, _: &str, _: u16) -> Result<Line<'s, 'i>, ConnectError> {
        let mut script = self.0.borrow_mut();
        script.step();
        if script.is_over() {
            return Err(ConnectError::Refused);
        }
        script.full = false;
        let connection = script.received.len();
        script.received.push(Vec::new());
        Ok(Line {
            script: self.0,
            connection,
        })
    }
}

/// The line to the broker that is played.
pub(crate) struct Line<'s, 'i> {
    script: &'s RefCell<Script<'i>>,
    connection: usize,
}

impl ErrorType for Line<'_, '_> {
    type Error = ErrorKind;
}

impl Read for Line<'_, '_> {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
        std::future::poll_fn(|context| {
            let mut script = self.script.borrow_mut();
            let before = script.steps;
            match script.give(buffer) {
                Given::Bytes(length) => {
                    script.step();
                    script.delivered += length as u64;
                    std::task::Poll::Ready(Ok(length))
                }
                Given::Ended(result) => std::task::Poll::Ready(result),
                Given::Nothing => {
                    if script.steps != before {
                        context.waker().wake_by_ref();
                    }
                    std::task::Poll::Pending
                }
            }
        })
        .await
    }
}

impl Write for Line<'_, '_> {
    async fn write(&mut self, buffer: &[u8]) -> Result<usize, ErrorKind> {
        std::future::poll_fn(|_| {
            let mut script = self.script.borrow_mut();
            if script.full {
                return std::task::Poll::Pending;
            }
            script.step();
            script.received[self.connection].extend_from_slice(buffer);
            std::task::Poll::Ready(Ok(buffer.len()))
        })
        .await
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}
