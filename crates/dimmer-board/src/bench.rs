//! What tests of this crate share: a dimmer's surroundings without any network, and services that run.

extern crate std;

use core::{
    convert::Infallible,
    pin::Pin,
    sync::atomic::{AtomicBool, Ordering},
    task::{Context, Waker},
};
use dimmer_app::{
    Parts,
    dimmer::Identity,
    link::{Connect, ConnectError},
    probe::{ProbeError, TemperatureProbe},
};
use embedded_io_async::{ErrorType, Read, Write};
use std::{boxed::Box, sync::Arc, task::Wake};

/// A network in which nobody answers.
pub(crate) struct Nowhere;
pub(crate) enum NoStream {}

impl ErrorType for NoStream {
    type Error = Infallible;
}

impl Read for NoStream {
    async fn read(&mut self, _: &mut [u8]) -> Result<usize, Infallible> {
        match *self {}
    }
}

impl Write for NoStream {
    async fn write(&mut self, _: &[u8]) -> Result<usize, Infallible> {
        match *self {}
    }

    async fn flush(&mut self) -> Result<(), Infallible> {
        match *self {}
    }
}

impl Connect for Nowhere {
    type Stream<'a> = NoStream;

    async fn connect(&self, _host: &str, _port: u16) -> Result<NoStream, ConnectError> {
        core::future::pending().await
    }
}

/// Water of so many millicelsius.
pub(crate) struct Water(i32);

impl TemperatureProbe for Water {
    async fn read(&mut self) -> Result<i32, ProbeError> {
        Ok(self.0)
    }
}

pub(crate) fn parts(water_millicelsius: i32) -> Parts<Nowhere, Water> {
    Parts {
        connector: Nowhere,
        probe: Water(water_millicelsius),
        seed: 1,
    }
}

pub(crate) fn identity() -> Identity {
    Identity {
        id: "a1b2c3d4e5f6".parse().unwrap(),
        model: "Test",
        version: "0",
        boot: 1,
    }
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// A task: services that run for ever.
pub(crate) struct Running<'a> {
    services: Pin<Box<dyn Future<Output = ()> + 'a>>,
    woken: Arc<Woken>,
}

impl<'a> Running<'a> {
    pub(crate) fn new(services: impl Future<Output = ()> + 'a) -> Self {
        Self {
            services: Box::pin(services),
            woken: Arc::new(Woken(AtomicBool::new(true))),
        }
    }

    /// Lets it run as long as it is woken, as an executor does before the time goes on; whether it was.
    pub(crate) fn settle(&mut self) -> bool {
        let waker = Waker::from(Arc::clone(&self.woken));
        let mut ran = false;
        while self.woken.0.swap(false, Ordering::SeqCst) {
            let done = self
                .services
                .as_mut()
                .poll(&mut Context::from_waker(&waker));
            assert!(done.is_pending());
            ran = true;
        }
        ran
    }
}
