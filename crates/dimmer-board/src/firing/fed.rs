//! What the gate was fed: when it is up, and what is still to come.

use dimmer_app::dimmer::{
    Duration, Instant,
    phase::{HalfCycle, Slot},
};

/// One and a half half-cycles are fed ahead: beside the one that goes on there are two that wait.
const FED_AT_ONCE: usize = 3;

/// So near to a pulse it may be up: for the time that it takes to park, and for a gate that is not quite at its plan. Less than the 20 µs before a pulse at which it is known
/// at the latest whether the marks of the mains let it be fired.
const NEAR: Duration = Duration::from_ticks(10);

/// From a gate's rise to its fall.
type Pulse = (Instant, Instant);

/// A half-cycle that was fed.
#[derive(Debug, Clone, Copy)]
struct HalfCyclePulses<const OUTPUTS: usize> {
    start: Instant,
    pulses: [Option<Pulse>; OUTPUTS],
}

/// The half-cycles that were fed last.
#[derive(Debug)]
pub(super) struct Fed<const OUTPUTS: usize>([Option<HalfCyclePulses<OUTPUTS>>; FED_AT_ONCE]);

impl<const OUTPUTS: usize> Fed<OUTPUTS> {
    /// Nothing was fed.
    pub(super) const fn nothing() -> Self {
        Self([None; FED_AT_ONCE])
    }

    /// This one was fed.
    pub(super) fn note(&mut self, half_cycle: &HalfCycle<OUTPUTS>) {
        self.0.rotate_left(1);
        if let Some(last) = self.0.last_mut() {
            let pulses = half_cycle.slots.map(|slot| match slot {
                Slot::Fire { delay, width } => {
                    let on = half_cycle.start.checked_add_duration(delay)?;
                    Some((on, on.checked_add_duration(width)?))
                }
                Slot::Skip => None,
            });
            *last = Some(HalfCyclePulses {
                start: half_cycle.start,
                pulses,
            });
        }
    }

    /// How many have not begun: as many are lost when the gate is parked now.
    pub(super) fn ahead(&self, now: Instant) -> u32 {
        let waiting = self.0.iter().flatten();
        let waiting = waiting.filter(|half_cycle| half_cycle.start > now);
        waiting.fold(0, |count, _| count + 1)
    }

    /// When no gate is up any more, if one is, or rises in [`NEAR`]: the end of the pulse, and of those of other outputs that begin within it.
    pub(super) fn up_until(&self, now: Instant) -> Option<Instant> {
        let mut until = None;
        while let Some(end) = self.up_at(until.unwrap_or(now)) {
            until = Some(end);
        }
        until
    }

    /// The end of the pulses that are up at this moment.
    fn up_at(&self, at: Instant) -> Option<Instant> {
        let half_cycles = self.0.iter().flatten();
        let pulses = half_cycles.flat_map(|half_cycle| half_cycle.pulses.iter().flatten());
        let ends = pulses.filter_map(|&(on, off)| {
            let end = off.checked_add_duration(NEAR)?;
            let has_begun = at.checked_add_duration(NEAR)? >= on;
            (has_begun && at < end).then_some(end)
        });
        ends.max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dimmer_app::dimmer::phase::{Level, Polarity};

    const fn at(microseconds: u64) -> Instant {
        Instant::from_ticks(microseconds)
    }

    fn half_cycle(start: u64, delays: [Option<u64>; 2]) -> HalfCycle<2> {
        HalfCycle {
            start: at(start),
            half_period: Duration::from_ticks(10_000),
            polarity: Polarity::Positive,
            levels: [Level::FULL; 2],
            slots: delays.map(|delay| match delay {
                Some(delay) => Slot::Fire {
                    delay: Duration::from_ticks(delay),
                    width: Duration::from_ticks(100),
                },
                None => Slot::Skip,
            }),
        }
    }

    #[test]
    fn a_pulse_is_up_from_shortly_before_its_rise_to_shortly_after_its_fall() {
        let mut fed = Fed::nothing();
        assert_eq!(fed.up_until(at(15_000)), None, "nothing was fed");
        fed.note(&half_cycle(10_000, [None, Some(5_000)]));
        for (now, end) in [
            (14_989, None),
            (14_990, Some(at(15_110))),
            (15_109, Some(at(15_110))),
            (15_110, None),
        ] {
            assert_eq!(fed.up_until(at(now)), end, "at {now} us");
        }
    }

    #[test]
    fn outputs_whose_pulses_overlap_are_waited_for_together_and_others_are_not() {
        let mut fed = Fed::nothing();
        fed.note(&half_cycle(10_000, [Some(3_000), Some(3_050)]));
        assert_eq!(fed.up_until(at(13_010)), Some(at(13_160)));
        fed.note(&half_cycle(20_000, [Some(3_000), Some(8_000)]));
        assert_eq!(fed.up_until(at(23_010)), Some(at(23_110)));
        assert_eq!(fed.up_until(at(25_000)), None, "between the two");
    }

    #[test]
    fn the_one_that_goes_on_is_known_when_two_more_are_fed() {
        let mut fed = Fed::nothing();
        for start in [10_000, 20_000, 30_000] {
            fed.note(&half_cycle(start, [Some(9_000); 2]));
        }
        for start in [10_000, 20_000, 30_000] {
            assert_eq!(fed.up_until(at(start + 9_050)), Some(at(start + 9_110)));
        }
        fed.note(&half_cycle(40_000, [None; 2]));
        assert_eq!(fed.up_until(at(19_050)), None, "it is long over");
    }

    #[test]
    fn those_that_have_not_begun_are_ahead_with_pulses_or_without() {
        let mut fed = Fed::nothing();
        assert_eq!(fed.ahead(at(0)), 0);
        fed.note(&half_cycle(10_000, [Some(9_000); 2]));
        fed.note(&half_cycle(20_000, [None; 2]));
        for (now, ahead) in [(0, 2), (9_999, 2), (10_000, 1), (20_000, 0)] {
            assert_eq!(fed.ahead(at(now)), ahead, "at {now} us");
        }
    }
}
