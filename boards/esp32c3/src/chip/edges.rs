//! The detector's edges, stamped in an interrupt of the highest priority, which begins in RAM with the stamp; what hands it to the planner comes from flash.

#![expect(unsafe_code, reason = "registers of pins, which take any number")]

use dimmer_app::dimmer::{
    Duration,
    phase::{Edge, EdgeKind},
};
use embassy_sync::{blocking_mutex::raw::CriticalSectionRawMutex, channel::Channel};
use esp_hal::{
    gpio::{Event, Input, InputConfig, Io, Pull},
    handler,
    interrupt::Priority,
    peripherals::{GPIO, GPIO4, IO_MUX},
    ram,
};

use super::{board::DETECTOR_PIN, clock::now};

/// Edges that wait for the planner. A detector that bounces makes some at once; what does not fit is a mark that is missing.
const WAITING: usize = 16;

/// From the pin's change to the stamp, in the mean, in microseconds: an estimate until somebody has measured it (`docs/boards/esp32c3.md` says how).
const LATENCY: Duration = Duration::from_ticks(4);

/// The edges, in order.
pub(super) static EDGES: Channel<CriticalSectionRawMutex, Edge, WAITING> = Channel::new();

/// Stamps from now on, for as long as the input is there.
pub(super) fn start(pins: IO_MUX<'static>, detector: GPIO4<'static>) -> Input<'static> {
    Io::new(pins).set_interrupt_handler(stamp);
    // The detector's output is an open collector.
    let mut detector = Input::new(detector, InputConfig::default().with_pull(Pull::Up));
    detector.listen(Event::AnyEdge);
    detector
}

#[handler(priority = Priority::max())]
#[ram]
fn stamp() {
    let at = now();
    let pins = GPIO::regs();
    let mask = 1 << DETECTOR_PIN;
    if pins.status().read().bits() & mask == 0 {
        return;
    }
    // SAFETY: any bits are interrupts of pins.
    pins.status_w1tc()
        .write(|write| unsafe { write.bits(mask) });
    let kind = if pins.in_().read().bits() & mask == 0 {
        EdgeKind::Falling
    } else {
        EdgeKind::Rising
    };
    let at = at.checked_sub_duration(LATENCY).unwrap_or(at);
    // What does not fit is left out.
    let _ = EDGES.try_send(Edge { at, kind });
}
