#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod detector;
mod dht;
mod disturbance;
mod firing_path;
mod flash;
mod gate;
mod house;
mod line;
mod machine_bus;
mod mains;
mod one_wire;
mod plant;
mod settings;
mod tank;
mod time;
mod triac;

pub use detector::DetectorSettings;
pub use dht::SimulatedDht;
pub use disturbance::Interrupts;
pub use firing_path::FiringPath;
pub use flash::{FlashError, Overwriting, SimulatedFlash};
pub use gate::{FeedCounts, FeedError, SimulatedGate};
pub use house::{
    EnergyBalance, House, HousePower, HouseSettings, Meter, MeterSettings, Router, RouterSettings,
    Sky, Speech, clear_sky_irradiance, cosine_of_zenith,
};
pub use line::{HasLine, Line, LineDelay, LinePin};
pub use machine_bus::MachineBus;
pub use mains::{Mains, MainsSettings, TrueHalfCycle};
pub use one_wire::{SimulatedWire, Timing, TimingError, WireFault};
pub use plant::Plant;
pub use settings::{PlantSettings, SettingsError};
pub use tank::{DrawOff, HeatBalance, Tank, TankSettings};
pub use triac::{Delivered, Load, Triac, energy_fraction};
