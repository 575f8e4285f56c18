//! The probes' wire, whose slots a state machine makes.
//!
//! The firing path takes the processor for half a millisecond in each half-cycle, from whatever the thread does. Slots that are made by waiting in the thread would often be disturbed by it
//! (a bit in three interruptions); the state machine's are not.

use dimmer_app::probe::{
    ProbeError,
    ds18b20::{Ds18b20, OnWire, Settings},
    one_wire::{Bus, Choice, Wire},
};
use embassy_rp::{
    Peri,
    peripherals::{PIN_6, PIO1},
    pio::Pio,
    pio_programs::onewire::{PioOneWire, PioOneWireProgram, PioOneWireSearch},
};
use embassy_time::Delay;
use static_cell::StaticCell;

use super::{Shared, board::Interrupts, machines::CAPTURE_MACHINE};

/// What is read; which one on the wire, the settings say.
pub(super) type Probe = Ds18b20<OnWire<'static, PioBus, Delay>>;

/// embassy-rp 0.10 has one set of wakers for both blocks of state machines (a `static` in a trait's method exists once): two machines with the
/// same number take each other's, and one that waits for its queue would wait for ever. The capture's machine waits for its own.
const WIRE_MACHINE: usize = 1;
const _: () = assert!(WIRE_MACHINE != CAPTURE_MACHINE);

static WIRE: StaticCell<Wire<PioBus>> = StaticCell::new();

/// The state machine, and how far its search is.
pub(super) struct PioBus {
    machine: PioOneWire<'static, PIO1, WIRE_MACHINE>,
    search: PioOneWireSearch,
}

/// Loads the program; nothing is sent yet.
pub(super) fn start(
    machines: Peri<'static, PIO1>,
    pin: Peri<'static, PIN_6>,
) -> &'static Wire<PioBus> {
    let Pio {
        mut common, sm1, ..
    } = Pio::new(machines, Interrupts);
    let program = PioOneWireProgram::new(&mut common);
    WIRE.init(Wire::over(PioBus {
        machine: PioOneWire::new(&mut common, sm1, pin, &program),
        search: PioOneWireSearch::new(),
    }))
}

/// The probe on it.
pub(super) fn read(wire: &'static Wire<PioBus>) -> Probe {
    Ds18b20::on(wire, Delay, Choice::Any, Settings::default())
}

/// Looks for probes when somebody asks.
#[embassy_executor::task]
pub(super) async fn search(shared: Shared, wire: &'static Wire<PioBus>) {
    shared.care.app.serve_probe_search(wire, Delay).await;
}

impl Bus for PioBus {
    // A wire that is held low is somebody who answers; the zeros that follow tell.
    async fn reset(&mut self) -> Result<bool, ProbeError> {
        Ok(self.machine.reset().await)
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), ProbeError> {
        self.machine.write_bytes(bytes).await;
        Ok(())
    }

    async fn read(&mut self, bytes: &mut [u8]) -> Result<(), ProbeError> {
        self.machine.read_bytes(bytes).await;
        Ok(())
    }

    async fn next_address(&mut self, is_first: bool) -> Result<Option<[u8; 8]>, ProbeError> {
        if is_first {
            self.search = PioOneWireSearch::new();
        }
        if self.search.is_finished() {
            return Ok(None);
        }
        match self.search.next(&mut self.machine).await {
            Some(address) => Ok(Some(address.to_le_bytes())),
            None if is_first => Ok(None),
            // Devices that answered before are gone, or have another address than they had.
            None => Err(ProbeError::Checksum),
        }
    }
}
