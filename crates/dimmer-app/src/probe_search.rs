//! Which probes hang on the wire, looked for when somebody asks.

use core::cell::Cell;

use dimmer::{Instant, config::Probes, safety::Role};
use dimmer_probe::{
    ProbeError, TemperatureProbe,
    ds18b20::{Ds18b20, FAMILY_CODE, Settings},
    one_wire::{Addresses, Bus, Choice, RomAddress, Wire},
};
use embassy_sync::{blocking_mutex::raw::NoopRawMutex, signal::Signal};
use embedded_hal_async::delay::DelayNs;

use crate::{App, Observer, now};

/// Most probes that a search tells of.
pub const FOUND_PROBES: usize = Addresses::CAPACITY;

/// A device that a search found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FoundProbe {
    /// Its address.
    pub address: RomAddress,
    /// What it measured when it was looked at, in millicelsius; nothing: it was not, because it is read anyway, or is no thermometer, or its turn
    /// has not come.
    pub reading: Option<Result<i32, ProbeError>>,
}

/// How far a search is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SearchStatus {
    /// This board cannot search.
    #[default]
    Unavailable,
    /// Nobody asked.
    Never,
    /// It goes on: what it has found so far is there.
    Searching,
    /// It ended, at this time.
    Done(Instant),
    /// It was disturbed, at this time; what was found before is gone.
    Failed(Instant, ProbeError),
}

/// What the last search found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProbeSearch {
    /// How far it is.
    pub status: SearchStatus,
    found: [Option<FoundProbe>; FOUND_PROBES],
    /// There are more than it tells of.
    pub more: bool,
}

impl ProbeSearch {
    /// What was found, in the order of the search.
    pub fn found(&self) -> impl Iterator<Item = FoundProbe> {
        self.found.into_iter().flatten()
    }
}

/// What the app knows of probes by their addresses.
pub(crate) struct ProbeBook {
    search: Cell<ProbeSearch>,
    /// Somebody asks for a search.
    pub(crate) asked: Signal<NoopRawMutex, ()>,
    /// Those that are read, in the order of [`Role::ALL`].
    in_use: Cell<[Option<RomAddress>; Role::ALL.len()]>,
}

impl ProbeBook {
    pub(crate) const fn new() -> Self {
        Self {
            search: Cell::new(ProbeSearch {
                status: SearchStatus::Unavailable,
                found: [None; FOUND_PROBES],
                more: false,
            }),
            asked: Signal::new(),
            in_use: Cell::new([None; Role::ALL.len()]),
        }
    }

    /// Whether somebody serves searches.
    pub(crate) fn can_search(&self) -> bool {
        self.search.get().status != SearchStatus::Unavailable
    }

    pub(crate) fn set_in_use(&self, role: Role, address: Option<RomAddress>) {
        let mut in_use = self.in_use.get();
        let place = Role::ALL.iter().position(|other| *other == role);
        if let Some(known) = place.and_then(|place| in_use.get_mut(place)) {
            *known = address;
        }
        self.in_use.set(in_use);
    }

    fn change(&self, change: impl FnOnce(&mut ProbeSearch)) {
        let mut search = self.search.get();
        change(&mut search);
        self.search.set(search);
    }
}

/// Which probe is read for a role; nothing: none.
pub(crate) fn choice(probes: &Probes, role: Role) -> Option<Choice> {
    if !probes.has(role) {
        return None;
    }
    match probes.address(role) {
        "" => Some(Choice::Any),
        // Was found valid.
        address => address.parse().ok().map(Choice::Address),
    }
}

impl<O: Observer> App<'_, O> {
    /// Looks for probes on a wire whenever somebody asks for it by a message or a page, for ever: to be joined with [`run`](Self::run) by a
    /// board that has one. Each thermometer that is not read anyway is looked at once, so that people see which is which; between two of them
    /// those in use have their turn. `wait` waits for conversions.
    // Cloned, not lent: the code that reads a probe would be there twice, for a timer and for a reference to one.
    pub async fn serve_probe_search<B: Bus>(
        &self,
        wire: &Wire<B>,
        wait: impl DelayNs + Clone,
    ) -> ! {
        let book = &self.probes;
        book.change(|search| search.status = SearchStatus::Never);
        self.with(dimmer::Dimmer::offer_probe_search);
        loop {
            book.asked.wait().await;
            book.search.set(ProbeSearch {
                status: SearchStatus::Searching,
                ..ProbeSearch::default()
            });
            let status = match wire.addresses().await {
                Ok(found) => {
                    self.look_at(&found, wire, &wait).await;
                    SearchStatus::Done(now())
                }
                Err(error) => SearchStatus::Failed(now(), error),
            };
            // Who asked meanwhile has the answer.
            book.asked.reset();
            book.change(|search| search.status = status);
            self.observer.searched(&book.search.get());
        }
    }

    async fn look_at<B: Bus>(
        &self,
        found: &Addresses,
        wire: &Wire<B>,
        wait: &(impl DelayNs + Clone),
    ) {
        let book = &self.probes;
        book.change(|search| {
            search.more = found.more();
            for (place, address) in search.found.iter_mut().zip(found.iter()) {
                *place = Some(FoundProbe {
                    address,
                    reading: None,
                });
            }
        });
        for address in found.iter() {
            let is_in_use = book.in_use.get().contains(&Some(address));
            if is_in_use || address.family() != FAMILY_CODE {
                continue;
            }
            let mut probe = Ds18b20::beside(wire, wait.clone(), address, Settings::default());
            let reading = probe.read().await;
            book.change(|search| {
                for probe in search.found.iter_mut().flatten() {
                    if probe.address == address {
                        probe.reading = Some(reading);
                    }
                }
            });
        }
    }

    /// What the last search found.
    pub fn probe_search(&self) -> ProbeSearch {
        self.probes.search.get()
    }

    /// The probe that is read for a role, once it was found, where probes have addresses.
    pub fn probe_in_use(&self, role: Role) -> Option<RomAddress> {
        let place = Role::ALL.iter().position(|other| *other == role)?;
        self.probes.in_use.get().get(place).copied().flatten()
    }
}
