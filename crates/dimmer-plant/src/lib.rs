#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod detector;
mod gate;
mod mains;
mod one_wire;
mod plant;
mod settings;
mod tank;
mod time;
mod triac;

pub use detector::DetectorSettings;
pub use gate::{FeedCounts, FeedError, SimulatedGate};
pub use mains::{Mains, MainsSettings, TrueHalfCycle};
pub use one_wire::{
    HasWire, Interrupts, SimulatedWire, Timing, TimingError, WireDelay, WireFault, WirePin,
};
pub use plant::Plant;
pub use settings::{PlantSettings, SettingsError};
pub use tank::{DrawOff, HeatBalance, Tank, TankSettings};
pub use triac::{Delivered, Load, Triac, energy_fraction};
