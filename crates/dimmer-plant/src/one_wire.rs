//! A 1-Wire bus with DS18B20s on it, bit by bit: what a driver does to the pin is what the devices see, and what it reads from the pin is
//! what they do to the line.
//!
//! Source of the timing and the commands: Maxim Integrated (Analog Devices), *DS18B20 Programmable Resolution 1-Wire Digital
//! Thermometer*, data sheet 19-7487: "1-Wire signalling", figures 13 to 16; "DS18B20 function commands", table 3.

mod slave;
mod thermometer;
mod wire;

pub use slave::{Timing, TimingError};
pub use wire::{SimulatedWire, WireFault};
