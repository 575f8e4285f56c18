//! The division: who takes how much of what is asked. A pure function, the same for every member.

use crate::{RATED_LIMIT_WATTS, Sharing, Shortfall};

/// What one member could take, and what it is to take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Claim {
    /// The most that it can take now, in watts, up to [`RATED_LIMIT_WATTS`]; 0: nothing. Below the minimum it can take nothing, either.
    pub available_watts: u32,
    /// The least that it can take if it takes anything, in watts.
    pub minimum_watts: u32,
    /// How much more than at the point where it stops must be asked before it starts again, in watts. Means something only with a
    /// minimum: without one there is no step.
    pub hysteresis_watts: u32,
    /// Its part where all take at once by weight; 0 counts as 1.
    pub weight: u16,
    /// Whether it takes something now.
    pub taking: bool,
    /// The result: what it is to take, in milliwatts.
    pub milliwatts: u64,
}

/// What a division came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What all take together, in milliwatts; never more than was asked.
    pub milliwatts: u64,
    /// What all that are able could take together, in watts.
    pub capacity_watts: u64,
    /// Why it is less than was asked, if it is.
    pub shortfall: Option<Shortfall>,
}

/// In [`Claim::milliwatts`] while the division goes on: it takes part, and how much it takes is not settled.
const OPEN: u64 = u64::MAX;

impl Claim {
    const fn is_able(&self) -> bool {
        self.available_watts > 0 && self.available_watts >= self.minimum_watts
    }

    const fn least(&self) -> u64 {
        milliwatts(self.minimum_watts)
    }

    const fn most(&self) -> u64 {
        milliwatts(self.available_watts)
    }

    /// What the others' hysteresis costs nothing: it counts only where there is a step.
    const fn hysteresis(&self) -> u64 {
        if self.minimum_watts == 0 {
            0
        } else {
            milliwatts(self.hysteresis_watts)
        }
    }

    /// What must be left for it to come in: its least, and more if it is off, so that a wavering setpoint does not switch it.
    const fn entry(&self) -> u64 {
        if self.taking {
            self.least()
        } else {
            self.least() + self.hysteresis()
        }
    }

    const fn part(&self, sharing: Sharing) -> u64 {
        match sharing {
            Sharing::Weight if self.weight > 0 => self.weight as u64,
            _ => 1,
        }
    }

    const fn is_open(&self) -> bool {
        self.milliwatts == OPEN
    }
}

const fn milliwatts(watts: u32) -> u64 {
    let bounded = if watts < RATED_LIMIT_WATTS {
        watts
    } else {
        RATED_LIMIT_WATTS
    };
    bounded as u64 * 1_000
}

/// Divides what is asked among the members, who come in the order in which they are served, and writes to each what it takes.
///
/// [`Sharing::Weight`] goes by the weights, [`Sharing::Equal`] gives all the same; any other fills one member after the other.
///
/// - Nobody takes less than its minimum, unless nothing, nor more than is available.
/// - The sum is exact, to the milliwatt, and never above what is asked. It is below only if all that are able take all they can, or if what is
///   missing is less than the minimum of each able member left out (and its hysteresis, if it was off before).
/// - A member with a minimum that takes something keeps it until its hysteresis is passed; those before it give way meanwhile, so that the sum
///   stays right.
#[must_use]
pub fn divide(asked_milliwatts: u64, sharing: Sharing, claims: &mut [Claim]) -> Outcome {
    let capacity = claims
        .iter()
        .filter(|claim| claim.is_able())
        .fold(0, |sum: u64, claim| sum.saturating_add(claim.most()));
    let taken_in = if sharing.is_proportional() {
        take_in_together(asked_milliwatts, capacity, sharing, claims)
    } else {
        take_in_by_turn(asked_milliwatts, claims)
    };
    let goal = asked_milliwatts.min(taken_in.most);
    if sharing.is_proportional() {
        give_in_proportion(goal, sharing, claims);
    } else {
        give_by_turn(goal.saturating_sub(taken_in.least), claims);
    }
    let shortfall = if goal >= asked_milliwatts {
        None
    } else if capacity == 0 {
        Some(Shortfall::NobodyAble)
    } else if goal == capacity {
        Some(Shortfall::CapacityReached)
    } else {
        Some(Shortfall::BelowMinimum)
    };
    Outcome {
        milliwatts: goal,
        capacity_watts: capacity / 1_000,
        shortfall,
    }
}

/// What those that take part take at least and at most, in milliwatts.
#[derive(Clone, Copy, Default)]
struct TakenIn {
    least: u64,
    most: u64,
}

impl TakenIn {
    /// Whether what the others take at least leaves enough for it to come in.
    const fn leaves_room(&self, asked: u64, claim: &Claim) -> bool {
        self.least.saturating_add(claim.entry()) <= asked
    }

    /// Whether the others cannot take it all, or it takes something and they can only just.
    const fn need(&self, asked: u64, claim: &Claim) -> bool {
        let held = if claim.taking { claim.hysteresis() } else { 0 };
        self.most < asked.saturating_add(held)
    }

    fn take_in(&mut self, claim: &mut Claim) {
        self.least = self.least.saturating_add(claim.least());
        self.most = self.most.saturating_add(claim.most());
        claim.milliwatts = OPEN;
    }

    /// Takes in whoever is needed, in their order.
    fn take_in_needed(
        &mut self,
        asked: u64,
        claims: &mut [Claim],
        concerns: impl Fn(&Claim) -> bool,
    ) {
        for claim in claims {
            if claim.is_able()
                && concerns(claim)
                && self.leaves_room(asked, claim)
                && self.need(asked, claim)
            {
                self.take_in(claim);
            }
        }
    }
}

fn take_in_by_turn(asked: u64, claims: &mut [Claim]) -> TakenIn {
    let mut taken_in = TakenIn::default();
    for claim in claims.iter_mut() {
        claim.milliwatts = 0;
    }
    taken_in.take_in_needed(asked, claims, |_| true);
    taken_in
}

/// First those without whom the sum would not be reached, then those whose part of it is enough for them. In this order the sum never
/// suffers from somebody's coming in.
fn take_in_together(asked: u64, capacity: u64, sharing: Sharing, claims: &mut [Claim]) -> TakenIn {
    let mut taken_in = TakenIn::default();
    let mut parts: u64 = 0;
    for claim in claims.iter_mut() {
        claim.milliwatts = 0;
        if claim.is_able() {
            parts = parts.saturating_add(claim.part(sharing));
        }
    }
    // Those who need not be switched on come before those who must.
    let is_ready = |claim: &Claim| claim.taking || claim.minimum_watts == 0;
    taken_in.take_in_needed(asked, claims, is_ready);
    taken_in.take_in_needed(asked, claims, |claim| !is_ready(claim));
    for claim in claims {
        let part = part_of(asked.min(capacity), claim.part(sharing), parts);
        if claim.is_able()
            && !claim.is_open()
            && part >= claim.entry()
            && taken_in.leaves_room(asked, claim)
        {
            taken_in.take_in(claim);
        }
    }
    taken_in
}

/// `rest` is what is asked beyond the minima.
fn give_by_turn(mut rest: u64, claims: &mut [Claim]) {
    for claim in claims.iter_mut().filter(|claim| claim.is_open()) {
        let more = rest.min(claim.most() - claim.least());
        claim.milliwatts = claim.least() + more;
        rest -= more;
    }
}

/// One factor for all: each takes so many times its part, held to its range, such that the sum is the goal.
///
/// Found as in the flexible boxes of CSS (<https://www.w3.org/TR/css-flexbox-1/#resolve-flexible-lengths>, 9.7): whichever of the two
/// ranges' ends is violated by more in sum, the violators stay at that end, and the rest is divided again.
fn give_in_proportion(goal: u64, sharing: Sharing, claims: &mut [Claim]) {
    let mut rest = goal;
    // Each round settles at least one.
    for _ in 0..claims.len() {
        let open = claims.iter().filter(|claim| claim.is_open());
        let parts = open.fold(0, |sum: u64, claim| sum.saturating_add(claim.part(sharing)));
        let (mut too_little, mut too_much) = (0_u64, 0_u64);
        for claim in claims.iter().filter(|claim| claim.is_open()) {
            let part = part_of(rest, claim.part(sharing), parts);
            too_little = too_little.saturating_add(claim.least().saturating_sub(part));
            too_much = too_much.saturating_add(part.saturating_sub(claim.most()));
        }
        let whole = rest;
        for claim in claims.iter_mut().filter(|claim| claim.is_open()) {
            let part = part_of(whole, claim.part(sharing), parts);
            let held = part.clamp(claim.least(), claim.most());
            let settled = match too_little.cmp(&too_much) {
                core::cmp::Ordering::Greater => held > part,
                core::cmp::Ordering::Less => held < part,
                core::cmp::Ordering::Equal => true,
            };
            if settled {
                claim.milliwatts = held;
                rest = rest.saturating_sub(held);
            }
        }
        if too_little == too_much {
            break;
        }
    }
    settle_remainder(goal, claims);
}

/// What rounding left over, or took too much, goes to the first that has room.
fn settle_remainder(goal: u64, claims: &mut [Claim]) {
    let given = claims
        .iter()
        .fold(0, |sum: u64, claim| sum.saturating_add(claim.milliwatts));
    let (mut missing, mut excess) = (goal.saturating_sub(given), given.saturating_sub(goal));
    for claim in claims {
        // Where all take at once, only who cannot take less than its minimum was left out.
        if !claim.is_able() || (claim.milliwatts == 0 && claim.minimum_watts > 0) {
            continue;
        }
        let more = missing.min(claim.most().saturating_sub(claim.milliwatts));
        let less = excess.min(claim.milliwatts.saturating_sub(claim.least()));
        claim.milliwatts = claim.milliwatts.saturating_add(more) - less;
        missing -= more;
        excess -= less;
    }
}

/// `part` of `parts` of the whole, rounded down.
fn part_of(whole: u64, part: u64, parts: u64) -> u64 {
    whole.saturating_mul(part).checked_div(parts).unwrap_or(0)
}
