//! The probe of a simulated dimmer: the driver, and what a person may know of it.

use std::{
    cell::{Cell, RefCell},
    fmt,
};

use dimmer_app::probe::{
    Diagnostics, ProbeError, TemperatureProbe,
    ds18b20::{Ds18b20, OnWire, Settings},
    one_wire::{Choice, RomAddress, Wire},
};
use dimmer_plant::{LineDelay, LinePin};

use crate::hardware::{Hardware, WireTimer};

/// The 1-Wire bus of a simulated board, as a board with a chip has it.
pub type ProbeBus<'hardware> = Wire<LinePin<'hardware, Hardware>, LineDelay<'hardware, Hardware>>;

/// What is known of a probe.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProbeReport {
    /// Its address, once it was found.
    pub address: Option<RomAddress>,
    /// The last reading, in millicelsius.
    pub last: Option<Result<i32, ProbeError>>,
    /// What it gave and rejected.
    pub diagnostics: Diagnostics,
}

impl fmt::Display for ProbeReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.address {
            Some(address) => write!(formatter, "probe {address}: ")?,
            None => formatter.write_str("probe not found yet: ")?,
        }
        match self.last {
            Some(Ok(millicelsius)) => write!(formatter, "{} °C", f64::from(millicelsius) / 1e3)?,
            Some(Err(error)) => write!(formatter, "{error}")?,
            None => formatter.write_str("not read yet")?,
        }
        let given = self.diagnostics.given();
        write!(
            formatter,
            "; {given} readings given, {} failed, {} jumped; rejected:",
            self.diagnostics.failed(),
            self.diagnostics.jumps()
        )?;
        if self.diagnostics.rejected() == 0 {
            formatter.write_str(" none")?;
        }
        for (reason, count) in self.diagnostics.reasons() {
            write!(formatter, " {} {count}", reason.as_str())?;
        }
        Ok(())
    }
}

/// A driver that leaves a report after each reading.
#[derive(Debug)]
pub struct ReportingProbe<'a> {
    driver: Ds18b20<OnWire<'a, LinePin<'a, Hardware>, LineDelay<'a, Hardware>, WireTimer<'a>>>,
    report: &'a Cell<ProbeReport>,
}

impl<'a> ReportingProbe<'a> {
    /// The probe that was chosen on this bus.
    #[must_use]
    pub fn new(
        bus: &'a ProbeBus<'a>,
        hardware: &'a RefCell<Hardware>,
        choice: Choice,
        settings: Settings,
        report: &'a Cell<ProbeReport>,
    ) -> Self {
        Self {
            driver: Ds18b20::on(bus, WireTimer(hardware), choice, settings),
            report,
        }
    }
}

impl TemperatureProbe for ReportingProbe<'_> {
    async fn read(&mut self) -> Result<i32, ProbeError> {
        let outcome = self.driver.read().await;
        self.report.set(ProbeReport {
            address: self.driver.address(),
            last: Some(outcome),
            diagnostics: self.driver.diagnostics(),
        });
        outcome
    }

    fn diagnostics(&self) -> Diagnostics {
        self.driver.diagnostics()
    }
}
