//! One connection, from its opening to its end.

use core::pin::{Pin, pin};

use embassy_futures::{
    select::{Either3, Either6, select3, select6},
    yield_now,
};
use embassy_time::{Duration, Instant, Timer, with_deadline, with_timeout};
use minimq::{
    ConnectEvent, Connection, Error, Io, Op, PeerError, RetainHandling, SubscriptionOptions,
    TopicFilter,
};

use crate::{
    Application, Cause, Connect, Impairment, Notice, QualityOfService, Subscription,
    course::Lived,
    due::Question,
    in_flight::InFlight,
    leaving::until_closed,
    overheard::Line,
    preferred,
    sending::Room,
    session::OPENING_TIMEOUT,
    settings::Settings,
    watch::{Echo, Flood},
};

/// How a connection ended.
pub(crate) enum Ended {
    /// The application wants no session.
    Closed,
    /// The application wants another session.
    Outdated,
    /// The broker at this place in the list is better, and takes a session.
    Better(usize),
    Failed {
        cause: Cause,
        lived: Lived,
    },
}

impl From<Cause> for Ended {
    fn from(cause: Cause) -> Self {
        Self::Failed {
            cause,
            lived: Lived::NEVER,
        }
    }
}

/// What belongs to one connection beside minimq's part.
pub(crate) struct Exchange<'a, A: Application> {
    pub(crate) application: &'a A,
    pub(crate) settings: &'a Settings,
    pub(crate) in_flight: &'a mut InFlight<A::Key>,
    pub(crate) line: &'a Line,
    /// Present where the session has a topic for it and the broker let us subscribe to it.
    pub(crate) echo: Option<Echo>,
    pub(crate) flood: Flood,
    pub(crate) question: Option<Question>,
    /// The first refused subscription.
    pub(crate) refused: Option<Impairment>,
    /// What the application was told last.
    pub(crate) told: Option<Impairment>,
    seed: u32,
}

impl<'a, A: Application> Exchange<'a, A> {
    pub(crate) fn new(
        application: &'a A,
        settings: &'a Settings,
        in_flight: &'a mut InFlight<A::Key>,
        line: &'a Line,
        seed: u32,
    ) -> Self {
        Self {
            application,
            settings,
            in_flight,
            line,
            echo: None,
            flood: Flood::new(),
            question: None,
            refused: None,
            told: None,
            seed,
        }
    }

    /// Connects, subscribes, serves, and takes leave.
    pub(crate) async fn run<C: Connect>(
        mut self,
        connector: &C,
        client: &mut minimq::Session<'_>,
        return_after: Option<Duration>,
    ) -> Result<Ended, Ended> {
        let (application, settings, line) = (self.application, self.settings, self.line);
        let opening = async {
            let broker = &settings.broker;
            let stream = connector.connect(&broker.host, broker.port).await;
            let stream = line.on(stream.map_err(Cause::Connect)?);
            let connection = client.connect(stream).await;
            connection.map_err(|error| Cause::of_handshake(&error, line))
        };
        let opening = with_timeout(OPENING_TIMEOUT, opening);
        let changed = settings.outdated(application);
        let mut connection = match select3(application.closing(), changed, opening).await {
            Either3::First(()) => return Err(Ended::Closed),
            Either3::Second(()) => return Err(Ended::Outdated),
            Either3::Third(opened) => opened.map_err(|_| Cause::TimedOut)??,
        };
        let resumed = connection.connect_event() == ConnectEvent::Reconnected;
        self.in_flight.connected(resumed, application);
        let changed = settings.outdated(application);
        let preparing = self.prepare(&mut connection);
        match select3(application.closing(), changed, preparing).await {
            Either3::First(()) => return Err(Ended::Closed),
            Either3::Second(()) => return Err(Ended::Outdated),
            Either3::Third(prepared) => prepared?,
        }
        self.tell(true);
        let online_since = Instant::now();
        let served = {
            // Pinned here and lent: given, it would be in the other future twice.
            let better = pin!(preferred::is_back(
                connector,
                application,
                settings,
                return_after
            ));
            self.serve(&mut connection, better).await
        };
        match served {
            Ok(ended) => {
                if self.farewell(&mut connection, &ended).await {
                    until_closed(connection.into_inner()).await;
                }
                Ok(ended)
            }
            Err(cause) => Err(Ended::Failed {
                cause,
                lived: Lived {
                    online_for: online_since.elapsed().max(Duration::from_ticks(1)),
                    proven: self.echo.as_ref().is_some_and(Echo::has_come_back),
                },
            }),
        }
    }

    /// Says what could not be said when the last settings ended, and subscribes.
    async fn prepare<S: Io>(
        &mut self,
        connection: &mut Connection<'_, '_, S>,
    ) -> Result<(), Cause> {
        with_timeout(OPENING_TIMEOUT, self.send_farewells(connection))
            .await
            .map_err(|_| Cause::Unacknowledged)??;
        let mut index = 0;
        while let Some(subscription) = self.application.subscription(index) {
            self.subscribe(connection, &subscription, index).await?;
            index += 1;
        }
        let echo = &self.settings.session.echo;
        if !echo.is_empty() {
            let subscription = Subscription {
                topic: echo.clone(),
                quality_of_service: QualityOfService::AtMostOnce,
                retained: false,
            };
            if self.subscribe(connection, &subscription, index).await? {
                self.echo = Some(Echo::new(self.seed));
            }
        }
        Ok(())
    }

    /// Subscribes and waits for the acknowledgement; says whether the broker granted it. One after the other, as minimq does not say
    /// to which of several a refusal belongs.
    async fn subscribe<S: Io>(
        &mut self,
        connection: &mut Connection<'_, '_, S>,
        subscription: &Subscription,
        index: usize,
    ) -> Result<bool, Cause> {
        let patience = self.line.patience(self.settings);
        let granted = async {
            let operation = loop {
                match request(connection, subscription).await {
                    Ok(operation) => break operation,
                    Err(Error::NotReady | Error::Resource(_))
                        if !connection.session().is_publish_quiescent() =>
                    {
                        self.progress(connection).await?;
                    }
                    Err(error) => return Err(Cause::of_session(&error, self.line)),
                }
            };
            while connection.is_pending(&operation) {
                let Some(reason) = self.advance(connection).await? else {
                    continue;
                };
                if connection.is_pending(&operation) {
                    self.application.notice(Notice::Rejected(reason));
                    continue;
                }
                let index = u8::try_from(index).unwrap_or(u8::MAX);
                self.refused
                    .get_or_insert(Impairment::SubscriptionRefused { index, reason });
                return Ok(false);
            }
            Ok(true)
        };
        with_deadline(patience, granted)
            .await
            .map_err(|_| Cause::Silent)?
    }

    /// Serves an established session until the application or a better broker ends it.
    async fn serve<S: Io>(
        &mut self,
        connection: &mut Connection<'_, '_, S>,
        mut better: Pin<&mut impl Future<Output = usize>>,
    ) -> Result<Ended, Cause> {
        let (application, settings) = (self.application, self.settings);
        loop {
            let room = self.send_waiting(connection).await?;
            self.watch(connection).await?;
            self.tell(false);
            let more = async {
                match room {
                    Room::More => {}
                    Room::Emptied => application.something_to_send().await,
                    // Only the broker's acknowledgements can make room: waiting for something to send would return at once, for ever.
                    Room::Full => core::future::pending().await,
                }
            };
            // The first that is ready wins: a flood of messages must not keep the others from being asked.
            let ready = select6(
                application.closing(),
                settings.outdated(application),
                better.as_mut(),
                Timer::at(self.deadline()),
                self.progress(connection),
                more,
            );
            match ready.await {
                Either6::First(()) => return Ok(Ended::Closed),
                Either6::Second(()) => return Ok(Ended::Outdated),
                Either6::Third(index) => return Ok(Ended::Better(index)),
                Either6::Fifth(progress) => progress?,
                Either6::Fourth(()) | Either6::Sixth(()) => {}
            }
            // Nor may it keep the executor's other tasks waiting, the control loop among them.
            yield_now().await;
        }
    }

    /// Waits for the next progress of the connection, hands over what arrived, and tells what was refused.
    pub(crate) async fn progress<S: Io>(
        &mut self,
        connection: &mut Connection<'_, '_, S>,
    ) -> Result<(), Cause> {
        if let Some(reason) = self.advance(connection).await? {
            self.application.notice(Notice::Rejected(reason));
        }
        Ok(())
    }

    /// Waits for the next progress of the connection and hands over what arrived. The reason, if something was refused.
    async fn advance<S: Io>(
        &mut self,
        connection: &mut Connection<'_, '_, S>,
    ) -> Result<Option<u8>, Cause> {
        // What a wait that was cut short has left: the next answer is another message's.
        self.in_flight.settle(connection, None, self.application);
        let error = match connection.poll().await {
            Ok(message) => {
                if let Some(message) = message {
                    let (topic, payload) = (message.topic(), message.payload());
                    match &mut self.echo {
                        Some(echo) if topic == self.settings.session.echo => {
                            echo.heard(payload, Instant::now());
                        }
                        _ => {
                            // What the broker kept comes all at once, and once.
                            if !message.retained() {
                                self.flood.message(Instant::now());
                            }
                            self.application
                                .received(topic, payload, message.retained());
                        }
                    }
                }
                None
            }
            Err(error) => Some(error),
        };
        let refused = match error {
            None => None,
            // A refused publication or subscription leaves the connection as it was.
            Some(Error::Peer(PeerError::Rejected(code))) if connection.is_connected() => {
                Some(u8::from(code))
            }
            Some(error) => return Err(Cause::of_session(&error, self.line)),
        };
        self.in_flight.settle(connection, refused, self.application);
        // A refusal is as much a sign of life as any, and was told when we first subscribed.
        let asked = self.question.as_mut().and_then(|question| {
            question
                .operation
                .take_if(|operation| !connection.is_pending(operation))
        });
        Ok(refused.filter(|_| asked.is_none()))
    }
}

/// Sends one subscription.
pub(crate) async fn request<S: Io>(
    connection: &mut Connection<'_, '_, S>,
    subscription: &Subscription,
) -> Result<Op, Error<S::Error>> {
    let retained = if subscription.retained {
        RetainHandling::Immediately
    } else {
        RetainHandling::Never
    };
    let options = SubscriptionOptions::default()
        .maximum_qos(subscription.quality_of_service.into())
        .retain_behavior(retained);
    let filter = TopicFilter::new(&subscription.topic).options(options);
    connection.subscribe(&[filter], &[]).await
}
