//! Connect, subscribe, exchange, and come back when the line was cut.

use embassy_futures::{
    select::{Either, Either4, select, select4},
    yield_now,
};
use embassy_time::{Duration, Instant, Timer, with_timeout};
use minimq::{
    ConfigBuilder, ConfigError, Connection, Error, Io, Op, PeerError, PubError, Publication, QoS,
    ResourceError, RetainHandling, SubscriptionOptions, TopicFilter,
};

use crate::{
    Application, Backoff, Cause, Connect, Notice, Outgoing, QualityOfService, RECEIVE_CAPACITY,
    Session, Status, Subscription, TRANSMIT_CAPACITY, TooLarge, heard::Heard,
};

/// Longest wait for the network, and again for the broker's answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// A session that lived this long was a good one: the next attempt follows at once.
const STABLE_AFTER: Duration = Duration::from_secs(10);
/// So many that did not are no accident.
const SHORT_LIVED_IN_A_ROW: u32 = 3;

/// The memory of a session, given by the caller: a `static` on a board, a local on a desktop.
#[derive(Debug)]
pub struct Buffers {
    receive: [u8; RECEIVE_CAPACITY],
    transmit: [u8; TRANSMIT_CAPACITY],
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

enum Ended {
    Closed,
    Reconnect,
    Failed {
        cause: Cause,
        /// How long the session was one; nothing if it never was.
        online_for: Duration,
    },
}

impl From<Cause> for Ended {
    fn from(cause: Cause) -> Self {
        Self::Failed {
            cause,
            online_for: Duration::from_ticks(0),
        }
    }
}

impl From<ConfigError> for Ended {
    fn from(_: ConfigError) -> Self {
        Cause::Settings.into()
    }
}

/// Keeps a session with the broker until the application closes it.
///
/// Each lost connection is followed by another attempt, after a wait that grows from one second to
/// thirty ([`Backoff`]). `seed` spreads the waits of different devices.
///
/// # Cancel safety
/// When the future is dropped, the stream is dropped with it and the broker publishes the will.
pub async fn run<C: Connect, A: Application>(
    connector: &mut C,
    application: &A,
    buffers: &mut Buffers,
    seed: u32,
) {
    let mut backoff = Backoff::new(seed);
    let mut short_lived = 0u32;
    loop {
        application.status(Status::Connecting);
        match attempt(connector, application, buffers).await {
            Ended::Closed => break,
            Ended::Reconnect => backoff.reset(),
            Ended::Failed {
                mut cause,
                online_for,
            } => {
                if online_for >= STABLE_AFTER {
                    backoff.reset();
                    short_lived = 0;
                } else if cause == Cause::ConnectionLost {
                    short_lived = short_lived.saturating_add(1);
                    if short_lived >= SHORT_LIVED_IN_A_ROW {
                        cause = Cause::ShortLived;
                    }
                }
                let delay = backoff.next_delay();
                let retry_in_ms = u32::try_from(delay.as_millis()).unwrap_or(u32::MAX);
                application.status(Status::Waiting { cause, retry_in_ms });
                let wait = select(Timer::after(delay), application.settings_changed());
                if let Either::Second(()) = select(wait, application.closing()).await {
                    break;
                }
            }
        }
    }
    application.status(Status::Closed);
}

impl From<QualityOfService> for QoS {
    fn from(quality_of_service: QualityOfService) -> Self {
        match quality_of_service {
            QualityOfService::AtMostOnce => Self::AtMostOnce,
            QualityOfService::AtLeastOnce => Self::AtLeastOnce,
            QualityOfService::ExactlyOnce => Self::ExactlyOnce,
        }
    }
}

async fn attempt<C: Connect, A: Application>(
    connector: &mut C,
    application: &A,
    buffers: &mut Buffers,
) -> Ended {
    let settings = application.session();
    match exchange(connector, application, buffers, &settings).await {
        Ok(ended) | Err(ended) => ended,
    }
}

async fn exchange<C: Connect, A: Application>(
    connector: &mut C,
    application: &A,
    buffers: &mut Buffers,
    settings: &Session,
) -> Result<Ended, Ended> {
    let heard = Heard::new();
    let mut session = minimq::Session::new(configuration(settings, buffers)?);
    let opening = async {
        let broker = &settings.broker;
        let stream = with_timeout(ANSWER_TIMEOUT, connector.connect(&broker.host, broker.port))
            .await
            .map_err(|_| Cause::TimedOut)?
            .map_err(Cause::Connect)?;
        with_timeout(ANSWER_TIMEOUT, session.connect(heard.on(stream)))
            .await
            .map_err(|_| Cause::TimedOut)?
            .map_err(|error| Cause::of_handshake(&error))
    };
    let mut connection = match select(application.closing(), opening).await {
        Either::First(()) => return Err(Ended::Closed),
        Either::Second(opened) => opened?,
    };
    match select(
        application.closing(),
        subscribe(&mut connection, application),
    )
    .await
    {
        Either::First(()) => return Err(Ended::Closed),
        Either::Second(subscribed) => subscribed?,
    }
    application.status(Status::Online);
    let online_since = Instant::now();
    match serve(&mut connection, application, settings, &heard).await {
        Ok(ended) => {
            farewell(&mut connection, settings).await;
            Ok(ended)
        }
        Err(cause) => Err(Ended::Failed {
            cause,
            online_for: online_since.elapsed(),
        }),
    }
}

fn configuration<'a>(
    settings: &'a Session,
    buffers: &'a mut Buffers,
) -> Result<ConfigBuilder<'a>, ConfigError> {
    let broker = &settings.broker;
    let will = minimq::Will::new(&settings.will.topic, settings.will.payload.as_bytes(), &[])?
        .retained()
        .qos(QoS::AtLeastOnce);
    let builder = ConfigBuilder::new(minimq::Buffers::new(
        &mut buffers.receive,
        &mut buffers.transmit,
    ))
    .client_id(&settings.client_id)?
    .keepalive_interval(broker.keep_alive_s)
    .autodowngrade_qos()
    .will(will)?;
    if broker.username.is_empty() {
        Ok(builder)
    } else {
        builder.auth(&broker.username, broker.password.as_bytes())
    }
}

/// Subscribes to every filter, waiting for each acknowledgement.
///
/// Messages that the broker had retained are not asked for: a command from the past has no age.
async fn subscribe<A: Application, S: Io>(
    connection: &mut Connection<'_, '_, S>,
    application: &A,
) -> Result<(), Cause> {
    let all = async {
        let mut index = 0;
        while let Some(subscription) = application.subscription(index) {
            let operation = request(connection, &subscription)
                .await
                .map_err(|error| Cause::of_session(&error))?;
            while connection.is_pending(&operation) {
                advance(connection, application).await?;
            }
            index += 1;
        }
        Ok(())
    };
    with_timeout(ANSWER_TIMEOUT, all)
        .await
        .map_err(|_| Cause::TimedOut)?
}

/// Asks the broker for a sign of life: it must acknowledge a subscription, also one that it has.
///
/// minimq counts what it sends as activity and pings only when nothing was sent for a while. A dimmer
/// always has something to send, and a broker that hangs, or whose line is cut, would never be missed.
async fn ask<A: Application, S: Io>(
    connection: &mut Connection<'_, '_, S>,
    application: &A,
) -> Result<(), Cause> {
    let Some(subscription) = application.subscription(0) else {
        return Ok(());
    };
    match with_timeout(ANSWER_TIMEOUT, request(connection, &subscription)).await {
        // With the client's window full there are acknowledgements to come already.
        Ok(Ok(_) | Err(Error::NotReady | Error::Resource(_))) => Ok(()),
        Ok(Err(error)) => Err(Cause::of_session(&error)),
        Err(_) => Err(Cause::Silent),
    }
}

/// Sends one subscription.
async fn request<S: Io>(
    connection: &mut Connection<'_, '_, S>,
    subscription: &Subscription,
) -> Result<Op, Error<S::Error>> {
    let options = SubscriptionOptions::default()
        .maximum_qos(subscription.quality_of_service.into())
        .retain_behavior(RetainHandling::Never);
    let filter = TopicFilter::new(&subscription.topic).options(options);
    connection.subscribe(&[filter], &[]).await
}

/// Waits for the next progress of the connection and hands over what arrived.
async fn advance<A: Application, S: Io>(
    connection: &mut Connection<'_, '_, S>,
    application: &A,
) -> Result<(), Cause> {
    let error = match connection.poll().await {
        Ok(message) => {
            if let Some(message) = message {
                application.received(message.topic(), message.payload(), message.retained());
            }
            return Ok(());
        }
        Err(error) => error,
    };
    match error {
        // A refused publication or subscription leaves the connection as it was.
        Error::Peer(PeerError::Rejected(code)) if connection.is_connected() => {
            application.notice(Notice::Rejected(code.into()));
            Ok(())
        }
        error => Err(Cause::of_session(&error)),
    }
}

/// Serves an established session until the application wants it otherwise.
async fn serve<A: Application, S: Io>(
    connection: &mut Connection<'_, '_, S>,
    application: &A,
    settings: &Session,
    heard: &Heard,
) -> Result<Ended, Cause> {
    let mut asked_at = None;
    loop {
        // With the client's window full, only the broker's acknowledgements can make room: waiting
        // for something to send would return at once, for ever.
        let blocked = send_all(connection, application).await?;
        let more = async {
            if blocked {
                core::future::pending::<()>().await;
            }
            application.something_to_send().await;
        };
        // The first that is ready wins: a flood of messages must not keep the others from being asked.
        let (closing, changed) = (application.closing(), application.settings_changed());
        let progress = select4(closing, changed, advance(connection, application), more);
        match select(progress, Timer::at(heard.deadline(settings, asked_at))).await {
            Either::First(Either4::First(())) => return Ok(Ended::Closed),
            Either::First(Either4::Second(())) if application.session() != *settings => {
                return Ok(Ended::Reconnect);
            }
            Either::First(Either4::Third(progress)) => progress?,
            Either::First(Either4::Second(()) | Either4::Fourth(())) => {}
            // An answer that came meanwhile ended the question.
            Either::Second(()) if asked_at.is_some_and(|asked_at| heard.at() > asked_at) => {
                asked_at = None;
            }
            Either::Second(()) if asked_at.is_some() => return Err(Cause::Silent),
            Either::Second(()) => {
                asked_at = Some(Instant::now());
                ask(connection, application).await?;
            }
        }
        // Nor may it keep the executor's other tasks waiting, the control loop among them.
        yield_now().await;
    }
}

/// Sends what there is. `Ok(true)`: more is waiting, but the client's window is full.
async fn send_all<A: Application, S: Io>(
    connection: &mut Connection<'_, '_, S>,
    application: &A,
) -> Result<bool, Cause> {
    while let Some(outgoing) = application.take() {
        let quality_of_service = outgoing.quality_of_service.into();
        if !connection.can_publish(quality_of_service) {
            application.give_back(outgoing.key);
            return Ok(true);
        }
        match publish(connection, application, &outgoing, quality_of_service).await {
            Ok(()) => {}
            Err(PubError::Session(
                Error::NotReady | Error::Resource(ResourceError::InflightExhausted),
            )) => {
                application.give_back(outgoing.key);
                return Ok(true);
            }
            // Messages that wait for their acknowledgement share the buffer: there is room when it has come.
            Err(PubError::Payload(TooLarge) | PubError::Session(Error::Resource(_)))
                if !connection.session().is_publish_quiescent() =>
            {
                application.give_back(outgoing.key);
                return Ok(true);
            }
            Err(
                PubError::Payload(TooLarge)
                | PubError::Session(Error::Resource(_) | Error::InvalidRequest),
            ) => application.notice(Notice::TooLarge),
            Err(PubError::Session(error)) => {
                application.give_back(outgoing.key);
                return Err(Cause::of_session(&error));
            }
        }
    }
    Ok(false)
}

async fn publish<A: Application, S: Io>(
    connection: &mut Connection<'_, '_, S>,
    application: &A,
    outgoing: &Outgoing<A::Key>,
    quality_of_service: QoS,
) -> Result<(), PubError<TooLarge, S::Error>> {
    let render = |buffer: &mut [u8]| application.render(&outgoing.key, buffer);
    let mut publication = Publication::new(&outgoing.topic, render).qos(quality_of_service);
    if outgoing.retain {
        publication = publication.retain();
    }
    match with_timeout(ANSWER_TIMEOUT, connection.publish(publication)).await {
        Ok(result) => result.map(|_| ()),
        Err(_) => {
            // A publication cut in the middle leaves half a packet on the line.
            connection.handle_disconnect();
            Err(PubError::Session(Error::Disconnected))
        }
    }
}

/// Says for ourselves what the will would say, then takes leave, so that the broker need not.
async fn farewell<S: Io>(connection: &mut Connection<'_, '_, S>, settings: &Session) {
    let last_words = async {
        let message = Publication::text(&settings.will.topic, settings.will.payload)
            .qos(QoS::AtLeastOnce)
            .retain();
        let Ok(Some(operation)) = connection.publish(message).await else {
            return;
        };
        while connection.is_pending(&operation) {
            if connection.poll().await.is_err() {
                return;
            }
        }
        // Whether the broker still hears it makes no difference: the will says the same.
        let _ = connection.disconnect().await;
    };
    let _ = with_timeout(Duration::from_secs(2), last_words).await;
}
