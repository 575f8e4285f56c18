//! One line per half-cycle, for spreadsheets and tests.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
};

use dimmer_app::dimmer::{
    Overview,
    topics::{Decimal, DeviceId},
};
use dimmer_plant::Delivered;

/// A CSV file with one line per half-cycle of each dimmer.
#[derive(Debug)]
pub struct Trace(BufWriter<File>);

impl Trace {
    /// Creates the file, or empties it, and writes the header.
    ///
    /// # Errors
    /// As the operating system says.
    pub fn create(path: &Path) -> io::Result<Self> {
        let mut file = BufWriter::new(File::create(path)?);
        writeln!(
            file,
            "time_s,dimmer,setpoint_percent,applied_percent,delivered_percent,delivered_watts,temperature_celsius,reason"
        )?;
        Ok(Self(file))
    }

    /// Writes one half-cycle: what was asked at its end, what was planned for it, what was
    /// delivered in it (from the waveform), and the tank's true temperature.
    ///
    /// # Errors
    /// As the operating system says.
    pub fn half_cycle(
        &mut self,
        id: DeviceId,
        delivered: &Delivered,
        overview: &Overview,
        rated_watts: f64,
        tank_celsius: f64,
    ) -> io::Result<()> {
        let setpoint = overview
            .setpoint_centipercent
            .map_or(String::new(), |setpoint| {
                Decimal::hundredths(setpoint).to_string()
            });
        let applied = delivered
            .planned_level
            .map_or(0, |level| level.centipercent());
        writeln!(
            self.0,
            "{:.6},{id},{setpoint},{},{:.4},{:.2},{tank_celsius:.3},{}",
            delivered.start_s,
            Decimal::hundredths(applied.into()),
            delivered.fraction * 100.0,
            delivered.fraction * rated_watts,
            overview.reason.as_str(),
        )
    }

    /// Brings what was written to the file.
    ///
    /// # Errors
    /// As the operating system says.
    pub fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
