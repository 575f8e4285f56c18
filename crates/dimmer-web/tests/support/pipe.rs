//! A connection that is given its bytes, a few at a time.

use std::{
    cell::RefCell,
    convert::Infallible,
    future::{Future, pending},
};

use dimmer_web::picoserve::{
    Error, Timeouts, Timer,
    io::{ErrorType, Read, Socket, Write, embedded_io_async},
    mem::{BorrowedBuffer, BorrowedCursor},
    time::Duration,
};

/// Neither tokio nor embassy: nobody waits here.
pub struct Wire;

pub struct Never;

impl Timer<Wire> for Never {
    fn delay(&self, _: Duration) -> impl Future<Output = ()> {
        pending()
    }
}

/// What comes in, a few bytes at a time, and what goes out.
pub struct Pipe<'a> {
    pub input: &'a [u8],
    pub step: usize,
    pub output: &'a RefCell<Vec<u8>>,
}

pub struct Input<'a, 'b> {
    bytes: &'b mut &'a [u8],
    step: usize,
}

impl ErrorType for Input<'_, '_> {
    type Error = Infallible;
}

impl Read for Input<'_, '_> {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
        let length = self.step.min(buffer.len()).min(self.bytes.len());
        let (now, later) = self.bytes.split_at(length);
        buffer[..length].copy_from_slice(now);
        *self.bytes = later;
        Ok(length)
    }
}

pub struct Output<'a>(&'a RefCell<Vec<u8>>);

impl ErrorType for Output<'_> {
    type Error = Infallible;
}

impl embedded_io_async::Write for Output<'_> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    async fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl Write for Output<'_> {
    async fn write_with<F: FnOnce(BorrowedCursor<'_>) -> R, R>(
        &mut self,
        fill: F,
    ) -> Result<R, Infallible> {
        let mut buffer = [0; 64];
        let mut buffer = BorrowedBuffer::new(&mut buffer);
        let result = fill(buffer.unfilled());
        self.0.borrow_mut().extend_from_slice(buffer.filled());
        Ok(result)
    }
}

impl<'p> Socket<Wire> for Pipe<'p> {
    type Error = Infallible;
    type ReadHalf<'a>
        = Input<'p, 'a>
    where
        Self: 'a;
    type WriteHalf<'a>
        = Output<'p>
    where
        Self: 'a;

    fn split(&mut self) -> (Self::ReadHalf<'_>, Self::WriteHalf<'_>) {
        let input = Input {
            bytes: &mut self.input,
            step: self.step,
        };
        (input, Output(self.output))
    }

    async fn abort<T: Timer<Wire>>(self, _: &Timeouts, _: &T) -> Result<(), Error<Infallible>> {
        Ok(())
    }

    async fn shutdown<T: Timer<Wire>>(self, _: &Timeouts, _: &T) -> Result<(), Error<Infallible>> {
        Ok(())
    }
}
