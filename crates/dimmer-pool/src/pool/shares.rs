//! What each member of the list takes.

use heapless::Vec;

use super::{Entry, Pool};
use crate::{Announcement, Claim, Instant, MemberId, Outcome, Setpoint, Sharing, divide};

/// What a pool is asked for, and what each of its alive members takes of it.
#[derive(Clone, Debug)]
pub struct Shares<const MEMBERS: usize = 16> {
    /// What is asked, in milliwatts.
    pub asked_milliwatts: u64,
    /// How it is shared: as the alive member with the lowest id says.
    pub sharing: Sharing,
    /// What it comes to.
    pub outcome: Outcome,
    /// In the order in which they are served.
    ids: Vec<MemberId, MEMBERS>,
    /// Of each of them.
    claims: Vec<Claim, MEMBERS>,
}

impl<const MEMBERS: usize> Shares<MEMBERS> {
    /// What one member takes, in milliwatts; nothing of one that does not count.
    #[must_use]
    pub fn milliwatts(&self, id: MemberId) -> Option<u64> {
        let mut found = self.each().filter(|(member, _)| *member == id);
        found.next().map(|(_, milliwatts)| milliwatts)
    }

    /// What each takes, in milliwatts, in the order in which they are served.
    pub fn each(&self) -> impl Iterator<Item = (MemberId, u64)> + '_ {
        let claims = self.claims.iter().map(|claim| claim.milliwatts);
        self.ids.iter().copied().zip(claims)
    }
}

impl<const MEMBERS: usize> Pool<MEMBERS> {
    /// What 100 % of the pool is, in watts: what its first alive member says, or the rated power of all that have announced themselves. The
    /// dead count: when one dies, the others are to take its share, instead of the setpoint meaning less.
    #[must_use]
    pub fn whole_watts(&self, now: Instant) -> u64 {
        match self.alive(now).next() {
            Some(first) if first.announcement.pool_watts > 0 => {
                u64::from(first.announcement.pool_watts)
            }
            _ => self.rated_watts(),
        }
    }

    /// The rated power of all that have announced themselves, alive or not, in watts.
    #[must_use]
    pub fn rated_watts(&self) -> u64 {
        let rated = |entry: &Entry| u64::from(entry.announcement.rated_watts);
        self.entries.iter().map(rated).sum()
    }

    /// The day on which most agree: the lower median of those that alive members announce.
    #[must_use]
    pub fn day(&self, now: Instant) -> Option<u32> {
        let known = || self.alive(now).filter_map(|member| member.announcement.day);
        let middle = known().count().saturating_sub(1) / 2;
        // Without a list to sort: the day that has no more than so many before it, and more with it.
        known().find(|day| {
            let before = known().filter(|other| other < day).count();
            let with = known().filter(|other| other <= day).count();
            before <= middle && middle < with
        })
    }

    /// Divides a setpoint among those that count; nothing if nobody does. Percent is of [`whole_watts`](Self::whole_watts).
    #[must_use]
    pub fn share(&self, now: Instant, setpoint: Setpoint) -> Option<Shares<MEMBERS>> {
        let sharing = self.alive(now).next()?.announcement.sharing;
        let asked_milliwatts = setpoint.milliwatts(self.whole_watts(now));
        let members = self.in_order(now, sharing);
        let mut claims: Vec<Claim, MEMBERS> = Vec::new();
        claims.extend(members.iter().map(|member| claim(&member.announcement)));
        let outcome = divide(asked_milliwatts, sharing, &mut claims);
        Some(Shares {
            asked_milliwatts,
            sharing,
            outcome,
            ids: members.iter().map(|member| member.id).collect(),
            claims,
        })
    }

    /// Those that count, in the order in which they are served.
    fn in_order(&self, now: Instant, sharing: Sharing) -> Vec<&Entry, MEMBERS> {
        let announced = self.entries.len();
        let day = (sharing == Sharing::Rotating).then(|| self.day(now));
        let turn = day
            .flatten()
            .and_then(|day| usize::try_from(day).ok()?.checked_rem(announced))
            .unwrap_or(0);
        // By id, from today's first on.
        let (before, from) = self.entries.split_at_checked(turn).unwrap_or_default();
        let mut order: Vec<&Entry, MEMBERS> = Vec::new();
        for member in from.iter().chain(before) {
            if !member.known(now, self.lost_at).is_alive {
                continue;
            }
            let place = match sharing {
                Sharing::Priority => order
                    .iter()
                    .position(|other| other.announcement.priority > member.announcement.priority),
                _ => None,
            };
            // There is room: there are no more than in the list.
            let _ = order.insert(place.unwrap_or(order.len()), member);
        }
        order
    }
}

fn claim(announcement: &Announcement) -> Claim {
    Claim {
        available_watts: announcement.available_watts,
        minimum_watts: announcement.minimum_watts,
        hysteresis_watts: announcement.hysteresis_watts,
        weight: announcement.weight,
        taking: announcement.taking,
        milliwatts: 0,
    }
}
