//! What the line tells beside minimq: when the broker was heard, and what minimq reads but does not pass on.

use core::cell::Cell;

use embassy_time::{Duration, Instant};
use embedded_io_async::{ErrorType, Read, Write};

use crate::{
    RECEIVE_CAPACITY,
    packets::{Found, Packets},
    settings::Settings,
};

/// How long the broker may take to answer when it is asked for a sign of life.
pub(crate) const ANSWER_WITHIN: Duration = Duration::from_secs(6);
/// How long it may be silent before it is asked: a quarter of the keep-alive within these bounds, in milliseconds.
const QUIET_MS: (u64, u64) = (3_000, 60_000);
/// The same where the settings name no keep-alive.
const QUIET_WITHOUT_KEEP_ALIVE: Duration = Duration::from_secs(15);

/// One connection, as it is seen from beside.
pub(crate) struct Line {
    heard_at: Cell<Instant>,
    sent_at: Cell<Instant>,
    /// The broker closed it, or it broke.
    closed: Cell<bool>,
    found: Cell<Found>,
}

impl Line {
    pub(crate) fn new() -> Self {
        let now = Instant::now();
        Self {
            heard_at: Cell::new(now),
            sent_at: Cell::new(now),
            closed: Cell::new(false),
            found: Cell::new(Found::default()),
        }
    }

    /// When the last byte came.
    pub(crate) fn heard_at(&self) -> Instant {
        self.heard_at.get()
    }

    /// Whether the other side ended it.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.get()
    }

    /// What the packets said so far.
    pub(crate) fn found(&self) -> Found {
        self.found.get()
    }

    /// How long something that waits for the broker may take from now on. A question is asked after a while and waits for a while;
    /// whatever else is under way has as much time, counted from the last byte, and so no end of a line is found later than by asking.
    pub(crate) fn patience(&self, settings: &Settings) -> Instant {
        let asked_by_then = self.heard_at.get() + quiet(settings) + ANSWER_WITHIN;
        asked_by_then.max(Instant::now() + ANSWER_WITHIN)
    }

    /// When the broker is to be asked for a sign of life.
    pub(crate) fn ask_at(&self, settings: &Settings) -> Instant {
        let ask_at = self.heard_at.get() + quiet(settings);
        match self.found.get().keep_alive_s {
            // Less than what minimq is told, so that it is for us to be heard in time.
            Some(seconds) => {
                ask_at.min(self.sent_at.get() + Duration::from_millis(u64::from(seconds) * 500))
            }
            None => ask_at,
        }
    }

    /// There is nothing to ask for: silence says nothing.
    pub(crate) fn is_excused(&self) {
        let now = Instant::now();
        self.heard_at.set(now);
        self.sent_at.set(now);
    }

    /// Listens to a stream.
    pub(crate) fn on<S>(&self, stream: S) -> Overheard<'_, S> {
        Overheard {
            stream,
            line: self,
            packets: Packets::new(RECEIVE_CAPACITY),
        }
    }
}

/// How long a broker may be silent before it is asked.
fn quiet(settings: &Settings) -> Duration {
    match u64::from(settings.keep_alive_s()) {
        0 => QUIET_WITHOUT_KEEP_ALIVE,
        seconds => {
            let (least, most) = QUIET_MS;
            Duration::from_millis((seconds * 250).clamp(least, most))
        }
    }
}

/// A stream that is listened to.
pub(crate) struct Overheard<'a, S> {
    stream: S,
    line: &'a Line,
    packets: Packets,
}

impl<S: ErrorType> ErrorType for Overheard<'_, S> {
    type Error = S::Error;
}

impl<S: Read> Read for Overheard<'_, S> {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, S::Error> {
        let result = self.stream.read(buffer).await;
        match &result {
            Ok(length) if *length > 0 => {
                self.line.heard_at.set(Instant::now());
                self.packets
                    .overhear(buffer.get_mut(..*length).unwrap_or_default());
                self.line.found.set(self.packets.found());
            }
            _ => self.line.closed.set(true),
        }
        result
    }
}

impl<S: Write> Write for Overheard<'_, S> {
    async fn write(&mut self, buffer: &[u8]) -> Result<usize, S::Error> {
        let result = self.stream.write(buffer).await;
        match &result {
            Ok(_) => self.line.sent_at.set(Instant::now()),
            Err(_) => self.line.closed.set(true),
        }
        result
    }

    async fn flush(&mut self) -> Result<(), S::Error> {
        let result = self.stream.flush().await;
        if result.is_err() {
            self.line.closed.set(true);
        }
        result
    }
}
