//! Another configuration, while it runs.

use dimmer_config::{Config, TUNABLES, Valid};
use dimmer_safety::{Role, Source};
use dimmer_topics::{Message, SettingsError, Topics};

use super::{
    Dimmer, Identity, Request,
    inputs::{Heard, pool_setpoint},
    publishing::{device, topics_role},
};
use crate::{Duration, Effects, Health, Instant, health::Told};

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

    /// Whether [`configure`](Self::configure) would take this configuration. Without any effect: a caller that keeps what it configures asks
    /// here first, keeps, and configures then, which cannot fail any more.
    ///
    /// # Errors
    /// As [`configure`](Self::configure).
    pub fn would_take(&self, config: &Valid) -> Result<(), SettingsError> {
        topics(self.identity, config, self.told).map(drop)
    }

    /// Takes another configuration; decides nothing.
    pub(super) fn take_over(&mut self, now: Instant, config: Valid) -> Result<(), SettingsError> {
        let topics = topics(self.identity, &config, self.told)?;
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

    /// The board says how it fares: what it never said before gets topics of its own.
    pub(super) fn fares(&mut self, now: Instant, health: &Health) {
        let told = self.told.and(health);
        if told != self.told {
            self.told = told;
            // Nothing else has changed, so they fit as before.
            if let Ok(topics) = topics(self.identity, &self.config, told) {
                self.change_topics(now, topics, false);
            }
        }
        let alert = health.alert(&self.health);
        self.health.clone_from(health);
        if self.health.is_news(&self.told_health) {
            self.told_health.clone_from(&self.health);
            for message in [
                Message::State,
                Message::FreeMemory,
                Message::FreeStack,
                Message::SignalStrength,
                Message::ResetReason,
                Message::LastWords,
            ] {
                self.outbox.changed(message);
            }
        }
        if let Some(reason) = alert {
            self.note_start(now, reason);
        }
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

/// Where a temperature comes from: a probe of the dimmer's own, which one, and the topic.
fn source(config: &Config, role: Role) -> (bool, &str, &dimmer_topics::Source) {
    let topic = config.topics.temperature.source(topics_role(role));
    let probes = &config.probes;
    (probes.has(role), probes.address(role), topic)
}

/// The topics of a dimmer, if they fit its identity and its description can be told.
pub(super) fn topics(
    identity: Identity,
    config: &Config,
    told: Told,
) -> Result<Topics, SettingsError> {
    device(&identity, config)?;
    let mut topics = told.with(Topics::new(&config.topics, identity.id)?);
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
