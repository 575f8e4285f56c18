//! The pin map: what is connected where. `docs/boards/esp32c3.md` has the same table, with the wiring.

use esp_hal::{
    clock::CpuClock,
    peripherals::{
        ADC1, FLASH, FROM_CPU_INTR0, FROM_CPU_INTR1, GPIO3, GPIO4, GPIO5, GPIO6, GPIO9, GPIO10,
        IO_MUX, RMT, RNG, RTC_TIMER, TIMG0, TIMG1, USB_DEVICE,
    },
};

/// The gate drivers' pins, by their numbers: whoever switches them off after a panic has nothing else.
pub(super) const GATE_PINS: [usize; OUTPUTS] = [3, 10];
/// The detector's pin: its interrupt reads the pin's register.
pub(super) const DETECTOR_PIN: u32 = 4;
/// As many as the chip has transmitters.
pub(super) const OUTPUTS: usize = 2;

/// Each part by what it is for.
pub(super) struct Board {
    /// The zero-cross detector, both edges.
    pub(super) detector: GPIO4<'static>,
    /// The gate drivers of the outputs: [`GATE_PINS`].
    pub(super) gates: (GPIO3<'static>, GPIO10<'static>),
    /// The remote control peripheral, which makes the pulses.
    pub(super) transmitters: RMT<'static>,
    /// The DS18B20's wire, open drain, with a pull-up resistor of 4.7 kΩ.
    pub(super) probe: GPIO5<'static>,
    /// The light.
    pub(super) light: GPIO6<'static>,
    /// The module's own button; nothing else is connected to it.
    pub(super) button: GPIO9<'static>,
    pub(super) pins: IO_MUX<'static>,
    /// The log and what is typed.
    pub(super) usb: USB_DEVICE<'static>,
    pub(super) flash: FLASH<'static>,
    /// The scheduler's timer, and the watchdog's.
    pub(super) timers: (TIMG0<'static>, TIMG1<'static>),
    pub(super) rtc: RTC_TIMER<'static>,
    /// Software interrupts: of the scheduler, and of the firing path.
    pub(super) interrupts: (FROM_CPU_INTR0<'static>, FROM_CPU_INTR1<'static>),
    pub(super) randomness: (RNG<'static>, ADC1<'static>),
    #[cfg(not(feature = "open-eth"))]
    pub(super) radio: esp_hal::peripherals::WIFI<'static>,
}

/// Starts the clocks (160 MHz from the crystal) and hands out the parts.
pub(super) fn take() -> Board {
    let chip = esp_hal::init(esp_hal::Config::default().with_cpu_clock(CpuClock::max()));
    Board {
        detector: chip.GPIO4,
        gates: (chip.GPIO3, chip.GPIO10),
        transmitters: chip.RMT,
        probe: chip.GPIO5,
        light: chip.GPIO6,
        button: chip.GPIO9,
        pins: chip.IO_MUX,
        usb: chip.USB_DEVICE,
        flash: chip.FLASH,
        timers: (chip.TIMG0, chip.TIMG1),
        rtc: chip.RTC_TIMER,
        interrupts: (chip.FROM_CPU_INTR0, chip.FROM_CPU_INTR1),
        randomness: (chip.RNG, chip.ADC1),
        #[cfg(not(feature = "open-eth"))]
        radio: chip.WIFI,
    }
}
