//! One line per half-cycle, for spreadsheets and tests.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use dimmer_app::dimmer::{
    Overview,
    topics::{Decimal, DeviceId},
};
use dimmer_plant::Delivered;

use crate::house::HouseFigures;

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

/// The file beside a trace in which the house's values are: `trace.csv` has `trace.house.csv`.
#[must_use]
pub fn beside(trace: &Path) -> PathBuf {
    trace.with_extension("house.csv")
}

/// A CSV file with a line for each step of the house.
#[derive(Debug)]
pub struct HouseTrace(BufWriter<File>);

impl HouseTrace {
    /// Creates the file, or empties it, and writes the header.
    ///
    /// # Errors
    /// As the operating system says.
    pub fn create(path: &Path) -> io::Result<Self> {
        let mut file = BufWriter::new(File::create(path)?);
        writeln!(
            file,
            "time_s,second_of_day,produced_watts,used_watts,diverted_watts,grid_watts,setpoint_watts"
        )?;
        Ok(Self(file))
    }

    /// Writes one step, which ended at this time.
    ///
    /// # Errors
    /// As the operating system says.
    pub fn step(&mut self, time_s: f64, figures: &HouseFigures) -> io::Result<()> {
        writeln!(
            self.0,
            "{time_s:.3},{:.1},{:.1},{:.1},{:.1},{:.1},{:.1}",
            figures.second_of_day,
            figures.power.produced_watts,
            figures.power.used_watts,
            figures.diverted_watts,
            figures.grid_watts(),
            figures.setpoint_watts,
        )?;
        // So few lines that they can be followed while it runs.
        self.0.flush()
    }

    /// Brings what was written to the file.
    ///
    /// # Errors
    /// As the operating system says.
    pub fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
