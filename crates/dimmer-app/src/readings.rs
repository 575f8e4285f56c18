//! The temperatures of this dimmer's own probes, read again and again.

use dimmer::{
    Event,
    safety::{ProbeFault, Role},
    topics::ProbeCounts,
};
use dimmer_probe::{ProbeError, TemperatureProbe};
use embassy_time::{Duration, Instant, Timer};

use crate::{App, Observer, probe_search::choice};

/// From the start of one reading to the start of the next. Water moves slowly; a heater's surface
/// does not, and a reading that fails is to be tried again long before the last one is too old.
const PERIOD: Duration = Duration::from_secs(2);
/// From the end of one to the start of the next at least.
const BREATH: Duration = Duration::from_millis(50);

pub(crate) async fn run<O: Observer>(
    app: &App<'_, O>,
    role: Role,
    probe: &mut impl TemperatureProbe,
) -> ! {
    let chosen = || app.with(|dimmer| choice(&dimmer.config().probes, role));
    loop {
        let next = Instant::now() + PERIOD;
        let before = chosen();
        probe.choose(before);
        app.probes.set_in_use(role, probe.address());
        if before.is_some() {
            let reading = probe.read().await;
            // The settings may have changed meanwhile.
            if chosen() == before {
                app.probes.set_in_use(role, probe.address());
                app.handle(Event::Temperature {
                    role,
                    reading: reading.map_err(fault),
                });
                let counted = probe.diagnostics();
                let counts = ProbeCounts {
                    readings: counted.given(),
                    failed: counted.failed(),
                    rejected: counted.rejected(),
                };
                app.handle(Event::Counted { role, counts });
            }
        }
        // Three probes on one wire take longer than a period: who comes next is not to find it taken again.
        Timer::at(next.max(Instant::now() + BREATH)).await;
    }
}

/// What an error of a probe is to the safety.
pub(crate) fn fault(error: ProbeError) -> ProbeFault {
    match error {
        ProbeError::Absent => ProbeFault::Absent,
        ProbeError::Shorted => ProbeFault::Shorted,
        ProbeError::Checksum => ProbeFault::Checksum,
        ProbeError::PowerOnValue => ProbeFault::PowerOnValue,
        ProbeError::OutOfRange => ProbeFault::OutOfRange,
        ProbeError::Unrecognised => ProbeFault::Unrecognised,
        ProbeError::Bus => ProbeFault::Bus,
        ProbeError::Swapped => ProbeFault::Swapped,
        // No value was confirmed, so none is stated. `TooFast` would turn off at once for a disturbance that the probe itself has
        // caught; if it lasts, the last good reading grows too old.
        ProbeError::Unsteady => ProbeFault::Unsteady,
        ProbeError::Several => ProbeFault::Several,
        ProbeError::Conversion => ProbeFault::Conversion,
        // What a later probe may tell is at least a failure to read.
        _ => ProbeFault::Bus,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_of_a_probe_is_the_fault_of_the_same_name() {
        for error in ProbeError::ALL {
            assert_eq!(fault(error).as_str(), error.as_str());
        }
    }
}
