//! The pin map: what is connected where. `docs/boards/rp2040-w5500.md` has the same table, with the wiring.

use embassy_rp::{
    Peri, bind_interrupts, dma,
    peripherals::{
        DMA_CH0, DMA_CH1, FLASH, PIN_0, PIN_1, PIN_2, PIN_6, PIN_16, PIN_17, PIN_18, PIN_19,
        PIN_20, PIN_21, PIN_25, PIO0, PIO1, SPI0, UART0, WATCHDOG,
    },
    pio,
};

use super::machines::Gates;

bind_interrupts!(pub(super) struct Interrupts {
    PIO0_IRQ_0 => pio::InterruptHandler<PIO0>;
    PIO1_IRQ_0 => pio::InterruptHandler<PIO1>;
    DMA_IRQ_0 => dma::InterruptHandler<DMA_CH0>, dma::InterruptHandler<DMA_CH1>;
});

/// The outputs: each a state machine and a pin.
pub(super) const OUTPUTS: usize = 3;
/// The gate drivers' pins, by their numbers: whoever switches them off after a panic has nothing else.
pub(super) const GATE_PINS: [usize; OUTPUTS] = [3, 4, 5];

/// Each part by what it is for.
pub(super) struct Board {
    /// The zero-cross detector, both edges.
    pub(super) detector: Peri<'static, PIN_2>,
    /// The gate drivers of the outputs: [`GATE_PINS`].
    pub(super) gates: Gates,
    /// The state machines of the firing path.
    pub(super) gate_machines: Peri<'static, PIO0>,
    /// The DS18B20's wire, open drain, with a pull-up resistor of 4.7 kΩ.
    pub(super) probe: Peri<'static, PIN_6>,
    /// The state machine of that wire.
    pub(super) probe_machines: Peri<'static, PIO1>,
    /// The light on the board.
    pub(super) light: Peri<'static, PIN_25>,
    pub(super) serial: Serial,
    pub(super) ethernet: Ethernet,
    pub(super) watchdog: Peri<'static, WATCHDOG>,
    pub(super) flash: Peri<'static, FLASH>,
}

/// The log and what is typed: 115,200 baud.
pub(super) struct Serial {
    pub(super) uart: Peri<'static, UART0>,
    pub(super) transmit: Peri<'static, PIN_0>,
    pub(super) receive: Peri<'static, PIN_1>,
}

/// The W5500, where it is on a W5500-EVB-Pico.
pub(super) struct Ethernet {
    pub(super) spi: Peri<'static, SPI0>,
    pub(super) miso: Peri<'static, PIN_16>,
    pub(super) select: Peri<'static, PIN_17>,
    pub(super) clock: Peri<'static, PIN_18>,
    pub(super) mosi: Peri<'static, PIN_19>,
    pub(super) reset: Peri<'static, PIN_20>,
    pub(super) interrupt: Peri<'static, PIN_21>,
    pub(super) transmit_dma: Peri<'static, DMA_CH0>,
    pub(super) receive_dma: Peri<'static, DMA_CH1>,
}

/// Starts the clocks (125 MHz from the crystal) and hands out the parts.
pub(super) fn take() -> Board {
    let chip = embassy_rp::init(embassy_rp::config::Config::default());
    Board {
        detector: chip.PIN_2,
        gates: (chip.PIN_3, chip.PIN_4, chip.PIN_5),
        gate_machines: chip.PIO0,
        probe: chip.PIN_6,
        probe_machines: chip.PIO1,
        light: chip.PIN_25,
        serial: Serial {
            uart: chip.UART0,
            transmit: chip.PIN_0,
            receive: chip.PIN_1,
        },
        ethernet: Ethernet {
            spi: chip.SPI0,
            miso: chip.PIN_16,
            select: chip.PIN_17,
            clock: chip.PIN_18,
            mosi: chip.PIN_19,
            reset: chip.PIN_20,
            interrupt: chip.PIN_21,
            transmit_dma: chip.DMA_CH0,
            receive_dma: chip.DMA_CH1,
        },
        watchdog: chip.WATCHDOG,
        flash: chip.FLASH,
    }
}
