//! What goes out over MQTT, as the broker keeps it, and whether it is true.

use super::{Checked, PUBLISHED_WITHIN_US, World};
use dimmer::topics::{Message, PAYLOAD_CAPACITY};
use dimmer::{Instant, Overview, Sending};

impl World<'_> {
    /// What has been so for long is also what the broker has.
    pub(super) fn is_told(&self, overview: &Overview) -> Checked {
        let told = |since_us: u64, message, expected: &str| {
            let seen = self.published.iter().find(|(other, _)| *other == message);
            let seen = seen.map_or(&b""[..], |(_, payload)| payload);
            if self.now_us - since_us < PUBLISHED_WITHIN_US || seen == expected.as_bytes() {
                return Ok(());
            }
            let seen = String::from_utf8_lossy(seen);
            Err((
                "I6",
                format!("{message:?} is {expected} for long, and `{seen}` is published"),
            ))
        };
        if !self.broker || self.online_at_us.is_some() || self.published.is_empty() {
            return Ok(());
        }
        told(self.reason.0, Message::Reason, overview.reason.as_str())?;
        let applied = f64::from(overview.applied_centipercent) / 100.0;
        told(self.applied.0, Message::Applied, &applied.to_string())?;
        if self.now_us - self.alarms.0 < PUBLISHED_WITHIN_US {
            return Ok(());
        }
        let seen = self
            .published
            .iter()
            .find(|(other, _)| *other == Message::Alarm);
        alarms_are_true(seen.map_or(&b""[..], |(_, payload)| payload), overview)
    }

    /// The session takes what waits, and the broker keeps it.
    pub(super) fn send(&mut self) -> Checked {
        let now = self.device();
        let mut buffer = [0; PAYLOAD_CAPACITY];
        while let Some(sending) = self.dimmer.take() {
            let rendered = self.dimmer.render(sending, now, &mut buffer);
            let payload = rendered.ok().and_then(|length| buffer.get(..length));
            let Some(payload) = payload else {
                return Err(("I6", format!("{sending:?} cannot be written")));
            };
            let Sending::Say(message) = sending else {
                continue;
            };
            self.is_true(message, payload, now)?;
            match self
                .published
                .iter_mut()
                .find(|(other, _)| *other == message)
            {
                Some((_, kept)) => payload.clone_into(kept),
                None => self.published.push((message, payload.to_vec())),
            }
        }
        Ok(())
    }

    /// What is published as applied is what was fed.
    fn is_true(&self, message: Message, payload: &[u8], now: Instant) -> Checked {
        let applied = self.oracle.applied_centipercent(now.as_ticks());
        let percent = f64::from(applied) / 100.0;
        let text = String::from_utf8_lossy(payload);
        if message == Message::Alarm {
            return alarms_are_true(payload, &self.dimmer.overview(now));
        }
        let well = match message {
            Message::Applied => text == percent.to_string(),
            Message::Watts => text == self.oracle.applied_watts(now.as_ticks()).to_string(),
            Message::State => {
                let reason = self.dimmer.overview(now).reason;
                text.contains(&format!("\"applied\":{percent},"))
                    && text.contains(&format!("\"reason\":\"{reason}\""))
            }
            _ => true,
        };
        if well {
            Ok(())
        } else {
            Err((
                "I6",
                format!("{message:?} says {text}, and {percent} % are fed"),
            ))
        }
    }
}

/// Whether this is what stands: its level, and each alarm by name, but for those that there was no room for.
fn alarms_are_true(payload: &[u8], overview: &Overview) -> Checked {
    let wrong = |what: &str| {
        let text = String::from_utf8_lossy(payload);
        let stand = (overview.critical, overview.warnings);
        Err(("I11", format!("{what}: {text}, and {stand:?} stand")))
    };
    let Ok(said) = serde_json::from_slice::<serde_json::Value>(payload) else {
        return wrong("no JSON");
    };
    let others = said.get("others").and_then(|others| others.as_array());
    let alarms = others.into_iter().flatten().chain([&said]);
    let mut names = Vec::new();
    for alarm in alarms.filter(|alarm| alarm.get("alarm").is_some()) {
        let text = |key| alarm.get(key).and_then(|value| value.as_str());
        let set = match text("level") {
            Some("critical") => overview.critical,
            Some("warning") => overview.warnings,
            _ => return wrong("another level"),
        };
        if !set.iter().any(|kind| Some(kind.as_str()) == text("alarm")) {
            return wrong("an alarm that does not stand so");
        }
        names.push(text("alarm"));
    }
    names.sort_unstable();
    names.dedup();
    let stand = overview
        .critical
        .iter()
        .chain(overview.warnings.iter())
        .count();
    let omitted = said.get("omitted").and_then(serde_json::Value::as_u64);
    let said_of = u64::try_from(names.len())
        .unwrap_or(u64::MAX)
        .saturating_add(omitted.unwrap_or(0));
    if u64::try_from(stand) == Ok(said_of) {
        Ok(())
    } else {
        wrong("another number of alarms")
    }
}
