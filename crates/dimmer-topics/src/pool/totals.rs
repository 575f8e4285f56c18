//! What a pool does as a whole, told by one of its members.

use core::fmt::Write;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::Sharing;
use crate::{BufferTooSmall, DeviceId};

/// Why a pool does not take all that is asked of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shortfall {
    /// More is asked than the members can take.
    CapacityReached,
    /// What is left is less than the least that any other member takes.
    BelowMinimum,
    /// No member can take anything.
    NobodyAble,
}

impl Shortfall {
    /// Its name in payloads. It never changes.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CapacityReached => "capacity_reached",
            Self::BelowMinimum => "below_minimum",
            Self::NobodyAble => "nobody_able",
        }
    }
}

/// What a pool does as a whole: the payload of [`Message::PoolTotals`](crate::Message::PoolTotals). One member publishes it for all.
///
/// Serialized as `{"asked_watts":1500,"applied_watts":1498,…,"shortfall":null,"by":"a1b2c3d4e5f6"}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolTotals {
    /// What is asked of all, in watts; nothing before the first setpoint and when the last one has grown too old.
    pub asked_watts: Option<u32>,
    /// What all let through, in watts, as they last announced it.
    pub applied_watts: u32,
    /// What all that are alive could take now, in watts.
    pub capacity_watts: u32,
    /// What 100 % of the pool is, in watts.
    pub rated_watts: u32,
    /// How many members are alive.
    pub members: u16,
    /// How many are known, alive or not.
    pub announced: u16,
    /// How they divide.
    pub sharing: Sharing,
    /// Why less is taken than was asked.
    pub shortfall: Option<Shortfall>,
    /// Who says so.
    pub by: DeviceId,
}

impl PoolTotals {
    /// Writes the totals as JSON into the front of `buffer`; returns how many bytes.
    ///
    /// # Errors
    /// [`BufferTooSmall`]; never with [`PAYLOAD_CAPACITY`](crate::PAYLOAD_CAPACITY) bytes.
    pub fn write(&self, buffer: &mut [u8]) -> Result<usize, BufferTooSmall> {
        serde_json_core::to_slice(self, buffer).map_err(|_| BufferTooSmall)
    }
}

impl Serialize for PoolTotals {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut by = heapless::String::<12>::new();
        // Twelve digits, always.
        let _ = write!(by, "{}", self.by);
        let mut object = serializer.serialize_struct("PoolTotals", 9)?;
        object.serialize_field("asked_watts", &self.asked_watts)?;
        object.serialize_field("applied_watts", &self.applied_watts)?;
        object.serialize_field("capacity_watts", &self.capacity_watts)?;
        object.serialize_field("rated_watts", &self.rated_watts)?;
        object.serialize_field("members", &self.members)?;
        object.serialize_field("announced", &self.announced)?;
        object.serialize_field("sharing", self.sharing.as_str())?;
        object.serialize_field("shortfall", &self.shortfall.map(Shortfall::as_str))?;
        object.serialize_field("by", by.as_str())?;
        object.end()
    }
}
