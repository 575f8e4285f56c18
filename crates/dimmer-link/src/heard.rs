//! When the broker was last heard.

use core::cell::Cell;

use embassy_time::{Duration, Instant};
use embedded_io_async::{ErrorType, Read, Write};

use crate::Session;

/// How long the broker may take to answer when it is asked for a sign of life.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// How long it may be silent before it is asked, where the settings name no keep-alive.
const QUIET: Duration = Duration::from_secs(60);

/// The moment of the last byte from the broker.
#[derive(Debug)]
pub(crate) struct Heard(Cell<Instant>);

impl Heard {
    pub(crate) fn new() -> Self {
        Self(Cell::new(Instant::now()))
    }

    pub(crate) fn at(&self) -> Instant {
        self.0.get()
    }

    /// When the broker is to be asked; or, if it was asked and has not answered, when it counts as gone.
    pub(crate) fn deadline(&self, settings: &Session, asked_at: Option<Instant>) -> Instant {
        match (asked_at, settings.broker.keep_alive_s) {
            (Some(asked_at), _) => asked_at + ANSWER_WITHIN,
            (None, 0) => self.at() + QUIET,
            (None, seconds) => self.at() + Duration::from_secs(seconds.into()),
        }
    }

    /// Listens to a stream.
    pub(crate) fn on<S>(&self, stream: S) -> Listening<'_, S> {
        Listening {
            stream,
            heard: self,
        }
    }
}

/// A stream that notes when something was read from it.
pub(crate) struct Listening<'a, S> {
    stream: S,
    heard: &'a Heard,
}

impl<S: ErrorType> ErrorType for Listening<'_, S> {
    type Error = S::Error;
}

impl<S: Read> Read for Listening<'_, S> {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, S::Error> {
        let length = self.stream.read(buffer).await?;
        if length > 0 {
            self.heard.0.set(Instant::now());
        }
        Ok(length)
    }
}

impl<S: Write> Write for Listening<'_, S> {
    async fn write(&mut self, buffer: &[u8]) -> Result<usize, S::Error> {
        self.stream.write(buffer).await
    }

    async fn flush(&mut self) -> Result<(), S::Error> {
        self.stream.flush().await
    }
}
