//! What the members of a shared pool tell each other, and what one of them tells about all.

mod announcement;
mod totals;

pub use announcement::{ANNOUNCEMENT_PAYLOAD_CAPACITY, Announcement, parse_announcement};
pub use totals::{PoolTotals, Shortfall};

use crate::OFFLINE;

/// How a shared pool divides what is asked of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sharing {
    /// One after the other, by priority.
    Priority,
    /// In proportion to the members' weights.
    Weight,
    /// The same for all.
    Equal,
    /// One after the other; who is first changes by day.
    Rotating,
}

impl Sharing {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Priority, Self::Weight, Self::Equal, Self::Rotating];

    /// Its name in payloads. It never changes.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Priority => "priority",
            Self::Weight => "weight",
            Self::Equal => "equal",
            Self::Rotating => "rotating",
        }
    }
}

/// Whether this payload of [`Incoming::MemberAvailability`](crate::Incoming::MemberAvailability) says that the member is gone. That it is
/// there, only its announcement says.
pub fn member_is_gone(payload: &[u8]) -> bool {
    payload == OFFLINE.as_bytes()
}
