//! The probe's wire, whose slots a state machine makes.

use dimmer_rp2040_w5500::probe::ByteBus;
use embassy_rp::{
    Peri,
    peripherals::{PIN_6, PIO1},
    pio::Pio,
    pio_programs::onewire::{PioOneWire, PioOneWireProgram},
};

use super::board::Interrupts;

/// The wire.
pub(super) struct PioWire(PioOneWire<'static, PIO1, 0>);

/// Loads the program; nothing is sent yet.
pub(super) fn start(machines: Peri<'static, PIO1>, pin: Peri<'static, PIN_6>) -> PioWire {
    let Pio {
        mut common, sm0, ..
    } = Pio::new(machines, Interrupts);
    let program = PioOneWireProgram::new(&mut common);
    PioWire(PioOneWire::new(&mut common, sm0, pin, &program))
}

impl ByteBus for PioWire {
    async fn reset(&mut self) -> bool {
        self.0.reset().await
    }

    async fn write(&mut self, bytes: &[u8]) {
        self.0.write_bytes(bytes).await;
    }

    async fn read(&mut self, bytes: &mut [u8]) {
        self.0.read_bytes(bytes).await;
    }
}
