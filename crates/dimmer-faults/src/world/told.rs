//! What goes out over MQTT, as the broker keeps it, and whether it is true.

use super::{Checked, PUBLISHED_WITHIN_US, World};
use dimmer::topics::{Message, PAYLOAD_CAPACITY};
use dimmer::{Instant, Overview};

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
        told(self.applied.0, Message::Applied, &applied.to_string())
    }

    /// The session takes what waits, and the broker keeps it.
    pub(super) fn send(&mut self) -> Checked {
        let now = self.device();
        let mut buffer = [0; PAYLOAD_CAPACITY];
        while let Some(message) = self.dimmer.take() {
            let rendered = self.dimmer.render(message, now, &mut buffer);
            let payload = rendered.ok().and_then(|length| buffer.get(..length));
            let Some(payload) = payload else {
                return Err(("I6", format!("{message:?} cannot be written")));
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
