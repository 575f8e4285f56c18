//! The probe of a simulated dimmer: the driver, and what a person may know of it.

use std::{
    cell::{Cell, RefCell},
    fmt,
};

use dimmer_app::probe::{
    Diagnostics, ProbeError, TemperatureProbe,
    ds18b20::{Ds18b20, OnWire, Settings},
    one_wire::{Choice, PinBus, RomAddress, Wire},
};
use dimmer_plant::{LineDelay, LinePin};

use crate::hardware::{Hardware, WireTimer};

/// A pin of a simulated board, with its delay, as a board with a chip has them.
type Pin<'hardware> = PinBus<LinePin<'hardware, Hardware>, LineDelay<'hardware, Hardware>>;

/// The 1-Wire bus on it.
pub type ProbeBus<'hardware> = Wire<Pin<'hardware>>;

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
    driver: Ds18b20<OnWire<'a, Pin<'a>, WireTimer<'a>>>,
    report: &'a Cell<ProbeReport>,
}

impl<'a> ReportingProbe<'a> {
    /// A probe on this bus; which one, it is told before it is read.
    #[must_use]
    pub fn new(
        bus: &'a ProbeBus<'a>,
        hardware: &'a RefCell<Hardware>,
        settings: Settings,
        report: &'a Cell<ProbeReport>,
    ) -> Self {
        let mut driver = Ds18b20::on(bus, WireTimer(hardware), Choice::Any, settings);
        driver.choose(None);
        Self { driver, report }
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

    fn choose(&mut self, choice: Option<Choice>) {
        self.driver.choose(choice);
    }

    fn address(&self) -> Option<RomAddress> {
        self.driver.address()
    }
}
