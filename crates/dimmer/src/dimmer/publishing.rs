//! What is told: the state as it stands, and which messages a change of it is worth.

use dimmer_config::Config;
use dimmer_safety::{AlarmEvent, AlarmLevel, Reason, Role};
use dimmer_topics::{
    Device, DomoticzDevice, JeedomValue, LogLevel, LogLine, Message, ProbeCounts, SettingsError,
    State, Status, Subject, TUNABLES_CAPACITY,
};

use super::{About, Dimmer, Identity};
use crate::{Incident, Instant, LinkFault, PoolTrouble, ResetReason};

/// A reading that moved less than this is not news, millicelsius.
const TEMPERATURE_STEP_MILLICELSIUS: u32 = 100;
/// A frequency that moved less than this is not news, millihertz.
const FREQUENCY_STEP_MILLIHERTZ: u32 = 20;

impl Dimmer {
    /// Marks the messages whose value changed.
    pub(super) fn announce(&mut self, now: Instant) {
        if self.alarms.update(&self.safety, self.uptime_s(now)) {
            // Its level stands in the state, too.
            for message in [
                Message::Alarm,
                Message::Status,
                Message::State,
                Message::Domoticz(DomoticzDevice::Alarm),
                Message::Jeedom(JeedomValue::Alarm),
            ] {
                self.outbox.changed(message);
            }
        }
        let before = self.announced;
        let mut news = self.state(now);
        for (new, old) in [
            (&mut news.water_millicelsius, before.water_millicelsius),
            (
                &mut news.heat_sink_millicelsius,
                before.heat_sink_millicelsius,
            ),
            (&mut news.room_millicelsius, before.room_millicelsius),
        ] {
            if near(
                new.map(i64::from),
                old.map(i64::from),
                TEMPERATURE_STEP_MILLICELSIUS,
            ) {
                *new = old;
            }
        }
        if near(
            news.mains_frequency_millihertz.map(i64::from),
            before.mains_frequency_millihertz.map(i64::from),
            FREQUENCY_STEP_MILLIHERTZ,
        ) {
            news.mains_frequency_millihertz = before.mains_frequency_millihertz;
        }
        let mut is_news = news.mains_state != before.mains_state
            || news.messages_refused != before.messages_refused;
        for (changed, messages) in differences(&before, &news) {
            if changed {
                is_news = true;
                for message in messages {
                    self.outbox.changed(*message);
                }
            }
        }
        for (index, (new, old)) in (0..).zip(news.tunables.iter().zip(before.tunables)) {
            if *new != old {
                is_news = true;
                self.outbox.changed(Message::Tunable(index));
            }
        }
        if is_news {
            self.outbox.changed(Message::State);
            self.announced = news;
        }
    }

    /// A line of the log for whoever is not there to read it.
    pub(super) fn note(&mut self, now: Instant, incident: &Incident) {
        let (level, text, about) = match incident {
            // Of these not each has a line: see `member_heard`.
            Incident::Refused(refusal) if refusal.subject() == Subject::PoolMember => return,
            Incident::Refused(refusal) => {
                (LogLevel::Warning, refusal.text(), refusal.conflict_with())
            }
            Incident::Exceeded(exceeded) => {
                let text = exceeded.text(self.config.language.into());
                (LogLevel::Warning, text, None)
            }
            Incident::Alarm(change)
                if matches!(change.event, AlarmEvent::Raised | AlarmEvent::Escalated) =>
            {
                let level = match change.level {
                    AlarmLevel::Critical => LogLevel::Error,
                    _ => LogLevel::Warning,
                };
                (level, change.kind.text(self.config.language.into()), None)
            }
            Incident::Pool(trouble) => return self.note_trouble(now, *trouble),
            _ => return,
        };
        self.log_line(now, level, text, about);
    }

    /// `about`: what follows the sentence, after a colon.
    pub(super) fn log_line(
        &mut self,
        now: Instant,
        level: LogLevel,
        text: &'static str,
        about: Option<&'static str>,
    ) {
        self.push_line(now, level, text, about.map(About::Text));
    }

    /// The board started for a reason that nobody wanted, or the program had ended with words.
    pub(super) fn note_start(&mut self, now: Instant, reason: ResetReason) {
        let words = self.health.has_words().then_some(About::LastWords);
        self.push_line(now, LogLevel::Warning, reason.text(), words);
    }

    fn push_line(
        &mut self,
        now: Instant,
        level: LogLevel,
        text: &'static str,
        about: Option<About>,
    ) {
        let uptime_s = self.uptime_s(now);
        let line = LogLine {
            level,
            text,
            uptime_s,
        };
        self.log.push((line, about));
        self.outbox.urgent(Message::Log);
    }

    /// Seconds since the start.
    pub(super) fn uptime_s(&self, now: Instant) -> u32 {
        let uptime = now.checked_duration_since(self.started);
        let seconds = uptime.map_or(0, |uptime| uptime.as_ticks() / 1_000_000);
        u32::try_from(seconds).unwrap_or(u32::MAX)
    }

    /// What is told of it now, on MQTT and by a page.
    #[must_use]
    pub fn state(&self, now: Instant) -> State {
        let rated_watts = self.config.output.rated_watts;
        let applied_centipercent = self.applied_centipercent(now);
        let mut tunables = [None; TUNABLES_CAPACITY];
        for (place, value) in tunables.iter_mut().zip(self.config.tunables()) {
            *place = Some(value);
        }
        State {
            setpoint_centipercent: self.setpoint_centipercent(),
            permitted_centipercent: Some(self.permitted.centipercent()),
            applied_centipercent,
            watts: self.watts(applied_centipercent),
            rated_watts,
            energy_watt_hours: Some(u32::try_from(self.energy.watt_hours()).unwrap_or(u32::MAX)),
            water_millicelsius: self.safety.millicelsius(now, Role::Water),
            heat_sink_millicelsius: self.safety.millicelsius(now, Role::HeatSink),
            room_millicelsius: self.safety.millicelsius(now, Role::Room),
            water_limit_millicelsius: Some(self.config.safety.water_limit_millicelsius),
            water_resume_millicelsius: Some(self.config.safety.water_resume_millicelsius),
            maximum_centipercent: Some(self.config.safety.maximum_centipercent),
            is_switched_on: Some(self.safety.is_switched_on()),
            boost_minutes: self.boost.minutes(now),
            reason: self.reason.as_str(),
            alarms: self.alarms.state(self.config.language.into()),
            mains_state: self.firing.mains.state.as_str(),
            mains_frequency_millihertz: self.firing.mains.frequency_millihertz,
            mains_missed: self.firing.mains.missed,
            mains_rejected: self.firing.mains.rejected,
            probes: Some(self.probe_counts()),
            uptime_s: self.uptime_s(now),
            free_memory_bytes: self.health.free_memory_bytes,
            free_stack_bytes: self.health.least_free_stack_bytes,
            signal_dbm: self.health.signal_dbm,
            reset_reason: self.health.reset_reason.map(ResetReason::as_str),
            messages_received: self.counters.received,
            messages_sent: self.counters.sent,
            messages_refused: self.counters.refused,
            last_refusal: self.counters.last_refusal,
            broker: self.outbox.broker(),
            status: Status {
                synced_at_s: self.outbox.announced_at().map(|at| self.uptime_s(at)),
                errors: [
                    self.link_fault.map(LinkFault::as_str),
                    PoolTrouble::of(&self.assignment).map(PoolTrouble::as_str),
                    None,
                    None,
                ],
                ..Status::NONE
            },
            log: self.log.current().map(|(line, _)| line),
            answer: self.answers.current(),
            pool_member: self.pool_member,
            pool_totals: self.pool_totals,
            tunables,
        }
    }

    /// Of all own probes together.
    fn probe_counts(&self) -> ProbeCounts {
        let mut sum = ProbeCounts::default();
        for counts in self.probes {
            sum.readings = sum.readings.saturating_add(counts.readings);
            sum.failed = sum.failed.saturating_add(counts.failed);
            sum.rejected = sum.rejected.saturating_add(counts.rejected);
        }
        sum
    }
}

/// Which values differ, and which messages say so at once. All others wait for their round.
fn differences(old: &State, new: &State) -> [(bool, &'static [Message]); 15] {
    use DomoticzDevice as Domoticz;
    [
        (
            new.setpoint_centipercent != old.setpoint_centipercent,
            &[Message::Setpoint, Message::Jeedom(JeedomValue::Setpoint)],
        ),
        (
            new.permitted_centipercent != old.permitted_centipercent,
            &[Message::Permitted],
        ),
        (
            new.applied_centipercent != old.applied_centipercent,
            &[Message::Applied, Message::Jeedom(JeedomValue::Applied)],
        ),
        (
            new.domoticz_level() != old.domoticz_level(),
            &[Message::Domoticz(Domoticz::Dimmer)],
        ),
        (
            new.watts != old.watts,
            &[
                Message::Watts,
                Message::Domoticz(Domoticz::Power),
                Message::Jeedom(JeedomValue::Power),
            ],
        ),
        (
            new.water_millicelsius != old.water_millicelsius,
            &[
                Message::WaterTemperature,
                Message::Domoticz(Domoticz::Temperature),
                Message::Jeedom(JeedomValue::Temperature),
            ],
        ),
        (
            new.heat_sink_millicelsius != old.heat_sink_millicelsius,
            &[Message::HeatSinkTemperature],
        ),
        (
            new.room_millicelsius != old.room_millicelsius,
            &[Message::RoomTemperature],
        ),
        (
            new.water_limit_millicelsius != old.water_limit_millicelsius,
            &[Message::WaterLimit],
        ),
        (
            new.water_resume_millicelsius != old.water_resume_millicelsius,
            &[Message::WaterResume],
        ),
        (
            new.maximum_centipercent != old.maximum_centipercent,
            &[Message::MaximumPower],
        ),
        (new.is_switched_on != old.is_switched_on, &[Message::Switch]),
        (new.boost_minutes != old.boost_minutes, &[Message::Boost]),
        (new.reason != old.reason, &[Message::Reason]),
        (
            new.mains_frequency_millihertz != old.mains_frequency_millihertz,
            &[Message::Frequency],
        ),
    ]
}

/// The dimmer as Home Assistant shows it.
pub(super) fn device<'a>(
    identity: &Identity,
    config: &'a Config,
) -> Result<Device<'a>, SettingsError> {
    Device::new(&config.name, identity.model, identity.version)?.with_reasons(&REASONS)
}

/// The names of all reasons.
const REASONS: [&str; Reason::ALL.len()] = {
    let mut names = [""; Reason::ALL.len()];
    let mut index = 0;
    while index < names.len() {
        #[expect(
            clippy::indexing_slicing,
            reason = "computed by the compiler, which would refuse an index out of range"
        )]
        {
            names[index] = Reason::ALL[index].as_str();
        }
        index += 1;
    }
    names
};

/// The two crates do not know each other. A role that is new to the topics would be told as the room's.
pub(super) const fn topics_role(role: Role) -> dimmer_topics::Role {
    match role {
        Role::Water => dimmer_topics::Role::Water,
        Role::HeatSink => dimmer_topics::Role::HeatSink,
        _ => dimmer_topics::Role::Room,
    }
}

/// Whether both are there and differ by less than `step`.
fn near(one: Option<i64>, other: Option<i64>, step: u32) -> bool {
    matches!((one, other), (Some(one), Some(other)) if one.abs_diff(other) < u64::from(step))
}
