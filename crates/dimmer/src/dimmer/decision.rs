//! What is permitted, and what is really fed.

use dimmer_topics::Setpoint;

use super::{Dimmer, Request};
use crate::{Duration, Instant};

/// A report of the firing path holds this long: one that nobody renews says nothing of what is applied.
const REPORT_MAXIMUM_AGE: Duration = Duration::from_ticks(1_000_000);

impl Dimmer {
    /// Asks for the one decision, and keeps what it permits.
    pub(super) fn decide(&mut self, now: Instant) {
        let decision = self.safety.decide(now);
        self.permitted = decision.permit();
        self.reason = decision.reason();
    }

    /// What is really fed, as far as the firing path still says so.
    pub(super) fn applied_centipercent(&self, now: Instant) -> u16 {
        match now.checked_duration_since(self.firing_at) {
            Some(age) if age <= REPORT_MAXIMUM_AGE => self.firing.fed.centipercent(),
            _ => 0,
        }
    }

    /// A share of the rated power, in watts.
    pub(super) fn watts(&self, centipercent: u16) -> u32 {
        let rated_watts = self.config.output.rated_watts;
        let watts = u64::from(rated_watts) * u64::from(centipercent) / 10_000;
        u32::try_from(watts).unwrap_or(rated_watts)
    }

    /// What was asked last, of this dimmer or of all.
    pub(super) fn setpoint_centipercent(&self) -> Option<i32> {
        match self.request? {
            Request::Direct(Setpoint::Centipercent(centipercent))
            | Request::Followed(Setpoint::Centipercent(centipercent)) => Some(centipercent),
            Request::Direct(Setpoint::Watts(watts)) => {
                centipercent_of(watts, self.config.output.rated_watts)
            }
            Request::Followed(Setpoint::Watts(watts)) => {
                centipercent_of(watts, self.followed_watts())
            }
        }
    }
}

fn centipercent_of(watts: i32, whole_watts: u32) -> Option<i32> {
    i32::try_from(i64::from(watts) * 10_000 / i64::from(whole_watts.max(1))).ok()
}
