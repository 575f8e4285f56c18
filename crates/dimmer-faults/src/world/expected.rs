//! What a scenario says that must be seen.

use super::{Checked, ID, World, seconds_us};
use crate::scenario::Expectation;
use dimmer::phase::Level;

impl World<'_> {
    /// What a scenario says that must be seen now.
    pub(super) fn check(&self, expected: &Expectation) -> Checked {
        let at_us = seconds_us(expected.at_s);
        let until_us = expected.until_s.map_or(at_us, seconds_us);
        if !(at_us..=until_us).contains(&self.now_us) || self.is_due() {
            return Ok(());
        }
        let overview = self.dimmer.overview(self.device());
        let fed = self.hardware.fed();
        let ordered = if self.order.valid_until < self.device() {
            Level::OFF
        } else {
            self.order.level
        };
        let mut wrong = Vec::new();
        let mut expect = |what: &str, expected: &str, seen: String| {
            if expected != seen {
                wrong.push(format!("{what} is `{seen}` instead of `{expected}`"));
            }
        };
        if let Some(reason) = &expected.reason {
            expect("the reason", reason, overview.reason.to_string());
        }
        if let Some(power) = &expected.power {
            let is = |on| if on { "on" } else { "off" }.to_owned();
            expect("the power ordered", power, is(ordered > Level::OFF));
            expect("the power fed", power, is(fed > Level::OFF));
        }
        for (what, kind, set) in [
            ("warning", &expected.warning, overview.warnings),
            ("critical", &expected.critical, overview.critical),
        ] {
            if let Some(kind) = kind {
                let names: Vec<_> = set.iter().map(|kind| kind.as_str()).collect();
                expect(what, kind, names.join(" "));
            }
        }
        if let Some(maximum) = expected.maximum_percent {
            let most = ordered.max(fed).centipercent();
            if f64::from(most) / 100.0 > maximum {
                wrong.push(format!("{most} centipercent are more than {maximum} %"));
            }
        }
        for (topic, payload) in &expected.published {
            let full = format!("solar-dimmer/{ID}/{topic}");
            let seen = self
                .published
                .iter()
                .find(|(message, _)| self.dimmer.topics().of(*message).as_str() == full)
                .map(|(_, payload)| String::from_utf8_lossy(payload).into_owned());
            if seen.as_deref() != Some(payload) {
                wrong.push(format!("{topic} is {seen:?} instead of `{payload}`"));
            }
        }
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(("E", wrong.join("; ")))
        }
    }
}
