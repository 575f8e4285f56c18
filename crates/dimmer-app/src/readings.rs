//! The temperatures of this dimmer's own probes, read again and again.

use dimmer::{
    Event,
    safety::{ProbeFault, Role},
};
use dimmer_probe::{ProbeError, TemperatureProbe};
use embassy_time::{Duration, Instant, Timer};

use crate::{App, Observer};

/// From the start of one reading to the start of the next. Water moves slowly; a heater's surface
/// does not, and a reading that fails is to be tried again long before the last one is too old.
const PERIOD: Duration = Duration::from_secs(2);

pub(crate) async fn run<O: Observer>(
    app: &App<'_, O>,
    role: Role,
    probe: &mut impl TemperatureProbe,
) -> ! {
    loop {
        let next = Instant::now() + PERIOD;
        let has_probe = || app.with(|dimmer| dimmer.config().probes.has(role));
        if has_probe() {
            let reading = probe.read().await;
            // The settings may have changed meanwhile.
            if has_probe() {
                app.handle(Event::Temperature {
                    role,
                    reading: reading.map_err(fault),
                });
            }
        }
        Timer::at(next).await;
    }
}

/// What an error of a probe is to the safety. The probe's own diagnostics keep the finer names.
fn fault(error: ProbeError) -> ProbeFault {
    match error {
        ProbeError::Absent => ProbeFault::Absent,
        ProbeError::Shorted => ProbeFault::Shorted,
        ProbeError::Checksum => ProbeFault::Checksum,
        ProbeError::PowerOnValue => ProbeFault::PowerOnValue,
        ProbeError::OutOfRange => ProbeFault::OutOfRange,
        // Another probe, or nobody knows which of several: what answers is not what was expected.
        ProbeError::Unrecognised | ProbeError::Swapped | ProbeError::Several => {
            ProbeFault::Unrecognised
        }
        // No value was confirmed, so none is stated: a failed attempt. `TooFast` would turn off at once for a disturbance that the probe
        // itself has caught; if it lasts, the last good reading grows too old.
        ProbeError::Unsteady => ProbeFault::Bus,
        // It answers, and does not measure: there is no nearer name.
        ProbeError::Conversion | ProbeError::Bus => ProbeFault::Bus,
        // What a later probe may tell is at least a failure to read.
        _ => ProbeFault::Bus,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_of_a_probe_is_a_fault_and_only_an_impossible_value_turns_off_at_once() {
        let faults = ProbeError::ALL.map(|error| (error.as_str(), fault(error).as_str()));
        assert_eq!(
            faults,
            [
                ("absent", "absent"),
                ("shorted", "shorted"),
                ("checksum", "checksum"),
                ("power_on_value", "power_on_value"),
                ("out_of_range", "out_of_range"),
                ("unrecognised", "unrecognised"),
                ("bus", "bus"),
                ("swapped", "unrecognised"),
                ("unsteady", "bus"),
                ("several", "unrecognised"),
                ("conversion", "bus"),
            ]
        );
    }
}
