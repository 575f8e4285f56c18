//! Probes by their addresses: what a search found, and which one is read for which role.

use dimmer::{
    config::{ProbeAddress, Probes},
    safety::{Language, ProbeFault, Role},
    topics::Decimal,
};
use serde::{Serialize, Serializer, ser::SerializeSeq};

use crate::Snapshot;

/// Most probes that a search tells of.
pub const PROBES_SEEN: usize = 8;

/// A device that a search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeSeen {
    /// Its address, such as `28-0316a2795aff`.
    pub address: ProbeAddress,
    /// What it measured when it was looked at, in millicelsius; nothing: it was not.
    pub reading: Option<Result<i32, ProbeFault>>,
}

/// How far a search is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProbeSearchStatus {
    /// This board cannot search.
    #[default]
    Unavailable,
    /// Nobody asked.
    Never,
    /// It goes on.
    Searching,
    /// It ended.
    Done {
        /// So many seconds ago.
        age_s: u32,
    },
    /// It was disturbed.
    Failed {
        /// So many seconds ago.
        age_s: u32,
        /// By what.
        fault: ProbeFault,
    },
}

impl ProbeSearchStatus {
    /// The stable name, in snake case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unavailable => "unavailable",
            Self::Never => "never",
            Self::Searching => "searching",
            Self::Done { .. } => "done",
            Self::Failed { .. } => "failed",
        }
    }

    const fn age_s(self) -> Option<u32> {
        match self {
            Self::Done { age_s } | Self::Failed { age_s, .. } => Some(age_s),
            _ => None,
        }
    }
}

/// What is known of the probes on the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProbesSeen {
    /// The last search.
    pub search: ProbeSearchStatus,
    /// There are more than it tells of.
    pub more: bool,
    /// What it has found so far.
    pub found: heapless::Vec<ProbeSeen, PROBES_SEEN>,
    /// The probe that is read for each role, in the order of [`Role::ALL`].
    pub in_use: [Option<ProbeAddress>; Role::ALL.len()],
}

impl ProbesSeen {
    /// The role that this probe is read for, by its settings or because it is the only one.
    fn role_of(&self, address: &str, probes: &Probes) -> Option<Role> {
        let in_use = Role::ALL.into_iter().zip(&self.in_use);
        let mut reads = in_use
            .filter(|(_, used)| used.as_deref() == Some(address))
            .map(|(role, _)| role);
        probes.role_of(address).or_else(|| reads.next())
    }
}

/// `/api/v1/probes`.
#[derive(Serialize)]
pub(crate) struct ProbesView<'a> {
    search: SearchView,
    found: FoundList<'a>,
    roles: [RoleView<'a>; Role::ALL.len()],
}

#[derive(Serialize)]
struct SearchView {
    status: &'static str,
    age: Option<u32>,
    problem: Option<&'static str>,
    more: bool,
}

#[derive(Serialize)]
struct FoundView<'a> {
    address: &'a str,
    name: Option<&'a str>,
    role: Option<&'static str>,
    temperature: Option<Decimal>,
    problem: Option<&'static str>,
}

#[derive(Serialize)]
struct RoleView<'a> {
    role: &'static str,
    measured: bool,
    chosen: &'a str,
    address: Option<&'a str>,
    name: Option<&'a str>,
    is_found: Option<bool>,
    temperature: Option<Decimal>,
    problem: Option<&'static str>,
}

struct FoundList<'a> {
    seen: &'a ProbesSeen,
    probes: &'a Probes,
    snapshot: &'a Snapshot,
    language: Language,
}

/// What is measured for a role, and what is wrong with that.
fn measured(snapshot: &Snapshot, role: Role) -> (Option<i32>, Option<ProbeFault>) {
    let overview = &snapshot.overview;
    match role {
        Role::Water => (overview.water_millicelsius, overview.water_fault),
        Role::HeatSink => (overview.heat_sink_millicelsius, overview.heat_sink_fault),
        Role::Room => (overview.room_millicelsius, overview.room_fault),
        _ => (None, None),
    }
}

impl Serialize for FoundList<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.seen.found.len()))?;
        for found in &self.seen.found {
            let role = self.seen.role_of(&found.address, self.probes);
            let is_read = |role: &Role| {
                let in_use = Role::ALL.into_iter().zip(&self.seen.in_use);
                in_use
                    .filter(|(other, _)| other == role)
                    .any(|(_, used)| used.as_ref() == Some(&found.address))
            };
            // Of one that is read the last reading counts, of another that of the search.
            let (millicelsius, fault) = match role.filter(is_read) {
                Some(role) => measured(self.snapshot, role),
                None => match found.reading {
                    Some(Ok(millicelsius)) => (Some(millicelsius), None),
                    Some(Err(fault)) => (None, Some(fault)),
                    None => (None, None),
                },
            };
            list.serialize_element(&FoundView {
                address: &found.address,
                name: self.probes.name_of(&found.address),
                role: role.map(Role::as_str),
                temperature: millicelsius.map(Decimal::thousandths),
                problem: fault.map(|fault| fault.text(self.language)),
            })?;
        }
        list.end()
    }
}

impl<'a> ProbesView<'a> {
    pub(crate) fn of(
        seen: &'a ProbesSeen,
        probes: &'a Probes,
        snapshot: &'a Snapshot,
        language: Language,
    ) -> Self {
        let problem = match seen.search {
            ProbeSearchStatus::Failed { fault, .. } => Some(fault.text(language)),
            _ => None,
        };
        let role = |(role, in_use): (Role, &'a Option<ProbeAddress>)| {
            let chosen = probes.address(role);
            let is_measured = probes.has(role);
            let address = in_use
                .as_deref()
                .or(Some(chosen).filter(|chosen| !chosen.is_empty()))
                .filter(|_| is_measured);
            let (millicelsius, fault) = measured(snapshot, role);
            let is_done = matches!(seen.search, ProbeSearchStatus::Done { .. }) && !seen.more;
            let is_found = |address| seen.found.iter().any(|found| found.address == address);
            RoleView {
                role: role.as_str(),
                measured: is_measured,
                chosen,
                address,
                name: address.and_then(|address| probes.name_of(address)),
                is_found: address.filter(|_| is_done).map(is_found),
                temperature: millicelsius.map(Decimal::thousandths),
                problem: fault.map(|fault| fault.text(language)),
            }
        };
        let [water, heat_sink, room] = &seen.in_use;
        let [first, second, third] = Role::ALL;
        Self {
            search: SearchView {
                status: seen.search.as_str(),
                age: seen.search.age_s(),
                problem,
                more: seen.more,
            },
            found: FoundList {
                seen,
                probes,
                snapshot,
                language,
            },
            roles: [
                role((first, water)),
                role((second, heat_sink)),
                role((third, room)),
            ],
        }
    }
}
