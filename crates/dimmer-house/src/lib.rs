#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod bus;
mod ideal;
mod pool_file;
mod scale;
mod totals;
mod unit;
mod world;

pub use ideal::Ideal;
pub use pool_file::{PoolFile, merge};
pub use scale::Scale;
pub use totals::capacity_watts;
pub use unit::Member;
pub use world::{Standing, World};
