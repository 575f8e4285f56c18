#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod detector;
mod gate;
mod mains;
mod plant;
mod probe;
mod settings;
mod tank;
mod time;
mod triac;

pub use detector::DetectorSettings;
pub use gate::{FeedCounts, FeedError, SimulatedGate};
pub use mains::{Mains, MainsSettings, TrueHalfCycle};
pub use plant::Plant;
pub use probe::SimulatedProbe;
pub use settings::{PlantSettings, SettingsError};
pub use tank::{DrawOff, HeatBalance, Tank, TankSettings};
pub use triac::{Delivered, Load, Triac, energy_fraction};
