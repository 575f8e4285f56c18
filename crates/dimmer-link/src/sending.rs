//! What goes out: messages, farewells, and words to ourselves.

use core::cell::Cell;

use embassy_time::{Duration, with_deadline, with_timeout};
use minimq::{Connection, Error, Io, Op, PubError, Publication, QoS, ResourceError};

use crate::{
    Answer, Application, Cause, Notice, Outgoing, QualityOfService, TooLarge,
    exchange::{Ended, Exchange},
};

/// Longest leave-taking, for somebody who waits for the end, and where there is something to clean up.
const FAREWELL_TIMEOUT: Duration = Duration::from_secs(2);
const CLEANING_TIMEOUT: Duration = Duration::from_secs(5);
/// After so many messages it is the broker's turn to be heard.
const IN_A_ROW: usize = 8;

/// Why sending stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Room {
    /// Nothing is left.
    Emptied,
    /// There is more, and room for it.
    More,
    /// What is left has to wait for acknowledgements.
    Full,
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

impl<A: Application> Exchange<'_, A> {
    /// Sends what there is, up to a few in a row.
    pub(crate) async fn send_waiting<S: Io>(
        &mut self,
        connection: &mut Connection<'_, '_, S>,
    ) -> Result<Room, Cause> {
        for _ in 0..IN_A_ROW {
            let Some(outgoing) = self.application.take() else {
                return Ok(Room::Emptied);
            };
            if !self.send(connection, outgoing).await? {
                return Ok(Room::Full);
            }
        }
        Ok(Room::More)
    }

    /// Sends what cleans up after earlier settings, all of it.
    pub(crate) async fn send_farewells<S: Io>(
        &mut self,
        connection: &mut Connection<'_, '_, S>,
    ) -> Result<(), Cause> {
        while let Some(outgoing) = self.application.take_farewell() {
            if !self.send(connection, outgoing).await? {
                self.progress(connection).await?;
            }
        }
        Ok(())
    }

    /// Sends a message. `Ok(false)`: it was given back, because it has to wait for acknowledgements.
    async fn send<S: Io>(
        &mut self,
        connection: &mut Connection<'_, '_, S>,
        outgoing: Outgoing<A::Key>,
    ) -> Result<bool, Cause> {
        let wanted = outgoing.quality_of_service;
        // minimq lowers it likewise.
        let quality_of_service = match self.line.found().maximum_quality_of_service {
            Some(0) => QualityOfService::AtMostOnce,
            Some(1) => wanted.min(QualityOfService::AtLeastOnce),
            _ => wanted,
        };
        let is_kept = quality_of_service != QualityOfService::AtMostOnce;
        if (is_kept && self.in_flight.is_closed())
            || !connection.can_publish(quality_of_service.into())
        {
            self.application.give_back(outgoing.key);
            return Ok(false);
        }
        let rendered = Cell::new(false);
        let result = {
            let render = |buffer: &mut [u8]| {
                let length = self.application.render(&outgoing.key, buffer)?;
                rendered.set(true);
                Ok(length)
            };
            let publication = Publication::new(&outgoing.topic, render);
            let publication = publication.qos(wanted.into());
            let publication = if outgoing.retain {
                publication.retain()
            } else {
                publication
            };
            let patience = self.line.patience(self.settings);
            match with_deadline(patience, connection.publish(publication)).await {
                Ok(result) => result,
                Err(_) => {
                    // One of QoS 0 that is cut short leaves half a packet on the line.
                    connection.handle_disconnect();
                    Err(PubError::Session(Error::Disconnected))
                }
            }
        };
        let is_quiescent = connection.session().is_publish_quiescent();
        match result {
            Ok(Some(operation)) => {
                self.in_flight
                    .sent(outgoing.key, Some(operation), quality_of_service);
                Ok(true)
            }
            Ok(None) => {
                // Asked for more than the broker has to give, it is answered all the same.
                if wanted != QualityOfService::AtMostOnce {
                    self.application.answered(outgoing.key, Answer::Taken);
                }
                Ok(true)
            }
            Err(PubError::Session(
                Error::NotReady | Error::Resource(ResourceError::InflightExhausted),
            )) => {
                self.application.give_back(outgoing.key);
                Ok(false)
            }
            // Messages that wait for their acknowledgement share the buffer: there is room when it has come.
            Err(PubError::Payload(TooLarge) | PubError::Session(Error::Resource(_)))
                if !is_quiescent =>
            {
                self.application.give_back(outgoing.key);
                Ok(false)
            }
            Err(
                PubError::Payload(TooLarge)
                | PubError::Session(Error::Resource(_) | Error::InvalidRequest),
            ) => {
                self.application.notice(Notice::TooLarge);
                if wanted != QualityOfService::AtMostOnce {
                    self.application.answered(outgoing.key, Answer::TooLarge);
                }
                Ok(true)
            }
            Err(PubError::Session(error)) => {
                // minimq keeps a message as soon as it is rendered, and hands out its handle when the line has taken it.
                if is_kept && rendered.get() {
                    self.in_flight.sent(outgoing.key, None, quality_of_service);
                } else {
                    self.application.give_back(outgoing.key);
                }
                Err(Cause::of_session(&error, self.line))
            }
        }
    }

    /// Sends the word that is to come back.
    pub(crate) async fn say_to_ourselves<S: Io>(
        &mut self,
        connection: &mut Connection<'_, '_, S>,
        word: &str,
    ) -> Result<(), Cause> {
        let publication = Publication::text(&self.settings.session.echo, word);
        let patience = self.line.patience(self.settings);
        match with_deadline(patience, connection.publish(publication)).await {
            Ok(Ok(_)) => Ok(()),
            // No room: this word does not count.
            Ok(Err(
                PubError::Payload(()) | PubError::Session(Error::NotReady | Error::Resource(_)),
            )) => {
                if let Some(echo) = &mut self.echo {
                    echo.was_not_sent();
                }
                Ok(())
            }
            Ok(Err(PubError::Session(error))) => Err(Cause::of_session(&error, self.line)),
            Err(_) => {
                connection.handle_disconnect();
                Err(Cause::Silent)
            }
        }
    }

    /// Says for ourselves what the will would say, cleans up, then takes leave, so that the broker need not. Whether leave was taken: then the
    /// broker closes the stream.
    pub(crate) async fn farewell<S: Io>(
        &mut self,
        connection: &mut Connection<'_, '_, S>,
        ended: &Ended,
    ) -> bool {
        let longest = match ended {
            Ended::Outdated => CLEANING_TIMEOUT,
            _ => FAREWELL_TIMEOUT,
        };
        let last_words = async {
            if let Some(will) = self.say_will(connection).await? {
                while connection.is_pending(&will) {
                    self.progress(connection).await?;
                }
            }
            self.send_farewells(connection).await?;
            while !self.in_flight.is_empty() {
                self.progress(connection).await?;
            }
            let disconnected = connection.disconnect().await;
            Ok::<bool, Cause>(disconnected.is_ok())
        };
        // Without it the will says the same, some time later.
        matches!(with_timeout(longest, last_words).await, Ok(Ok(true)))
    }

    /// Publishes the will's payload as soon as there is room for it.
    async fn say_will<S: Io>(
        &mut self,
        connection: &mut Connection<'_, '_, S>,
    ) -> Result<Option<Op>, Cause> {
        let will = &self.settings.session.will;
        loop {
            if !self.in_flight.is_closed() && connection.can_publish(QoS::AtLeastOnce) {
                let message = Publication::text(&will.topic, will.payload)
                    .qos(QoS::AtLeastOnce)
                    .retain();
                match connection.publish(message).await {
                    Ok(operation) => return Ok(operation),
                    Err(PubError::Session(Error::Resource(_)))
                        if !connection.session().is_publish_quiescent() => {}
                    Err(PubError::Payload(())) => return Err(Cause::Settings),
                    Err(PubError::Session(error)) => {
                        return Err(Cause::of_session(&error, self.line));
                    }
                }
            }
            self.progress(connection).await?;
        }
    }
}
