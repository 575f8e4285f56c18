//! The settings of one session with one broker, and whether they are still those of the application.

use core::hash::{Hash, Hasher};

use minimq::{ConfigBuilder, ConfigError, QoS};

use crate::{Application, Broker, Buffers, Session, Text};

/// Below this minimq spins while it waits for the answer to a ping.
pub(crate) const KEEP_ALIVE_MINIMUM_S: u16 = 10;

/// What an attempt goes by; fixed for as long as the broker may know the session.
#[derive(Clone)]
pub(crate) struct Settings {
    /// The broker's place in the list.
    pub(crate) index: usize,
    pub(crate) broker: Broker,
    pub(crate) session: Session,
    /// Of all that the application gave at the time.
    fingerprint: u64,
}

impl Settings {
    /// What the application wants of the broker at `index` now, if there is one.
    pub(crate) fn of<A: Application>(application: &A, index: usize) -> Option<Self> {
        Some(Self {
            index,
            broker: application.broker(index)?,
            session: application.session(),
            fingerprint: fingerprint(application),
        })
    }

    /// Whether the application still wants the same.
    pub(crate) fn are_current<A: Application>(&self, application: &A) -> bool {
        fingerprint(application) == self.fingerprint
    }

    /// Waits until the application wants something else. Safe to cancel.
    pub(crate) async fn outdated<A: Application>(&self, application: &A) {
        loop {
            application.settings_changed().await;
            if !self.are_current(application) {
                return;
            }
        }
    }

    /// The name by which the broker knows this client.
    pub(crate) fn client_id(&self) -> &str {
        client_id(&self.broker, &self.session)
    }

    pub(crate) fn keep_alive_s(&self) -> u16 {
        match self.broker.keep_alive_s {
            0 => 0,
            seconds => seconds.max(KEEP_ALIVE_MINIMUM_S),
        }
    }

    /// A session's configuration in minimq's terms.
    pub(crate) fn configuration<'a>(
        &'a self,
        buffers: &'a mut Buffers,
    ) -> Result<ConfigBuilder<'a>, ConfigError> {
        let will = &self.session.will;
        let will = minimq::Will::new(&will.topic, will.payload.as_bytes(), &[])?
            .retained()
            .qos(QoS::AtLeastOnce);
        let builder = ConfigBuilder::new(minimq::Buffers::new(
            &mut buffers.receive,
            &mut buffers.transmit,
        ))
        .keepalive_interval(self.keep_alive_s())
        .session_expiry_interval(self.session.resume_within_s)
        .autodowngrade_qos()
        .will(will)?;
        greeted(builder, &self.broker, self.client_id())
    }
}

/// The name by which `broker` is to know this client.
pub(crate) fn client_id<'a>(broker: &'a Broker, session: &'a Session) -> &'a str {
    let own: &Text<_> = if broker.client_id.is_empty() {
        &session.client_id
    } else {
        &broker.client_id
    };
    own
}

/// Adds who we are.
pub(crate) fn greeted<'a>(
    builder: ConfigBuilder<'a>,
    broker: &'a Broker,
    client_id: &str,
) -> Result<ConfigBuilder<'a>, ConfigError> {
    let builder = builder.client_id(client_id)?;
    if broker.username.is_empty() {
        Ok(builder)
    } else {
        builder.auth(&broker.username, broker.password.as_bytes())
    }
}

/// How many brokers there are.
pub(crate) fn brokers<A: Application>(application: &A) -> usize {
    (0..usize::from(u8::MAX))
        .take_while(|index| application.broker(*index).is_some())
        .count()
}

/// One number for all that a session depends on, so that the whole list need not be kept to be compared.
fn fingerprint<A: Application>(application: &A) -> u64 {
    let mut hasher = Fnv::new();
    application.session().hash(&mut hasher);
    for index in 0..brokers(application) {
        application.broker(index).hash(&mut hasher);
    }
    let mut index = 0;
    while let Some(subscription) = application.subscription(index) {
        subscription.hash(&mut hasher);
        index += 1;
    }
    hasher.finish()
}

impl Broker {
    /// One number for all that is set of this broker, so that it need not be kept to be known again.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        let mut hasher = Fnv::new();
        self.hash(&mut hasher);
        hasher.finish()
    }
}

/// FNV-1a, 64 bits (draft-eastlake-fnv): no secret hangs on it, and two settings of one person do not collide.
struct Fnv(u64);

impl Fnv {
    const fn new() -> Self {
        Self(0xCBF2_9CE4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3);
        }
    }
}
