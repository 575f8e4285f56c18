//! Somebody else's design: no dimmer at all, but a relay that runs a swimming-pool pump when the sun gives enough for it.
//!
//! It takes two crates and nothing else of the project: `dimmer-pool` for the threshold with its hysteresis, `dimmer-safety` for
//! the rule that silence is off. There is no probe in a pump, and its mains needs no zero crossing, so it says so.
//!
//! `cargo run -p threshold-relay`

use dimmer_pool::{Setpoint, Thresholds};
use dimmer_safety::{Instant, ProbeUse, Safety, Source};

/// Runs the pump from 80 % of the common setpoint on, and lets it stop only below 70 %.
struct PumpRelay {
    member: Thresholds,
    safety: Safety,
}

impl PumpRelay {
    fn new(now: Instant) -> Self {
        let threshold = dimmer_pool::Settings {
            start_centipercent: 7_000,
            start_hysteresis_centipercent: 1_000,
            ..dimmer_pool::Settings::default()
        };
        let rules = dimmer_safety::Settings {
            water_probe: ProbeUse::Absent,
            setpoint_maximum_age_s: 30,
            ..dimmer_safety::Settings::default()
        };
        Self {
            member: Thresholds::new(threshold, 1_000),
            safety: Safety::new(rules, now),
        }
    }

    fn setpoint(&mut self, now: Instant, percent: i32) -> bool {
        let share = self.member.share(Setpoint::Centipercent(percent * 100));
        self.safety
            .wish(now, Source::Setpoint, share.centipercent());
        self.is_on(now)
    }

    fn is_on(&mut self, now: Instant) -> bool {
        self.safety.mains(now, true);
        !self.safety.decide(now).permit().is_off()
    }
}

fn main() {
    let at = |seconds: u64| Instant::from_ticks(seconds * 1_000_000);
    let mut relay = PumpRelay::new(at(0));
    println!("time  setpoint  pump");
    for (second, percent) in [(0, 60), (10, 75), (20, 85), (30, 75), (40, 69), (50, 90)] {
        let pump = if relay.setpoint(at(second), percent) {
            "on"
        } else {
            "off"
        };
        println!("{second:3} s  {percent:5} %  {pump}");
    }
    let pump = if relay.is_on(at(80)) { "on" } else { "off" };
    println!(" 80 s  silence  {pump}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pump_follows_the_sun_with_hysteresis_and_stops_when_nobody_speaks() {
        let at = |seconds: u64| Instant::from_ticks(seconds * 1_000_000);
        let mut relay = PumpRelay::new(at(0));
        let on = [(0, 60), (10, 75), (20, 85), (30, 75), (40, 69), (50, 90)]
            .map(|(second, percent)| relay.setpoint(at(second), percent));
        assert_eq!(on, [false, false, true, true, false, true]);
        assert!(relay.is_on(at(79)));
        assert!(!relay.is_on(at(80)));
    }
}
