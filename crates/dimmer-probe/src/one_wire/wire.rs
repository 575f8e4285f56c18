//! A wire that several probes share.

use core::cell::Cell;
use core::fmt;
use core::str::FromStr;

use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::mutex::{Mutex, MutexGuard};
use embedded_hal::delay::DelayNs;
use embedded_hal::digital::{InputPin, OutputPin};

use super::{Addresses, Bus, Master, PinBus, RomAddress, RomAddressError};
use crate::ProbeError;

/// Most probes that are read on one wire.
const SEATS: usize = 8;

/// A 1-Wire bus with what hangs on it: on an open-drain pin, where `set_high` releases the wire and the pull-up resistor lifts it, or
/// on anything that makes the slots ([`Bus`]).
///
/// Never give it a push-pull output: a device that answers would short it. The delay makes the slots, and is to be accurate to some
/// microseconds; it blocks for at most 12 ms at a time, search aside (15 ms for each device).
///
/// Each probe on it holds a reference. While one measures (up to 750 ms) the others wait for their turn: who asks a device whether it
/// is done must not be interrupted by another transaction.
pub struct Wire<B> {
    master: Mutex<NoopRawMutex, Master<B>>,
    /// What each probe that is read here has chosen: two of them never take the same device without being told to.
    seats: Cell<[Option<Choice>; SEATS]>,
    taken: Cell<[bool; SEATS]>,
}

impl<P: InputPin + OutputPin, D: DelayNs> Wire<PinBus<P, D>> {
    /// The wire on this pin. It is released, and nothing is sent.
    ///
    /// # Errors
    /// [`ProbeError::Bus`]: the pin cannot be set.
    pub fn new(pin: P, delay: D) -> Result<Self, ProbeError> {
        Ok(Self::over(PinBus::new(pin, delay)?))
    }
}

impl<B: Bus> Wire<B> {
    /// The wire on this bus; nothing is sent.
    #[must_use]
    pub const fn over(bus: B) -> Self {
        Self {
            master: Mutex::new(Master::new(bus)),
            seats: Cell::new([None; SEATS]),
            taken: Cell::new([false; SEATS]),
        }
    }

    /// The addresses of all that answer, for the user to choose from; two searches in a row agree on them.
    ///
    /// # Errors
    /// [`ProbeError::Shorted`]: the wire is held low. [`ProbeError::Checksum`]: the searches were disturbed, or did not agree. Nobody there
    /// is no error.
    pub async fn addresses(&self) -> Result<Addresses, ProbeError> {
        self.lock().await.search().await
    }

    pub(crate) async fn lock(&self) -> MutexGuard<'_, NoopRawMutex, Master<B>> {
        self.master.lock().await
    }
}

impl<B> Wire<B> {
    /// A place for a probe that will be read here, if there is one.
    pub(crate) fn take_seat(&self, choice: Choice) -> Option<usize> {
        let mut taken = self.taken.get();
        let seat = taken.iter().position(|is_taken| !is_taken)?;
        if let Some(place) = taken.get_mut(seat) {
            *place = true;
        }
        self.taken.set(taken);
        self.sit(seat, Some(choice));
        Some(seat)
    }

    /// The probe with this seat has chosen anew; nothing: it is not read.
    pub(crate) fn sit(&self, seat: usize, choice: Option<Choice>) {
        let mut seats = self.seats.get();
        if let Some(place) = seats.get_mut(seat) {
            *place = choice;
        }
        self.seats.set(seats);
    }

    pub(crate) fn leave_seat(&self, seat: usize) {
        self.sit(seat, None);
        let mut taken = self.taken.get();
        if let Some(place) = taken.get_mut(seat) {
            *place = false;
        }
        self.taken.set(taken);
    }

    /// What all others have chosen.
    pub(crate) fn others(&self, seat: Option<usize>) -> Others {
        let mut others = Others::default();
        for (place, choice) in self.seats.get().into_iter().enumerate() {
            match choice {
                _ if Some(place) == seat => {}
                Some(Choice::Any) => others.any = true,
                Some(Choice::Address(address)) => others.chosen.push(address),
                None => {}
            }
        }
        others
    }
}

/// What the other probes of a wire have chosen.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Others {
    /// One of them takes whatever is there.
    pub(crate) any: bool,
    pub(crate) chosen: Addresses,
}

impl<B> fmt::Debug for Wire<B> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Wire").finish_non_exhaustive()
    }
}

/// Which device on a wire is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// The only thermometer that is there at the first reading, but for those that other probes of the wire have chosen. Another one in
    /// its place is not taken for it. Of one wire one probe alone may be so modest: of two, nobody could tell which is which.
    #[default]
    Any,
    /// The one with this address.
    Address(RomAddress),
}

impl fmt::Display for Choice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => formatter.write_str("any"),
            Self::Address(address) => fmt::Display::fmt(address, formatter),
        }
    }
}

impl FromStr for Choice {
    type Err = RomAddressError;

    fn from_str(text: &str) -> Result<Self, RomAddressError> {
        if text == "any" {
            return Ok(Self::Any);
        }
        text.parse().map(Self::Address)
    }
}
