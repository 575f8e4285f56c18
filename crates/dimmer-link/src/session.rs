//! From broker to broker, and back to the same one when the line was cut.

use embassy_futures::select::{Either, Either3, select, select3};
use embassy_time::{Duration, Timer};

use crate::{
    Application, Cause, Connect, RECEIVE_CAPACITY, Status, TRANSMIT_CAPACITY,
    course::Course,
    exchange::{Ended, Exchange},
    in_flight::InFlight,
    overheard::Line,
    settings::{Settings, brokers},
};

/// Longest wait for the network and the broker's answer together.
pub(crate) const OPENING_TIMEOUT: Duration = Duration::from_secs(10);

/// The memory of a session, given by the caller: a `static` on a board, a local on a desktop.
#[derive(Debug)]
pub struct Buffers {
    pub(crate) receive: [u8; RECEIVE_CAPACITY],
    pub(crate) transmit: [u8; TRANSMIT_CAPACITY],
}

impl Buffers {
    /// Empty buffers.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            receive: [0; RECEIVE_CAPACITY],
            transmit: [0; TRANSMIT_CAPACITY],
        }
    }
}

impl Default for Buffers {
    fn default() -> Self {
        Self::new()
    }
}

/// Keeps a session with one of the application's brokers until the application closes it.
///
/// The brokers are tried in order. A lost connection, or a round in which none answered, is followed by a wait that grows from one
/// second to thirty ([`Backoff`](crate::Backoff)) and by a round that begins with the first. `seed` spreads the waits of different
/// devices. With no broker in the list it waits for [`Application::settings_changed`].
///
/// # Cancel safety
/// When the future is dropped, the stream is dropped with it and the broker publishes the will. Messages that were handed out and
/// not answered are not given back.
pub async fn run<C: Connect, A: Application>(
    connector: &C,
    application: &A,
    buffers: &mut Buffers,
    seed: u32,
) {
    let mut course = Course::new(seed);
    loop {
        // Not taken out of what it comes in, where it would be twice while the session lasts.
        let goes_on = match &Settings::of(application, course.index()) {
            Some(settings) => {
                with_broker(connector, application, buffers, settings, &mut course, seed).await
            }
            // The list became shorter.
            None if course.index() > 0 => {
                course.reset();
                true
            }
            None => until_there_is_one(application).await,
        };
        if !goes_on {
            break;
        }
    }
    application.status(Status::Closed);
}

/// Waits for a list with a broker. `false`: the application wants no more.
async fn until_there_is_one<A: Application>(application: &A) -> bool {
    application.status(Status::NoBroker);
    while application.broker(0).is_none() {
        let changed = select(application.closing(), application.settings_changed());
        if matches!(changed.await, Either::First(())) {
            return false;
        }
    }
    true
}

/// Keeps to one broker for as long as the course and the settings do. `false`: the application wants no more.
async fn with_broker<C: Connect, A: Application>(
    connector: &C,
    application: &A,
    buffers: &mut Buffers,
    settings: &Settings,
    course: &mut Course,
    seed: u32,
) -> bool {
    let broker = u8::try_from(settings.index).unwrap_or(u8::MAX);
    let return_after_s = settings.session.return_after_s;
    // One for all connections to this broker: what waits for an acknowledgement stays in it.
    let mut client = settings.configuration(buffers).map(minimq::Session::new);
    let mut in_flight = InFlight::new();
    let goes_on = loop {
        application.status(Status::Connecting { broker });
        let ended = match &mut client {
            Ok(client) => {
                let return_after = course.return_after(return_after_s);
                let line = Line::new();
                let exchange = Exchange::new(application, settings, &mut in_flight, &line, seed);
                match exchange.run(connector, client, return_after).await {
                    Ok(ended) | Err(ended) => ended,
                }
            }
            Err(_) => Ended::from(Cause::Settings),
        };
        let (cause, lived) = match ended {
            Ended::Closed => break false,
            Ended::Outdated => {
                course.reset();
                break true;
            }
            Ended::Better(index) => {
                course.back_to(index);
                break true;
            }
            Ended::Failed { cause, lived } => (cause, lived),
        };
        let (cause, delay) = course.failed(cause, lived, brokers(application), return_after_s);
        application.status(Status::Waiting {
            broker,
            cause,
            retry_in_ms: u32::try_from(delay.as_millis()).unwrap_or(u32::MAX),
        });
        let changed = settings.outdated(application);
        match select3(application.closing(), changed, Timer::after(delay)).await {
            Either3::First(()) => break false,
            Either3::Second(()) => {
                course.reset();
                break true;
            }
            Either3::Third(()) => {}
        }
        let is_the_same = course.index() == settings.index && settings.are_current(application);
        if !is_the_same || !cause.keeps_session() {
            break true;
        }
    };
    in_flight.give_back(application);
    goes_on
}
