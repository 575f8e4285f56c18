//! Messages that the broker has not acknowledged yet.

use embassy_time::{Duration, Instant};
use heapless::Vec;
use minimq::{Connection, Io, Op};

use crate::{Answer, Application, QualityOfService};

/// One less than minimq keeps, so that a question finds room when the broker acknowledges nothing.
const CAPACITY: usize = 7;
/// A broker that answers, but acknowledges nothing for so long, never will: MQTT sends again only after a new connection.
const UNANSWERED: Duration = Duration::from_secs(30);

struct Entry<Key> {
    key: Key,
    /// minimq's handle. It was lost when the line failed in the middle of handing the message over.
    operation: Option<Op>,
    quality_of_service: QualityOfService,
    /// Sent on an earlier connection, and again on this one.
    again: bool,
}

/// What was handed to minimq at QoS 1 or 2 and is not settled, oldest first. It outlives a connection as minimq's session does.
pub(crate) struct InFlight<Key> {
    entries: Vec<Entry<Key>, CAPACITY>,
    /// When the last one was settled, or the first one sent.
    progress: Instant,
}

impl<Key> InFlight<Key> {
    pub(crate) fn new() -> Self {
        Self {
            entries: Vec::new(),
            progress: Instant::now(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether nothing more may be sent at QoS 1 or 2 until some of it is acknowledged, whatever minimq says:
    /// - minimq takes the first half of QoS 2's handshake for the whole when it counts what the broker still takes (its receive
    ///   maximum, MQTT 5, section 4.9), and does not count at all what it sends again on a new connection;
    /// - a message whose handle was lost is known to be settled when minimq has nothing left.
    pub(crate) fn is_closed(&self) -> bool {
        self.entries.is_full()
            || self.entries.iter().any(|entry| {
                entry.again
                    || entry.operation.is_none()
                    || entry.quality_of_service == QualityOfService::ExactlyOnce
            })
    }

    /// When the broker counts as one that acknowledges nothing.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        (!self.is_empty()).then(|| self.progress + UNANSWERED)
    }

    pub(crate) fn sent(
        &mut self,
        key: Key,
        operation: Option<Op>,
        quality_of_service: QualityOfService,
    ) {
        if self.is_empty() {
            self.progress = Instant::now();
        }
        let entry = Entry {
            key,
            operation,
            quality_of_service,
            again: false,
        };
        // There is room: `is_closed` was asked.
        let _ = self.entries.push(entry);
    }

    /// A new connection. If the broker still knows the session, minimq sends everything again; otherwise nobody will, and it goes
    /// back to the application.
    pub(crate) fn connected<A: Application<Key = Key>>(&mut self, resumed: bool, application: &A) {
        self.progress = Instant::now();
        if resumed {
            for entry in &mut self.entries {
                entry.again = true;
            }
        } else {
            self.give_back(application);
        }
    }

    /// Tells the application what is settled. `refused` is the reason code of an answer that just came.
    pub(crate) fn settle<A: Application<Key = Key>, S: Io>(
        &mut self,
        connection: &Connection<'_, '_, S>,
        mut refused: Option<u8>,
        application: &A,
    ) {
        let mut index = 0;
        while let Some(entry) = self.entries.get(index) {
            let pending = match &entry.operation {
                Some(operation) => connection.is_pending(operation),
                None => !connection.session().is_publish_quiescent(),
            };
            if pending {
                index += 1;
                continue;
            }
            let entry = self.entries.remove(index);
            self.progress = Instant::now();
            // An answer settles one message, and each is looked at before the next one is read.
            let answer = refused.take().map_or(Answer::Taken, Answer::Refused);
            application.answered(entry.key, answer);
        }
    }

    /// Gives everything back, so that the oldest is offered first.
    pub(crate) fn give_back<A: Application<Key = Key>>(&mut self, application: &A) {
        while let Some(entry) = self.entries.pop() {
            application.give_back(entry.key);
        }
    }
}
