//! Another configuration, while it runs.

use dimmer_config::{Config, TUNABLES, Valid};
use dimmer_safety::{Role, Source};
use dimmer_topics::{Message, SettingsError, Topics};

use super::{
    Dimmer, Identity, Request,
    inputs::{Heard, pool_setpoint},
    publishing::{device, topics_role},
};
use crate::{Duration, Effects, Instant};

impl Dimmer {
    /// Takes another configuration, live: no input gets fresher by it, no alarm is reset, and a setpoint holds as long as it would have,
    /// with the share of it that the new settings give.
    ///
    /// A temperature that comes from another source than before is awaited anew, and so is a setpoint whose topic is followed no longer.
    /// [`Config::mains`] is for the firing path, which the caller tells; and where the broker or the topics changed, the caller begins a
    /// new session.
    ///
    /// # Errors
    /// As [`Dimmer::new`]; nothing changes then.
    pub fn configure(&mut self, now: Instant, config: Valid) -> Result<Effects, SettingsError> {
        self.take_over(now, config)?;
        Ok(self.react(now, Heard::NOTHING))
    }

    /// Takes another configuration; decides nothing.
    pub(super) fn take_over(&mut self, now: Instant, config: Valid) -> Result<(), SettingsError> {
        let topics = topics(self.identity, &config)?;
        let before = core::mem::replace(&mut self.config, config);
        self.change_topics(now, topics, before.name != self.config.name);
        for role in Role::ALL {
            if source(&before, role) != source(&self.config, role) {
                self.safety.source_changed(now, role);
                if role == Role::Water {
                    self.own_water = None;
                }
            }
        }
        self.safety.set_settings(now, self.config.safety);
        self.member.set_settings(now, self.config.pool);
        self.member.set_rated_watts(self.config.output.rated_watts);
        self.ask_again(now, &before);
        // Its sentences may be in another language, and its limits are others.
        self.outbox.changed(Message::Alarm);
        self.outbox.changed(Message::State);
        Ok(())
    }

    /// Speaks on other topics from now on: of those of before, what nobody would take back is taken off the broker first.
    fn change_topics(&mut self, now: Instant, topics: Topics, renamed: bool) {
        let tells_totals = self.tells_totals(now);
        let old = core::mem::replace(&mut self.topics, topics);
        let changed = old != self.topics;
        if changed {
            let is_elsewhere = old.of(Message::PoolMember) != self.topics.of(Message::PoolMember);
            self.outbox.leave(old, tells_totals, &self.topics);
            if is_elsewhere {
                self.change_pool(now);
            }
        }
        self.outbox.reconfigured(
            now,
            heartbeat(&self.config),
            self.topics.obsolete(),
            changed || renamed,
        );
    }

    /// What was asked last is another share by the new settings, or nothing any more.
    fn ask_again(&mut self, now: Instant, before: &Config) {
        match self.request {
            Some(Request::Followed(_)) if before.topics.follow != self.config.topics.follow => {
                self.request = None;
                self.forget_followed();
                self.safety.withdraw(now, Source::Setpoint);
            }
            Some(Request::Direct(setpoint)) => {
                let share = self.member.direct(pool_setpoint(setpoint));
                self.safety
                    .amend(now, Source::Setpoint, share.centipercent());
            }
            // The pool gives another share of it with the next decision.
            Some(Request::Followed(_)) | None => {}
        }
    }
}

/// Where a temperature comes from: a probe of the dimmer's own, and the topic.
fn source(config: &Config, role: Role) -> (bool, &dimmer_topics::Source) {
    let topic = config.topics.temperature.source(topics_role(role));
    (config.probes.has(role), topic)
}

/// The topics of a dimmer, if they fit its identity and its description can be told.
pub(super) fn topics(identity: Identity, config: &Config) -> Result<Topics, SettingsError> {
    device(&identity, config)?;
    let mut topics = Topics::new(&config.topics, identity.id)?;
    for role in Role::ALL {
        if config.probes.has(role) {
            topics = topics.with_probe(topics_role(role));
        }
    }
    if config.pool.sharing.is_shared() {
        topics = topics.with_pool();
    }
    topics.with_tunables(&TUNABLES)
}

/// How often everything is said again.
pub(super) fn heartbeat(config: &Config) -> Duration {
    Duration::from_ticks(u64::from(config.topics.interval_s) * 1_000_000)
}
