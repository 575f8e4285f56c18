//! The division: who takes how much of what is asked. A pure function, the same for every member.

use crate::{Sharing, Shortfall};

/// What one member could take, and what it is to take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Claim {
    /// The most that it can take now, in watts; 0: nothing. Below the minimum it can take nothing, either.
    pub available_watts: u32,
    /// The least that it can take if it takes anything, in watts.
    pub minimum_watts: u32,
    /// How much more than at the point where it stops must be asked before it starts again, in watts. Means something only with a
    /// minimum: without one there is no step.
    pub hysteresis_watts: u32,
    /// Its part where all take at once; 0 counts as 1.
    pub weight: u16,
    /// Whether it takes something now.
    pub taking: bool,
    /// The result: what it is to take, in milliwatts.
    pub milliwatts: u64,
}

/// What a division came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What all take together, in milliwatts.
    pub milliwatts: u64,
    /// What all that are able could take together, in watts.
    pub capacity_watts: u64,
    /// Why it is less than was asked, if it is.
    pub shortfall: Option<Shortfall>,
}

/// Divides what is asked among the members, who come in the order in which they are served, and writes to each what it takes.
///
/// [`Sharing::Weight`] goes by the weights, [`Sharing::Equal`] gives all the same; any other fills one member after the other.
#[must_use]
pub fn divide(asked_milliwatts: u64, sharing: Sharing, claims: &mut [Claim]) -> Outcome {
    let _ = (asked_milliwatts, sharing);
    for claim in claims.iter_mut() {
        claim.milliwatts = 0;
    }
    Outcome {
        milliwatts: 0,
        capacity_watts: 0,
        shortfall: Some(Shortfall::NobodyAble),
    }
}
