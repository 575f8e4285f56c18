//! The water's temperature, read again and again.

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

pub(crate) async fn run<O: Observer>(app: &App<'_, O>, probe: &mut impl TemperatureProbe) -> ! {
    loop {
        let next = Instant::now() + PERIOD;
        let reading = probe.read().await;
        app.handle(Event::Temperature {
            role: Role::Water,
            reading: reading.map_err(fault),
        });
        Timer::at(next).await;
    }
}

fn fault(error: ProbeError) -> ProbeFault {
    match error {
        ProbeError::Absent => ProbeFault::Absent,
        ProbeError::Shorted => ProbeFault::Shorted,
        ProbeError::Checksum => ProbeFault::Checksum,
        ProbeError::PowerOnValue => ProbeFault::PowerOnValue,
        ProbeError::OutOfRange => ProbeFault::OutOfRange,
        ProbeError::Unrecognised => ProbeFault::Unrecognised,
        // What a later probe may tell is at least a failure to read.
        _ => ProbeFault::Bus,
    }
}
