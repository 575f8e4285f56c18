//! A probe, by its readings.

use crate::action::ProbeState;
use crate::random::Random;
use dimmer::safety::ProbeFault;

#[derive(Debug)]
pub(super) struct Probe {
    pub(super) state: ProbeState,
    /// What is there to be measured.
    pub(super) measures_millicelsius: f64,
    /// When it is read next, true time in microseconds.
    pub(super) at_us: u64,
    last: Option<i32>,
}

impl Probe {
    pub(super) fn new(measures_millicelsius: f64) -> Self {
        Self {
            state: ProbeState::Back,
            measures_millicelsius,
            at_us: 0,
            last: None,
        }
    }

    /// A reading; `None` if nothing is heard.
    pub(super) fn read(
        &mut self,
        now_us: u64,
        every_us: u64,
        random: &mut Random,
    ) -> Option<Result<i32, ProbeFault>> {
        let times = match self.state {
            ProbeState::Slow(times) => u64::from(times.max(1)),
            _ => 1,
        };
        self.at_us = now_us + every_us * times;
        let measured = whole(self.measures_millicelsius);
        let reading = match self.state {
            ProbeState::Silent => return None,
            ProbeState::Failing(fault) => Err(fault),
            ProbeState::Says(value) => Ok(value),
            ProbeState::Off(by) => Ok(measured.saturating_add(by)),
            ProbeState::Frozen => Ok(self.last.unwrap_or(measured)),
            ProbeState::Noisy(percent) if random.between(1, 100) <= percent.into() => {
                Err(ProbeFault::Checksum)
            }
            ProbeState::Back | ProbeState::Slow(_) | ProbeState::Noisy(_) => Ok(measured),
        };
        self.last = reading.ok().or(self.last);
        Some(reading)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a cast from a float ends at the ends of the integer"
)]
fn whole(millicelsius: f64) -> i32 {
    millicelsius.round() as i32
}
