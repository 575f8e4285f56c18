//! What a connection has to do at certain moments.

use embassy_time::{Instant, with_timeout};
use minimq::{Connection, Error, Io, Op};

use crate::{
    Application, Cause, Impairment, QualityOfService, Status, Subscription,
    exchange::{Exchange, request},
    overheard::ANSWER_WITHIN,
    watch::Echo,
};

/// A sign of life that the broker was asked for.
pub(crate) struct Question {
    pub(crate) asked_at: Instant,
    pub(crate) operation: Option<Op>,
}

impl<A: Application> Exchange<'_, A> {
    /// When [`watch`](Self::watch) has something to do again.
    pub(crate) fn deadline(&self) -> Instant {
        let sign_of_life = match &self.question {
            Some(question) => question.asked_at + ANSWER_WITHIN,
            None => self.line.ask_at(self.settings),
        };
        let others = [
            self.in_flight.deadline(),
            self.flood.deadline(),
            self.echo.as_ref().map(Echo::deadline),
        ];
        others
            .into_iter()
            .flatten()
            .fold(sign_of_life, Instant::min)
    }

    /// Does what is due.
    pub(crate) async fn watch<S: Io>(
        &mut self,
        connection: &mut Connection<'_, '_, S>,
    ) -> Result<(), Cause> {
        let now = Instant::now();
        self.flood.advance(now);
        if self
            .in_flight
            .deadline()
            .is_some_and(|deadline| deadline <= now)
        {
            return Err(Cause::Unacknowledged);
        }
        let asked_at = self.question.as_ref().map(|question| question.asked_at);
        match asked_at {
            // Whatever comes is an answer.
            Some(asked_at) if self.line.heard_at() > asked_at => self.question = None,
            Some(asked_at) if asked_at + ANSWER_WITHIN <= now => return Err(Cause::Silent),
            Some(_) => {}
            None if self.line.ask_at(self.settings) <= now => self.ask(connection).await?,
            None => {}
        }
        if let Some(word) = self.echo.as_mut().and_then(|echo| echo.due(now)) {
            self.say_to_ourselves(connection, &word).await?;
        }
        Ok(())
    }

    /// Asks the broker for a sign of life: it must acknowledge a subscription, also one that it has.
    ///
    /// minimq counts what it sends as activity and pings only when nothing was sent for a while. A dimmer
    /// always has something to send, and a broker that hangs, or whose line is cut, would never be missed.
    async fn ask<S: Io>(&mut self, connection: &mut Connection<'_, '_, S>) -> Result<(), Cause> {
        let subscription = self.application.subscription(0).or_else(|| {
            let topic = self.settings.session.echo.clone();
            (!topic.is_empty()).then_some(Subscription {
                topic,
                quality_of_service: QualityOfService::AtMostOnce,
                retained: false,
            })
        });
        let asked_at = Instant::now();
        let operation = match &subscription {
            // minimq's own pings are all that is left.
            None => {
                self.line.is_excused();
                return Ok(());
            }
            Some(subscription) => {
                let asking = request(connection, subscription);
                match with_timeout(ANSWER_WITHIN, asking).await {
                    Ok(Ok(operation)) => Some(operation),
                    // With the client's window full there are acknowledgements to come already.
                    Ok(Err(Error::NotReady | Error::Resource(_))) => None,
                    Ok(Err(error)) => return Err(Cause::of_session(&error, self.line)),
                    Err(_) => return Err(Cause::Silent),
                }
            }
        };
        self.question = Some(Question {
            asked_at,
            operation,
        });
        Ok(())
    }

    /// Tells the application that the session is online, or that something about it has changed.
    pub(crate) fn tell(&mut self, always: bool) {
        let swallowed = self.echo.as_ref().is_some_and(Echo::is_swallowed);
        let impairment = self
            .refused
            .or(swallowed.then_some(Impairment::Swallowed))
            .or(self.flood.is_on().then_some(Impairment::Flooded));
        if always || impairment != self.told {
            self.told = impairment;
            self.application.status(Status::Online {
                broker: u8::try_from(self.settings.index).unwrap_or(u8::MAX),
                impairment,
            });
        }
    }
}
