//! What the timer adapter needs of this chip.

use dimmer_phase::{GateTimer, Instant};
use embassy_stm32::Config;
use embassy_stm32::gpio::Output;
use embassy_stm32::rcc::{Pll, PllMul, PllPreDiv, PllRDiv, PllSource, Sysclk};
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::signal::Signal;
use embassy_time::Timer;

/// The gate's pin, and the alarm that the gate's future waits for.
pub(crate) struct Chip<'a> {
    pin: Output<'static>,
    alarm: Option<Instant>,
    changed: &'a Signal<NoopRawMutex, Option<Instant>>,
}

impl<'a> Chip<'a> {
    pub(crate) fn new(
        pin: Output<'static>,
        changed: &'a Signal<NoopRawMutex, Option<Instant>>,
    ) -> Self {
        Self {
            pin,
            alarm: None,
            changed,
        }
    }

    /// When the gate will switch next.
    pub(crate) fn alarm(&self) -> Option<Instant> {
        self.alarm
    }
}

impl GateTimer for Chip<'_> {
    fn now(&self) -> Instant {
        now()
    }

    fn alarm_at(&mut self, at: Option<Instant>) {
        self.alarm = at;
        self.changed.signal(at);
    }

    fn switch(&mut self, _channel: usize, on: bool) {
        self.pin.set_level(on.into());
    }
}

/// The timer that embassy-time runs on counts microseconds.
pub(crate) fn now() -> Instant {
    Instant::from_ticks(embassy_time::Instant::now().as_ticks())
}

/// Waits for a moment; one that has passed is no wait.
pub(crate) async fn until(at: Instant) {
    Timer::at(embassy_time::Instant::from_ticks(at.as_ticks())).await;
}

/// The internal oscillator's 16 MHz, times 4. Its error of 1 % does no harm: the mains is measured with the clock that fires.
pub(crate) fn at_64_megahertz() -> Config {
    let mut config = Config::default();
    config.rcc.pll = Some(Pll {
        source: PllSource::HSI,
        prediv: PllPreDiv::DIV1,
        mul: PllMul::MUL8,
        divp: None,
        divq: None,
        divr: Some(PllRDiv::DIV2),
    });
    config.rcc.sys = Sysclk::PLL1_R;
    config
}
